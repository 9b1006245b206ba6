//! One row of a log: its time and its cells.

use super::columns::Columns;

/// When a row was taken, by the clock of the machine that wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Time {
    /// Seconds since the local midnight at which its day began, as the clock on the wall shows.
    pub(super) clock: i32,
    /// Seconds that this clock is ahead of UTC.
    pub(super) offset: i32,
}

impl Time {
    /// Seconds since midnight UTC of the same date: rises all the time, also when the clock is
    /// changed.
    pub(super) const fn instant(self) -> i32 {
        self.clock - self.offset
    }

    /// The time in a first cell such as `2026-11-20T09:40:17+0100`; `None` if it is not one of this
    /// date.
    pub(super) fn of(cell: &[u8], date: &[u8; 10]) -> Option<Self> {
        let rest = cell.strip_prefix(date)?.strip_prefix(b"T")?;
        let (clock, zone) = rest.split_at_checked(8)?;
        let [h1, h2, b':', m1, m2, b':', s1, s2] = *clock else {
            return None;
        };
        let clock =
            // 60 is a leap second.
            hms(two(h1, h2)?, two(m1, m2)?)? + two(s1, s2).filter(|seconds| *seconds <= 60)?;
        let offset = match *zone {
            [] | [b'Z'] => 0,
            [sign, h1, h2, m1, m2] | [sign, h1, h2, b':', m1, m2] => {
                let offset = hms(two(h1, h2)?, two(m1, m2)?)?;
                match sign {
                    b'+' => offset,
                    b'-' => -offset,
                    _ => return None,
                }
            }
            _ => return None,
        };
        Some(Self { clock, offset })
    }
}

fn hms(hours: i32, minutes: i32) -> Option<i32> {
    (hours < 24 && minutes < 60).then_some(hours * 3600 + minutes * 60)
}

fn two(tens: u8, ones: u8) -> Option<i32> {
    let is_number = tens.is_ascii_digit() && ones.is_ascii_digit();
    is_number.then(|| i32::from(tens - b'0') * 10 + i32::from(ones - b'0'))
}

/// One row of a log.
pub(super) struct Row<'a> {
    pub(super) time: Time,
    /// What its cells mean.
    pub(super) columns: &'a Columns,
    pub(super) line: &'a [u8],
    /// Where each cell ends in the line.
    pub(super) ends: &'a [usize],
}

impl<'a> Row<'a> {
    /// The bytes of a cell.
    pub(super) fn cell(&self, place: usize) -> &'a [u8] {
        let start = place
            .checked_sub(1)
            .map_or(Some(0), |left| Some(self.ends.get(left)? + 1));
        let range = start.zip(self.ends.get(place).copied());
        range
            .and_then(|(start, end)| self.line.get(start..end))
            .unwrap_or_default()
    }

    /// The number in a cell; `None` if it is empty or holds something else.
    pub(super) fn number(&self, place: usize) -> Option<f64> {
        let text = std::str::from_utf8(self.cell(place)).ok()?;
        let number: f64 = text.trim_ascii().parse().ok()?;
        // Not true of NaN either: a cell can hold anything, and one such number would spoil every
        // sum.
        (number.abs() < 1e12).then_some(number)
    }

    /// The sum of the numbers in these cells; `None` if there is none in any.
    pub(super) fn sum(&self, places: &[usize]) -> Option<f64> {
        let numbers = places.iter().filter_map(|place| self.number(*place));
        numbers.reduce(|sum, number| sum + number)
    }

    /// The energies of today so far, Wh: one per unit.
    pub(super) fn figures(&self) -> impl Iterator<Item = Option<f64>> {
        let yields = self.columns.yields.iter();
        yields.map(|(place, factor)| {
            Some(self.number(*place).filter(|number| *number >= 0.0)? * factor)
        })
    }

    /// The text in a cell, if it has one.
    pub(super) fn text(&self, place: usize) -> Option<&'a str> {
        let text = std::str::from_utf8(self.cell(place)).ok()?.trim();
        (!text.is_empty()).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_clock_and_an_instant() {
        let of = |text: &str| Time::of(text.as_bytes(), b"2026-05-03");
        let time = of("2026-05-03T12:30:59+0200");
        assert_eq!(
            time.map(|time| (time.clock, time.instant())),
            Some((45_059, 37_859))
        );
        assert_eq!(of("2026-05-03T12:30:59").map(|time| time.offset), Some(0));
        assert_eq!(
            of("2026-05-03T12:30:59-03:30").map(|time| time.offset),
            Some(-12_600)
        );
        for wrong in [
            "",
            "2026-05-03",
            "2026-05-03T24:00:00+0200",
            "2026-05-03T1:00:00",
            "2026-05-03T12:30:59*0200",
            "2026-05-04T12:30:59+0200",
        ] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
