//! What `watch` keeps in mind and shows.
//!
//! | module | does |
//! |---|---|
//! | [`keeper`] | goes on asking |
//! | [`source`], [`network`] | where the inverters are asked: a bus, the network |
//! | [`page`] | draws the live page |
//! | [`screen`] | the terminal of the page, and its keys |
//! | [`plant`] | the inverters: who is due, in which state each is, what changed |
//! | [`curve`] | the power of the last hour |

pub mod curve;
pub mod keeper;
pub mod network;
pub mod page;
pub mod plant;
pub mod screen;
pub mod source;
