//! The registers of a unit, from the word `SunS` to the end mark.

use super::identity::ModelSet;
use super::model::encode_model;
use super::tables::{COMMON, INVERTER, METER, NAMEPLATE, STORAGE, TRACKER, TRACKERS};
use super::values::Values;
use crate::reading::Phases;
use std::sync::Arc;

/// The registers of a unit, all from one reading.
pub(super) type Registers = Arc<[u16]>;

/// The whole map of an inverter or a plant.
pub(super) fn registers(shape: ModelSet, values: &Values) -> Registers {
    let mut registers = beginning(values);
    let inverter = match shape.phases {
        Phases::One => 101,
        Phases::Three => 103,
    };
    encode_model(inverter, INVERTER, None, values, &mut registers);
    // Neither 123 nor 704: with them a Victron GX would offer to limit the power.
    encode_model(120, NAMEPLATE, None, values, &mut registers);
    if shape.trackers > 0 {
        let trackers = Some((TRACKER, values.trackers.as_slice()));
        encode_model(160, TRACKERS, trackers, values, &mut registers);
    }
    if shape.has_battery {
        encode_model(124, STORAGE, None, values, &mut registers);
    }
    ended(registers)
}

/// The map of a meter.
pub(super) fn meter_registers(shape: ModelSet, values: &Values, unit: u8) -> Registers {
    let values = Values {
        unit,
        serial: format!("{}-METER", values.serial),
        ..values.clone()
    };
    let mut registers = beginning(&values);
    let meter = match shape.phases {
        Phases::One => 201,
        Phases::Three => 203,
    };
    encode_model(meter, METER, None, &values, &mut registers);
    ended(registers)
}

fn beginning(values: &Values) -> Vec<u16> {
    let mut registers = vec![u16::from_be_bytes(*b"Su"), u16::from_be_bytes(*b"nS")];
    encode_model(1, COMMON, None, values, &mut registers);
    registers
}

fn ended(mut registers: Vec<u16>) -> Registers {
    registers.extend([0xFFFF, 0]);
    registers.into()
}
