//! A simulated KSTAR inverter with battery and meter: the bytes of a datagram in, those of its answer out.
//!
//! Nothing here opens a socket or looks at a clock, and nothing is random: the same request at the same time of day gets
//! the same answer.

mod flows;
mod payload;

use super::day::Calendar;
use crate::kstar::wire::{DISCOVERY, Frame, Request};
use chrono::NaiveTime;
use std::net::Ipv4Addr;

/// A simulated inverter behind a WiFi module.
#[derive(Debug)]
pub struct Inverter {
    /// Where it answers; it makes its serial number, too.
    address: Ipv4Addr,
    calendar: Calendar,
}

impl Inverter {
    /// An inverter that answers at this address; at each it is another one.
    pub const fn new(address: Ipv4Addr) -> Self {
        Self {
            address,
            calendar: Calendar::new(),
        }
    }

    /// What the WiFi module answers to a datagram on its own port; `address` is the one that whoever asks knows it by.
    pub fn module_answer(&self, datagram: &[u8], address: Ipv4Addr) -> Option<Vec<u8>> {
        let [_, first, second, third] = self.address.octets();
        let answer =
            format!("{address},ACCF23{first:02X}{second:02X}{third:02X},EzManage_{third:02}");
        (datagram == DISCOVERY).then(|| answer.into_bytes())
    }

    /// What the inverter answers to a request at this time of day; nothing to anything else.
    pub fn answer(&mut self, datagram: &[u8], time_of_day: NaiveTime) -> Option<Vec<u8>> {
        let moment = self.calendar.moment(time_of_day);
        Some(match Request::from_bytes(datagram)? {
            Request::Readings => Frame::Readings(&payload::readings(&flows::at(moment))).bytes(),
            Request::Identity => Frame::Identity(&self.identity()).bytes(),
        })
    }

    /// Firmware, model, bytes of unknown meaning, serial number.
    fn identity(&self) -> Vec<u8> {
        let [one, two, three, four] = self.address.octets();
        let serial = format!("SIM{one:03}{two:03}{three:03}{four:03}");
        format!("1.00 {:<10}{:<16}{serial:<16}", "KSE4000", "").into_bytes()
    }
}
