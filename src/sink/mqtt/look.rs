//! Whether the files of a broker's login are as they should be.

use super::connection::Connector;
use super::options::Options;
use crate::exit::Failure;
use std::fs;
use std::os::unix::fs::PermissionsExt;

impl Options {
    /// What is wrong with the password file and the certificates on this machine.
    pub fn look(&self) -> Vec<Failure> {
        let mut wrong: Vec<Failure> = Connector::new(self)
            .err()
            .map(Failure::from)
            .into_iter()
            .collect();
        wrong.extend(self.shown_password());
        #[cfg(feature = "tls")]
        wrong.extend(super::tls::look(self).err().map(Failure::from));
        wrong
    }

    /// A password that every user of the machine can read is none.
    fn shown_password(&self) -> Option<Failure> {
        let path = self.password_file.as_ref()?;
        let mode = fs::metadata(path).ok()?.permissions().mode();
        let path = path.display();
        (mode & 0o004 != 0).then(|| {
            let hint = format!("only its user should: `chmod o= {path}`");
            Failure::new(
                format!("every user of this machine can read the password in {path}"),
                Some(&hint),
            )
        })
    }
}
