//! The identity of a device: serial number, model, ratings, and which SunSpec models it has.

use super::values::{Tracker, Values, phases};
use crate::inverter::{InverterId, fingerprint};
use crate::kaco::types::{self, InverterType};
use crate::reading::{Decimal, Phases, Reading, Role};

/// What never changes while a device exists: clients read it once, at their start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DeviceIdentity {
    pub(super) serial: String,
    pub(super) model: String,
    pub(super) power_scale: i8,
    /// The rated power, or else that in the model's name: it scales powers, and is not served.
    pub(super) likely_watts: Option<u32>,
    pub(super) rated_watts: Option<u32>,
    pub(super) shape: ModelSet,
}

/// Which models a device has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ModelSet {
    pub(super) phases: Phases,
    pub(super) trackers: usize,
    pub(super) has_battery: bool,
}

impl DeviceIdentity {
    /// The identity of an inverter; `None` if it is not complete yet.
    pub(super) fn of(inverter: &InverterId, reading: &Reading, is_patient: bool) -> Option<Self> {
        let known = reading.type_code.as_deref().and_then(types::find);
        let rated_watts = known.and_then(|known| known.maximum_power);
        let likely_watts = known.and_then(InverterType::likely_power);
        let phases = phases(reading);
        let layout = reading.cells.layout;
        Some(Self {
            serial: serial(inverter, reading, is_patient)?,
            model: model(inverter, reading),
            power_scale: power_scale(likely_watts, phases),
            likely_watts,
            rated_watts,
            shape: ModelSet {
                phases,
                trackers: layout.trackers(),
                has_battery: layout.has(Role::Charge),
            },
        })
    }

    /// Writes the identity into values, and makes them fit its shape.
    pub(super) fn sign(&self, values: &mut Values) {
        values.serial.clone_from(&self.serial);
        values.model.clone_from(&self.model);
        values.power_scale = self.power_scale;
        values.rated_watts = self.rated_watts.map(Decimal::from);
        values.has_battery = self.shape.has_battery;
        values
            .trackers
            .resize_with(self.shape.trackers, Tracker::default);
    }
}

/// `TYPE-02`, `TYPE-roof-02`, or the serial number of an inverter that is known by it. Serial
/// numbers of KACO inverters are not used: they come after the first reading, not at every start
/// and not from the logs, and clients take a changed one for another device.
fn serial(inverter: &InverterId, reading: &Reading, is_patient: bool) -> Option<String> {
    if !inverter.has_address() {
        let serial = reading.inverter.serial().map(str::to_owned);
        return serial.or_else(|| (!is_patient).then(|| unsigned(inverter)));
    }
    let type_code = reading.type_code.as_deref();
    let type_code = type_code.or_else(|| (!is_patient).then_some(inverter.family().title))?;
    Some(fitted(type_code, &inverter.label().replace('/', "-")))
}

/// `KSTAR-192.168.1.50`, of an inverter that does not report its serial number.
pub(super) fn unsigned(inverter: &InverterId) -> String {
    format!("{}-{}", inverter.family().title, inverter.place())
}

/// At most 32 characters. A place that is too long becomes its number: never cut, it would be that
/// of another inverter.
pub(super) fn fitted(head: &str, place: &str) -> String {
    let whole = format!("{head}-{place}");
    if whole.len() <= 32 {
        return whole;
    }
    // 15 characters, the dash and 16 digits make 32.
    let hash = fingerprint(place);
    let head: String = head.chars().take(15).collect();
    format!("{head}-{hash:016X}")
}

fn model(inverter: &InverterId, reading: &Reading) -> String {
    let named = inverter.name().map(str::to_owned);
    let model = || reading.model.as_deref().map(str::to_owned);
    let type_code = || reading.type_code.clone();
    let family = || inverter.family().title.to_owned();
    named
        .or_else(model)
        .or_else(type_code)
        .unwrap_or_else(family)
}

/// 0 up to 32 kW, 1 up to 320 kW, 2 above. Where the power is unknown, three phases may feed more.
pub(super) const fn power_scale(likely_watts: Option<u32>, phases: Phases) -> i8 {
    // A power is an int16, which ends at 32,767 steps.
    match (likely_watts, phases) {
        (Some(..=32_000), _) | (None, Phases::One) => 0,
        (Some(..=320_000), _) | (None, Phases::Three) => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_fit_and_stay_apart() {
        assert_eq!(fitted("5000xi", "02"), "5000xi-02");
        let long = |end: &str| fitted("Powador", &format!("{}-{end}", "x".repeat(32)));
        assert!(long("02").len() <= 32 && long("03").len() <= 32);
        assert_ne!(long("02"), long("03"));
    }

    #[test]
    fn powers_scale_by_rating() {
        for (rated, due) in [
            (Some(32_000), 0),
            (Some(32_001), 1),
            (Some(320_000), 1),
            (Some(320_001), 2),
        ] {
            assert_eq!(power_scale(rated, Phases::Three), due);
        }
        assert_eq!(power_scale(None, Phases::One), 0);
        assert_eq!(power_scale(None, Phases::Three), 1);
    }
}
