//! Status codes, status texts and errors of KSTAR inverters, explained.

use crate::fault::advice::advice;
use crate::fault::{is_same, plain};
use crate::kaco::status::{self, STATUSES, Severity, Status};
use crate::kstar::faults::ERROR_BITS;
use crate::kstar::interpret::abnormal;
use crate::kstar::layout::KSTAR;
use crate::order::sort_by_number;
use strsim::sorensen_dice;

/// How many similar names are suggested.
const SUGGESTED: usize = 3;

/// A word that no table knows, and those that are similar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is not a known status or error{}", suggestion(.0))]
pub(crate) struct Unknown(Vec<String>);

fn suggestion(similar: &[String]) -> String {
    match similar {
        [] => "; `explain` lists them all".to_owned(),
        similar => format!("; similar are: {}", similar.join(", ")),
    }
}

/// What a code, a text or an error means and what to do: a paragraph. `kstar 513` is the number in
/// the column Error Codes of a KSTAR inverter.
pub(crate) fn explain(asked: &str) -> Result<String, Unknown> {
    let asked = asked.trim();
    // First, as a bare number is a code of KACO.
    if let Some(number) = kstar_number(asked) {
        return Ok(bits(number));
    }
    if let Ok(code) = asked.parse::<u32>() {
        return status::find(code).map(paragraph).ok_or_else(|| near(code));
    }
    if let Some(status) = status::named(asked).or_else(|| with_meaning(asked)) {
        return Ok(paragraph(status));
    }
    if let Some(name) = ERROR_BITS.iter().find(|name| is_same(name, asked)) {
        return Ok(error(name));
    }
    match abnormal().find(|(_, word)| is_same(word, asked)) {
        Some((code, word)) => Ok(mode(code, word)),
        None => Err(similar(asked)),
    }
}

/// All of them, one per line.
pub(crate) fn all() -> String {
    let mut text = "KACO: code, status, what it means; ! is a fault\n".to_owned();
    for status in STATUSES {
        let mark = if status.severity == Severity::Fault {
            '!'
        } else {
            ' '
        };
        let (code, name) = (status.code, status.text);
        let meaning = if is_same(name, status.meaning) {
            ""
        } else {
            status.meaning
        };
        let line = format!("{mark} {code:>3}  {name:38}{meaning}");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.push_str("\nKSTAR: bit of the number in Error Codes, error\n");
    for (bit, name) in ERROR_BITS.iter().enumerate() {
        // The meaning of the others is not published.
        if !name.starts_with("bit ") {
            text.push_str(&format!("! {bit:>3}  {name}\n"));
        }
    }
    text.push_str("\nKSTAR: Work Mode that is a fault\n");
    for (code, word) in abnormal() {
        text.push_str(&format!("! {code:>3}  {word}\n"));
    }
    text.push_str("\nOne of them, with what to do: kaco_ardexa explain 19\n");
    text
}

fn kstar_number(asked: &str) -> Option<u32> {
    let (family, number) = asked.split_once(' ')?;
    let number = number.trim().parse().ok()?;
    family.eq_ignore_ascii_case("kstar").then_some(number)
}

fn with_meaning(asked: &str) -> Option<&'static Status> {
    let is_meant = |status: &&Status| is_same(status.meaning, asked) || is_same(status.text, asked);
    STATUSES.iter().find(is_meant)
}

fn paragraph(status: &Status) -> String {
    let Status {
        code,
        text,
        meaning,
        ..
    } = status;
    match status.severity {
        Severity::Operating => format!(
            "KACO status {code}, {text}: {meaning}\n  part of normal operation, nothing is to be \
            done\n"
        ),
        Severity::Fault => {
            let advice = advice(&format!("{text} {meaning}"));
            format!("KACO status {code}, {text}: {meaning}\n  a fault: {advice}\n")
        }
    }
}

fn error(name: &str) -> String {
    format!("KSTAR error: {name}\n  a fault: {}\n", advice(name))
}

fn mode(code: u32, word: &str) -> String {
    let advice = advice(word);
    format!("KSTAR Work Mode {code}, {word}\n  a fault: {advice}\n")
}

fn bits(number: u32) -> String {
    let fields = KSTAR.fields.iter();
    let names = fields.flat_map(|field| field.errors(number.into()));
    let errors: String = names.map(error).collect();
    match errors.is_empty() {
        true => format!("KSTAR Error Codes {number}: no error\n"),
        false => errors,
    }
}

/// The known codes nearest to an unknown one.
fn near(code: u32) -> Unknown {
    let mut near: Vec<&Status> = STATUSES.iter().collect();
    sort_by_number(&mut near, |status| status.code.abs_diff(code).into());
    near.truncate(2);
    let named = |status: &&Status| format!("{} ({})", status.code, status.text);
    let named = near.iter().map(named);
    // A number can be meant for the other family, where any number is possible.
    let kstar = format!("kstar {code} (a number in Error Codes)");
    Unknown(named.chain([kstar]).collect())
}

fn similar(asked: &str) -> Unknown {
    let asked = plain(asked);
    let texts = STATUSES.iter().map(|status| status.text);
    let mut rated: Vec<(f64, &str)> = texts
        .chain(
            ERROR_BITS
                .iter()
                .copied()
                .filter(|name| !name.starts_with("bit ")),
        )
        .map(|name| (sorensen_dice(&asked, &plain(name)), name))
        .filter(|(likeness, _)| *likeness > LEAST_LIKENESS)
        .collect();
    sort_by_number(&mut rated, |(likeness, _)| -((likeness * 1e3) as i64));
    rated.truncate(SUGGESTED);
    Unknown(rated.into_iter().map(|(_, name)| name.to_owned()).collect())
}

/// Names that are less similar are not suggested.
const LEAST_LIKENESS: f64 = 0.3;
