//! The bytes of the simulated replies: widths of fields, checksums. Which values go in is known elsewhere.
//!
//! The tests build captures of real inverters again from their values, byte for byte.

use crate::address::Address;
use crc::{CRC_16_IBM_SDLC, Crc};

/// One reply, as an undisturbed bus carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) bytes: Vec<u8>,
    /// Whether damage can be told from the reply alone.
    pub(super) checksummed: bool,
}

/// What every reply but one begins with: address and command character.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    pub(super) address: Address,
    pub(super) command: char,
}

impl std::fmt::Display for Header {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "*{}{}", self.address, self.command)
    }
}

/// What is measured at one connector: V, A, W.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) voltage: f64,
    pub(super) current: f64,
    pub(super) power: f64,
}

impl Line {
    pub(super) fn new(voltage: f64, power: f64) -> Self {
        let current = power / voltage;
        Self {
            voltage,
            current,
            power,
        }
    }
}

/// How wide a family writes the nine values of the standard protocol, and what fills them up.
#[derive(Debug)]
pub(super) struct Widths([usize; 9], char);

/// Series 00 and 02.
pub(super) const STANDARD: Widths = Widths([3, 5, 5, 5, 5, 5, 5, 3, 6], ' ');
/// The parts of a 000xi.
pub(super) const PART: Widths = Widths([3, 5, 5, 6, 5, 5, 6, 2, 6], ' ');
/// XP with old firmware.
pub(super) const XP: Widths = Widths([3, 5, 6, 6, 5, 6, 6, 2, 7], '0');

/// The values of the standard protocol.
#[derive(Debug)]
pub(super) struct Single {
    pub(super) status: u32,
    pub(super) dc: Line,
    pub(super) ac: Line,
    pub(super) temperature: f64,
    pub(super) daily_yield: u32,
}

impl Single {
    pub(super) fn fields(&self, Widths(widths, fill): &Widths) -> String {
        let Self { dc, ac, .. } = self;
        let values = [
            self.status.to_string(),
            format!("{:.1}", dc.voltage),
            format!("{:.2}", dc.current),
            format!("{:.0}", dc.power),
            format!("{:.1}", ac.voltage),
            format!("{:.2}", ac.current),
            format!("{:.0}", ac.power),
            format!("{:.0}", self.temperature),
            self.daily_yield.to_string(),
        ];
        let fields = values.iter().zip(widths).map(|(value, width)| {
            let missing = width.saturating_sub(value.len());
            fill.to_string().repeat(missing) + value
        });
        fields.collect::<Vec<_>>().join(" ")
    }
}

/// The values of the generic protocol; what a layout leaves out is not there.
#[derive(Debug)]
pub(super) struct Many {
    pub(super) status: u32,
    /// One for each MPP tracker.
    pub(super) dc: Vec<Line>,
    /// One for each phase.
    pub(super) ac: Vec<Line>,
    /// Central inverters with frequency write their AC power with a decimal.
    pub(super) frequency: Option<f64>,
    /// With its letter, if any.
    pub(super) cos_phi: &'static str,
    pub(super) temperature: f64,
    pub(super) daily_yield: u32,
}

impl Many {
    /// Everything between header and checksum, headed by the number of elements.
    pub(super) fn elements(&self, type_code: &str) -> String {
        let values = self.values();
        let count = values.split_ascii_whitespace().count() + 3;
        format!("{count} {type_code} {} {values}", self.status)
    }

    fn values(&self) -> String {
        let dc_power: f64 = self.dc.iter().map(|line| line.power).sum();
        let ac_power: f64 = self.ac.iter().map(|line| line.power).sum();
        let mut values: Vec<String> = match self.dc.as_slice() {
            [only] => vec![without_power(only)],
            trackers => trackers.iter().map(with_power).collect(),
        };
        values.extend(self.ac.iter().map(without_power));
        values.push(format!("{dc_power:>5.0}"));
        values.push(match self.frequency {
            Some(frequency) => format!("{ac_power:>7.1} {frequency:>5.2}"),
            None => format!("{ac_power:>5.0}"),
        });
        values.push(format!(
            "{} {:>5.1} {:>6}",
            self.cos_phi, self.temperature, self.daily_yield
        ));
        values.join(" ")
    }
}

fn with_power(line: &Line) -> String {
    format!("{} {:>5.0}", without_power(line), line.power)
}

fn without_power(line: &Line) -> String {
    format!("{:>6.1} {:>5.2}", line.voltage, line.current)
}

/// The counters, before a family chooses their unit and shape. The resettable ones have never been reset.
#[derive(Debug)]
pub(super) struct Counters {
    /// W
    pub(super) daily_peak: u32,
    /// Wh
    pub(super) daily_yield: u32,
    /// Wh
    pub(super) total_yield: u64,
    pub(super) minutes_today: u32,
    pub(super) minutes_total: u32,
}

