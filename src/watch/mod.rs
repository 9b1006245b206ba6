//! What `watch` keeps in mind and shows.
//!
//! | module | does |
//! |---|---|
//! | [`keeper`] | keeps polling one source |
//! | `plant`, `inverter` | the inverters: in which state each is |
//! | `way` | the way to the inverters of a source: whether it is lost |
//! | `change` | what a line reports |
//! | `curve` | what a quantity was in the last hour and the last day |
//! | `logged` | what a log directory has of today |
//! | `view` | what the page shows; what keys do |
//! | `page` | draws the live page, as the terminal can show it |
//! | [`screen`] | its terminal and keys |
//! | `frames` | what the terminal has not taken yet |

mod change;
pub(crate) mod curve;
mod frames;
pub(crate) mod inverter;
pub mod keeper;
pub(crate) mod logged;
pub(crate) mod page;
pub(crate) mod plant;
pub mod screen;
pub(crate) mod view;
mod way;
