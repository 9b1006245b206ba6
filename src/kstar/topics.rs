//! The plain numbers that the C# console `kstar.sharp` published, one a topic, for the home automations that listen to them.
//!
//! Source: the protocol note. Topics count from a prefix that the user can choose, `sensor/inverter` by default.

use crate::reading::{Decimal, Reading};

/// One of its topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Topic {
    /// Behind the prefix.
    name: &'static str,
    /// The column whose number it carries.
    label: &'static str,
    form: Form,
}

/// What becomes of the column's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As the column has it.
    Same,
    /// Without decimals; halves go to the even neighbour, as in .NET.
    Whole,
    /// What is above zero of it.
    Above,
    /// What is below zero of it, as a positive number.
    Below,
}

static TOPICS: [Topic; 7] = [
    topic("pvpower", "PV Power", Form::Same),
    topic("grid", "Grid Power", Form::Same),
    topic("grid/import", "Grid Power", Form::Above),
    topic("grid/export", "Grid Power", Form::Below),
    topic("load", "Load Power", Form::Same),
    topic("temp", "Inverter Temperature", Form::Whole),
    topic("etoday", "Today Energy", Form::Same),
];

const fn topic(name: &'static str, label: &'static str, form: Form) -> Topic {
    Topic { name, label, form }
}

impl Form {
    fn of(self, number: Decimal) -> Decimal {
        let number = match self {
            Self::Same => return number,
            Self::Whole => number.round(),
            Self::Above => number.max(Decimal::ZERO),
            Self::Below => (-number).max(Decimal::ZERO),
        };
        // Never `-0`.
        if number.is_zero() {
            Decimal::ZERO
        } else {
            number
        }
    }
}

/// Topic behind the prefix, and number. A column without a value has no topic, and other layouts than KSTAR's have none.
pub fn numbers(reading: &Reading) -> impl Iterator<Item = (&'static str, Decimal)> {
    let is_kstar = reading.cells.layout == &super::layout::KSTAR;
    TOPICS.iter().filter(move |_| is_kstar).filter_map(|topic| {
        let (_, value) = reading
            .columns()
            .find(|(field, _)| field.label == topic.label)?;
        Some((topic.name, topic.form.of(value?.number()?)))
    })
}

#[cfg(test)]
mod tests {
    use super::super::captures::{CHARGING, Change, IMPORTING, payload};
    use super::super::interpret;
    use super::super::layout::KSTAR;
    use super::*;
    use crate::kaco::layouts::STANDARD;
    use crate::reading::Cells;

    const GRID_DIRECTION: usize = 80;
    const INVERTER_TEMPERATURE: usize = 53;

    fn told(capture: &str, changes: &[Change<'_>]) -> Vec<(&'static str, String)> {
        numbers(&interpret::reading(&payload(capture, changes)))
            .map(|(topic, number)| (topic, number.to_string()))
            .collect()
    }

    #[test]
    fn every_topic_has_a_column_of_numbers() {
        for topic in TOPICS {
            let mut fields = KSTAR.fields.iter();
            let field = fields.find(|field| field.label == topic.label);
            assert!(
                field.is_some_and(|field| field.kind.is_numeric()),
                "{topic:?}"
            );
        }
    }

    #[test]
    fn import_and_export_are_never_negative() {
        let due = |grid: &str, import: &str, export: &str| {
            [
                ("pvpower", "332.43"),
                ("grid", grid),
                ("grid/import", import),
                ("grid/export", export),
                ("load", "594"),
                ("temp", "25"),
                ("etoday", "3.5"),
            ]
            .map(|(topic, number)| (topic, number.to_owned()))
        };
        let grid = |direction| told(IMPORTING, &[(GRID_DIRECTION, &[direction])]);
        assert_eq!(grid(2), due("303", "303", "0"));
        assert_eq!(grid(1), due("-303", "0", "303"));
        assert_eq!(grid(0), due("0", "0", "0"));
    }

    #[test]
    fn temperature_is_whole() {
        for (tenths, due) in [
            (301_i16, "30"),
            (305, "30"),
            (306, "31"),
            (315, "32"),
            (-4, "0"),
            (-51, "-5"),
        ] {
            let told = told(CHARGING, &[(INVERTER_TEMPERATURE, &tenths.to_be_bytes())]);
            assert!(
                told.contains(&("temp", due.to_owned())),
                "{tenths}: {told:?}"
            );
        }
    }

    #[test]
    fn what_is_missing_is_not_told() {
        let unknown_direction: Change<'_> = (GRID_DIRECTION, &[7]);
        let topics: Vec<_> = told(CHARGING, &[unknown_direction])
            .into_iter()
            .map(|(topic, _)| topic)
            .collect();
        assert_eq!(topics, ["pvpower", "load", "temp", "etoday"]);
        let mut kaco = interpret::reading(&[]);
        assert_eq!(numbers(&kaco).count(), 0);
        kaco.cells = Cells::empty(&STANDARD);
        assert_eq!(numbers(&kaco).count(), 0);
    }
}
