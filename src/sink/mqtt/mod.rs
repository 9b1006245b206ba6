//! Readings to an MQTT broker.
//!
//! | module | does |
//! |---|---|
//! | [`broker`], [`login`], [`password`] | where, and as whom |
//! | [`options`] | how to publish, and what that makes of a reading |
//! | [`state`] | the messages of a reading |
//! | [`once`] | all messages of a run that ends |
//! | [`session`] | one connection for a run that goes on |
//! | [`error`] | what goes wrong, in words |

pub mod broker;
mod connection;
pub mod error;
pub mod login;
pub mod once;
pub mod options;
mod outbox;
pub mod password;
pub mod session;
pub mod state;
#[cfg(feature = "tls")]
mod tls;
mod totals;

pub use broker::Broker;
pub use error::PublishError;
pub use once::publish;
pub use options::{Delivery, Options};
pub use session::Session;
