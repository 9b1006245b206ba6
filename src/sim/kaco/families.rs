//! The families of simulated inverters: which commands each answers, in which shape, and with what values.

use super::frames::{self, Counters, Frame, Header, Line, Many, Single};
use super::scatter;
use crate::address::Address;
use crate::sim::day::Moment;

/// How a family writes its readings.
#[derive(Debug, Clone, Copy)]
enum Shape {
    /// Series 00 and 02.
    Standard,
    /// 000xi: readings in three parts.
    Parts,
    /// XP with old firmware.
    Xp,
    /// Generic protocol, with what each MPP tracker gives of the whole; a central inverter has one.
    Generic(&'static [f64]),
    /// Central, and tells the frequency of the mains.
    WithFrequency,
}

/// A row of the table.
#[derive(Debug)]
struct Family {
    /// As on the wire; the parts of a 000xi have their number behind it.
    type_code: &'static str,
    shape: Shape,
    /// W
    maximum_power: f64,
    /// What the strings have at full power, V.
    dc_voltage: f64,
    /// What it answers; to all else it is silent.
    commands: &'static [u8],
}

const fn family(
    type_code: &'static str,
    shape: Shape,
    maximum_power: f64,
    dc_voltage: f64,
    commands: &'static [u8],
) -> Family {
    Family {
        type_code,
        shape,
        maximum_power,
        dc_voltage,
        commands,
    }
}

/// In the order in which they take turns: the addresses 2,4-7 show five shapes.
#[rustfmt::skip]
static FAMILIES: &[Family] = &[
    family("6400xi", Shape::Standard,                       6_400.0, 410.0, b"0389"),
    family("300TL",  Shape::Generic(&[0.36, 0.33, 0.31]),  25_000.0, 610.0, b"038s"),
    family("086L32", Shape::Generic(&[0.54, 0.46]),         8_600.0, 520.0, b"0389s"),
    family("5002xi", Shape::Standard,                       5_000.0, 390.0, b"0389"),
    family("8X24",   Shape::Generic(&[0.51, 0.49]),         8_000.0, 480.0, b"038s"),
    family("10k",    Shape::Parts,                         32_900.0, 430.0, b"0123"),
    family("100kTR", Shape::Xp,                           100_000.0, 590.0, b"039"),
    family("50kH4P", Shape::Generic(&[1.0]),               50_000.0, 600.0, b"038s"),
    family("125N15", Shape::WithFrequency,                125_000.0, 890.0, b"038s"),
];

/// The reply of the inverter with this address; `None` where it knows no such command.
pub(super) fn reply(address: Address, command: u8, moment: Moment) -> Option<Frame> {
    let turn = usize::from(address.number()).checked_sub(1)?;
    let family = FAMILIES.iter().cycle().nth(turn)?;
    let is_known = family.commands.contains(&command);
    is_known
        .then(|| family.reply(address, command, moment))
        .flatten()
}

impl Family {
    fn reply(&self, address: Address, command: u8, moment: Moment) -> Option<Frame> {
        let header = |command| Header { address, command };
        let seed = scatter(u32::from(address.number()), 0);
        let inverter = Inverter::new(seed, self.maximum_power, self.dc_voltage, moment);
        Some(match (command, self.shape) {
            (b'0', _) => self.readings(header, &inverter),
            (_, Shape::Parts) => self.part(header(char::from(command)), moment),
            (b'3', Shape::Standard) => inverter.counters().headerless(),
            (b'3', Shape::Xp) => inverter.counters().unpadded(header('3')),
            (b'3', _) => inverter.counters().padded(header('3')),
            (b'8', Shape::Standard) => frames::plain(&format!("{} {FIRMWARE_XI}", header('8'))),
            (b'8', _) => frames::plain(&format!("{} {FIRMWARE}", header('8'))),
            (b'9', _) => frames::summed(header('9'), self.type_code, ""),
            (b's', _) => frames::generic(header('s'), &self.serial_number(seed)),
            _ => return None,
        })
    }

    fn readings(&self, header: impl Fn(char) -> Header, inverter: &Inverter) -> Frame {
        let type_code = self.type_code;
        let generic = |values: Many| frames::generic(header('n'), &values.elements(type_code));
        match self.shape {
            Shape::Parts => frames::plain(&header('4').to_string()),
            Shape::Standard => {
                let fields = inverter.single(1.0).fields(&frames::STANDARD);
                frames::summed(header('0'), &fields, &format!(" {type_code}"))
            }
            Shape::Xp => {
                let fields = inverter.single(3.0_f64.sqrt()).fields(&frames::XP);
                let total_yield = inverter.total_yield() / 1000;
                let tail = format!(" {type_code:<6} {total_yield:09}");
                frames::summed(header('0'), &fields, &tail)
            }
            Shape::Generic(trackers) => generic(inverter.many(trackers, None)),
            Shape::WithFrequency => {
                let frequency = inverter.moment.grid_frequency();
                generic(inverter.many(&[1.0], Some(frequency)))
            }
        }
    }

