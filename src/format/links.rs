//! The quality of the link to each inverter, if it was not perfect.

use crate::observation::{Observation, Outcome};

/// A line per inverter that was read after attempts that failed. One that is silent has no line: at
/// night all are.
pub(crate) fn lines(observations: &[Observation]) -> String {
    let line = |one: &Observation| {
        let is_heard = matches!(one.outcome, Outcome::Read { .. } | Outcome::Garbled(_));
        let trouble = one.attempts.trouble().filter(|_| is_heard)?;
        Some(format!("{}: {trouble}\n", one.inverter.subject()))
    };
    observations.iter().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::super::naming::examples::{read, reading};
    use super::*;
    use crate::inverter::InverterId;
    use crate::kaco::layouts::STANDARD;
    use crate::observation::Attempts;

    #[test]
    fn failed_attempts_of_an_inverter_that_answers_are_a_line() {
        let attempts = |sent, garbled, silent| Attempts {
            sent,
            garbled,
            silent,
        };
        let good = || read(reading(&STANDARD, &[])).after(attempts(1, 0, 0));
        let silent = Observation::new(InverterId::kaco(Some(5)), Outcome::Silent);
        let silent = silent.after(attempts(2, 0, 2));
        assert_eq!(lines(&[good(), silent]), "");
        let text = |attempts| lines(&[good().after(attempts)]);
        let due = |text: &str| format!("address 04: {text}\n");
        assert_eq!(text(attempts(3, 1, 0)), due("1 of 3 replies garbled"));
        assert_eq!(
            text(attempts(2, 0, 1)),
            due("1 of 2 requests without a reply")
        );
        assert_eq!(
            text(attempts(5, 3, 1)),
            due("3 of 5 replies garbled, 1 missing")
        );
    }
}
