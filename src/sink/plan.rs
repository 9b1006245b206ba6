//! Where readings go, checked before anything runs.

use super::influx::InfluxPlan;
use super::mqtt::MqttPlan;
use super::stdout::Printed;
use super::sunspec::SunspecPlan;
use crate::history::names::Names;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Parses the address of an HTTP port, to serve it or to connect to it.
pub(crate) fn http_at(text: &str) -> Result<SocketAddr, String> {
    serve_at(text, "127.0.0.1:8080")
}

/// Parses the address of a SunSpec port.
pub(crate) fn sunspec_at(text: &str) -> Result<SocketAddr, String> {
    serve_at(text, "0.0.0.0:502")
}

fn serve_at(text: &str, example: &str) -> Result<SocketAddr, String> {
    let wrong = |_| format!("`{text}` is not ADDRESS:PORT; write for example {example}");
    text.parse().map_err(wrong)
}

/// Which sinks a run has, and how.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SinkPlan {
    /// The directory of the CSV files.
    pub log: Option<PathBuf>,
    /// What is printed on standard output.
    pub print: Option<Printed>,
    /// A file of Prometheus metrics.
    pub textfile: Option<PathBuf>,
    /// An MQTT broker.
    pub mqtt: Option<MqttPlan>,
    /// A database that takes the line protocol.
    pub influx: Option<InfluxPlan>,
    /// SunSpec clients that are served while the run goes on.
    pub sunspec: Option<SunspecPlan>,
    /// Where to serve HTTP.
    pub http: Option<SocketAddr>,
    /// What the plant and its inverters are called.
    pub names: Names,
}
