//! Logs of made-up inverters: days, and a whole year of a plant. The same in each run and on each
//! machine.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta};
use kaco_ardexa::kaco::layouts::{MPPT2, MPPT3, STANDARD, THREE_UNITS};
use kaco_ardexa::kstar::layout::KSTAR;
use kaco_ardexa::reading::{Field, Kind, Layout, Role, Unit};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// To the byte, what the Python program wrote.
pub const PYTHON: &str = "# datetime, status, DC Voltage MPPT1, DC Current MPPT1, DC Power MPPT1, DC Voltage MPPT2, DC Current MPPT2, DC Power MPPT2, DC Voltage MPPT3, DC Current MPPT3, DC Power MPPT3, AC Voltage phase 1, AC Current phase 1, AC Voltage phase 2, AC Current phase 2, AC Voltage phase 3, AC Current phase 3, DC Power total, AC Power total, cos phi, Circuit board temperature, Daily yield\n";

/// What writes a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// One phase, 5 kW.
    Standard,
    /// Two trackers.
    Mppt2,
    /// Three trackers, 33.3 kW.
    Mppt3,
    /// The same, written by the Python program.
    Python,
    /// A 000xi.
    Units,
    /// A hybrid.
    Kstar,
}

pub const MODELS: [Model; 6] = [
    Model::Standard,
    Model::Mppt2,
    Model::Mppt3,
    Model::Python,
    Model::Units,
    Model::Kstar,
];

/// One row: seconds since midnight by the clock on the wall, its offset, W, and the counter in Wh.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub clock: i32,
    pub offset: i32,
    pub power: i64,
    pub counter: i64,
    /// Parts of the DC power, thousandths of what each tracker would have.
    pub trackers: [i64; 3],
    pub status: &'static str,
}

impl Point {
    pub fn new(clock: i32, offset: i32, power: i64, counter: i64) -> Self {
        Self {
            clock,
            offset,
            power,
            counter,
            trackers: [1000; 3],
            status: "mpp-track",
        }
    }
}

impl Model {
    fn layout(self) -> &'static Layout {
        match self {
            Self::Standard => &STANDARD,
            Self::Mppt2 => &MPPT2,
            Self::Mppt3 | Self::Python => &MPPT3,
            Self::Units => &THREE_UNITS,
            Self::Kstar => &KSTAR,
        }
    }

    fn fields(self) -> impl Iterator<Item = &'static Field> {
        let count = if self == Self::Python { 21 } else { usize::MAX };
        self.layout().fields.iter().take(count)
    }

    const fn type_code(self) -> &'static str {
        match self {
            Self::Standard => "5002xi",
            Self::Units => "3x10k",
            _ => "390TL",
        }
    }

    pub fn header(self) -> String {
        if self == Self::Python {
            return PYTHON.to_owned();
        }
        let labels: Vec<&str> = self.fields().map(|field| field.label).collect();
        format!("# datetime, {}\n", labels.join(", "))
    }

    /// Units of a 000xi count each for itself.
    const fn units(self) -> i64 {
        if matches!(self, Self::Units) { 3 } else { 1 }
    }

    /// What a counter shows, Wh: steps of 0.1 kWh for KSTAR.
    pub fn shown(self, counter: i64) -> i64 {
        match self {
            Self::Kstar => counter / 100 * 100,
            Self::Units => counter / 3 * 3,
            _ => counter,
        }
    }

    pub fn row(self, date: NaiveDate, point: &Point) -> String {
        let Point { clock, offset, .. } = *point;
        let sign = if offset < 0 { '-' } else { '+' };
        let (hours, minutes, seconds) = (clock / 3600, clock / 60 % 60, clock % 60);
        let zone = offset.abs();
        let mut row = format!(
            "{date}T{hours:02}:{minutes:02}:{seconds:02}{sign}{:02}{:02}",
            zone / 3600,
            zone / 60 % 60
        );
        for field in self.fields() {
            let _ = write!(row, ",{}", self.cell(field, point));
        }
        row + "\n"
    }

    fn cell(self, field: &Field, point: &Point) -> String {
        let tracker = |number: i64, of: i64| {
            let part = point.trackers[usize::try_from(number - 1).unwrap()];
            (point.power * 103 / 100 / of * part / 1000).to_string()
        };
        match (field.role, field.kind) {
            (Some(Role::Power), _) => (point.power / self.units()).to_string(),
            (Some(Role::DailyYield), _) if field.unit == Unit::KilowattHour => {
                format!("{}.{}", point.counter / 1000, point.counter / 100 % 10)
            }
            (Some(Role::DailyYield), _) => (point.counter / self.units()).to_string(),
            (_, Kind::Status) if self == Self::Kstar => "on".to_owned(),
            (_, Kind::Status) => point.status.to_owned(),
            (_, Kind::TypeCode) => self.type_code().to_owned(),
            _ => match field.label {
                "PV1 Power" | "DC Power MPPT1" if self != Self::Mppt3 && self != Self::Python => {
                    tracker(1, 2)
                }
                "PV2 Power" | "DC Power MPPT2" if self != Self::Mppt3 && self != Self::Python => {
                    tracker(2, 2)
                }
                "DC Power MPPT1" | "DC Power unit 1" => tracker(1, 3),
                "DC Power MPPT2" | "DC Power unit 2" => tracker(2, 3),
                "DC Power MPPT3" | "DC Power unit 3" => tracker(3, 3),
                "Load Power" => "450".to_owned(),
                "Grid Power" => (450 - point.power / 2).to_string(),
                "Battery Power" => (point.power / 2).to_string(),
                "Error Codes" => "0".to_owned(),
                label if label.contains("Voltage") => "231.4".to_owned(),
                label if label.contains("Current") => "4.18".to_owned(),
                _ => "1".to_owned(),
            },
        }
    }
}

