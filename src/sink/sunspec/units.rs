//! The units of inverters, of their meters and of the plant.

use super::SunspecPlan;
use crate::exit::Failure;
use crate::inverter::InverterId;
use std::collections::BTreeMap;
use tracing::warn;

/// The plant: the unit that Victron GX polls by default.
pub(crate) const PLANT: u8 = 126;
/// The last unit of Modbus.
pub(crate) const LAST: u8 = 247;
/// Inverters without an address count from here.
const NETWORK: u8 = 201;

/// The units of inverters without an address: each with that of its meter, the next one.
pub(crate) fn pairs() -> impl Iterator<Item = (u8, u8)> {
    (NETWORK..LAST).step_by(2).map(|unit| (unit, unit + 1))
}

/// Units that mean the plant too: clients without a setting send them.
const ALIASES: [u8; 2] = [0, 255];

/// The unit that a request means.
pub(super) const fn meant(unit: u8) -> u8 {
    let [low, high] = ALIASES;
    if unit == low || unit == high {
        PLANT
    } else {
        unit
    }
}

/// Units that are taken, and by what.
#[derive(Debug, Default)]
pub(super) struct Units {
    taken: BTreeMap<u8, String>,
}

impl Units {
    /// The unit of an inverter, and that of its meter if it can have one. An inverter whose unit
    /// would be that of the plant is served by the plant only. Fails if the unit of an address is
    /// taken or beyond 247; if none is left.
    pub(super) fn assign(
        &mut self,
        inverter: &InverterId,
        options: &SunspecPlan,
    ) -> Result<(u8, Option<u8>), Failure> {
        if inverter.has_address() {
            let unit = self.by_address(inverter, options)?;
            if unit == PLANT {
                warn!(
                    "{}: its SunSpec unit would be {PLANT}, which is the plant: it has none of its \
                     own; another sunspec-offset of its bus gives it one",
                    inverter.subject()
                );
            } else {
                self.taken.insert(unit, inverter.subject());
            }
            return Ok((unit, None));
        }
        let is_free = |unit: &u8| !self.taken.contains_key(unit);
        let free = pairs().find(|(unit, meter)| is_free(unit) && is_free(meter));
        let Some((unit, meter)) = free else {
            return Err(Failure::new(
                format!("{}: no SunSpec unit is left for it", inverter.subject()),
                None,
            ));
        };
        self.taken.insert(unit, inverter.subject());
        self.taken
            .insert(meter, format!("meter of {}", inverter.subject()));
        Ok((unit, Some(meter)))
    }

    fn by_address(&self, inverter: &InverterId, options: &SunspecPlan) -> Result<u8, Failure> {
        let offset = options.offsets.get(&inverter.bus().cloned());
        let offset = offset.copied().unwrap_or_default();
        let address = u16::from(inverter.raw_address().unwrap_or_default());
        let unit = address.saturating_add(offset);
        let refused = |reason: &str| {
            let subject = inverter.subject();
            Failure::new(
                format!("{subject}: it can't be SunSpec unit {unit}: {reason}"),
                Some("another sunspec-offset of its bus gives its inverters other units"),
            )
        };
        let unit = u8::try_from(unit)
            .ok()
            .filter(|unit| (1..=LAST).contains(unit));
        let unit = unit.ok_or_else(|| refused("units are 1 to 247"))?;
        match self.taken.get(&unit) {
            Some(other) => Err(refused(&format!("that is {other}"))),
            None => Ok(unit),
        }
    }

    /// Each unit and what it serves, in order.
    pub(super) fn list(&self) -> impl Iterator<Item = String> {
        let plant = format!("{PLANT} plant");
        let taken = self
            .taken
            .iter()
            .map(|(unit, name)| format!("{unit} {name}"));
        std::iter::once(plant).chain(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn options(offsets: &[(&str, u16)]) -> SunspecPlan {
        let offset = |(bus, offset): &(&str, u16)| Some((Some(bus.parse().ok()?), *offset));
        SunspecPlan {
            bind: ([127, 0, 0, 1], 0).into(),
            every: Duration::from_secs(10),
            offsets: offsets.iter().filter_map(offset).collect(),
        }
    }

    fn kaco(bus: &str, address: u8) -> InverterId {
        InverterId::kaco(Some(address)).on(bus.parse().ok())
    }

    fn kstar(last: u8) -> InverterId {
        InverterId::kstar(None, Some([10, 0, 0, last].into()))
    }

    #[test]
    fn units_follow_addresses_and_offsets() {
        let options = options(&[("barn", 32)]);
        let mut units = Units::default();
        let mut assign = |inverter| units.assign(&inverter, &options).ok();
        assert_eq!(assign(kaco("", 2)), Some((2, None)));
        assert_eq!(assign(kaco("roof", 3)), Some((3, None)));
        assert_eq!(assign(kaco("barn", 2)), Some((34, None)));
        assert_eq!(assign(kaco("barn", 94)), Some((126, None)), "the plant");
        assert_eq!(assign(kaco("field", 3)), None, "taken");
        assert_eq!(assign(kstar(1)), Some((201, Some(202))));
        assert_eq!(assign(kstar(2)), Some((203, Some(204))));
        let listed: Vec<String> = units.list().collect();
        let due = [
            "126 plant",
            "2 address 02",
            "3 roof: address 03",
            "34 barn: address 02",
            "201 inverter 10.0.0.1",
            "202 meter of inverter 10.0.0.1",
            "203 inverter 10.0.0.2",
            "204 meter of inverter 10.0.0.2",
        ];
        assert_eq!(listed, due);
    }

    #[test]
    fn units_end_at_247() {
        let options = options(&[("barn", 246), ("far", u16::MAX)]);
        let mut units = Units::default();
        assert!(units.assign(&kaco("barn", 1), &options).is_ok());
        assert!(units.assign(&kaco("barn", 2), &options).is_err());
        assert!(units.assign(&kaco("far", 2), &options).is_err());
        let found = (0..40).filter(|last| units.assign(&kstar(*last), &options).is_ok());
        assert_eq!(found.count(), 23);
    }

    #[test]
    fn clients_without_a_unit_mean_the_plant() {
        assert_eq!([0, 1, 126, 255].map(meant), [126, 1, 126, 126]);
    }
}
