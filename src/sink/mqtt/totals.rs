//! Totals that fall. To Home Assistant a smaller number is a counter that began again, and it adds
//! all of it once more: one wrong reading would add yields of years.

use crate::plant_total::PlantTotal;
use crate::reading::{Decimal, Kind, Reading, Value};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// The only total of the plant.
const DAILY_YIELD: &str = "daily yield";

/// The totals that one inverter published. Only a process that goes on knows them: a run that ends
/// publishes what was read.
#[derive(Debug, Default)]
pub(super) struct Totals(BTreeMap<ColumnKey, PublishedTotal>);

/// A column: which of the reading's tables, and the label. The same label can stand in both.
type ColumnKey = (usize, &'static str);

#[derive(Debug)]
struct PublishedTotal {
    /// Published last.
    number: Decimal,
    /// The day of the first number, then of the last fall that was accepted.
    fell: NaiveDate,
    /// Whether a smaller number has come since.
    is_pending: bool,
}

impl Totals {
    /// Empties the cells whose numbers may not be published.
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
                    && !self.accepts((table, field.label), number, day)
                {
                    *value = None;
                }
            }
        }
    }

    /// As [`Self::hold_back`], for the plant.
    pub(super) fn hold_back_plant(&mut self, total: &mut PlantTotal) {
        let day = total.time.map(|time| time.date_naive());
        if let (Some(day), Some(energy)) = (day, total.daily_yield)
            && !self.accepts((0, DAILY_YIELD), energy, day)
        {
            total.daily_yield = None;
        }
    }

    fn accepts(&mut self, place: ColumnKey, number: Decimal, day: NaiveDate) -> bool {
        let total = self.0.entry(place).or_insert(PublishedTotal {
            number,
            fell: day,
            is_pending: false,
        });
        total.accepts(number, day)
    }
}

impl PublishedTotal {
    /// Whether a number is published. A total may fall once a day, when a new day begins for the
    /// inverter, by its own clock. The smaller number has to come twice.
    fn accepts(&mut self, number: Decimal, day: NaiveDate) -> bool {
        if number < self.number {
            if self.fell == day || !self.is_pending {
                self.is_pending = true;
                return false;
            }
            self.fell = day;
        }
        self.number = number;
        self.is_pending = false;
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
