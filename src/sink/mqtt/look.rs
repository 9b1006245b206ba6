//! Whether the files of a broker's login are as they should be.

use super::connection::Connector;
use super::error::PublishError;
use super::options::Options;
use crate::exit::Failure;
use crate::sink::secret::is_open;
use std::path::{Path, PathBuf};

impl Options {
    /// What is wrong with passwords, keys and certificates on this machine.
    pub fn look(&self) -> Vec<Failure> {
        let usable = Connector::new(self).map(drop);
        let usable = usable.and_then(|()| self.certificates_look());
        let key = self.identity.as_ref().map(|identity| &identity.key);
        let secrets = [("password", self.password_file.as_ref()), ("key", key)];
        let shown = |(what, path): (&str, Option<&PathBuf>)| shown(what, path?);
        let unusable = usable.err().map(Failure::from);
        let shown = secrets.into_iter().filter_map(shown);
        unusable.into_iter().chain(shown).collect()
    }

    #[cfg(feature = "tls")]
    fn certificates_look(&self) -> Result<(), PublishError> {
        super::tls::look(self)
    }

    #[cfg(not(feature = "tls"))]
    fn certificates_look(&self) -> Result<(), PublishError> {
        Ok(())
    }
}

/// A secret that every user of the machine can read is none.
fn shown(what: &str, path: &Path) -> Option<Failure> {
    is_open(path).then(|| {
        let path = path.display();
        let hint = format!("only its user should: `chmod o= {path}`");
        let message = format!("every user of this machine can read the {what} in {path}");
        Failure::new(message, Some(&hint))
    })
}
