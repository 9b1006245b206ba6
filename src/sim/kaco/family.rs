//! The families of simulated inverters: which commands each answers, in which form, and with what
//! values.

use super::frames::ReplyForm::{Generic, Standard, Unit, Xp};
use super::frames::{self, ReplyForm};
use super::scatter;
use crate::address::Address;
use crate::kaco::layouts::{self, CENTRAL, CENTRAL_WITH_FREQUENCY, MPPT2, MPPT3, STANDARD, XP};
use crate::reading::{Field, Layout, Role};
use crate::sim::sun::{Moment, Sun};

/// Type code as on the wire, form and layout of the readings, maximum power W, voltage of the
/// strings V, commands that are answered. A unit of a 000xi has its number behind the type code.
type FamilyRow = (
    &'static str,
    ReplyForm,
    &'static Layout,
    f64,
    f64,
    &'static [u8],
);

/// In the order in which they take turns: the addresses 2,4-7 show five layouts.
#[rustfmt::skip]
static FAMILIES: &[FamilyRow] = &[
    ("6400xi", Standard, &STANDARD,                 6_400.0, 410.0, b"0389"),
    ("300TL",  Generic,  &MPPT3,                   25_000.0, 610.0, b"038s"),
    ("086L32", Generic,  &MPPT2,                    8_600.0, 520.0, b"0389s"),
    ("5002xi", Standard, &STANDARD,                 5_000.0, 390.0, b"0389"),
    ("8X24",   Generic,  &MPPT2,                    8_000.0, 480.0, b"038s"),
    ("10k",    Unit,     &layouts::UNIT,           11_000.0, 430.0, b"0123"),
    ("100kTR", Xp,       &XP,                     100_000.0, 590.0, b"039"),
    ("50kH4P", Generic,  &CENTRAL,                 50_000.0, 600.0, b"038s"),
    ("125N15", Generic,  &CENTRAL_WITH_FREQUENCY, 125_000.0, 890.0, b"038s"),
];

const FIRMWARE: &str = "ARM V6.53 D6A5 Config V6.3124 2F4F DSP V4.08 6BA0";

/// The reply of the inverter with this address; `None` to a command that it does not answer.
pub(super) fn reply(at: Address, command: u8, moment: Moment, is_faulty: bool) -> Option<Vec<u8>> {
    let turn = usize::from(at.number()).checked_sub(1)?;
    let family @ &(code, form, .., commands) = FAMILIES.iter().cycle().nth(turn)?;
    let number = u32::from(at.number());
    let (status, sun) = match is_faulty {
        true => (FAULT, Sun::default()),
        false => (FEEDING, moment.sun()),
    };
    let inverter = SimulatedInverter {
        family,
        seed: match form {
            Unit => scatter(number, command.into()),
            _ => number,
        },
        moment,
        status,
        sun,
    };
    let letter = char::from(command);
    let header = format!("*{at}{letter}");
    commands.contains(&command).then(|| match (command, form) {
        (b'0', Unit) => frames::plain(&format!("*{at}4")),
        (b'0', Generic) => inverter.readings(&format!("*{at}n"), code),
        (b'0', _) => inverter.readings(&header, code),
        (_, Unit) => inverter.readings(&header, &format!("{code}{letter}")),
        (b'3', _) => inverter.counters(&header),
        (b'8', Standard) => frames::plain(&format!("{header} K222.36DE 6817")),
        (b'8', _) => frames::plain(&format!("{header} {FIRMWARE}")),
        (b'9', _) => frames::summed(&header, code, ""),
        _ => {
            let serial_number = scatter(number, 0) % 100_000_000;
            frames::generic(&header, &format!("{code}{serial_number:08}"))
        }
    })
}

/// `mpp-track` and `pv-overvoltage-3`.
const FEEDING: f64 = 4.0;
const FAULT: f64 = 120.0;

/// The part of the DC power that reaches the mains.
const EFFICIENCY: f64 = 0.96;

/// Under this brightness an inverter can't hold cos phi at one.
const LOW_LIGHT: f64 = 0.25;

