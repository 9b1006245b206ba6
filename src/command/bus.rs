//! Opens a bus as the options say, with the recording that was asked for.

use super::Failure;
use crate::cli::Polling;
use crate::kaco::bus::Bus;
use crate::link::{Device, Link};
use crate::output::recorder::Recorder;
use std::io;
use std::path::{Path, PathBuf};

/// The recording of a run, if one was asked for.
pub(super) struct Recording(Option<(PathBuf, Recorder)>);

impl Recording {
    /// Why it has an end before its time, if it has.
    pub(super) fn failure(&self) -> Option<Failure> {
        let (path, recorder) = self.0.as_ref()?;
        Some(cannot_record(path, &recorder.error()?))
    }
}

/// Opens the bus; every exchange on it is recorded.
///
/// # Errors
/// [`Failure`] if the device or the recording can't be opened.
pub(super) async fn open(
    device: &Device,
    polling: &Polling,
) -> Result<(Bus<Link>, Recording), Failure> {
    let recorder = match &polling.record {
        Some(path) => {
            let recorder = Recorder::open(path, device.to_string());
            Some((
                path.clone(),
                recorder.map_err(|error| cannot_record(path, &error))?,
            ))
        }
        None => None,
    };
    let mut bus = Bus::open(Link::new(device.clone()), polling.timing()).await?;
    if let Some((_, recorder)) = &recorder {
        bus.observe(recorder.observer());
    }
    Ok((bus, Recording(recorder)))
}

fn cannot_record(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("can't record to {}: {error}", path.display()), None)
}
