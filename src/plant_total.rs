//! The totals of all inverters of a plant, and when they are known.
//!
//! A total without one of its inverters is a wrong number that looks right. So a total has a value
//! only while every inverter is read, or silent as at night.

use crate::inverter::{InverterId, reduced};
use crate::observation::{Observation, Outcome};
use crate::reading::{Decimal, Field, Reading, Role, Unit, measured, total};
use chrono::{DateTime, FixedOffset, TimeDelta};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Silence is that of the night while every inverter that is read feeds in less than this, W.
///
/// Inverters of one plant fall asleep within minutes of each other, at the last few watts.
const DUSK: Decimal = Decimal::from_parts(50, 0, 0, false, 0);

/// An inverter that fed in more than [`DUSK`] may have lost its cable: its silence is that of the
/// night only after this time.
const RECENT: TimeDelta = TimeDelta::minutes(15);

/// The columns of a total, in the order of [`PlantTotal::columns`].
pub static FIELDS: [Field; 4] = [
    measured("AC Power", Unit::Watt),
    total("Daily yield", Unit::KilowattHour),
    measured("Inverters reporting", Unit::None),
    measured("Inverters expected", Unit::None),
];

/// The inverters of a plant together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlantTotal {
    /// When the newest of its inverters was polled.
    pub(crate) time: Option<DateTime<FixedOffset>>,
    /// AC power, W; of hybrid inverters, which do not report it, PV power. `None` while an inverter
    /// is missing.
    pub(crate) power: Option<Decimal>,
    /// Energy of today, kWh. `None` while that of an inverter is unknown.
    pub(crate) daily_yield: Option<Decimal>,
    /// Inverters that gave a reading when they were polled last.
    pub(crate) reporting: usize,
    pub(crate) expected: usize,
    /// Buses and networks that they are on.
    pub(crate) buses: usize,
    /// Whether one of them is played by the program itself.
    pub(crate) is_simulated: bool,
}

impl PlantTotal {
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&'static Field, Option<Decimal>)> {
        let numbers = [
            self.power,
            self.daily_yield,
            Some(self.reporting.into()),
            Some(self.expected.into()),
        ];
        FIELDS.iter().zip(numbers)
    }

    /// `plant/state`, or `sim/plant/state` where inverters are simulated.
    pub(crate) fn state_topic(&self) -> &'static str {
        match self.is_simulated {
            true => "sim/plant/state",
            false => "plant/state",
        }
    }

    /// `plant`, `plant_plants_roof` behind the prefix `plants/roof`, or `sim_plant`: for discovery
    /// topics and unique ids.
    pub(crate) fn node(&self, prefix: Option<&str>) -> String {
        let simulated = if self.is_simulated { "sim_" } else { "" };
        let prefix = prefix.map(|prefix| format!("_{}", reduced(prefix)));
        format!("{simulated}plant{}", prefix.unwrap_or_default())
    }
}

/// What a reading adds to a total.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contribution {
    /// When it was made.
    pub time: Option<DateTime<FixedOffset>>,
    /// W
    pub(crate) power: Option<Decimal>,
    /// Energy of its day, kWh; `None` while a unit of a 000xi is missing.
    pub(crate) daily_yield: Option<Decimal>,
    /// Whether the power is that of some units of a 000xi only: no part of a sum, but not zero.
    pub(crate) misses_unit: bool,
}

impl Contribution {
    /// Those of a reading.
    pub fn of(reading: &Reading) -> Self {
        let power = reading.figure(Role::Power);
        Self {
            time: reading.time,
            power: power.map(|(power, _)| power),
            daily_yield: daily_yield(reading).filter(|_| reading.has_all(Role::DailyYield)),
            misses_unit: !reading.has_all(Role::Power),
        }
    }

