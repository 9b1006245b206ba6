//! What `watch` remembers and shows.
//!
//! | module | does |
//! |---|---|
//! | [`poller`] | polls one source, round after round |
//! | `plant`, `inverter`, `source` | the inverters and their sources: in which state each is |
//! | `change` | a change that is reported |
//! | `curve` | the values of a quantity in the last hour and the last day |
//! | `logged` | today's rows of a log directory |
//! | `view` | what the page shows; what keys do |
//! | `page` | draws the live page, as the terminal can show it |
//! | [`screen`] | its terminal and keys |
//! | `frames` | what the terminal has not taken yet |

mod change;
pub(crate) mod curve;
mod frames;
pub(crate) mod inverter;
pub(crate) mod logged;
pub(crate) mod page;
pub(crate) mod plant;
pub mod poller;
pub mod screen;
mod source;
pub(crate) mod view;
