//! Whether the files of a broker's login are as they should be.

use super::connection::Connector;
use super::error::PublishError;
use super::options::MqttPlan;
use crate::exit::Failure;
use crate::sink::secret::SecretFile;

impl MqttPlan {
    /// What is wrong with passwords, keys and certificates on this machine.
    pub(crate) fn look(&self) -> Option<Failure> {
        let usable = Connector::new(self).map(drop);
        let usable = usable.and_then(|()| self.certificates_look());
        usable.err().map(Failure::from)
    }

    /// The files that no other user should read.
    pub(in crate::sink) fn secrets(&self) -> impl Iterator<Item = SecretFile<'_>> {
        let password = self.password_file.as_deref().map(|path| (path, "password"));
        let key = self
            .identity
            .as_ref()
            .map(|identity| identity.key.as_path());
        password.into_iter().chain(key.map(|path| (path, "key")))
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
