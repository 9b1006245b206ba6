//! Names and installed power of inverters: from a plant file, as logs do not hold them.

use super::log::Logs;
use std::collections::BTreeMap;

/// What is known of a plant apart from its logs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Names {
    pub(crate) title: Option<String>,
    /// By label, such as `02` or `roof/02`.
    pub(crate) inverters: BTreeMap<String, Name>,
}

/// What is known of one inverter.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Name {
    /// What people call it.
    pub(crate) name: Option<String>,
    /// Installed peak power, kWp.
    pub(crate) kwp: Option<f64>,
}

impl Names {
    /// Gives what is known of an IP address to the folder with the rows from there, which is named
    /// after the serial number.
    pub(super) fn follow(&mut self, log: &Logs) {
        for folder in &log.inverters {
            // A folder is opened only where a name may follow from its address.
            if self.inverters.is_empty() || self.inverters.contains_key(&folder.label) {
                continue;
            }
            let known = folder.address().and_then(|ip| self.inverters.get(&ip));
            if let Some(known) = known.cloned() {
                self.inverters.insert(folder.label.clone(), known);
            }
        }
    }

    /// The name of the plant on a page.
    pub(crate) fn title(&self) -> &str {
        self.title.as_deref().unwrap_or("Solar plant")
    }

    /// The name of an inverter in pictures: its label, followed by its own name if it has one.
    pub(crate) fn title_of(&self, label: &str) -> String {
        let known = self.inverters.get(label);
        match known.and_then(|known| known.name.as_deref()) {
            Some(name) => format!("{label} {name}"),
            None => label.to_owned(),
        }
    }

    /// Installed peak power of an inverter, kWp.
    pub(crate) fn kwp_of(&self, label: &str) -> Option<f64> {
        let kwp = self.inverters.get(label)?.kwp;
        kwp.filter(|kwp| kwp.is_finite() && *kwp > 0.0)
    }
}
