//! One file per command: from a checked plan to sources and sinks, and the runner that joins them.
//!
//! | module | does |
//! |---|---|
//! | [`plan`] | what a command is told, checked before anything runs |
//! | `once` | `log` and `read` of every family: one round, then out |
//! | `watch` | `watch` of every family: rounds until it is stopped |
//! | the others | one command each |

mod decode;
mod discover;
mod forget;
pub mod history;
mod listen;
mod once;
pub mod plan;
mod plants;
mod print;
mod progress;
mod scan;
mod simulate;
mod stop;
mod talk;
mod watch;

pub use stop::{Ended, Signal};

use crate::exit::{Exit, Failure};
use crate::logging::Messages;
use chrono::{DateTime, FixedOffset, Local};
use plan::Plan;
use stop::Stop;

/// Runs a command to its end.
///
/// # Errors
/// [`Failure`] with what to tell the user.
pub async fn run(plan: Plan, messages: &Messages) -> Result<Ended, Failure> {
    match plan {
        Plan::Once(plan) => Stop::listen()?.interrupts(once::run(plan)).await,
        Plan::Watch(plan) => watch::run(plan, Stop::listen()?, messages).await,
        Plan::Scan(plan) => Stop::listen()?.interrupts(scan::run(plan)).await,
        Plan::Discover(plan) => Stop::listen()?.interrupts(discover::run(plan)).await,
        Plan::Forget(plan) => Stop::listen()?.interrupts(forget::run(plan)).await,
        Plan::Listen(plan) => Stop::listen()?.ends(listen::run(plan)).await,
        Plan::SimulateKaco(plan) => Stop::listen()?.ends(simulate::kaco(plan)).await,
        Plan::SimulatePlants(plan) => Stop::listen()?.ends(plants::run(*plan)).await,
        Plan::SimulateKstar(bind) => Stop::listen()?.ends(simulate::kstar(bind)).await,
        // These wait for nothing outside; a signal ends them as it ends any program.
        Plan::Decode(plan) => decode::run(&plan).map(Ended::Exit),
        Plan::History(plan) => history::run(&plan).map(Ended::Exit),
        Plan::Text(text) => print::print(&text).map(|_| Ended::Exit(Exit::Done)),
    }
}

/// The local time.
fn now() -> DateTime<FixedOffset> {
    Local::now().fixed_offset()
}
