//! Totals that fall. Home Assistant takes a smaller number for a counter that began anew, and adds
//! all of it once more: a slip of one reading would be yields of years.

use crate::plant_total::PlantTotal;
use crate::reading::{Decimal, Kind, Reading, Value};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// The only total of all inverters together.
const DAILY_YIELD: &str = "daily yield";

/// The totals that one inverter published. Only a process that goes on can know them: a run that
/// ends leaves the judging to Home Assistant.
#[derive(Debug, Default)]
pub(super) struct Totals(BTreeMap<ColumnKey, PublishedTotal>);

/// A column: which of the reading's tables, and the label. The same label can stand in both.
type ColumnKey = (usize, &'static str);

#[derive(Debug)]
struct PublishedTotal {
    /// Published last.
    number: Decimal,
    /// The day of the first number, then of the last one that was let fall.
    fell: NaiveDate,
    /// Whether a smaller number has come since.
    doubted: bool,
}

impl Totals {
    /// Takes away numbers that may not be published: their cells have no value then.
    pub(super) fn hold_back(&mut self, reading: &mut Reading) {
        let Some(day) = reading.time.map(|time| time.date_naive()) else {
            return;
        };
        let further = reading.further.iter_mut();
        let tables = std::iter::once(&mut reading.cells).chain(further);
        for (table, cells) in tables.enumerate() {
            for (field, value) in cells.layout.fields.iter().zip(&mut cells.values) {
                let number = value.as_ref().and_then(Value::number);
                if let (Kind::Total, Some(number)) = (field.kind, number)
                    && !self.lets((table, field.label), number, day)
                {
                    *value = None;
                }
            }
        }
    }

    /// As [`Self::hold_back`], of all inverters together.
    pub(super) fn hold_back_plant(&mut self, total: &mut PlantTotal) {
        let day = total.time.map(|time| time.date_naive());
        if let (Some(day), Some(energy)) = (day, total.daily_yield)
            && !self.lets((0, DAILY_YIELD), energy, day)
        {
            total.daily_yield = None;
        }
    }

    fn lets(&mut self, place: ColumnKey, number: Decimal, day: NaiveDate) -> bool {
        let total = self.0.entry(place).or_insert(PublishedTotal {
            number,
            fell: day,
            doubted: false,
        });
        total.lets(number, day)
    }
}

impl PublishedTotal {
    /// A total may fall once a day, when a new day begins for the inverter; its clock is not ours.
    /// The lower value has to come twice.
    fn lets(&mut self, number: Decimal, day: NaiveDate) -> bool {
        if number < self.number {
            if self.fell == day || !self.doubted {
                self.doubted = true;
                return false;
            }
            self.fell = day;
        }
        self.number = number;
        self.doubted = false;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kaco::layouts::{COUNTERS, STANDARD};
    use crate::kstar::interpret;
    use crate::reading::{Cells, Field};
    use chrono::DateTime;
    use proptest::prelude::*;

    /// A reading with this number in all columns that are numbers.
    fn reading(time: &str, number: i64) -> Reading {
        let full = |layout: &'static crate::reading::Layout| Cells {
            layout,
            values: layout
                .fields
                .iter()
                .map(|field| {
                    let number = Value::Number(Decimal::from(number));
                    field.kind.is_numeric().then_some(number)
                })
                .collect(),
        };
        Reading {
            time: DateTime::parse_from_rfc3339(time).ok(),
            cells: full(&STANDARD),
            further: Some(full(&COUNTERS)),
            ..interpret::reading(&[])
        }
    }

    /// Which of these readings pass; all totals of one, or none, and all else always.
    fn passed(readings: &[(&str, i64)]) -> Vec<i64> {
        let mut totals = Totals::default();
        let mut passed = Vec::new();
        for (time, number) in readings {
            let mut reading = reading(time, *number);
            totals.hold_back(&mut reading);
            let is_total = |field: &Field| field.kind == Kind::Total;
            let there = |total: bool| {
                let cells = reading
                    .columns()
                    .filter(|(field, _)| field.kind.is_numeric() && is_total(field) == total);
                cells.map(|(_, value)| value.is_some()).collect::<Vec<_>>()
            };
            assert!(there(false).into_iter().all(|is_there| is_there));
            let totals = there(true);
            assert!(totals.windows(2).all(|pair| pair.first() == pair.last()));
            if totals.first() == Some(&true) {
                passed.push(*number);
            }
        }
        passed
    }

    #[test]
    fn a_total_rises_within_a_day() {
        let day = |second: u32, number| (format!("2026-11-20T12:00:{second:02}+01:00"), number);
        let readings = [
            day(0, 5),
            day(1, 5),
            day(2, 0),
            day(3, 6),
            day(4, 1),
            day(5, 1),
        ];
        let readings = readings
            .each_ref()
            .map(|(time, number)| (time.as_str(), *number));
        assert_eq!(passed(&readings), [5, 5, 6]);
    }

    #[test]
    fn a_new_day_begins_when_two_readings_agree() {
        assert_eq!(
            passed(&[
                ("2026-11-20T23:59:00+01:00", 900),
                ("2026-11-21T00:01:00+01:00", 900), // its clock is slow
                ("2026-11-21T00:02:00+01:00", 0),
                ("2026-11-21T00:03:00+01:00", 0),
                ("2026-11-21T12:00:00+01:00", 400),
                ("2026-11-21T12:01:00+01:00", 3),
                ("2026-11-21T12:02:00+01:00", 4),
                ("2026-11-21T12:03:00+01:00", 401),
                ("2026-11-22T08:00:00+01:00", 0), // a slip
                ("2026-11-22T08:01:00+01:00", 402),
                ("2026-11-22T08:02:00+01:00", 0),
                ("2026-11-22T08:03:00+01:00", 1),
            ]),
            [900, 900, 0, 400, 401, 402, 1]
        );
    }

    proptest! {
        #[test]
        fn within_a_day_no_published_total_is_smaller(
            numbers in prop::collection::vec(0_i64..9, 1..40),
        ) {
            let time = "2026-11-20T12:00:00+01:00";
            let readings: Vec<_> = numbers.iter().map(|number| (time, *number)).collect();
            prop_assert!(passed(&readings).is_sorted());
        }
    }
}
