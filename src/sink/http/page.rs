//! The page: one document with its style and its script.

use super::state::{STEP, ServedInverter, State};
use crate::escape::markup as escaped;
use crate::format::table::{self, rounded};
use crate::observation::Outcome;
use crate::plant_total::daily_yield;
use crate::reading::{Decimal, Reading, Role};
use chrono::NaiveDate;
use std::fmt::Write;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The style and the script of the page by their SHA-256, requests to this server, nothing else.
pub(super) const POLICY: &str = "default-src 'none'; style-src \
    'sha256-FxErjvZ/EGdqd50Ff1ARLTiFb08u4KqtNBM9JcsfFAY=' \
    'sha256-0xh8+u7Lm7QN2eIeNz2sFnJtEPAwF0WFteL7dokqXxo='; script-src \
    'sha256-XoTCTBrIlpNQhDSJTMEr0rH/MfrdO+2MKuocFWaLyRo='; connect-src 'self'; img-src data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// Okabe and Ito's colours without black and yellow, which disappear on one of the two backgrounds.
const COLOURS: [&str; 6] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9",
];
/// Rounds without an observation after which a row looks old.
const OLD: u64 = 3;
const ASLEEP: &str = "<p class=\"card note\">No inverter replies, as at night. They are polled \
    once a minute until they wake.</p>\n";
const HEIGHT: f64 = 200.0;

/// The whole page, with links to pictures of the log if there is one.
pub(super) fn page(state: &State, has_log: bool) -> String {
    let now = (state.clock)();
    let links = if has_log {
        links(now.date_naive())
    } else {
        String::new()
    };
    let now = now.format("%F %T");
    let title = escaped(state.title.as_deref().unwrap_or("Solar plant"));
    // The empty icon keeps browsers from asking for `/favicon.ico`. Without script the page
    // reloads.
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <noscript><meta http-equiv=\"refresh\" content=\"30\"></noscript>\
         <link rel=\"icon\" href=\"data:,\"><title>{title}</title><style>{STYLE}</style></head>\
         <body><main><p id=\"lost\" class=\"card alert\" role=\"status\" hidden>The program can't \
         be reached; these are old values.</p>{links}<div id=\"now\">\n\
         <div class=\"head\"><h1>{title}</h1><p>{now}</p></div>\n"
    );
    for reason in state.lost.values() {
        let lines: Vec<String> = reason.lines().map(|line| escaped(line.trim())).collect();
        let _ = writeln!(page, "<p class=\"card alert\">{}</p>", lines.join("<br>"));
    }
    let mut outcomes = state.entries.iter().map(|entry| &entry.observation.outcome);
    if !state.entries.is_empty() && outcomes.all(|outcome| *outcome == Outcome::Silent) {
        page += ASLEEP;
    }
    page += &figures(state);
    page += &curves(state);
    page += &rows(state);
    page + "</div></main><script>" + SCRIPT + "</script></body></html>\n"
}

/// Outside of what the script replaces, so that a link keeps the focus of the keyboard. The script
/// moves it on to the new day.
fn links(today: NaiveDate) -> String {
    format!(
        "<nav aria-label=\"Pages\"><b aria-current=\"page\">Now</b><a href=\"day/{today}\">Day</a>\
         <a href=\"month/{}\">Month</a><a href=\"year/{}\">Year</a><a href=\"compare\">Comparison\
         </a></nav>\n",
        today.format("%Y-%m"),
        today.format("%Y")
    )
}

