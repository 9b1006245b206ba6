//! Texts made from the definition of the command line: the manual, of all commands or of one, and
//! shell completions.

use super::Cli;
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use std::io::{self, Write};

/// The exit codes; see [`Exit`](crate::exit::Exit).
const EXIT_STATUS: &str = r#".SH "EXIT STATUS"
.TP
.B 0
Done; silent inverters are fine.
.TP
.B 1
Something failed that a person must look at; what could be kept is kept. With
.BR kstar ,
also: no inverter answered.
.TP
.B 2
Wrong usage, or a plant file with mistakes.
.TP
.B 3
.BR \-\-strict ,
and an inverter gave no reading, or is below the others of
.BR "history \-\-compare" .
.TP
.B 7
Another run holds this device or directory.
"#;

/// The macro of a line break.
const BREAK: &str = ".br";

/// How variables are named, once for all options.
const ENVIRONMENT: &str = r#".SH ENVIRONMENT
.BR log ,
.B read
and
.BR watch ,
also those of
.BR kstar ,
take each argument and option from the environment where it is not typed: the variable is called
KACO_ARDEXA_ and the name in capitals,
as in KACO_ARDEXA_DEVICE, KACO_ARDEXA_ADDRESSES, KACO_ARDEXA_DIR (also for
.BR \-\-log ),
KACO_ARDEXA_PACE, KACO_ARDEXA_MQTT_QOS. A switch is 1, yes, true and on, or 0, no, false and off.
An empty variable is as good as none.
.TP
.B MQTT_USERNAME, MQTT_PASSWORD
The login of the broker, where its URL has none.
.TP
.B INFLUX_USERNAME, INFLUX_PASSWORD, INFLUX_TOKEN
The login of the database, where its URL has none.
.TP
.B MQTT_CONNECTION_STRING, MQTT
The broker, if KACO_ARDEXA_MQTT is not set.
.TP
.B IP_ADDRESS_INVERTER, IP
The address of KSTAR inverters, if KACO_ARDEXA_IP is not set.
.TP
.B SILENT_MODE, SILENT
As KACO_ARDEXA_SILENT.
"#;

/// The manual page of a command such as `kstar log`, or the one of all; `None` if there is no such
/// command.
pub(super) fn manual(path: &[String]) -> Option<String> {
    let program = Cli::command();
    let mut page = Vec::new();
    // Writing to memory can't fail.
    let _ = match path {
        [] => write_page(&mut page, &program),
        path => write_command(&mut page, &program, find(&program, path)?, path),
    };
    Some(String::from_utf8_lossy(&page).into_owned())
}

fn find<'a>(program: &'a Command, path: &[String]) -> Option<&'a Command> {
    let below = |parent: &'a Command, name: &String| parent.find_subcommand(name);
    path.iter().try_fold(program, below)
}

/// The script for a shell.
pub(super) fn completions(shell: clap_complete::Shell) -> String {
    // Outside of parsing every command has its arguments: see [`super::environment::Lazy`].
    let mut program = Cli::command();
    let name = program.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut program, name, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

fn write_page(page: &mut Vec<u8>, program: &Command) -> io::Result<()> {
    let name = program.get_name();
    let man = Man::new(plain(program.clone()));
    page.write_all(title(program, name).as_bytes())?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    writeln!(page, ".SH COMMANDS")?;
    write_commands(page, name, program)?;
    page.write_all(ENVIRONMENT.as_bytes())?;
    page.write_all(EXIT_STATUS.as_bytes())?;
    writeln!(page, ".SH EXAMPLES")?;
    write_body(page, |out| man.render_extra_section(out))
}

/// A page of its own, as `git-log(1)` is one.
fn write_command(
    page: &mut Vec<u8>,
    program: &Command,
    command: &Command,
    path: &[String],
) -> io::Result<()> {
    let name = program.get_name();
    let joined = format!("{name}-{}", path.join("-"));
    let typed = format!("{name} {}", path.join(" "));
    let man = Man::new(plain(command.clone().name(joined.clone()).bin_name(typed)));
    page.write_all(title(program, &joined).as_bytes())?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    write_without(&[BREAK], page, |out| man.render_description_section(out))?;
    write_without(&[BREAK], page, |out| man.render_options_section(out))?;
    if command.has_subcommands() {
        man.render_subcommands_section(page)?;
    }
    page.write_all(EXIT_STATUS.as_bytes())?;
    if command.get_after_help().is_some() {
        writeln!(page, ".SH EXAMPLES")?;
        write_body(page, |out| man.render_extra_section(out))?;
    }
    writeln!(page, ".SH \"SEE ALSO\"\n.BR {name} (1)")
}

/// Without a date: the page is as old as the version. Aligned at the left: groff can't stretch
/// lines before a long URL, and would warn of them on the terminal.
fn title(program: &Command, page: &str) -> String {
    let name = program.get_name();
    let version = program.get_version().unwrap_or_default();
    let title = page.to_ascii_uppercase();
    format!(".TH {title} 1 \"\" \"{name} {version}\" \"User Commands\"\n.ad l\n")
}

/// The commands below `parent`, each with everything for a page of its own.
fn write_commands(page: &mut Vec<u8>, path: &str, parent: &Command) -> io::Result<()> {
    for command in parent.get_subcommands().filter(|it| !it.is_hide_set()) {
        let path = format!("{path} {}", command.get_name());
        let man = Man::new(plain(command.clone().bin_name(&path)));
        writeln!(page, ".SS \"{path}\"")?;
        write_body(page, |out| man.render_synopsis_section(out))?;
        writeln!(page, ".PP")?;
        write_body(page, |out| man.render_description_section(out))?;
        write_body(page, |out| man.render_options_section(out))?;
        if command.get_after_help().is_some() {
            writeln!(page, ".PP")?;
            write_body(page, |out| man.render_extra_section(out))?;
        }
        write_commands(page, &path, command)?;
    }
    Ok(())
}

/// Without the help that every command has.
fn plain(command: Command) -> Command {
    command
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        // Without it the synopsis has the heading of a list here, SUBCOMMANDS.
        .subcommand_value_name("COMMAND")
}

/// A section without what belongs to a page of its own: its heading, the preamble. Nor with breaks
/// beside empty lines, which `mandoc` complains about.
fn write_body(
    page: &mut Vec<u8>,
    render: impl Fn(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    write_without(&[".SH ", ".ie ", ".el ", BREAK], page, render)
}

/// A section without the lines that start with one of these.
fn write_without(
    left_out: &[&str],
    page: &mut Vec<u8>,
    render: impl Fn(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut section = Vec::new();
    render(&mut section)?;
    for line in section.split_inclusive(|&byte| byte == b'\n') {
        if !left_out
            .iter()
            .any(|start| line.starts_with(start.as_bytes()))
        {
            page.write_all(line)?;
        }
    }
    Ok(())
}
