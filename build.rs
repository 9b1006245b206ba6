//! Tells the program which commit it is built from, for `--version`; nothing where that can't be known.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=KACO_ARDEXA_COMMIT");
    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let version = match commit() {
        Some(commit) => format!("{version} ({commit})"),
        None => version,
    };
    println!("cargo:rustc-env=KACO_ARDEXA_VERSION={version}");
}

/// As it was told by who builds without the repository, as the repository says, or as the published package says.
fn commit() -> Option<String> {
    let told = env::var("KACO_ARDEXA_COMMIT").ok();
    let told = told.filter(|commit| !commit.is_empty());
    let commit = told.or_else(of_repository).or_else(of_package)?;
    let is_hash = commit.len() >= 7 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| commit.chars().take(9).collect())
}

/// Only of this repository: the sources may lie in one of somebody else's.
fn of_repository() -> Option<String> {
    let top = fs::canonicalize(git(&["rev-parse", "--show-toplevel"])?).ok()?;
    if top != fs::canonicalize(env::var_os("CARGO_MANIFEST_DIR")?).ok()? {
        return None;
    }
    // Written at each commit and checkout, so that the commit is looked up again.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    if Path::new(&log).exists() {
        println!("cargo:rerun-if-changed={log}");
    }
    git(&["rev-parse", "HEAD"])
}

/// Cargo notes it in what it publishes: `"sha1": "4e01bc1…"`.
fn of_package() -> Option<String> {
    let notes = fs::read_to_string(".cargo_vcs_info.json").ok()?;
    // Publishing compiles in the repository's folder of results. What it leaves there is not for the repository itself,
    // which has no such file.
    println!("cargo:rerun-if-changed=.cargo_vcs_info.json");
    let (_, rest) = notes.split_once("\"sha1\"")?;
    rest.split('"').nth(1).map(str::to_owned)
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