fn figures(state: &State) -> String {
    let figure = |name: &str, number: Option<String>, unit: &str| {
        let number = number.unwrap_or_else(|| "–".to_owned());
        format!("<div><dt>{name}</dt><dd>{number} <small>{unit}</small></dd></div>")
    };
    let total = state.total();
    let (power, unit) = match total.power {
        Some(power) if power >= Decimal::from(10_000) => {
            (Some(rounded(power / Decimal::ONE_THOUSAND, 2)), "kW")
        }
        power => (power.map(|power| rounded(power, 0)), "W"),
    };
    format!(
        "<dl class=\"figures\">{}{}{}</dl>\n",
        figure("Power now", power, unit),
        figure(
            "Yield today",
            total.daily_yield.map(|energy| rounded(energy, 1)),
            "kWh"
        ),
        figure(
            "Reporting",
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

/// A line per inverter over the hours of today. The picture is stretched, the texts beside it are
/// not.
fn curves(state: &State) -> String {
    let powers = state.entries.iter().flat_map(|entry| entry.curve.values());
    let highest = powers.copied().fold(0.0, f64::max);
    let mut card = "<section class=\"card\"><h2>Power today</h2>".to_owned();
    if highest <= 0.0 {
        card += "<p class=\"note\">Nothing has been fed in today while the program ran.</p>\
            </section>\n";
        return card;
    }
    let top = round_up(highest);
    let labels = [top, top / 2.0, 0.0].map(|power| format!("<span>{}</span>", watts(power)));
    let _ = write!(
        card,
        "<div class=\"chart\"><div class=\"scale\" aria-hidden=\"true\">{}</div>\
         <svg viewBox=\"0 0 1440 {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"Power of each inverter today, at most {highest:.0} W\">\
         <path class=\"grid\" d=\"M0 0H1440M0 {}H1440M0 {HEIGHT}H1440M360 0V{HEIGHT}M720 0V{HEIGHT}\
         M1080 0V{HEIGHT}\"/>",
        labels.concat(),
        HEIGHT / 2.0
    );
    let step = state.every.as_secs() / 60 / u64::from(STEP) + 1;
    // 480 steps are a day.
    let hole = u32::try_from(step).unwrap_or(480).saturating_mul(3);
    for (index, entry) in state.entries.iter().enumerate() {
        let name = escaped(&entry.observation.inverter.label());
        let _ = write!(
            card,
            "<path class=\"curve\" stroke=\"{}\" d=\"{}\"><title>{name}</title></path>",
            colour(index),
            curve(entry, hole, HEIGHT / top)
        );
    }
    let hours = [0, 6, 12, 18, 24].map(|hour| format!("<span>{hour:02}:00</span>"));
    let hours = hours.concat();
    card + "</svg><div class=\"hours\" aria-hidden=\"true\">" + &hours + "</div></div></section>\n"
}

/// The line of one inverter; more than `hole` steps without a reading interrupt it.
fn curve(entry: &ServedInverter, hole: u32, scale: f64) -> String {
    let mut path = String::new();
    let mut last = None;
    for (&step, &power) in &entry.curve {
        let is_near = last.is_some_and(|last| step - last <= hole);
        // At night inverters draw a few watts; the curve stays on the axis.
        let (at, height) = (step * STEP, HEIGHT - power.max(0.0) * scale);
        let _ = match is_near {
            true => write!(path, "L{at} {height:.1}"),
            // A point that stands alone is seen by the ends of its line.
            false => write!(path, "M{at} {height:.1}h.1"),
        };
        last = Some(step);
    }
    path
}

fn watts(power: f64) -> String {
    if power >= 1000.0 {
        format!("{} kW", power / 1000.0)
    } else {
        format!("{power} W")
    }
}

/// 1, 2, 4, 6 or 8 times a power of ten, not below `power`: the half of it is as short.
fn round_up(power: f64) -> f64 {
    let ten = libm::exp10(libm::log10(power).floor());
    let fits = |times: &f64| times * ten >= power;
    let times = [1.0, 2.0, 4.0, 6.0, 8.0].into_iter().find(fits);
    times.unwrap_or(10.0) * ten
}

fn rows(state: &State) -> String {
    let mut card = "<section class=\"card\"><h2>Inverters</h2>".to_owned();
    if state.entries.is_empty() {
        return card + "<p class=\"note\">No inverter has replied yet.</p></section>\n";
    }
    card += "<table><thead><tr><th>Inverter</th><th>Model</th><th>Status</th><th class=\"n\">Power\
        </th><th class=\"n\">Today</th><th class=\"n\">Temperature</th><th class=\"n\">Age</th>\
             </tr></thead><tbody>\n";
    for (index, entry) in state.entries.iter().enumerate() {
        card += &row(state, entry, colour(index));
    }
    card + "</tbody></table></section>\n"
}

fn row(state: &State, entry: &ServedInverter, colour: &str) -> String {
    let inverter = &entry.observation.inverter;
    let name = inverter.shown();
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
    let day = (state.clock)().date_naive();
    let is_of_today =
        |reading: &&Reading| reading.time.is_some_and(|time| time.date_naive() == day);
    let today = reading
        .filter(is_of_today)
        .and_then(daily_yield)
        .map(|energy| format!("{} kWh", rounded(energy, 1)));
    let age = state.age(reading.and_then(|reading| reading.time));
    let limit =
        i64::try_from(state.every.as_secs().max(20).saturating_mul(OLD)).unwrap_or(i64::MAX);
    let is_old = now.is_none() || age.is_none_or(|age| age > limit);
    format!(
        "<tr{}><th scope=\"row\"><svg class=\"key\" viewBox=\"0 0 2 2\" aria-hidden=\"true\">\
        <circle cx=\"1\" \
         cy=\"1\" r=\"1\" fill=\"{colour}\"/></svg>{}</th><td>{}</td><td class=\"{class}\">{}</td>\
         <td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}\
         </td></tr>\n",
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::inverter::InverterId;
    use crate::kaco::layouts::STANDARD;
    use crate::observation::Observation;
    use crate::reading::{Cells, Value};
    use chrono::{DateTime, FixedOffset};
    use std::time::Duration;

    fn clock() -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339("2026-06-10T22:30:00+02:00").unwrap()
    }

    #[test]
    fn texts_from_outside_are_text() {
        const EVIL: &str = "</td><script>alert('1')</script>\"&\u{7}";
        let mut state = State::new(clock, Duration::from_secs(10));
        state.lost.insert(0, EVIL.to_owned());
        let inverter = InverterId::kaco(Some(2)).named(Some(EVIL.to_owned()));
        let values = vec![None; STANDARD.fields.len()];
        let mut reading = Reading::of(
            inverter,
            Cells {
                layout: &STANDARD,
                values,
            },
        );
        reading.model = Some(EVIL.into());
        reading.time = Some(clock());
        state.remember(&reading);
        let page = page(&state, true);
        assert_eq!(page.matches("<script>").count(), 1, "{page}");
        assert!(
            page.matches("&lt;script&gt;").count() >= 3 && !page.contains('\u{7}'),
            "{page}"
        );
    }

    /// Its link is lost before midnight, and still is in the morning.
    #[test]
    fn a_new_day_shows_nothing_of_the_day_before() {
        let morning = || DateTime::parse_from_rfc3339("2026-06-11T06:00:00+02:00").unwrap();
        let mut state = State::new(clock, Duration::from_secs(10));
        let inverter = InverterId::kaco(Some(2));
        let mut cells = Cells::empty(&STANDARD);
        cells.values.fill(Some(Value::Number(Decimal::from(4200))));
        let mut answer = Box::new(Reading::of(inverter.clone(), cells));
        answer.time = Some(clock());
        let first_byte = Duration::ZERO;
        let read = Outcome::Read { answer, first_byte };
        state.observe(&Observation::new(inverter.clone(), read));
        let evening = page(&state, false);
        assert!(evening.contains(">4.2 kWh<") && evening.contains("class=\"curve\""));
        state.clock = morning;
        state.lose(&inverter);
        state.round_done();
        let page = page(&state, false);
        assert!(!page.contains("4.2 kWh"), "{page}");
        assert!(page.contains("Nothing has been fed in today"), "{page}");
    }

    #[test]
    fn figures_are_rounded_as_those_of_a_terminal() {
        for (power, energy, due) in [
            (
                9_999,
                "12960",
                ["9999 <small>W", "13.0 <small>kWh", ">13.0 kWh<"],
            ),
            (
                10_996,
                "950",
                ["11.00 <small>kW", "1.0 <small>kWh", ">1.0 kWh<"],
            ),
        ] {
            let mut state = State::new(clock, Duration::from_secs(10));
            let mut cells = Cells::empty(&STANDARD);
            for (field, value) in STANDARD.fields.iter().zip(&mut cells.values) {
                *value = match field.role {
                    Some(Role::Power) => Some(Value::Number(Decimal::from(power))),
                    Some(Role::DailyYield) => Some(Value::Number(energy.parse().unwrap())),
                    _ => None,
                };
            }
            let inverter = InverterId::kaco(Some(2));
            let mut answer = Box::new(Reading::of(inverter.clone(), cells));
            answer.time = Some(clock());
            let first_byte = Duration::ZERO;
            let read = Outcome::Read { answer, first_byte };
            state.observe(&Observation::new(inverter, read));
            let page = page(&state, false);
            for due in due {
                assert!(page.contains(due), "{due}: {page}");
            }
        }
    }

    #[test]
    fn a_page_without_anything_explains_itself() {
        let mut state = State::new(clock, Duration::from_secs(10));
        let empty = page(&state, false);
        assert!(empty.contains("No inverter has replied yet."), "{empty}");
        assert!(
            empty.contains("Nothing has been fed in today") && !empty.contains("<nav"),
            "{empty}"
        );
        state.add(&InverterId::kaco(Some(2)));
        let waiting = page(&state, true);
        assert!(waiting.contains("<tr class=\"old\">"), "{waiting}");
        assert!(waiting.contains("href=\"month/2026-06\""), "{waiting}");
    }
}
