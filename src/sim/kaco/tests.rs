#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use super::frames::{self, ReplyForm};
use super::*;
use crate::escape::printable;
use crate::kaco::wire::{Body, decode_all};
use crate::kaco::{interpret, layouts};
use crate::plausible;
use crate::reading::{Kind, Reading, Role, StatusCode};
use chrono::{NaiveDate, NaiveTime};

const COMMANDS: &[u8] = b"01234589bns\r# ";

fn addresses() -> impl Iterator<Item = Address> + Clone {
    (1..=99).filter_map(Address::new)
}

fn request(address: Address, command: u8) -> Vec<u8> {
    let mut request = format!("#{address}").into_bytes();
    request.extend([command, b'\r']);
    request
}

/// So many seconds after midnight of a day.
fn time(seconds: u32) -> NaiveDateTime {
    let day = NaiveDate::from_ymd_opt(2024, 12, 31).unwrap();
    day.and_time(NaiveTime::MIN) + chrono::TimeDelta::seconds(seconds.into())
}

/// Two days, each half hour.
fn times() -> impl Iterator<Item = NaiveDateTime> {
    (0..2 * 48).map(|step| time(step * 1800))
}

fn bytes(plays: &[Play]) -> Vec<u8> {
    let sent = plays.iter().filter_map(|play| match play {
        Play::Send(bytes) => Some(bytes.as_slice()),
        _ => None,
    });
    sent.collect::<Vec<_>>().concat()
}

fn delay(plays: &[Play]) -> Duration {
    let waits = plays.iter().filter_map(|play| match play {
        Play::Wait(time) => Some(*time),
        _ => None,
    });
    waits.sum()
}

/// The reply of a bus in this mood, if any.
fn reply_in(mood: Mood, address: Address, command: u8, time: NaiveDateTime) -> Option<Vec<u8>> {
    let plays = Inverters::new(mood, None).answer(&request(address, command), time);
    Some(bytes(&plays)).filter(|bytes| !bytes.is_empty())
}

fn reply(address: Address, command: u8, time: NaiveDateTime) -> Option<Vec<u8>> {
    reply_in(Mood::Day, address, command, time)
}

/// What the decoder makes of a reply.
#[track_caller]
fn decoded(bytes: &[u8]) -> Reading {
    let mut frames = decode_all(bytes);
    match frames.next() {
        Some(Ok(frame)) => interpret::frame(&frame).unwrap(),
        other => panic!("{}: {other:?}", printable(bytes)),
    }
}

/// The readings of an inverter: one, or those of three units.
fn readings_in(mood: Mood, address: Address, time: NaiveDateTime) -> Vec<Reading> {
    let reply = |command| reply_in(mood, address, command, time);
    let first = reply(b'0').unwrap();
    if first == format!("\n*{address}4\r").into_bytes() {
        return b"123"
            .iter()
            .map(|&unit| decoded(&reply(unit).unwrap()))
            .collect();
    }
    vec![decoded(&first)]
}

fn number(reading: &Reading, label: &str) -> f64 {
    let mut columns = reading.columns();
    let cell = columns.find(|(field, _)| field.label == label);
    let number = cell.and_then(|(_, value)| value?.number());
    number.map_or(f64::NAN, |number| number.to_string().parse().unwrap())
}

#[test]
fn captures_are_rebuilt_from_their_values() {
    for (form, capture) in [
        (ReplyForm::Standard, &b"\n*010   4 390.9  0.78   304 229.1  1.29   264  29  17249 \xaa 6400xi\r"[..]),
        (ReplyForm::Standard, b"\n*010   4 448.4 12.95  5806 236.5 23.60  5555  50  28143 \xf5 8000xi\r"),
        (ReplyForm::Unit, b"\n*121   4 440.6  1.54    678 240.5  2.58    617 42  13024 \xbf 10k1\r"),
        (ReplyForm::Xp, b"\n*010 005 482.8 132.30 063900 393.2 091.60 062100 37 0341458 \x16 100k   000007831\r"),
        (ReplyForm::Generic, b"\n*03n 20 3X24 4  214.7  1.97   421    0.0  0.04     0  231.1  0.80  234.1  0.79  234.4  0.81   421   413 0.735i  36.7   1640 FEB7\r"),
        (ReplyForm::Generic, b"\n*01n 16 50kH3P 4  597.6 68.48  233.2 57.92  231.0 58.04  231.4 57.92 40947 40106 1.000  46.9 223000 D634\r"),
        (ReplyForm::Generic, b"\n*01n 23 390TL 48  581.1  0.00     0  578.2  0.00     0  580.0  0.00     0    1.2  0.00    1.9  0.00    2.0  0.00     0     0 1.000  28.9      0 00DB\r"),
    ] {
        let reading = decoded(capture);
        let header = std::str::from_utf8(&capture[1..5]).unwrap();
        let code = reading.type_code.clone().unwrap();
        let rebuilt = frames::readings(header, form, reading.cells.layout, &code, |field| {
            match (field.kind, &reading.status_code) {
                (Kind::Status, StatusCode::One(code)) => f64::from(*code),
                _ => number(&reading, field.label),
            }
        });
        assert_eq!(printable(&rebuilt), printable(capture));
    }
}

