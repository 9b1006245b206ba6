//! The rule for the yield of a day: the inverter's own last figure of that day.
//!
//! An inverter counts the energy of a day and starts anew when it wakes. So the yield of a day is
//! the last figure above zero, and as the counter only rises, this is also the greatest. Rows at
//! the beginning do not count where they repeat the figure of the day before: those equal to it,
//! and any first figure that stays the same until the counter falls. Zeros at the end do not count
//! either: the clock of the inverter was ahead and began its next day. After a reset during the day
//! the inverter has forgotten what was before, and its last figure counts as on any other day.
//!
//! The rule is kept for each unit of a 000xi; the yield is their sum.

use super::ReadError;
use super::log::{Day, InverterFolder};
use super::row::Row;
use super::rows::Reader;

/// Bytes at the end of a file that mostly suffice for the yield: some twenty rows.
const TAIL: u64 = 4096;

/// By this factor more is read where they do not suffice.
const FURTHER: u64 = 16;

/// From this length on the whole file is read.
const MUCH: u64 = 512 * 1024;

/// Figures of one unit in the order of time, Wh.
#[derive(Debug, Clone, Default, PartialEq)]
struct Figures(Vec<f64>);

impl Figures {
    /// The yield of the day; `None` without any figure. `previous` is what was shown last on the
    /// last day before it.
    fn whole(&self, previous: Option<f64>) -> Option<f64> {
        self.0.first()?;
        let own = self.own(previous);
        let last = own.iter().rev().find(|figure| **figure > 0.0);
        Some(last.copied().unwrap_or(0.0))
    }

    /// The yield of the day by its last figures alone; `None` if these do not suffice.
    fn tail(&self, previous: Option<f64>) -> Option<f64> {
        let last = self.0.last().copied();
        // Equal to the day before, it may be that figure repeated, or a day like it: all rows are
        // needed.
        last.filter(|figure| *figure > 0.0 && Some(*figure) != previous)
    }

    /// What the counter lost by a reset during the day: the greatest figure, if it is greater than
    /// the yield.
    fn lost(&self, previous: Option<f64>) -> Option<f64> {
        let greatest = self.own(previous).iter().copied().reduce(f64::max)?;
        let counted = self.whole(previous)?;
        (greatest > counted).then_some(greatest)
    }

    /// The figures without those at the beginning that repeat the day before.
    fn own(&self, previous: Option<f64>) -> &[f64] {
        let Some(first) = self.0.first().filter(|first| **first > 0.0) else {
            return &self.0;
        };
        let same = self.0.iter().take_while(|figure| *figure == first).count();
        let (repeated, rest) = self.0.split_at_checked(same).unwrap_or_default();
        let falls = rest.first().is_some_and(|next| next < first);
        if falls || Some(*first) == previous {
            rest
        } else if rest.is_empty() {
            repeated
        } else {
            &self.0
        }
    }
}

/// The yields of one day, one per unit; `None` for a unit without figures.
pub(super) type UnitYields = Vec<Option<f64>>;

/// The figures of a day, one list per unit. Where the number of units changes, the last one counts.
#[derive(Debug, Default)]
pub(super) struct DayFigures(Vec<Figures>);

impl DayFigures {
    /// Notes the figures of one row; a unit without one is left out.
    pub(super) fn take(&mut self, row: &Row<'_>) {
        let count = row.columns.yields.len();
        if count != self.0.len() {
            self.0 = vec![Figures::default(); count];
        }
        for (unit, figure) in self.0.iter_mut().zip(row.figures()) {
            unit.0.extend(figure);
        }
    }

    /// By the rule, from all rows.
    pub(super) fn whole(&self, previous: &[f64]) -> UnitYields {
        let units = self.0.iter().enumerate();
        let units = units.map(|(unit, figures)| figures.whole(previous.get(unit).copied()));
        units.collect()
    }

    /// What a reset during the day cost, Wh.
    pub(super) fn lost(&self, previous: &[f64]) -> Option<f64> {
        let units = self.0.iter().enumerate();
        let lost = units.filter_map(|(unit, figures)| figures.lost(previous.get(unit).copied()));
        lost.reduce(|sum, lost| sum + lost)
    }

    fn tail(&self, previous: &[f64]) -> Option<UnitYields> {
        let units = self.0.iter().enumerate();
        let units = units.map(|(unit, figures)| figures.tail(previous.get(unit).copied()));
        units
            .map(|energy| energy.map(Some))
            .collect::<Option<UnitYields>>()
            .filter(|units| !units.is_empty())
    }
}

/// The yields of a day, from as little of its files as possible.
pub(super) fn of_day(
    reader: &mut Reader,
    folder: &InverterFolder,
    day: &Day,
    previous: &[f64],
) -> Result<UnitYields, ReadError> {
    // A day of several files has its first rows in those that were set aside.
    if let Some(file) = folder.only_file(day) {
        let mut length = TAIL;
        while length < MUCH {
            let mut figures = DayFigures::default();
            if reader.tail(&file, day.date, length, &mut |row| figures.take(row))? {
                return Ok(figures.whole(previous));
            }
            if let Some(units) = figures.tail(previous) {
                return Ok(units);
            }
            length *= FURTHER;
        }
    }
    Ok(figures(reader, folder, day)?.whole(previous))
}

