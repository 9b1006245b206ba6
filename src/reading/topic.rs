//! Plain topics on a broker: a number of a reading without anything around it.

use super::Decimal;

/// A topic that the number of a column is published on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Topic {
    /// Behind the prefix, which the user can choose.
    pub(crate) name: &'static str,
    /// What is published of the number.
    pub(crate) form: Conversion,
}

/// How a column's number is changed before it is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Conversion {
    /// As the column has it.
    Same,
    /// Without decimals; halves go to the even neighbour, as in .NET.
    Whole,
    /// What is above zero of it.
    Above,
    /// What is below zero of it, as a positive number.
    Below,
}

impl Topic {
    pub(crate) const fn new(name: &'static str, form: Conversion) -> Self {
        Self { name, form }
    }

    /// What is published for a number. Never `-0`.
    pub(crate) fn number(self, number: Decimal) -> Decimal {
        let number = match self.form {
            Conversion::Same => return number,
            Conversion::Whole => number.round(),
            Conversion::Above => number.max(Decimal::ZERO),
            Conversion::Below => (-number).max(Decimal::ZERO),
        };
        if number.is_zero() {
            Decimal::ZERO
        } else {
            number
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_their_form() {
        for (form, number, due) in [
            (Conversion::Same, "-303.0", "-303.0"),
            (Conversion::Above, "303", "303"),
            (Conversion::Above, "-303", "0"),
            (Conversion::Above, "0.0", "0"),
            (Conversion::Below, "303", "0"),
            (Conversion::Below, "-303", "303"),
            (Conversion::Below, "0.0", "0"),
            (Conversion::Whole, "30.1", "30"),
            (Conversion::Whole, "30.5", "30"),
            (Conversion::Whole, "30.6", "31"),
            (Conversion::Whole, "31.5", "32"),
            (Conversion::Whole, "-0.4", "0"),
            (Conversion::Whole, "-5.1", "-5"),
        ] {
            let published = Topic::new("x", form).number(number.parse().unwrap_or_default());
            assert_eq!(published.to_string(), due, "{form:?} of {number}");
        }
    }
}
