//! Sources: what gives observations of inverters. `log`, `read` and `watch` poll them alike.
//!
//! | module | polls |
//! |---|---|
//! | [`kaco`] | the KACO inverters of one bus, in line, with the pace kept |
//! | [`kstar`] | the KSTAR inverters of the network, all at the same time |
//! | [`recorder`] | appends every exchange on a bus to a file |

pub mod kaco;
pub(crate) mod kstar;
pub(crate) mod recorder;

use crate::clock::Clock;
use crate::exit::Failure;
use crate::inverter::InverterId;
use crate::kaco::connect::LinkError;
use crate::kstar::client::NetworkError;
use crate::observation::Observation;
use std::io;
use std::path::PathBuf;

/// Whether a source is polled once, or keeps what it learns for the next round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// One round: a search is waited for, and no reading at all is an error.
    Once,
    /// Many rounds.
    Watch,
}

/// What a source is made of, checked before anything runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourcePlan {
    /// The inverters of a bus.
    Kaco(kaco::BusPlan),
    /// The inverters of a network.
    Kstar(kstar::NetworkPlan),
}

/// Polls inverters that share a way to them.
pub enum Source {
    /// The inverters of a bus.
    Kaco(Box<kaco::KacoSource>),
    /// The inverters of a network.
    Kstar(Box<kstar::KstarSource>),
}

impl Source {
    /// Prepares a source; nothing is opened or sent yet. An error if its recording can't be
    /// written.
    pub fn new(plan: SourcePlan, lifetime: Lifetime, clock: Clock) -> Result<Self, SourceError> {
        Ok(match plan {
            SourcePlan::Kaco(plan) => {
                Self::Kaco(Box::new(kaco::KacoSource::new(plan, lifetime, clock)?))
            }
            SourcePlan::Kstar(plan) => {
                Self::Kstar(Box::new(kstar::KstarSource::new(plan, lifetime, clock)))
            }
        })
    }

    /// What it is called on the page and in messages: a device, or `KSTAR`.
    pub(crate) fn title(&self) -> String {
        match self {
            Self::Kaco(source) => source.title(),
            Self::Kstar(_) => crate::inverter::KSTAR.title.to_owned(),
        }
    }

    /// The inverters that it knows now: those that were named, in their order, then those found.
    pub(crate) fn inverters(&self) -> Vec<InverterId> {
        match self {
            Self::Kaco(source) => source.inverters().to_vec(),
            Self::Kstar(source) => source.inverters(),
        }
    }

    /// Whether its inverters are polled all at once, and may be unknown at the start.
    pub(crate) const fn is_network(&self) -> bool {
        matches!(self, Self::Kstar(_))
    }

    /// Whether inverters can turn up that it does not know yet.
    pub(crate) fn is_searching(&self) -> bool {
        match self {
            Self::Kaco(_) => false,
            Self::Kstar(source) => source.is_searching(),
        }
    }

    /// Polls the inverters that are due. `report` is called with each as soon as it is decided. An
    /// error means that the way to all of them is gone; the next poll tries to open it again. What
    /// was reported until then stands.
    pub(crate) async fn poll(
        &mut self,
        due: &[InverterId],
        report: &mut impl FnMut(Observation),
    ) -> Result<(), SourceError> {
        match self {
            Self::Kaco(source) => source.poll(due, report).await,
            Self::Kstar(source) => source.poll(due, report).await,
        }
    }

    /// Waits until an inverter is decided that no poll waited for; never ends without one.
    pub(crate) async fn decided(&mut self) {
        match self {
            Self::Kaco(_) => std::future::pending().await,
            Self::Kstar(source) => source.decided().await,
        }
    }

    /// Why the recording ended before its time, once.
    pub(crate) fn recording_failure(&mut self) -> Option<SourceError> {
        match self {
            Self::Kaco(source) => source.recording_failure(),
            Self::Kstar(_) => None,
        }
    }
}

/// What failed of some sources, with their places or numbers.
pub(crate) type Failures = Vec<(usize, Failure)>;

/// Prepares sources, and gives what failed of that, by place: one whose recording can't be written
/// polls without, unless it `is_alone`. A recording that fails is an error only of a source that is
/// alone.
pub(crate) fn prepared(
    plans: Vec<SourcePlan>,
    is_alone: bool,
    lifetime: Lifetime,
    clock: Clock,
) -> Result<(Vec<Source>, Failures), SourceError> {
    let mut sources = Vec::new();
    let mut failures = Vec::new();
    for plan in plans {
        let unrecorded = plan.unrecorded().filter(|_| !is_alone);
        match (Source::new(plan, lifetime, clock), unrecorded) {
            (Err(error), Some(unrecorded)) => {
                let source = Source::new(unrecorded, lifetime, clock)?;
                let failure = Failure::from(error).of(&source.title());
                failures.push((sources.len(), failure));
                sources.push(source);
            }
            (source, _) => sources.push(source?),
        }
    }
    Ok((sources, failures))
}

impl SourcePlan {
    /// What it is called in messages: a bus, a device, or `KSTAR`.
    pub(crate) fn title(&self) -> String {
        match self {
            Self::Kaco(plan) => plan.title(),
            Self::Kstar(_) => crate::inverter::KSTAR.title.to_owned(),
        }
    }

    /// The inverters that are named in it, in their order.
    pub(crate) fn inverters(&self) -> Vec<InverterId> {
        match self {
            Self::Kaco(plan) => plan.inverters(),
            Self::Kstar(plan) => plan.inverters(),
        }
    }

    /// The same without a recording, if it has one.
    fn unrecorded(&self) -> Option<Self> {
        match self {
            Self::Kaco(plan) if plan.record.is_some() => Some(Self::Kaco(kaco::BusPlan {
                record: None,
                ..plan.clone()
            })),
            Self::Kaco(_) | Self::Kstar(_) => None,
        }
    }
}

/// Why a source can't poll.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The link to a bus can't be opened or was lost.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// Nothing can be sent to the network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// No inverter of the network gave a reading.
    #[error("{message}")]
    NoAnswer {
        /// What was polled or searched.
        message: String,
        /// What to check.
        hint: String,
    },
    /// The file of a recording can't be written.
    #[error("can't record to {}: {source}", path.display())]
    Recording {
        /// As it was typed.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        let message = error.to_string();
        match &error {
            SourceError::Link(busy @ LinkError::Busy { .. }) => {
                Self::busy(message, busy.hint().as_deref())
            }
            SourceError::Link(link) => Self::new(message, link.hint().as_deref()),
            SourceError::Network(network) => Self::new(message, network.hint()),
            SourceError::NoAnswer { hint, .. } => Self::new(message, Some(hint)),
            SourceError::Recording { .. } => Self::new(message, None),
        }
    }
}

impl From<LinkError> for Failure {
    fn from(error: LinkError) -> Self {
        SourceError::Link(error).into()
    }
}

impl From<NetworkError> for Failure {
    fn from(error: NetworkError) -> Self {
        SourceError::Network(error).into()
    }
}
