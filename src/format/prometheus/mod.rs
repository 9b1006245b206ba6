//! Readings as Prometheus metrics, in the text format that its node_exporter takes from files.
//!
//! Name and unit of a column's metric follow from the column's row: see `metric`.

mod metric;

use super::naming::{escaped, known, simulated, status_codes};
use crate::inverter::InverterId;
use crate::observation::Observation;
use crate::plant_total::PlantTotal;
use crate::reading::Reading;
use metric::Metric;

/// The metrics of all inverters observed: `# HELP` and `# TYPE` once per metric, the inverters'
/// samples below.
///
/// Samples carry no time: node_exporter refuses files with times, and notes itself how old a file
/// is.
pub fn exposition(observations: &[Observation]) -> String {
    let mut families = Vec::new();
    for observation in observations {
        let inverter = labels(&identity(&observation.inverter));
        let reading = observation.reading();
        let is_up = if reading.is_some() { "1" } else { "0" };
        add(&mut families, metric::up(), &inverter, is_up);
        if let Some(reading) = reading {
            add_reading(&mut families, reading, &inverter);
        }
    }
    families.iter().map(Samples::text).collect()
}

/// The metrics of all inverters together; what is not known has no sample.
pub(crate) fn plant(total: &PlantTotal) -> String {
    let labels = labels(&Vec::from_iter(simulated(total.is_simulated)));
    let mut families = Vec::new();
    for (field, number) in total.columns() {
        let metric = Metric::behind("plant", field);
        if let Some(value) = number.and_then(|number| metric.in_base_unit(number)) {
            add(&mut families, metric, &labels, &value.to_string());
        }
    }
    families.iter().map(Samples::text).collect()
}

/// The labels that identify an inverter, as in a sample.
pub(crate) fn labels_of(inverter: &InverterId) -> String {
    labels(&identity(inverter))
}

/// The labels that identify an inverter.
fn identity(inverter: &InverterId) -> Vec<(&'static str, String)> {
    let bus = inverter.bus().map(|bus| ("bus", bus.to_string()));
    let labels = [inverter.key(), bus, simulated(inverter.is_simulated())];
    labels.into_iter().flatten().collect()
}

/// All samples of one metric.
struct Samples {
    metric: Metric,
    samples: Vec<String>,
}

impl Samples {
    fn text(&self) -> String {
        let Metric {
            name, help, kind, ..
        } = &self.metric;
        let samples = self.samples.concat();
        format!("# HELP {name} {help}\n# TYPE {name} {kind}\n{samples}")
    }
}

fn add_reading(families: &mut Vec<Samples>, reading: &Reading, labels: &str) {
    add(families, metric::info(), &about(reading), "1");
    for (name, code) in status_codes(reading) {
        add(
            families,
            metric::status_code(&name),
            labels,
            &code.to_string(),
        );
    }
    for column in known(reading) {
        let metric = Metric::of(column.field);
        let number = column.value.number();
        if let Some(value) = number.and_then(|number| metric.in_base_unit(number)) {
            add(families, metric, labels, &value.to_string());
        }
    }
}

/// Adds a sample to its family, which begins with its first sample.
fn add(families: &mut Vec<Samples>, metric: Metric, labels: &str, value: &str) {
    let sample = format!("{}{labels} {value}\n", metric.name);
    match families
        .iter_mut()
        .find(|family| family.metric.name == metric.name)
    {
        Some(family) => family.samples.push(sample),
        None => families.push(Samples {
            metric,
            samples: vec![sample],
        }),
    }
}

/// The labels of `inverter_info`. All of them are always present: a metric's samples should not
/// differ in their labels.
fn about(reading: &Reading) -> String {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    // Not on the other metrics: a model that becomes known later would make new series of them.
    let further = [
        ("protocol", reading.inverter.family().protocol.to_owned()),
        ("model", text(reading.model.as_deref())),
        ("type", text(reading.type_code.as_deref())),
    ];
    let all: Vec<_> = identity(&reading.inverter)
        .into_iter()
        .chain(further)
        .collect();
    labels(&all)
}

