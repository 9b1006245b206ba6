//! What all inverters of a plant give together, and when that may be told.
//!
//! A total without one of its inverters is a wrong number that looks right. So a total has a value
//! only while every inverter is read, or silent as at night.

use crate::observation::{Observation, Outcome};
use crate::reading::{Decimal, Reading, Role, Unit};
use chrono::{DateTime, FixedOffset, NaiveDate};
use std::collections::BTreeMap;

/// Silence is that of the night while every inverter that is read feeds in less than this, W.
///
/// Inverters of one plant fall asleep within minutes of each other, at the last few watts.
const DUSK: Decimal = Decimal::from_parts(50, 0, 0, false, 0);

/// The inverters of a plant together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlantTotal {
    /// When the newest of its readings was made.
    pub time: Option<DateTime<FixedOffset>>,
    /// AC power, W; of hybrid inverters, which do not report it, PV power. `None` while an inverter
    /// is missing.
    pub power: Option<Decimal>,
    /// Energy of today, kWh. `None` while that of an inverter is unknown.
    pub daily_yield: Option<Decimal>,
    /// Inverters that gave a reading when they were polled last.
    pub reporting: usize,
    /// Inverters that there are.
    pub expected: usize,
}

/// The total of the last observation of every inverter, as `Sinks::latest` gives them.
///
/// An inverter that is silent as at night counts with 0 W; what it fed in today is not known here:
/// see [`Yields`].
pub fn of(latest: &[Observation]) -> PlantTotal {
    Yields::default().total(latest, None)
}

/// The daily yields that were read last: at night they still hold.
#[derive(Debug, Default)]
pub struct Yields(BTreeMap<String, (NaiveDate, Decimal)>);

impl Yields {
    /// Notes what an inverter fed in today.
    pub fn note(&mut self, observation: &Observation) {
        let Some(reading) = observation.reading() else {
            return;
        };
        if let (Some(time), Some(energy)) = (reading.time, daily_yield(reading)) {
            let place = observation.inverter.place();
            self.0.insert(place, (time.date_naive(), energy));
        }
    }

    /// The total; the yields of silent inverters are those of `today` that were noted.
    pub fn total(&self, latest: &[Observation], today: Option<NaiveDate>) -> PlantTotal {
        let is_night = is_night(latest);
        let power = |one: &Observation| match one.reading() {
            Some(reading) => Some(reading.figure(Role::Power)?.0),
            None => is_asleep(one, is_night).then_some(Decimal::ZERO),
        };
        let energy = |one: &Observation| match one.reading() {
            Some(reading) => daily_yield(reading),
            None if is_asleep(one, is_night) => self.asleep(&one.inverter.place(), today?),
            None => None,
        };
        let readings = || latest.iter().filter_map(Observation::reading);
        PlantTotal {
            time: readings().filter_map(|reading| reading.time).max(),
            power: sum(latest.iter().map(power)),
            daily_yield: sum(latest.iter().map(energy)),
            reporting: readings().count(),
            expected: latest.len(),
        }
    }

    /// The yield of an inverter that is asleep; nothing yet on a new day.
    fn asleep(&self, place: &str, today: NaiveDate) -> Option<Decimal> {
        let (day, energy) = self.0.get(place)?;
        Some(if *day == today {
            *energy
        } else {
            Decimal::ZERO
        })
    }
}

/// The daily yield of a reading, kWh.
pub(crate) fn daily_yield(reading: &Reading) -> Option<Decimal> {
    let (energy, unit) = reading.figure(Role::DailyYield)?;
    Some(match unit {
        Unit::WattHour => energy.checked_div(Decimal::ONE_THOUSAND)?,
        _ => energy,
    })
}

/// Whether an inverter that is silent is so because of the night.
fn is_night(latest: &[Observation]) -> bool {
    let readings = latest.iter().filter_map(Observation::reading);
    let mut powers = readings.filter_map(|reading| reading.figure(Role::Power));
    powers.all(|(power, _)| power < DUSK)
}

fn is_asleep(observation: &Observation, is_night: bool) -> bool {
    is_night && matches!(observation.outcome, Outcome::Silent)
}