    /// With the yield of an earlier one of the same day, where this one has none.
    pub(crate) fn after(self, before: Option<Self>) -> Self {
        let day = |one: &Self| one.time.map(|time| time.date_naive());
        let before = before.filter(|before| day(before) == day(&self));
        let known = before.and_then(|before| before.daily_yield);
        Self {
            daily_yield: self.daily_yield.or(known),
            ..self
        }
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

/// The outcome of polling an inverter, as far as a total needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartState {
    /// It gave a reading.
    Read(Contribution),
    /// It is silent; with its last reading, where that is known.
    Silent(Option<Contribution>),
    /// Polling it failed, or it was not polled.
    Missing,
}

/// An inverter as a part of its plant.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// Which inverter.
    pub inverter: &'a InverterId,
    /// The outcome of polling it.
    pub state: PartState,
}

/// The total of all parts at a time.
pub fn total_of(parts: &[Part<'_>], now: Option<DateTime<FixedOffset>>) -> PlantTotal {
    let is_whole = is_whole(parts, now);
    let power = |part: &Part<'_>| match part.state {
        PartState::Read(figures) => figures.power.filter(|_| !figures.misses_unit),
        // It sleeps, or the total has no value anyway: see `is_whole`.
        PartState::Silent(_) | PartState::Missing => Some(Decimal::ZERO),
    };
    let energy = |part: &Part<'_>| match part.state {
        PartState::Read(figures) => figures.daily_yield,
        PartState::Silent(last) => yield_on(now?, last?),
        PartState::Missing => None,
    };
    let is_read = |part: &&Part<'_>| matches!(part.state, PartState::Read(_));
    let buses = parts
        .iter()
        .map(|part| (part.inverter.family().protocol, part.inverter.bus()));
    PlantTotal {
        time: now,
        power: sum(parts.iter().map(power)).filter(|_| is_whole),
        daily_yield: sum(parts.iter().map(energy)).filter(|_| is_whole),
        reporting: parts.iter().filter(is_read).count(),
        expected: parts.len(),
        buses: buses.collect::<HashSet<_>>().len(),
        is_simulated: parts.iter().any(|part| part.inverter.is_simulated()),
    }
}

