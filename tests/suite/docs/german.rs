//! The German pages tell to type what the English ones do.

use super::{commands::commands, examples};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The commands in the examples of a page.
fn typed(name: &str) -> BTreeSet<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    examples(&text).into_iter().flat_map(commands).collect()
}

#[test]
fn german_pages_have_the_commands_of_the_english_ones() {
    for (german, english) in [
        ("README.de.md", "README.md"),
        ("docs/de/first-steps.md", "docs/first-steps.md"),
        ("docs/de/wiring.md", "docs/wiring.md"),
    ] {
        let commands = typed(german);
        assert_eq!(commands, typed(english), "{german}");
        assert!(commands.len() > 2, "{german}: {commands:?}");
    }
}

#[test]
fn german_troubleshooting_has_no_command_of_its_own() {
    let english = typed("docs/troubleshooting.md");
    for command in typed("docs/de/troubleshooting.md") {
        assert!(english.contains(&command), "{command:?}");
    }
}
