//! The pages in a real browser, at the widths of a phone and of a desk: they update, fit, need no other host, can be used by
//! keyboard and be read in both schemes. `UPDATE=1` writes the pictures of `docs/http.md`.

use crate::support::chromium::Tab;
use crate::support::program::{helper, wait_until};
use crate::support::served::{QUICK, Served};
use serde_json::json;
use std::path::Path;
use std::{env, fs};
use tempfile::TempDir;

const PHONE: (u32, u32) = (360, 780);
const DESK: (u32, u32) = (1280, 860);

/// Simulated inverters that are logged, once each of them has a row.
fn plant(device: &str, log: &Path) -> Served {
    let log = log.display().to_string();
    let options = [QUICK.as_slice(), &["--log", &log]].concat();
    let served = Served::start(device, "2,4-8", &options);
    wait_until("a row of the last inverter", || {
        Path::new(&log).join("08/latest.csv").exists()
    });
    served
}

/// The paths of all pages, by the links of the first.
fn pages(tab: &mut Tab, served: &Served) -> Vec<String> {
    let first = format!("http://{}/", served.address);
    tab.go(&first);
    let links = tab.run("[...document.links].map(link => link.href)");
    let links = links.as_array().unwrap().iter();
    let links = links.map(|link| link.as_str().unwrap().to_owned());
    let pages: Vec<String> = [first].into_iter().chain(links).collect();
    assert_eq!(
        pages.len(),
        5,
        "now, day, month, year, comparison: {pages:?}"
    );
    pages
}

/// Fails on what the browser complained about, on other hosts, and if the page is wider than the window.
#[track_caller]
fn expect_well(tab: &mut Tab, served: &Served) {
    let overflow = tab.run("document.documentElement.scrollWidth - innerWidth");
    assert_eq!(overflow, 0, "the page is wider than the window");
    assert!(tab.complaints().is_empty(), "{:?}", tab.complaints());
    let own = format!("http://{}/", served.address);
    for address in tab.requested() {
        let is_own = address.starts_with(&own) || address.starts_with("data:");
        assert!(is_own, "{address}");
    }
}

#[test]
fn the_page_updates_and_all_pages_fit_at_360_and_1280_pixels() {
    let log = TempDir::new().unwrap();
    let served = plant("sim:fault", log.path());
    let mut tab = Tab::open();
    for (width, height) in [PHONE, DESK] {
        tab.look(width, height, false);
        for page in pages(&mut tab, &served) {
            tab.go(&page);
            tab.until("document.querySelectorAll('svg[role=img]').length > 0");
            expect_well(&mut tab, &served);
        }
        tab.go(&format!("http://{}/", served.address));
        let clock = "document.querySelector('#now .head p').textContent";
        let before = tab.run(clock);
        tab.until(&format!("{clock} !== {before}"));
        tab.until(
            "[...document.querySelectorAll('.curve')].some(curve => curve.getTotalLength() > 0)",
        );
        expect_well(&mut tab, &served);
    }
}

#[test]
fn the_keyboard_reaches_every_link_and_control() {
    let log = TempDir::new().unwrap();
    let served = plant("sim:", log.path());
    let mut tab = Tab::open();
    for page in pages(&mut tab, &served) {
        tab.go(&page);
        tab.run("window.reached = new Set()");
        let wanted = "[...document.querySelectorAll('a[href], summary, button, input, select')]";
        for _ in 0..30 {
            tab.tabulate();
            tab.run("reached.add(document.activeElement).size");
        }
        let missed = tab.run(&format!("{wanted}.filter(one => !reached.has(one)).length"));
        assert_eq!(missed, 0, "{page}");
        assert!(
            tab.run(&format!("{wanted}.length")).as_u64() > Some(3),
            "{page}"
        );
    }
}

/// The least contrast of a text to what is behind it, and that text. Colours as the browser has computed them.
const CONTRAST: &str = r#"(() => {
  const parts = color => color.match(/[\d.]+/g).map(Number);
  const light = color => parts(color).slice(0, 3).map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = one => {
    for (; one; one = one.parentElement) {
      const color = getComputedStyle(one).backgroundColor;
      if ((parts(color)[3] ?? 1) === 1) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  let worst = [21, ''];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode, one = text.parentElement;
    if (!text.data.trim() || ['SCRIPT', 'STYLE', 'title'].includes(one.tagName)) continue;
    const style = getComputedStyle(one), canvas = one.closest('svg')?.querySelector('.bg');
    const ground = canvas ? getComputedStyle(canvas).fill : behind(one);
    const [a, b] = [light(one.closest('svg') ? style.fill : style.color), light(ground)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst[0]) worst = [ratio, text.data];
  }
  return worst;
})()"#;

#[test]
fn every_text_stands_out_in_both_schemes() {
    let log = TempDir::new().unwrap();
    let served = plant("sim:fault", log.path());
    let mut tab = Tab::open();
    for is_dark in [false, true] {
        tab.look(DESK.0, DESK.1, is_dark);
        for page in pages(&mut tab, &served) {
            tab.go(&page);
            tab.until("document.querySelectorAll('svg[role=img]').length > 0");
            tab.run("document.querySelectorAll('details').forEach(one => one.open = true)");
            let worst = tab.run(CONTRAST);
            let ratio = worst[0].as_f64().unwrap();
            assert!(
                (4.5..21.1).contains(&ratio),
                "{page}, dark {is_dark}: {worst}"
            );
        }
    }
}
