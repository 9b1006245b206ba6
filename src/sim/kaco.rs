//! Simulated KACO inverters: the bytes of a request in, what then appears on the bus out.
//!
//! Nothing here waits or knows a port or a clock; whoever plays it to a line paces the bytes. Nothing is random either: the
//! same requests at the same time of day get the same replies.

mod families;
mod frames;
mod noise;

use super::day::Calendar;
use crate::address::Address;
use chrono::NaiveTime;
use noise::Noise;
use std::collections::BTreeMap;
use std::time::Duration;

/// How the simulated bus behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mood {
    /// Every request gets its reply.
    Day,
    /// Nobody answers.
    Night,
    /// Some replies are damaged, late, or surrounded by bytes that belong to none.
    Noisy,
}

impl Mood {
    /// What follows `sim:` in a device: nothing or `day`, `night`, `noisy`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "" | "day" => Some(Self::Day),
            "night" => Some(Self::Night),
            "noisy" => Some(Self::Noisy),
            _ => None,
        }
    }
}

/// Something that appears on the bus in one piece. A late one can fall due while another is still going on: the line plays
/// them one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Play {
    /// From the end of the request to the first byte.
    pub delay: Duration,
    /// What appears, at the pace of the line.
    pub bytes: Vec<u8>,
}

/// The inverters of one simulated bus.
#[derive(Debug)]
pub struct Inverters {
    mood: Mood,
    addresses: Option<Vec<Address>>,
    /// How often each address was asked each command that it knows.
    asked: BTreeMap<(Address, u8), usize>,
    calendar: Calendar,
}

impl Inverters {
    /// Inverters with these addresses; `None` for every address, 1..=99.
    pub const fn new(mood: Mood, addresses: Option<Vec<Address>>) -> Self {
        Self {
            mood,
            addresses,
            asked: BTreeMap::new(),
            calendar: Calendar::new(),
        }
    }

    /// Takes the bytes of one complete request (`#` to CR) and the time of day; gives what then appears on the bus, in
    /// the order of its delays: nothing, a reply, or what noise makes of it. Bytes that are no request get nothing.
    pub fn answer(&mut self, request: &[u8], time_of_day: NaiveTime) -> Vec<Play> {
        let moment = self.calendar.moment(time_of_day);
        let Some((address, command)) = parse(request).filter(|(address, _)| self.has(*address))
        else {
            return Vec::new();
        };
        let Some(frame) = families::reply(address, command, moment) else {
            return Vec::new();
        };
        let count = self.count(address, command);
        let noise = match self.mood {
            Mood::Day => Noise::None,
            Mood::Night => return Vec::new(),
            Mood::Noisy => Noise::of(address, command, count),
        };
        noise.on(frame, request, reply_time(address, count))
    }

    fn has(&self, address: Address) -> bool {
        self.addresses
            .as_ref()
            .is_none_or(|addresses| addresses.contains(&address))
    }

    /// How often this was asked before.
    fn count(&mut self, address: Address, command: u8) -> usize {
        let asked = self.asked.entry((address, command)).or_default();
        let count = *asked;
        *asked = count.wrapping_add(1);
        count
    }
}

/// Address and command of `#AAc` and CR.
fn parse(request: &[u8]) -> Option<(Address, u8)> {
    let &[b'#', tens @ b'0'..=b'9', ones @ b'0'..=b'9', command, b'\r'] = request else {
        return None;
    };
    let number = (tens - b'0') * 10 + (ones - b'0');
    Some((Address::new(number)?, command))
}

/// 40 to 430 ms, as measured on a site with xi units.
fn reply_time(address: Address, count: usize) -> Duration {
    let seed = scatter(u32::from(address.number()), count as u32);
    Duration::from_millis(40 + u64::from(seed % 391))
}

