//! Readings to an MQTT broker.

pub mod message;

pub use message::{Message, Name};
