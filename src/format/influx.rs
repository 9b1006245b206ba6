//! A reading as one line of InfluxDB's line protocol, as Telegraf takes it.

use super::naming::{Known, escaped, known, simulated, status_codes};
use crate::reading::{Kind, Reading, Value};

/// The measurement, the same for all inverters: tags distinguish them.
const MEASUREMENT: &str = "inverter";

/// The line of a reading, with `\n`; nothing where no value could be read, or where the protocol
/// can't write the time, of a clock that is ahead by centuries: without it, the database would take
/// the reading for one of now.
///
/// Fields are the columns by key, numbers as floats with the digits that the inverter sent. A cell
/// without a value is left out: the protocol has no empty value, and 0 would be wrong. The type is
/// a tag, so it is not a field: InfluxDB 3 refuses lines that use one name for both.
pub fn line(reading: &Reading) -> String {
    let fields = fields(reading);
    let time = match reading.time.map(|time| time.timestamp_nanos_opt()) {
        Some(Some(nanoseconds)) => format!(" {nanoseconds}"),
        None => String::new(),
        Some(None) => return String::new(),
    };
    if fields.is_empty() {
        return String::new();
    }
    let (tags, fields) = (tags(reading), fields.join(","));
    format!("{MEASUREMENT}{tags} {fields}{time}\n")
}

/// The inverter's tags, each with a comma before it; what is unknown is left out.
fn tags(reading: &Reading) -> String {
    let inverter = &reading.inverter;
    let protocol = ("protocol", inverter.family().protocol.to_owned());
    let bus = inverter.bus().map(|bus| ("bus", bus.to_string()));
    let type_code = reading.type_code.clone().map(|code| ("type", code));
    let simulated = simulated(inverter.is_simulated());
    [Some(protocol), bus, inverter.key(), simulated, type_code]
        .into_iter()
        .flatten()
        .map(|(key, value)| (key, tag_value(&value)))
        // The protocol has no empty tag value.
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| format!(",{key}={value}"))
        .collect()
}

/// In tags a backslash means itself, unless a comma, an equals sign or a blank follows. So it stays
/// as it is, and one at the end has to go: it would take the meaning from the character behind the
/// tag, and InfluxDB would refuse the line.
fn tag_value(text: &str) -> String {
    escaped(text.trim_end_matches('\\'), &[',', '=', ' '])
}

fn fields(reading: &Reading) -> Vec<String> {
    let columns = known(reading)
        .into_iter()
        .filter(|column| column.field.kind != Kind::TypeCode)
        .map(|Known { key, value, .. }| match value {
            Value::Number(number) => format!("{key}={number}"),
            Value::Text(text) => format!("{key}=\"{}\"", escaped(text, &['"', '\\'])),
        });
    let codes = status_codes(reading);
    columns
        .chain(codes.into_iter().map(|(key, code)| format!("{key}={code}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::naming::examples::{STANDARD_VALUES, cells, reading};
    use super::*;
    use crate::inverter::InverterId;
    use crate::kaco::layouts::{COUNTERS, STANDARD, THREE_UNITS, XP};
    use crate::reading::{Cells, StatusCode};
    use chrono::DateTime;

    #[test]
    fn a_reading_is_one_line() {
        assert_eq!(
            line(&reading(&STANDARD, &STANDARD_VALUES)),
            "inverter,protocol=kaco,address=4,type=86L32 status=\"mpp-track\",dc_voltage=398.5,dc_current=1.60,\
             ac_voltage=227.8,ac_current=2.61,ac_power=585,device_temperature=-9,daily_yield=33969,\
             status_code=4 1795164017250000000\n"
        );
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let mut reading = reading(&STANDARD, &["", "398.5"]);
        reading.time = None;
        reading.type_code = None;
        reading.status_code = StatusCode::Unknown;
        reading.inverter = InverterId::kaco(None);
        assert_eq!(line(&reading), "inverter,protocol=kaco dc_voltage=398.5\n");
        reading.cells = Cells::empty(&STANDARD);
        assert_eq!(line(&reading), "");
    }

    #[test]
    fn a_time_that_the_protocol_cannot_write_is_not_that_of_now() {
        let mut reading = reading(&STANDARD, &STANDARD_VALUES);
        reading.time = DateTime::parse_from_rfc3339("9999-12-31T23:00:00+01:00").ok();
        assert_eq!(line(&reading), "");
    }

    #[test]
    fn tags_and_texts_are_escaped() {
        let mut reading = reading(&STANDARD, &[r#"a "b" \x1b, c=d"#]);
        reading.type_code = Some(r"a, b=\x1b c\\".to_owned());
        reading.status_code = StatusCode::Unknown;
        assert_eq!(
            line(&reading),
            "inverter,protocol=kaco,address=4,type=a\\,\\ b\\=\\x1b\\ c status=\"a \\\"b\\\" \\\\x1b, c=d\" 1795164017250000000\n"
        );
        reading.type_code = Some(r"\\".to_owned());
        assert!(line(&reading).starts_with("inverter,protocol=kaco,address=4 status="));
    }

    #[test]
    fn each_unit_has_its_status_code() {
        let mut reading = reading(&THREE_UNITS, &["mpp-track"]);
        reading.status_code = StatusCode::Each(vec![Some(4), None, Some(2)]);
        let line = line(&reading);
        let fields = " status_unit_1=\"mpp-track\",status_unit_1_code=4,status_unit_3_code=2 ";
        assert!(line.contains(fields), "{line}");
    }

    #[test]
    fn a_key_stands_once() {
        let values = ["5", "", "", "", "", "", "", "", "", "7831"];
        let mut reading = reading(&XP, &values);
        reading.further = Some(cells(&COUNTERS, &["", "", "7832.5"]));
        let line = line(&reading);
        assert!(line.contains(",total_yield=7831,"), "{line}");
        assert!(!line.contains("7832.5"), "{line}");
    }
}
