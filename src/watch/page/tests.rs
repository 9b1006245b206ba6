//! Pages as text, at sizes and in states where an earlier page misled.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use super::*;
use crate::inverter::InverterId;
use crate::kaco::layouts::{STANDARD, THREE_UNITS};
use crate::kstar::layout::KSTAR;
use crate::observation::{Observation, Outcome};
use crate::reading::{Cells, Kind, Layout as Columns, Reading, Role, StatusCode, Value};
use crate::watch::view::Sort;
use chrono::DateTime;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Modifier;
use std::borrow::Cow;
use std::time::Duration;
use tokio::time::Instant;

const EVERY: Duration = Duration::from_secs(10);

/// A plant, its clock and its page.
struct Bench {
    plant: Plant,
    view: View,
    surroundings: Surroundings,
}

fn reading(layout: &'static Columns, status: &'static str, numbers: &[(Role, i64)]) -> Reading {
    let mut cells = Cells::empty(layout);
    for (field, value) in layout.fields.iter().zip(&mut cells.values) {
        let number = numbers.iter().find(|(role, _)| Some(*role) == field.role);
        if let Some((_, number)) = number {
            *value = Some(Value::Number((*number).into()));
        } else if field.kind == crate::reading::Kind::Status {
            *value = Some(Value::Text(Cow::Borrowed(status)));
        }
    }
    Reading::of(InverterId::kaco(None), cells)
}

/// A KACO reading: power in W, yield of the day in Wh.
fn kaco(status: &'static str, power: i64, energy: i64) -> Reading {
    let numbers = [
        (Role::Power, power),
        (Role::DailyYield, energy),
        (Role::Temperature, 33),
    ];
    reading(&STANDARD, status, &numbers)
}

impl Bench {
    fn new(time: &str) -> Self {
        let now = Now {
            instant: Instant::now(),
            local: DateTime::parse_from_rfc3339(time).unwrap(),
        };
        Self {
            plant: Plant::new(vec!["/dev/ttyUSB0".to_owned()], EVERY, now),
            view: View::default(),
            surroundings: Surroundings {
                now,
                is_paused: false,
                health: Vec::new(),
                events: Vec::new(),
                look: Look {
                    has_color: true,
                    is_unicode: true,
                },
            },
        }
    }

    /// Noon, with `count` inverters at addresses from 1 on.
    fn with(count: u8) -> Self {
        let mut bench = Self::new("2026-06-10T12:00:00+02:00");
        for address in 1..=count {
            bench.read(address, kaco("mpp-track", 412, 40_900));
        }
        bench.round();
        bench
    }

    fn pass(&mut self, seconds: u64) {
        let now = &mut self.surroundings.now;
        now.instant += Duration::from_secs(seconds);
        now.local += Duration::from_secs(seconds);
    }

    fn round(&mut self) {
        self.plant.round_done(0, self.surroundings.now);
    }

    fn take(&mut self, id: InverterId, outcome: Outcome) {
        let observation = Observation::new(id, outcome);
        self.plant.take(0, &observation, self.surroundings.now);
    }

    fn read(&mut self, address: u8, mut reading: Reading) {
        reading.time = Some(self.surroundings.now.local);
        let answer = Box::new(reading);
        let first_byte = Duration::from_millis(60);
        let outcome = Outcome::Read { answer, first_byte };
        self.take(InverterId::kaco(Some(address)), outcome);
    }

    fn silent(&mut self, address: u8) {
        self.take(InverterId::kaco(Some(address)), Outcome::Silent);
    }

    fn press(&mut self, code: KeyCode) {
        let key = KeyEvent::new(code, KeyModifiers::NONE);
        self.view.press(key, &self.plant, self.surroundings.now);
    }

    fn draw(&mut self, width: u16, height: u16) -> Buffer {
        let mut surroundings = self.surroundings.clone();
        surroundings.health = self.plant.health().chain(surroundings.health).collect();
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal
            .draw(|frame| draw(frame, &self.plant, &mut self.view, &surroundings))
            .unwrap();
        terminal.backend().buffer().clone()
    }

    fn text(&mut self, width: u16, height: u16) -> String {
        text(&self.draw(width, height))
    }
}

