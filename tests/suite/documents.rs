//! Completions for shells and the manual page, which `mandoc` judges (a Debian package that
//! `tests/all.sh` installs).

use crate::docs;
use crate::support::program::{command, helper, run};
use clap::CommandFactory;
use kaco_ardexa::cli::Cli;
use std::io::pipe;
use std::process::Stdio;

#[test]
fn every_shell_gets_completions() {
    for (shell, sign) in [
        ("bash", "complete -F _kaco_ardexa"),
        ("zsh", "#compdef kaco_ardexa"),
        ("fish", "complete -c kaco_ardexa"),
        ("elvish", "edit:completion"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let script = run(&["completions", shell]).expect_code(0).stdout;
        for word in [sign, "simulate", "textfile"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let run = run(&["completions", "tcsh"]).expect_code(2);
    assert!(run.stderr.contains("bash, elvish, fish"), "{}", run.stderr);
}

#[test]
fn bash_completes_commands_options_and_values() {
    let script = run(&["completions", "bash"]).expect_code(0).stdout;
    let ask = r#"
        COMP_WORDS=(kaco_ardexa completi) COMP_CWORD=1
        _kaco_ardexa kaco_ardexa completi kaco_ardexa; echo "${COMPREPLY[@]}"
        COMP_WORDS=(kaco_ardexa log --text) COMP_CWORD=2
        _kaco_ardexa kaco_ardexa --text log; echo "${COMPREPLY[@]}"
        COMP_WORDS=(kaco_ardexa read --format prom) COMP_CWORD=3
        _kaco_ardexa kaco_ardexa prom --format; echo "${COMPREPLY[@]}"
    "#;
    let run = helper("bash", &[], (script + ask).as_bytes()).expect_code(0);
    assert_eq!(
        run.stdout, "completions\n--textfile\nprometheus\n",
        "{}",
        run.stderr
    );
}

#[test]
fn manual_has_every_command_and_option() {
    let shown = shown(&[]);
    has_all(&shown, "kaco_ardexa", &Cli::command());
    for heading in ["NAME", "EXIT STATUS", "EXAMPLES"] {
        assert!(shown.contains(heading), "{heading}");
    }
}

#[test]
fn every_command_has_a_manual_page_of_its_own() {
    for path in docs::cli::commands(&Cli::command(), &[]) {
        let shown = shown(&path);
        let name = format!("kaco_ardexa-{} - ", path.join("-"));
        assert!(shown.contains(&name), "{shown}");
        let program = Cli::command();
        let below = |parent, name: &String| clap::Command::find_subcommand(parent, name);
        let command = path.iter().try_fold(&program, below).unwrap();
        has_arguments(&shown, command);
    }
    let unknown = run(&["man", "kstar", "lock"]).expect_code(2).stderr;
    assert!(unknown.contains("no command 'kstar lock'"), "{unknown}");
}

/// A manual page as a terminal shows it, after `mandoc` found nothing wrong with it.
fn shown(path: &[String]) -> String {
    let page = run(&[&["man".to_owned()], path].concat())
        .expect_code(0)
        .stdout;
    let lint = helper("mandoc", &["-T", "lint", "-W", "warning"], page.as_bytes());
    // The page has no date: it is as old as the version it names.
    let complaints: Vec<&str> = lint
        .stdout
        .lines()
        .filter(|line| !line.contains("missing date"))
        .collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    let shown = helper("mandoc", &["-T", "ascii"], page.as_bytes()).stdout;
    // Bold letters are struck twice.
    shown.split('\x08').fold(String::new(), |text, rest| {
        let mut kept = text;
        kept.pop();
        kept + rest
    })
}

/// Every command below `parent` with its arguments.
fn has_all(page: &str, path: &str, parent: &clap::Command) {
    for command in parent.get_subcommands() {
        let path = format!("{path} {}", command.get_name());
        let section = page.split(&format!("\n   {path}\n")).nth(1);
        let section = section.unwrap_or_else(|| panic!("{path} is missing: {page}"));
        has_arguments(section, command);
        has_all(page, &path, command);
    }
}

fn has_arguments(page: &str, command: &clap::Command) {
    for argument in command.get_arguments() {
        let name = match argument.get_long() {
            Some(long) => format!("--{long}"),
            None => argument.get_value_names().unwrap()[0].to_string(),
        };
        assert!(
            page.contains(&name),
            "{}: {name}: {page}",
            command.get_name()
        );
    }
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    for arguments in [["completions", "bash"].as_slice(), &["man"]] {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let mut command = command(arguments);
        command.stdout(Stdio::from(writer));
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
}
