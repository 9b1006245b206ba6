//! Checks whether sinks could work, without making, writing or sending anything.

use super::secret::exposed;
use super::textfile::replaceable;
use super::{SinkPlan, influx, mqtt};
use crate::exit::Failure;
use rustix::fs::{Access, AtFlags, CWD, accessat};
use std::fs;
use std::io;
use std::path::Path;

impl SinkPlan {
    /// What is wrong on this machine.
    pub(crate) fn look(&self) -> Vec<Failure> {
        let looked = [
            self.log.as_deref().map_or(Ok(()), directory),
            self.textfile.as_deref().map_or(Ok(()), metrics),
        ];
        let failures = looked.into_iter().filter_map(Result::err);
        let published = self.mqtt.as_ref().and_then(mqtt::MqttPlan::look);
        let pushed = self.influx.as_ref().and_then(influx::InfluxPlan::look);
        failures
            .chain(published)
            .chain(pushed)
            .chain(self.exposed())
            .collect()
    }

    /// What is wrong with files of secrets that every user of the machine can read.
    pub(super) fn exposed(&self) -> Vec<Failure> {
        let mqtt = self.mqtt.iter().flat_map(mqtt::MqttPlan::secrets);
        let influx = self.influx.iter().flat_map(influx::InfluxPlan::secrets);
        exposed(mqtt.chain(influx))
    }
}

/// Whether rows could be written below a directory, or below the one that it would be made in.
fn directory(path: &Path) -> Result<(), Failure> {
    let mut place = path;
    // What is missing would be made; what may not be looked at is an error.
    while let Err(error) = fs::metadata(place) {
        let parent = place
            .parent()
            .filter(|_| error.kind() == io::ErrorKind::NotFound);
        place = match parent {
            Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
            Some(parent) => parent,
            None => return Err(failure("the rows", path, &error)),
        };
    }
    if !place.is_dir() {
        let error = io::Error::from(io::ErrorKind::NotADirectory);
        return Err(failure("the rows", path, &error));
    }
    may_write(place, Access::WRITE_OK | Access::EXEC_OK)
        .map_err(|error| failure("the rows", path, &error))
}

/// Whether a file of metrics could be replaced, or made: its directory counts, not its own rights.
fn metrics(path: &Path) -> Result<(), Failure> {
    let looked = match path.is_dir() {
        true => Err(io::ErrorKind::IsADirectory.into()),
        false => replaceable(path).and_then(|()| may_make(path)),
    };
    looked.map_err(|error| failure("the metrics", path, &error))
}

/// Whether a file could be written, or made.
pub(crate) fn file(what: &str, path: &Path) -> Result<(), Failure> {
    let looked = match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(_) => may_write(path, Access::WRITE_OK),
        Err(_) => may_make(path),
    };
    looked.map_err(|error| failure(what, path, &error))
}

fn may_make(path: &Path) -> io::Result<()> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    may_write(
        parent.unwrap_or(Path::new(".")),
        Access::WRITE_OK | Access::EXEC_OK,
    )
}

fn may_write(path: &Path, access: Access) -> io::Result<()> {
    // By the effective user, as an open is judged.
    Ok(accessat(CWD, path, access, AtFlags::EACCESS)?)
}

fn failure(what: &str, path: &Path, error: &io::Error) -> Failure {
    let hint = match error.kind() {
        io::ErrorKind::PermissionDenied => {
            Some("run `check` as the user of the service, and give the directory to that user")
        }
        io::ErrorKind::NotFound => Some("make its directory first"),
        io::ErrorKind::NotADirectory => Some("a file stands where a directory should be"),
        _ => None,
    };
    let path = path.display();
    Failure::new(format!("{what} can't be written to {path}: {error}"), hint)
}
