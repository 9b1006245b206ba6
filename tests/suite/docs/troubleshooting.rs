//! `docs/troubleshooting.md` shows what the program says.

use super::{examples, page};
use crate::support::inverter::address;
use crate::support::program::run;

/// The example that begins with this line, behind that line.
fn example<'a>(page: &'a str, first: &str) -> Vec<&'a str> {
    let lines = examples(page);
    let start = lines.iter().position(|line| line.starts_with(first));
    lines[start.unwrap_or_else(|| panic!("{first}")) + 1..].to_vec()
}

#[test]
fn the_checklist_of_scan() {
    let page = page("troubleshooting.md");
    let said = run(&["scan", "sim:night", "1", "--timeout", "50ms"]).expect_code(0);
    let said = said.stderr.replace("sim:night", "/dev/ttyUSB0");
    let said: Vec<&str> = said.lines().map(str::trim).collect();
    let shown = example(&page, "$ kaco_ardexa scan /dev/ttyUSB0");
    assert!(said.len() > 5, "{said:?}");
    assert_eq!(shown[..said.len()], said);
}

#[test]
fn the_checklist_of_discover() {
    let page = page("troubleshooting.md");
    let said = run(&["kstar", "discover", "--broadcast", &address().to_string()])
        .expect_code(1)
        .stderr;
    let said: Vec<&str> = said.lines().skip(1).map(str::trim).collect();
    let shown = example(&page, "$ kaco_ardexa kstar discover");
    assert!(said.len() > 3, "{said:?}");
    assert_eq!(shown[1..=said.len()], said);
}