/// One inverter, or one unit of a 000xi, at one moment.
struct SimulatedInverter {
    family: &'static FamilyRow,
    /// What makes it differ from its neighbours.
    seed: u32,
    moment: Moment,
    status: f64,
    /// With a fault it gets nothing.
    sun: Sun,
}

impl SimulatedInverter {
    /// What it feeds in when the sun is brightest, W.
    fn peak(&self) -> f64 {
        self.family.3 * (0.70 + 0.25 * share(self.seed, 1)) * EFFICIENCY
    }

    fn readings(&self, header: &str, code: &str) -> Vec<u8> {
        let &(_, form, layout, ..) = self.family;
        frames::readings(header, form, layout, code, |field| self.value(field))
    }

    fn counters(&self, header: &str) -> Vec<u8> {
        let Moment { days, hours } = self.moment;
        let days = days + f64::from(scatter(self.seed, 7) % 1000);
        let minutes = [hours, 24.0 * days + hours].map(|hours| (60.0 * hours) as u32);
        let peak = self.peak() * self.sun.brightest;
        let energy = [peak, self.daily_yield(), self.total_yield()];
        frames::counters(header, self.family.1, energy, minutes)
    }

    /// The number of a column, by its kind and role.
    fn value(&self, field: &Field) -> f64 {
        let &(_, form, layout, _, dc_voltage, _) = self.family;
        let light = self.sun.light;
        // Each MPP tracker and each phase has a voltage of its own.
        let volt = |tracker: u8| {
            let own = 0.06 * share(self.seed, 1 + u32::from(tracker));
            dc_voltage * (0.91 + 0.06 * light + own)
        };
        let phase = |number: u8| {
            let own = 0.01 * share(self.seed, 5 + u32::from(number));
            230.0 * (1.0 + 0.015 * light + own)
        };
        let ac_power = self.peak() * light;
        let dc_power = ac_power / EFFICIENCY;
        let phase_power = match form {
            Standard | Unit => ac_power,
            Xp | Generic => ac_power / 3.0,
        };
        let Some(role) = field.role else {
            return self.status;
        };
        match role {
            Role::PowerFactor if light < LOW_LIGHT => 0.998,
            Role::PowerFactor => 1.0,
            Role::Temperature => 19.0 + 26.0 * light + 4.0 * share(self.seed, 9),
            Role::DailyYield => self.daily_yield(),
            Role::DcVoltage(tracker) => volt(tracker),
            Role::DcCurrent(tracker) => dc_power * part(layout, tracker) / volt(tracker),
            Role::DcPower(tracker) => dc_power * part(layout, tracker),
            Role::TotalDcPower => dc_power,
            Role::AcVoltage(number) => phase(number),
            // XP inverters measure between two phases.
            Role::LineVoltage => phase(1) * 3.0_f64.sqrt(),
            Role::AcCurrent(number) => phase_power / phase(number),
            Role::LineCurrent => phase_power / phase(1),
            Role::Power => ac_power,
            Role::AcFrequency => self.moment.grid_frequency(),
            _ => self.total_yield() / 1000.0,
        }
    }

    /// Wh
    fn daily_yield(&self) -> f64 {
        (self.peak() * self.sun.full_hours).floor()
    }

    /// Wh, with some from before the simulation began.
    fn total_yield(&self) -> f64 {
        let before = 900.0 + 8000.0 * share(self.seed, 8) + self.moment.full_hours_before();
        self.peak() * before + self.daily_yield()
    }
}

/// The part of a tracker in the DC power: the first has most.
fn part(layout: &Layout, tracker: u8) -> f64 {
    let trackers = layout.trackers() as f64;
    (1.0 + 0.05 * (trackers + 1.0 - 2.0 * f64::from(tracker))) / trackers
}

/// A property of the inverter with this seed, 0..=1.
fn share(seed: u32, property: u32) -> f64 {
    f64::from(scatter(seed, property)) / f64::from(u32::MAX)
}
