//! `/metrics`: the metrics of `read --format prometheus`, and those of a run that goes on.

use super::state::State;
use crate::format::prometheus;
use crate::observation::{Attempts, Observation};

impl State {
    /// All metrics.
    pub(super) fn metrics(&self) -> String {
        let latest: Vec<Observation> = self
            .entries
            .iter()
            .map(|entry| entry.observation.clone())
            .collect();
        let mut text = prometheus::exposition(&latest);
        let total = self.total();
        if total.expected > 1 {
            text += &prometheus::plant(&total);
        }
        let times = self.entries.iter().filter_map(|entry| {
            let time = entry.reading.as_ref()?.time?.timestamp();
            let labels = prometheus::labels_of(&entry.observation.inverter);
            Some((labels, time.to_string()))
        });
        let name = "inverter_last_success_timestamp_seconds";
        text += &family(name, "gauge", "Time of the last good reading", times);
        let counts = |name, help, count: fn(&Attempts) -> u32| {
            let samples = self.counts.iter();
            let samples = samples.map(|(labels, of)| (labels.clone(), count(of).to_string()));
            family(name, "counter", help, samples)
        };
        text += &counts("bus_requests_total", "Requests to inverters", |of| of.sent);
        let garbled = "Requests without an acceptable reply";
        text += &counts("bus_garbled_total", garbled, |of| of.garbled);
        text += &counts("bus_silent_total", "Requests without any reply", |of| {
            of.silent
        });
        let version = format!("{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
        let build = [(version, "1".to_owned())].into_iter();
        let name = "kaco_ardexa_build_info";
        text + &family(name, "gauge", "The program, in labels", build)
    }
}

/// A metric with its samples; nothing if there are none.
fn family(
    name: &str,
    kind: &str,
    help: &str,
    samples: impl Iterator<Item = (String, String)>,
) -> String {
    let samples: String = samples
        .map(|(labels, value)| format!("{name}{labels} {value}\n"))
        .collect();
    match samples.as_str() {
        "" => samples,
        _ => format!("# HELP {name} {help}\n# TYPE {name} {kind}\n{samples}"),
    }
}
