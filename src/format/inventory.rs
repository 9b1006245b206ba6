//! The inverters that a scan found: a table for people, objects for programs.

use super::{json, table};
use crate::address::Address;
use crate::escape;
use crate::kaco::scan::Found;
use serde_json::Value;

/// One line an inverter.
pub fn table(found: &[Found]) -> String {
    let mut table = table::new_table();
    table.set_header([
        "address",
        "protocol",
        "layout",
        "type",
        "model",
        "firmware",
        "serial number",
        "reply",
    ]);
    for Found {
        address,
        reading,
        first_byte,
        ..
    } in found
    {
        table.add_row([
            address.to_string(),
            "kaco".to_owned(),
            reading.cells.layout.name.to_owned(),
            reading.type_code.clone().unwrap_or_default(),
            reading.model.as_deref().unwrap_or_default().to_owned(),
            reading.facts.firmware.clone().unwrap_or_default(),
            reading.facts.serial.clone().unwrap_or_default(),
            format!("{} ms", first_byte.as_millis()),
        ]);
    }
    format!("{table}\n")
}

/// The object of one inverter: that of its reading, then what only a search tells.
pub fn object(found: &Found) -> Value {
    let mut object = json::reading(&found.reading);
    if let Value::Object(object) = &mut object {
        object.insert(
            "firmware".into(),
            found.reading.facts.firmware.clone().into(),
        );
        object.insert("serial".into(), found.reading.facts.serial.clone().into());
        let milliseconds = u64::try_from(found.first_byte.as_millis()).unwrap_or(u64::MAX);
        object.insert("first_byte_ms".into(), milliseconds.into());
        object.insert("shared_address".into(), found.is_shared.into());
    }
    object
}

/// The bus as a plant file has it, to paste: a comment says what each inverter is.
pub fn toml(device: &str, found: &[Found]) -> String {
    let mut text =
        "[[bus]]\n# name = \"roof\" # needed as soon as there are two buses\n".to_owned();
    // Every JSON string is a TOML string.
    text += &format!("device = {}\n", Value::from(device));
    text += &format!("addresses = \"{}\"\n", addresses(found));
    for Found {
        address, reading, ..
    } in found
    {
        let kind = reading.type_code.as_deref().unwrap_or("type unknown");
        let model = reading.model.as_deref();
        let model = model.map(|model| format!(", {model}")).unwrap_or_default();
        let kind = escape::printable(kind.as_bytes());
        text += &format!("# {address}: {kind}{model}\n");
    }
    text
}

/// Addresses as they are typed: `2-4,7`.
pub fn addresses(found: &[Found]) -> String {
    let mut ranges: Vec<(Address, Address)> = Vec::new();
    for Found { address, .. } in found {
        match ranges.last_mut() {
            Some((_, last)) if last.number() + 1 == address.number() => *last = *address,
            _ => ranges.push((*address, *address)),
        }
    }
    let text = |(first, last): &(Address, Address)| match (first.number(), last.number()) {
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first}-{last}"),
    };
    ranges.iter().map(text).collect::<Vec<_>>().join(",")
}
