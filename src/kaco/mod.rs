//! KACO inverters on an RS485 bus.
//!
//! | module | does |
//! |---|---|
//! | [`poll`] | which requests an inverter needs, and in which order inverters are polled |
//! | [`scan`], [`ping`] | which inverters are on the bus; how well each replies |
//! | [`bus`], `reply`, [`timing`], [`connect`] | one request, one outcome; waits; the link |
//! | [`interpret`] | a checked frame becomes a reading, by its table |
//! | [`layouts`], [`status`], [`types`] | the tables |
//! | `overheard` | what passes besides the replies that were waited for |
//! | [`units`] | the units of a 000xi become one reading |
//! | `untyped` | replies that lost their type |
//! | [`wire`] | bytes to checked frames; reads no port and no clock |

pub mod bus;
pub mod connect;
pub mod interpret;
pub mod layouts;
pub(crate) mod overheard;
pub(crate) mod ping;
pub mod poll;
mod reply;
pub mod scan;
pub(crate) mod status;
pub mod timing;
pub mod types;
pub mod units;
pub(crate) mod untyped;
pub mod wire;