fn text(buffer: &Buffer) -> String {
    let rows = buffer.content.chunks(usize::from(buffer.area.width));
    let line = |row: &[ratatui::buffer::Cell]| row.iter().map(|cell| cell.symbol()).collect();
    rows.map(line).collect::<Vec<String>>().join("\n")
}

/// The cells of the first place that shows this text.
#[track_caller]
fn cells<'a>(buffer: &'a Buffer, wanted: &str) -> &'a [ratatui::buffer::Cell] {
    let length = wanted.chars().count();
    let is_it = |cells: &&[ratatui::buffer::Cell]| {
        cells.iter().map(|cell| cell.symbol()).collect::<String>() == wanted
    };
    let mut places = buffer.content.windows(length);
    let found = places.find(is_it);
    found.unwrap_or_else(|| panic!("no {wanted:?} in\n{}", text(buffer)))
}

fn is_dim(cells: &[ratatui::buffer::Cell]) -> bool {
    let mut cells = cells.iter().filter(|cell| cell.symbol() != " ");
    cells.all(|cell| cell.modifier.contains(Modifier::DIM))
}

#[test]
fn pages_of_all_sizes_are_whole() {
    let page = Bench::with(2).text(40, 8);
    let lines: Vec<&str> = page.lines().map(str::trim_end).collect();
    assert_eq!(
        lines,
        [
            "/dev/ttyUSB0                    12:00:00",
            "0.82 kW  2/2  81.8 kWh",
            " /dev/ttyUSB0 ok",
            "  inverter status     power    today",
            "› 01       mpp-track  412 W 40.9 kWh",
            "  02       mpp-track  412 W 40.9 kWh",
            "",
            " q quit  ? help  e events  enter details",
        ]
    );
}

#[test]
fn number_is_never_cut() {
    for count in [1, 32] {
        for width in 24..=200 {
            for height in [8, 24] {
                let page = Bench::with(count).text(width, height);
                let whole = page.matches(" 412 W").count();
                assert!(whole >= 1, "{width}x{height}\n{page}");
                assert_eq!(
                    page.matches("2 W").count(),
                    whole,
                    "{width}x{height}\n{page}"
                );
                let energies = page.matches("9 kWh").count();
                assert_eq!(page.matches(" 40.9 kWh").count(), energies, "{page}");
            }
        }
    }
}

#[test]
fn page_states_how_many_inverters_it_shows() {
    let mut bench = Bench::with(32);
    assert!(
        bench.text(80, 24).contains("1-12 of 32"),
        "{}",
        bench.text(80, 24)
    );
    bench.press(KeyCode::End);
    let page = bench.text(24, 8);
    assert!(page.contains("of 32") && page.contains("› 32"), "{page}");
    bench.press(KeyCode::PageUp);
    bench.press(KeyCode::Home);
    assert!(
        bench.text(70, 12).contains("› 01"),
        "{}",
        bench.text(70, 12)
    );
}

#[test]
fn thousands_of_inverters_are_drawn_in_time() {
    let mut bench = Bench::new("2026-06-10T12:00:00+02:00");
    for last in 0..1984_u16 {
        let ip = std::net::IpAddr::from([10, 0, (last >> 8) as u8, last as u8]);
        let id = InverterId::kstar(Some(format!("KS{last:04}")), Some(ip));
        bench.take(id, Outcome::Silent);
    }
    let page = bench.text(200, 60);
    assert!(
        page.contains("of 1984") && page.contains("KS0000"),
        "{page}"
    );
    bench.press(KeyCode::End);
    assert!(
        bench.text(24, 8).contains("KS1983"),
        "{}",
        bench.text(24, 8)
    );
}

