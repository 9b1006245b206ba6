//! `log` and `read` of every family: polls every source once, side by side.

use super::plan::OncePlan;
use super::progress::Progress;
use super::{now, talk};
use crate::exit::{Exit, Failure};
use crate::inverter::InverterId;
use crate::logging::Messages;
use crate::observation::Observation;
use crate::sink::Sinks;
use crate::source::{Lifetime, Source, SourceError, prepared};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::LocalSet;
use tracing::error;

/// Polls all inverters and hands the outcomes to the sinks.
///
/// # Errors
/// [`Failure`] if a sink or a source can't be prepared. Failures of single sources are reported and
/// decide the exit code: they cost the others nothing.
pub(super) async fn run(plan: OncePlan, messages: &Messages) -> Result<Exit, Failure> {
    let mut sinks = Sinks::open(plan.sinks)?;
    let is_alone = plan.sources.len() == 1;
    let (sources, failures) = prepared(plan.sources, is_alone, Lifetime::Once, now)?;
    let mut failures: Vec<Failure> = failures.into_iter().map(|(_, failure)| failure).collect();
    let inverters: Vec<InverterId> = sources.iter().flat_map(Source::inverters).collect();
    sinks.begin(&inverters);
    let progress = match sources.iter().any(Source::is_network) {
        true => Progress::of_search(messages),
        false => Progress::of(inverters.len(), "inverters", messages),
    };
    let polled = poll_all(sources, &mut sinks, &progress).await;
    drop(progress);
    failures.extend(polled.failures);
    let worst = failures.iter().map(|failure| failure.exit).max();
    if polled.is_observed {
        sinks.settle();
        sinks.round_done();
    } else if worst != Some(Exit::Busy) {
        // Where another run has the bus, that run writes the metrics.
        sinks.round_failed();
    }
    for failure in &failures {
        error!("{failure}");
    }
    let is_unread = |observation: &Observation| observation.reading().is_none();
    let is_incomplete = plan.strict && sinks.latest().iter().any(is_unread);
    let strict = is_incomplete.then_some(Exit::NoReading);
    let exit = sinks.finish().await;
    Ok(exit.max(worst.max(strict).unwrap_or(Exit::Done)))
}

/// The outcome of one round over all sources.
struct Polled {
    /// Whether an inverter was polled.
    is_observed: bool,
    failures: Vec<Failure>,
}

/// Polls all sources side by side; the sinks take each observation as it comes.
async fn poll_all(sources: Vec<Source>, sinks: &mut Sinks, progress: &Progress<'_>) -> Polled {
    let names_bus = sources.len() > 1;
    let (sender, mut observations) = unbounded_channel();
    let tasks = LocalSet::new();
    let polls: Vec<_> = sources
        .into_iter()
        .map(|source| tasks.spawn_local(poll(source, sender.clone())))
        .collect();
    // Each task has its own: the channel closes with the last of them, which ends the loop below.
    drop(sender);
    let mut polled = Polled {
        is_observed: false,
        failures: Vec::new(),
    };
    let polling = async {
        while let Some(mut observation) = observations.recv().await {
            polled.is_observed = true;
            sinks.recognise(&mut observation);
            progress.advance_with(|| {
                // Made before the sink takes the observation, reported when its row is on the disk.
                let talk = talk::of(&observation);
                sinks.observe(observation);
                talk.report();
            });
        }
        for poll in polls {
            // Tasks neither panic nor are they cancelled.
            let Ok((source, Err(error))) = poll.await else {
                continue;
            };
            // The error is all there is to report of a silent network, unless there are buses too.
            let is_unanswered = matches!(error, SourceError::NoAnswer { .. });
            polled.is_observed &= !is_unanswered || names_bus;
            let failure = Failure::from(error);
            polled.failures.push(match names_bus {
                true => failure.of(&source.title()),
                false => failure,
            });
        }
    };
    tasks.run_until(polling).await;
    polled
}

/// One round over all inverters of a source.
async fn poll(
    mut source: Source,
    observations: UnboundedSender<Observation>,
) -> (Source, Result<(), SourceError>) {
    let inverters = source.inverters();
    let mut report = |observation| drop(observations.send(observation));
    let polled = source.poll(&inverters, &mut report).await;
    let polled = match source.recording_failure() {
        Some(failure) => polled.and(Err(failure)),
        None => polled,
    };
    (source, polled)
}
