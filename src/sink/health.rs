//! Whether a part of the program works, for pages that show it.

use chrono::{DateTime, FixedOffset};

/// A part of the program, and its trouble if it has any now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SinkHealth {
    /// What the part is called: `log`, `MQTT`, a device.
    pub(crate) name: String,
    /// When the trouble began, and what it is.
    pub(crate) trouble: Option<(DateTime<FixedOffset>, String)>,
}

/// The trouble of a connection that was never there, which is not back when it comes.
pub(crate) const NOT_YET: &str = "not connected yet";

#[cfg(test)]
impl SinkHealth {
    /// A part without trouble.
    pub(crate) fn good(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            trouble: None,
        }
    }
}
