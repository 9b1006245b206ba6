//! The page of all commands is what `--help` prints.

use super::expect_file;
use crate::support::program::run;
use clap::{Command, CommandFactory};
use kaco_ardexa::cli::Cli;
use std::fmt::Write;

const INTRODUCTION: &str = "\
# All commands

This page is generated from the definition of the command line: `UPDATE=1 cargo test` writes it. `kaco_ardexa COMMAND --help` prints the same,
`-h` a summary, `kaco_ardexa man COMMAND` as a manual page.

**DEVICE** is one of

- a serial port, `/dev/ttyUSB0`, or better its name in `/dev/serial/by-id/`, which survives re-plugging
- `tcp://host:port`, a raw serial gateway: ser2net, socat, Elfin EW11, USR-TCP232 (not RFC 2217: set the gateway to raw TCP, 9600 8N1)
- `sim:` (always by day), `sim:night` (all inverters are silent), `sim:noisy` (a bad cable), `sim:fault` (one inverter reports a fault):
  simulated inverters
- `replay:FILE`, a recording made with `--record`

**ADDRESSES** is a list such as `1-9,12,15-20`, numbers 1 to 99, in the order of polling. Durations are written `1s`, `250ms`, `1.5s`, or as
plain seconds. The command line overrides the plant file, and the plant file overrides the environment.

| exit code | means |
|---|---|
| 0 | done; silent inverters are fine |
| 1 | something failed: a device, a file, a broker; with `kstar`, no inverter answered. Rows that could be written are kept |
| 2 | wrong usage |
| 3 | `--strict`, and an inverter gave no reading, or is below the others of `history --compare` |
| 7 | another run uses this device or directory |

SIGTERM and Ctrl-C end a command within two seconds (exit code 143 or 130 in a shell); `watch`, `listen` and `simulate`, which do not end
by themselves, exit with 0. Every command also takes `-v`, `-vv`, `-vvv` (what happens; every exchange; everything) and `-q`
(errors only).

";

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
    let mut page = INTRODUCTION.to_owned();
    for path in &commands {
        let name = path.join(" ");
        let _ = writeln!(page, "- [`{name}`](#{})", name.replace(' ', "-"));
    }
    let _ = write!(page, "\n```text\n{}\n```\n", help(&[]));
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
