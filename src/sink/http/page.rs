//! The page: one document that needs nothing else.

use super::state::{Entry, STEP, State};
use crate::escape::markup as escaped;
use crate::format::table;
use crate::observation::Outcome;
use crate::plant_total::daily_yield;
use crate::reading::{Decimal, Role};
use std::fmt::Write;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The style and the script of the page by their SHA-256, requests to this server, nothing else.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'sha256-0vlV6Z98GXVs3Yglh69Ly8HLV6UZGM2q+S79xCV6rDo='; script-src 'sha256-Gu4Hd3div2XU6L2UwVIoqLcvRK+Z5/am44oDlvFTw8k='; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// Okabe and Ito's colours without black and yellow, which one of the two backgrounds swallows.
const COLOURS: [&str; 6] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9",
];
/// Rounds without an observation after which a row looks old.
const OLD: u64 = 3;
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 220.0;
/// Room for `2500 kW` in the large letters of a phone.
const LEFT: f64 = 100.0;
const BOTTOM: f64 = 24.0;
const TOP: f64 = 12.0;

/// The whole page.
pub(super) fn page(state: &State) -> String {
    let now = (state.clock)().format("%F %T");
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <noscript><meta http-equiv=\"refresh\" content=\"30\"></noscript>\
         <link rel=\"icon\" href=\"data:,\"><title>Solar plant</title><style>{STYLE}</style></head>\
         <body><main><p id=\"lost\" class=\"card alert\" role=\"status\" hidden>The program can't be \
         reached; these are old values.</p><div id=\"now\">\n\
         <div class=\"head\"><h1>Solar plant</h1><p>{now}</p></div>\n"
    );
    for reason in state.lost.values() {
        let _ = writeln!(page, "<p class=\"card alert\">{}</p>", escaped(reason));
    }
    page += &figures(state);
    page += &curves(state);
    page += &rows(state);
    page + "</div></main><script>" + SCRIPT + "</script></body></html>\n"
}

fn figures(state: &State) -> String {
    let figure = |name: &str, number: Option<String>, unit: &str| {
        let number = number.unwrap_or_else(|| "–".to_owned());
        format!("<div><dt>{name}</dt><dd>{number} <small>{unit}</small></dd></div>")
    };
    let total = state.total();
    let (power, unit) = match total.power {
        Some(power) if power >= Decimal::from(10_000) => {
            (Some(format!("{:.2}", power / Decimal::ONE_THOUSAND)), "kW")
        }
        power => (power.map(|power| format!("{power:.0}")), "W"),
    };
    format!(
        "<dl class=\"figures\">{}{}{}</dl>\n",
        figure("Power now", power, unit),
        figure(
            "Yield today",
            total.daily_yield.map(|energy| format!("{energy:.1}")),
            "kWh"
        ),
        figure(
            "Answering",
            Some(total.reporting.to_string()),
            &format!("of {}", total.expected)
        ),
    )
}

fn colour(index: usize) -> &'static str {
    COLOURS
        .get(index % COLOURS.len())
        .copied()
        .unwrap_or("gray")
}

/// A line per inverter over the hours of today.
fn curves(state: &State) -> String {
    let powers = state.entries.iter().flat_map(|entry| entry.curve.values());
    let highest = powers.copied().fold(0.0, f64::max);
    let mut card = "<section class=\"card\"><h2>Power today</h2>".to_owned();
    if highest <= 0.0 {
        card += "<p class=\"note\">Nothing was fed in since the program started or since midnight.</p></section>\n";
        return card;
    }
    let top = round_up(highest);
    let x = |step: f64| LEFT + (WIDTH - LEFT) * step * f64::from(STEP) / 1440.0;
    let y = |power: f64| HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (power / top).max(0.0);
    let _ = write!(
        card,
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"Power of each inverter today, \
         at most {highest:.0} W\">"
    );
    for power in [0.0, top / 2.0, top] {
        let (at, label) = (y(power), watts(power));
        let _ = write!(
            card,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
            LEFT - 6.0,
            at + 4.0
        );
    }
    for hour in [0_u32, 6, 12, 18] {
        let at = x(f64::from(hour * 60 / STEP));
        let _ = write!(
            card,
            "<text x=\"{at:.1}\" y=\"{}\">{hour:02}:00</text>",
            HEIGHT - 6.0
        );
    }
    let hole = 3 * u32::try_from(state.every.as_secs() / 60 / u64::from(STEP) + 1).unwrap_or(480);
    for (index, entry) in state.entries.iter().enumerate() {
        let mut path = String::new();
        let mut last = None;
        for (&step, &power) in &entry.curve {
            let is_near = last.is_some_and(|last| step - last <= hole);
            let (letter, at, height) = (
                if is_near { 'L' } else { 'M' },
                x(f64::from(step)),
                y(power),
            );
            let _ = write!(path, "{letter}{at:.1} {height:.1}");
            if !is_near {
                path += "h.1";
            }
            last = Some(step);
        }
        let name = escaped(&entry.observation.inverter.label());
        let _ = write!(
            card,
            "<path class=\"curve\" stroke=\"{}\" d=\"{path}\"><title>{name}</title></path>",
            colour(index)
        );
    }
    card + "</svg></section>\n"
}

