//! Pictures and numbers on one page that needs nothing else: no script, no font, no other host.

use super::numbers::Numbers;
use super::svg::{DEFINITIONS, style};
use crate::escape::markup as escaped;
use std::fmt::Write;

/// A part of a page.
#[derive(Debug, Clone, Default)]
pub(crate) struct PageSection {
    /// `Day`
    pub(crate) heading: String,
    /// Made for a page: see [`super::svg::Embedding`].
    pub(crate) picture: String,
    /// The numbers below it.
    pub(crate) numbers: Numbers,
}

/// A link above the pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageLink {
    text: String,
    /// A relative path; `None` for the page that is shown.
    to: Option<String>,
    /// `prev` or `next` of the page that is shown; empty for others.
    relation: &'static str,
}

impl PageLink {
    /// A link to another page.
    pub(crate) fn to(text: &str, to: &str) -> Self {
        Self {
            text: text.to_owned(),
            to: Some(to.to_owned()),
            relation: "",
        }
    }

    /// The page that is shown.
    pub(crate) fn here(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            to: None,
            relation: "",
        }
    }

    /// A link to the page before (`prev`) or after (`next`) the one that is shown, of this name.
    pub(crate) fn beside(relation: &'static str, name: &str) -> Self {
        Self {
            relation,
            ..Self::to(name, name)
        }
    }

    fn markup(&self) -> String {
        let text = escaped(&self.text);
        match (&self.to, self.relation) {
            (None, _) => format!("<b aria-current=\"page\">{text}</b>"),
            (Some(to), "") => format!("<a href=\"{}\">{text}</a>", escaped(to)),
            (Some(to), relation) => {
                let is_before = relation == "prev";
                let (before, after) = if is_before {
                    ("‹ ", "")
                } else {
                    ("", " ›")
                };
                let to = escaped(to);
                format!("<a rel=\"{relation}\" href=\"{to}\">{before}{text}{after}</a>")
            }
        }
    }
}

// On a narrow screen pictures are scrolled: smaller, their texts could not be read.
const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;max-width:62rem;margin:0 \
auto;padding:1rem;background:#fff;color:#1f2328}\
h1{font-size:1.6rem;margin:.5rem 0}h2{font-size:1.2rem;margin:2rem 0 .5rem}\
svg.hp{max-width:100%;height:auto;display:block}.defs{position:absolute}\
@media(max-width:44rem){svg.hp{min-width:44rem}}\
nav{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:0 0 1rem}a{color:#0a58ca}\
.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums;\
font-size:.85rem}\
th,td{padding:.15rem .6rem;text-align:right;white-space:nowrap;border-bottom:1px solid #d8dde3}\
th:first-child,td:first-child{text-align:left}tfoot td{font-weight:600}\
summary{cursor:pointer;margin:.5rem 0}\
@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}a{color:#6cbcf5}\
th,td{border-color:#2a313a}}@media print{details{break-inside:avoid}}";

/// The style of a page.
pub(crate) fn style_of_page() -> String {
    format!("{STYLE}{}", style())
}

/// The whole page; without links it stands alone.
pub(crate) fn page(title: &str, links: &[PageLink], sections: &[PageSection]) -> String {
    let title = escaped(title);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title}</title><style>{}</style></head><body>\n\
         <svg width=\"0\" height=\"0\" class=\"defs\" aria-hidden=\"true\">{DEFINITIONS}</svg>\n\
         <h1>{title}</h1>\n",
        style_of_page()
    );
    for (label, is_beside) in [("Pages", false), ("Before and after", true)] {
        let links = links
            .iter()
            .filter(|link| link.relation.is_empty() != is_beside);
        let links: String = links.map(PageLink::markup).collect();
        if !links.is_empty() {
            let _ = writeln!(page, "<nav aria-label=\"{label}\">{links}</nav>");
        }
    }
    for section in sections {
        let _ = writeln!(
            page,
            "<section>{}<div class=\"scroll\">{}</div>",
            heading(&section.heading),
            section.picture
        );
        for note in &section.numbers.notes {
            let _ = writeln!(page, "<p>{}</p>", escaped(note));
        }
        if !section.numbers.head.is_empty() {
            page += &table(&section.numbers);
        }
        page += "</section>\n";
    }
    page += "</body></html>\n";
    page
}

/// The heading above a picture; nothing if the links show it.
fn heading(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!("<h2>{}</h2>\n", escaped(text))
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
        "<details><summary>Numbers</summary><div class=\"scroll\"><table><thead>{}</thead><tbody>{}\
        </tbody><tfoot>{}</tfoot></table></div></details>\n",
        row("th", &numbers.head),
        rows(&numbers.rows),
        rows(&numbers.foot),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::svg::{self, Embedding};
    use crate::picture::{examples, numbers};

    #[test]
    fn a_page_needs_nothing_else() {
        let day = examples::day(2, 5);
        let section = PageSection {
            heading: "Day <1>".to_owned(),
            picture: svg::day(&day, Embedding::Page),
            numbers: numbers::day(&day),
        };
        let page = page("Roof & barn", &[], &[section.clone(), section]);
        assert_eq!(page.matches("id=\"hp1\"").count(), 1);
        assert!(!page.contains("http") && !page.contains("<script") && !page.contains("src="));
        assert!(page.contains("<h2>Day &lt;1&gt;</h2>") && page.contains("grid &lt;fault&gt;"));
    }
}
