//! A table of a plant file, and how its values are read.

use super::mistake::Notes;
use crate::address::Address;
use crate::duration;
use crate::reading::Decimal;
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A kind of table, with the keys that it can have.
pub(super) struct TableKind {
    /// As messages name it: `[[bus]]`.
    pub(super) title: &'static str,
    pub(super) keys: &'static [&'static str],
}

/// All kinds of tables there are.
pub(super) static KINDS: [&TableKind; 5] = [&PLANT, &MQTT, &INFLUX, &BUS, &KSTAR];

pub(super) static PLANT: TableKind = TableKind {
    title: "the top of the file",
    keys: &[
        "name", "log", "every", "textfile", "sunspec", "http", "strict", "silent", "pace",
        "timeout", "gap", "attempts", "counters", "record", "mqtt", "influx", "bus", "kstar",
    ],
};

pub(super) static MQTT: TableKind = TableKind {
    title: "[mqtt]",
    keys: &[
        "url",
        "password-file",
        "prefix",
        "qos",
        "ca",
        "cert",
        "key",
        "discovery",
        "expire-after",
    ],
};

pub(super) static INFLUX: TableKind = TableKind {
    title: "[influx]",
    keys: &["url", "password-file", "token-file", "ca", "since"],
};

pub(super) static BUS: TableKind = TableKind {
    title: "[[bus]]",
    keys: &[
        "name",
        "device",
        "addresses",
        "pace",
        "timeout",
        "gap",
        "attempts",
        "counters",
        "record",
        "names",
        "kwp",
        "sunspec-offset",
    ],
};

pub(super) static KSTAR: TableKind = TableKind {
    title: "[[kstar]]",
    keys: &["name", "ip"],
};

/// Keys that hold a secret, or that look as if.
const SECRETS: [&str; 5] = ["password", "passwd", "pass", "secret", "token"];

/// How alike two keys are if one is a slip of the other: 0 to 1.
const ALIKE: f64 = 0.7;

/// One table of the file.
pub(super) struct Section<'a> {
    table: &'a DeTable<'a>,
    kind: &'static TableKind,
    /// Where it begins.
    pub(super) line: usize,
}

/// A value and its line.
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) line: usize,
}

impl<'a> Section<'a> {
    /// A table; keys that it can't have are noted.
    pub(super) fn new(
        kind: &'static TableKind,
        table: &'a DeTable<'a>,
        line: usize,
        notes: &mut Notes<'_>,
    ) -> Self {
        for (key, _) in table {
            if !kind.keys.contains(&key.get_ref().as_ref()) {
                let line = notes.line(&key.span());
                notes.add(line, unknown(key.get_ref(), kind));
            }
        }
        Self { table, kind, line }
    }

    pub(super) fn raw(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        let mut entries = self.table.iter();
        let entry = entries.find(|(name, _)| name.get_ref().as_ref() == key);
        entry.map(|(_, value)| value)
    }

