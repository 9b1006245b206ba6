//! How results are printed.

use crate::command::plan;
use clap::{Args, ValueEnum};

/// The options of `read` for what it prints.
#[derive(Debug, Args)]
pub(crate) struct Printing {
    /// How the readings are printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,

    /// Print all values of each inverter, not one row per inverter
    ///
    /// Of a single inverter the table always has all values.
    #[arg(long)]
    pub details: bool,
}

/// How readings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table for people
    Table,
    /// One JSON object per line
    Json,
    /// One CSV table of all inverters, at the end
    Csv,
    /// InfluxDB's line protocol, one line per reading
    Influx,
    /// Prometheus metrics of all inverters, at the end
    Prometheus,
}

/// How other things than the readings of a run are printed: decoded captures, inverters that were
/// found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TypedListFormat {
    /// A table for people
    Table,
    /// One JSON object per line
    Json,
}

/// How inverters that were found on a bus are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TypedScanFormat {
    /// A table for people
    Table,
    /// One JSON object per line
    Json,
    /// The bus as a plant file has it, to paste
    Toml,
}

impl From<TypedScanFormat> for plan::ScanFormat {
    fn from(format: TypedScanFormat) -> Self {
        match format {
            TypedScanFormat::Table => Self::List(plan::ListFormat::Table),
            TypedScanFormat::Json => Self::List(plan::ListFormat::Json),
            TypedScanFormat::Toml => Self::Toml,
        }
    }
}

impl From<TypedListFormat> for plan::ListFormat {
    fn from(format: TypedListFormat) -> Self {
        match format {
            TypedListFormat::Table => Self::Table,
            TypedListFormat::Json => Self::Json,
        }
    }
}