fn watts(power: f64) -> String {
    if power >= 1000.0 {
        format!("{} kW", power / 1000.0)
    } else {
        format!("{power} W")
    }
}

/// 1, 2 or 5 times a power of ten, not below `power`.
fn round_up(power: f64) -> f64 {
    let ten = 10_f64.powf(power.log10().floor());
    let fits = |times: &f64| times * ten >= power;
    [1.0, 2.0, 5.0, 10.0].into_iter().find(fits).unwrap_or(10.0) * ten
}

fn rows(state: &State) -> String {
    let mut card = "<section class=\"card\"><h2>Inverters</h2>".to_owned();
    if state.entries.is_empty() {
        return card + "<p class=\"note\">No inverter has answered yet.</p></section>\n";
    }
    card += "<table><thead><tr><th>Inverter</th><th>Model</th><th>Status</th><th class=\"n\">Power</th>\
             <th class=\"n\">Today</th><th class=\"n\">Temperature</th><th class=\"n\">Age</th></tr></thead><tbody>\n";
    for (index, entry) in state.entries.iter().enumerate() {
        card += &row(state, entry, colour(index));
    }
    card + "</tbody></table></section>\n"
}

fn row(state: &State, entry: &Entry, colour: &str) -> String {
    let inverter = &entry.observation.inverter;
    let name = match inverter.name() {
        Some(name) => format!("{} {name}", inverter.label()),
        None => inverter.label(),
    };
    let reading = entry.reading.as_ref();
    let model =
        reading.and_then(|reading| reading.model.as_deref().or(reading.type_code.as_deref()));
    let now = entry.observation.reading();
    let (class, status) = match &entry.observation.outcome {
        Outcome::Read { answer, .. } if answer.is_fault => ("bad", table::status(answer)),
        Outcome::Read { answer, .. } => ("good", table::status(answer)),
        Outcome::Garbled(_) => ("warn", "garbled".to_owned()),
        outcome => ("", table::unread(outcome).to_owned()),
    };
    let figure = |role| {
        now.map(|reading| table::figure(reading, role))
            .unwrap_or_default()
    };
    let today = reading
        .and_then(daily_yield)
        .map(|energy| format!("{energy:.1} kWh"));
    let age = state.age(reading.and_then(|reading| reading.time));
    let limit =
        i64::try_from(state.every.as_secs().max(20).saturating_mul(OLD)).unwrap_or(i64::MAX);
    let is_old = now.is_none() || age.is_none_or(|age| age > limit);
    format!(
        "<tr{}><th scope=\"row\"><svg class=\"key\" viewBox=\"0 0 2 2\" aria-hidden=\"true\"><circle cx=\"1\" \
         cy=\"1\" r=\"1\" fill=\"{colour}\"/></svg>{}</th><td>{}</td><td class=\"{class}\">{}</td>\
         <td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
        if is_old { " class=\"old\"" } else { "" },
        escaped(&name),
        escaped(model.unwrap_or_default()),
        escaped(&status),
        escaped(&figure(Role::Power)),
        today.unwrap_or_default(),
        escaped(&figure(Role::Temperature)),
        age.map(ago).unwrap_or_default(),
    )
}

/// `12 s`, `3 min`, `5 h`, `2 d`
fn ago(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86400),
    }
}
