//! The page of guarantees names tests that exist.

use crate::support::sources::sources;
use std::fs;
use std::path::{Path, PathBuf};

/// Names in the page, as `kills::nothing_is_lost`: a module and a test in it; one that begins with
/// `src` is a unit test.
fn names(page: &str) -> Vec<&str> {
    let quoted = page.split('`').skip(1).step_by(2);
    quoted.filter(|name| name.contains("::")).collect()
}

/// Whether a module of the tests, or of the program, has this test.
fn exists(name: &str) -> bool {
    let (module, test) = name.rsplit_once("::").unwrap();
    let (folders, module) = match module.strip_prefix("src::") {
        Some(module) => (["src"].as_slice(), module),
        None => (["tests/suite", "tests/faults"].as_slice(), module),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let end = format!("/{}.rs", module.replace("::", "/"));
    let is_there = |path: &PathBuf| {
        let source = fs::read_to_string(path).unwrap();
        let lines: Vec<&str> = source.lines().map(str::trim).collect();
        let starts = [format!("fn {test}("), format!("async fn {test}(")];
        let is_it = |line: &&str| starts.iter().any(|start| line.starts_with(start));
        let place = lines.iter().position(is_it);
        let attribute = place.and_then(|place| lines[..place].last());
        path.to_string_lossy().ends_with(&end)
            && attribute.is_some_and(|line| line.contains("test"))
    };
    let all = folders
        .iter()
        .flat_map(|folder| sources(&root.join(folder)));
    all.collect::<Vec<_>>().iter().any(is_there)
}

#[test]
fn every_test_that_a_promise_names_exists() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guarantees.md");
    let page = fs::read_to_string(page).unwrap();
    let names = names(&page);
    assert!(names.len() > 60, "{}", names.len());
    let missing: Vec<_> = names.into_iter().filter(|name| !exists(name)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}
