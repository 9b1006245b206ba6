//! Every capture, through the program: `NAME.json` beside `NAME.hex` is what `decode --format json`
//! says of it. `UPDATE=1` writes the expectations anew.

use crate::support::captures;
use crate::support::program::{run, text};
use kaco_ardexa::kaco::layouts;
use kaco_ardexa::kstar::{discovery, identity, layout};
use std::collections::BTreeSet;
use std::fs;

#[test]
fn every_capture_reads_as_expected() {
    let mut wrong = Vec::new();
    for name in captures::names() {
        let capture = captures::directory().join(format!("{name}.hex"));
        let expected = capture.with_extension("json");
        let run = run(&["decode", "--format", "json", &text(&capture)]);
        assert_eq!(run.stderr, "", "{name}");
        assert_eq!(
            run.code,
            Some(i32::from(run.stdout.contains("\"refused\""))),
            "{name}"
        );
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&expected, &run.stdout).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != run.stdout {
            wrong.push(format!("{name}: {}", run.stdout));
        }
    }
    assert!(
        wrong.is_empty(),
        "not as expected (UPDATE=1 accepts):\n{}",
        wrong.join("\n")
    );
}

/// Layouts that no capture in this repository shows, and why they are trusted all the same.
const WITHOUT_CAPTURE: [(&str, &str); 3] = [
    (
        "central with frequency",
        "the maker's table; no reply of 17 elements was published",
    ),
    (
        "000xi",
        "put together of three captures of its parts (layout unit), see the tests of polling",
    ),
    (
        "identity",
        "the protocol note; no identity of a KSTAR inverter was published",
    ),
];

#[test]
fn every_layout_and_each_of_its_columns_is_covered_by_a_capture() {
    let mut seen = BTreeSet::new();
    for name in captures::names() {
        let path = captures::directory().join(format!("{name}.json"));
        for line in fs::read_to_string(path).unwrap().lines() {
            let object: serde_json::Value = serde_json::from_str(line).unwrap();
            let Some(layout) = object["layout"].as_str() else {
                continue;
            };
            for (key, value) in object.as_object().unwrap() {
                if !value.is_null() {
                    seen.insert((layout.to_owned(), key.clone()));
                }
            }
        }
    }
    for layout in layouts::READINGS
        .into_iter()
        .chain([&layouts::UNIT, &layouts::COUNTERS])
        .chain([&layout::KSTAR, &discovery::LAYOUT, &identity::LAYOUT])
    {
        let excused = WITHOUT_CAPTURE.iter().any(|(name, _)| *name == layout.name);
        let covered = |key: String| {
            // Only one of many replies carries a letter behind cos phi, and none of the layouts
            // central and mppt3.
            key == "cos_phi_kind" || seen.contains(&(layout.name.to_owned(), key))
        };
        for field in layout.fields {
            assert_ne!(
                covered(field.key()),
                excused && field.key() != "cos_phi_kind",
                "{}: {}",
                layout.name,
                field.label
            );
        }
    }
}
