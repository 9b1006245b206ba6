//! Counters (command 3): seven fields, no checksum, so their shape is checked to the letter.

use super::text::{HEADER, Line, Parsed, closed_line, line, tokens};
use super::{Body, Fault};

/// The fields of a counters reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counters {
    /// Digits of counter and total yield below 1 kWh; daily yield and peak power are always Wh and
    /// W.
    pub(crate) decimals: u32,
    /// Highest power of today, W.
    pub(crate) daily_peak_power: u64,
    /// Daily yield, Wh.
    pub(crate) daily_yield: u64,
    /// Energy since the counter was reset.
    pub(crate) counter_yield: u64,
    /// Energy since the inverter was new.
    pub(crate) total_yield: u64,
    /// Minutes of operation today, since the reset, and in all.
    pub(crate) minutes: [u64; 3],
}

/// Whether a frame of the letter 3 is counters, not the third unit of a 000xi: the fifth field is a
/// time.
pub(super) fn has_shape(frame: &[u8]) -> bool {
    let text = frame.get(HEADER..).unwrap_or_default();
    tokens(text)
        .nth(4)
        .is_some_and(|field| field.contains(&b':'))
}

/// Parses counters with a header, from `*` on.
pub(super) fn parse(frame: &[u8], address: u8, ended: bool) -> Parsed {
    let (inside, length) = match closed_line(frame, ended) {
        Ok(closed) => closed,
        Err(fault) => return fault.map_or(Parsed::Incomplete, Parsed::Broken),
    };
    let is_whole = length > inside.len();
    match fields(inside.get(HEADER..).unwrap_or_default(), true) {
        Some(counters) => Parsed::done(address, Body::Counters(counters), length),
        None if is_whole => {
            Parsed::Broken(Fault::Shape("these are not the seven fields of counters"))
        }
        None => Parsed::Broken(Fault::Incomplete),
    }
}

/// Parses counters without a header, from behind the LF on. Whatever is not exactly that is junk:
/// nothing but its shape shows that a frame begins here.
pub(super) fn parse_headerless(text: &[u8], ended: bool) -> Parsed {
    let possible = |inside: &[u8]| {
        inside
            .iter()
            .all(|byte| matches!(byte, b' ' | b':' | b'0'..=b'9'))
    };
    let (inside, length) = match line(text) {
        Line::Ended(inside, length) => (inside, length),
        Line::Open(inside) if ended => (inside, inside.len()),
        Line::Open(inside) if possible(inside) => return Parsed::Incomplete,
        // As soon as a byte can't belong to counters, so that junk behind a LF holds nothing up.
        Line::Open(_) | Line::Interrupted => return Parsed::Junk,
    };
    match fields(inside, false) {
        Some(counters) => Parsed::done(None, Body::Counters(counters), length),
        None => Parsed::Junk,
    }
}

/// The seven fields: four whole numbers, three times h:mm.
fn fields(text: &[u8], with_header: bool) -> Option<Counters> {
    let mut fields = tokens(text);
    let mut number = || digits(std::str::from_utf8(fields.next()?).ok()?);
    let (daily_peak_power, daily_yield) = (number()?, number()?);
    let (counter_yield, total_yield) = (number()?, number()?);
    let times = [fields.next()?, fields.next()?, fields.next()?];
    if fields.next().is_some() {
        return None;
    }
    let [today, counter, total] = times.map(minutes);
    let padded = times
        .iter()
        .any(|time| matches!(time, [b'0', b'0'..=b'9', ..]));
    // Only the shape tells the unit: xi units count kWh, generic inverters Wh, others 0.1 kWh.
    let decimals = match (with_header, padded) {
        (false, _) => 0,
        (true, false) => 1,
        (true, true) => 3,
    };
    let minutes = [today?, counter?, total?];
    Some(Counters {
        decimals,
        daily_peak_power,
        daily_yield,
        counter_yield,
        total_yield,
        minutes,
    })
}

/// The minutes of `h:mm`: digits, a colon, two digits below 60.
fn minutes(time: &[u8]) -> Option<u64> {
    let (hours, minutes) = std::str::from_utf8(time).ok()?.split_once(':')?;
    let is_minutes = |number: &u64| minutes.len() == 2 && *number < 60;
    let minutes = digits(minutes).filter(is_minutes)?;
    digits(hours)?.checked_mul(60)?.checked_add(minutes)
}

