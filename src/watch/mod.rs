//! What `watch` keeps in mind and shows.
//!
//! | module | does |
//! |---|---|
//! | [`keeper`] | keeps polling one source |
//! | [`plant`] | the inverters: in which state each is, what changed |
//! | [`page`], [`screen`] | draws the live page; its terminal and keys |
//! | [`curve`] | the power of the last hour |

pub mod curve;
pub mod keeper;
pub mod page;
pub mod plant;
pub mod screen;
