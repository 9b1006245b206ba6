//! A bar while a bus is asked.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, stderr};
use std::time::Duration;

/// A bar on standard error if that is a terminal; nothing otherwise. `noun`: what is counted.
pub(super) fn bar(length: usize, noun: &str) -> ProgressBar {
    let template = format!("{{bar:32}} {{pos}} of {{len}} {noun}, {{elapsed}}  {{msg}}");
    shown(ProgressBar::new(length as u64), &template)
}

/// The same for when it is not known how many inverters there are.
pub(super) fn searching() -> ProgressBar {
    shown(
        ProgressBar::new_spinner(),
        "{spinner} asking the network, {elapsed}",
    )
}

fn shown(bar: ProgressBar, template: &str) -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    if let Ok(style) = ProgressStyle::with_template(template) {
        // ASCII, which every terminal has.
        bar.set_style(style.progress_chars("##-").tick_chars("|/-\\ "));
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
