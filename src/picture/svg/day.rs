//! Power over local time, stacked by inverter.

use super::Embedding;
use super::canvas::{Canvas, LEFT, LINE, RIGHT, Swatch, TOP, WIDTH};
use crate::history::day::{DayInverter, DaySeries, FLOWS, Instant};
use crate::history::{at, total};
use crate::picture::axis;
use crate::picture::figures::{day_title, energy, power, scale};
use std::fmt::Write;

const HEIGHT: f64 = 340.0;

/// The power of a day.
pub(crate) fn day(day: &DaySeries, embedding: Embedding) -> String {
    let mut canvas = Canvas::new();
    let flows = flows(day);
    let stack = stack(day);
    let all = || {
        let powers = stack.iter().flatten().flatten().map(|part| part.1);
        powers.chain(flows.iter().flatten().flatten().copied())
    };
    let ticks = axis::ticks(all().fold(0.0, f64::min), all().fold(0.0, f64::max), 5);
    let plot = DayPlot {
        day,
        low: ticks.first().copied().unwrap_or(0.0),
        high: ticks.last().copied().unwrap_or(1.0),
        edges: edges(&stack, day.steps),
    };
    let (factor, unit) = scale(plot.high.max(-plot.low), "W");
    let label = |watt| axis::label(watt, factor);
    canvas.scale(&ticks, |watt| plot.y(watt), label, &unit);
    plot.draw_inverters(&stack, &mut canvas);
    // After the areas, which would hide the lines.
    plot.draw_flows(&flows, &mut canvas);
    let mut y = plot.draw_hours(&mut canvas);
    let has_faults = day.inverters.iter().any(|one| !one.faults.is_empty());
    if has_faults {
        plot.draw_faults(y, &mut canvas);
        y += LINE;
    }
    y += 20.0;
    let entries = legend(day, &flows, has_faults);
    if !entries.is_empty() {
        y += canvas.legend(y, &entries);
    }
    canvas.finish(y.ceil(), &day_title(day), embedding)
}

fn hover(day: &DaySeries, inverter: &DayInverter) -> String {
    let mut text = inverter.title.clone();
    if let Some((watt, when)) = inverter.peak {
        let _ = write!(text, ": peak {} at {}", power(watt), day.hour(when));
    }
    if let Some(yielded) = inverter.energy {
        let _ = write!(text, ", {}", energy(yielded));
    }
    text
}

fn legend(day: &DaySeries, flows: &[Vec<Option<f64>>], has_faults: bool) -> Vec<(Swatch, String)> {
    let mut entries = Vec::new();
    let has_flows = !flows.is_empty();
    if day.inverters.len() > 1 || has_flows {
        let names = day.inverters.iter().map(|inverter| inverter.title.clone());
        entries.extend((0..).map(Swatch::Series).zip(names));
    }
    if has_flows {
        let names = [
            "load",
            "grid (import above 0)",
            "battery (charging above 0)",
        ];
        let lines = (0..).map(|number| Swatch::Line(format!("line l{number}")));
        entries.extend(lines.zip(names.map(str::to_owned)));
    }
    if has_faults {
        entries.push((Swatch::Mark, "fault".to_owned()));
    }
    entries
}

/// Load, grid and battery of all KSTAR inverters together; nothing without any.
fn flows(day: &DaySeries) -> Vec<Vec<Option<f64>>> {
    let has_none = |inverter: &DayInverter| inverter.flows.iter().all(Vec::is_empty);
    if day.inverters.iter().all(has_none) {
        return Vec::new();
    }
    let sum = |flow: usize, step: usize| {
        let lines = day.inverters.iter().filter_map(|one| one.flows.get(flow));
        total(lines.map(|line| at(line, step)))
    };
    (0..FLOWS.len())
        .map(|flow| (0..day.steps).map(|step| sum(flow, step)).collect())
        .collect()
}

/// Lower and upper end of the area of an inverter in each step, W.
type Parts = Vec<Option<(f64, f64)>>;

fn stack(day: &DaySeries) -> Vec<Parts> {
    let mut sums = vec![0.0; day.steps];
    let one = |inverter: &DayInverter| -> Parts {
        let steps = sums.iter_mut().zip(&inverter.power);
        let part = |(sum, power): (&mut f64, &Option<f64>)| {
            let from = *sum;
            // What an inverter draws at night would put its area below that of the one under it.
            *sum += power.as_ref()?.max(0.0);
            Some((from, *sum))
        };
        steps.map(part).collect()
    };
    day.inverters.iter().map(one).collect()
}

/// Steps that have a value without a hole between them, each with its number.
fn runs<T: Copy>(values: &[Option<T>]) -> Vec<Vec<(usize, T)>> {
    let numbered = values.iter().enumerate();
    let numbered = numbered.map(|(step, value)| Some((step, (*value)?)));
    let numbered: Vec<Option<(usize, T)>> = numbered.collect();
    let runs = numbered.split(Option::is_none);
    let runs = runs.filter(|run| !run.is_empty());
    runs.map(|run| run.iter().flatten().copied().collect())
        .collect()
}