/// `{address="4"}`, or nothing without labels.
fn labels(labels: &[(&str, String)]) -> String {
    if labels.is_empty() {
        return String::new();
    }
    let pairs = labels.iter().map(|(name, value)| {
        let value = escaped(value, &['\\', '"']).replace('\n', "\\n");
        format!("{name}=\"{value}\"")
    });
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::super::naming::examples::{read, reading};
    use super::*;
    use crate::kaco::layouts::{STANDARD, THREE_UNITS};
    use crate::observation::Outcome;
    use crate::reading::StatusCode;
    use std::borrow::Cow;

    fn silent() -> Observation {
        Observation::new(InverterId::kaco(Some(7)), Outcome::Silent)
    }

    #[test]
    fn inverters_share_the_heads_of_metrics() {
        let mut other = reading(&STANDARD, &["off", "", "", "", "", "", "", "-9.50"]);
        other.inverter = InverterId::kaco(Some(12));
        other.model = None;
        other.status_code = StatusCode::Unknown;
        let values = ["mpp-track", "398.5", "", "", "", "", "", "33", "33969"];
        let reading = reading(&STANDARD, &values);
        let due = r#"# HELP inverter_up Whether the inverter gave a reading when it was last polled
# TYPE inverter_up gauge
inverter_up{address="4"} 1
inverter_up{address="7"} 0
inverter_up{address="12"} 1
# HELP inverter_info What the inverter is, in labels
# TYPE inverter_info gauge
inverter_info{address="4",protocol="kaco",model="blueplanet 8.6 TL3",type="86L32"} 1
inverter_info{address="12",protocol="kaco",model="",type="86L32"} 1
# HELP inverter_status_code Number of the inverter's state
# TYPE inverter_status_code gauge
inverter_status_code{address="4"} 4
# HELP inverter_dc_voltage_volts DC Voltage (volts)
# TYPE inverter_dc_voltage_volts gauge
inverter_dc_voltage_volts{address="4"} 398.5
# HELP inverter_device_temperature_celsius Device temperature (celsius)
# TYPE inverter_device_temperature_celsius gauge
inverter_device_temperature_celsius{address="4"} 33
inverter_device_temperature_celsius{address="12"} -9.5
# HELP inverter_daily_yield_joules_total Daily yield (joules)
# TYPE inverter_daily_yield_joules_total counter
inverter_daily_yield_joules_total{address="4"} 122288400
"#;
        let round = [read(reading), silent(), read(other)];
        assert_eq!(exposition(&round), due);
    }

    #[test]
    fn an_empty_round_gives_nothing_and_a_silent_inverter_is_down() {
        assert_eq!(exposition(&[]), "");
        let text = exposition(&[silent()]);
        assert!(text.ends_with("gauge\ninverter_up{address=\"7\"} 0\n"));
        assert_eq!(text.lines().count(), 3, "{text}");
    }

    #[test]
    fn labels_are_escaped() {
        let mut reading = reading(&STANDARD, &[]);
        reading.inverter = InverterId::kstar(Some("E 1".to_owned()), None);
        reading.model = Some(Cow::Borrowed("a\\b \"c\"\nd, {e}"));
        let text = exposition(&[read(reading)]);
        let due = r#"{serial="E 1",protocol="kstar",model="a\\b \"c\"\nd, {e}",type="86L32"} 1"#;
        assert!(text.contains(due), "{text}");
    }

    #[test]
    fn each_unit_has_its_status_code() {
        let mut reading = reading(&THREE_UNITS, &[]);
        reading.status_code = StatusCode::Each(vec![Some(4), None, Some(2)]);
        let text = exposition(&[read(reading)]);
        for (metric, found) in [
            ("inverter_status_code{", false),
            ("inverter_status_unit_1_code{address=\"4\"} 4\n", true),
            ("inverter_status_unit_2_code", false),
            ("inverter_status_unit_3_code{address=\"4\"} 2\n", true),
        ] {
            assert_eq!(text.contains(metric), found, "{metric}: {text}");
        }
    }
}
