//! Simulated KACO inverters: the bytes of a request in, what then appears on the bus out.

mod family;
mod frames;
mod noise;

use super::bus::Play;
use super::sun::Moment;
use crate::address::Address;
use chrono::NaiveDateTime;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// How the simulated bus behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mood {
    /// Every request gets its reply, and every inverter feeds in, at any hour.
    Day,
    /// Every inverter is silent.
    Night,
    /// Some replies are damaged, late, or surrounded by bytes that belong to none.
    Noisy,
    /// As by day, but one inverter reports a fault: the one at address 2, or the first of those
    /// given.
    Fault,
}

impl Mood {
    const NAMES: [(&str, Self); 5] = [
        ("", Self::Day),
        ("day", Self::Day),
        ("night", Self::Night),
        ("noisy", Self::Noisy),
        ("fault", Self::Fault),
    ];

    /// What follows `sim:` in a device: nothing or `day`, `night`, `noisy`, `fault`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let mut names = Self::NAMES.into_iter();
        names.find_map(|(known, mood)| (known == name).then_some(mood))
    }
}

/// As in a device: nothing by day.
impl fmt::Display for Mood {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = Self::NAMES.into_iter();
        let name = names.find_map(|(name, mood)| (mood == *self).then_some(name));
        formatter.write_str(name.unwrap_or_default())
    }
}

/// The inverters of one simulated bus.
#[derive(Debug)]
pub struct Inverters {
    mood: Mood,
    addresses: Option<Vec<Address>>,
    /// Number of earlier requests, per address and command.
    asked: BTreeMap<(Address, u8), u32>,
}

impl Inverters {
    /// Inverters with these addresses; `None` for every address, 1..=99.
    pub const fn new(mood: Mood, addresses: Option<Vec<Address>>) -> Self {
        Self {
            mood,
            addresses,
            asked: BTreeMap::new(),
        }
    }

    /// Takes received bytes, up to the CR of a request, and the local time; returns what then
    /// appears on the bus. Bytes that do not end with a request get nothing.
    pub fn answer(&mut self, bytes: &[u8], time: NaiveDateTime) -> Vec<Play> {
        // A client that was killed may have left the beginning of another request.
        let start = bytes.iter().rposition(|byte| *byte == b'#');
        let request = bytes.get(start.unwrap_or_default()..).unwrap_or_default();
        let Some((address, command)) = parse(request).filter(|(address, _)| self.has(*address))
        else {
            return Vec::new();
        };
        let is_faulty = self.mood == Mood::Fault && address.number() == self.faulty();
        let Some(reply) = family::reply(address, command, Moment::new(time), is_faulty) else {
            return Vec::new();
        };
        let asked = self.asked.entry((address, command)).or_default();
        let count = *asked;
        *asked = count.wrapping_add(1);
        let delay = reply_time(address, count);
        match self.mood {
            Mood::Day | Mood::Fault => vec![Play::Wait(delay), Play::Send(reply)],
            Mood::Night => Vec::new(),
            // Addresses begin at different turns, so that one run shows several.
            Mood::Noisy => {
                let turn = u32::from(address.number()).wrapping_add(count);
                noise::on(turn, reply, request, delay)
            }
        }
    }

    fn has(&self, address: Address) -> bool {
        let addresses = self.addresses.as_ref();
        addresses.is_none_or(|addresses| addresses.contains(&address))
    }

    /// The address of the inverter with a fault.
    fn faulty(&self) -> u8 {
        let first = self.addresses.as_ref().and_then(|all| all.first());
        first.map_or(2, |address| address.number())
    }
}

/// Address and command of `#AAc` and CR.
fn parse(request: &[u8]) -> Option<(Address, u8)> {
    let &[b'#', tens @ b'0'..=b'9', ones @ b'0'..=b'9', command, b'\r'] = request else {
        return None;
    };
    let number = (tens - b'0') * 10 + (ones - b'0');
    Some((Address::new(number)?, command))
}

/// 40 to 430 ms, as measured on a site with xi units.
fn reply_time(address: Address, count: u32) -> Duration {
    let seed = scatter(address.number().into(), count);
    Duration::from_millis(40 + u64::from(seed % 391))
}

/// A number that looks random and is always the same for the same two.
fn scatter(one: u32, other: u32) -> u32 {
    let mixed = one
        .wrapping_mul(0x9E37_79B1)
        .wrapping_add(other.wrapping_mul(0x85EB_CA77))
        .wrapping_add(0xC2B2_AE3D);
    let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x2C1B_3C6D);
    let mixed = (mixed ^ (mixed >> 12)).wrapping_mul(0x297A_2D39);
    mixed ^ (mixed >> 15)
}

#[cfg(test)]
mod tests;
