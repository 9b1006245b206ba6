//! The page and the schema of the JSON objects are made from the tables, and hold for real objects.

use super::expect_file;
use crate::support::captures;
use crate::support::program::{run, text};
use jsonschema::Validator;
use kaco_ardexa::format::json::{self, Refused};
use kaco_ardexa::inverter::InverterId;
use kaco_ardexa::kaco::layouts::{
    COUNTERS, FIRMWARE, PARTS, READINGS, SERIAL_NUMBER, TYPE_CODE, UNIT,
};
use kaco_ardexa::kstar::{discovery, identity, layout::KSTAR};
use kaco_ardexa::observation::{Observation, Outcome};
use kaco_ardexa::plant_total::{self, Contribution, Part, PartState};
use kaco_ardexa::reading::{
    Cells, Decimal, Field, Kind, Layout, Reading, StatusCode, Unit, Value as Cell,
};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;

/// All that `layout` can be: of KACO and of KSTAR inverters.
fn layouts() -> ([Vec<&'static Layout>; 2], Vec<&'static Layout>) {
    let others = [
        &UNIT,
        &COUNTERS,
        &FIRMWARE,
        &TYPE_CODE,
        &SERIAL_NUMBER,
        &PARTS,
    ];
    let kaco: Vec<_> = READINGS.into_iter().chain(others).collect();
    let kstar = vec![&KSTAR, &discovery::LAYOUT, &identity::LAYOUT];
    let all = kaco.iter().chain(&kstar).copied().collect();
    ([kaco, kstar], all)
}

/// A key that objects have apart from their columns: its type in the schema, and what it holds.
struct Key(&'static str, &'static str, &'static str);

const HEAD: [Key; 7] = [
    Key(
        "time",
        "string|null",
        "when the reply was complete, or the poll had ended: RFC 3339 with offset; `null` from `decode`",
    ),
    Key("protocol", "string", "`kaco` or `kstar`"),
    Key(
        "bus",
        "string",
        "the name of the bus; only where buses are named",
    ),
    Key(
        "address",
        "integer|null",
        "KACO: the address on the bus; `null` for a captured reply without one",
    ),
    Key(
        "serial",
        "string|null",
        "KSTAR: the serial number, if the inverter reports it; of KACO inverters only in `scan`",
    ),
    Key("ip", "string|null", "KSTAR: the IP address"),
    Key(
        "simulated",
        "boolean",
        "`true` for simulated inverters (`sim:`); absent otherwise",
    ),
];

const READING: [Key; 5] = [
    Key("outcome", "string", "`read`"),
    Key("layout", "string", "which columns follow, see below"),
    Key("type", "string|null", "the type code, without padding"),
    Key(
        "model",
        "string|null",
        "the maker's name for the type, if it is known",
    ),
    Key(
        "status_codes",
        "list",
        "the numbers behind the status texts, always a list: one number, three for a 000xi (`null` for a unit whose state is not known), none where there is no state or it could not be read",
    ),
];

const SCAN: [Key; 4] = [
    Key("firmware", "string|null", "the version of the firmware"),
    Key("serial", "string|null", "the serial number"),
    Key(
        "first_byte_ms",
        "integer",
        "milliseconds from the request to the first byte of the reply",
    ),
    Key(
        "shared_address",
        "boolean",
        "`true` if two inverters answer at this address",
    ),
];

const UNREAD: [(&str, &str); 4] = [
    ("silent", "it did not answer: at night that is normal"),
    (
        "garbled",
        "bytes came, but no good reply, not even after all attempts",
    ),
    ("unreachable", "nothing could be sent to it"),
    (
        "not polled",
        "its turn has not come yet, or the link was lost before it",
    ),
];

const REFUSED: [(&str, &str); 4] = [
    ("checksum", "the checksum is wrong"),
    ("incomplete", "the end is missing"),
    (
        "format",
        "it is not a reply as the protocol has it, or not hex",
    ),
    ("unknown", "it is not of a known protocol"),
];

/// Of the object of a plant, without its columns.
const PLANT: [Key; 3] = [
    Key(
        "time",
        "string|null",
        "when the newest of its inverters was polled: RFC 3339 with offset",
    ),
    Key("protocol", "string", "`plant`"),
    Key(
        "simulated",
        "boolean",
        "`true` if one of its inverters is simulated; absent otherwise",
    ),
];

const ABOUT_PLANT: &str = "\
MQTT has it on `<prefix>/plant/state`, `--http` in `/readings.json`, each for all inverters of a run. A total is `null` unless
every inverter was read, a 000xi with all its units, or is silent as at night.";

const INTRODUCTION: &str = "\
# JSON

This page is generated from the program's tables: `UPDATE=1 cargo test` writes it, and [json.schema.json](json.schema.json)
with it. Do not edit it by hand. Tests check the schema with objects of every layout and outcome.

`read`, `decode`, `scan` and `kstar discover` with `--format json` print one flat object per line. MQTT has the same objects as
payloads of state topics, for readings only.

```json
{\"time\":\"2026-11-20T12:30:43.117+01:00\",\"protocol\":\"kaco\",\"address\":4,\"outcome\":\"read\",\"layout\":\"standard\",\"type\":\"5002xi\",
 \"model\":\"blueplanet 5002xi\",\"status_codes\":[4],\"status\":\"mpp-track\",\"dc_voltage\":389.6,\"dc_current\":8.15,\"dc_power\":3176,
 \"ac_voltage\":235.3,\"ac_current\":12.96,\"ac_power\":3049,\"device_temperature\":44,\"daily_yield\":7371}
{\"time\":\"2026-11-20T12:30:45.203+01:00\",\"protocol\":\"kaco\",\"address\":5,\"outcome\":\"silent\",\"reason\":\"no reply\"}
```

## Stability

- A key keeps its name, its type, its unit and its meaning in all versions 1.x.
- New keys, layouts and outcomes may be added. Ignore what you do not know, and do not depend on the order of keys.
- Every column of a layout is always present. A value that could not be read is `null`, never 0 and never left out.
- Numbers have the digits that the inverter sent: `1.60` stays `1.60`.
- An object is flat except for `status_codes`, and one line without line breaks.
- Texts in `reason` and `detail` may change; do not parse them.
";

/// The whole page.
fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    section(&mut page, "Keys of every inverter", "", &HEAD);
    section(
        &mut page,
        "Keys of a reading",
        "They follow those of every inverter; the columns come after them.",
        &READING,
    );
    page.push_str("\n## Inverters without a reading\n\nThe keys of every inverter, `outcome` and `reason`, no columns.\n\n| outcome | means |\n|---|---|\n");
    for (word, meaning) in UNREAD {
        writeln!(page, "| `{word}` | {meaning} |").unwrap();
    }
    section(&mut page, "All inverters together", ABOUT_PLANT, &PLANT);
    for field in &plant_total::FIELDS {
        let (key, of) = (field.key(), of_total(field).replace('|', " or "));
        writeln!(page, "| `{key}` | {of} | {} |", field.title()).unwrap();
    }
    page.push_str("\n## Refused captures\n\nOnly `decode`: `{\"outcome\":\"refused\",\"error\":\"checksum\",\"detail\":\"…\",\"bytes\":\"…\"}`, with the bytes in hex.\n\n| error | means |\n|---|---|\n");
    for (word, meaning) in REFUSED {
        writeln!(page, "| `{word}` | {meaning} |").unwrap();
    }
    section(
        &mut page,
        "Further keys of a search",
        "Only `scan`: behind the columns.",
        &SCAN,
    );
    page.push_str("\n## Layouts\n\nUnits and meanings are in [columns.md](columns.md). With `--counters`, the columns of `counters` follow those of a reading.\nA column whose key is one of the keys above stands there, once.\n\n| layout | of | columns |\n|---|---|---|\n");
    for layout in layouts().1 {
        let keys = layout
            .fields
            .iter()
            .map(|field| format!("`{}`", field.key()));
        let keys = keys.collect::<Vec<_>>().join(", ");
        writeln!(page, "| `{}` | {} | {keys} |", layout.name, layout.about).unwrap();
    }
    page
}

fn section(page: &mut String, title: &str, about: &str, keys: &[Key]) {
    writeln!(page, "\n## {title}\n").unwrap();
    if !about.is_empty() {
        writeln!(page, "{about}\n").unwrap();
    }
    page.push_str("| key | type | holds |\n|---|---|---|\n");
    for Key(key, of, holds) in keys {
        let of = of.replace('|', " or ");
        writeln!(page, "| `{key}` | {of} | {holds} |").unwrap();
    }
}

/// The whole schema.
fn schema() -> Value {
    let ([kaco, kstar], _) = layouts();
    let families = [("kaco", kaco), ("kstar", kstar)];
    let readings = families
        .iter()
        .flat_map(|(family, layouts)| layouts.iter().map(|layout| of_layout(family, layout)));
    let unread = families.iter().map(|(family, _)| of_unread(family));
    let kinds: Vec<&str> = REFUSED.iter().map(|(word, _)| *word).collect();
    let refused = json!({
        "title": "refused",
        "type": "object",
        "properties": {
            "outcome": {"const": "refused"},
            "error": {"enum": kinds},
            "detail": {"type": "string"},
            "bytes": {"type": "string"},
        },
        "required": ["outcome", "error", "detail", "bytes"],
    });
    let all: Vec<Value> = readings
        .chain(unread)
        .chain([of_plant(), refused])
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An object of kaco_ardexa",
        "description": "One line of read, decode, scan and kstar discover with --format json; one MQTT state. Further keys may be added.",
        "oneOf": all,
    })
}

