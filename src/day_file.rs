//! The names of the files of a log: one a day, and those that were set aside.

use chrono::NaiveDate;

/// A file of a log; they are in the order in which they were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DayFile {
    pub(crate) date: NaiveDate,
    /// The number of one that was set aside; the last one of its day has none.
    part: u32,
}

impl DayFile {
    /// The file that rows of this day are written to.
    pub(crate) const fn of(date: NaiveDate) -> Self {
        Self {
            date,
            part: u32::MAX,
        }
    }

    /// `2026-11-20.csv` or `2026-11-20.csv.1`
    pub(crate) fn named(name: &str) -> Option<Self> {
        let (date, rest) = name.split_at_checked(10)?;
        let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
        let part = match rest.strip_prefix(".csv")? {
            "" => u32::MAX,
            part => part.strip_prefix('.')?.parse().ok()?,
        };
        let file = Self { date, part };
        // Parsing takes spaces and signs too; such a file would not be found again.
        (file.name() == name).then_some(file)
    }

    pub(crate) fn name(self) -> String {
        let date = self.date.format("%Y-%m-%d");
        match self.part {
            u32::MAX => format!("{date}.csv"),
            part => format!("{date}.csv.{part}"),
        }
    }

    /// Whether rows are written to it, and it is not one that was set aside.
    pub(crate) fn is_last(&self) -> bool {
        self.part == u32::MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_stand_in_the_order_in_which_they_were_written() {
        let names = [
            "2026-11-19.csv",
            "2026-11-20.csv.2",
            "2026-11-20.csv.10",
            "2026-11-20.csv",
        ];
        assert!(names.map(DayFile::named).is_sorted());
        for name in names {
            let file = DayFile::named(name);
            assert_eq!(file.map(DayFile::name).as_deref(), Some(name));
        }
        for none in [
            "latest.csv",
            ".influx",
            "2026-11-20.csv.x",
            "2026-11-20.csv.01",
            "2026-11- 2.csv",
            "2026-13-20.csv",
            "ä",
        ] {
            assert_eq!(DayFile::named(none), None, "{none}");
        }
    }
}