impl Counters {
    /// xi units: kWh, and no header.
    pub(super) fn headerless(&self) -> Frame {
        let (peak, daily, total) = (self.daily_peak, self.daily_yield, self.total_yield / 1000);
        let [today, hours] = self.times();
        let energy = format!("{peak:>5} {daily:>6} {total:>6} {total:>6}");
        plain(&format!(" {energy} {today:>9} {hours:>9} {hours:>9}"))
    }

    /// Generic inverters: Wh, zeros before the hours.
    pub(super) fn padded(&self, header: Header) -> Frame {
        let (peak, daily, total) = (self.daily_peak, self.daily_yield, self.total_yield);
        let [today, hours] = self.times();
        let energy = format!("{peak} {daily:>6} {total} {total}");
        plain(&format!(
            "{header}  {energy} {today:0>9} {hours:0>9} {hours:0>9}"
        ))
    }

    /// The others: 0.1 kWh, nothing filled up.
    pub(super) fn unpadded(&self, header: Header) -> Frame {
        let (peak, daily, total) = (self.daily_peak, self.daily_yield, self.total_yield / 100);
        let [today, hours] = self.times();
        plain(&format!(
            "{header} {peak} {daily} {total} {total} {today} {hours} {hours}"
        ))
    }

    /// h:mm
    fn times(&self) -> [String; 2] {
        [self.minutes_today, self.minutes_total]
            .map(|minutes| format!("{}:{:02}", minutes / 60, minutes % 60))
    }
}

/// A reply without a checksum.
pub(super) fn plain(text: &str) -> Frame {
    Frame {
        bytes: [b"\n", text.as_bytes(), b"\r"].concat(),
        checksummed: false,
    }
}

/// A reply with the checksum byte of the standard protocol; `tail` stands behind it.
pub(super) fn summed(header: Header, content: &str, tail: &str) -> Frame {
    checksummed(header, content, |span| {
        let sum = span.iter().copied().fold(0, u8::wrapping_add);
        [&[sum], tail.as_bytes()].concat()
    })
}

/// A reply with the CRC of the generic protocol.
pub(super) fn generic(header: Header, content: &str) -> Frame {
    const CRC: Crc<u16> = Crc::<u16>::new(&CRC_16_IBM_SDLC);
    checksummed(header, content, |span| {
        format!("{:04X}", CRC.checksum(span)).into_bytes()
    })
}

