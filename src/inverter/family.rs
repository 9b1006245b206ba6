//! The families of inverters: facts that all inverters of one protocol share.

/// What all inverters of one protocol share.
#[derive(Debug)]
pub(crate) struct Family {
    /// The name in JSON, topics, tags and labels.
    pub(crate) protocol: &'static str,
    /// The name that people read.
    pub(crate) title: &'static str,
    /// The manufacturer, as Home Assistant and SunSpec clients show it.
    pub(crate) maker: &'static str,
    /// What messages put in front of an inverter's label.
    pub(super) noun: &'static str,
}

/// KACO inverters on an RS485 bus, known by their address.
pub(crate) static KACO: Family = Family {
    protocol: "kaco",
    title: "KACO",
    maker: "KACO new energy",
    noun: "address",
};

/// KSTAR hybrid inverters on the network, known by their serial number or IP address.
pub(crate) static KSTAR: Family = Family {
    protocol: "kstar",
    title: "KSTAR",
    maker: "KSTAR",
    noun: "inverter",
};
