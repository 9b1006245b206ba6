//! Lists of addresses: 1 to 99, each once, and the list that is written of them is the same.
#![no_main]

use kaco_ardexa::address::{Address, Addresses};
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeSet;

fuzz_target!(|text: &str| {
    let Ok(list) = text.parse::<Addresses>() else {
        return;
    };
    let numbers: Vec<u8> = list
        .as_slice()
        .iter()
        .map(|address| address.number())
        .collect();
    let different: BTreeSet<&u8> = numbers.iter().collect();
    assert!(!numbers.is_empty() && different.len() == numbers.len());
    assert!(numbers.iter().all(|number| (1..=99).contains(number)));
    let written: Vec<String> = list.as_slice().iter().map(Address::to_string).collect();
    assert_eq!(written.join(",").parse(), Ok(list));
});
