//! Whether a part of the program works, for pages that show it.

use chrono::{DateTime, FixedOffset};

/// A part of the program, and its trouble if it has any now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// What the part is called: `log`, `MQTT`, a device.
    pub name: String,
    /// Since when it is in trouble, and what the trouble is.
    pub trouble: Option<(DateTime<FixedOffset>, String)>,
}

impl Health {
    /// A part without trouble.
    pub fn good(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            trouble: None,
        }
    }
}
