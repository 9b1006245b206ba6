//! The pages in a real browser, at the widths of a phone and of a desk: they update, fit, need no
//! other host, can be used by keyboard and be read in both schemes. `UPDATE=1` writes the pictures
//! of `docs/http.md`.

use crate::support::chromium::Tab;
use crate::support::logs::fill;
use crate::support::program::{command, helper, signal, start, wait, wait_until};
use crate::support::served::{QUICK, Served};
use crate::support::shim;
use chrono::{Timelike, Utc};
use rustix::process::Signal;
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

/// Fails on what the browser complained about, on other hosts, and if the page is wider than the
/// window.
#[track_caller]
fn expect_well(tab: &mut Tab, served: &Served) {
    let overflow = tab.run("document.documentElement.scrollWidth - innerWidth");
    assert!(
        overflow.as_i64() <= Some(0),
        "wider than the window by {overflow}"
    );
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

/// As in a pocket, on the way, or while the program restarts.
#[test]
fn values_of_a_page_that_gets_no_new_ones_are_grey() {
    let served = Served::start("sim:", "1", &QUICK);
    let mut tab = Tab::open();
    let page = format!("http://{}/", served.address);
    tab.go(&page);
    let cell = "document.querySelector('#now td.good')";
    tab.until(&format!("{cell} !== null"));
    let colour = format!("getComputedStyle({cell}).color");
    let soft = "getComputedStyle(document.querySelector('#now .head p')).color";
    assert_ne!(tab.run(&colour), tab.run(soft));
    // It takes connections and does not answer.
    signal(&served.child, Signal::STOP);
    tab.run("const today = Date.now; Date.now = () => today() + 3600000; 0");
    tab.until(&format!("{colour} === {soft}"));
    tab.run("Date.now = today; 0");
    signal(&served.child, Signal::CONT);
    tab.until(&format!("lost.hidden && {colour} !== {soft}"));
    drop(served);
    tab.until(&format!("!lost.hidden && {colour} === {soft}"));
}

/// A page that hangs on a wall is open for months.
#[test]
fn links_of_a_page_that_stays_open_follow_the_day() {
    let home = TempDir::new().unwrap();
    let (clock, next) = (home.path().join("clock"), home.path().join("next"));
    fs::write(&clock, "1798718000").unwrap();
    let log = home.path().join("log").display().to_string();
    let watch = ["-v", "watch", "sim:", "1", "--http", "127.0.0.1:0", "--log"];
    let mut watch = command(&[watch.as_slice(), &[&log]].concat());
    watch.env("CLOCK", &clock).env("TZ", "UTC");
    shim::load(&mut watch, &shim::CLOCKS);
    let served = Served::run(watch);
    let mut tab = Tab::open();
    tab.go(&format!("http://{}/", served.address));
    let links = "[...document.links].map(link => link.pathname).join(' ')";
    assert_eq!(
        tab.run(links),
        "/day/2026-12-31 /month/2026-12 /year/2026 /compare"
    );
    tab.run("document.links[0].focus()");
    fs::write(&next, "1798804400").unwrap();
    fs::rename(&next, &clock).unwrap();
    tab.until(&format!(
        "{links} === '/day/2027-01-01 /month/2027-01 /year/2027 /compare'"
    ));
    assert_eq!(tab.run("document.activeElement.textContent"), "Day");
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

/// The least contrast of a text to what is behind it, and that text. Colours as the browser has
/// computed them.
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

#[test]
fn names_full_of_markup_are_text() {
    const EVIL: &str = "<script>document.title=1</script><b>\"&";
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("plant.toml");
    let plant = format!(
        "name = '''{EVIL}'''\nlog = '{}'\n[[bus]]\ndevice = 'sim:'\naddresses = '2'\nnames = {{ 2 = '''{EVIL}''' }}\n",
        folder.path().join("log").display()
    );
    fs::write(&file, plant).unwrap();
    let watch = ["-v", "watch", "--http", "127.0.0.1:0", "--plant"];
    let file = file.display().to_string();
    let served = Served::run(command(&[watch.as_slice(), &[&file]].concat()));
    wait_until("a row", || folder.path().join("log/02/latest.csv").exists());
    let mut tab = Tab::open();
    for page in pages(&mut tab, &served) {
        tab.go(&page);
        assert_eq!(tab.run("document.title"), EVIL, "{page}");
        assert_eq!(
            tab.run("document.querySelectorAll('main b b, h1 b, th b, svg b').length"),
            0
        );
        expect_well(&mut tab, &served);
    }
}

/// Half past two in the afternoon, wherever that is now: hours east of Greenwich, as `TZ` has them.
fn afternoon() -> String {
    let now = Utc::now();
    let minutes = (14 * 60 + 30) - i64::from(now.hour() * 60 + now.minute());
    let sign = if minutes < 0 { '+' } else { '-' };
    format!(
        "PLANT{sign}{:02}:{:02}",
        minutes.abs() / 60,
        minutes.abs() % 60
    )
}

/// A fine day with some clouds, minutes before half past two.
fn sun(minutes: i32) -> f64 {
    let hours = 2.5 - f64::from(minutes) / 60.0;
    let clouds = 1.0 - 0.25 * (hours * 1.7).sin().max(0.0) * (hours * 9.0).sin().abs();
    (1.0 - (hours / 7.5).powi(2)).max(0.0) * clouds
}

#[test]
fn the_pictures_of_the_docs_are_small() {
    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
    let pictures = [("phone", PHONE, false), ("desk", DESK, true)].map(|(name, size, is_dark)| {
        let file = pictures.join(format!("page-{name}.png"));
        (file, size, is_dark)
    });
    if env::var_os("UPDATE").is_some() {
        let log = TempDir::new().unwrap();
        let directory = log.path().display().to_string();
        let mut once = command(&["log", "sim:fault", "2,4-7", &directory, "--pace", "0s"]);
        once.env("TZ", afternoon());
        wait(start(once)).expect_code(0);
        fill(log.path(), 10 * 60, 9, sun);
        let watch = ["-v", "watch", "sim:fault", "2,4-7", "--http", "127.0.0.1:0"];
        let more = ["--log", &directory, "--pace", "0s"];
        let mut watch = command(&[watch.as_slice(), &more].concat());
        watch.env("TZ", afternoon());
        let served = Served::run(watch);
        let mut tab = Tab::open();
        for (file, (width, height), is_dark) in &pictures {
            tab.look(*width, *height, *is_dark);
            tab.go(&format!("http://{}/", served.address));
            tab.until("document.querySelectorAll('td.good').length == 4");
            let write = ["-c", "base64 -d >\"$0\"", &file.display().to_string()];
            helper("sh", &write, tab.picture().as_bytes()).expect_silence();
        }
    }
    for (file, ..) in pictures {
        let picture = fs::read(&file).unwrap();
        assert!(
            picture.starts_with(b"\x89PNG") && picture.len() < 150_000,
            "{file:?}"
        );
    }
}