/// The power of an inverter of 1000 W at a clear day, by the share of the day that has passed: a
/// parabola, squared.
fn curve(passed: i64, all: i64) -> i64 {
    let part = 4 * passed * (all - passed) * 1000 / (all * all);
    part * part / 1000
}

/// How long the sun shines, minutes, and how strong it is, thousandths: for the middle of each
/// month.
const SEASONS: [(i64, i64); 13] = [
    (500, 320),
    (590, 480),
    (710, 690),
    (820, 850),
    (930, 950),
    (980, 1000),
    (960, 990),
    (870, 920),
    (750, 780),
    (640, 580),
    (530, 380),
    (480, 280),
    (500, 320),
];

/// Sunshine and its strength on a day.
fn season(date: NaiveDate) -> (i64, i64) {
    let month = usize::try_from(date.month0()).unwrap();
    let ((one, strong), (next, weaker)) = (SEASONS[month], SEASONS[month + 1]);
    let day = i64::from(date.day0());
    (
        one + (next - one) * day / 31,
        strong + (weaker - strong) * day / 31,
    )
}

/// Numbers of `0..sides` that depend on nothing but what is given.
pub fn dice(date: NaiveDate, salt: u64, sides: i64) -> i64 {
    let days = u64::try_from(date.num_days_from_ce()).unwrap();
    let mut state = (days.wrapping_mul(1_000_003) ^ salt)
        .wrapping_add(1)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    i64::try_from(state >> 33).unwrap() % sides
}

/// An inverter of a plant.
#[derive(Debug, Clone, Copy)]
pub struct Inverter {
    pub model: Model,
    /// W
    pub peak: i64,
    /// Tells its noise from that of the others.
    pub salt: u64,
}

impl Inverter {
    pub const fn new(model: Model, peak: i64, salt: u64) -> Self {
        Self { model, peak, salt }
    }

    /// A day in steps of some minutes, by its own counter that begins at zero; `part` thousandths
    /// of what it could give.
    pub fn day(&self, date: NaiveDate, minutes: i64, part: i64) -> Vec<Point> {
        let (length, strength) = season(date);
        // Clouds are the same for all; each inverter has 2 % of noise of its own.
        let sun = [1000, 960, 900, 780, 560, 350, 990][usize::try_from(dice(date, 7, 7)).unwrap()];
        let own = 980 + dice(date, 1000 + self.salt, 41);
        let sunrise = 780 - length / 2;
        let mut counter = 0;
        let mut points = Vec::new();
        let mut passed = 0;
        while passed <= length {
            let cloud = if sun < 900 {
                700 + dice(date, u64::try_from(passed / 15).unwrap() + 20, 600)
            } else {
                1000
            };
            let power = self.peak * curve(passed, length) / 1000 * strength / 1000 * sun / 1000;
            let power = power * cloud / 1000 * own / 1000 * part / 1000;
            counter += power * minutes / 60;
            let clock = i32::try_from((sunrise + passed) * 60).unwrap();
            points.push(Point::new(
                clock + i32::try_from(self.salt % 31).unwrap(),
                7200,
                power,
                counter,
            ));
            passed += minutes;
        }
        points
    }
}