/// The run without steps at its ends that have no power, but for one; nothing if none has any.
fn lit(mut run: Vec<(usize, (f64, f64))>) -> Option<Vec<(usize, (f64, f64))>> {
    let has_power = |(_, (from, to)): &(usize, (f64, f64))| to > from;
    let first = run.iter().position(has_power)?;
    let last = run.iter().rposition(has_power)?;
    // One step without power at each end, from which the area rises.
    run.truncate(last + 2);
    Some(run.split_off(first.saturating_sub(1)))
}

struct DayPlot<'a> {
    day: &'a DaySeries,
    low: f64,
    high: f64,
    edges: Vec<bool>,
}

impl DayPlot<'_> {
    fn draw_inverters(&self, stack: &[Parts], canvas: &mut Canvas) {
        for (number, (inverter, parts)) in self.day.inverters.iter().zip(stack).enumerate() {
            let title = hover(self.day, inverter);
            for run in runs(parts).into_iter().filter_map(lit) {
                canvas.series_path(&self.area(&run), number, &title);
            }
        }
    }

    fn draw_flows(&self, flows: &[Vec<Option<f64>>], canvas: &mut Canvas) {
        for (number, (line, name)) in flows.iter().zip(FLOWS).enumerate() {
            for run in runs(line) {
                let points = run.iter().map(|(step, watt)| (self.middle(*step), *watt));
                canvas.path(&self.line(points), &format!("line l{number}"), name);
            }
        }
    }

    /// The hours below the plot; gives where they end.
    fn draw_hours(&self, canvas: &mut Canvas) -> f64 {
        let bottom = TOP + HEIGHT;
        for (instant, text) in axis::hours(self.day, 13) {
            let x = self.x(instant);
            canvas.path(&format!("M{x:.1} {bottom}v5"), "axis", "");
            canvas.text(x, bottom + LINE, "n m w", &text);
        }
        bottom + LINE + 8.0
    }

    /// A line of marks, and of bars for faults that last.
    fn draw_faults(&self, y: f64, canvas: &mut Canvas) {
        for inverter in &self.day.inverters {
            for fault in &inverter.faults {
                let (from, to) = (self.day.hour(fault.from), self.day.hour(fault.to));
                let title = format!("{}: {} ({from} to {to})", inverter.title, fault.text);
                let (start, end) = (self.x(fault.from), self.x(fault.to));
                // A shorter one is hidden by its mark.
                if end - start > 6.0 {
                    canvas.rect([start, y + 4.0, end - start, 5.0], "fault", &title);
                }
                canvas.mark(start, y, &title);
            }
        }
        canvas.text(LEFT - 8.0, y + 10.0, "e w", "faults");
    }

    fn x(&self, instant: Instant) -> f64 {
        let all = f64::from(self.day.instant(self.day.steps) - self.day.start).max(1.0);
        let part = f64::from(instant - self.day.start) / all;
        LEFT + part.clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    }

    /// The middle of a step.
    fn middle(&self, step: usize) -> f64 {
        self.x(self.day.instant(step) + self.day.step / 2)
    }

    fn y(&self, watt: f64) -> f64 {
        let part = (watt - self.low) / (self.high - self.low).max(f64::MIN_POSITIVE);
        TOP + HEIGHT * (1.0 - part)
    }

    /// Up along the upper ends, back along the lower ones; upright where an inverter below begins
    /// or ends.
    fn area(&self, run: &[(usize, (f64, f64))]) -> String {
        let is_edge = |step: usize| run.len() == 1 || self.edges.get(step).copied().unwrap_or(true);
        let mut places = Vec::new();
        for (number, (step, ends)) in run.iter().enumerate() {
            if is_edge(*step) {
                let x = self.x(self.day.instant(*step));
                let before = number.checked_sub(1).and_then(|before| run.get(before));
                places.extend(before.map(|(_, ends)| (x, *ends)));
                places.push((x, *ends));
            }
            places.push((self.middle(*step), *ends));
        }
        if let Some((step, ends)) = run.last().filter(|(step, _)| is_edge(step + 1)) {
            places.push((self.x(self.day.instant(step + 1)), *ends));
        }
        let upper = places.iter().map(|(x, (_, to))| (*x, *to));
        let lower = places.iter().rev().map(|(x, (from, _))| (*x, *from));
        self.line(upper.chain(lower)) + "z"
    }

    fn line(&self, points: impl Iterator<Item = (f64, f64)>) -> String {
        let mut d = String::new();
        for (number, (x, watt)) in points.enumerate() {
            let sign = if number == 0 { 'M' } else { 'L' };
            let _ = write!(d, "{sign}{x:.1} {:.1}", self.y(watt));
        }
        d
    }
}

/// Per step, and for the end of the last: whether an inverter begins or ends there.
fn edges(stack: &[Parts], steps: usize) -> Vec<bool> {
    let is_there = |parts: &Parts, step: usize| parts.get(step).is_some_and(Option::is_some);
    let differs = |step: usize| {
        let before = step.checked_sub(1);
        let was_there = |parts: &Parts| before.is_some_and(|before| is_there(parts, before));
        stack
            .iter()
            .any(|parts| was_there(parts) != is_there(parts, step))
    };
    (0..=steps).map(differs).collect()
}
