//! The outputs of a run that polls once.

use super::environment;
use super::formats::{Format, Printing};
use crate::command::plan::{OncePlan, Plan};
use crate::lines::CARRIAGE_RETURN;
use crate::sink::SinkPlan;
use crate::sink::influx::InfluxPlan;
use crate::sink::mqtt::MqttPlan;
use crate::sink::stdout::Printed;
use crate::source::SourcePlan;
use clap::builder::{PathBufValueParser, TypedValueParser};
use std::path::PathBuf;

/// A path for logs; a URL is a mistake, and could be one with a password.
pub(super) fn directory() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        let text = path.to_string_lossy();
        if text.contains("://") {
            Err("it is not a directory but a URL; a broker is given by --mqtt")
        } else if text.ends_with('\r') {
            // The rows would be in a directory that looks as the right one does.
            Err(CARRIAGE_RETURN)
        } else {
            Ok(path)
        }
    })
}

/// A run that polls once.
pub(super) fn once(sources: Vec<SourcePlan>, sinks: SinkPlan, strict: bool) -> Plan {
    Plan::Once(OncePlan {
        sources,
        sinks,
        strict,
    })
}

/// The sinks of `log`.
pub(super) fn logging(
    directory: PathBuf,
    textfile: Option<PathBuf>,
    mqtt: Option<MqttPlan>,
    influx: Option<InfluxPlan>,
) -> SinkPlan {
    SinkPlan {
        log: Some(directory),
        print: overview(),
        textfile,
        mqtt,
        influx,
        ..SinkPlan::default()
    }
}

/// What `log` prints on a terminal; nothing elsewhere, as cron mails what is printed.
fn overview() -> Option<Printed> {
    let medium = environment::medium();
    medium.width.map(|_| Printed::Overview(medium))
}

/// The sinks of `read`.
pub(super) fn printing(options: Printing, mqtt: Option<MqttPlan>) -> SinkPlan {
    SinkPlan {
        print: Some(match options.format {
            Format::Table if options.details => Printed::Details(environment::medium()),
            Format::Table => Printed::Table(environment::medium()),
            Format::Json => Printed::Json,
            Format::Csv => Printed::Csv,
            Format::Influx => Printed::Influx,
            Format::Prometheus => Printed::Prometheus,
        }),
        mqtt,
        ..SinkPlan::default()
    }
}
