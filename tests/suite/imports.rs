//! The list in `src/lib.rs` is the order of imports: a module uses modules below it and none above.

use crate::support::sources::sources;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Modules by their place in the list; those in one row of it share a place.
fn order() -> BTreeMap<String, usize> {
    let list = include_str!("../../src/lib.rs");
    let rows = list.lines().filter_map(|line| line.strip_prefix("//! | "));
    let rows = rows.filter_map(|row| row.split(" | ").next());
    let mut order = BTreeMap::new();
    for (place, row) in rows.enumerate() {
        for name in row.split('[').skip(1) {
            let name = name
                .trim_start_matches('`')
                .trim_start_matches("mod@")
                .split('`')
                .next()
                .unwrap();
            order.insert(name.to_owned(), place);
        }
    }
    order
}

/// The modules that production code of a file uses: what stands behind `crate::`.
fn used(source: &str) -> Vec<String> {
    let production = source.split("#[cfg(test)]").next().unwrap_or_default();
    let code = production
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let code: Vec<&str> = code.collect();
    let code = code.join("\n");
    let behind = code.split("crate::").skip(1);
    let name = |text: &str| {
        text.split(|c: char| !c.is_alphanumeric() && c != '_')
            .next()
            .map(str::to_owned)
    };
    behind
        .filter_map(name)
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn imports_point_down_the_list() {
    let order = order();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut upward = Vec::new();
    let mut seen = 0;
    for path in sources(&root) {
        let name = path
            .strip_prefix(&root)
            .unwrap()
            .components()
            .next()
            .unwrap();
        let name = name
            .as_os_str()
            .to_str()
            .unwrap()
            .trim_end_matches(".rs")
            .to_owned();
        let is_test = path.file_stem().is_some_and(|stem| stem == "tests");
        let Some(place) = order.get(&name).filter(|_| !is_test) else {
            assert!(
                ["main", "lib"].contains(&name.as_str()) || is_test,
                "{name} is not in the list"
            );
            continue;
        };
        for module in used(&fs::read_to_string(&path).unwrap()) {
            let Some(other) = order.get(&module) else {
                continue;
            };
            seen += 1;
            if other < place {
                upward.push(format!("{} uses {module}", path.display()));
            }
        }
    }
    assert!(seen > 200, "{seen}");
    assert!(upward.is_empty(), "{upward:#?}");
}
