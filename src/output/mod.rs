//! What becomes of readings. Each format walks the reading's table once; files are written in one place.
//!
//! | module | gives |
//! |---|---|
//! | [`csv`] | header and rows, as text |
//! | [`folder`] | a folder out of which no link leads |
//! | [`folders`] | the folder of an inverter that names itself |
//! | [`home_assistant`] | what makes an inverter known to Home Assistant |
//! | [`log_error`] | what goes wrong with files |
//! | [`log_files`] | the CSV files of a directory: days, `latest.csv`, locks, torn rows |
//! | [`inventory`] | the inverters that a scan found |
//! | [`json`] | one object a reading |
//! | [`mqtt`] | readings on an MQTT broker |
//! | [`recorder`] | the exchanges on a bus, in a file |
//! | [`influx`] | a line of InfluxDB's line protocol |
//! | [`prometheus`] | metrics of all inverters asked |
//! | [`textfile`] | a file that is exchanged whole |
//! | [`table`] | a table for people |

pub mod csv;
pub mod folder;
pub mod folders;
pub mod home_assistant;
pub mod influx;
pub mod inventory;
pub mod json;
pub mod log_error;
pub mod log_files;
pub mod mqtt;
mod naming;
pub mod prometheus;
pub mod recorder;
pub mod table;
pub mod textfile;