/// `None` if a part is missing, or if there is none.
fn sum(mut parts: impl Iterator<Item = Option<Decimal>>) -> Option<Decimal> {
    let first = parts.next()??;
    let total = parts.try_fold(first, |total, part| Some(total.saturating_add(part?)))?;
    Some(total.normalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::naming::examples::{read, reading};
    use crate::inverter::InverterId;
    use crate::kaco::layouts::{STANDARD, THREE_UNITS};

    /// The inverter at an address with this power and energy.
    fn one(address: u8, power: &str, energy: &str) -> Observation {
        let values = ["mpp", "1", "1", "1", "1", "1", power, "30", energy];
        read(Reading {
            inverter: InverterId::kaco(Some(address)),
            ..reading(&STANDARD, &values)
        })
    }

    fn missing(address: u8, outcome: Outcome) -> Observation {
        Observation::new(InverterId::kaco(Some(address)), outcome)
    }

    /// Power, yield, reporting, expected.
    fn figures(total: &PlantTotal) -> (Option<String>, Option<String>, usize, usize) {
        let text = |number: Option<Decimal>| number.map(|number| number.to_string());
        let (power, energy) = (text(total.power), text(total.daily_yield));
        (power, energy, total.reporting, total.expected)
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn what_all_give_adds_up_in_watts_and_kilowatt_hours() {
        let total = of(&[one(1, "1200", "3500"), one(2, "800.5", "2250")]);
        assert_eq!(figures(&total), (some("2000.5"), some("5.75"), 2, 2));
        assert!(total.time.is_some());
        let units = read(reading(
            &THREE_UNITS,
            &[
                "mpp", "1", "1", "1", "1", "1", "10", "30", "100", //
                "mpp", "1", "1", "1", "1", "1", "20", "30", "200", //
                "mpp", "1", "1", "1", "1", "1", "30", "30", "300",
            ],
        ));
        assert_eq!(figures(&of(&[units])), (some("60"), some("0.6"), 1, 1));
        assert_eq!(figures(&of(&[])), (None, None, 0, 0));
    }

    #[test]
    fn a_total_without_an_inverter_is_no_number() {
        for outcome in [
            Outcome::Silent,
            Outcome::Garbled("checksum".to_owned()),
            Outcome::Unreachable("no route".to_owned()),
            Outcome::NotPolled,
        ] {
            let total = of(&[one(1, "1200", "3500"), missing(2, outcome)]);
            assert_eq!(figures(&total), (None, None, 1, 2));
        }
        let empty = of(&[one(1, "1200", "3500"), one(2, "", "1")]);
        assert_eq!(figures(&empty), (None, some("3.501"), 2, 2));
    }

    #[test]
    fn at_night_power_is_zero_and_the_yields_of_the_day_hold() {
        let mut yields = Yields::default();
        for noted in [one(1, "9", "3500"), one(2, "8", "2500")] {
            yields.note(&noted);
        }
        let today = NaiveDate::from_ymd_opt(2026, 11, 20);
        let asleep = [missing(1, Outcome::Silent), missing(2, Outcome::Silent)];
        let total = yields.total(&asleep, today);
        assert_eq!(figures(&total), (some("0"), some("6"), 0, 2));
        let next = today.and_then(|today| today.succ_opt());
        let total = yields.total(&asleep, next);
        assert_eq!(figures(&total), (some("0"), some("0"), 0, 2));
        // The last ones fall asleep at a few watts, after the others.
        let dusk = [one(1, "49", "3600"), missing(2, Outcome::Silent)];
        let total = yields.total(&dusk, today);
        assert_eq!(figures(&total), (some("49"), some("6.1"), 1, 2));
        // After a restart at night nothing is known of the day.
        assert_eq!(figures(&of(&asleep)), (some("0"), None, 0, 2));
        // A bus that does not work is not asleep.
        let lost = [missing(1, Outcome::Silent), missing(2, Outcome::NotPolled)];
        assert_eq!(figures(&yields.total(&lost, today)), (None, None, 0, 2));
    }
}
