//! Every spelling of an inverter: folder, topic, label, tag, name in a message.

use super::{InverterId, Mark};

impl InverterId {
    /// `02`, a serial number or an IP address, with `roof/` in front on a named bus; empty if
    /// nothing is known.
    pub fn label(&self) -> String {
        self.on_bus(&self.short(), "/")
    }

    /// The label, with the name behind it where the inverter has one: for tables and pages.
    pub(crate) fn shown(&self) -> String {
        match &self.name {
            Some(name) => format!("{} {name}", self.label()),
            None => self.label(),
        }
    }

    /// The label without the bus.
    pub(crate) fn short(&self) -> String {
        match &self.mark {
            Mark::Address(address) => address
                .map(|address| format!("{address:02}"))
                .unwrap_or_default(),
            Mark::Network {
                serial: Some(serial),
                ..
            } => serial.clone(),
            Mark::Network { ip, .. } => ip.map(|ip| ip.to_string()).unwrap_or_default(),
        }
    }

    /// Where it is polled: a label that stays the same when its serial number becomes known.
    pub(crate) fn place(&self) -> String {
        match self.ip() {
            Some(ip) => ip.to_string(),
            None => self.label(),
        }
    }

    /// `address 02`, `roof: address 02` or `inverter E4000K`: the start of a message.
    pub(crate) fn subject(&self) -> String {
        let subject = format!("{} {}", self.family.noun, self.short());
        self.on_bus(&subject, ": ")
    }

    /// The folder of its logs, `02` or `roof/02`; `None` if that depends on what is there already,
    /// because the inverter names itself.
    pub(crate) fn folder(&self) -> Option<String> {
        matches!(self.mark, Mark::Address(Some(_))).then(|| self.label())
    }

    /// The one key that identifies it on its bus, as in databases: `address`, `serial` or `ip`.
    /// `None` for captured replies without any.
    pub(crate) fn key(&self) -> Option<(&'static str, String)> {
        match &self.mark {
            Mark::Address(address) => address.map(|address| ("address", address.to_string())),
            Mark::Network {
                serial: Some(serial),
                ..
            } => Some(("serial", serial.clone())),
            Mark::Network { ip, .. } => ip.map(|ip| ("ip", ip.to_string())),
        }
    }

    /// `kaco_02`, `kaco_roof_02` or `sim_kaco_02`: one word of letters, digits, `_` and `-`, for
    /// discovery topics and unique ids. `None` if nothing is known that identifies it.
    pub(crate) fn node(&self) -> Option<String> {
        let simulated = if self.is_simulated { "sim_" } else { "" };
        let protocol = self.family.protocol;
        Some(format!("{simulated}{protocol}_{}", self.topic_level()?))
    }

    /// `kaco/02/state`, `kaco/roof_02/state` or `sim/kaco/02/state`.
    pub(crate) fn state_topic(&self) -> Option<String> {
        let simulated = if self.is_simulated { "sim/" } else { "" };
        let protocol = self.family.protocol;
        Some(format!(
            "{simulated}{protocol}/{}/state",
            self.topic_level()?
        ))
    }

    fn topic_level(&self) -> Option<String> {
        // Without a key it would share its topic with every other such inverter.
        self.key()?;
        Some(self.on_bus(&reduced(&self.short()), "_"))
    }

    /// `text`, with the bus in front where buses are named.
    pub(crate) fn on_bus(&self, text: &str, between: &str) -> String {
        match &self.bus {
            Some(bus) => format!("{bus}{between}{text}"),
            None => text.to_owned(),
        }
    }
}

/// What topics and Home Assistant take: letters, digits, `_` and `-`; `_` for everything else.
/// Nothing is left out: 192.168.1.50 and 192.168.15.0 are two inverters.
pub(crate) fn reduced(text: &str) -> String {
    let fit = |character: char| match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' => character,
        _ => '_',
    };
    text.chars().map(fit).collect()
}

/// A number that stands for a text, the same in every version and on every machine: FNV-1a.
pub(crate) fn fingerprint(text: &str) -> u64 {
    // Brokers and SunSpec clients know ids made of it; hashes of the standard library may change.
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kstar(serial: Option<&str>, ip: Option<&str>) -> InverterId {
        let ip = ip.and_then(|ip| ip.parse().ok());
        InverterId::kstar(serial.map(str::to_owned), ip)
    }

    #[test]
    fn each_inverter_has_one_key() {
        let key = |id: &InverterId| id.key().map(|(key, value)| format!("{key}={value}"));
        let ip = Some("127.0.0.1");
        for (id, due) in [
            (InverterId::kaco(Some(4)), Some("address=4")),
            (InverterId::kaco(None), None),
            (kstar(Some("E4000K"), ip), Some("serial=E4000K")),
            (kstar(None, ip), Some("ip=127.0.0.1")),
        ] {
            assert_eq!(key(&id).as_deref(), due);
        }
    }

    #[test]
    fn topics_hold_letters_digits_and_underscores() {
        let node = |id: InverterId| id.node().unwrap_or_default();
        assert_eq!(
            InverterId::kaco(Some(2)).state_topic().as_deref(),
            Some("kaco/02/state")
        );
        assert_eq!(InverterId::kaco(None).state_topic(), None);
        for (id, due) in [
            (
                kstar(Some("E4000K-12"), Some("10.0.0.1")),
                "kstar_E4000K-12",
            ),
            (kstar(Some("#/+ ä"), None), "kstar______"),
            (kstar(None, Some("192.168.1.50")), "kstar_192_168_1_50"),
            (kstar(None, Some("fe80::1")), "kstar_fe80__1"),
            (kstar(None, None), ""),
        ] {
            assert_eq!(node(id), due);
        }
    }

    #[test]
    fn a_named_bus_is_part_of_every_spelling() {
        let id = InverterId::kaco(Some(2)).on("roof".parse().ok());
        assert_eq!(id.label(), "roof/02");
        assert_eq!(id.folder().as_deref(), Some("roof/02"));
        assert_eq!(id.subject(), "roof: address 02");
        assert_eq!(id.node().as_deref(), Some("kaco_roof_02"));
        assert_eq!(id.state_topic().as_deref(), Some("kaco/roof_02/state"));
        assert_ne!(id, InverterId::kaco(Some(2)));
    }

    #[test]
    fn a_name_is_shown_and_never_identity() {
        let id = InverterId::kaco(Some(2));
        assert_eq!(id, id.clone().named(Some("south left".to_owned())));
        let named = id.clone().named(Some("south left".to_owned()));
        assert_eq!(
            (named.shown().as_str(), named.label().as_str()),
            ("02 south left", "02")
        );
        assert_ne!(id, id.clone().simulated(true));
        let simulated = id.simulated(true);
        assert_eq!(simulated.node().as_deref(), Some("sim_kaco_02"));
        assert_eq!(
            simulated.state_topic().as_deref(),
            Some("sim/kaco/02/state")
        );
    }
}
