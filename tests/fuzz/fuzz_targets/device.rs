//! DEVICE: what is shown of it is the same device.
#![no_main]

use kaco_ardexa::link::Device;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(device) = text.parse::<Device>() {
        assert_eq!(device.to_string().parse(), Ok(device));
    }
});