/// The schema's properties of these keys.
fn properties(keys: &[Key]) -> Map<String, Value> {
    let property = |Key(key, of, _): &Key| {
        let of = match *of {
            "list" => json!({"type": "array", "items": {"type": ["integer", "null"]}}),
            of => json!({"type": of.split('|').collect::<Vec<_>>()}),
        };
        ((*key).to_owned(), of)
    };
    keys.iter().map(property).collect()
}

fn column(field: &Field) -> Value {
    let of = match field.kind {
        Kind::Measurement | Kind::Total | Kind::PowerFactor | Kind::Code => "number",
        Kind::Status | Kind::Mode | Kind::TypeCode | Kind::PowerFactorKind => "string",
    };
    json!({"type": [of, "null"]})
}

/// The keys that each inverter of a family has.
fn identity_keys(family: &str) -> Vec<&'static str> {
    let of_family: &[&str] = if family == "kaco" {
        &["address"]
    } else {
        &["serial", "ip"]
    };
    [&["time", "protocol"], of_family, &["outcome"]].concat()
}

fn of_layout(family: &str, layout: &Layout) -> Value {
    let mut all = properties(&HEAD);
    all.extend(properties(&READING));
    if family == "kaco" {
        all.remove("ip");
        all.extend(properties(&SCAN));
    } else {
        all.remove("address");
        all.remove("bus");
    }
    let mut required = identity_keys(family);
    required.extend(["layout", "type", "model", "status_codes"]);
    let mut required: Vec<String> = required.into_iter().map(str::to_owned).collect();
    for field in layout.fields {
        let key = field.key();
        all.insert(key.clone(), column(field));
        if !required.contains(&key) {
            required.push(key);
        }
    }
    if READINGS.contains(&layout) {
        let counters = COUNTERS.fields.iter();
        let missing: Vec<_> = counters
            .filter(|field| !all.contains_key(&field.key()))
            .collect();
        all.extend(
            missing
                .into_iter()
                .map(|field| (field.key(), column(field))),
        );
    }
    all.insert("protocol".into(), json!({"const": family}));
    all.insert("outcome".into(), json!({"const": "read"}));
    all.insert("layout".into(), json!({"const": layout.name}));
    let title = format!("{family}: {}", layout.name);
    json!({"title": title, "type": "object", "properties": all, "required": required})
}

