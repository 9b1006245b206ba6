//! Pictures and numbers on one page that needs nothing else: no script, no font, no other host.

use super::numbers::Numbers;
use super::svg::{DEFINITIONS, Scheme, style};
use crate::escape::markup as escaped;
use std::fmt::Write;

/// A part of a page.
#[derive(Debug, Clone, Default)]
pub struct Section {
    /// `Day`
    pub heading: String,
    /// A picture that is not alone: see [`super::svg::Theme`].
    pub picture: String,
    /// The numbers below it.
    pub numbers: Numbers,
}

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;max-width:62rem;margin:0 auto;padding:1rem;background:#fff;color:#1f2328}\
h1{font-size:1.6rem}h2{font-size:1.2rem;margin:2rem 0 .5rem}\
svg.hp{max-width:100%;height:auto;display:block}\
.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.85rem}\
th,td{padding:.15rem .6rem;text-align:right;white-space:nowrap;border-bottom:1px solid #d8dde3}\
th:first-child,td:first-child{text-align:left}tfoot td{font-weight:600}\
summary{cursor:pointer;margin:.5rem 0}\
@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}th,td{border-color:#2a313a}}\
@media print{details{break-inside:avoid}}";

/// The whole page.
pub fn page(title: &str, sections: &[Section]) -> String {
    let title = escaped(title);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title}</title><style>{STYLE}{}</style></head><body>\n\
         <svg width=\"0\" height=\"0\" style=\"position:absolute\" aria-hidden=\"true\">{DEFINITIONS}</svg>\n<h1>{title}</h1>\n",
        style(Scheme::Auto)
    );
    for section in sections {
        let _ = writeln!(
            page,
            "<section><h2>{}</h2>\n{}",
            escaped(&section.heading),
            section.picture
        );
        for note in &section.numbers.notes {
            let _ = writeln!(page, "<p>{}</p>", escaped(note));
        }
        page += &table(&section.numbers);
        page += "</section>\n";
    }
    page += "</body></html>\n";
    page
}

fn table(numbers: &Numbers) -> String {
    let row = |cell: &str, cells: &[String]| {
        let cells = cells
            .iter()
            .map(|text| format!("<{cell}>{}</{cell}>", escaped(text)));
        format!("<tr>{}</tr>\n", cells.collect::<String>())
    };
    let rows = |rows: &[Vec<String>]| {
        rows.iter()
            .map(|cells| row("td", cells))
            .collect::<String>()
    };
    format!(
        "<details><summary>Numbers</summary><div class=\"scroll\"><table><thead>{}</thead><tbody>{}</tbody><tfoot>{}</tfoot>\
         </table></div></details>\n",
        row("th", &numbers.head),
        rows(&numbers.rows),
        rows(&numbers.foot),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::svg::{self, Theme};
    use crate::picture::{examples, numbers};

    #[test]
    fn a_page_needs_nothing_else() {
        let day = examples::day(2, 5);
        let theme = Theme {
            scheme: Scheme::Auto,
            is_alone: false,
        };
        let section = Section {
            heading: "Day <1>".to_owned(),
            picture: svg::day(&day, &theme),
            numbers: numbers::day(&day),
        };
        let page = page("Roof & barn", &[section.clone(), section]);
        assert_eq!(page.matches("id=\"hp1\"").count(), 1);
        assert!(!page.contains("http") && !page.contains("<script") && !page.contains("src="));
        assert!(page.contains("<h2>Day &lt;1&gt;</h2>") && page.contains("grid &lt;fault&gt;"));
    }
}
