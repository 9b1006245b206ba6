//! Everything that can be made of the series of a period.

use super::cells::{self, CellLook};
use super::html::PageSection;
use super::numbers::{self, Numbers};
use super::svg::{self, Scheme, Theme};
use crate::history::series::Series;

/// The series as one SVG document.
pub fn svg(series: &Series, theme: &Theme) -> String {
    match series {
        Series::Day(day) => svg::day(day, theme),
        Series::Month(bars) => svg::month(bars, theme),
        Series::Year(bars, yields) => svg::year(bars, yields, theme),
        Series::Years(bars) => svg::years(bars, theme),
        Series::Compare(comparison) => svg::compare(comparison, theme),
    }
}

/// The series as characters of a terminal.
pub fn cells(series: &Series, look: CellLook) -> String {
    match series {
        Series::Day(day) => cells::day(day, look),
        Series::Month(bars) | Series::Years(bars) => cells::bars(bars, look),
        Series::Year(bars, yields) => cells::year(bars, yields, look),
        Series::Compare(comparison) => cells::compare(comparison, look),
    }
}

/// The numbers of the series.
pub fn numbers(series: &Series) -> Numbers {
    match series {
        Series::Day(day) => numbers::day(day),
        Series::Month(bars) | Series::Year(bars, _) | Series::Years(bars) => numbers::bars(bars),
        Series::Compare(comparison) => numbers::comparison(comparison),
    }
}

/// The series as a part of a page.
pub fn section(series: &Series, heading: &str) -> PageSection {
    let theme = Theme {
        scheme: Scheme::Auto,
        is_alone: false,
    };
    PageSection {
        heading: heading.to_owned(),
        picture: svg(series, &theme),
        numbers: numbers(series),
    }
}
