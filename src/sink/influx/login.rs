//! User, password or token: from the URL, files or the environment. None is shown anywhere.

use super::InfluxPlan;
use super::error::PushError;
use crate::sink::secret::Password;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::HeaderValue;
use std::path::Path;

/// The values of the environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DatabaseVariables {
    /// `INFLUX_USERNAME`
    pub(crate) user: Option<String>,
    /// `INFLUX_PASSWORD`
    pub(crate) password: Option<Password>,
    /// `INFLUX_TOKEN`
    pub(crate) token: Option<Password>,
}

/// The login for the database.
#[derive(Clone, Default)]
pub(super) struct DatabaseLogin {
    /// The header of a request.
    pub(super) header: Option<HeaderValue>,
    /// Texts that no message may repeat, whatever the database sends.
    pub(super) secrets: Vec<String>,
}

impl DatabaseLogin {
    /// A token counts more than user and password, a file more than the URL, and that more than the
    /// environment.
    pub(super) fn new(options: &InfluxPlan) -> Result<Self, PushError> {
        let InfluxPlan {
            database,
            environment,
            ..
        } = options;
        let user = database.user.clone().or(environment.user.clone());
        let password = match &options.password_file {
            Some(path) => Some(read("password", path)?),
            None => database.password.clone().or(environment.password.clone()),
        };
        let token = match &options.token_file {
            Some(path) => Some(read("token", path)?),
            // What was typed for a user is meant for this database, a variable may be meant for
            // another.
            None if options.password_file.is_some() || database.password.is_some() => None,
            None => environment.token.clone(),
        };
        let (secret, value) = match (token, user, password) {
            (Some(token), ..) => {
                let value = [b"Token ", token.bytes()].concat();
                (token, value)
            }
            (None, Some(user), Some(password)) => {
                let login = [user.as_bytes(), b":", password.bytes()].concat();
                (
                    password,
                    format!("Basic {}", STANDARD.encode(login)).into_bytes(),
                )
            }
            (None, None, Some(_)) => return Err(PushError::NoUser(database.to_string())),
            (None, _, None) => return Ok(Self::default()),
        };
        let mut header = HeaderValue::from_bytes(&value)
            .map_err(|_| PushError::NoHeader(database.to_string()))?;
        // Keeps it out of debug output.
        header.set_sensitive(true);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let encoded = value.rsplit(|byte| *byte == b' ').next();
        Ok(Self {
            header: Some(header),
            // Also as it is in the header: a response may repeat that.
            secrets: vec![text(secret.bytes()), text(encoded.unwrap_or_default())],
        })
    }

    /// The text without the secrets of the login.
    pub(super) fn masked(&self, text: &str) -> String {
        let secrets = self.secrets.iter().filter(|secret| !secret.is_empty());
        secrets.fold(text.to_owned(), |text, secret| {
            text.replace(secret.as_str(), "...")
        })
    }
}

fn read(what: &'static str, path: &Path) -> Result<Password, PushError> {
    Password::read(path).map_err(|reason| PushError::File {
        what,
        path: path.to_owned(),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;
    use std::fs;

    fn header(options: &InfluxPlan) -> String {
        match DatabaseLogin::new(options) {
            Ok(login) => {
                let header = login.header.as_ref().map(HeaderValue::as_bytes);
                String::from_utf8_lossy(header.unwrap_or_default()).into_owned()
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_is_nearest_to_the_database_counts() -> Result<(), Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let file = directory.path().join("secret");
        fs::write(&file, "of the file\r\n")?;
        let options = |url: &str, environment: &DatabaseVariables| {
            let mut options = InfluxPlan::new(url.parse()?);
            options.environment = environment.clone();
            Ok::<_, Box<dyn Error>>(options)
        };
        let nothing = DatabaseVariables::default();
        let all = DatabaseVariables {
            user: Some("bob".to_owned()),
            password: Password::new("of bob"),
            token: Password::new("of all"),
        };
        let without_token = DatabaseVariables {
            token: None,
            ..all.clone()
        };
        assert_eq!(header(&options("http://h", &nothing)?), "");
        assert_eq!(header(&options("http://h", &all)?), "Token of all");
        assert_eq!(
            header(&options("http://h", &without_token)?),
            "Basic Ym9iOm9mIGJvYg=="
        );
        assert_eq!(
            header(&options("http://ann:hers@h", &all)?),
            "Basic YW5uOmhlcnM="
        );
        let mut by_file = options("http://ann:hers@h", &all)?;
        by_file.password_file = Some(file.clone());
        assert_eq!(header(&by_file), "Basic YW5uOm9mIHRoZSBmaWxl");
        by_file.token_file = Some(file.clone());
        assert_eq!(header(&by_file), "Token of the file");
        fs::write(&file, "")?;
        assert!(header(&by_file).contains("it is empty"));
        let no_user = DatabaseVariables {
            user: None,
            token: None,
            ..all
        };
        let refused = header(&options("http://h", &no_user)?);
        assert!(
            refused.contains("without a user") && !refused.contains("bob"),
            "{refused}"
        );
        Ok(())
    }

    #[test]
    fn what_a_database_repeats_is_left_out() -> Result<(), Box<dyn Error>> {
        let login = DatabaseLogin::new(&InfluxPlan::new("http://ann:hers@h".parse()?))?;
        let text = login.masked("bad login: Basic YW5uOmhlcnM= (hers)");
        assert_eq!(text, "bad login: Basic ... (...)");
        Ok(())
    }
}
