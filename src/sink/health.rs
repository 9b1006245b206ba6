//! Whether sinks and sources work, for pages that show it.

use crate::clock;
use chrono::{DateTime, FixedOffset};

/// When trouble began, and what it is.
pub(crate) type TroubleSince = (DateTime<FixedOffset>, String);

/// Notes what the trouble is now: its beginning stays that of the first one.
pub(super) fn note(trouble: &mut Option<TroubleSince>, text: String) {
    let before = trouble.take();
    let since = before.map_or_else(|| clock::now().fixed_offset(), |(since, _)| since);
    *trouble = Some((since, text));
}

/// A sink or a source, and its trouble if it has any now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SinkHealth {
    /// Its name: `log`, `MQTT`, a device.
    pub(crate) name: String,
    pub(crate) trouble: Option<TroubleSince>,
}

/// The trouble of a connection that was never there: when it comes, it is not back.
pub(crate) const NOT_YET: &str = "not connected yet";

#[cfg(test)]
impl SinkHealth {
    /// One without trouble.
    pub(crate) fn good(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            trouble: None,
        }
    }
}