fn of_unread(family: &str) -> Value {
    let outcomes: Vec<&str> = UNREAD.iter().map(|(word, _)| *word).collect();
    let mut all = properties(&HEAD);
    if family == "kaco" {
        all.remove("ip");
        all.remove("serial");
    } else {
        all.remove("address");
        all.remove("bus");
    }
    all.insert("protocol".into(), json!({"const": family}));
    all.insert("outcome".into(), json!({"enum": outcomes}));
    all.insert("reason".into(), json!({"type": "string"}));
    let mut required = identity_keys(family);
    required.push("reason");
    let title = format!("{family}: without a reading");
    json!({"title": title, "type": "object", "properties": all, "required": required})
}

/// The type of a column of a total: how many inverters there are is always known.
fn of_total(field: &Field) -> &'static str {
    match field.unit {
        Unit::None => "integer",
        _ => "number|null",
    }
}

fn of_plant() -> Value {
    let mut all = properties(&PLANT);
    let mut required = vec!["time".to_owned(), "protocol".to_owned()];
    for field in &plant_total::FIELDS {
        let of: Vec<&str> = of_total(field).split('|').collect();
        all.insert(field.key(), json!({"type": of}));
        required.push(field.key());
    }
    all.insert("protocol".into(), json!({"const": "plant"}));
    json!({"title": "plant", "type": "object", "properties": all, "required": required})
}

