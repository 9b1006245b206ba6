//! What goes wrong at a plant in ten years, tried through the real program: power cuts, signals, disks, clocks, cables,
//! gateways, brokers, strangers. After each of them files are whole, nothing that was reported is lost, and the next run
//! works.

mod clocks;
mod crowds;
mod disks;
mod figures;
mod kills;
mod logs;
mod random;
mod signals;
mod steps;