#[test]
fn lost_link_is_in_the_title_and_its_values_are_dim() {
    let mut bench = Bench::with(2);
    bench.pass(3);
    let now = bench.surroundings.now;
    bench
        .plant
        .link_lost(0, "the connection to /dev/ttyUSB0 was lost".to_owned(), now);
    bench.pass(120);
    for (width, height) in [(24, 8), (40, 12), (80, 24), (200, 60)] {
        let buffer = bench.draw(width, height);
        let page = text(&buffer);
        assert!(page.contains("LOST"), "{page}");
        assert!(page.contains("since 12:00:03") || width < 40, "{page}");
        assert_eq!(page.matches("unknown").count(), 2, "no total: {page}");
        assert!(page.contains("0 of 2") || page.contains("0/2"), "{page}");
        assert!(is_dim(cells(&buffer, "412 W")), "{page}");
        assert!(!page.contains("mpp-track"), "{page}");
    }
    let now = bench.surroundings.now;
    bench.plant.link_back(0, now);
    bench.read(1, kaco("mpp-track", 500, 41_000));
    assert!(!is_dim(cells(&bench.draw(80, 24), "500 W")));
}

#[test]
fn values_older_than_two_rounds_are_dim() {
    let mut bench = Bench::with(2);
    for _ in 0..2 {
        bench.pass(10);
        bench.read(2, kaco("mpp-track", 700, 41_000));
        bench.round();
    }
    assert!(!is_dim(cells(&bench.draw(80, 24), "412 W")));
    bench.pass(10);
    bench.read(2, kaco("mpp-track", 700, 41_000));
    bench.round();
    let buffer = bench.draw(80, 24);
    assert!(is_dim(cells(&buffer, "412 W")), "{}", text(&buffer));
    assert!(!is_dim(cells(&buffer, "700 W")), "{}", text(&buffer));
    assert!(text(&buffer).contains("1 of 2"), "{}", text(&buffer));
    assert!(text(&buffer).contains("unknown"), "{}", text(&buffer));
}

#[test]
fn pause_does_not_make_later_values_young() {
    let mut bench = Bench::with(1);
    bench.pass(3600);
    let now = bench.surroundings.now;
    bench.plant.resume(now);
    bench.read(1, kaco("mpp-track", 412, 40_900));
    bench.round();
    bench.pass(21);
    assert!(is_dim(cells(&bench.draw(80, 24), "412 W")));
}

#[test]
fn terminals_of_any_size_are_drawn_in_every_mode() {
    let mut bench = Bench::with(5);
    let modes = [Mode::List, Mode::Details, Mode::Events, Mode::Help];
    for mode in modes {
        bench.view.mode = mode;
        bench.press(KeyCode::PageDown);
        for size in 1..70 {
            bench.draw(size, 24);
            bench.draw(80, size);
            bench.draw(size, size);
        }
    }
}

#[test]
fn first_round_that_takes_long_makes_nothing_old() {
    let mut bench = Bench::new("2026-06-10T12:00:00+02:00");
    bench.read(1, kaco("mpp-track", 412, 40_900));
    bench.pass(60);
    assert!(!is_dim(cells(&bench.draw(80, 24), "412 W")));
    bench.round();
    bench.pass(60);
    assert!(!is_dim(cells(&bench.draw(80, 24), "412 W")));
}

#[test]
fn every_trouble_is_shown_until_it_is_over() {
    let mut bench = Bench::with(2);
    let since = bench.surroundings.now.local;
    let ill = |name: &str, text: &str| SinkHealth {
        name: name.to_owned(),
        trouble: Some((since, text.to_owned())),
    };
    bench.surroundings.health = vec![
        ill("log", "no space left on device"),
        SinkHealth::good("MQTT"),
    ];
    for (width, height) in [(24, 8), (40, 12), (80, 24), (200, 60)] {
        let buffer = bench.draw(width, height);
        let cells = cells(&buffer, "log since 12:00:00");
        assert!(cells.iter().all(|cell| cell.fg == Color::Red));
    }
    assert!(bench.text(80, 24).contains("no space left on device"));
    bench.surroundings.health = (0..7).map(|at| ill(&format!("s{at}"), "full")).collect();
    let page = bench.text(80, 24);
    assert!(page.contains("4 more troubles: s3, s4, s5, s6"), "{page}");
    assert!(
        bench.text(24, 8).contains("7 troubles: s0, s1"),
        "{}",
        bench.text(24, 8)
    );
    bench.surroundings.health = vec![SinkHealth::good("log"), SinkHealth::good("MQTT")];
    assert!(bench.text(80, 24).contains("log ok · MQTT ok"));
}

