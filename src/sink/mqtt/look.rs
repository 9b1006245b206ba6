//! Checks the files of a broker's login.

use super::connection::Connector;
use super::options::MqttPlan;
use crate::exit::Failure;
use crate::sink::secret::SecretFile;

impl MqttPlan {
    /// What is wrong with passwords, keys and certificates on this machine.
    pub(crate) fn look(&self) -> Option<Failure> {
        Connector::new(self).err().map(Failure::from)
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
}
