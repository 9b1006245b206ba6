//! The options of `watch` and `kstar watch`.

use super::environment;
use super::outputs::directory;
use super::publishing::Publishing;
use super::pushing::Pushing;
use crate::command::plan::WatchPlan;
use crate::duration;
use crate::history::names::Names;
use crate::sink::sunspec::SunspecPlan;
use crate::sink::{SinkPlan, http_at, sunspec_at};
use crate::source::SourcePlan;
use clap::Args;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The outputs of a run that keeps polling.
#[derive(Debug, Clone, Args)]
pub(crate) struct Watching {
    /// Time from one round to the next; longer if the inverters need it
    #[arg(
        long,
        value_name = "DURATION",
        value_parser = duration::parse_positive,
        default_value = "10s"
    )]
    pub every: Duration,

    /// Also log the readings, as `log` does
    #[arg(long, value_name = "DIR", value_parser = directory())]
    pub log: Option<PathBuf>,

    /// Also write the readings to FILE after each round, as Prometheus metrics
    #[arg(long, value_name = "FILE")]
    pub textfile: Option<PathBuf>,

    /// Serve the inverters as SunSpec devices over Modbus TCP: 0.0.0.0:502, 127.0.0.1:1502
    ///
    /// For energy managers: Victron GX, evcc, OpenEMS and others. They can read, never write. Unit
    /// 126 is the plant, a KACO inverter has its address as unit, KSTAR inverters those from 201
    /// on. Turns --counters on; they are then read at most once in five minutes.
    #[arg(long, value_name = "ADDR:PORT", value_parser = sunspec_at)]
    pub sunspec: Option<SocketAddr>,

    /// Serve a page, metrics and JSON over HTTP at this address, such as 127.0.0.1:8080
    ///
    /// Without any login: 0.0.0.0:8080 shows the readings to the whole network.
    #[arg(long, value_name = "ADDR:PORT", value_parser = http_at)]
    pub http: Option<SocketAddr>,

    /// Print one line per change instead of the live page
    #[arg(long)]
    pub silent: bool,

    /// Where readings are published.
    #[command(flatten)]
    pub publishing: Publishing,

    /// Which database gets the rows.
    #[command(flatten)]
    pub pushing: Pushing,
}

impl Watching {
    /// The plan that watches these sources.
    pub(super) fn plan(self, sources: Vec<SourcePlan>) -> WatchPlan {
        WatchPlan {
            sources,
            sinks: SinkPlan {
                log: self.log,
                print: None,
                textfile: self.textfile,
                mqtt: self.publishing.options(),
                influx: self.pushing.options(),
                sunspec: self.sunspec.map(|bind| SunspecPlan {
                    bind,
                    every: self.every,
                    offsets: HashMap::new(),
                }),
                http: self.http,
                names: Names::default(),
            },
            every: self.every,
            silent: self.silent,
            look: environment::look(),
            reload: None,
        }
    }
}