    /// One part of three; each is a little different.
    fn part(&self, header: Header, moment: Moment) -> Frame {
        let seed = scatter(
            u32::from(header.address.number()),
            u32::from(header.command),
        );
        let part = Inverter::new(seed, self.maximum_power / 3.0, self.dc_voltage, moment);
        let tail = format!(" {}{}", self.type_code, header.command);
        frames::summed(header, &part.single(1.0).fields(&frames::PART), &tail)
    }

    fn serial_number(&self, seed: u32) -> String {
        format!("{}{:08}", self.type_code, seed % 100_000_000)
    }
}

const FIRMWARE_XI: &str = "K222.36DE 6817";
const FIRMWARE: &str = "ARM V6.53 D6A5 Config V6.3124 2F4F DSP V4.08 6BA0";

const MAINS_VOLTAGE: f64 = 230.0;

/// The part of the DC power that reaches the mains.
const EFFICIENCY: f64 = 0.96;

/// Under this share of its power an inverter can't hold cos phi at one.
const LOW_LOAD: f64 = 0.25;

/// One inverter, or one part of it, at one moment.
struct Inverter {
    /// What makes it another one than its neighbours.
    seed: u32,
    /// What it feeds in when the sun is brightest, W.
    peak: f64,
    dc_voltage: f64,
    moment: Moment,
}

impl Inverter {
    fn new(seed: u32, maximum_power: f64, dc_voltage: f64, moment: Moment) -> Self {
        let usable = 0.70 + 0.25 * share(seed, 1);
        Self {
            seed,
            peak: maximum_power * usable * EFFICIENCY,
            dc_voltage: dc_voltage * (0.97 + 0.06 * share(seed, 2)),
            moment,
        }
    }

    /// `phases` is 1, or the root of three where voltage is that between two phases.
    fn single(&self, phases: f64) -> Single {
        let ac = self.phase(0, self.ac_power());
        Single {
            status: self.status(),
            dc: self.tracker(0, 1.0),
            ac: Line {
                voltage: ac.voltage * phases,
                current: ac.current / phases.powi(2),
                ..ac
            },
            temperature: self.temperature(),
            daily_yield: self.daily_yield(),
        }
    }

    fn many(&self, trackers: &[f64], frequency: Option<f64>) -> Many {
        let is_low = self.moment.light() < LOW_LOAD;
        let dc = (0..).zip(trackers);
        Many {
            status: self.status(),
            dc: dc
                .map(|(number, part)| self.tracker(number, *part))
                .collect(),
            ac: (0..3)
                .map(|number| self.phase(number, self.ac_power() / 3.0))
                .collect(),
            frequency,
            cos_phi: if is_low { "0.998i" } else { "1.000" },
            temperature: self.temperature(),
            daily_yield: self.daily_yield(),
        }
    }

    fn counters(&self) -> Counters {
        // Counted from sunrise to sunset, which is about twice as long as full power would take.
        let history = (self.history() * 2.0 * 60.0) as u32;
        let minutes = self.moment.minutes();
        Counters {
            daily_peak: (self.peak * self.moment.brightest()).round() as u32,
            daily_yield: self.daily_yield(),
            total_yield: self.total_yield(),
            minutes_today: minutes,
            minutes_total: self
                .moment
                .minutes_before()
                .saturating_add(history + minutes),
        }
    }

    fn tracker(&self, number: u32, part: f64) -> Line {
        let level = 0.94 + 0.06 * self.moment.light() - 0.015 * f64::from(number);
        Line::new(self.dc_voltage * level, self.ac_power() / EFFICIENCY * part)
    }

    /// Feeding in raises the voltage a little; phases differ.
    fn phase(&self, number: u32, power: f64) -> Line {
        let level = 1.0 + 0.015 * self.moment.light() + 0.01 * share(self.seed, 3 + number);
        Line::new(MAINS_VOLTAGE * level, power)
    }

    fn ac_power(&self) -> f64 {
        self.peak * self.moment.light()
    }

    fn status(&self) -> u32 {
        if self.moment.is_dusk() { 2 } else { 4 }
    }

    fn temperature(&self) -> f64 {
        19.0 + 26.0 * self.moment.light() + 4.0 * share(self.seed, 6)
    }

    /// Wh; one more than was fed in, so that it isn't zero at midnight.
    fn daily_yield(&self) -> u32 {
        (self.peak * self.moment.full_hours()) as u32 + 1
    }

    /// Wh
    fn total_yield(&self) -> u64 {
        let hours = self.history() + self.moment.full_hours_before();
        (self.peak * hours) as u64 + u64::from(self.daily_yield())
    }

    /// The years before the simulation began, as hours at full power.
    fn history(&self) -> f64 {
        900.0 + 8000.0 * share(self.seed, 7)
    }
}

/// A property of the inverter with this seed, 0..=1.
fn share(seed: u32, property: u32) -> f64 {
    f64::from(scatter(seed, property)) / f64::from(u32::MAX)
}

/// The type codes of the table.
#[cfg(test)]
pub(super) fn codes() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().map(|family| family.type_code)
}
