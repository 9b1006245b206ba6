//! A reading as one JSON object; numbers keep the digits that the inverter sent.

use crate::reading::{Decimal, Reading, StatusCode, Value as Cell};
use chrono::SecondsFormat;
use serde_json::{Map, Number, Value};

/// The object of a reading: who, when, what it is, and its values by key.
pub fn object(reading: &Reading) -> Value {
    let mut object = Map::new();
    object.insert(
        "time".into(),
        text(
            reading
                .time
                .map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, false)),
        ),
    );
    let inverter = &reading.inverter;
    object.insert("protocol".into(), inverter.family().protocol.into());
    if let Some(bus) = inverter.bus() {
        object.insert("bus".into(), bus.to_string().into());
    }
    object.insert("layout".into(), reading.cells.layout.name.into());
    if inverter.has_address() {
        object.insert("address".into(), inverter.raw_address().into());
    } else {
        let ip = inverter.ip().map(|ip| ip.to_string());
        object.insert("serial".into(), text(inverter.serial().map(str::to_owned)));
        object.insert("ip".into(), text(ip));
    }
    object.insert("type".into(), text(reading.type_code.clone()));
    object.insert(
        "model".into(),
        text(reading.model.as_deref().map(str::to_owned)),
    );
    object.insert("status_code".into(), status_code(&reading.status_code));
    object.insert("values".into(), Value::Object(values(reading)));
    Value::Object(object)
}

/// The values by key. A key that stands twice (XP sends its total yield, and so do its counters) keeps the first number.
pub fn values(reading: &Reading) -> Map<String, Value> {
    let mut values = Map::new();
    for (field, cell) in reading.columns() {
        let value = values.entry(field.key()).or_insert(Value::Null);
        if value.is_null() {
            *value = cell.map_or(Value::Null, self::value);
        }
    }
    values
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

fn text(text: Option<String>) -> Value {
    text.map_or(Value::Null, Value::String)
}

fn status_code(code: &StatusCode) -> Value {
    match code {
        StatusCode::Unknown => Value::Null,
        StatusCode::One(code) => (*code).into(),
        StatusCode::Each(codes) => codes.iter().copied().map(Value::from).collect(),
    }
}
