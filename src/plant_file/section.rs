//! A table of a plant file, and the keys that it can have.

use super::mistake::Notes;
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

/// Keys that hold a secret, or look like it.
const SECRETS: [&str; 5] = ["password", "passwd", "pass", "secret", "token"];

/// The least similarity, 0 to 1, at which a key is taken for another one misspelt.
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
    // Checked first: a guess such as 'pace' for 'pass' would mislead.
    if SECRETS.contains(&key) {
        return format!(
            "key '{key}' is not allowed: secrets do not belong in this file; \
             write them to a file of their own and name it with 'password-file' in [mqtt] \
             or [influx]"
        );
    }
    if kind.keys.contains(&"url") && ["user", "username"].contains(&key) {
        let scheme = if kind.title == INFLUX.title {
            "http"
        } else {
            "mqtt"
        };
        return format!(
            "key '{key}' is not known; the user belongs in 'url': {scheme}://user@host"
        );
    }
    if let Some(other) = KINDS.iter().find(|other| other.keys.contains(&key)) {
        return format!(
            "key '{key}' is not known here; it belongs in {}",
            other.title
        );
    }
    let likeness = |name: &&&str| strsim::jaro_winkler(name, key);
    let alike = kind.keys.iter().filter(|name| likeness(name) >= ALIKE);
    match alike.max_by(|one, other| likeness(one).total_cmp(&likeness(other))) {
        Some(alike) => format!("key '{key}' is not known; did you mean '{alike}'?"),
        None => format!(
            "key '{key}' is not known; {} can have: {}",
            kind.title,
            kind.keys.join(", ")
        ),
    }
}
