//! An observation as one flat JSON object; numbers keep the digits that the inverter sent.

use crate::inverter::InverterId;
use crate::observation::{Observation, Outcome};
use crate::plant_total::PlantTotal;
use crate::reading::{Decimal, Reading, StatusCode, Value as Cell};
use chrono::{DateTime, FixedOffset, SecondsFormat};
use serde_json::{Map, Number, Value};

/// A reply that is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// `checksum`, `incomplete`, `format` or `unknown`.
    pub kind: &'static str,
    /// What is wrong, in words.
    pub detail: String,
    /// The bytes in hex, or the text that is not hex.
    pub bytes: String,
}

/// The object of an observation: time, inverter and outcome; then the values of its reading, or the
/// reason why there is none.
pub fn object(observation: &Observation) -> Value {
    let reason = match &observation.outcome {
        Outcome::Read { answer, .. } => return reading(answer),
        Outcome::Garbled(reason) | Outcome::Unreachable(reason) => reason,
        Outcome::Silent => "no reply",
        Outcome::NotPolled => "its turn has not come yet, or the link was lost before it",
    };
    let (inverter, outcome) = (&observation.inverter, observation.outcome.word());
    let mut object = head(observation.time, inverter, outcome);
    object.insert("reason".into(), reason.into());
    mark_simulated(&mut object, inverter);
    Value::Object(object)
}

/// The object of a reading, as [`object`] gives it.
///
/// A key that stands twice (the type code; an XP sends its total yield, and so do its counters)
/// keeps its first place and its first value.
pub fn reading(reading: &Reading) -> Value {
    let mut object = head(reading.time, &reading.inverter, "read");
    object.insert("layout".into(), reading.cells.layout.name.into());
    object.insert("type".into(), reading.type_code.clone().into());
    object.insert("model".into(), reading.model.as_deref().into());
    object.insert("status_codes".into(), status_codes(&reading.status_code));
    mark_simulated(&mut object, &reading.inverter);
    for (field, cell) in reading.columns() {
        // Null is filled: that of an unreadable first column, or of a key that all objects have.
        let value = object.entry(field.key()).or_insert(Value::Null);
        if value.is_null() {
            *value = cell.map_or(Value::Null, self::value);
        }
    }
    Value::Object(object)
}

/// The object of all inverters together.
pub fn plant(total: &PlantTotal) -> Value {
    let mut object = Map::new();
    object.insert("time".into(), total.time.map(self::time).into());
    object.insert("protocol".into(), "plant".into());
    if total.is_simulated {
        object.insert("simulated".into(), true.into());
    }
    for (field, digits) in total.columns() {
        let number = digits.map_or(Value::Null, |digits| Value::Number(number(&digits)));
        object.insert(field.key(), number);
    }
    Value::Object(object)
}

/// The object of a reply that was refused.
pub fn refused(refused: &Refused) -> Value {
    serde_json::json!({
        "outcome": "refused",
        "error": refused.kind,
        "detail": refused.detail,
        "bytes": refused.bytes,
    })
}

/// A time as in every object: RFC 3339 with milliseconds and offset.
pub(super) fn time(time: DateTime<FixedOffset>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, false)
}

/// What the objects of all outcomes begin with.
fn head(
    time: Option<DateTime<FixedOffset>>,
    inverter: &InverterId,
    outcome: &str,
) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("time".into(), time.map(self::time).into());
    object.insert("protocol".into(), inverter.family().protocol.into());
    if let Some(bus) = inverter.bus() {
        object.insert("bus".into(), bus.to_string().into());
    }
    // Each family has its own keys in every object, known or not: programs look for them by name.
    if inverter.has_address() {
        object.insert("address".into(), inverter.raw_address().into());
    } else {
        let ip = inverter.ip().map(|ip| ip.to_string());
        object.insert("serial".into(), inverter.serial().into());
        object.insert("ip".into(), ip.into());
    }
    object.insert("outcome".into(), outcome.into());
    object
}

/// Marks what was not measured, after what is known of the reading as a whole.
fn mark_simulated(object: &mut Map<String, Value>, inverter: &InverterId) {
    if inverter.is_simulated() {
        object.insert("simulated".into(), true.into());
    }
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Number(digits) => Value::Number(number(digits)),
        Cell::Text(text) => Value::String(text.clone().into_owned()),
    }
}

