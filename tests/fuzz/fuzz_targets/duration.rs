//! Durations: at most a day, and what is written in milliseconds is the same.
#![no_main]

use kaco_ardexa::duration::{parse, parse_positive};
use libfuzzer_sys::fuzz_target;
use std::time::Duration;

fuzz_target!(|text: &str| {
    let parsed = parse(text);
    assert_eq!(
        parse_positive(text).is_ok(),
        parsed.as_ref().is_ok_and(|time| !time.is_zero())
    );
    let Ok(time) = parsed else {
        return;
    };
    assert!(time <= Duration::from_secs(86_400), "{time:?}");
    let milliseconds = time.as_millis();
    let whole = parse(&format!("{milliseconds}ms")).expect("milliseconds");
    assert_eq!(whole.as_millis(), milliseconds);
});
