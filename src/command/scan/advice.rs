//! The advice of `scan` if it found nothing, by what it received instead.

use crate::escape;
use crate::kaco::overheard::Strays;
use std::collections::BTreeSet;
use std::fmt::Display;

/// The advice if nothing replied; the likeliest first.
const SILENT: &str = "\
no inverter answered, and the bus was silent. Likeliest first:
  1. A and B (D+ and D-) are swapped: makers do not agree on the names. Swap them, it does no harm.
  2. It is night: without sun an inverter answers nothing at all. Try by day.
  3. Another master (a data logger, a second Pi) polls on the same wires: disconnect it.
  4. Wiring: a wire is loose or open, ground is not connected, or the port is RS232 and not RS485.
  5. Termination: 120 ohm at both ends of the line, and nowhere else.
  6. The address: look it up in the inverter's menu; 0 is none. `scan DEVICE 1-99` tries all.
  7. The speed: inverters with a choice must be set to 9600 baud, and RS485 must be switched on.
Whether anything passes on the bus shows `kaco_ardexa listen DEVICE`.";

/// The advice if there were bytes, but no reply.
const NOT_UNDERSTOOD: &str = "\
Likeliest first:
  1. The speed: inverters with a choice must be set to 9600 baud, 8N1.
  2. Two masters: another data logger polls on the same wires, and replies collide.
  3. Noise: no ground wire, no or too many terminations (120 ohm at both ends only), a cable \
  beside power lines.
  4. Echo only: the adapter receives its own requests, and the inverters do not; A and B may be \
  swapped.
  5. Another kind of inverter, or one that is set to another protocol (Modbus, SunSpec).
A recording (`--record FILE`) holds every byte: send it along when you ask for help.";

/// The advice if only another master was found.
const OTHER_MASTER: &str = "\
no inverter answered this program: another master polls on the same wires. Stop or
disconnect it, then scan again. `kaco_ardexa listen DEVICE` shows what it polls.";

/// The advice if the bus is used for Modbus.
const MODBUS: &str = "\
no inverter answered: the bus carries another protocol, Modbus RTU, with UNITS.
  1. Another master (a data logger, an energy manager) polls there: disconnect it.
  2. If UNITS is your inverter, it is set to Modbus or SunSpec: choose the
     protocol KACO in its menu. This program does not speak Modbus.
`kaco_ardexa listen DEVICE` shows what passes.";

/// The advice if no inverter was found. `is_garbled`: a reply was refused.
pub(super) fn nothing_found(strays: &Strays, is_garbled: bool) -> String {
    if !strays.modbus.is_empty() {
        return MODBUS.replace("UNITS", &units(&strays.modbus));
    }
    if strays.noise > 0 {
        return format!("{}\n{NOT_UNDERSTOOD}", heard(strays));
    }
    if is_garbled {
        return format!("bytes came, but no reply could be made out. {NOT_UNDERSTOOD}");
    }
    if !strays.polled_by_others.is_empty() {
        return OTHER_MASTER.to_owned();
    }
    match strays.has_echo {
        true => SILENT.replace(
            "the bus was silent",
            "all that came is the echo of the adapter",
        ),
        false => SILENT.to_owned(),
    }
}

/// Warnings about others that use the bus.
pub(super) fn others(strays: &Strays) -> Vec<String> {
    let mut warnings = Vec::new();
    if !strays.polled_by_others.is_empty() {
        warnings.push(format!(
            "another master polls on this bus (address {}); two masters garble each other, only \
            one can stay",
            list(&strays.polled_by_others)
        ));
    }
    if !strays.modbus.is_empty() {
        warnings.push(format!(
            "Modbus RTU passes on this bus ({}): another master polls there, disconnect it",
            units(&strays.modbus)
        ));
    }
    warnings
}

/// How many bytes came, and what they look like.
fn heard(strays: &Strays) -> String {
    let count = match strays.noise {
        1 => "1 byte".to_owned(),
        noise => format!("{noise} bytes"),
    };
    let shown = escape::printable(&strays.shown);
    let rest = if strays.noise > strays.shown.len() {
        "…"
    } else {
        ""
    };
    let is_text = |byte: &&u8| (b' '..=b'~').contains(*byte) || byte.is_ascii_whitespace();
    let text = strays.shown.iter().filter(is_text).count();
    let look = match text * 5 >= strays.shown.len() * 4 {
        true => "They look like text, as of a damaged reply or another program.",
        false => "They do not look like text: another speed, another protocol, or noise.",
    };
    format!(
        "no inverter answered, but {count} came that belong to no reply:\n  {shown}{rest}\n{look}"
    )
}

fn units(units: &BTreeSet<u8>) -> String {
    let word = if units.len() == 1 { "unit" } else { "units" };
    format!("{word} {}", list(units))
}

fn list(items: &BTreeSet<impl Display>) -> String {
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    items.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(shown: &[u8]) -> Strays {
        Strays {
            noise: shown.len(),
            shown: shown.to_vec(),
            ..Strays::default()
        }
    }

    #[test]
    fn bytes_are_counted_and_shown() {
        let advice = nothing_found(&noise(b"\xf8\x80\x1b\xfe\x86"), false);
        assert!(advice.starts_with("no inverter answered, but 5 bytes came"));
        assert!(advice.contains("\n  \\xf8\\x80\\x1b\\xfe\\x86\nThey do not look like text"));
        assert!(!advice.contains("silent"), "{advice}");
        let advice = nothing_found(&noise(b"\n*02 398.5\xff"), true);
        assert!(advice.contains("\nThey look like text"), "{advice}");
    }

    #[test]
    fn modbus_is_named_with_its_units() {
        let mut strays = noise(b"\x01");
        strays.modbus = BTreeSet::from([3, 17]);
        let advice = nothing_found(&strays, false);
        assert!(advice.contains("Modbus RTU, with units 3, 17."), "{advice}");
        assert!(advice.contains("protocol KACO"), "{advice}");
        assert_eq!(others(&strays).len(), 1);
    }

    #[test]
    fn echo_and_silence_are_distinguished() {
        let mut strays = Strays::default();
        assert!(nothing_found(&strays, false).contains("and the bus was silent"));
        strays.has_echo = true;
        let advice = nothing_found(&strays, false);
        assert!(advice.contains("the echo of the adapter") && !advice.contains("silent."));
        assert!(nothing_found(&strays, true).starts_with("bytes came, but no reply"));
    }
}
