//! `--plant FILE`: a plant file gives the values that were not typed.
//!
//! What is typed counts before the file, the file before the environment. A DEVICE that is typed
//! counts before a plant file that the environment names.

use super::kaco::Log;
use super::polling::BusArguments;
use crate::escape::shell_word;
use crate::link::Device;
use crate::plant_file::{self, PlantFile};
use clap::parser::ValueSource;
use clap::{ArgMatches, Command};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Why there is no plan: the program exits with 2.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The arguments do not fit together.
    Usage(String),
    /// A plant file can't be read or has mistakes.
    File(plant_file::Unusable),
}

impl Refusal {
    /// What is wrong, for a message.
    pub(super) fn text(self) -> String {
        match self {
            Self::Usage(text) => text,
            Self::File(unusable) => unusable.to_string(),
        }
    }
}

/// The arguments of a command that were typed, by the names that they have in the program.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed(BTreeSet<String>);

impl Typed {
    /// What was typed after the command.
    pub(super) fn of(matches: &ArgMatches) -> Self {
        let Some((_, command)) = matches.subcommand() else {
            return Self::default();
        };
        let ids = command.ids().map(|id| id.as_str());
        let is_typed = |id: &&str| command.value_source(id) == Some(ValueSource::CommandLine);
        Self(ids.filter(is_typed).map(str::to_owned).collect())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Takes the value of the file, unless `name` was typed.
    pub(super) fn fill<T>(&self, name: &str, place: &mut T, value: Option<T>) {
        if let Some(value) = value.filter(|_| !self.has(name)) {
            *place = value;
        }
    }

    /// As [`Self::fill`], for an option without a default.
    pub(super) fn give<T: Clone>(&self, name: &str, place: &mut Option<T>, value: &Option<T>) {
        self.fill(name, place, value.clone().map(Some));
    }
}

/// Whether an argument that stands where DEVICE does can be DIR.
fn is_directory(device: &&Device) -> bool {
    match device {
        Device::Serial(path) if path.exists() => path.is_dir(),
        // It may be made by this run; below /dev it is rather an adapter that is not plugged in.
        Device::Serial(path) => !path.starts_with("/dev"),
        _ => false,
    }
}

/// Whether the environment names a plant file, and a DEVICE is typed.
pub(super) fn is_overruled(matches: &ArgMatches) -> bool {
    let Some((name, command)) = matches.subcommand() else {
        return false;
    };
    // Asked for an argument that the command does not have, `value_source` panics in debug builds.
    let source = |id| {
        command
            .try_get_raw(id)
            .ok()
            .and_then(|_| command.value_source(id))
    };
    let is_typed = |id| source(id) == Some(ValueSource::CommandLine);
    // `log DIR` with the plant file of the environment is typed as `log DEVICE` is.
    let can_be_directory = || {
        let device = command.get_one::<Device>("device");
        name == "log" && !is_typed("addresses") && device.as_ref().is_some_and(is_directory)
    };
    source("plant") == Some(ValueSource::EnvVariable) && is_typed("device") && !can_be_directory()
}

/// The program without the variable of `--plant`.
pub(super) fn without(program: Command) -> Command {
    program.mut_subcommands(|command| {
        command.mut_args(|argument| match argument.get_id() == "plant" {
            true => argument.env(None),
            false => argument,
        })
    })
}

impl BusArguments {
    /// The plant file, where one is in force.
    pub(super) fn plant_file(&self, typed: &Typed) -> Result<Option<PlantFile>, Refusal> {
        let Some(path) = &self.plant else {
            return Ok(None);
        };
        for (name, shown) in [
            ("device", "DEVICE"),
            ("addresses", "ADDRESSES"),
            ("name", "--bus"),
        ] {
            if typed.has(name) {
                let file = path.display();
                return Err(Refusal::Usage(format!(
                    "{shown} can't be used with --plant: {file} names what is polled"
                )));
            }
        }
        read(path).map(Some)
    }
}

/// Reads a plant file.
pub(super) fn read(path: &Path) -> Result<PlantFile, Refusal> {
    plant_file::read(path).map_err(Refusal::File)
}

impl Log {
    /// Takes an argument in the place of DEVICE as DIR, if it is the only one.
    ///
    /// # Errors
    /// [`Refusal`] if it can be either.
    pub(super) fn place_directory(&mut self, typed: &mut Typed) -> Result<(), Refusal> {
        if self.bus.plant.is_none() || !typed.has("device") || typed.has("addresses") {
            return Ok(());
        }
        match &self.bus.device {
            Some(device @ Device::Serial(path)) if is_directory(&device) => {
                self.directory = Some(path.clone());
                // Otherwise the plant file would be refused, and DIR be taken from it.
                typed.0.remove("device");
                typed.0.insert("directory".to_owned());
            }
            Some(Device::Serial(path)) if !path.exists() => {
                let path = path.display();
                let make = format!("mkdir -p {}", shell_word(&path.to_string()));
                return Err(Refusal::Usage(format!(
                    "{path} does not exist: below /dev it is taken for DEVICE, which can't be used \
                     with --plant; if it is DIR, make it first: `{make}`"
                )));
            }
            _ => {}
        }
        Ok(())
    }
}

/// The directory of a `log`.
pub(super) fn directory(log: Option<PathBuf>, plant: Option<&Path>) -> Result<PathBuf, Refusal> {
    log.ok_or_else(|| {
        Refusal::Usage(match plant {
            Some(file) => format!(
                "{} has no key 'log': write it there, log = \"/opt/ardexa/kaco/logs\", or type DIR",
                file.display()
            ),
            None => missing("<DIR>"),
        })
    })
}

/// In the wording of the parser.
pub(super) fn missing(argument: &str) -> String {
    format!("the following required arguments were not provided:\n  {argument}")
}