#[test]
fn counters_equal_captures() {
    let minutes = |hours: u32, minutes: u32| hours * 60 + minutes;
    for (number, form, wh, times, capture) in [
        (
            1,
            ReplyForm::Standard,
            [2415.0, 17249.0, 93_322_999.0],
            [minutes(12, 28), minutes(71746, 50)],
            "\n  2415  17249  93322  93322     12:28  71746:50  71746:50\r",
        ),
        (
            1,
            ReplyForm::Standard,
            [4899.0, 33970.0, 112_706_000.0],
            [minutes(12, 29), minutes(71858, 16)],
            "\n  4899  33970 112706 112706     12:29  71858:16  71858:16\r",
        ),
        (
            3,
            ReplyForm::Generic,
            [6482.0, 45704.0, 7_793_374.0],
            [minutes(18, 11), minutes(8000, 31)],
            "\n*033  6482  45704 7793374 7793374 000018:11 008000:31 008000:31\r",
        ),
        (
            1,
            ReplyForm::Generic,
            [47801.0, 98965.0, 795_212.0],
            [minutes(11, 50), minutes(74, 53)],
            "\n*013  47801  98965 795212 795212 000011:50 000074:53 000074:53\r",
        ),
        (
            1,
            ReplyForm::Xp,
            [2286.0, 4184.0, 58_100.0],
            [minutes(8, 46), minutes(11, 4)],
            "\n*013 2286 4184 581 581 8:46 11:04 11:04\r",
        ),
    ] {
        let header = format!("*{number:02}3");
        let counters = frames::counters(&header, form, wh, times);
        assert_eq!(printable(&counters), printable(capture.as_bytes()));
    }
}

#[test]
fn small_replies_equal_captures() {
    let code = frames::summed("*019", "6400xi", "");
    assert_eq!(code, b"\n*019 6400xi \xaf\r");
    let serial_number = frames::generic("*03s", "8.6TL01736586");
    assert_eq!(serial_number, b"\n*03s 8.6TL01736586 3EA8\r");
}

#[test]
fn every_reply_decodes_and_all_layouts_occur() {
    let mut names = std::collections::BTreeSet::new();
    for address in addresses() {
        for frame in COMMANDS
            .iter()
            .filter_map(|&command| reply(address, command, time(43_200)))
        {
            let reading = decoded(&frame);
            assert_eq!(reading.unreadable, []);
            names.insert(reading.cells.layout.name);
        }
    }
    let layouts = [
        &layouts::STANDARD,
        &layouts::XP,
        &layouts::UNIT,
        &layouts::MPPT2,
        &layouts::MPPT3,
        &layouts::CENTRAL,
        &layouts::CENTRAL_WITH_FREQUENCY,
        &layouts::COUNTERS,
        &layouts::PARTS,
        &layouts::FIRMWARE,
        &layouts::SERIAL_NUMBER,
        &layouts::TYPE_CODE,
    ];
    assert!(
        layouts.iter().all(|layout| names.contains(layout.name)),
        "{names:?}"
    );
}

#[test]
fn every_inverter_feeds_in_plausibly_at_any_hour() {
    for time in times() {
        for reading in addresses().flat_map(|address| readings_in(Mood::Day, address, time)) {
            assert_eq!(reading.status_code, StatusCode::One(4), "{time}");
            assert_eq!(plausible::implausible(&reading), [], "{reading:?}");
            let (power, _) = reading.figure(Role::Power).unwrap();
            assert!(power > 300.into(), "{reading:?}");
            assert!(reading.model.is_some(), "{reading:?}");
        }
    }
}

#[test]
fn powers_are_voltages_times_currents_less_losses() {
    let product = |reading: &Reading, kind: &str| {
        number(reading, &format!("{kind} Voltage")) * number(reading, &format!("{kind} Current"))
    };
    for reading in addresses().flat_map(|address| readings_in(Mood::Day, address, time(43_200))) {
        let of = |label| number(&reading, label);
        let layout = reading.cells.layout;
        if layout == &layouts::STANDARD || layout == &layouts::UNIT || layout == &layouts::XP {
            let lines = if layout == &layouts::XP {
                3.0_f64.sqrt()
            } else {
                1.0
            };
            let near = |one: f64, other: f64| (one / other - 1.0).abs() < 0.005;
            assert!(near(product(&reading, "DC"), of("DC Power")), "{reading:?}");
            assert!(
                near(product(&reading, "AC") * lines, of("AC Power")),
                "{reading:?}"
            );
            assert!(near(of("DC Power") * 0.96, of("AC Power")), "{reading:?}");
        }
    }
}

