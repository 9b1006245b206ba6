//! The values of keys: texts, numbers, durations, names; and the messages about wrong ones.

use crate::address::Address;
use crate::duration;
use crate::escape::is_invisible;
use crate::reading::Decimal;
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;
use toml::de::DeValue;

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

/// A text in quotes, of visible characters: it is printed, and is the name of files.
pub(super) fn text<'a>(value: &'a DeValue<'_>, example: &str) -> Result<&'a str, String> {
    match value {
        // The message does not repeat it: it may be a URL with a password.
        DeValue::String(text) if text.contains(is_invisible) => {
            Err("there are invisible characters in it; remove them".to_owned())
        }
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
        text if Path::new(text).starts_with("~") => {
            Err("~ is not replaced here; write the whole path".to_owned())
        }
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
    duration::parse(&duration_text(value)?)
}

/// As [`time`], longer than zero.
pub(super) fn positive(value: &DeValue<'_>) -> Result<Duration, String> {
    duration::parse_positive(&duration_text(value)?)
}

fn duration_text(value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::Integer(number) => Ok(number.to_string()),
        DeValue::Float(number) => Ok(number.to_string()),
        DeValue::String(text) => Ok(text.to_string()),
        other => expected("a duration such as \"1.5s\"", other),
    }
}

/// A day, in quotes or without.
pub(super) fn day(value: &DeValue<'_>) -> Result<NaiveDate, String> {
    let text = match value {
        DeValue::Datetime(date) => date.to_string(),
        other => text(other, "2026-05-03")?.to_owned(),
    };
    text.parse()
        .map_err(|_| format!("`{text}` is not a day such as 2026-05-03"))
}

/// The longest name that is shown.
const LONGEST_NAME: usize = 64;

/// A name for people.
pub(super) fn name(value: &DeValue<'_>) -> Result<String, String> {
    let name = text(value, "south roof")?;
    let is_fit = !name.trim().is_empty() && name.chars().count() <= LONGEST_NAME;
    is_fit.then(|| name.to_owned()).ok_or_else(|| {
        let found: String = name.chars().take(LONGEST_NAME).collect();
        format!("a name has 1 to {LONGEST_NAME} characters, found `{found}`")
    })
}

/// Installed peak power, kW.
pub(super) fn kwp(value: &DeValue<'_>) -> Result<Decimal, String> {
    let digits = match value {
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        other => return expected("a number of kilowatts such as 9.9", other),
    };
    let number = digits.parse::<Decimal>().ok();
    // The greatest inverter has 1000 kW, the smallest 1500 W: more than this is watts.
    number
        .filter(|number| *number > Decimal::ZERO && *number < Decimal::from(1500))
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
        let address =
            number.ok_or_else(|| format!("`{key}` is not an address: addresses are 1 to 99"))?;
        let value = read(value.get_ref()).map_err(|wrong| format!("{address}: {wrong}"))?;
        if values.insert(address, value).is_some() {
            return Err(format!("address {address} is listed twice"));
        }
    }
    Ok(values)
}
