//! How a run ends: its exit code, and the error that a person reads.

use std::error::Error;
use std::fmt;

/// The exit codes, from best to worst: of two, the greater counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done; silent inverters are fine.
    Done,
    /// `--strict`, and an inverter gave no reading.
    NoReading,
    /// Something failed that a person must look at.
    Failed,
    /// Another run holds this device or directory.
    Busy,
}

impl Exit {
    /// The number. 2 is wrong usage and comes from the command line parser.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::NoReading => 3,
            Self::Busy => 7,
        }
    }
}

/// Why something can't go on: what failed, on what; on a second line what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What the program exits with.
    pub exit: Exit,
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// A failure of exit code 1.
    pub(crate) fn new(message: impl Into<String>, hint: Option<&str>) -> Self {
        Self {
            exit: Exit::Failed,
            message: message.into(),
            hint: hint.map(str::to_owned),
        }
    }

    /// A failure because another run holds something.
    pub(crate) fn busy(message: impl Into<String>, hint: Option<&str>) -> Self {
        Self {
            exit: Exit::Busy,
            ..Self::new(message, hint)
        }
    }

    /// The same failure, as that of a part of the program's work.
    #[must_use]
    pub(crate) fn of(self, subject: &str) -> Self {
        Self {
            message: format!("{subject}: {}", self.message),
            ..self
        }
    }

    /// What failed, without what to do about it.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(formatter, "\n  {hint}"),
            None => Ok(()),
        }
    }
}

impl Error for Failure {}

/// What to do if `place` (`mqtt://host:1883`) can't be reached for want of a part of the C library.
///
/// `reason` is the system's. Static programs never find names of multicast DNS, others need a
/// package.
pub(crate) fn local_name_hint(place: &str, reason: &str) -> Option<&'static str> {
    let (host, _) = place.rsplit_once(':')?;
    let is_local = host.to_ascii_lowercase().ends_with(".local");
    // The words of Rust's standard library: the name has no address. And ours: a name server that
    // keeps silent looks like a host that does.
    let is_unknown = reason.starts_with("failed to lookup") || reason.starts_with("no answer");
    (is_local && is_unknown).then_some(
        "give the IP address instead: the static program can't look up names that end in .local, \
         and the one of a package needs libnss-mdns for them",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_needs_a_local_name_that_has_no_address() {
        let unknown = "failed to lookup address information: Name does not resolve";
        for (place, reason) in [
            ("mqtt://homeassistant.local:1883", unknown),
            ("mqtt://homeassistant.local:1883", "no answer in time"),
            ("tcp://Gateway.LOCAL:23", unknown),
            ("tcp://gateway.local:23", "no answer within 5 s"),
        ] {
            let hint = local_name_hint(place, reason);
            assert!(
                hint.is_some_and(|hint| hint.contains("IP address")),
                "{place}"
            );
        }
        for (place, reason) in [
            ("mqtt://localhost:1883", unknown),
            ("mqtt://localhost:1883", "no answer in time"),
            ("tcp://gateway.local.example:23", unknown),
            (
                "tcp://gateway.local:23",
                "Connection refused (os error 111)",
            ),
        ] {
            assert_eq!(local_name_hint(place, reason), None, "{place}");
        }
    }
}
