//! One file per command: makes sources and sinks of a checked plan, and runs them.
//!
//! | module | does |
//! |---|---|
//! | [`plan`] | the plan of each command, checked before anything runs |
//! | `once` | `log` and `read` of every family: one round |
//! | `watch` | `watch` of every family: rounds until it is stopped |
//! | the others | one command each |

mod capture;
mod check;
mod decode;
mod discover;
mod forget;
mod health;
pub(crate) mod history;
mod listen;
mod once;
mod ping;
pub(crate) mod plan;
mod plants;
pub(crate) mod print;
mod progress;
mod scan;
mod service;
mod simulate;
mod stop;
mod talk;
mod watch;

pub(crate) use stop::Ended;

use crate::clock;
use crate::exit::{Exit, Failure};
use crate::logging::Messages;
use chrono::{DateTime, FixedOffset};
use plan::Plan;
use stop::Stop;

/// Runs a command to its end. The error is what kept it from its work, with the exit code; failures
/// of a single inverter or sink are reported meanwhile and decide the code in [`Ended`].
pub async fn run(plan: Plan, messages: &Messages) -> Result<Ended, Failure> {
    // The times in files and databases would be wrong for good; texts of the program have none.
    if !clock::is_set() && !matches!(plan, Plan::Text(_)) {
        return Err(Failure::new(
            "the clock of this machine is before 1970",
            Some(
                "set it with `sudo date -s 2026-11-20`, or have it set with \
                `sudo timedatectl set-ntp true`",
            ),
        ));
    }
    match plan {
        Plan::Once(plan) => Stop::listen()?.interrupts(once::run(plan, messages)).await,
        Plan::Watch(plan) => watch::run(plan, Stop::listen()?, messages).await,
        Plan::Scan(plan) => scan::run(plan, Stop::listen()?, messages).await,
        Plan::Ping(plan) => ping::run(plan, Stop::listen()?, messages).await,
        Plan::Discover(plan) => {
            Stop::listen()?
                .interrupts(discover::run(plan, messages))
                .await
        }
        Plan::Forget(plan) => Stop::listen()?.interrupts(forget::run(plan)).await,
        Plan::Listen(plan) => listen::run(plan, Stop::listen()?).await,
        Plan::SimulateKaco(plan) => Stop::listen()?.ends(simulate::kaco(plan)).await,
        Plan::SimulatePlants(plan) => Stop::listen()?.ends(plants::run(*plan)).await,
        Plan::SimulateKstar(bind) => Stop::listen()?.ends(simulate::kstar(bind)).await,
        // These wait for nothing outside; a signal ends them as it ends any program.
        Plan::Health(address) => health::run(address).map(Ended::Exit),
        Plan::Decode(plan) => decode::run(&plan).map(Ended::Exit),
        Plan::Check(plan) => check::run(&plan).map(Ended::Exit),
        Plan::History(plan) => history::run(&plan).map(Ended::Exit),
        Plan::Text(text) => print::print(&text).map(|_| Ended::Exit(Exit::Done)),
    }
}

/// The local time.
fn now() -> DateTime<FixedOffset> {
    clock::now().fixed_offset()
}