/// Writes one file.
pub fn write(folder: &Path, name: &str, content: &str) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(name), content).unwrap();
}

/// Writes the file of a day.
pub fn write_day(folder: &Path, model: Model, date: NaiveDate, points: &[Point]) {
    let rows: String = points.iter().map(|point| model.row(date, point)).collect();
    write(folder, &format!("{date}.csv"), &(model.header() + &rows));
}

/// A year of a plant with four inverters and a hybrid: `02` to `05` and `E4000K1234567`. From
/// 2026-10-12 on, one of three strings of `04` gives nothing; from 2026-02-03 to 2026-02-09 nothing
/// was logged at all.
pub fn write_year(directory: &Path) {
    let inverter = Inverter::new;
    let plant = [
        ("02", inverter(Model::Mppt3, 30_000, 2)),
        ("03", inverter(Model::Mppt3, 30_000, 3)),
        ("04", inverter(Model::Mppt3, 30_000, 4)),
        ("05", inverter(Model::Standard, 5_000, 5)),
        ("E4000K1234567", inverter(Model::Kstar, 4_000, 6)),
    ];
    let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    let failed = NaiveDate::from_ymd_opt(2026, 10, 12).unwrap();
    for date in first.iter_days().take(310) {
        if date.month() == 2 && (3..=9).contains(&date.day()) {
            continue;
        }
        for (label, inverter) in plant {
            let has_failed = label == "04" && date >= failed;
            let mut points = inverter.day(date, 10, if has_failed { 667 } else { 1000 });
            for point in &mut points {
                if has_failed {
                    point.trackers = [1500, 0, 1500];
                }
                if label == "05" && date == day_shown() && (46_000..48_500).contains(&point.clock) {
                    (point.power, point.status) = (0, "grid-fail");
                }
            }
            if label == "02" && date == day_shown() {
                points.retain(|point| !(32_400..36_900).contains(&point.clock));
            }
            write_day(&directory.join(label), inverter.model, date, &points);
        }
    }
}

/// A day of that year with a hole and a fault.
pub fn day_shown() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 5, 3).unwrap()
}

/// Puts rows before the last one of each inverter of a log directory: for so many minutes, every so
/// many minutes, with a share of the power of the last row.
pub fn fill(log: &Path, minutes: i32, every: usize, share: impl Fn(i32) -> f64) {
    for folder in fs::read_dir(log).unwrap() {
        let folder = folder.unwrap().path();
        let files = fs::read_dir(&folder).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let day = names.into_iter().find(|name| name.starts_with("20"));
        let path = folder.join(day.unwrap());
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let labels: Vec<&str> = lines[0].split(", ").collect();
        let last: Vec<&str> = lines[lines.len() - 1].split(',').collect();
        let time = DateTime::parse_from_str(last[0], "%Y-%m-%dT%H:%M:%S%z").unwrap();
        let mut rows = format!("{}\n", lines[0]);
        for minute in (1..minutes).rev().step_by(every) {
            let time = time - TimeDelta::minutes(minute.into());
            let cells = labels.iter().zip(&last).skip(1).map(|(label, cell)| {
                let is_power = label.starts_with("AC Power");
                let power = cell.parse::<f64>().ok().filter(|_| is_power);
                let power = power.map(|power| format!("{:.0}", power * share(minute)));
                power.unwrap_or_else(|| (*cell).to_owned())
            });
            let cells: Vec<String> = cells.collect();
            let time = time.format("%Y-%m-%dT%H:%M:%S%z");
            writeln!(rows, "{time},{}", cells.join(",")).unwrap();
        }
        fs::write(&path, rows + lines[lines.len() - 1] + "\n").unwrap();
    }
}
