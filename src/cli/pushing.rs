//! The options of commands that push rows to a database.

use super::environment;
use super::url::UrlParser;
use crate::sink::influx::{Database, InfluxPlan};
use chrono::NaiveDate;
use clap::Args;
use std::path::PathBuf;

/// Parses a database.
const DATABASE: UrlParser<Database> =
    UrlParser::new("--influx", "KACO_ARDEXA_INFLUX", "a database");

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
    #[arg(long = "influx", value_name = "URL", value_parser = DATABASE)]
    pub(crate) database: Option<Database>,

    /// File with the password, which no other user should be able to read
    #[arg(long, value_name = "FILE")]
    pub(crate) influx_password_file: Option<PathBuf>,

    /// File with the token, instead of user and password
    #[arg(long, value_name = "FILE")]
    pub(crate) influx_token_file: Option<PathBuf>,

    /// File with the certificates to trust for https://, in PEM format, instead of the system's
    #[arg(long, value_name = "FILE")]
    pub(crate) influx_ca: Option<PathBuf>,

    /// First day to push of an inverter that was never pushed; without it, its newest day
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) influx_since: Option<NaiveDate>,
}

impl Pushing {
    /// How to push; `None` if nothing is to be pushed.
    pub(super) fn options(&self) -> Option<InfluxPlan> {
        Some(InfluxPlan {
            environment: environment::database_login(),
            password_file: self.influx_password_file.clone(),
            token_file: self.influx_token_file.clone(),
            certificates: self.influx_ca.clone(),
            since: self.influx_since,
            ..InfluxPlan::new(self.database.clone()?)
        })
    }
}

fn day(text: &str) -> Result<NaiveDate, String> {
    text.parse()
        .map_err(|_| "write a day such as 2026-05-03".to_owned())
}
