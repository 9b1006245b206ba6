//! What uses what: a module uses those below it in the list of `src/lib.rs` and none above, and no
//! two parts of a module use each other, over however many others.

use crate::support::sources::sources;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A path of modules, `["kaco", "wire", "codec"]`.
type Module = Vec<String>;

/// The production code of every module, without comments.
fn modules() -> BTreeMap<Module, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let module = |path: &Path| {
        let inside = path.strip_prefix(&root).unwrap().with_extension("");
        let names = inside
            .iter()
            .map(|name| name.to_str().unwrap().to_owned())
            .filter(|name| name != "mod");
        names.collect::<Module>()
    };
    let code = |path: &Path| {
        let source = fs::read_to_string(path).unwrap();
        let production = source.split("\nmod tests {").next().unwrap();
        let lines = production.lines();
        lines
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let paths = sources(&root);
    let modules = paths.iter().map(|path| (module(path), code(path)));
    modules
        .filter(|(module, _)| module.last().is_none_or(|name| name != "tests"))
        .collect()
}

/// The paths that begin here, each part of a group in braces as a path of its own.
fn paths(text: &str) -> Vec<Module> {
    let text = text.trim_start();
    if let Some(group) = text.strip_prefix('{') {
        let mut parts = vec![String::new()];
        let mut depth = 0;
        for c in group.chars() {
            match c {
                '}' if depth == 0 => break,
                ',' if depth == 0 => parts.push(String::new()),
                c => {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    parts.last_mut().unwrap().push(c);
                }
            }
        }
        return parts.iter().flat_map(|part| paths(part)).collect();
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    let (name, rest) = text.split_at(end.unwrap_or(text.len()));
    if name.is_empty() {
        return Vec::new();
    }
    let within = rest.strip_prefix("::").map(paths).unwrap_or_default();
    if within.is_empty() {
        return vec![vec![name.to_owned()]];
    }
    let whole = |rest: Module| [vec![name.to_owned()], rest].concat();
    within.into_iter().map(whole).collect()
}

/// The modules that a module uses.
fn used(module: &Module, code: &str, all: &BTreeMap<Module, String>) -> BTreeSet<Module> {
    let mut used = BTreeSet::new();
    for start in ["crate::", "super::"] {
        for (at, _) in code.match_indices(start) {
            let is_inside = code[..at].ends_with("::") || code[..at].ends_with("$");
            for path in paths(&code[at..]).into_iter().filter(|_| !is_inside) {
                let ups = path.iter().filter(|name| *name == "super").count();
                let base = match ups {
                    0 => &[][..],
                    ups => &module[..module.len().saturating_sub(ups)],
                };
                let rest = path
                    .iter()
                    .filter(|name| *name != "super" && *name != "crate");
                let mut target = [base, &rest.cloned().collect::<Module>()].concat();
                while !all.contains_key(&target) && target.pop().is_some() {}
                used.insert(target);
            }
        }
    }
    used.remove(module);
    used
}

/// The place of each module in the list; those in one row of it share a place.
fn order() -> BTreeMap<String, usize> {
    let list = include_str!("../../src/lib.rs");
    let rows = list.lines().filter_map(|line| line.strip_prefix("//! | "));
    let rows = rows.filter_map(|row| row.split(" | ").next());
    let mut order = BTreeMap::new();
    for (place, row) in rows.enumerate() {
        for name in row.split('[').skip(1) {
            let name = name.trim_start_matches('`').trim_start_matches("mod@");
            let name = name.split('`').next().unwrap();
            order.insert(name.to_owned(), place);
        }
    }
    order
}

#[test]
fn imports_point_down_the_list() {
    let (order, all) = (order(), modules());
    let mut upward = Vec::new();
    let mut seen = 0;
    for (module, code) in &all {
        let Some(name) = module
            .first()
            .filter(|name| *name != "main" && *name != "lib")
        else {
            continue;
        };
        let place = order.get(name);
        let place = place.unwrap_or_else(|| panic!("{name} is not in the list"));
        for other in used(module, code, &all) {
            let Some(below) = other.first().and_then(|name| order.get(name)) else {
                continue;
            };
            seen += 1;
            if below < place {
                upward.push(format!("{module:?} uses {other:?}"));
            }
        }
    }
    assert!(seen > 200, "{seen}");
    assert!(upward.is_empty(), "{upward:#?}");
}

/// What a folder holds, files and further folders, has an order too. Its `mod.rs` stands outside of
/// it: that names all of them, and all may use what it defines.
#[test]
fn no_two_parts_of_a_folder_use_each_other() {
    let all = modules();
    let mut uses: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
    for (module, code) in &all {
        for other in used(module, code, &all) {
            let same = module
                .iter()
                .zip(&other)
                .take_while(|(one, other)| one == other);
            let same = same.count();
            // Neither is within the other.
            if let (Some(part), Some(beside)) = (module.get(..=same), other.get(..=same)) {
                let beside = beside.to_vec();
                uses.entry(part.to_vec()).or_default().insert(beside);
            }
        }
    }
    assert!(uses.len() > 150, "{}", uses.len());
    // What uses only what is gone can go; what is left is a circle, or leads to one.
    loop {
        let left: BTreeSet<Module> = uses.keys().cloned().collect();
        uses.retain(|_, others| !others.is_disjoint(&left));
        if uses.len() == left.len() {
            break;
        }
    }
    assert!(uses.is_empty(), "{uses:#?}");
}
