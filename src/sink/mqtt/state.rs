//! A reading on a broker: everything on the inverter's state topic, and some numbers on plain
//! topics of their own.

use crate::format::json;
use crate::format::message::Message;
use crate::reading::{Decimal, Reading};

/// The messages of a reading. `prefix`: of the plain topics. None for an inverter without identity.
pub fn messages(reading: &Reading, prefix: &str) -> Vec<Message> {
    let Some(topic) = reading.inverter.state_topic() else {
        return Vec::new();
    };
    let state = Message {
        topic,
        payload: json::reading(reading).to_string(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inverter::InverterId;
    use crate::kaco::layouts::STANDARD;
    use crate::kstar::interpret;
    use crate::reading::{Cells, Layout};

    fn empty(layout: &'static Layout, inverter: InverterId) -> Reading {
        Reading {
            inverter,
            cells: Cells::empty(layout),
            ..interpret::reading(&[])
        }
    }

    #[test]
    fn missing_values_are_null_and_the_type_stays() {
        let mut reading = empty(&STANDARD, InverterId::kaco(Some(7)));
        reading.type_code = Some("5002xi".to_owned());
        let due = Message {
            topic: "kaco/07/state".to_owned(),
            payload: r#"{"time":null,"protocol":"kaco","address":7,"outcome":"read","layout":"standard","type":"5002xi","model":null,"status_codes":[],"status":null,"dc_voltage":null,"dc_current":null,"dc_power":null,"ac_voltage":null,"ac_current":null,"ac_power":null,"device_temperature":null,"daily_yield":null}"#
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
    fn a_nameless_inverter_publishes_nothing() {
        assert_eq!(messages(&empty(&STANDARD, InverterId::kaco(None)), "x"), []);
    }
}
