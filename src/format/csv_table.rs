//! One CSV table of all inverters of a round, whatever their layouts, for spreadsheets and
//! databases.

use super::naming::known;
use super::{csv, json, table};
use crate::observation::Observation;
use crate::reading::Reading;

/// The columns that every inverter has.
const HEAD: [&str; 6] = ["time", "inverter", "outcome", "type", "model", "status"];

/// Header and one row per inverter, also of those without a reading.
///
/// `HEAD` is followed by the keys of all readings, in the order in which they first appear. Times
/// are RFC 3339, as in JSON; the units of a 000xi share the column `status` and have their own too.
pub(crate) fn table(observations: &[Observation]) -> String {
    let keys = keys(observations);
    let head = HEAD.into_iter().map(str::to_owned);
    let head = head.chain(keys.iter().cloned()).collect();
    let rows = observations.iter().map(|one| row(one, &keys));
    csv::lines(std::iter::once(head).chain(rows))
}

/// The union of all readings' keys, without those of [`HEAD`].
fn keys(observations: &[Observation]) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for reading in observations.iter().filter_map(Observation::reading) {
        for (field, _) in reading.columns() {
            let key = field.key();
            if !HEAD.contains(&key.as_str()) && !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    keys
}

fn row(observation: &Observation, keys: &[String]) -> Vec<String> {
    let reading = observation.reading();
    let text = |of: fn(&Reading) -> Option<String>| reading.and_then(of).unwrap_or_default();
    let mut row = vec![
        observation.time.map(json::time).unwrap_or_default(),
        observation.inverter.label(),
        observation.outcome.word().to_owned(),
        text(|reading| reading.type_code.clone()),
        text(|reading| reading.model.as_deref().map(str::to_owned)),
        text(|reading| Some(table::status(reading))),
    ];
    let known = reading.map(known).unwrap_or_default();
    let cell = |key: &String| known.iter().find(|column| column.key == *key);
    let cells = keys.iter().map(cell);
    row.extend(cells.map(|column| {
        column
            .map(|column| column.value.to_string())
            .unwrap_or_default()
    }));
    row
}

#[cfg(test)]
mod tests {
    use super::super::naming::examples::{read, reading};
    use super::*;
    use crate::inverter::InverterId;
    use crate::kaco::layouts::{STANDARD, THREE_UNITS, XP};
    use crate::observation::Outcome;

    #[test]
    fn inverters_of_all_layouts_share_one_header() {
        let silent = Observation::new(InverterId::kaco(Some(7)), Outcome::Silent);
        let one = read(reading(&STANDARD, &["mpp-track", "398.5", "1.60"]));
        let mut other = reading(&XP, &["off", "", "", "", "", "", "", "", "5", "7831"]);
        other.model = Some("a, b".into());
        let table = table(&[one, silent, read(other)]);
        let due = "time,inverter,outcome,type,model,status,dc_voltage,dc_current,dc_power,ac_voltage,ac_current,ac_power,device_temperature,daily_yield,total_yield
2026-11-20T09:40:17.250+01:00,04,read,86L32,blueplanet 8.6 TL3,mpp-track,398.5,1.60,,,,,,,
,07,silent,,,,,,,,,,,,
2026-11-20T09:40:17.250+01:00,04,read,86L32,\"a, b\",off,,,,,,,,5,7831
";
        assert_eq!(table, due);
    }

    #[test]
    fn units_of_one_inverter_keep_their_columns() {
        let table = table(&[read(reading(&THREE_UNITS, &["mpp-track", "440.6"]))]);
        let head = "time,inverter,outcome,type,model,status,status_unit_1,dc_voltage_unit_1,";
        assert!(table.starts_with(head), "{table}");
        assert!(table.contains(",mpp-track,mpp-track,440.6,"), "{table}");
    }

    #[test]
    fn a_round_without_readings_has_the_common_columns() {
        let silent = Observation::new(InverterId::kaco(Some(7)), Outcome::Silent);
        let due = "time,inverter,outcome,type,model,status\n,07,silent,,,\n";
        assert_eq!(table(&[silent]), due);
    }
}
