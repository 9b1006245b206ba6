//! Opens a bus as the options say, with the recording that was asked for.

use super::Failure;
use crate::cli::Asking;
use crate::kaco::bus::Bus;
use crate::kaco::connect::LinkError;
use crate::kaco::timing::Timing;
use crate::link::{Device, Link};
use crate::source::recorder::Recorder;
use std::io;
use std::path::{Path, PathBuf};

/// The recording of a run, if one was asked for.
pub(super) struct Recording(Option<(PathBuf, Recorder)>);

impl Recording {
    /// Opens the file.
    ///
    /// # Errors
    /// [`Failure`] if that fails.
    pub(super) fn start(device: &Device, asking: &Asking) -> Result<Self, Failure> {
        let open = |path: &PathBuf| match Recorder::open(path, device.to_string()) {
            Ok(recorder) => Ok((path.clone(), recorder)),
            Err(error) => Err(cannot_record(path, &error)),
        };
        asking.record.as_ref().map(open).transpose().map(Self)
    }

    /// Opens a bus of which every exchange is recorded.
    ///
    /// # Errors
    /// As the link says.
    pub(super) async fn open(
        &self,
        device: &Device,
        timing: Timing,
    ) -> Result<Bus<Link>, LinkError> {
        let mut bus = Bus::open(Link::new(device.clone()), timing).await?;
        if let Some((_, recorder)) = &self.0 {
            bus.observe(recorder.observer());
        }
        Ok(bus)
    }

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
    asking: &Asking,
) -> Result<(Bus<Link>, Recording), Failure> {
    let recording = Recording::start(device, asking)?;
    Ok((recording.open(device, asking.timing()).await?, recording))
}

fn cannot_record(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("can't record to {}: {error}", path.display()), None)
}
