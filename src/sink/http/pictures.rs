//! The pictures of `history` as pages: drawn on request, one at a time, beside the polling.

use crate::history::ReadError;
use crate::history::log::Logs;
use crate::history::names::Names;
use crate::history::series::{Archive, Period};
use crate::picture::html::{self, PageLink, PageSection};
use crate::picture::numbers::Numbers;
use crate::picture::series::section;
use crate::sink::lock::lock;
use chrono::{Datelike, NaiveDate};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use tokio::sync::{Semaphore, oneshot};

/// Requests whose picture is drawn or waits for that; further ones are refused and may retry.
const REQUESTS: usize = 4;

/// A log directory of which pictures are drawn.
#[derive(Clone)]
pub(super) struct Pictures {
    directory: PathBuf,
    names: Arc<Mutex<Names>>,
    /// Permits for requests, and the one for the picture that is drawn.
    requests: Arc<Semaphore>,
    drawing: Arc<Semaphore>,
}

/// A page with a picture, or one that states that there are no rows.
pub(super) struct Page {
    pub(super) text: String,
    pub(super) is_empty: bool,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoPage {
    #[error("other pictures are being drawn; try again")]
    Busy,
    #[error("the system grants no thread to draw it: {0}")]
    NoThread(io::Error),
    #[error(transparent)]
    Unreadable(#[from] ReadError),
}

impl Pictures {
    pub(super) fn new(directory: PathBuf, names: Names) -> Self {
        Self {
            directory,
            names: Arc::new(Mutex::new(names)),
            requests: Arc::new(Semaphore::new(REQUESTS)),
            drawing: Arc::new(Semaphore::new(1)),
        }
    }

    /// Gives the inverters other names; the plant keeps its own.
    pub(super) fn rename(&self, names: &Names) {
        self.names().inverters.clone_from(&names.inverters);
    }

    fn names(&self) -> MutexGuard<'_, Names> {
        lock(&self.names)
    }

    /// Draws on a thread of its own: reading a year of rows takes seconds, and the bus does not
    /// wait.
    pub(super) async fn page(&self, period: Period) -> Result<Page, NoPage> {
        let _request = self.requests.try_acquire().map_err(|_| NoPage::Busy)?;
        let turn = Arc::clone(&self.drawing).acquire_owned().await;
        let (directory, names) = (self.directory.clone(), self.names().clone());
        // If the client leaves, the next picture still waits until this one is drawn.
        let (sender, drawn) = oneshot::channel();
        let work = move || {
            let page = draw(&directory, period, names);
            drop(turn);
            sender.send(page)
        };
        // The runtime's own pool of threads ends the program where the system grants none.
        let thread = thread::Builder::new().spawn(work);
        thread.map_err(NoPage::NoThread)?;
        Ok(drawn.await.map_err(|_| NoPage::Busy)??)
    }
}

/// The period behind `/day/`, `/month/` or `/year/`; `None` if it is not written as in links.
pub(super) fn period(kind: &str, text: &str) -> Option<Period> {
    let (form, rest) = match kind {
        "day" => ("0000-00-00", ""),
        "month" => ("0000-00", "-01"),
        _ => ("0000", "-01-01"),
    };
    if text.replace(|letter: char| letter.is_ascii_digit(), "0") != form {
        return None;
    }
    let date = NaiveDate::parse_from_str(&format!("{text}{rest}"), "%Y-%m-%d").ok()?;
    Some(match kind {
        "day" => Period::Day(Some(date)),
        "month" => Period::Month(date),
        _ => Period::Year(date.year()),
    })
}

fn draw(directory: &Path, period: Period, names: Names) -> Result<Page, ReadError> {
    let mut archive = Archive::new(Logs::open(directory)?, names);
    let series = archive.read(period)?;
    let section = match &series {
        Some(series) => section(series, ""),
        None => PageSection {
            numbers: Numbers {
                notes: vec![format!("The logs hold no rows of {period}.")],
                ..Numbers::default()
            },
            ..PageSection::default()
        },
    };
    Ok(Page {
        text: html::page(
            archive.names.title(),
            &links(&archive.log, period),
            &[section],
        ),
        is_empty: series.is_none(),
    })
}

/// Links to the pages before, after, above and below, relative to the path of this page.
fn links(log: &Logs, period: Period) -> Vec<PageLink> {
    let (from, to) = period.span();
    let is_compare = matches!(period, Period::Compare(_));
    let up = if is_compare { "" } else { "../" };
    let mut links = vec![PageLink::to("Now", if is_compare { "./" } else { up })];
    let [before, last, after] = log.around(from, to);
    let last = last.or(before).or(after);
    let kinds = [
        ("Day", "day", "%Y-%m-%d"),
        ("Month", "month", "%Y-%m"),
        ("Year", "year", "%Y"),
    ];
    for (text, kind, format) in kinds {
        let is_here = match period {
            Period::Day(_) => kind == "day",
            Period::Month(_) => kind == "month",
            Period::Year(_) => kind == "year",
            Period::Years | Period::Compare(_) => false,
        };
        let name = |date: NaiveDate| date.format(format).to_string();
        if is_here {
            let before = before.map(|date| PageLink::beside("prev", &name(date)));
            let after = after.map(|date| PageLink::beside("next", &name(date)));
            links.push(PageLink::here(text));
            links.extend(before.into_iter().chain(after));
        } else if let Some(last) = last {
            links.push(PageLink::to(text, &format!("{up}{kind}/{}", name(last))));
        }
    }
    links.push(if is_compare {
        PageLink::here("Comparison")
    } else {
        PageLink::to("Comparison", &format!("{up}compare"))
    });
    links
}
