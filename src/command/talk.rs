//! What is reported of each inverter while it is polled.

use crate::observation::{Observation, Outcome};
use crate::plausible;
use tracing::{info, warn};

/// What there is to report of an observation, once its row is on the disk.
pub(super) struct Talk {
    warnings: Vec<String>,
    info: String,
}

/// What is reported of polling an inverter once.
pub(super) fn of(observation: &Observation) -> Talk {
    let subject = observation.inverter.subject();
    let mut warnings = Vec::new();
    let mut info = String::new();
    match &observation.outcome {
        Outcome::Read { answer, first_byte } => {
            let about = plausible::warnings(answer).into_iter();
            warnings.extend(about.map(|warning| format!("{subject}: {warning}")));
            let first_byte = first_byte.as_millis();
            info = format!("{subject}: read, first byte after {first_byte} ms");
        }
        Outcome::Garbled(reason) => {
            let warning = format!("{subject}: no good reply, nothing is logged: {reason}");
            warnings.push(warning);
        }
        Outcome::Silent => info = format!("{subject}: no reply"),
        Outcome::Unreachable(reason) => info = format!("{subject}: {reason}"),
        Outcome::NotPolled => {}
    }
    Talk { warnings, info }
}

impl Talk {
    /// Reports it.
    pub(super) fn report(self) {
        for warning in self.warnings {
            warn!("{warning}");
        }
        if !self.info.is_empty() {
            info!("{}", self.info);
        }
    }
}
