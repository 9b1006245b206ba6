//! What a person reads when no inverter answers: who was asked, and what to look at.

use super::super::Failure;
use super::targets::Targets;
use std::net::Ipv4Addr;

/// Everything that is usually wrong, the likeliest first.
pub(super) fn nobody_answered(targets: &Targets) -> Failure {
    let message = format!("no KSTAR inverter answered; {}", asked(targets));
    Failure::new(message, Some(&checklist(targets)))
}

/// Somebody answered, but nobody with readings.
pub(super) fn nobody_read(inverters: &[Ipv4Addr]) -> Failure {
    let message = format!(
        "{} did not send readings that can be understood",
        listed(inverters)
    );
    let hint = "is it a KSTAR inverter, and its WiFi dongle an old one? Newer dongles speak Solarman V5 or Modbus; \
        `-vv` shows what came";
    Failure::new(message, Some(hint))
}

fn asked(targets: &Targets) -> String {
    let mut asked = Vec::new();
    if !targets.known.is_empty() {
        asked.push(format!("asked {}", listed(&targets.known)));
    }
    if !targets.searched.is_empty() {
        asked.push(format!("searched {}", listed(&targets.searched)));
    }
    asked.join(", ")
}

fn checklist(targets: &Targets) -> String {
    let mut lines = vec!["check:".to_owned()];
    if let Some(ip) = targets.known.first() {
        lines.push(format!(
            "- is the inverter's WiFi dongle on, and in reach of this machine? `ping {ip}`"
        ));
        lines.push(
            "- is that still its address? The router shows it, and can make it a fixed one"
                .to_owned(),
        );
    }
    if !targets.searched.is_empty() {
        lines.push(
            "- is the inverter's WiFi dongle on, and in the same network as this machine?"
                .to_owned(),
        );
        lines.push(
            "- does broadcast get there? Not from a container, a VPN or another subnet: give the address by --ip, or \
             another broadcast address by --broadcast"
                .to_owned(),
        );
    }
    lines.push("- does a firewall drop UDP from port 8899 or 48899?".to_owned());
    lines.push(
        "- does the dongle speak this protocol? Newer ones speak Solarman V5 or Modbus and stay silent here".to_owned(),
    );
    lines.join("\n  ")
}

fn listed(addresses: &[Ipv4Addr]) -> String {
    let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    texts.join(", ")
}
