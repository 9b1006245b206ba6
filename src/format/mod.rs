//! Readings as text. Every format walks the reading's table once and does no input or output.
//!
//! | module | gives |
//! |---|---|
//! | [`csv`] | header and rows of the log files |
//! | `log_row` | a row of a log file as a reading again |
//! | [`csv_table`] | one table of all inverters |
//! | [`json`] | one object per observation |
//! | `hybrid` | a hybrid inverter in four figures |
//! | [`table`], [`inventory`] | tables for people: readings, inverters that were found |
//! | [`explain`] | what status codes and errors mean |
//! | [`influx`] | a line of InfluxDB's line protocol |
//! | [`prometheus`] | metrics of all inverters |
//! | [`home_assistant`], [`message`] | what announces an inverter to Home Assistant; an MQTT message |

pub mod csv;
pub mod csv_table;
pub mod explain;
pub mod home_assistant;
pub(crate) mod hybrid;
pub mod influx;
pub mod inventory;
pub mod json;
pub(crate) mod log_row;
pub mod message;
pub(crate) mod naming;
pub mod prometheus;
pub mod table;