/// A number of digits alone, without a sign.
fn digits(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    // `parse` takes a plus sign, too.
    text.parse().ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::super::Frame;
    use super::super::codec::scan;
    use super::super::tests::{NINE_VALUES, summed};
    use super::*;

    /// The counters in `bytes`, or the kind of their fault.
    fn read(bytes: &str, ended: bool) -> Option<Result<Counters, &'static str>> {
        Some(match scan(bytes.as_bytes(), ended).item? {
            Ok(Frame {
                body: Body::Counters(counters),
                ..
            }) => Ok(counters),
            Ok(frame) => unreachable!("{frame:?}"),
            Err(error) => Err(error.fault.kind()),
        })
    }

    fn decimals(bytes: &str) -> Option<u32> {
        Some(read(bytes, false)?.ok()?.decimals)
    }

    #[test]
    fn seven_fields_in_their_order() {
        let due = Counters {
            decimals: 1,
            daily_peak_power: 5240,
            daily_yield: 5621,
            counter_yield: 71903,
            total_yield: 71904,
            minutes: [8 * 60 + 51, 2211 * 60, 2212 * 60 + 59],
        };
        let bytes = "\n*123 5240 5621 71903 71904 8:51 2211:00 2212:59\r";
        assert_eq!(read(bytes, false), Some(Ok(due)));
    }

    #[test]
    fn the_shape_tells_the_unit() {
        for (text, due) in [
            ("\n 1 2 3 4 8:51 22:00 22:00\r", 0),
            ("\n 1 2 3 4 08:51 22:00 22:00\r", 0),
            ("\n*123 1 2 3 4 0:51 22:00 22:00\r", 1),
            ("\n*123 1 2 3 4 10:51 22:00 22:00\r", 1),
            ("\n*123 1 2 3 4 08:51 22:00 22:00\r", 3),
            ("\n*123 1 2 3 4 11:51 22:00 0022:00\r", 3),
        ] {
            assert_eq!(decimals(text), Some(due), "{text:?}");
        }
    }

    #[test]
    fn anything_but_the_seven_fields_is_refused() {
        for fields in [
            "1 2 3 4 8:51 22:00",
            "1 2 3 4 8:51 22:00 22:00 1",
            "1 2 3 4.0 8:51 22:00 22:00",
            "1 2 3 -4 8:51 22:00 22:00",
            "1 2 3 +4 8:51 22:00 22:00",
            "1 2 3 18446744073709551616 8:51 22:00 22:00",
            "1 2 3 4 8:60 22:00 22:00",
            "1 2 3 4 8:51 22:99 22:00",
            "1 2 3 4 8:5 22:00 22:00",
            "1 2 3 4 8:051 22:00 22:00",
            "1 2 3 4 :51 22:00 22:00",
            "1 2 3 4 8:51 +2:00 22:00",
            "1 2 3 4 8:51 22:+1 22:00",
            "1 2 3 4 8:51 2x:00 22:00",
            "1 2 3 4 8:51 22:00 307445734561825861:00",
        ] {
            let with_header = format!("\n*123 {fields}\r");
            assert_eq!(read(&with_header, false), Some(Err("format")), "{fields:?}");
            let headerless = format!("\n{fields}\r");
            assert_eq!(read(&headerless, false), None, "{fields:?}");
        }
    }

    #[test]
    fn silence_ends_counters_behind_their_last_minute_and_nowhere_else() {
        for start in ["\n*123", "\n"] {
            let whole = format!("{start} 1 2 3 4 8:51 22:00 22:00");
            assert_eq!(read(&whole, false), None);
            assert!(matches!(read(&whole, true), Some(Ok(_))));
            for cut in [" 1 2 3 4 8:51 22:00 22:0", " 1 2 3 4 8:51", " 1 2 3 4 8:"] {
                let bytes = format!("{start}{cut}");
                let fault = (start != "\n").then_some(Err("incomplete"));
                assert_eq!(read(&bytes, true), fault, "{bytes:?}");
            }
        }
    }

    #[test]
    fn a_third_unit_is_not_taken_for_counters() {
        let text = NINE_VALUES.replacen("*120", "*123", 1);
        let item = scan(&summed(&text, "\r"), false).item.is_some_and(|item| {
            matches!(
                item,
                Ok(Frame {
                    body: Body::Readings(_),
                    ..
                })
            )
        });
        assert!(item);
    }
}
