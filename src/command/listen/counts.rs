//! What `listen` received, counted per address.

use crate::kaco::wire::{Traffic, find_modbus};
use std::collections::{BTreeMap, BTreeSet};

/// What was received until now.
#[derive(Default)]
pub(super) struct TrafficCounts {
    /// Requests and replies of each address.
    addresses: BTreeMap<u8, [usize; 2]>,
    refused: usize,
    noise: usize,
    modbus: BTreeSet<u8>,
}

impl TrafficCounts {
    /// True if nothing was received.
    pub(super) fn is_empty(&self) -> bool {
        self.addresses.is_empty() && self.modbus.is_empty() && self.refused + self.noise == 0
    }

    /// True if another master was found, of this protocol or of Modbus.
    pub(super) fn has_master(&self) -> bool {
        let has_request = |[requests, _]: &[usize; 2]| *requests > 0;
        !self.modbus.is_empty() || self.addresses.values().any(has_request)
    }

    /// Counts something that was received.
    pub(super) fn note(&mut self, traffic: &Traffic, bytes: &[u8]) {
        match traffic {
            Traffic::Request { address, .. } => self.add(address.parse().ok(), 0),
            Traffic::Reply(frame) => self.add(frame.address, 1),
            Traffic::Refused(_) | Traffic::Noise => match find_modbus(bytes) {
                Some(frame) => {
                    self.modbus.insert(frame.unit);
                }
                None if matches!(traffic, Traffic::Refused(_)) => self.refused += 1,
                // A NUL is the line turning around.
                None => self.noise += bytes.iter().filter(|byte| **byte != 0).count(),
            },
        }
    }

    fn add(&mut self, address: Option<u8>, which: usize) {
        let counts = self.addresses.entry(address.unwrap_or(0)).or_default();
        if let Some(count) = counts.get_mut(which) {
            *count += 1;
        }
    }

    /// A line per address, then everything else.
    pub(super) fn summary(&self) -> String {
        if self.is_empty() {
            return "nothing was received".to_owned();
        }
        let mut lines = Vec::new();
        if !self.addresses.is_empty() {
            lines.push("address  requests  replies".to_owned());
        }
        for (address, [requests, replies]) in &self.addresses {
            let name = match address {
                0 => "none".to_owned(), // counters of xi units
                address => format!("{address:02}"),
            };
            lines.push(format!("{name:>7}  {requests:>8}  {replies:>7}"));
        }
        let requests: usize = self.addresses.values().map(|[requests, _]| requests).sum();
        let replies: usize = self.addresses.values().map(|[_, replies]| replies).sum();
        if requests > 0 {
            lines.push(format!(
                "requests of another master: {requests}, replies: {replies}"
            ));
        } else if replies > 0 {
            lines.push(format!("no requests, replies: {replies}"));
        }
        if !self.modbus.is_empty() {
            let units: Vec<String> = self.modbus.iter().map(ToString::to_string).collect();
            lines.push(format!("Modbus RTU, unit {}", units.join(", ")));
        }
        if self.refused > 0 {
            lines.push(format!("damaged replies: {}", self.refused));
        }
        if self.noise > 0 {
            lines.push(format!("bytes that belong to no frame: {}", self.noise));
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kaco::wire::Monitor;
    use bytes::BytesMut;
    use tokio_util::codec::Decoder;

    fn summary(heard: &[u8]) -> String {
        let mut counts = TrafficCounts::default();
        let mut buffer = BytesMut::from(heard);
        while let Ok(Some((traffic, bytes))) = Monitor.decode_eof(&mut buffer) {
            counts.note(&traffic, &bytes);
        }
        counts.summary()
    }

    #[test]
    fn requests_and_replies_are_counted_per_address() {
        let heard = b"#120\r\n*124\r#030\r#120\r\n*124\r\0\xf8\xf9";
        let due = "\
address  requests  replies
     03         1        0
     12         2        2
requests of another master: 3, replies: 2
bytes that belong to no frame: 2";
        assert_eq!(summary(heard), due);
    }

    #[test]
    fn other_traffic_is_distinguished() {
        let modbus = b"\x11\x03\x00\x6b\x00\x03\x76\x87";
        assert_eq!(summary(modbus), "Modbus RTU, unit 17");
        assert_eq!(summary(b""), "nothing was received");
        let reply =
            "address  requests  replies\n     12         0        1\nno requests, replies: 1";
        assert_eq!(summary(b"\n*124\r"), reply);
    }
}
