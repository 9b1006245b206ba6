//! `mqtt-forget`: removes announcements of inverters that Home Assistant should no longer show.

use super::plan::ForgetPlan;
use super::print::print;
use crate::exit::{Exit, Failure};
use crate::sink::mqtt::forget::{forget, node};
use std::collections::BTreeMap;
use tracing::warn;

/// Removes the announcements, and prints how many per inverter.
pub(super) async fn run(plan: ForgetPlan) -> Result<Exit, Failure> {
    let topics = forget(&plan.options, &plan.targets, plan.bus.as_ref()).await?;
    if topics.is_empty() {
        let targets: Vec<String> = plan.targets.iter().map(ToString::to_string).collect();
        warn!(
            "the broker retains no announcement of {}",
            targets.join(", ")
        );
    }
    let mut nodes: BTreeMap<&str, usize> = BTreeMap::new();
    for node in topics.iter().filter_map(|topic| node(topic)) {
        *nodes.entry(node).or_default() += 1;
    }
    let line = |(node, count): (&&str, &usize)| format!("{node}: {count} announcements removed\n");
    print(&nodes.iter().map(line).collect::<String>())?;
    Ok(Exit::Done)
}
