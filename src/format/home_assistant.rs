//! Home Assistant's MQTT discovery: which entities an inverter has there, made of the tables of its
//! reading.
//!
//! One device per inverter, one entity per column. The tests hold which classes and units Home
//! Assistant accepts together.

use super::message::{Message, under};
use crate::inverter::{InverterId, reduced};
use crate::plant_total::{FIELDS, PlantTotal};
use crate::reading::{Field, Kind, Reading, Role, Unit};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// The topic on which Home Assistant reports that it has started, and the payload.
pub(crate) const STATUS: (&str, &str) = ("homeassistant/status", "online");

/// What entities need besides their columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovery {
    /// An entity without a new state for this long becomes unavailable; zero: never.
    pub(crate) expire_after: Duration,
    /// Topic with `online` or `offline`, if there is one.
    pub(crate) availability: Option<String>,
    /// The prefix of state topics, if there is one.
    pub(crate) prefix: Option<String>,
}

/// The messages that announce an inverter, one per column. None for an inverter without identity.
pub fn messages(reading: &Reading, discovery: &Discovery) -> Vec<Message> {
    let inverter = &reading.inverter;
    let (Some(node), Some(state)) = (inverter.node(), inverter.state_topic()) else {
        return Vec::new();
    };
    let device = device(&node, reading);
    let fields = reading.columns().map(|(field, _)| field);
    announced(&node, &state, &device, fields, discovery)
}

/// The messages that announce all inverters together: what the plant feeds in, and how many report.
pub(crate) fn plant_messages(total: &PlantTotal, discovery: &Discovery) -> Vec<Message> {
    let prefix = discovery.prefix.as_deref();
    let node = total.node(prefix);
    let name = prefix.map_or("Plant".to_owned(), |prefix| format!("Plant {prefix}"));
    let device = json!({"identifiers": [node], "name": marked(name, total.is_simulated)});
    let [power, energy, reporting, _] = &FIELDS;
    let fields = [power, energy, reporting].into_iter();
    announced(&node, total.state_topic(), &device, fields, discovery)
}

fn announced(
    node: &str,
    state: &str,
    device: &Value,
    fields: impl Iterator<Item = &'static Field>,
    discovery: &Discovery,
) -> Vec<Message> {
    // States alone: announcements stay where Home Assistant looks for them.
    let state = under(discovery.prefix.as_deref(), state);
    let mut keys = BTreeSet::new();
    let mut messages = Vec::new();
    for field in fields {
        let key = field.key();
        // Two columns of one key are one value in JSON.
        if keys.insert(key.clone()) {
            let mut entity = entity(node, &state, field, &key, discovery);
            entity.insert("device".to_owned(), device.clone());
            messages.push(Message {
                topic: format!("homeassistant/sensor/{node}/{key}/config"),
                payload: Value::Object(entity).to_string(),
                // Home Assistant may start, or be set up, after the inverter was announced.
                is_retained: true,
            });
        }
    }
    messages
}