#[test]
fn yield_of_a_sleeping_inverter_stays_for_the_day() {
    let mut bench = Bench::new("2026-06-10T21:59:00+02:00");
    bench.read(1, kaco("night", 0, 40_900));
    bench.round();
    bench.pass(30);
    bench.silent(1);
    bench.round();
    let buffer = bench.draw(80, 24);
    assert!(
        text(&buffer).contains("today    40.9 kWh"),
        "{}",
        text(&buffer)
    );
    assert!(
        text(&buffer).contains("power    0.00 kW"),
        "{}",
        text(&buffer)
    );
    let last = text(&buffer).rfind("40.9 kWh");
    assert!(last > text(&buffer).find("no reply"), "{}", text(&buffer));
    let row = buffer.content.chunks(80).find(|row| {
        row.iter()
            .map(|cell| cell.symbol())
            .collect::<String>()
            .contains("no reply")
    });
    let dim = row
        .unwrap()
        .iter()
        .filter(|cell| cell.modifier.contains(Modifier::DIM));
    assert!(
        dim.map(|cell| cell.symbol())
            .collect::<String>()
            .contains("40.9 kWh")
    );
    bench.pass(3 * 3600);
    let page = bench.text(80, 24);
    assert!(
        page.contains("today    0.0 kWh") && !page.contains("40.9"),
        "{page}"
    );
}

#[test]
fn night_has_no_minus_sign() {
    let mut bench = Bench::new("2026-06-10T23:00:00+02:00");
    bench.read(1, kaco("night", -3, 0));
    let page = bench.text(80, 24);
    assert!(page.contains("power    0.00 kW"), "{page}");
}

#[test]
fn curve_does_not_drop_while_a_round_is_under_way() {
    let mut bench = Bench::with(8);
    for _ in 0..5 {
        bench.pass(10);
        for address in 1..=8 {
            bench.read(address, kaco("mpp-track", 412, 40_900));
        }
        bench.round();
    }
    bench.pass(10); // a new minute, of which only one inverter was read
    bench.read(1, kaco("mpp-track", 412, 40_900));
    let window = crate::watch::curve::Window::new(bench.view.span, bench.surroundings.now.local);
    assert_eq!(
        bench.plant.curve(window)[58..],
        [Some(3296.0), Some(3296.0)]
    );
}

#[test]
fn faults_come_first_and_do_not_count_as_online() {
    let mut bench = Bench::with(3);
    let mut fault = kaco("grid-overvoltage-l1", 0, 10);
    fault.is_fault = true;
    fault.status_code = StatusCode::One(42);
    bench.read(3, fault);
    for sort in [Sort::Address, Sort::Power, Sort::Yield, Sort::Status] {
        bench.view.sort = sort;
        let page = bench.text(80, 24);
        assert!(page.find(" 03 ") < page.find(" 01 "), "{sort:?}\n{page}");
    }
    let page = bench.text(80, 24);
    assert!(page.contains("2 of 3, 1 fault"), "{page}");
    assert!(
        page.contains("grid-overvoltage-l1"),
        "a status is whole: {page}"
    );
    bench.press(KeyCode::Home);
    bench.press(KeyCode::Enter);
    let page = bench.text(80, 24);
    assert!(page.contains("Grid overvoltage L1 (code 42)"), "{page}");
    bench.press(KeyCode::Esc);
    assert!(bench.text(80, 24).contains("3 inverters by status"));
}

#[test]
fn hybrids_show_pv_house_battery_and_grid() {
    let mut bench = Bench::new("2026-06-10T12:00:00+02:00");
    let numbers = [
        (Role::TotalDcPower, 1630),
        (Role::LoadPower, 412),
        (Role::Charge, 64),
        (Role::BatteryPower, 512),
        (Role::GridPower, -700),
        (Role::DailyYield, 8),
    ];
    let id = InverterId::kstar(Some("KS1".to_owned()), Some([10, 0, 0, 1].into()));
    let answer = Box::new(reading(&KSTAR, "on", &numbers));
    let first_byte = Duration::from_millis(60);
    bench.take(id, Outcome::Read { answer, first_byte });
    let page = bench.text(80, 24);
    for text in [
        "KS1",
        "PV",
        "house",
        "1630 W",
        "412 W",
        "64 % +512 W",
        "out 700 W",
    ] {
        assert!(page.contains(text), "{text}\n{page}");
    }
    assert!(page.contains("grid     out 0.70 kW"), "{page}");
    bench.press(KeyCode::Enter);
    let page = bench.text(200, 60);
    for text in ["inverter KS1", "battery", "grid", "-700 W", "Load Power"] {
        assert!(page.contains(text), "{text}\n{page}");
    }
}