/// All digits: never through binary floating point.
fn number(digits: &Decimal) -> Number {
    Number::from_string_unchecked(digits.to_string())
}

/// Always a list: without an entry where no code is known.
fn status_codes(code: &StatusCode) -> Value {
    match code {
        StatusCode::Unknown => Value::Array(Vec::new()),
        StatusCode::One(code) => Value::from(vec![*code]),
        StatusCode::Each(codes) => codes.iter().copied().map(Value::from).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::naming::examples::{cells, read, reading as example};
    use super::*;
    use crate::kaco::layouts::{COUNTERS, STANDARD, THREE_UNITS, XP};
    use crate::kstar::discovery;

    #[test]
    fn a_reading_is_flat_and_its_type_stands_once() {
        let values = ["mpp-track", "398.5", "1.60"];
        let mut observed = read(example(&STANDARD, &values));
        let due = r#"{"time":"2026-11-20T09:40:17.250+01:00","protocol":"kaco","address":4,"outcome":"read","layout":"standard","type":"86L32","model":"blueplanet 8.6 TL3","status_codes":[4],"status":"mpp-track","dc_voltage":398.5,"dc_current":1.60,"dc_power":null,"ac_voltage":null,"ac_current":null,"ac_power":null,"device_temperature":null,"daily_yield":null}"#;
        assert_eq!(object(&observed).to_string(), due);
        observed.inverter = InverterId::kaco(Some(4)).on("roof".parse().ok());
        let named = Observation::new(observed.inverter.simulated(true), observed.outcome);
        let due = due.replace(
            r#""kaco","address":4,"#,
            r#""kaco","bus":"roof","address":4,"#,
        );
        let due = due.replace(r#""status":"#, r#""simulated":true,"status":"#);
        assert_eq!(object(&named).to_string(), due);
    }

    #[test]
    fn an_inverter_without_a_reading_is_an_object_with_a_reason() {
        let at = |outcome| {
            let time = DateTime::parse_from_rfc3339("2026-11-20T09:40:17.25+01:00").ok();
            object(&Observation::new(InverterId::kaco(Some(7)), outcome).at(time)).to_string()
        };
        let due = |outcome, reason| {
            format!(
                r#"{{"time":"2026-11-20T09:40:17.250+01:00","protocol":"kaco","address":7,"outcome":"{outcome}","reason":"{reason}"}}"#
            )
        };
        assert_eq!(at(Outcome::Silent), due("silent", "no reply"));
        assert_eq!(at(Outcome::Garbled("x".into())), due("garbled", "x"));
        assert_eq!(
            at(Outcome::Unreachable("y".into())),
            due("unreachable", "y")
        );
        assert!(at(Outcome::NotPolled).contains(r#""outcome":"not polled","reason":"its turn"#));
    }

    #[test]
    fn status_codes_are_always_a_list() {
        let codes = |layout, code| {
            let mut one = example(layout, &[]);
            one.status_code = code;
            reading(&one).get("status_codes").map(Value::to_string)
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(codes(&STANDARD, StatusCode::One(4)), some("[4]"));
        assert_eq!(codes(&STANDARD, StatusCode::Unknown), some("[]"));
        let each = StatusCode::Each(vec![Some(4), None, Some(2)]);
        assert_eq!(codes(&THREE_UNITS, each), some("[4,null,2]"));
    }

    #[test]
    fn the_first_of_two_values_with_one_key_counts() {
        let values = ["5", "", "", "", "", "", "", "", "", "7831"];
        let mut xp = example(&XP, &values);
        xp.further = Some(cells(&COUNTERS, &["", "", "7832.5"]));
        assert_eq!(reading(&xp).get("total_yield"), Some(&Value::from(7831)));
        // The address in the answer of a module fills the key that all KSTAR objects have.
        let found = discovery::parse(b"10.0.0.7,ACCF23456789,roof").map(|found| found.reading());
        let object = found.map(|found| reading(&found).to_string());
        let due = r#"{"time":null,"protocol":"kstar","serial":null,"ip":"10.0.0.7","outcome":"read","layout":"discovery","type":null,"model":null,"status_codes":[],"mac":"ACCF23456789","name":"roof"}"#;
        assert_eq!(object.as_deref(), Some(due));
    }
}
