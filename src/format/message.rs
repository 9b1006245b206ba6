//! A message for an MQTT broker.

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where it goes.
    pub topic: String,
    /// Its payload.
    pub payload: String,
    /// Whether the broker keeps it for later subscribers.
    pub(crate) is_retained: bool,
}

/// A topic behind the prefix, if there is one.
pub(crate) fn under(prefix: Option<&str>, topic: &str) -> String {
    match prefix {
        Some(prefix) => format!("{prefix}/{topic}"),
        None => topic.to_owned(),
    }
}
