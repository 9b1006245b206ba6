//! The page of all commands is what `--help` prints.

use super::expect_file;
use crate::support::program::run;
use clap::{Command, CommandFactory};
use kaco_ardexa::cli::Cli;
use std::fmt::Write;

/// Every command below `parent`, as what is typed behind the program's name.
pub fn commands(parent: &Command, path: &[String]) -> Vec<Vec<String>> {
    let shown = parent
        .get_subcommands()
        .filter(|command| !command.is_hide_set() && command.get_name() != "help");
    let below = shown.flat_map(|command| {
        let path = [path, &[command.get_name().to_owned()]].concat();
        let has_own_page = command.get_subcommands().next().is_none();
        let own = has_own_page.then(|| path.clone());
        own.into_iter().chain(commands(command, &path))
    });
    below.collect()
}

fn help(path: &[String]) -> String {
    let arguments = [path, &["--help".to_owned()]].concat();
    let help = run(&arguments).expect_code(0).stdout;
    let lines: Vec<&str> = help.trim_end().lines().map(str::trim_end).collect();
    lines.join("\n")
}

#[test]
fn page_of_commands_is_what_help_prints() {
    let commands = commands(&Cli::command(), &[]);
    let mut page = "# All commands

This page is made from the definition of the command line: `UPDATE=1 cargo test` writes it. `kaco_ardexa COMMAND --help` prints the same,
`-h` a summary, `kaco_ardexa man COMMAND` as a manual page.

"
    .to_owned();
    for path in &commands {
        let name = path.join(" ");
        let _ = writeln!(page, "- [`{name}`](#{})", name.replace(' ', "-"));
    }
    let _ = write!(
        page,
        "\nEvery command also takes `-v` and `-q`.\n\n```text\n{}\n```\n",
        help(&[])
    );
    for path in &commands {
        let _ = write!(
            page,
            "\n## {}\n\n```text\n{}\n```\n",
            path.join(" "),
            help(path)
        );
    }
    expect_file("docs/cli.md", &page);
}
