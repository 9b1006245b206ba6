//! A stream of any bytes: however it is cut, the same frames come out; the decoder makes progress and keeps little.
#![no_main]

use kaco_ardexa::kaco::interpret;
use kaco_ardexa::kaco::wire::{Decoder, LONGEST_FRAME};
use libfuzzer_sys::fuzz_target;

/// All good frames, as text.
fn frames<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    let mut decoder = Decoder::default();
    let mut found = Vec::new();
    let mut steps = 0;
    let mut length = 0;
    for piece in pieces {
        decoder.push(piece);
        length += piece.len();
        while let Some(item) = decoder.next() {
            steps += 1;
            found.extend(item.ok().map(|frame| format!("{frame:?}")));
        }
    }
    while let Some(item) = decoder.next_eof() {
        steps += 1;
        if let Ok(frame) = item {
            let _ = interpret::frame(&frame);
            found.push(format!("{frame:?}"));
        }
    }
    assert!(steps <= length, "{steps} steps for {length} bytes");
    assert!(!decoder.is_pending());
    found
}

/// Pieces of changing lengths; the first byte says which.
fn pieces(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut state = usize::from(bytes.first().copied().unwrap_or_default());
    let mut rest = bytes;
    std::iter::from_fn(move || {
        state = (state * 37 + 11) % 251;
        let (piece, others) = rest.split_at((state % 24 + 1).min(rest.len()));
        rest = others;
        (!piece.is_empty()).then_some(piece)
    })
}

fuzz_target!(|bytes: &[u8]| {
    let whole = frames(std::iter::once(bytes));
    assert_eq!(frames(pieces(bytes)), whole);
    assert_eq!(frames(bytes.chunks(1)), whole);
    let mut decoder = Decoder::default();
    decoder.push(bytes);
    while decoder.next().is_some() {}
    decoder.push(&[]);
    let kept = format!("{decoder:?}");
    // A byte takes at most five signs: `255, `.
    assert!(kept.len() < 5 * LONGEST_FRAME + 100, "{}", kept.len());
});
