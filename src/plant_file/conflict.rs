//! Values that conflict with each other: names, devices, SunSpec units, ports.

use super::mistake::Notes;
use super::section::At;
use super::{BusSection, KstarSection};
use crate::link::Device;
use crate::sink::sunspec::{LAST, PLANT, pairs};
use std::collections::BTreeMap;
use std::net::SocketAddr;

pub(super) fn check(
    buses: &[At<BusSection>],
    kstars: &[At<KstarSection>],
    has_units: bool,
    notes: &mut Notes<'_>,
) {
    let mut units = BTreeMap::new();
    check_buses(buses, has_units, &mut units, notes);
    check_kstars(kstars, notes);
    if has_units {
        check_pairs(kstars, &units, notes);
    }
}

fn check_buses(
    buses: &[At<BusSection>],
    has_units: bool,
    units: &mut BTreeMap<u32, usize>,
    notes: &mut Notes<'_>,
) {
    let mut names = BTreeMap::new();
    let mut devices = BTreeMap::new();
    for At { value: bus, line } in buses {
        match &bus.name {
            Some(name) => note_twice(&mut names, name, *line, notes, |first| {
                format!(
                    "key 'name': a bus is called '{name}' in line {first} too; \
                     give this one another name"
                )
            }),
            None if buses.len() > 1 => notes.add(
                *line,
                "key 'name' is missing: with two buses each needs one; write for example \
                name = \"roof\"",
            ),
            None => {}
        }
        let device = &bus.device;
        // Each simulated bus is one of its own.
        if !matches!(device, Device::Simulated(_)) {
            note_twice(&mut devices, device.identity(), *line, notes, |first| {
                format!(
                    "key 'device': {device} is the bus of line {first} too; \
                     write all of its addresses there"
                )
            });
        }
        note_units(bus, *line, has_units, units, notes);
    }
}

fn check_kstars(kstars: &[At<KstarSection>], notes: &mut Notes<'_>) {
    let mut names = BTreeMap::new();
    let mut ips = BTreeMap::new();
    for At { value, line } in kstars {
        if let Some(name) = &value.name {
            note_twice(&mut names, name, *line, notes, |first| {
                format!(
                    "key 'name': the inverter of line {first} is called '{name}' too; \
                     give this one another name"
                )
            });
        }
        let ip = value.ip;
        note_twice(&mut ips, ip, *line, notes, |first| {
            format!("key 'ip': {ip} is the inverter of line {first} too; remove one")
        });
    }
}

/// Notes inverters for which SunSpec has no unit left; `units` are those of the buses.
fn check_pairs(kstars: &[At<KstarSection>], units: &BTreeMap<u32, usize>, notes: &mut Notes<'_>) {
    let is_free = |unit: &u8| !units.contains_key(&u32::from(*unit));
    let free = pairs().filter(|(unit, meter)| is_free(unit) && is_free(meter));
    for At { value, line } in kstars.iter().skip(free.count()) {
        let ip = value.ip;
        let text = format!(
            "no SunSpec unit is left for {ip}: each [[kstar]] needs two of 201 to {LAST}; \
             describe it in another file"
        );
        notes.add(*line, text);
    }
}

/// Notes what is in an earlier line too; `text` gets the number of that line.
fn note_twice<T: Ord>(
    seen: &mut BTreeMap<T, usize>,
    this: T,
    line: usize,
    notes: &mut Notes<'_>,
    text: impl FnOnce(usize) -> String,
) {
    if let Some(first) = seen.insert(this, line) {
        notes.add(line, text(first));
    }
}

/// Notes that SunSpec and pages can't be served at one port.
pub(super) fn check_ports(
    sunspec: Option<SocketAddr>,
    http: Option<&At<SocketAddr>>,
    notes: &mut Notes<'_>,
) {
    let Some((sunspec, At { value: http, line })) = sunspec.zip(http) else {
        return;
    };
    // 0.0.0.0 takes the port of every address; port 0 is any that is free.
    let is_any = http.ip().is_unspecified() || sunspec.ip().is_unspecified();
    let is_taken = is_any || http.ip() == sunspec.ip();
    if is_taken && http.port() == sunspec.port() && http.port() != 0 {
        let text = format!("key 'http': {http} is the port of 'sunspec' too; choose another port");
        notes.add(*line, text);
    }
}

/// Notes units that two inverters would have, or that do not exist.
fn note_units(
    bus: &BusSection,
    line: usize,
    has_units: bool,
    units: &mut BTreeMap<u32, usize>,
    notes: &mut Notes<'_>,
) {
    // Without SunSpec, units that collide do no harm; an offset that was written is checked all the
    // same.
    if !has_units && bus.sunspec_offset == 0 {
        return;
    }
    for address in bus.addresses.as_slice() {
        let unit = u32::from(address.number()) + u32::from(bus.sunspec_offset);
        let wrong = if unit > u32::from(LAST) {
            format!("is too large: units end at {LAST}")
        } else if unit == u32::from(PLANT) {
            continue; // it has none of its own: see `sink::sunspec::units`
        } else if let Some(first) = units.insert(unit, line) {
            format!("is taken by the bus of line {first}")
        } else {
            continue;
        };
        notes.add(
            line,
            format!(
                "key 'sunspec-offset': SunSpec unit {unit} of address {address} {wrong}; \
                 choose another offset"
            ),
        );
        return; // one mistake per bus: its further units have the same offset
    }
}
