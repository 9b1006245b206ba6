//! Inverter addresses as people write them: `2,4-7`.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// Address of an inverter on the bus: 1..=99, two digits on the wire.
///
/// The maker allows 1..=32; the request has room for two digits, so the rest can be polled too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address(u8);

impl Address {
    /// The addresses that the maker allows.
    pub(crate) const MAKERS: RangeInclusive<u8> = 1..=32;

    /// The address `number`, or `None` outside of 1..=99.
    pub const fn new(number: u8) -> Option<Self> {
        if number >= 1 && number <= 99 {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The number, 1..=99.
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// Two digits, as on the wire and in folder names.
impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:02}", self.0)
    }
}

/// A list of addresses: order kept, repeats dropped, at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses(Vec<Address>);

impl Addresses {
    /// All addresses of a range.
    pub(crate) fn from_range(range: RangeInclusive<u8>) -> Self {
        Self(range.filter_map(Address::new).collect())
    }

    /// The addresses, in the order in which they were written.
    pub fn as_slice(&self) -> &[Address] {
        &self.0
    }
}

/// As they are typed: `2-4,7`.
impl fmt::Display for Addresses {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut ranges: Vec<(Address, Address)> = Vec::new();
        for address in &self.0 {
            match ranges.last_mut() {
                Some((_, last)) if last.0 + 1 == address.0 => *last = *address,
                _ => ranges.push((*address, *address)),
            }
        }
        let text = |(first, last): &(Address, Address)| match (first.0, last.0) {
            (first, last) if first == last => first.to_string(),
            (first, last) => format!("{first}-{last}"),
        };
        let ranges: Vec<String> = ranges.iter().map(text).collect();
        formatter.write_str(&ranges.join(","))
    }
}

impl FromIterator<Address> for Addresses {
    fn from_iter<I: IntoIterator<Item = Address>>(addresses: I) -> Self {
        Self(addresses.into_iter().collect())
    }
}

/// What is wrong with a list of addresses; each names the element.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing in it.
    #[error("no address given; write for example 2,4-7")]
    Empty,
    /// Not digits.
    #[error("`{0}` is not an address; write for example 2,4-7")]
    NotANumber(String),
    /// A path in the place of addresses.
    #[error("`{0}` is a path, not an address; ADDRESSES come before DIR: 2,4-7 {0}")]
    Path(String),
    /// A device in the place of addresses.
    #[error("`{0}` is a device, not an address; DEVICE comes before ADDRESSES: {0} 2,4-7")]
    Device(String),
    /// 0 or over 99.
    #[error("`{0}` is not an address: addresses are 1 to 99")]
    OutOfRange(String),
    /// More than one dash.
    #[error("`{0}` is not a range; write for example 4-7")]
    NotARange(String),
    /// `7-4`.
    #[error("`{0}` runs backwards; write {1}")]
    Backwards(String, String),
}

impl FromStr for Addresses {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        // The likeliest slips: DEVICE or DIR stands where ADDRESSES belong.
        let devices = ["/dev/", "tcp://", "sim:", "replay:"];
        if devices.iter().any(|start| text.starts_with(start)) {
            return Err(AddressError::Device(text.to_owned()));
        }
        if text.contains('/') {
            return Err(AddressError::Path(text.to_owned()));
        }
        let mut addresses = Vec::new();
        for element in text
            .split(',')
            .map(str::trim)
            .filter(|element| !element.is_empty())
        {
            for address in range(element)? {
                if !addresses.contains(&address) {
                    addresses.push(address);
                }
            }
        }
        if addresses.is_empty() {
            return Err(AddressError::Empty);
        }
        Ok(Self(addresses))
    }
}

/// `4-7` or `4`.
fn range(element: &str) -> Result<impl Iterator<Item = Address> + use<>, AddressError> {
    let (first, last) = match element.split_once('-') {
        Some((_, last)) if last.contains('-') => {
            return Err(AddressError::NotARange(element.to_owned()));
        }
        Some((first, last)) => (
            single(first.trim(), element)?,
            single(last.trim(), element)?,
        ),
        None => (single(element, element)?, single(element, element)?),
    };
    if first > last {
        let forwards = format!("{}-{}", last.number(), first.number());
        return Err(AddressError::Backwards(element.to_owned(), forwards));
    }
    Ok((first.number()..=last.number()).filter_map(Address::new))
}

/// One number of `element`, digits only.
fn single(text: &str, element: &str) -> Result<Address, AddressError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(AddressError::NotANumber(element.to_owned()));
    }
    text.parse::<u8>()
        .ok()
        .and_then(Address::new)
        .ok_or_else(|| AddressError::OutOfRange(element.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Result<Vec<u8>, AddressError> {
        text.parse::<Addresses>().map(|list| {
            list.as_slice()
                .iter()
                .map(|address| address.number())
                .collect()
        })
    }

    #[test]
    fn order_is_kept_and_repeats_are_dropped() {
        assert_eq!(
            numbers("1-9,12,15-20,23"),
            Ok([1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 18, 19, 20, 23].to_vec())
        );
        assert_eq!(numbers("7,4-8,,4, 01 ,"), Ok(vec![7, 4, 5, 6, 8, 1]));
        assert_eq!(numbers("1-99").map(|list| list.len()), Ok(99));
        assert_eq!(numbers("5-5"), Ok(vec![5]));
    }

    #[test]
    fn errors_name_the_element_and_what_is_wrong_with_it() {
        let not_a_number = "is not an address; write for example 2,4-7";
        let out_of_range = "is not an address: addresses are 1 to 99";
        let not_a_range = "is not a range; write for example 4-7";
        for (text, element, words) in [
            ("1,2-3-4", "2-3-4", not_a_range),
            ("--", "--", not_a_range),
            ("7-4", "7-4", "runs backwards; write 4-7"),
            ("1,0", "0", out_of_range),
            ("100", "100", out_of_range),
            ("2,300", "300", out_of_range),
            ("1-100", "1-100", out_of_range),
            ("x", "x", not_a_number),
            ("-4", "-4", not_a_number),
            ("4-", "4-", not_a_number),
            ("+4", "+4", not_a_number),
            ("\u{664}", "\u{664}", not_a_number),
        ] {
            let error = numbers(text).map_err(|error| error.to_string());
            assert_eq!(error, Err(format!("`{element}` {words}")));
        }
        assert_eq!(numbers(""), Err(AddressError::Empty));
        assert_eq!(numbers(" , "), Err(AddressError::Empty));
    }
}
