//! Recordings: what is read is written again as the same.
#![no_main]

use kaco_ardexa::recording::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match parse(text) {
        Ok(exchanges) => {
            let lines: String = exchanges.iter().map(|exchange| exchange.line()).collect();
            assert_eq!(lines.lines().count(), exchanges.len());
            assert_eq!(parse(&lines), Ok(exchanges));
        }
        Err(reason) => assert!(!reason.chars().any(char::is_control), "{reason:?}"),
    }
});
