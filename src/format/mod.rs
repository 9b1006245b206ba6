//! Readings as text. Every format walks the reading's table once and does no input or output.
//!
//! | module | gives |
//! |---|---|
//! | [`csv`] | header and rows of the log files |
//! | `log_row` | a row of a log file as a reading again |
//! | [`csv_table`] | one table of all inverters |
//! | [`json`] | one object per observation |
//! | `hybrid` | a hybrid inverter in four figures |
//! | [`table`], [`overview`], [`inventory`] | tables: readings, inverters, what was found |
//! | `grid`, [`look`] | tables that fit a terminal; what a terminal can show |
//! | [`links`] | how good the link to each inverter was |
//! | [`explain`] | what status codes and errors mean |
//! | [`influx`] | a line of InfluxDB's line protocol |
//! | [`prometheus`] | metrics of all inverters |
//! | [`home_assistant`], [`message`] | announcements to Home Assistant; an MQTT message |
//! | `naming` | values by key and escaping, for the formats of databases |

pub mod csv;
pub(crate) mod csv_table;
pub(crate) mod explain;
pub(crate) mod grid;
pub mod home_assistant;
pub(crate) mod hybrid;
pub mod influx;
pub mod inventory;
pub mod json;
pub(crate) mod links;
pub(crate) mod log_row;
pub mod look;
pub mod message;
pub(crate) mod naming;
pub mod overview;
pub mod prometheus;
pub mod table;
