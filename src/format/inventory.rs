//! The inverters that a scan found: a table for people, objects for programs.

use super::grid::{Grid, GridColumn};
use super::json;
use super::look::Medium;
use crate::address::Addresses;
use crate::escape;
use crate::inverter::BusName;
use crate::kaco::scan::Found;
use serde_json::Value;

/// One row per inverter; protocol, layout and firmware are dropped first.
pub fn table(found: &[Found], medium: Medium) -> String {
    let mut grid = Grid::new(vec![
        GridColumn::text("address").place(0),
        GridColumn::text("protocol").rank(5),
        GridColumn::text("layout").rank(4),
        GridColumn::text("type").rank(1).place(2),
        GridColumn::text("model").place(1),
        GridColumn::text("firmware").rank(3),
        GridColumn::text("serial number").place(1),
        GridColumn::text("reply").rank(2).place(2),
    ]);
    for Found {
        address,
        reading,
        first_byte,
        ..
    } in found
    {
        grid.add([
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
    grid.draw(medium)
}

/// The object of one inverter: that of its reading, then what only a scan finds.
pub(crate) fn object(found: &Found) -> Value {
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

/// The bus as a plant file has it, to paste: a comment describes each inverter.
pub(crate) fn toml(name: Option<&BusName>, device: &str, found: &[Found]) -> String {
    let mut text = match name {
        Some(name) => format!("[[bus]]\nname = \"{name}\"\n"),
        None => "[[bus]]\n# name = \"roof\" # needed as soon as there are two buses\n".to_owned(),
    };
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
        // From the wire: a line end in it would end the comment.
        let kind = escape::printable(kind.as_bytes());
        text += &format!("# {address}: {kind}{model}\n");
    }
    text
}

/// Addresses as they are typed: `2-4,7`.
pub(crate) fn addresses(found: &[Found]) -> String {
    let addresses: Addresses = found.iter().map(|found| found.address).collect();
    addresses.to_string()
}