#[test]
fn the_page_of_json_is_what_the_tables_say() {
    expect_file("docs/json.md", &page());
}

#[test]
fn the_schema_is_what_the_tables_say() {
    let schema = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    expect_file("docs/json.schema.json", &schema);
}

/// Judges objects by the schema in the file, and by nothing that it does not name.
struct Judge {
    validator: Validator,
    schema: Value,
    outcomes: BTreeSet<String>,
    layouts: BTreeSet<String>,
}

impl Judge {
    fn new() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.schema.json");
        let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        Self {
            validator: jsonschema::draft202012::new(&schema).unwrap(),
            schema,
            outcomes: BTreeSet::new(),
            layouts: BTreeSet::new(),
        }
    }

    /// Fails unless the object is valid, and has no key that its schema does not name.
    fn expect(&mut self, object: &Value) {
        let errors: Vec<String> = self
            .validator
            .iter_errors(object)
            .map(|e| e.to_string())
            .collect();
        assert!(errors.is_empty(), "{object}: {errors:?}");
        let keys: BTreeSet<&String> = object.as_object().unwrap().keys().collect();
        let is_named = |one: &Value| {
            let named: BTreeSet<&String> = one["properties"].as_object().unwrap().keys().collect();
            jsonschema::draft202012::is_valid(one, object) && keys.is_subset(&named)
        };
        let all = self.schema["oneOf"].as_array().unwrap();
        assert!(all.iter().any(is_named), "a key has no place: {object}");
        let word = |key: &str| object[key].as_str().map(str::to_owned);
        self.outcomes.extend(word("outcome"));
        self.layouts.extend(word("layout"));
    }

    fn expect_lines(&mut self, lines: &str) {
        for line in lines.lines() {
            self.expect(&serde_json::from_str(line).unwrap());
        }
    }
}

/// A reading with a value in every column, or in none.
fn reading(inverter: InverterId, layout: &'static Layout, is_full: bool) -> Reading {
    let value = |field: &Field| match field.kind {
        Kind::Measurement | Kind::Total | Kind::PowerFactor | Kind::Code => {
            Cell::Number(Decimal::new(15, 1))
        }
        _ => Cell::Text(Cow::Borrowed("word")),
    };
    let cells = |layout: &'static Layout| Cells {
        layout,
        values: layout
            .fields
            .iter()
            .map(|field| is_full.then(|| value(field)))
            .collect(),
    };
    let mut reading = Reading::of(inverter, cells(layout));
    if is_full {
        reading.further = READINGS.contains(&layout).then(|| cells(&COUNTERS));
        reading.status_code = StatusCode::Each(vec![Some(4), None, Some(2)]);
        reading.type_code = Some("3x10k".to_owned());
        reading.model = Some("Powador 30000xi".into());
    }
    reading
}

