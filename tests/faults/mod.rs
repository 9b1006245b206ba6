//! What goes wrong at a plant in ten years, tried through the real program: power cuts, signals,
//! disks, clocks, cables, gateways, brokers, strangers. After each of them files are whole, nothing
//! that was reported is lost, and the next run works.

mod adapters;
mod brokers;
mod chatter;
mod clocks;
pub mod cost;
mod crashes;
mod crowds;
mod databases;
mod disks;
mod figures;
mod floods;
mod gateways;
mod kills;
mod logs;
mod peers;
mod plants;
mod random;
mod signals;
mod steps;
