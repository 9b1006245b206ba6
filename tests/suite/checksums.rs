//! What the checksums of the protocols catch, tried on every capture; and what they can't catch, in
//! figures.
//!
//! Outside of all checksums, by the protocols: counters, firmware and `4` of KACO inverters, type
//! codes behind the checksum of a standard reply, and what a WiFi module says of itself.

use crate::checks::checksum::{crc, fed, frame_with_sum, place_behind, sum};
use crate::support::captures;
use crate::support::dice::Dice;
use bytes::BytesMut;
use kaco_ardexa::kaco::interpret;
use kaco_ardexa::kaco::wire::{Body, Codec, decode_all};
use kaco_ardexa::kstar;
use kaco_ardexa::plausible::implausible;
use kaco_ardexa::reading::{Field, Kind, Reading};
use tokio_util::codec::Decoder;

/// Every reading that these bytes give to a program that hears nothing else.
fn readings(bytes: &[u8]) -> Vec<Reading> {
    if kstar::wire::parse(bytes) != Err(kstar::wire::KstarFrameError::Header) {
        let frame = kstar::wire::parse(bytes);
        return frame.map(kstar::interpret::frame).into_iter().collect();
    }
    let frames = decode_all(bytes).flatten();
    frames.flat_map(|frame| interpret::frame(&frame)).collect()
}

/// Replies of the standard protocol.
const STANDARD: [&str; 3] = ["standard", "unit", "xp"];

/// Replies of the generic protocol.
const GENERIC: [&str; 4] = ["mppt2", "mppt3", "central", "serial"];

/// Replies without a checksum. Two wrong bytes in a header can make one of them out of a reply that
/// has one; then it is not an answer to the request, and gives no row.
const UNCHECKED: [&str; 3] = ["counters", "firmware", "parts"];

/// All that a reading says: layout, status and every cell. Of a standard reply neither the text of
/// the type nor, of XP units, the digits of the total yield: they stand behind the checksum. One
/// whose type is gone is asked for again, and the layout of its inverter is known: of such a reply
/// the layout is left out, and the text of the status, which depends on it.
fn content(reading: &Reading) -> String {
    let layout = reading.cells.layout.name;
    let is_untyped = STANDARD.contains(&layout) && reading.type_code.is_none();
    let is_left_out = |field: &Field| match field.kind {
        Kind::TypeCode => STANDARD.contains(&layout),
        Kind::Status => is_untyped,
        _ => field.label == "Total yield" && STANDARD.contains(&layout),
    };
    let cells = reading
        .cells
        .iter()
        .filter(|(field, _)| !is_left_out(field));
    let cells: Vec<_> = cells.map(|(field, value)| (field.label, value)).collect();
    let layout = if is_untyped { "standard" } else { layout };
    format!(
        "{layout} {:?} {:?} {cells:?}",
        reading.inverter, reading.status_code
    )
}

/// What a reading says if its type was lost with it.
fn untyped_content(reading: &Reading) -> String {
    let mut reading = reading.clone();
    if STANDARD.contains(&reading.cells.layout.name) {
        reading.type_code = None;
    }
    content(&reading)
}

/// Name, bytes and reading of each capture that is one whole reply of these layouts.
fn captures_of(layouts: &[&str]) -> Vec<(String, Vec<u8>, Reading)> {
    let whole = |name: String| {
        let bytes = captures::bytes(&name);
        let [reading] = <[Reading; 1]>::try_from(readings(&bytes)).ok()?;
        Some((name, bytes, reading))
    };
    let all = captures::names().into_iter().filter_map(whole);
    all.filter(|(_, _, reading)| layouts.contains(&reading.cells.layout.name))
        .collect()
}

/// What becomes of damaged bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// No reading, or one that says the same.
    Harmless,
    /// A reading that says something else, with an empty cell and a warning.
    Unreadable,
    /// A reading that says something else, with a warning that a number can't be.
    Implausible,
    /// A reading with other content, unnoticed.
    Unseen,
}