#[test]
fn plain_terminals_get_ascii_without_colours() {
    let mut bench = Bench::with(3);
    bench.surroundings.look = Look {
        has_color: false,
        is_unicode: false,
    };
    for code in [
        KeyCode::Esc,
        KeyCode::Enter,
        KeyCode::Char('?'),
        KeyCode::Char('e'),
    ] {
        bench.press(code);
        let buffer = bench.draw(80, 24);
        assert!(text(&buffer).is_ascii(), "{}", text(&buffer));
        assert!(text(&buffer).starts_with("+ /dev/ttyUSB0 -----"));
        assert!(buffer.content.iter().all(|cell| cell.fg == Color::Reset));
    }
}

#[test]
fn groups_have_the_health_of_their_bus() {
    let mut bench = Bench::with(2);
    bench.press(KeyCode::Char('b'));
    assert!(bench.text(80, 24).contains("/dev/ttyUSB0  ok, 2 of 2 read"));
    let now = bench.surroundings.now;
    bench.plant.link_lost(0, "gone".to_owned(), now);
    assert!(
        bench
            .text(80, 24)
            .contains("/dev/ttyUSB0  LOST since 12:00:00: gone")
    );
}

#[test]
fn events_have_times() {
    let mut bench = Bench::with(1);
    let entry = |is_trouble, text: &str| TimedMessage {
        time: bench.surroundings.now.local,
        is_trouble,
        text: text.to_owned(),
    };
    bench.surroundings.events = vec![
        entry(true, "error: full\n  make room"),
        entry(false, "log is back"),
    ];
    bench.press(KeyCode::Char('e'));
    let page = bench.text(80, 24);
    let back = page.find("12:00:00  log is back");
    assert!(
        back.is_some() && back < page.find("12:00:00  error: full; make room"),
        "{page}"
    );
}

#[test]
fn first_row_is_selected_until_another_one_is_chosen_and_after_sorting() {
    let mut bench = Bench::with(32);
    let mut fault = kaco("grid-overvoltage-l1", 0, 10);
    fault.is_fault = true;
    bench.read(20, fault);
    assert!(
        bench.text(80, 24).contains("› 20 "),
        "{}",
        bench.text(80, 24)
    );
    bench.press(KeyCode::Enter);
    assert!(bench.text(80, 24).contains("inverter 20"));
    bench.press(KeyCode::Esc);
    bench.press(KeyCode::End);
    bench.read(31, kaco("mpp-track", 9000, 40_900));
    assert!(bench.text(80, 24).contains("› 32 "));
    bench.press(KeyCode::Char('s'));
    let page = bench.text(80, 24);
    assert!(
        page.contains("1-12 of 32 by power") && page.contains("› 20 "),
        "{page}"
    );
    bench.press(KeyCode::Down);
    assert!(bench.text(80, 24).contains("› 31 "));
    // Where no list is seen, none is sorted.
    bench.press(KeyCode::Enter);
    bench.press(KeyCode::Char('s'));
    bench.press(KeyCode::Esc);
    let page = bench.text(80, 24);
    assert!(
        page.contains("by power") && page.contains("› 31 "),
        "{page}"
    );
}

#[test]
fn small_details_name_their_inverter() {
    let mut bench = Bench::with(3);
    bench.press(KeyCode::Down);
    bench.press(KeyCode::Enter);
    for (width, height) in [(24, 8), (40, 12)] {
        let page = bench.text(width, height);
        assert!(page.contains("inverter   02"), "{page}");
    }
    assert_eq!(bench.text(80, 24).matches("inverter").count(), 1);
}