fn inverters() -> [InverterId; 5] {
    let ip = "192.168.1.50".parse().ok();
    [
        InverterId::kaco(None),
        InverterId::kaco(Some(4)).on("roof".parse().ok()),
        InverterId::kaco(Some(4)).simulated(true),
        InverterId::kstar(None, ip),
        InverterId::kstar(Some("E4000K".to_owned()), ip),
    ]
}

#[test]
fn objects_of_all_layouts_and_outcomes_are_valid() {
    let mut judge = Judge::new();
    let ([kaco, kstar], all) = layouts();
    for inverter in inverters() {
        let layouts = if inverter.has_address() {
            &kaco
        } else {
            &kstar
        };
        for layout in layouts {
            for is_full in [false, true] {
                judge.expect(&json::reading(&reading(inverter.clone(), layout, is_full)));
            }
        }
        for outcome in [
            Outcome::Silent,
            Outcome::Garbled("noise".to_owned()),
            Outcome::Unreachable("no route".to_owned()),
            Outcome::NotPolled,
        ] {
            judge.expect(&json::object(&Observation::new(inverter.clone(), outcome)));
        }
    }
    for (kind, _) in REFUSED {
        judge.expect(&json::refused(&Refused {
            kind,
            detail: "why".to_owned(),
            bytes: "0a".to_owned(),
        }));
    }
    for inverter in inverters() {
        let parts = |state| {
            [Part {
                inverter: &inverter,
                state,
            }]
        };
        let figures = Contribution::of(&reading(inverter.clone(), READINGS[0], true));
        for state in [
            PartState::Read(figures),
            PartState::Silent(None),
            PartState::Missing,
        ] {
            let total = plant_total::total_of(&parts(state), figures.time);
            judge.expect(&json::plant(&total));
        }
    }
    let names: BTreeSet<String> = all.iter().map(|layout| layout.name.to_owned()).collect();
    assert_eq!(judge.layouts, names);
    assert_eq!(
        judge.outcomes.len(),
        UNREAD.len() + 2,
        "{:?}",
        judge.outcomes
    );
}

#[test]
fn objects_that_the_program_prints_are_valid() {
    let mut judge = Judge::new();
    for name in captures::names() {
        let path = captures::directory().join(format!("{name}.hex"));
        judge.expect_lines(&run(&["decode", "--format", "json", &text(&path)]).stdout);
    }
    let sim = ["--pace", "0s", "--timeout", "2s", "--format", "json"];
    for words in [
        &["read", "sim:", "1-4", "--counters"][..],
        &["read", "sim:night", "1", "--bus", "roof"],
        &["scan", "sim:", "1-2"],
    ] {
        let run = run(&[words, &sim].concat()).expect_code(0);
        assert!(!run.stdout.is_empty(), "{words:?}");
        judge.expect_lines(&run.stdout);
    }
    assert!(judge.outcomes.contains("silent") && judge.outcomes.contains("refused"));
}

#[test]
fn the_schema_refuses_what_is_not_such_an_object() {
    let judge = Judge::new();
    let inverter = InverterId::kaco(Some(4));
    let good = json::reading(&reading(inverter, READINGS[0], true));
    assert!(judge.validator.is_valid(&good));
    for (key, wrong) in [
        ("time", json!(5)),
        ("protocol", json!("sma")),
        ("address", json!("04")),
        ("outcome", json!("silent")),
        ("layout", json!("none")),
        ("status_codes", json!(4)),
        ("status_codes", json!(["4"])),
        ("dc_voltage", json!("398.5")),
        ("status", json!(4)),
    ] {
        let mut object = good.clone();
        object[key] = wrong;
        assert!(!judge.validator.is_valid(&object), "{object}");
        object.as_object_mut().unwrap().remove(key);
        assert!(!judge.validator.is_valid(&object), "without {key}");
    }
}