fn fate(damaged: &[u8], good: &Reading) -> Fate {
    let layout = good.cells.layout.name;
    let is_of_that_kind = |reading: &Reading| {
        let other = reading.cells.layout.name;
        UNCHECKED.contains(&layout) || !UNCHECKED.contains(&other)
    };
    let due = |reading: &Reading| match reading.type_code {
        None => untyped_content(good),
        Some(_) => content(good),
    };
    let misleads = |reading: &Reading| is_of_that_kind(reading) && content(reading) != due(reading);
    match readings(damaged).iter().find(|reading| misleads(reading)) {
        None => Fate::Harmless,
        Some(reading) if !reading.unreadable.is_empty() => Fate::Unreadable,
        Some(reading) if !implausible(reading).is_empty() => Fate::Implausible,
        Some(_) => Fate::Unseen,
    }
}

#[test]
fn a_reply_of_any_checksum_byte_is_complete_at_its_cr() {
    for sum in 0..=255 {
        let frame = frame_with_sum(sum);
        let (cr, beginning) = frame.split_last().unwrap();
        let mut buffer = BytesMut::from(beginning);
        let early = Codec.decode(&mut buffer).unwrap();
        assert_eq!(early, None, "{sum:#04x}: complete too early");
        buffer.extend_from_slice(&[*cr]);
        let item = Codec.decode(&mut buffer).unwrap();
        let Some(Ok(Body::Readings(readings))) = item.map(|item| item.map(|frame| frame.body))
        else {
            panic!("{sum:#04x}: {frame:?}");
        };
        assert_eq!(readings.type_code.as_deref(), Some(&b"5000xi"[..]));
        assert!(buffer.is_empty());
    }
}

/// All bytes with one of them wrong, in every way there is.
fn with_a_wrong_byte(bytes: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> + '_ {
    let others = |place: usize| (1..=255).map(move |change| (place, change));
    (0..bytes.len()).flat_map(others).map(|(place, change)| {
        let mut damaged = bytes.to_vec();
        damaged[place] ^= change;
        (place, damaged)
    })
}

/// A lost byte, also the last, is as bad as a wrong one.
#[test]
fn no_lost_byte_gives_other_values() {
    for (name, capture, good) in captures_of(&STANDARD) {
        for place in 0..capture.len() {
            let mut damaged = capture.clone();
            damaged.remove(place);
            let fate = fate(&damaged, &good);
            assert_eq!(fate, Fate::Harmless, "{name}: byte {place}: {damaged:02x?}");
        }
    }
}

#[test]
fn no_wrong_byte_gives_other_values() {
    let layouts = [&STANDARD[..], &GENERIC, &["type", "kstar"]].concat();
    let captures = captures_of(&layouts);
    for layout in layouts {
        let is_tried = captures
            .iter()
            .any(|(_, _, good)| good.cells.layout.name == layout);
        assert!(is_tried, "no capture of {layout}");
    }
    let mut tried = 0;
    for (name, capture, good) in &captures {
        for (place, damaged) in with_a_wrong_byte(capture) {
            let fate = fate(&damaged, good);
            assert_eq!(fate, Fate::Harmless, "{name}: byte {place}: {damaged:02x?}");
            tried += 1;
        }
    }
    println!(
        "{tried} wrong bytes in {} captures, none taken",
        captures.len()
    );
}

#[test]
fn replies_without_a_checksum_are_guarded_by_their_shape_alone() {
    for layout in ["counters", "firmware"] {
        let (mut tried, mut taken) = (0, 0);
        for (_, capture, good) in captures_of(&[layout]) {
            for (_, damaged) in with_a_wrong_byte(&capture) {
                tried += 1;
                taken += usize::from(fate(&damaged, &good) != Fate::Harmless);
            }
        }
        println!("{layout}: {taken} of {tried} wrong bytes taken");
        assert!(tried > 0 && taken > 0);
        if layout == "counters" {
            assert!(
                taken * 20 < tried,
                "a digit for a digit, hardly more: {taken} of {tried}"
            );
        }
    }
}

/// There are so many bursts of up to 16 bits.
const BURSTS: usize = 1 << 15;

/// The burst of this number: its first bit is wrong, all others may be.
fn burst(number: usize) -> u32 {
    u32::try_from(number).unwrap() << 1 | 1
}