/// A number that looks random and is always the same for the same two.
fn scatter(one: u32, other: u32) -> u32 {
    let mixed = one
        .wrapping_mul(0x9E37_79B1)
        .wrapping_add(other.wrapping_mul(0x85EB_CA77))
        .wrapping_add(0xC2B2_AE3D);
    let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x2C1B_3C6D);
    let mixed = (mixed ^ (mixed >> 12)).wrapping_mul(0x297A_2D39);
    mixed ^ (mixed >> 15)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::super::day::Moment;
    use super::*;
    use crate::escape::printable;

    const COMMANDS: &[u8] = b"01234589bns\r# ";

    fn addresses() -> impl Iterator<Item = Address> + Clone {
        (1..=99).filter_map(Address::new)
    }

    fn request(address: Address, command: u8) -> Vec<u8> {
        let mut request = format!("#{address}").into_bytes();
        request.extend([command, b'\r']);
        request
    }

    fn times() -> impl Iterator<Item = NaiveTime> {
        (0..24 * 12).map(|step| time(step * 300))
    }

    fn time(seconds: u32) -> NaiveTime {
        NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).unwrap()
    }

    /// The reply of a clean bus, if any.
    fn reply(address: Address, command: u8, time: NaiveTime) -> Option<Vec<u8>> {
        let mut inverters = Inverters::new(Mood::Day, None);
        let mut plays = inverters.answer(&request(address, command), time);
        assert!(plays.len() <= 1);
        plays.pop().map(|play| play.bytes)
    }

    /// The frames with readings of an inverter: one, or three parts.
    fn readings(address: Address, time: NaiveTime) -> Vec<Vec<u8>> {
        let first = reply(address, b'0', time).unwrap();
        if first != format!("\n*{address}4\r").into_bytes() {
            return vec![first];
        }
        b"123"
            .iter()
            .map(|&part| reply(address, part, time).unwrap())
            .collect()
    }

    /// What stands between blanks, bytes that are no text left out.
    fn tokens(frame: &[u8]) -> Vec<String> {
        frame
            .split(|&byte| byte == b' ')
            .map(|token| String::from_utf8_lossy(token).into_owned())
            .filter(|token| !token.is_empty())
            .collect()
    }

    /// DC voltage, current, power; the same for AC; daily yield, of the standard protocol.
    fn values(frame: &[u8]) -> Vec<f64> {
        let tokens = tokens(frame);
        let numbers = [2, 3, 4, 5, 6, 7, 9].map(|place| tokens[place].parse().unwrap());
        numbers.to_vec()
    }

    /// CRC-16/X-25 bit by bit.
    fn crc(bytes: &[u8]) -> u16 {
        !bytes.iter().fold(0xffff, |crc, &byte| {
            (0..8).fold(crc ^ u16::from(byte), |crc, _| match crc & 1 {
                0 => crc >> 1,
                _ => (crc >> 1) ^ 0x8408,
            })
        })
    }

    /// Whether the fifth value is a time.
    fn is_counters(inside: &[u8]) -> bool {
        tokens(inside)
            .get(5)
            .is_some_and(|field| field.contains(':'))
    }

    /// Whether a reply with a checksum carries the right one; `None` if it is of a kind without.
    fn verify(frame: &[u8]) -> Option<bool> {
        let inside = frame
            .strip_prefix(b"\n")
            .unwrap()
            .strip_suffix(b"\r")
            .unwrap();
        if inside[0] != b'*' || matches!(inside[3], b'4' | b'8') || is_counters(inside) {
            return None;
        }
        let (span, found, sent) = match inside[3] {
            b'n' | b's' => {
                let (span, sent) = inside.split_at(inside.len() - 4);
                (span, format!("{:04X}", crc(span)).into_bytes(), sent)
            }
            command => {
                let fields = if command == b'9' { 1 } else { 9 };
                let mut place = 5;
                for _ in 0..fields {
                    place += inside[place..]
                        .iter()
                        .take_while(|&&byte| byte == b' ')
                        .count();
                    place += inside[place..]
                        .iter()
                        .take_while(|&&byte| byte != b' ')
                        .count();
                }
                let (span, rest) = inside.split_at(place + 1);
                let sum: u32 = span.iter().map(|&byte| u32::from(byte)).sum();
                (span, vec![(sum % 256) as u8], &rest[..1])
            }
        };
        assert!(span.ends_with(b" "));
        Some(found == sent)
    }

    #[test]
    fn checksums_verify() {
        let mut verified = 0;
        for time in times() {
            for address in addresses() {
                for &command in COMMANDS {
                    if let Some(frame) = reply(address, command, time) {
                        let good = verify(&frame);
                        assert_ne!(good, Some(false), "{}", printable(&frame));
                        verified += usize::from(good.is_some());
                    }
                }
            }
        }
        assert!(verified > 40_000, "{verified}");
    }

    #[test]
    fn replies_are_as_long_as_real_ones() {
        // 6400xi, 390TL (its status has a digit more), 086L32, 8000xi, 3X24 (cos phi has a letter), 10k1, 100k (XP), 50kH3P
        let captures: [(u8, &[u8]); 8] = [
            (1, b"\n*010   4 390.9  0.78   304 229.1  1.29   264  29  17249 ? 6400xi\r"),
            (2, b"\n*01n 23 390TL 4  581.1  0.00     0  578.2  0.00     0  580.0  0.00     0    1.2  0.00    1.9  0.00    2.0  0.00     0     0 1.000  28.9      0 00DB\r"),
            (3, b"\n*03n 20 086L32 4  521.5  0.72   376  518.8  0.72   376  226.5  1.35  227.5  1.30  229.3  1.26   753   759 1.000  43.5  45704 FA6B\r"),
            (4, b"\n*040   4 504.8  1.46   737 229.1  2.99   677  33  38942 ? 8000xi\r"),
            (5, b"\n*03n 20 3X24 4  214.7  1.97   421    0.0  0.04     0  231.1  0.80  234.1  0.79  234.4  0.81   421   413 1.000  36.7   1640 FEB7\r"),
            (6, b"\n*121   4 440.6  1.54    678 240.5  2.58    617 42  13024 ? 10k1\r"),
            (7, b"\n*000 005 482.8 132.30 063900 393.2 091.60 062100 37 0341458 ? 100k   000007831\r"),
            (8, b"\n*01n 16 50kH3P 4  597.6 68.48  233.2 57.92  231.0 58.04  231.4 57.92 40947 40106 1.000  46.9 223000 D634\r"),
        ];
        for (turn, capture) in captures {
            for address in addresses().filter(|address| address.number() % 9 == turn) {
                for frame in times().flat_map(|time| readings(address, time)) {
                    let letter = usize::from(tokens(&frame).contains(&"0.998i".to_owned()));
                    let (ours, real) = (printable(&frame), printable(capture));
                    assert_eq!(frame.len(), capture.len() + letter, "{ours}\n{real}");
                }
            }
        }
    }

    #[test]
    fn the_number_of_elements_is_that_of_the_family() {
        for (number, elements) in [(2, 23), (3, 20), (5, 20), (8, 16), (9, 17)] {
            let frame = reply(Address::new(number).unwrap(), b'0', time(43_200)).unwrap();
            let tokens = tokens(&frame);
            assert_eq!(tokens[1], elements.to_string());
            assert_eq!(tokens.len(), elements + 2, "{}", printable(&frame));
        }
    }

    #[test]
    fn addresses_take_turns() {
        let starts = [2, 4, 5, 6, 7].map(|number| {
            let frame = reply(Address::new(number).unwrap(), b'0', time(43_200)).unwrap();
            printable(frame.get(4..11).unwrap_or(&frame[4..]))
        });
        assert_eq!(starts, ["n 23 30", "0   4 3", "n 20 8X", "4\\r", "0 004 5"]);
        for family in families::codes() {
            let code = family.trim_start_matches('0').replace("10k", "10k1");
            assert!(crate::kaco::types::find(&code).is_some(), "{code}");
        }
    }

    #[test]
    fn every_address_answers_and_never_with_zeros() {
        for time in [time(0), time(10_000), time(43_200), time(86_399)] {
            for frame in addresses().flat_map(|address| readings(address, time)) {
                let tokens = tokens(&frame);
                let end = if frame[4] == b'n' {
                    tokens.len() - 1
                } else {
                    10
                };
                let numbers = tokens[1..end].iter().filter_map(|token| token.parse().ok());
                let numbers: Vec<f64> = numbers.collect();
                assert!(numbers.len() >= 9, "{}", printable(&frame));
                assert!(
                    numbers.iter().all(|&number| number > 0.0),
                    "{}",
                    printable(&frame)
                );
            }
        }
    }

    #[test]
    fn readings_are_consistent() {
        for time in times() {
            let frames = addresses().flat_map(|address| readings(address, time));
            for frame in frames.filter(|frame| frame[4] != b'n') {
                let [
                    dc_volt,
                    dc_ampere,
                    dc_power,
                    ac_volt,
                    ac_ampere,
                    ac_power,
                    _,
                ] = values(&frame)[..]
                else {
                    panic!("{}", printable(&frame));
                };
                let lines = if ac_volt > 300.0 { 3.0_f64.sqrt() } else { 1.0 };
                // Half of the last digit of each factor, and of the product.
                let near = |volt: f64, ampere: f64, power: f64, lines: f64| {
                    let inexact = (0.005 * volt + 0.05 * ampere) * lines + 0.51;
                    (volt * ampere * lines - power).abs() <= inexact
                };
                assert!(
                    near(dc_volt, dc_ampere, dc_power, 1.0),
                    "{}",
                    printable(&frame)
                );
                assert!(
                    near(ac_volt, ac_ampere, ac_power, lines),
                    "{}",
                    printable(&frame)
                );
                assert!(
                    ac_power < dc_power && ac_power > 0.9 * dc_power - 1.0,
                    "{}",
                    printable(&frame)
                );
            }
        }
    }

    #[test]
    fn daily_yields_rise_all_day_and_totals_over_midnight() {
        for address in addresses() {
            let mut before = 0.0;
            for time in times() {
                let frame = readings(address, time).swap_remove(0);
                let tokens = tokens(&frame);
                let place = if frame[4] == b'n' {
                    tokens.len() - 2
                } else {
                    9
                };
                let daily_yield: f64 = tokens[place].parse().unwrap();
                assert!(
                    daily_yield >= before && daily_yield > 0.0,
                    "{}",
                    printable(&frame)
                );
                before = daily_yield;
            }
        }
        let mut inverters = Inverters::new(Mood::Day, None);
        let mut total_at = |time| {
            let plays = inverters.answer(b"#023\r", time);
            tokens(&plays[0].bytes)[4].parse::<u64>().unwrap()
        };
        let totals =
            [80_000, 86_399, 1, 0, 40_000, 86_399, 0].map(|seconds| total_at(time(seconds)));
        assert!(totals[1] - totals[0] < 10_000 && totals[2] >= totals[1]);
        assert!(totals[4] > totals[2] && totals[6] >= totals[5] && totals[6] < totals[5] + 10);
    }

    #[test]
    fn counters_agree_with_readings() {
        for time in times() {
            for address in addresses() {
                let Some(counters) = reply(address, b'3', time) else {
                    panic!("{address}");
                };
                let reading = reply(address, b'0', time).unwrap();
                let (counters, reading) = (tokens(&counters), tokens(&reading));
                match address.number() % 9 {
                    6 => assert_eq!(counters.last().unwrap(), "10k3\r"),
                    // No header: the line feed stands alone before the first field.
                    1 | 4 => assert_eq!((counters[0].as_str(), &counters[2]), ("\n", &reading[9])),
                    7 => {
                        assert_eq!(counters[2], reading[9].trim_start_matches('0'));
                        let tenths: u64 = counters[4].parse().unwrap();
                        let total = reading.last().unwrap().trim_end();
                        assert_eq!(tenths / 10, total.parse::<u64>().unwrap());
                    }
                    _ => assert_eq!(counters[2], reading[reading.len() - 2]),
                }
            }
        }
    }

    #[test]
    fn nobody_answers_at_night_or_from_addresses_that_are_not_there() {
        let mut night = Inverters::new(Mood::Night, None);
        let two = Address::new(2);
        let mut alone = Inverters::new(Mood::Noisy, two.map(|two| vec![two]));
        for address in addresses() {
            for &command in COMMANDS {
                let request = request(address, command);
                assert_eq!(night.answer(&request, time(43_200)), []);
                let plays = alone.answer(&request, time(43_200));
                let is_known = Some(address) == two && b"038s".contains(&command);
                assert_eq!(!plays.is_empty(), is_known, "{}", printable(&request));
            }
        }
    }

    #[test]
    fn replies_take_their_time() {
        let mut inverters = Inverters::new(Mood::Day, None);
        let delays: Vec<u128> = addresses()
            .cycle()
            .take(9900)
            .map(|address| {
                inverters.answer(&request(address, b'0'), time(0))[0]
                    .delay
                    .as_millis()
            })
            .collect();
        assert_eq!(
            (delays.iter().min(), delays.iter().max()),
            (Some(&40), Some(&430))
        );
    }

    #[test]
    fn noise_is_repeatable_and_never_spoils_three_in_a_row() {
        let noon = time(43_200);
        let mut noisy = Inverters::new(Mood::Noisy, None);
        let mut again = Inverters::new(Mood::Noisy, None);
        let (mut broken, mut late) = (0, 0);
        for address in addresses() {
            for &command in COMMANDS {
                let Some(clean) = reply(address, command, noon) else {
                    continue;
                };
                let request = request(address, command);
                let (mut spoilt, mut was_late) = (0, false);
                for _ in 0..50 {
                    let plays = noisy.answer(&request, noon);
                    assert_eq!(plays, again.answer(&request, noon));
                    assert!(plays.is_sorted_by_key(|play| play.delay));
                    let last = plays.last().unwrap();
                    let is_whole = last.bytes.windows(clean.len()).any(|part| part == clean);
                    let is_late = last.delay > Duration::from_secs(1);
                    assert!(!was_late || is_whole && !is_late);
                    assert!(!is_late || command == b'0');
                    spoilt = if is_whole && !is_late { 0 } else { spoilt + 1 };
                    assert!(spoilt < 2, "{}", printable(&request));
                    broken += usize::from(!is_whole);
                    late += usize::from(is_late);
                    was_late = is_late;
                }
            }
        }
        assert!(broken > 1000 && late > 100, "{broken} {late}");
    }

    #[test]
    fn damage_shows() {
        for address in addresses() {
            for command in COMMANDS {
                let moment = Moment::new(time(43_200), 0);
                let Some(frame) = families::reply(address, *command, moment) else {
                    continue;
                };
                let checksummed = frame.checksummed;
                let bytes = noise::damaged(frame);
                let text = printable(&bytes);
                match verify(&bytes) {
                    Some(good) => assert!(checksummed && !good, "{text}"),
                    None => assert!(!checksummed && !bytes.is_ascii(), "{text}"),
                }
            }
        }
    }

    #[test]
    fn nonsense_gets_no_answer() {
        let mut inverters = Inverters::new(Mood::Noisy, None);
        for round in 0..10_000 {
            let length = scatter(round, 0) % 8;
            let mut bytes: Vec<u8> = (1..=length)
                .map(|place| scatter(round, place) as u8)
                .collect();
            let is_request = parse(&bytes).is_some();
            let plays = inverters.answer(&bytes, time(round));
            assert!(plays.is_empty() || is_request, "{}", printable(&bytes));
            // Nearly a request.
            bytes.splice(0..0, *b"#12");
            bytes.push(b'\r');
            inverters.answer(&bytes, time(round));
        }
        for nonsense in [
            "", "#", "#000\r", "#0a0\r", "#010", "010\r", "#0100\r", " #010\r", "#010\r\n",
        ] {
            assert_eq!(
                inverters.answer(nonsense.as_bytes(), time(0)),
                [],
                "{nonsense}"
            );
        }
    }

    #[test]
    fn moods_have_names() {
        assert_eq!(Mood::named(""), Some(Mood::Day));
        assert_eq!(Mood::named("night"), Some(Mood::Night));
        assert_eq!(Mood::named("noisy"), Some(Mood::Noisy));
        assert_eq!(Mood::named("Night"), None);
    }
}
