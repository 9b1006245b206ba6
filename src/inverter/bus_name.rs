//! The name of a bus.

use std::fmt;
use std::str::FromStr;

/// The name of a bus: letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusName(String);

/// A text that is not the name of a bus.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a bus is named with 1 to 32 letters, digits, `-` and `_`, for example roof")]
pub struct BusNameError;

impl FromStr for BusName {
    type Err = BusNameError;

    fn from_str(text: &str) -> Result<Self, BusNameError> {
        let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if (1..=32).contains(&text.len()) && text.bytes().all(is_fit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BusNameError)
        }
    }
}

impl fmt::Display for BusName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_of_plain_letters() {
        for wrong in ["", "a b", "../x", "ä", &"x".repeat(33)] {
            assert_eq!(wrong.parse::<BusName>(), Err(BusNameError), "{wrong}");
        }
    }
}
