//! Small libraries in C that are loaded below the program, between it and the system.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// Sets the clocks of a program; compiled once for all tests that do.
pub static CLOCKS: LazyLock<PathBuf> = LazyLock::new(|| library("tests/faults/clocks.c"));

/// Limits the threads of a program: see the source.
pub static THREADS: LazyLock<PathBuf> = LazyLock::new(|| library("tests/suite/support/threads.c"));

/// Loads a library below the program, above others and those that the tests themselves run on.
pub fn load<'a>(command: &'a mut Command, library: &Path) -> &'a mut Command {
    let loaded = command
        .get_envs()
        .find(|(name, _)| *name == "LD_PRELOAD")
        .map_or_else(|| env::var_os("LD_PRELOAD"), |(_, set)| set.map(Into::into));
    let mut libraries = library.as_os_str().to_owned();
    if let Some(others) = loaded {
        libraries.push(":");
        libraries.push(others);
    }
    command.env("LD_PRELOAD", libraries)
}

/// Compiles a source file; its library.
pub fn library(source: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
    let name = source.file_stem().expect("a name").to_string_lossy();
    let library = directory.join(format!("{name}.so"));
    // Another run of the tests may have it loaded.
    let new = directory.join(format!("{name}.{}.so", std::process::id()));
    let compiler = Command::new("cc")
        .args(["-shared", "-fPIC", "-Wall", "-Werror", "-O1", "-o"])
        .args([&new, &source])
        .arg("-ldl")
        .status()
        .expect("these tests need a C compiler, cc (package gcc)");
    assert!(compiler.success());
    std::fs::rename(new, &library).expect("a name");
    library
}
