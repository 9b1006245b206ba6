//! An inverter that was found by a search gets another address from the router.

use super::Watcher;
use crate::inverter::InverterId;
use crate::observation::Observation;

impl Watcher<'_> {
    /// Follows an inverter that a search found to another address. True if the observation is only
    /// the silence at its former address.
    pub(super) fn has_moved(&mut self, source: usize, observation: &Observation) -> bool {
        let id = &observation.inverter;
        if id.serial().is_none() {
            return false;
        }
        let latest = self.sinks.latest();
        let is_here = |one: &Observation| one.inverter.place() == id.place();
        let is_it = |one: &&Observation| one.inverter.serial() == id.serial() && !is_here(one);
        if observation.reading().is_none() {
            return latest.iter().any(|one| is_it(&one)) && !latest.iter().any(is_here);
        }
        let named = self.tasks.inverters();
        let is_named = |one: &InverterId| named.iter().any(|named| named.place() == one.place());
        let is_left =
            |one: &&Observation| is_it(one) && one.reading().is_none() && !is_named(&one.inverter);
        let Some(left) = latest.iter().find(is_left).map(|one| one.inverter.clone()) else {
            return false;
        };
        // It keeps its position in every list.
        let moved = |one: &Observation| match one.inverter == left {
            true => id.clone(),
            false => one.inverter.clone(),
        };
        let others = latest.iter().filter(|one| !is_here(one));
        let all: Vec<InverterId> = others.map(moved).collect();
        let chosen = self.view.chosen(&self.plant);
        self.plant.forget(source, &left);
        self.view.choose(chosen, &self.plant);
        self.sinks.exchange(&all, &self.in_force.sinks);
        false
    }
}
