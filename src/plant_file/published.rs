//! `[mqtt]` and `[influx]`: where readings go besides the log.

use super::mistake::Notes;
use super::section::{INFLUX, MQTT, Section, TableKind};
use super::value;
use crate::sink::influx::Database;
use crate::sink::mqtt::{Broker, CertificateFiles, topic};
use chrono::NaiveDate;
use std::path::PathBuf;
use std::time::Duration;
use toml::de::DeValue;

/// A prefix, for messages.
const PREFIX: &str = "plants/roof";

/// `[mqtt]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MqttSection {
    /// The broker; never with a password.
    pub broker: Broker,
    pub(crate) password_file: Option<PathBuf>,
    /// In front of all topics of states and availability.
    pub(crate) prefix: Option<String>,
    /// 0 or 1.
    pub(crate) qos: Option<u8>,
    /// Certificates to trust.
    pub(crate) ca: Option<PathBuf>,
    /// The certificate to show, and its key.
    pub(crate) identity: Option<CertificateFiles>,
    /// Whether inverters are announced to Home Assistant.
    pub(crate) discovery: Option<bool>,
    /// Time without news after which Home Assistant shows an inverter as unavailable.
    pub(crate) expire_after: Option<Duration>,
}

/// `[influx]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InfluxSection {
    /// The database; never with a password.
    pub(crate) database: Database,
    pub(crate) password_file: Option<PathBuf>,
    pub(crate) token_file: Option<PathBuf>,
    /// Certificates to trust.
    pub(crate) ca: Option<PathBuf>,
    /// First day of an inverter that was never pushed.
    pub(crate) since: Option<NaiveDate>,
}

/// The table `[key]`, whose key `url` is required.
fn with_url<'a>(
    top: &Section<'a>,
    key: &str,
    kind: &'static TableKind,
    notes: &mut Notes<'_>,
) -> Option<Section<'a>> {
    let value = top.raw(key)?;
    let line = notes.line(&value.span());
    let DeValue::Table(table) = value.get_ref() else {
        let title = kind.title;
        notes.add(
            line,
            format!("key '{key}': write the table {title}, with the key 'url' in it"),
        );
        return None;
    };
    Some(Section::new(kind, table, line, notes))
}

pub(super) fn mqtt(top: &Section<'_>, notes: &mut Notes<'_>) -> Option<MqttSection> {
    let section = with_url(top, "mqtt", &MQTT, notes)?;
    let prefix = |value: &DeValue<'_>| topic::checked(value::text(value, PREFIX)?, PREFIX);
    let qos = |value: &DeValue<'_>| value::whole(value, 0, 1);
    let password_file = section.get("password-file", value::path, notes);
    let prefix = section.get("prefix", prefix, notes);
    let qos = section.get("qos", qos, notes);
    let ca = section.get("ca", value::path, notes);
    let identity = identity(&section, notes);
    let discovery = section.get("discovery", value::boolean, notes);
    let expire_after = section.get("expire-after", value::time, notes);
    let broker = |value: &DeValue<'_>| {
        let broker: Broker = value::parsed(value, "mqtt://user@host")?;
        without_password(broker.password.is_some(), broker)
    };
    let url = section.need("url", "\"mqtt://user@host\"", broker, notes)?;
    Some(MqttSection {
        broker: url.value,
        password_file,
        prefix,
        qos: qos.map(|qos| u8::from(qos > 0)),
        ca,
        identity,
        discovery,
        expire_after,
    })
}

/// A certificate with its key: one alone is noted.
fn identity(section: &Section<'_>, notes: &mut Notes<'_>) -> Option<CertificateFiles> {
    let certificate = section.at("cert", value::path, notes);
    let key = section.at("key", value::path, notes);
    let (alone, missing) = match (certificate, key) {
        (Some(certificate), Some(key)) => {
            return Some(CertificateFiles {
                certificate: certificate.value,
                key: key.value,
            });
        }
        (Some(certificate), None) if section.raw("key").is_none() => (certificate, "key"),
        (None, Some(key)) if section.raw("cert").is_none() => (key, "cert"),
        _ => return None,
    };
    notes.add(
        alone.line,
        format!(
            "key '{missing}' is missing in [mqtt]: a certificate and its key are named together; \
             write for example {missing} = \"/etc/kaco_ardexa/{missing}.pem\""
        ),
    );
    None
}

pub(super) fn influx(top: &Section<'_>, notes: &mut Notes<'_>) -> Option<InfluxSection> {
    let section = with_url(top, "influx", &INFLUX, notes)?;
    let password_file = section.get("password-file", value::path, notes);
    let token_file = section.get("token-file", value::path, notes);
    let ca = section.get("ca", value::path, notes);
    let since = section.get("since", value::day, notes);
    let example = "\"http://host:8086/write?db=solar\"";
    let database = |value: &DeValue<'_>| {
        let database: Database = value::parsed(value, "http://host:8086/write?db=solar")?;
        without_password(database.password.is_some(), database)
    };
    let url = section.need("url", example, database, notes)?;
    Some(InfluxSection {
        database: url.value,
        password_file,
        token_file,
        ca,
        since,
    })
}

/// `value`, unless its URL has a password.
fn without_password<T>(has_password: bool, value: T) -> Result<T, String> {
    const WRONG: &str = "there is a password in it, and secrets do not belong in this file; \
        write it to a file of its own and name that with 'password-file'";
    match has_password {
        true => Err(WRONG.to_owned()),
        false => Ok(value),
    }
}
