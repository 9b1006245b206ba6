//! What a bus needs of the link below it: a byte stream that can be opened, and once more when it
//! got lost.

use std::future::Future;
use std::io;
use tokio::io::{AsyncRead, AsyncWrite};

/// Opens the byte stream to a bus.
pub trait Connect {
    /// Bytes out, bytes in, in any pieces. A read of zero bytes means that the other side is gone.
    type Stream: AsyncRead + AsyncWrite + Unpin;

    /// What it leads to, for messages.
    fn device(&self) -> String;

    /// Opens it, with nothing old in its input.
    fn connect(&mut self) -> impl Future<Output = Result<Self::Stream, LinkError>>;
}

/// Why there is no link to a bus. The text names the device and what to do.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// There is no such device.
    #[error("{device} does not exist")]
    NotFound {
        /// As it was typed.
        device: String,
        /// What there is instead.
        hint: String,
    },
    /// The user may not open it.
    #[error("no permission to open {device}")]
    Denied {
        /// As it was typed.
        device: String,
        /// How to get it.
        hint: String,
    },
    /// Another program has it open.
    #[error(
        "{device} is in use{}",
        .holder.as_ref().map(|holder| format!(" by {holder}")).unwrap_or_default()
    )]
    Busy {
        /// As it was typed.
        device: String,
        /// The process, if it is known.
        holder: Option<String>,
    },
    /// Anything else that keeps it from opening.
    #[error("{device} can't be opened: {reason}")]
    Unusable {
        /// As it was typed.
        device: String,
        /// In words.
        reason: String,
    },
    /// It is in the network and does not answer.
    #[error("{device} can't be reached: {reason}")]
    Unreachable {
        /// As it was typed.
        device: String,
        /// In the system's words.
        reason: String,
        /// What to look at.
        hint: &'static str,
    },
    /// It was open and went away.
    #[error("the connection to {device} was lost: {source}")]
    Lost {
        /// As it was typed.
        device: String,
        /// In the system's words.
        source: io::Error,
    },
}

impl LinkError {
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::NotFound { hint, .. } | Self::Denied { hint, .. } => Some(hint.clone()),
            Self::Busy { .. } => Some("wait until it is done, or end it".to_owned()),
            Self::Unreachable { hint, .. } => Some((*hint).to_owned()),
            Self::Unusable { .. } => None,
            Self::Lost { device, .. } => {
                let look = match device.starts_with("tcp:") {
                    true => {
                        "the gateway hung up: many serve a single client, and drop it when another \
                        one comes; look at its settings and its power"
                    }
                    false => "look at the adapter and its plug",
                };
                Some(format!("{look}; the rows read so far are kept"))
            }
        }
    }
}