/// What is checked goes from the header to the blank behind the content.
fn checksummed(header: Header, content: &str, end: impl Fn(&[u8]) -> Vec<u8>) -> Frame {
    let span = format!("{header} {content} ").into_bytes();
    Frame {
        bytes: [b"\n", span.as_slice(), &end(&span), b"\r"].concat(),
        checksummed: true,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::escape::printable;

    fn header(address: u8, command: char) -> Header {
        Header {
            address: Address::new(address).unwrap(),
            command,
        }
    }

    fn line(voltage: f64, current: f64, power: f64) -> Line {
        Line {
            voltage,
            current,
            power,
        }
    }

    fn single(status: u32, dc: Line, ac: Line, temperature: f64, daily_yield: u32) -> Single {
        Single {
            status,
            dc,
            ac,
            temperature,
            daily_yield,
        }
    }

    #[track_caller]
    fn assert_captured(frame: &Frame, captured: &[u8]) {
        assert_eq!(printable(&frame.bytes), printable(captured));
    }

    #[test]
    fn standard_replies_equal_captures() {
        let values = single(
            4,
            line(390.9, 0.78, 304.0),
            line(229.1, 1.29, 264.0),
            29.0,
            17249,
        );
        assert_captured(
            &summed(header(1, '0'), &values.fields(&STANDARD), " 6400xi"),
            b"\n*010   4 390.9  0.78   304 229.1  1.29   264  29  17249 \xaa 6400xi\r",
        );
        let values = single(
            4,
            line(448.4, 12.95, 5806.0),
            line(236.5, 23.60, 5555.0),
            50.0,
            28143,
        );
        assert_captured(
            &summed(header(1, '0'), &values.fields(&STANDARD), " 8000xi"),
            b"\n*010   4 448.4 12.95  5806 236.5 23.60  5555  50  28143 \xf5 8000xi\r",
        );
    }

    #[test]
    fn parts_and_xp_equal_captures() {
        let values = single(
            4,
            line(440.6, 1.54, 678.0),
            line(240.5, 2.58, 617.0),
            42.0,
            13024,
        );
        assert_captured(
            &summed(header(12, '1'), &values.fields(&PART), " 10k1"),
            b"\n*121   4 440.6  1.54    678 240.5  2.58    617 42  13024 \xbf 10k1\r",
        );
        // The capture (ST-23) has address 0, which can't be asked: one digit more here, in the checksum too.
        let values = single(
            5,
            line(482.8, 132.3, 63900.0),
            line(393.2, 91.6, 62100.0),
            37.0,
            341458,
        );
        assert_captured(
            &summed(header(1, '0'), &values.fields(&XP), " 100k   000007831"),
            b"\n*010 005 482.8 132.30 063900 393.2 091.60 062100 37 0341458 \x16 100k   000007831\r",
        );
    }

    #[test]
    fn generic_replies_equal_captures() {
        let values = Many {
            status: 4,
            dc: vec![line(214.7, 1.97, 421.0), line(0.0, 0.04, 0.0)],
            ac: vec![
                line(231.1, 0.80, 138.0),
                line(234.1, 0.79, 137.0),
                line(234.4, 0.81, 138.0),
            ],
            frequency: None,
            cos_phi: "0.735i",
            temperature: 36.7,
            daily_yield: 1640,
        };
        assert_captured(
            &generic(header(3, 'n'), &values.elements("3X24")),
            b"\n*03n 20 3X24 4  214.7  1.97   421    0.0  0.04     0  231.1  0.80  234.1  0.79  234.4  0.81   421   413 0.735i  36.7   1640 FEB7\r",
        );
        let values = Many {
            status: 4,
            dc: vec![line(597.6, 68.48, 40947.0)],
            ac: vec![
                line(233.2, 57.92, 13300.0),
                line(231.0, 58.04, 13400.0),
                line(231.4, 57.92, 13406.0),
            ],
            frequency: None,
            cos_phi: "1.000",
            temperature: 46.9,
            daily_yield: 223_000,
        };
        assert_captured(
            &generic(header(1, 'n'), &values.elements("50kH3P")),
            b"\n*01n 16 50kH3P 4  597.6 68.48  233.2 57.92  231.0 58.04  231.4 57.92 40947 40106 1.000  46.9 223000 D634\r",
        );
        let values = Many {
            status: 48,
            dc: vec![
                line(581.1, 0.0, 0.0),
                line(578.2, 0.0, 0.0),
                line(580.0, 0.0, 0.0),
            ],
            ac: vec![
                line(1.2, 0.0, 0.0),
                line(1.9, 0.0, 0.0),
                line(2.0, 0.0, 0.0),
            ],
            frequency: None,
            cos_phi: "1.000",
            temperature: 28.9,
            daily_yield: 0,
        };
        assert_captured(
            &generic(header(1, 'n'), &values.elements("390TL")),
            b"\n*01n 23 390TL 48  581.1  0.00     0  578.2  0.00     0  580.0  0.00     0    1.2  0.00    1.9  0.00    2.0  0.00     0     0 1.000  28.9      0 00DB\r",
        );
    }

    #[test]
    fn counters_equal_captures() {
        let counters =
            |daily_peak, daily_yield, total_yield, minutes_today, minutes_total| Counters {
                daily_peak,
                daily_yield,
                total_yield,
                minutes_today,
                minutes_total,
            };
        assert_captured(
            &counters(2415, 17249, 93_322_999, 12 * 60 + 28, 71746 * 60 + 50).headerless(),
            b"\n  2415  17249  93322  93322     12:28  71746:50  71746:50\r",
        );
        assert_captured(
            &counters(4899, 33970, 112_706_000, 12 * 60 + 29, 71858 * 60 + 16).headerless(),
            b"\n  4899  33970 112706 112706     12:29  71858:16  71858:16\r",
        );
        assert_captured(
            &counters(6482, 45704, 7_793_374, 18 * 60 + 11, 8000 * 60 + 31).padded(header(3, '3')),
            b"\n*033  6482  45704 7793374 7793374 000018:11 008000:31 008000:31\r",
        );
        assert_captured(
            &counters(47801, 98965, 795_212, 11 * 60 + 50, 74 * 60 + 53).padded(header(1, '3')),
            b"\n*013  47801  98965 795212 795212 000011:50 000074:53 000074:53\r",
        );
        assert_captured(
            &counters(2286, 4184, 58_100, 8 * 60 + 46, 11 * 60 + 4).unpadded(header(1, '3')),
            b"\n*013 2286 4184 581 581 8:46 11:04 11:04\r",
        );
    }

    #[test]
    fn small_replies_equal_captures() {
        assert_captured(
            &summed(header(1, '9'), "6400xi", ""),
            b"\n*019 6400xi \xaf\r",
        );
        assert_captured(
            &generic(header(3, 's'), "8.6TL01736586"),
            b"\n*03s 8.6TL01736586 3EA8\r",
        );
    }
}
