//! What a reading says on a broker: everything on the inverter's state topic, and some numbers on
//! plain topics of their own.

use crate::format::json;
use crate::format::message::Message;
use crate::reading::{Decimal, Reading};
use serde_json::{Map, Value};

/// The messages of a reading. `prefix`: of the plain topics. None for an inverter without identity.
pub fn messages(reading: &Reading, prefix: &str) -> Vec<Message> {
    let Some(topic) = reading.inverter.state_topic() else {
        return Vec::new();
    };
    let state = Message {
        topic,
        payload: Value::Object(flat(reading)).to_string(),
        is_retained: false,
    };
    let plain = plain_numbers(reading).map(|(topic, number)| Message {
        topic: format!("{prefix}/{topic}"),
        payload: number.to_string(),
        is_retained: false,
    });
    std::iter::once(state).chain(plain).collect()
}

/// Plain topic behind the prefix, and its number. A column without a value has none.
fn plain_numbers(reading: &Reading) -> impl Iterator<Item = (&'static str, Decimal)> {
    let columns = reading.columns();
    let numbers = columns.filter_map(|(field, value)| Some((field.topics, value?.number()?)));
    numbers.flat_map(|(topics, number)| {
        let published = topics.iter();
        published.map(move |topic| (topic.name, topic.number(number)))
    })
}

/// The object of a reading on one level. The type stands in both levels; a cell without it takes
/// nothing away.
fn flat(reading: &Reading) -> Map<String, Value> {
    let Value::Object(mut object) = json::object(reading) else {
        return Map::new();
    };
    let values = object.remove("values");
    for (key, value) in values
        .as_ref()
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        if !value.is_null() || !object.contains_key(key) {
            object.insert(key.clone(), value.clone());
        }
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inverter::InverterId;
    use crate::kaco::layouts::{COUNTERS, READINGS, STANDARD};
    use crate::kstar::interpret;
    use crate::kstar::layout::KSTAR;
    use crate::reading::{Cells, Field, Layout};

    fn empty(layout: &'static Layout, inverter: InverterId) -> Reading {
        Reading {
            inverter,
            cells: Cells::empty(layout),
            ..interpret::reading(&[])
        }
    }

    #[test]
    fn one_level_loses_nothing() {
        let layouts = READINGS.into_iter().chain([&COUNTERS, &KSTAR]);
        for layout in layouts {
            for inverter in [InverterId::kaco(Some(7)), InverterId::kstar(None, None)] {
                let object = json::object(&empty(layout, inverter));
                let shared: Vec<String> = layout
                    .fields
                    .iter()
                    .map(Field::key)
                    .filter(|key| object.get(key).is_some())
                    .collect();
                assert!(
                    shared.iter().all(|key| key == "type"),
                    "{}: {shared:?}",
                    layout.name
                );
            }
        }
    }

    #[test]
    fn missing_values_are_null_and_the_type_stays() {
        let mut reading = empty(&STANDARD, InverterId::kaco(Some(7)));
        reading.type_code = Some("5002xi".to_owned());
        let due = Message {
            topic: "kaco/07/state".to_owned(),
            payload: r#"{"time":null,"protocol":"kaco","layout":"standard","address":7,"type":"5002xi","model":null,"status_code":null,"status":null,"dc_voltage":null,"dc_current":null,"dc_power":null,"ac_voltage":null,"ac_current":null,"ac_power":null,"device_temperature":null,"daily_yield":null}"#
                .to_owned(),
            is_retained: false,
        };
        assert_eq!(messages(&reading, "sensor/inverter"), [due]);
    }

    #[test]
    fn missing_values_have_no_plain_topic() {
        // It ends before the direction of the grid, which its power depends on, and before the
        // energy.
        let mut payload = [0; 55];
        payload[2..4].copy_from_slice(&[0, 7]);
        let told: Vec<_> = plain_numbers(&interpret::reading(&payload))
            .map(|(topic, number)| format!("{topic} {number}"))
            .collect();
        assert_eq!(told, ["pvpower 0.00", "load 0", "temp 0"]);
        assert_eq!(plain_numbers(&interpret::reading(&[])).count(), 0);
    }

    #[test]
    fn who_has_no_name_says_nothing() {
        assert_eq!(messages(&empty(&STANDARD, InverterId::kaco(None)), "x"), []);
    }
}
