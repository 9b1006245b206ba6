//! Each series as flat records: what `--format json` and `csv` print, so that other tools can draw
//! it.

use super::compare::Comparison;
use super::day::{DaySeries, FLOWS, Instant};
use super::period::Bars;
use super::{at, date};
use chrono::{FixedOffset, NaiveTime, TimeZone};
use serde_json::{Number, Value};

/// Key and value, in the order of columns; the keys are the same in all records of a series.
pub(crate) type Record = Vec<(&'static str, Value)>;

fn text(text: &str) -> Value {
    Value::from(text)
}

/// A number with so many decimals, `null` where there is none.
fn number(number: Option<f64>, decimals: i32) -> Value {
    let factor = 10_f64.powi(decimals);
    // What rounds to zero has no sign: with 0 added, -0 is 0.
    let rounded = number.map(|number| (number * factor).round() / factor + 0.0);
    rounded
        .and_then(Number::from_f64)
        .map_or(Value::Null, Value::Number)
}

fn kwh(energy: Option<f64>) -> Value {
    number(energy.map(|energy| energy / 1000.0), 3)
}

/// One record per step and inverter that has a power there.
pub fn day(day: &DaySeries) -> impl Iterator<Item = Record> {
    (0..day.steps).flat_map(move |step| {
        let time = time(day, day.instant(step));
        let inverters = day.inverters.iter();
        inverters.filter_map(move |inverter| {
            let power = at(&inverter.power, step);
            let flows = inverter.flows.each_ref().map(|line| at(line, step));
            // Nothing for a hole, which is not a power of zero.
            if power.is_none() && flows.iter().all(Option::is_none) {
                return None;
            }
            let mut record = vec![
                ("time", text(&time)),
                ("inverter", text(&inverter.label)),
                ("power", number(power, 1)),
            ];
            record.extend(FLOWS.into_iter().zip(flows.map(|flow| number(flow, 1))));
            Some(record)
        })
    })
}

/// RFC 3339 with the offset of the log.
fn time(day: &DaySeries, instant: Instant) -> String {
    let zone = FixedOffset::east_opt(day.offset(instant));
    let midnight = day.date.and_time(NaiveTime::MIN).and_utc();
    let time = midnight + chrono::TimeDelta::seconds(i64::from(instant));
    match zone {
        Some(zone) => zone.from_utc_datetime(&time.naive_utc()).to_rfc3339(),
        None => time.to_rfc3339(),
    }
}

/// One record per slot and inverter, or year, that has a yield there.
pub(crate) fn bars(bars: &Bars) -> impl Iterator<Item = Record> {
    let column = if bars.is_stacked { "inverter" } else { "year" };
    bars.slots
        .iter()
        .enumerate()
        .flat_map(move |(place, slot)| {
            bars.series.iter().filter_map(move |series| {
                let energy = at(&series.values, place)?;
                Some(vec![
                    (bars.slot, text(&slot.name)),
                    (column, text(&series.label)),
                    ("kwh", kwh(Some(energy))),
                ])
            })
        })
}

/// One record per day and inverter, or tracker, that has rows.
pub(crate) fn comparison(comparison: &Comparison) -> impl Iterator<Item = Record> {
    (0..comparison.count).flat_map(move |day| {
        let date = date(comparison.first, day);
        comparison.all().filter_map(move |compared| {
            let energy = at(&compared.energy, day)?;
            let deviation = at(&compared.deviation, day);
            Some(vec![
                ("day", text(&date?.to_string())),
                ("inverter", text(&compared.label)),
                (
                    "tracker",
                    compared.tracker.as_deref().map_or(Value::Null, text),
                ),
                ("kwh", kwh(Some(energy))),
                ("kwh_per_kwp", number(compared.kwh_per_kwp(day), 3)),
                (
                    "deviation_percent",
                    number(deviation.map(|part| part * 100.0), 1),
                ),
                ("flagged", Value::Bool(compared.finding.is_some())),
            ])
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_and_nothing_is_null() {
        assert_eq!(number(Some(1.25), 1).to_string(), "1.3");
        assert_eq!(number(Some(-0.04), 1).to_string(), "0.0");
        assert_eq!(number(Some(f64::NAN), 1), Value::Null);
        assert_eq!(kwh(Some(41_234.0)).to_string(), "41.234");
        assert_eq!(kwh(None), Value::Null);
    }
}