#[test]
fn details_count_no_replies_of_a_silent_inverter() {
    let mut bench = Bench::new("2026-06-10T12:00:00+02:00");
    bench.silent(1);
    bench.press(KeyCode::Enter);
    let page = bench.text(80, 24);
    assert!(
        page.contains("not read yet") && !page.contains("replies"),
        "{page}"
    );
}

#[test]
fn an_inverter_to_which_nothing_can_be_sent_has_a_reason() {
    let mut bench = Bench::new("2026-06-10T12:00:00+02:00");
    let id = InverterId::kstar(None, Some([10, 0, 0, 1].into()));
    let outcome = Outcome::Unreachable("10.0.0.1 can't be reached".to_owned());
    let observation = Observation::new(id, outcome);
    let change = bench.plant.take(0, &observation, bench.surroundings.now);
    assert_eq!(
        change.map(|change| change.to_string()).as_deref(),
        Some("10.0.0.1: silent: 10.0.0.1 can't be reached")
    );
    bench.press(KeyCode::Enter);
    let page = bench.text(80, 24);
    assert!(
        page.contains("last error 10.0.0.1 can't be reached"),
        "{page}"
    );
}

#[test]
fn help_is_whole_on_a_narrow_page() {
    let mut bench = Bench::with(1);
    bench.press(KeyCode::Char('?'));
    let mut words = Vec::new();
    for _ in 0..40 {
        let page = bench.text(24, 8);
        let lines = page.lines().skip(3).take(4);
        words.extend(lines.flat_map(str::split_whitespace).map(str::to_owned));
        bench.press(KeyCode::Down);
    }
    for word in [
        "inverter", "values", "address,", "status", "curves", "drawn,", "share",
    ] {
        assert!(words.iter().any(|one| one == word), "{word}: {words:?}");
    }
}

#[test]
fn a_fault_is_named_once_when_it_begins() {
    let mut bench = Bench::new("2026-06-10T12:00:00+02:00");
    let mut fault = kaco("pv-overvoltage-3", 0, 10);
    fault.is_fault = true;
    fault.time = Some(bench.surroundings.now.local);
    let id = InverterId::kaco(Some(2));
    let first_byte = Duration::from_millis(60);
    let outcome = Outcome::Read {
        answer: Box::new(fault),
        first_byte,
    };
    let observation = Observation::new(id, outcome);
    let change = bench.plant.take(0, &observation, bench.surroundings.now);
    let text = change.map(|change| change.to_string()).unwrap_or_default();
    assert!(
        text.starts_with("02: fault: pv-overvoltage-3, 0 W, "),
        "{text}"
    );
}

/// As in the mails of cron: a unit that was not read still has its fault.
#[test]
fn another_fault_is_news_and_a_unit_that_is_missing_ends_none() {
    let mut bench = Bench::new("2026-06-10T12:00:00+02:00");
    let [good, bad, worse] = ["mpp-track", "RCD-shutdown", "insulation-error"].map(Some);
    for (units, due) in [
        ([good, bad, good], "fault"),
        ([good, None, good], ""),
        ([good, bad, good], ""),
        ([worse, bad, good], "fault"),
        ([good, good, good], "recovered"),
    ] {
        let mut states = units.into_iter();
        let mut answer = reading(&THREE_UNITS, "", &[]);
        for (field, value) in THREE_UNITS.fields.iter().zip(&mut answer.cells.values) {
            if field.kind == Kind::Status {
                *value = states
                    .next()
                    .flatten()
                    .map(|state| Value::Text(state.into()));
            }
        }
        answer.is_fault = units.contains(&bad);
        let outcome = Outcome::Read {
            answer: Box::new(answer),
            first_byte: Duration::ZERO,
        };
        let observation = Observation::new(InverterId::kaco(Some(2)), outcome);
        let change = bench.plant.take(0, &observation, bench.surroundings.now);
        let text = change.map(|change| change.to_string()).unwrap_or_default();
        let word = text.split(": ").nth(1).unwrap_or_default();
        assert_eq!(word, due, "{units:?}");
    }
}