/// All figures of a day, in the order of time.
fn figures(
    reader: &mut Reader,
    folder: &InverterFolder,
    day: &Day,
) -> Result<DayFigures, ReadError> {
    let mut figures = DayFigures::default();
    for file in folder.files(day) {
        reader.whole(&file, day.date, &mut |row| figures.take(row))?;
    }
    Ok(figures)
}

/// What the first rows of the next day may repeat, Wh per unit, after a day of these yields that
/// may have repeated `previous` itself: a counter that stands still all day shows an earlier day's
/// figure.
pub(super) fn shown(units: &[Option<f64>], previous: &[f64]) -> Vec<f64> {
    let earlier = previous.iter().copied().chain(std::iter::repeat(0.0));
    let shown = units.iter().zip(earlier);
    shown
        .map(|(own, earlier)| own.filter(|own| *own > 0.0).unwrap_or(earlier))
        .collect()
}

/// What the last day before `date` that has any yields shows: what the first rows may repeat.
pub(super) fn before(
    reader: &mut Reader,
    folder: &InverterFolder,
    date: chrono::NaiveDate,
) -> Result<Vec<f64>, ReadError> {
    let mut last = None;
    for day in folder.before(date) {
        let units = of_day(reader, folder, day, &[])?;
        // In between the counter keeps what it showed last.
        if units.iter().all(Option::is_none) {
            continue;
        }
        let own = shown(&units, &[]);
        match last {
            None => last = Some((day, own)),
            // One day further back, as the last one may begin with a figure that it repeats.
            Some((last, _)) => return Ok(shown(&of_day(reader, folder, last, &own)?, &own)),
        }
    }
    Ok(last.map(|(_, own)| own).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(figures: &[f64], previous: Option<f64>) -> Option<f64> {
        Figures(figures.to_vec()).whole(previous)
    }

    #[test]
    fn the_last_figure_counts() {
        assert_eq!(whole(&[], Some(5.0)), None);
        assert_eq!(whole(&[0.0, 0.0], Some(5.0)), Some(0.0));
        assert_eq!(whole(&[0.0, 10.0, 700.0], Some(500.0)), Some(700.0));
        assert_eq!(whole(&[700.0], None), Some(700.0));
    }

    #[test]
    fn yesterday_repeated_at_dawn_does_not() {
        assert_eq!(
            whole(&[500.0, 500.0, 0.0, 10.0, 300.0], Some(500.0)),
            Some(300.0)
        );
        assert_eq!(whole(&[500.0, 500.0], Some(500.0)), Some(0.0));
        assert_eq!(whole(&[500.0, 500.0, 0.0], Some(500.0)), Some(0.0));
        // Yesterday's log ended before the inverter did.
        assert_eq!(whole(&[600.0, 600.0, 0.0, 0.0], Some(500.0)), Some(0.0));
        assert_eq!(whole(&[600.0, 600.0], Some(500.0)), Some(600.0));
        // The counter is not reset: only the figure shows the new day.
        assert_eq!(whole(&[500.0, 510.0], Some(500.0)), Some(510.0));
    }

    #[test]
    fn a_day_like_the_one_before_is_a_day() {
        assert_eq!(whole(&[0.0, 300.0, 500.0, 500.0], Some(500.0)), Some(500.0));
        assert_eq!(
            whole(&[500.0, 0.0, 300.0, 500.0, 500.0], Some(500.0)),
            Some(500.0)
        );
    }

    #[test]
    fn zeros_do_not_end_a_day() {
        assert_eq!(
            whole(&[0.0, 300.0, 800.0, 0.0, 0.0], Some(500.0)),
            Some(800.0)
        );
        assert_eq!(whole(&[0.0, 300.0, 0.0, 310.0], Some(500.0)), Some(310.0));
    }

    #[test]
    fn after_a_reset_the_inverter_counts_anew() {
        let figures = Figures(vec![0.0, 300.0, 900.0, 0.0, 40.0, 200.0]);
        assert_eq!(figures.whole(None), Some(200.0));
        assert_eq!(figures.lost(None), Some(900.0));
        assert_eq!(Figures(vec![500.0, 0.0, 40.0]).lost(Some(500.0)), None);
    }

    #[test]
    fn a_tail_gives_the_figures_of_the_whole_or_none() {
        let days: [&[f64]; 7] = [
            &[500.0, 500.0, 0.0, 10.0, 300.0],
            &[500.0, 500.0],
            &[600.0, 600.0, 0.0, 0.0],
            &[0.0, 300.0, 500.0, 500.0],
            &[0.0, 300.0, 800.0, 0.0, 0.0],
            &[0.0, 900.0, 0.0, 40.0, 200.0],
            &[0.0, 0.0],
        ];
        for day in days {
            for start in 0..day.len() {
                let tail = Figures(day.get(start..).unwrap_or_default().to_vec());
                if let Some(energy) = tail.tail(Some(500.0)) {
                    let due = whole(day, Some(500.0));
                    assert_eq!(Some(energy), due, "{day:?} from {start}");
                }
            }
        }
    }
}
