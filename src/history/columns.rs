//! The meaning of each column of a CSV header, by the layouts of the inverters.

use crate::format::csv;
use crate::kaco::layouts::{COUNTERS, READINGS};
use crate::kstar::layout::KSTAR;
use crate::reading::{Field, Kind, Role, Unit};

/// The columns of one header that a history needs, as indices into a row.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Columns {
    /// Cells of a row, `datetime` among them.
    pub(super) count: usize,
    /// AC power; several are parts of a sum. For KSTAR the power of its modules.
    pub(super) power: Vec<usize>,
    /// Energy of today, and the factor that makes it Wh; one per unit of a 000xi.
    pub(super) yields: Vec<(usize, f64)>,
    /// DC power of each MPP tracker, or of each unit of a 000xi, with its name.
    pub(super) trackers: Vec<(usize, String)>,
    /// Texts of the state.
    pub(super) status: Vec<usize>,
    /// The number whose bits are errors of a KSTAR inverter, with the field that names them.
    pub(super) errors: Option<(usize, &'static Field)>,
    /// Load, grid (positive while importing) and battery (positive while charging).
    pub(super) flows: [Option<usize>; 3],
    /// The type code.
    pub(super) type_code: Option<usize>,
    /// Power of all trackers, used for an inverter that reports no other.
    total_dc: Option<usize>,
}

impl Columns {
    /// The columns of a first line, such as `# datetime, status, DC Voltage`; `None` if it is not
    /// the header of a log.
    pub(super) fn of(line: &[u8]) -> Option<Self> {
        let line = std::str::from_utf8(line).ok()?;
        let labels = csv::labels(line)?;
        let mut columns = Self {
            count: 1,
            ..Self::default()
        };
        for label in labels {
            columns.take(label);
            columns.count += 1;
        }
        if columns.power.is_empty() {
            columns.power.extend(columns.total_dc);
        }
        (!columns.power.is_empty() || !columns.yields.is_empty()).then_some(columns)
    }

    /// Notes what the next column, of this label, holds.
    fn take(&mut self, label: &str) {
        let place = self.count;
        let field = field(label);
        match field.and_then(|field| field.role) {
            Some(Role::Power) => self.power.push(place),
            Some(Role::DailyYield) => {
                let is_kwh = field.is_some_and(|field| field.unit == Unit::KilowattHour);
                self.yields.push((place, if is_kwh { 1000.0 } else { 1.0 }));
            }
            Some(Role::TotalDcPower) => self.total_dc = Some(place),
            // A one-phase inverter has one tracker, which is compared with nothing.
            Some(Role::DcPower(_)) if label != "DC Power" => {
                self.trackers.push((place, tracker(label)));
            }
            Some(Role::LoadPower) => self.flows[0] = Some(place),
            Some(Role::GridPower) => self.flows[1] = Some(place),
            Some(Role::BatteryPower) => self.flows[2] = Some(place),
            _ => {}
        }
        match field.map(|field| field.kind) {
            Some(Kind::Status) => self.status.push(place),
            Some(Kind::TypeCode) => self.type_code = Some(place),
            _ => {}
        }
        if let Some(field) = field.filter(|field| field.names_errors()) {
            self.errors = Some((place, field));
        }
    }
}

/// The name of a tracker or unit: `MPPT1`, `unit 1` or `PV1`, as the label of its power has it.
fn tracker(label: &str) -> String {
    let name = label.strip_prefix("DC Power ").unwrap_or(label);
    name.strip_suffix(" Power").unwrap_or(name).to_owned()
}

/// The field of this label in any layout of readings; a label means the same in all of them.
fn field(label: &str) -> Option<&'static Field> {
    // With the counters, as `--counters` adds their columns behind those of any layout.
    let layouts = READINGS.into_iter().chain([&KSTAR, &COUNTERS]);
    let mut fields = layouts.flat_map(|layout| layout.fields);
    fields.find(|field| field.label == label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::Layout;

    fn of(layout: &Layout) -> Option<Columns> {
        let labels: Vec<&str> = layout.fields.iter().map(|field| field.label).collect();
        Columns::of(format!("# datetime, {}\r", labels.join(", ")).as_bytes())
    }

    #[test]
    fn every_layout_is_recognised() {
        for layout in READINGS.into_iter().chain([&KSTAR]) {
            let columns = of(layout).unwrap_or_default();
            assert_eq!(columns.count, layout.fields.len() + 1, "{}", layout.name);
            let units = if layout.name == "000xi" { 3 } else { 1 };
            assert_eq!(columns.power.len(), units, "{}", layout.name);
            assert_eq!(columns.yields.len(), units, "{}", layout.name);
            assert_eq!(columns.status.len(), units, "{}", layout.name);
            assert_eq!(columns.type_code.is_some(), layout.name != "kstar");
            assert_eq!(
                columns.flows.iter().all(Option::is_some),
                layout.name == "kstar"
            );
        }
    }

    #[test]
    fn trackers_are_those_with_a_power_of_their_own() {
        let names = |layout| -> Vec<String> {
            let columns = of(layout).unwrap_or_default();
            columns.trackers.into_iter().map(|(_, name)| name).collect()
        };
        assert_eq!(names(&crate::kaco::layouts::STANDARD), [""; 0]);
        assert_eq!(names(&crate::kaco::layouts::MPPT2), ["MPPT1", "MPPT2"]);
        assert_eq!(
            names(&crate::kaco::layouts::MPPT3),
            ["MPPT1", "MPPT2", "MPPT3"]
        );
        assert_eq!(
            names(&crate::kaco::layouts::THREE_UNITS),
            ["unit 1", "unit 2", "unit 3"]
        );
        assert_eq!(names(&KSTAR), ["PV1", "PV2"]);
    }

    #[test]
    fn energies_become_watt_hours() {
        let factors = |layout| of(layout).map(|columns| columns.yields);
        assert_eq!(factors(READINGS[0]), Some(vec![(9, 1.0)]));
        assert_eq!(factors(&KSTAR), Some(vec![(38, 1000.0)]));
    }

    #[test]
    fn other_tables_are_not_taken_for_logs() {
        for line in [
            "",
            "# datetime",
            "date,AC Power",
            "# datetime, Temperature",
            "2026-05-03T12:00:00+0200,1",
        ] {
            assert_eq!(Columns::of(line.as_bytes()), None, "{line}");
        }
        assert_eq!(Columns::of(b"# datetime, \xff, AC Power"), None);
    }
}
