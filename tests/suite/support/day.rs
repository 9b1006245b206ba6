//! Days of the program's local time, in which it is always about noon: no test's day ends while it
//! runs.

use chrono::{Days, NaiveDate, TimeDelta, Timelike, Utc};
use std::sync::LazyLock;

/// Hours to add to UTC so that it is between 12 and 13 o'clock when the tests begin, 0 to 23.
static NOON: LazyLock<i64> = LazyLock::new(|| (12 - i64::from(Utc::now().hour())).rem_euclid(24));

/// A day to run the program in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    Yesterday,
    Today,
}

impl Day {
    /// What the program needs in `TZ` to take it for this day.
    pub fn zone(self) -> String {
        // POSIX counts to the west.
        match self {
            Self::Today => format!("NOON{:+}", -*NOON),
            Self::Yesterday => format!("PAST{:+}", 23 - *NOON),
        }
    }

    /// Its date.
    pub fn date(self) -> NaiveDate {
        let today = (Utc::now() + TimeDelta::hours(*NOON)).date_naive();
        match self {
            Self::Today => today,
            Self::Yesterday => today - Days::new(1),
        }
    }

    /// The name of its file.
    pub fn file(self) -> String {
        format!("{}.csv", self.date())
    }
}