    /// The value of a key with its line, if it is there and `read` takes it.
    pub(super) fn at<T>(
        &self,
        key: &str,
        read: impl FnOnce(&DeValue<'_>) -> Result<T, String>,
        notes: &mut Notes<'_>,
    ) -> Option<At<T>> {
        let value = self.raw(key)?;
        let line = notes.line(&value.span());
        match read(value.get_ref()) {
            Ok(value) => Some(At { value, line }),
            Err(wrong) => {
                notes.add(line, format!("key '{key}': {wrong}"));
                None
            }
        }
    }

    /// The value of a key, if it is there and `read` takes it.
    pub(super) fn get<T>(
        &self,
        key: &str,
        read: impl FnOnce(&DeValue<'_>) -> Result<T, String>,
        notes: &mut Notes<'_>,
    ) -> Option<T> {
        self.at(key, read, notes).map(|at| at.value)
    }

    /// As [`Section::at`]; without the key, that is noted with an example.
    pub(super) fn need<T>(
        &self,
        key: &str,
        example: &str,
        read: impl FnOnce(&DeValue<'_>) -> Result<T, String>,
        notes: &mut Notes<'_>,
    ) -> Option<At<T>> {
        if self.raw(key).is_none() {
            let title = self.kind.title;
            notes.add(
                self.line,
                format!("key '{key}' is missing in {title}; write for example {key} = {example}"),
            );
        }
        self.at(key, read, notes)
    }
}

fn unknown(key: &str, kind: &TableKind) -> String {
    let shown = key.escape_debug();
    // Checked first: a guess such as 'pace' for 'pass' would mislead.
    if SECRETS.contains(&key) {
        return format!(
            "key '{shown}' is not allowed: secrets do not stand in this file; \
             write them to a file of their own and name it with 'password-file' in \
         [mqtt] or [influx]"
        );
    }
    if kind.keys.contains(&"url") && ["user", "username"].contains(&key) {
        let scheme = if kind.title == INFLUX.title {
            "http"
        } else {
            "mqtt"
        };
        return format!(
            "key '{shown}' is not known; the user stands in 'url': {scheme}://user@host"
        );
    }
    if let Some(other) = KINDS.iter().find(|other| other.keys.contains(&key)) {
        return format!(
            "key '{shown}' is not known here; it belongs in {}",
            other.title
        );
    }
    let likeness = |name: &&&str| strsim::jaro_winkler(name, key);
    let alike = kind.keys.iter().filter(|name| likeness(name) >= ALIKE);
    match alike.max_by(|one, other| likeness(one).total_cmp(&likeness(other))) {
        Some(alike) => format!("key '{shown}' is not known; did you mean '{alike}'?"),
        None => format!(
            "key '{shown}' is not known; {} can have: {}",
            kind.title,
            kind.keys.join(", ")
        ),
    }
}

fn expected<T>(what: &str, value: &DeValue<'_>) -> Result<T, String> {
    let found = match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    Err(format!("expected {what}, found {found}"))
}

/// A text in quotes.
pub(super) fn text<'a>(value: &'a DeValue<'_>, example: &str) -> Result<&'a str, String> {
    match value {
        DeValue::String(text) => Ok(text),
        other => expected(&format!("a text such as \"{example}\""), other),
    }
}

/// A text that a type of the program is made of.
pub(super) fn parsed<T: FromStr>(value: &DeValue<'_>, example: &str) -> Result<T, String>
where
    T::Err: std::fmt::Display,
{
    let text = text(value, example)?;
    text.parse().map_err(|error: T::Err| error.to_string())
}

pub(super) fn boolean(value: &DeValue<'_>) -> Result<bool, String> {
    match value {
        DeValue::Boolean(value) => Ok(*value),
        other => expected("true or false, without quotes", other),
    }
}

pub(super) fn path(value: &DeValue<'_>) -> Result<PathBuf, String> {
    match text(value, "/var/lib/kaco")? {
        "" => Err("expected a path, found an empty text".to_owned()),
        text => Ok(PathBuf::from(text)),
    }
}

/// A whole number of this range.
pub(super) fn whole(value: &DeValue<'_>, least: u32, most: u32) -> Result<u32, String> {
    let what = format!("a whole number of {least} to {most}");
    match value {
        // TOML has hexadecimal, octal and binary numbers too; their prefix is not in the text.
        DeValue::Integer(number) => u32::from_str_radix(number.as_str(), number.radix())
            .ok()
            .filter(|number| (least..=most).contains(number))
            .ok_or_else(|| format!("`{number}` is not {what}")),
        other => expected(&what, other),
    }
}

/// A duration in quotes, or plain seconds.
pub(super) fn time(value: &DeValue<'_>) -> Result<Duration, String> {
    match value {
        DeValue::Integer(number) => duration::parse(&number.to_string()),
        DeValue::Float(number) => duration::parse(number.as_str()),
        DeValue::String(text) => duration::parse(text),
        other => expected("a duration such as \"1.5s\"", other),
    }
}

/// As [`time`], more than nothing.
pub(super) fn positive(value: &DeValue<'_>) -> Result<Duration, String> {
    match time(value)? {
        Duration::ZERO => Err("it must be longer than nothing".to_owned()),
        time => Ok(time),
    }
}

/// A day, in quotes or without.
pub(super) fn day(value: &DeValue<'_>) -> Result<NaiveDate, String> {
    let text = match value {
        DeValue::Datetime(date) => date.to_string(),
        other => text(other, "2026-05-03")?.to_owned(),
    };
    text.parse()
        .map_err(|_| format!("`{}` is not a day such as 2026-05-03", text.escape_debug()))
}

/// The longest name that is shown.
const LONGEST_NAME: usize = 64;

/// A name for people.
pub(super) fn name(value: &DeValue<'_>) -> Result<String, String> {
    let name = text(value, "south roof")?;
    let is_fit = !name.trim().is_empty()
        && name.chars().count() <= LONGEST_NAME
        && !name.chars().any(is_invisible);
    if !is_fit {
        return Err(format!(
            "a name has 1 to {LONGEST_NAME} characters that can be seen, found `{}`",
            name.chars()
                .take(LONGEST_NAME)
                .collect::<String>()
                .escape_debug()
        ));
    }
    Ok(name.to_owned())
}

/// Control characters, and those that turn the direction of what follows.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// Installed peak power, kW.
pub(super) fn kwp(value: &DeValue<'_>) -> Result<Decimal, String> {
    let digits = match value {
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        other => return expected("a number of kilowatts such as 9.9", other),
    };
    let number = digits.parse::<Decimal>().ok();
    number
        .filter(|number| *number > Decimal::ZERO && *number <= Decimal::from(100_000))
        .ok_or_else(|| format!("`{digits}` is not a peak power; write kilowatts such as 9.9"))
}

/// `{ 2 = …, 4 = … }`: a value for each of some addresses.
pub(super) fn by_address<T>(
    value: &DeValue<'_>,
    example: &str,
    read: impl Fn(&DeValue<'_>) -> Result<T, String>,
) -> Result<BTreeMap<Address, T>, String> {
    let DeValue::Table(table) = value else {
        return expected(&format!("a table such as {{ 2 = {example} }}"), value);
    };
    let mut values = BTreeMap::new();
    for (key, value) in table {
        let key = key.get_ref();
        let number = key.parse().ok().and_then(Address::new);
        let address = number.ok_or_else(|| {
            format!(
                "`{}` is not an address: addresses are 1 to 99",
                key.escape_debug()
            )
        })?;
        let value = read(value.get_ref()).map_err(|wrong| format!("{address}: {wrong}"))?;
        if values.insert(address, value).is_some() {
            return Err(format!("address {address} stands there twice"));
        }
    }
    Ok(values)
}