/// An object without the entries that are null.
fn object<const N: usize>(entries: [(&str, Value); N]) -> Map<String, Value> {
    entries
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

fn device(node: &str, reading: &Reading) -> Value {
    let (inverter, facts) = (&reading.inverter, &reading.facts);
    let model = reading.model.as_deref().or(reading.type_code.as_deref());
    let serial = inverter.serial().or(facts.serial.as_deref());
    Value::Object(object([
        ("identifiers", json!([node])),
        ("name", device_name(inverter).into()),
        ("manufacturer", inverter.family().maker.into()),
        ("model", model.into()),
        ("serial_number", serial.into()),
        ("sw_version", facts.firmware.clone().into()),
    ]))
}

/// `KACO 02`, `KACO roof/02`, or the name from the plant file.
fn device_name(inverter: &InverterId) -> String {
    let name = match inverter.name() {
        Some(name) => name.to_owned(),
        None => format!(
            "{} {}",
            inverter.family().title,
            inverter.on_bus(&reduced(&inverter.short()), "/")
        ),
    };
    marked(name, inverter.is_simulated())
}

/// The name of a device, marked where it is simulated.
fn marked(name: String, is_simulated: bool) -> String {
    name + if is_simulated { " (simulated)" } else { "" }
}

fn entity(
    node: &str,
    state: &str,
    field: &Field,
    key: &str,
    discovery: &Discovery,
) -> Map<String, Value> {
    // Whole seconds, rounded up: 0 is never.
    let rest = u64::from(discovery.expire_after.subsec_nanos() > 0);
    let seconds = discovery.expire_after.as_secs().saturating_add(rest);
    let expire_after = Some(seconds).filter(|seconds| *seconds > 0);
    object([
        ("name", name(field.label).into()),
        ("unique_id", format!("{node}_{key}").into()),
        ("state_topic", state.into()),
        ("value_template", template(field, key).into()),
        ("device_class", device_class(field).into()),
        ("state_class", state_class(field.kind).into()),
        ("unit_of_measurement", unit(field.unit).into()),
        ("suggested_display_precision", precision(field).into()),
        ("entity_category", category(field).into()),
        ("expire_after", expire_after.into()),
        ("availability_topic", discovery.availability.clone().into()),
        (
            "origin",
            json!({"name": "kaco_ardexa", "sw_version": env!("CARGO_PKG_VERSION")}),
        ),
    ])
}

/// The label, with a capital letter first as all names there.
fn name(label: &str) -> String {
    let mut letters = label.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// A null becomes `None`. Home Assistant takes that for a number that is not known, but shows it
/// where a text is expected.
fn template(field: &Field, key: &str) -> String {
    let unknown = if field.kind.is_numeric() {
        ""
    } else {
        " | replace('None', 'unknown')"
    };
    format!("{{{{ value_json.{key} | default(none){unknown} }}}}")
}

fn unit(unit: Unit) -> Option<&'static str> {
    Some(unit.symbol()).filter(|symbol| !symbol.is_empty())
}

fn device_class(field: &Field) -> Option<&'static str> {
    match (field.kind, field.unit) {
        (Kind::PowerFactor, _) => Some("power_factor"),
        (_, Unit::Volt) => Some("voltage"),
        (_, Unit::Ampere) => Some("current"),
        (_, Unit::Watt) => Some("power"),
        (_, Unit::WattHour | Unit::KilowattHour) => Some("energy"),
        (_, Unit::Hertz) => Some("frequency"),
        (_, Unit::Celsius) => Some("temperature"),
        (_, Unit::Minute | Unit::Hour) => Some("duration"),
        // Health is a percentage too, but "battery" is the class of a charge.
        (_, Unit::Percent) => (field.role == Some(Role::Charge)).then_some("battery"),
        (_, Unit::None) => None,
    }
}

const fn state_class(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Measurement | Kind::PowerFactor => Some("measurement"),
        // Home Assistant takes the fall to zero at dawn for a new cycle, not for energy that was
        // given back.
        Kind::Total => Some("total_increasing"),
        Kind::Status | Kind::PowerFactorKind | Kind::TypeCode | Kind::Mode | Kind::Code => None,
    }
}

/// Decimals to show; what an inverter sends, at most.
fn precision(field: &Field) -> Option<u8> {
    let decimals = match (field.kind, field.unit) {
        (Kind::PowerFactor, _) => 3,
        (_, Unit::Ampere | Unit::Hertz) => 2,
        (_, Unit::Volt | Unit::Celsius | Unit::KilowattHour) => 1,
        _ => 0,
    };
    field.kind.is_numeric().then_some(decimals)
}