/// The CRC is linear: a damaged frame has the CRC of the good one if the errors alone, with start
/// value 0, leave the register at 0. So this holds for every frame of every length, whatever it
/// says.
#[test]
fn no_burst_of_up_to_16_bits_leaves_the_crc_as_it_was() {
    let check = crc(b"123456789");
    assert_eq!(check, 0x906E, "this is the CRC of the generic protocol");
    for burst in (0..BURSTS).map(burst) {
        for shift in 0..8 {
            // Bits go over the wire from the lowest to the highest, and through the CRC.
            let bytes = (burst << shift).to_le_bytes();
            let register = bytes.into_iter().fold(0, fed);
            assert_ne!(register, 0, "{burst:#06x} from bit {shift}");
        }
    }
    // And good bytes behind the burst never take it back.
    assert!((1..=u16::MAX).all(|register| fed(register, 0) != 0));
}

/// The same through the decoder, where a burst can also fall on the ends of a frame and on the
/// checksum itself, or make an end in the middle. There are 245 million in the captures: `BURSTS=1`
/// tries them all, else it is one of 1999.
#[test]
fn no_burst_of_up_to_16_bits_is_taken() {
    let step = number("BURSTS", 1999);
    let mut tried = 0_u64;
    for (name, capture, good) in captures_of(&GENERIC) {
        for number in (0..capture.len() * 8 * BURSTS).step_by(step) {
            let (place, burst) = (number / BURSTS, burst(number % BURSTS));
            let mut damaged = capture.clone();
            let errors = (burst << (place % 8)).to_le_bytes();
            for (byte, error) in damaged.iter_mut().skip(place / 8).zip(errors) {
                *byte ^= error;
            }
            let fate = fate(&damaged, &good);
            assert_eq!(fate, Fate::Harmless, "{name}: {burst:#06x} at bit {place}");
            tried += 1;
        }
    }
    println!("{tried} bursts, none taken");
    assert!(tried > 50_000, "{tried}");
}

/// How much to try: what a variable says, or else the usual.
fn number(variable: &str, usual: usize) -> usize {
    std::env::var(variable).map_or(usual, |number| number.parse().unwrap())
}

/// Two different places of these bytes, each changed by what `error` gives.
fn twice_damaged(bytes: &[u8], dice: &mut Dice, error: fn(&mut Dice) -> u8) -> Vec<u8> {
    let first = dice.roll(bytes.len());
    let second = (first + 1 + dice.roll(bytes.len() - 1)) % bytes.len();
    let mut damaged = bytes.to_vec();
    for place in [first, second] {
        damaged[place] ^= error(dice);
    }
    damaged
}

fn any_byte(dice: &mut Dice) -> u8 {
    u8::try_from(1 + dice.roll(255)).unwrap()
}

fn any_bit(dice: &mut Dice) -> u8 {
    1 << dice.roll(8)
}

/// An 8-bit sum can't see two errors that cancel each other out; that is the protocol. What it lets
/// through has to keep the shape of the reply and of each value, and what passes all the same is
/// often a number that can't be. `ERRORS=1000000` tries so many a capture.
#[test]
fn two_errors_in_a_standard_reply_seldom_pass() {
    let each = number("ERRORS", 10_000);
    let mut dice = Dice::new(1);
    for (what, error, limit) in [
        ("bytes", any_byte as fn(&mut Dice) -> u8, 2000),
        ("bits", any_bit, 50),
    ] {
        let (mut tried, mut summed) = (0, 0);
        let (mut unreadable, mut implausible, mut unseen) = (0, 0, 0);
        for (_, capture, good) in captures_of(&STANDARD) {
            let start = capture.iter().position(|byte| *byte == b'*').unwrap();
            let place = start + place_behind(&capture[start..], 9).unwrap();
            for _ in 0..each {
                let span = twice_damaged(&capture[start..=place], &mut dice, error);
                let (found, checked) = span.split_last().unwrap();
                summed += u64::from(sum(checked) == *found);
                let damaged = [&capture[..start], &span, &capture[place + 1..]].concat();
                match fate(&damaged, &good) {
                    Fate::Harmless => {}
                    Fate::Unreadable => unreadable += 1,
                    Fate::Implausible => implausible += 1,
                    Fate::Unseen => unseen += 1,
                }
                tried += 1;
            }
        }
        println!(
            "two wrong {what}: {tried} tried, {summed} pass the sum, {unreadable} with an empty cell, {implausible} implausible, {unseen} unseen"
        );
        let seen = unreadable + implausible;
        assert!(summed > 0 && implausible > 0 && unseen * limit < tried);
        assert!(seen + unseen <= summed + tried / 1000);
    }
}
