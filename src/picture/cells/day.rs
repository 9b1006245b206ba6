//! Power over local time, stacked by inverter.

use super::chart::{Chart, room};
use super::{CellLook, stack};
use crate::history::day::{DaySeries, FLOWS};
use crate::history::mean;
use crate::picture::axis;
use crate::picture::figures::{day_title, power};

/// The power of a day. Below it, load, grid and battery of KSTAR inverters as lines of text.
pub(crate) fn day(day: &DaySeries, look: CellLook) -> String {
    let room = usize::from(room(look));
    // Several steps share a column, or one is as wide as it can be.
    let each = day.steps.div_ceil(room.max(1)).max(1);
    let columns = day.steps.div_ceil(each);
    let wide = (room / columns.max(1)).clamp(1, 8);
    let value = |line: &[Option<f64>], column: usize| {
        let steps = line.iter().skip(column * each).take(each);
        mean(steps.flatten().copied())
    };
    let column = |number| stack(day.inverters.iter().map(|one| value(&one.power, number)));
    let place =
        |instant: i32| usize::try_from((instant - day.start) / day.step.max(1)).unwrap_or(0) / each;
    let faults = day.inverters.iter().flat_map(|inverter| &inverter.faults);
    let labels = axis::hours(day, room / 8);
    let chart = Chart {
        title: day_title(day),
        unit: "W",
        columns: (0..columns).map(column).collect(),
        wide: u16::try_from(wide).unwrap_or(1),
        gap: 0,
        labels: labels
            .into_iter()
            .map(|(instant, text)| (place(instant), text))
            .collect(),
        marks: faults
            .flat_map(|fault| place(fault.from)..=place(fault.to))
            .collect(),
        names: day.inverters.iter().map(|one| one.title.as_str()).collect(),
        look,
    };
    chart.print(18) + &flows(day)
}

/// The ranges of load, grid and battery: a terminal has no room for lines across areas.
fn flows(day: &DaySeries) -> String {
    let mut text = String::new();
    for inverter in &day.inverters {
        for (name, line) in FLOWS.iter().zip(&inverter.flows) {
            let values = || line.iter().flatten().copied();
            if let Some((low, high)) = values().reduce(f64::min).zip(values().reduce(f64::max)) {
                let title = &inverter.title;
                text += &format!("{title}: {name} from {} to {}\n", power(low), power(high));
            }
        }
    }
    text
}
