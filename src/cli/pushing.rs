//! The options of whatever pushes rows to a database.

use super::environment;
use crate::sink::influx::{Database, Options};
use chrono::NaiveDate;
use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Args, Command};
use std::ffi::OsStr;
use std::path::PathBuf;

/// Whether, where and how rows are pushed.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Database")]
pub(crate) struct Pushing {
    /// Push the readings to this database: http://host:8086/write?db=solar,
    /// https://host/api/v2/write?org=home&bucket=solar
    ///
    /// InfluxDB, VictoriaMetrics, QuestDB and others that take the line protocol. With a log each
    /// row is pushed when it is safe on the disk; what could not be pushed is caught up from the
    /// log, oldest first. A user can stand in the URL, http://user@host; set INFLUX_PASSWORD or
    /// INFLUX_TOKEN, or give --influx-password-file or --influx-token-file.
    #[arg(long = "influx", value_name = "URL", value_parser = DatabaseParser)]
    pub database: Option<Database>,

    /// File with the password, which no other user should be able to read
    #[arg(long, value_name = "FILE")]
    pub influx_password_file: Option<PathBuf>,

    /// File with the token, instead of user and password
    #[arg(long, value_name = "FILE")]
    pub influx_token_file: Option<PathBuf>,

    /// File with the certificates to trust for https://, in PEM format, instead of the system's
    #[arg(long, value_name = "FILE")]
    pub influx_ca: Option<PathBuf>,

    /// First day to push of an inverter that was never pushed; without it, its newest day
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub influx_since: Option<NaiveDate>,
}

impl Pushing {
    /// How to push; `None` if nothing is to be pushed.
    pub(super) fn options(&self) -> Option<Options> {
        Some(Options {
            environment: environment::database_login(),
            password_file: self.influx_password_file.clone(),
            token_file: self.influx_token_file.clone(),
            certificates: self.influx_ca.clone(),
            since: self.influx_since,
            ..Options::new(self.database.clone()?)
        })
    }
}

fn day(text: &str) -> Result<NaiveDate, String> {
    text.parse()
        .map_err(|_| "write a day such as 2026-05-03".to_owned())
}

/// Parses a database. Its errors do not repeat what was typed: there may be a password in it.
#[derive(Clone)]
pub(super) struct DatabaseParser;

impl TypedValueParser for DatabaseParser {
    type Value = Database;

    fn parse_ref(
        &self,
        command: &Command,
        _: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Database, clap::Error> {
        value.to_string_lossy().parse().map_err(|error| {
            let text = format!(
                "the URL after --influx, or in KACO_ARDEXA_INFLUX, is not a database: {error}\n"
            );
            clap::Error::raw(ErrorKind::ValueValidation, text).with_cmd(command)
        })
    }
}
