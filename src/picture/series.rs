//! Everything that can be made of the series of a period.

use super::cells::{self, CellLook};
use super::html::PageSection;
use super::numbers::{self, Numbers};
use super::svg::{self, Embedding};
use crate::history::series::Series;

/// The series as one SVG document.
pub(crate) fn svg(series: &Series, embedding: Embedding) -> String {
    match series {
        Series::Day(day) => svg::day(day, embedding),
        Series::Month(bars) | Series::Years(bars) => svg::bars(bars, embedding),
        Series::Year(bars, yields) => svg::year(bars, yields, embedding),
        Series::Compare(comparison) => svg::compare(comparison, embedding),
    }
}

/// The series as characters of a terminal.
pub(crate) fn cells(series: &Series, look: CellLook) -> String {
    match series {
        Series::Day(day) => cells::day(day, look),
        Series::Month(bars) | Series::Years(bars) => cells::bars(bars, look),
        Series::Year(bars, yields) => cells::year(bars, yields, look),
        Series::Compare(comparison) => cells::compare(comparison, look),
    }
}

/// The numbers of the series.
pub(crate) fn numbers(series: &Series) -> Numbers {
    match series {
        Series::Day(day) => numbers::day(day),
        Series::Month(bars) | Series::Year(bars, _) | Series::Years(bars) => numbers::bars(bars),
        Series::Compare(comparison) => numbers::comparison(comparison),
    }
}

/// The series as a part of a page.
pub(crate) fn section(series: &Series, heading: &str) -> PageSection {
    PageSection {
        heading: heading.to_owned(),
        picture: svg(series, Embedding::Page),
        numbers: numbers(series),
    }
}
