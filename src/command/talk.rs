//! What is reported of each inverter while it is polled.

use crate::observation::{Observation, Outcome};
use crate::plausible::oddities;
use tracing::{info, warn};

/// Reports what came of polling an inverter once.
pub(super) fn observed(observation: &Observation) {
    let subject = observation.inverter.subject();
    match &observation.outcome {
        Outcome::Read { answer, first_byte } => {
            for oddity in oddities(answer) {
                warn!("{subject}: {oddity}");
            }
            let first_byte = first_byte.as_millis();
            info!("{subject}: read, first byte after {first_byte} ms");
        }
        Outcome::Garbled(reason) => {
            warn!("{subject}: no good reply, nothing is logged: {reason}");
        }
        Outcome::Silent => info!("{subject}: no reply"),
        Outcome::Unreachable(reason) => info!("{subject}: {reason}"),
        Outcome::NotPolled => {}
    }
}