#[test]
fn yields_and_counters_rise_and_agree() {
    for address in addresses() {
        let (mut daily_before, mut total_before) = (-1.0, 0.0);
        for time in times() {
            if time.time() == NaiveTime::MIN {
                daily_before = -1.0;
            }
            let daily = number(&readings_in(Mood::Day, address, time)[0], "Daily yield");
            assert!(daily > daily_before, "{address} at {time}");
            daily_before = daily;
            let counters = decoded(&reply(address, b'3', time).unwrap());
            if counters.cells.layout == &layouts::COUNTERS {
                let total = number(&counters, "Total yield");
                assert!(total >= total_before, "{address} at {time}");
                total_before = total;
            }
        }
        let counters = reply(address, b'3', time(43_200)).unwrap();
        let mut frames = decode_all(&counters);
        if let Some(Ok(frame)) = frames.next()
            && let Body::Counters(_) = frame.body
        {
            let daily = number(
                &readings_in(Mood::Day, address, time(43_200))[0],
                "Daily yield",
            );
            let text = printable(&counters);
            let tokens: Vec<&str> = text.split_ascii_whitespace().collect();
            assert!(tokens.contains(&daily.to_string().as_str()), "{text}");
        }
    }
}

#[test]
fn one_inverter_has_a_fault() {
    for time in times() {
        for address in addresses() {
            for reading in readings_in(Mood::Fault, address, time) {
                assert_eq!(reading.is_fault, address.number() == 2, "{reading:?}");
            }
        }
        let faulty = readings_in(Mood::Fault, Address::new(2).unwrap(), time).swap_remove(0);
        let status = faulty
            .columns()
            .next()
            .and_then(|(_, value)| value.map(ToString::to_string));
        assert_eq!(status.as_deref(), Some("pv-overvoltage-3"));
        assert_eq!(
            faulty.figure(Role::Power).map(|(power, _)| power),
            Some(0.into())
        );
    }
    let [four, five] = [4, 5].map(|number| Address::new(number).unwrap());
    let mut inverters = Inverters::new(Mood::Fault, Some(vec![four, five]));
    let mut is_fault =
        |address| decoded(&bytes(&inverters.answer(&request(address, b'0'), time(0)))).is_fault;
    assert!(is_fault(four) && !is_fault(five));
}

#[test]
fn night_and_addresses_that_are_not_there_are_silent() {
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
    let delays: Vec<Duration> = addresses()
        .cycle()
        .take(9900)
        .map(|address| delay(&inverters.answer(&request(address, b'0'), time(0))))
        .collect();
    let millis = |time| Some(Duration::from_millis(time));
    assert_eq!(delays.iter().min().copied(), millis(40));
    assert_eq!(delays.iter().max().copied(), millis(430));
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
                let is_whole = bytes(&plays).windows(clean.len()).any(|part| part == clean);
                let is_late = delay(&plays) > Duration::from_secs(1);
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
fn damage_is_detected() {
    let moment = Moment::new(time(43_200));
    for address in addresses() {
        for command in COMMANDS {
            let Some(reply) = family::reply(address, *command, moment, false) else {
                continue;
            };
            let bytes = noise::damaged(reply);
            let mut frames = decode_all(&bytes);
            assert!(!frames.any(|frame| frame.is_ok()), "{}", printable(&bytes));
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
        let is_request = bytes.ends_with(b"\r") && bytes.contains(&b'#');
        assert!(is_request || inverters.answer(&bytes, time(round)).is_empty());
        // Nearly a request.
        bytes.splice(0..0, *b"#12");
        bytes.push(b'\r');
        inverters.answer(&bytes, time(round));
    }
    for nonsense in [
        "", "#", "#000\r", "#0a0\r", "#010", "010\r", "#0100\r", "#010\r\n", "#01 0\r",
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
    for (name, mood) in [
        ("night", Mood::Night),
        ("noisy", Mood::Noisy),
        ("fault", Mood::Fault),
    ] {
        assert_eq!(Mood::named(name), Some(mood));
        assert_eq!(mood.to_string(), name);
    }
    assert_eq!(Mood::Day.to_string(), "");
    assert_eq!(Mood::named("Night"), None);
}