/// `diagnostic` for what describes the inverter itself rather than its operation.
const fn category(field: &Field) -> Option<&'static str> {
    match (field.kind, field.unit) {
        (Kind::TypeCode | Kind::Code | Kind::PowerFactorKind, _)
        | (_, Unit::Minute | Unit::Hour) => Some("diagnostic"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::naming::examples::reading;
    use crate::kaco::layouts::{COUNTERS, READINGS, THREE_UNITS, XP};
    use crate::kstar::layout::KSTAR;
    use crate::reading::{Cells, Facts, Layout};
    use std::borrow::Cow;

    /// Device class, its units, its state classes: what Home Assistant takes (`DEVICE_CLASS_UNITS`,
    /// `DEVICE_CLASS_STATE_CLASSES` of version 2025.4), as far as it is used here. Others are
    /// refused.
    const ALLOWED: [(&str, &[&str], &[&str]); 9] = [
        ("battery", &["%"], &["measurement"]),
        ("current", &["A", "mA"], &["measurement"]),
        (
            "duration",
            &["d", "h", "min", "s"],
            &["measurement", "total", "total_increasing"],
        ),
        (
            "energy",
            &["Wh", "kWh", "MWh"],
            &["total", "total_increasing"],
        ),
        ("frequency", &["Hz", "kHz"], &["measurement"]),
        ("power", &["W", "kW", "MW"], &["measurement"]),
        ("power_factor", &["", "%"], &["measurement"]),
        ("temperature", &["°C", "K"], &["measurement"]),
        ("voltage", &["V", "mV", "kV"], &["measurement"]),
    ];

    /// All keys that these messages may have.
    const KEYS: [&str; 13] = [
        "name",
        "unique_id",
        "state_topic",
        "value_template",
        "device_class",
        "state_class",
        "unit_of_measurement",
        "suggested_display_precision",
        "entity_category",
        "expire_after",
        "availability_topic",
        "origin",
        "device",
    ];

    fn discovery() -> Discovery {
        Discovery {
            expire_after: Duration::from_secs(900),
            availability: None,
            prefix: None,
        }
    }

    /// Topics and messages of an inverter of this layout.
    fn announced(layout: &'static Layout) -> Vec<(String, Value)> {
        parsed(&messages(&reading(layout, &[]), &discovery()))
    }

    fn parsed(messages: &[Message]) -> Vec<(String, Value)> {
        let parse = |message: &Message| {
            assert!(message.is_retained);
            let value = serde_json::from_str(&message.payload).unwrap_or_default();
            (message.topic.clone(), value)
        };
        messages.iter().map(parse).collect()
    }

    fn text<'a>(entity: &'a Value, key: &str) -> &'a str {
        entity.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    #[test]
    fn home_assistant_takes_every_column() {
        for layout in READINGS.into_iter().chain([&COUNTERS, &KSTAR]) {
            let entities = announced(layout);
            assert_eq!(entities.len(), layout.fields.len(), "{}", layout.name);
            for ((topic, entity), field) in entities.iter().zip(layout.fields) {
                let name = format!("{}: {}", layout.name, field.label);
                assert_eq!(
                    *topic,
                    format!("homeassistant/sensor/kaco_04/{}/config", field.key())
                );
                let is_fit = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
                assert!(field.key().chars().all(is_fit), "{name}");
                let keys = entity.as_object().into_iter().flat_map(Map::keys);
                assert!(
                    keys.into_iter().all(|key| KEYS.contains(&key.as_str())),
                    "{name}"
                );
                let [class, unit, state] = ["device_class", "unit_of_measurement", "state_class"]
                    .map(|key| text(entity, key));
                match ALLOWED.iter().find(|(allowed, ..)| *allowed == class) {
                    Some((_, units, states)) => {
                        assert!(units.contains(&unit), "{name}: {class} in `{unit}`");
                        assert!(states.contains(&state), "{name}: {class} as `{state}`");
                    }
                    None => assert_eq!(class, "", "{name}"),
                }
                let precision = entity.get("suggested_display_precision");
                if field.kind.is_numeric() {
                    assert!(!state.is_empty() && precision.is_some(), "{name}");
                    assert!(!class.is_empty() || unit == "%", "{name}");
                } else {
                    assert_eq!(
                        (class, unit, state, precision),
                        ("", "", "", None),
                        "{name}"
                    );
                }
            }
        }
    }

    #[test]
    fn totals_are_fit_for_the_energy_dashboard() {
        let sums: Vec<String> = announced(&KSTAR)
            .into_iter()
            .filter(|(_, entity)| text(entity, "device_class") == "energy")
            .map(|(_, entity)| {
                assert_eq!(text(&entity, "state_class"), "total_increasing");
                text(&entity, "name").to_owned()
            })
            .collect();
        let due = ["Total Energy", "Today Energy", "Today Load", "Total Load"];
        assert_eq!(sums, due);
        let battery = |(_, entity): &(String, Value)| text(entity, "device_class") == "battery";
        let battery: Vec<_> = announced(&KSTAR).into_iter().filter(battery).collect();
        assert_eq!(battery.len(), 1);
    }

    #[test]
    fn a_part_of_a_second_is_not_never() {
        for (milliseconds, due) in [(0, Value::Null), (500, 1.into()), (1900, 2.into())] {
            let discovery = Discovery {
                expire_after: Duration::from_millis(milliseconds),
                ..discovery()
            };
            let entities = parsed(&messages(&reading(&XP, &[]), &discovery));
            let expires = |entity: &Value| entity.get("expire_after").cloned().unwrap_or_default();
            assert!(entities.iter().all(|(_, entity)| expires(entity) == due));
        }
    }

    #[test]
    fn a_message_to_the_letter() {
        let mut reading = reading(&XP, &[]);
        reading.further = Some(Cells::empty(&COUNTERS));
        reading.facts = Facts {
            serial: Some("90L3".to_owned()),
            firmware: Some("V2.0".to_owned()),
        };
        let discovery = Discovery {
            availability: Some("kaco_ardexa/kaco_04/availability".to_owned()),
            ..discovery()
        };
        let messages = messages(&reading, &discovery);
        let yields = |message: &&Message| message.topic.contains("/total_yield/");
        let yields: Vec<_> = messages.iter().filter(yields).collect();
        // It stands in the readings and in the counters.
        assert_eq!(yields.len(), 1);
        assert_eq!(
            yields.first().map(|message| message.payload.as_str()),
            Some(concat!(
                r#"{"name":"Total yield","unique_id":"kaco_04_total_yield","state_topic":"kaco/04/state","#,
                r#""value_template":"{{ value_json.total_yield | default(none) }}","device_class":"energy","#,
                r#""state_class":"total_increasing","unit_of_measurement":"kWh","suggested_display_precision":1,"#,
                r#""expire_after":900,"availability_topic":"kaco_ardexa/kaco_04/availability","#,
                r#""origin":{"name":"kaco_ardexa","sw_version":""#,
                env!("CARGO_PKG_VERSION"),
                r#""},"device":{"identifiers":["kaco_04"],"name":"KACO 04","manufacturer":"KACO new energy","#,
                r#""model":"blueplanet 8.6 TL3","serial_number":"90L3","sw_version":"V2.0"}}"#
            ))
        );
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let mut reading = reading(&KSTAR, &[]);
        reading.inverter = InverterId::kstar(Some("E4000K/1".to_owned()), None);
        reading.type_code = None;
        reading.model = Some(Cow::Borrowed("KSE-4000"));
        let entities = parsed(&messages(&reading, &Discovery::default()));
        let (topic, entity) = entities.first().cloned().unwrap_or_default();
        assert_eq!(
            topic,
            "homeassistant/sensor/kstar_E4000K_1/pv1_voltage/config"
        );
        assert_eq!(entity.get("expire_after"), None);
        assert_eq!(
            entity.get("device").map(Value::to_string).as_deref(),
            Some(concat!(
                r#"{"identifiers":["kstar_E4000K_1"],"name":"KSTAR E4000K_1","manufacturer":"KSTAR","#,
                r#""model":"KSE-4000","serial_number":"E4000K/1"}"#
            ))
        );
    }

    #[test]
    fn a_text_that_is_not_known_is_not_the_word_none() {
        let entities = announced(&KSTAR);
        let template = |label| {
            let entity = entities
                .iter()
                .find(|(_, entity)| text(entity, "name") == label);
            entity.map(|(_, entity)| text(entity, "value_template"))
        };
        assert_eq!(
            template("Battery Mode"),
            Some("{{ value_json.battery_mode | default(none) | replace('None', 'unknown') }}")
        );
        assert_eq!(
            template("PV Power"),
            Some("{{ value_json.pv_power | default(none) }}")
        );
    }

    #[test]
    fn names_begin_with_a_capital_letter() {
        for layout in READINGS.into_iter().chain([&COUNTERS, &KSTAR]) {
            for ((_, entity), field) in announced(layout).iter().zip(layout.fields) {
                let name = text(entity, "name");
                assert!(name.starts_with(char::is_uppercase), "{name}");
                assert!(name.eq_ignore_ascii_case(field.label), "{name}");
            }
        }
    }

    #[test]
    fn diagnostics_are_marked() {
        let marked = |layout| {
            let entities = announced(layout).into_iter();
            let marked =
                entities.filter(|(_, entity)| text(entity, "entity_category") == "diagnostic");
            marked
                .map(|(_, entity)| text(&entity, "name").to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(marked(&THREE_UNITS), ["Type"]);
        assert_eq!(
            marked(&COUNTERS),
            ["Minutes today", "Minutes counter", "Minutes total"]
        );
        assert_eq!(
            marked(&KSTAR),
            [
                "Battery Status",
                "Battery Error",
                "Battery Warning",
                "Meter Status",
                "Error Codes",
                "Total Hours",
                "Effective Work Mode",
                "Effective Relay Control"
            ]
        );
    }
}