/// The rule of all totals: whether every inverter is read, or silent as at night.
pub(crate) fn is_whole(parts: &[Part<'_>], now: Option<DateTime<FixedOffset>>) -> bool {
    let is_night = is_night(parts);
    parts.iter().all(|part| match part.state {
        PartState::Read(_) => true,
        PartState::Silent(last) => is_night && last.is_none_or(|last| !fed_in_recently(last, now)),
        PartState::Missing => false,
    })
}

/// Whether an inverter that is silent is so because of the night.
fn is_night(parts: &[Part<'_>]) -> bool {
    parts.iter().all(|part| match part.state {
        PartState::Read(figures) => figures.power.is_none_or(|power| power < DUSK),
        PartState::Silent(_) | PartState::Missing => true,
    })
}

/// Whether an inverter fed in so lately that its silence is not that of the night.
fn fed_in_recently(last: Contribution, now: Option<DateTime<FixedOffset>>) -> bool {
    let is_recent = |(now, time): (DateTime<_>, DateTime<_>)| (now - time).abs() < RECENT;
    let fed = last.power.is_some_and(|power| power >= DUSK);
    fed && now.zip(last.time).is_none_or(is_recent)
}

/// What an inverter that is asleep fed in on the day of `now`: nothing yet on a new one.
fn yield_on(now: DateTime<FixedOffset>, last: Contribution) -> Option<Decimal> {
    let is_of_today = last.time?.date_naive() == now.date_naive();
    let energy = last.daily_yield?;
    Some(if is_of_today { energy } else { Decimal::ZERO })
}

/// `None` if a part is missing, or if there is none.
fn sum(mut parts: impl Iterator<Item = Option<Decimal>>) -> Option<Decimal> {
    let first = parts.next()??;
    let total = parts.try_fold(first, |total, part| Some(total.saturating_add(part?)))?;
    Some(total.normalize())
}

/// What is remembered of inverters from round to round.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// The last reading of each, by place.
    read: BTreeMap<String, Contribution>,
    /// Those whose link is lost: earlier observations of them are outdated.
    lost: BTreeSet<String>,
}

impl Memory {
    pub(crate) fn note(&mut self, observation: &Observation) {
        self.lost.remove(&observation.inverter.place());
        if let Some(reading) = observation.reading() {
            self.remember(reading);
        }
    }

    /// Takes a reading of an earlier run, too.
    pub(crate) fn remember(&mut self, reading: &Reading) {
        let place = reading.inverter.place();
        let known = Contribution::of(reading).after(self.read.get(&place).copied());
        self.read.insert(place, known);
    }

    /// Notes that the link to an inverter is lost.
    pub(crate) fn lose(&mut self, inverter: &InverterId) {
        self.lost.insert(inverter.place());
    }

    /// The total of the last observation of every inverter.
    pub(crate) fn total<'a>(
        &self,
        latest: impl Iterator<Item = &'a Observation> + Clone,
    ) -> PlantTotal {
        let now = latest.clone().filter_map(|one| one.time).max();
        let parts: Vec<Part<'_>> = latest.map(|one| self.part(one)).collect();
        total_of(&parts, now)
    }

    fn part<'a>(&self, observation: &'a Observation) -> Part<'a> {
        let inverter = &observation.inverter;
        let place = inverter.place();
        let state = match &observation.outcome {
            _ if self.lost.contains(&place) => PartState::Missing,
            Outcome::Read { answer, .. } => PartState::Read(Contribution::of(answer)),
            Outcome::Silent => PartState::Silent(self.read.get(&place).copied()),
            _ => PartState::Missing,
        };
        Part { inverter, state }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::naming::examples::{read, reading};
    use crate::kaco::layouts::{STANDARD, THREE_UNITS};

    fn at(time: &str) -> Option<DateTime<FixedOffset>> {
        DateTime::parse_from_rfc3339(time).ok()
    }

    const NOON: &str = "2026-11-20T12:00:00+01:00";

    /// The inverter at an address with this power and energy.
    fn one(address: u8, power: &str, energy: &str) -> Observation {
        let values = ["mpp", "1", "1", "1", "1", "1", power, "30", energy];
        read(Reading {
            inverter: InverterId::kaco(Some(address)),
            time: at(NOON),
            ..reading(&STANDARD, &values)
        })
    }

    fn missing(address: u8, outcome: Outcome) -> Observation {
        Observation::new(InverterId::kaco(Some(address)), outcome)
    }

    fn silent(address: u8, time: &str) -> Observation {
        missing(address, Outcome::Silent).at(at(time))
    }

    /// Power, yield, reporting, expected.
    type Total = (Option<&'static str>, Option<&'static str>, usize, usize);

    #[track_caller]
    fn expect(memory: &Memory, latest: &[Observation], due: Total) {
        let total = memory.total(latest.iter());
        let text = |number: Option<Decimal>| number.map(|number| number.to_string());
        let (power, energy) = (text(total.power), text(total.daily_yield));
        let found = (power.as_deref(), energy.as_deref());
        assert_eq!((found.0, found.1, total.reporting, total.expected), due);
    }

    /// What these observations leave behind.
    fn memory(observations: &[Observation]) -> Memory {
        let mut memory = Memory::default();
        for observation in observations {
            memory.note(observation);
        }
        memory
    }

    #[test]
    fn a_start_at_night_knows_the_day_from_the_log_and_one_at_noon_gives_no_total() {
        let mut memory = Memory::default();
        let logged = one(1, "1200", "3500");
        logged
            .reading()
            .into_iter()
            .for_each(|row| memory.remember(row));
        let at_night = [silent(1, "2026-11-20T18:00:00+01:00")];
        expect(&memory, &at_night, (Some("0"), Some("3.5"), 0, 1));
        let at_noon = [silent(1, "2026-11-20T12:05:00+01:00")];
        expect(&memory, &at_noon, (None, None, 0, 1));
    }

    #[test]
    fn what_all_give_adds_up_in_watts_and_kilowatt_hours() {
        let both = [one(1, "1200", "3500"), one(2, "800.5", "2250")];
        let new = Memory::default();
        expect(&new, &both, (Some("2000.5"), Some("5.75"), 2, 2));
        let units = read(reading(
            &THREE_UNITS,
            &[
                "mpp", "1", "1", "1", "1", "1", "10", "30", "100", //
                "mpp", "1", "1", "1", "1", "1", "20", "30", "200", //
                "mpp", "1", "1", "1", "1", "1", "30", "30", "300",
            ],
        ));
        expect(&new, &[units], (Some("60"), Some("0.6"), 1, 1));
        expect(&new, &[], (None, None, 0, 0));
    }

    #[test]
    fn a_total_without_an_inverter_is_not_a_number() {
        for outcome in [
            Outcome::Silent,
            Outcome::Garbled("checksum".to_owned()),
            Outcome::Unreachable("no route".to_owned()),
            Outcome::NotPolled,
        ] {
            let latest = [one(1, "1200", "3500"), missing(2, outcome)];
            expect(&memory(&latest), &latest, (None, None, 1, 2));
        }
        let empty = [one(1, "1200", "3500"), one(2, "", "1")];
        expect(&memory(&empty), &empty, (None, Some("3.501"), 2, 2));
    }

    #[test]
    fn readings_over_a_lost_link_are_not_of_now() {
        let latest = [one(1, "1200", "3500"), one(2, "800", "2500")];
        let mut memory = memory(&latest);
        memory.lose(&InverterId::kaco(Some(2)));
        expect(&memory, &latest, (None, None, 1, 2));
        memory.note(&one(2, "800", "2500"));
        expect(&memory, &latest, (Some("2000"), Some("6"), 2, 2));
    }

    #[test]
    fn at_night_power_is_zero_and_the_yields_of_the_day_hold() {
        let memory = memory(&[one(1, "9", "3500"), one(2, "8", "2500")]);
        let asleep = |time| [silent(1, time), silent(2, time)];
        let evening = "2026-11-20T12:01:00+01:00";
        expect(&memory, &asleep(evening), (Some("0"), Some("6"), 0, 2));
        let morning = "2026-11-21T06:00:00+01:00";
        expect(&memory, &asleep(morning), (Some("0"), Some("0"), 0, 2));
        // The last ones fall asleep at a few watts, after the others.
        let dusk = [one(1, "49", "3600"), silent(2, evening)];
        expect(&memory, &dusk, (Some("49"), Some("6.1"), 1, 2));
        // After a restart at night nothing is known of the day.
        let new = Memory::default();
        expect(&new, &asleep(evening), (Some("0"), None, 0, 2));
        // A bus that does not work is not asleep.
        let lost = [silent(1, evening), missing(2, Outcome::NotPolled)];
        expect(&memory, &lost, (None, None, 0, 2));
    }

    #[test]
    fn a_cable_that_is_cut_at_noon_gives_no_zero_for_fifteen_minutes() {
        let memory = memory(&[one(1, "4000", "3500"), one(2, "4000", "2500")]);
        for (time, power, energy) in [
            ("2026-11-20T12:14:59+01:00", None, None),
            ("2026-11-20T12:15:00+01:00", Some("0"), Some("6")),
        ] {
            let cut = [silent(1, time), silent(2, time)];
            expect(&memory, &cut, (power, energy, 0, 2));
        }
    }

    #[test]
    fn a_total_knows_its_buses_and_whether_they_are_real() {
        let on = |bus: &str, address| InverterId::kaco(Some(address)).on(bus.parse().ok());
        let parts = |ids: &[InverterId]| {
            let part = |inverter| Part {
                inverter,
                state: PartState::Missing,
            };
            total_of(&ids.iter().map(part).collect::<Vec<_>>(), None)
        };
        let real = parts(&[on("roof", 1), on("roof", 2), on("barn", 1)]);
        assert_eq!((real.buses, real.state_topic()), (2, "plant/state"));
        assert_eq!(real.node(Some("plants/roof")), "plant_plants_roof");
        let played = parts(&[on("", 1), on("", 2).simulated(true)]);
        assert_eq!((played.buses, played.state_topic()), (1, "sim/plant/state"));
        assert_eq!(played.node(None), "sim_plant");
    }
}
