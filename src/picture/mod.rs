//! Pictures of series: as SVG, as characters of a terminal, as one page of HTML. Opens no file and
//! reads no clock.
//!
//! | module | does |
//! |---|---|
//! | [`svg`] | each series as one SVG document |
//! | [`cells`] | each series as widgets of a terminal, and a buffer as text |
//! | [`html`] | pictures and numbers on one page that needs nothing else |
//! | [`numbers`] | the numbers of a series as a table |
//! | [`series`] | all of these of the series of a period, whichever it is |
//! | `axis`, `levels`, `figures` | ticks, classes of colour, how numbers are written |

mod axis;
pub(crate) mod cells;
mod figures;
pub(crate) mod html;
mod levels;
pub(crate) mod numbers;
pub(crate) mod series;
pub(crate) mod svg;

/// Pictures with made-up numbers for the tests of this module.
#[cfg(test)]
mod examples;
