//! What goes to a broker: messages, and the name that an inverter has in topics.

use crate::output::naming;
use crate::reading::Sender;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where it goes.
    pub topic: String,
    /// What it says.
    pub payload: String,
    /// Whether the broker keeps it for those who come later.
    pub is_retained: bool,
}

/// Who an inverter is on a broker: `kaco` and `02`. The same inverter has the same name in every run.
///
/// KACO inverters are told apart by their address alone: two buses that share a broker must not share addresses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// `kaco` or `kstar`.
    pub protocol: &'static str,
    /// Two-digit address; serial number or IP address. Letters, digits, `_` and `-`, nothing else.
    pub id: String,
}

impl Name {
    /// The name of whoever sent a reading; `None` if nothing is known that would tell it from others.
    pub fn of(sender: &Sender) -> Option<Self> {
        let (_, id) = naming::identity(sender)?;
        let id = match sender {
            Sender::Kaco { .. } => format!("{id:0>2}"),
            Sender::Kstar { .. } => reduced(&id),
        };
        let protocol = naming::protocol(sender);
        Some(Self { protocol, id })
    }

    /// `kaco_02`: one word, for whatever has no levels.
    pub fn word(&self) -> String {
        format!("{}_{}", self.protocol, self.id)
    }

    /// `kaco/02/state`
    pub fn state_topic(&self) -> String {
        format!("{}/{}/state", self.protocol, self.id)
    }
}

/// What topics and Home Assistant take: letters, digits, `_` and `-`; `_` for everything else. Not left out: 192.168.1.50
/// and 192.168.15.0 are two inverters.
pub(super) fn reduced(text: &str) -> String {
    let fit = |character: char| match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' => character,
        _ => '_',
    };
    text.chars().map(fit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_fit_for_topics() {
        let kstar = |serial: Option<&str>, ip: Option<&str>| {
            Name::of(&Sender::Kstar {
                serial: serial.map(str::to_owned),
                ip: ip.and_then(|ip| ip.parse().ok()),
            })
            .map(|name| name.word())
        };
        let some = |word: &str| Some(word.to_owned());
        assert_eq!(
            Name::of(&Sender::Kaco { address: Some(2) }).map(|name| name.state_topic()),
            some("kaco/02/state")
        );
        assert_eq!(Name::of(&Sender::Kaco { address: None }), None);
        assert_eq!(
            kstar(Some("E4000K-12"), Some("10.0.0.1")),
            some("kstar_E4000K-12")
        );
        assert_eq!(kstar(Some("#/+ ä"), None), some("kstar______"));
        assert_eq!(
            kstar(None, Some("192.168.1.50")),
            some("kstar_192_168_1_50")
        );
        assert_eq!(kstar(None, Some("fe80::1")), some("kstar_fe80__1"));
        assert_eq!(kstar(None, None), None);
    }
}
