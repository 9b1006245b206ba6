//! User and password: from the URL, a file or the environment. A password is never shown.

use super::broker::Broker;
use super::error::PublishError;
use crate::sink::secret::Password;
use std::path::Path;

/// The values of the environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoginVariables {
    /// `MQTT_USERNAME`
    pub(crate) user: Option<String>,
    /// `MQTT_PASSWORD`
    pub(crate) password: Option<Password>,
}

/// The user to log in as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Login {
    Anonymous,
    /// A user that needs no password.
    User(String),
    Password(String, Password),
}

impl Login {
    /// What was typed counts more than the environment, a file with the password more than the URL.
    pub(super) fn new(
        broker: &Broker,
        file: Option<&Path>,
        environment: LoginVariables,
    ) -> Result<Self, PublishError> {
        let user = broker.user.clone().or(environment.user);
        let password = match file {
            Some(path) => {
                Some(
                    Password::read(path).map_err(|reason| PublishError::PasswordFile {
                        path: path.to_owned(),
                        reason,
                    })?,
                )
            }
            None => broker.password.clone().or(environment.password),
        };
        match (user, password) {
            (Some(user), Some(password)) => Ok(Self::Password(user, password)),
            (Some(user), None) => Ok(Self::User(user)),
            (None, None) => Ok(Self::Anonymous),
            (None, Some(_)) => Err(PublishError::NoUser(broker.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;
    use std::fs;

    fn environment(user: Option<&str>, password: Option<&str>) -> LoginVariables {
        LoginVariables {
            user: user.map(str::to_owned),
            password: password.and_then(Password::new),
        }
    }

    fn password(text: &str) -> Result<Password, Box<dyn Error>> {
        Password::new(text).ok_or_else(|| "it is empty".into())
    }

    #[test]
    fn what_is_typed_counts_more() -> Result<(), Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let file = directory.path().join("password");
        fs::write(&file, "of the file\r\n")?;
        let login = |url: &str, file: Option<&Path>, environment| {
            let broker: Broker = url.parse()?;
            Ok::<_, Box<dyn Error>>(Login::new(&broker, file, environment)?)
        };
        let both = || environment(Some("bob"), Some("of bob"));
        assert_eq!(
            login("b", None, LoginVariables::default())?,
            Login::Anonymous
        );
        assert_eq!(
            login("b", None, both())?,
            Login::Password("bob".to_owned(), password("of bob")?)
        );
        assert_eq!(
            login("ann:hers@b", None, both())?,
            Login::Password("ann".to_owned(), password("hers")?)
        );
        assert_eq!(
            login("ann@b", None, both())?,
            Login::Password("ann".to_owned(), password("of bob")?)
        );
        assert_eq!(
            login("ann:hers@b", Some(&file), both())?,
            Login::Password("ann".to_owned(), password("of the file")?)
        );
        assert_eq!(
            login("ann@b", None, LoginVariables::default())?,
            Login::User("ann".to_owned())
        );
        Ok(())
    }

    #[test]
    fn an_unusable_login_is_reported_without_the_password() -> Result<(), Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let file = directory.path().join("password");
        let broker: Broker = "broker".parse()?;
        let refused = |file: Option<&Path>, environment| {
            let login = Login::new(&broker, file, environment);
            login
                .map_err(|error| error.to_string())
                .err()
                .unwrap_or_default()
        };
        let without_user = refused(None, environment(None, Some("secret")));
        assert!(without_user.contains("without a user"), "{without_user}");
        assert!(!without_user.contains("secret"));
        let missing = refused(Some(&file), LoginVariables::default());
        assert!(missing.contains("No such file") && missing.contains("/password"));
        fs::write(&file, "\n")?;
        assert!(refused(Some(&file), LoginVariables::default()).contains("empty"));
        assert_eq!(format!("{:?}", password("secret")?), "Password(…)");
        Ok(())
    }
}
