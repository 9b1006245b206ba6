//! Makes the plan of a command from its arguments.

use super::environment::Lazy;
use super::filling;
use super::kaco::{Log, Read, Watch};
use super::outputs::{logging, once, printing};
use super::plant::{self, Refusal, Typed};
use super::polling::{BusArguments, PollingOptions, RequestOptions};
use super::simulate::Simulate;
use super::{Cli, CliCommand, Decode, check, document, environment};
use crate::command::plan::{self, Plan};
use crate::logging::parted;
use crate::plant_file::{self, PlantFile};
use crate::source::SourcePlan;
use clap::Parser;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

/// How often counters are read that only SunSpec clients use.
const COUNTERS_LAST: Duration = Duration::from_secs(5 * 60);

impl CliCommand {
    /// The plan of a command.
    pub(super) fn plan(self, typed: &Typed) -> Result<Plan, Refusal> {
        Ok(match self {
            Self::Log(Lazy(log)) => log.plan(typed.clone())?,
            Self::Read(Lazy(read)) => read.plan(typed)?,
            Self::Watch(Lazy(watch)) => Plan::Watch(watch.plan(typed)?),
            Self::Scan(Lazy(arguments)) => Plan::Scan(arguments.plan()),
            Self::Ping(Lazy(arguments)) => Plan::Ping(arguments.plan()),
            Self::Check(Lazy(arguments)) => Plan::Check(checked(&arguments.file)?),
            Self::Listen(Lazy(arguments)) => Plan::Listen(arguments.plan()),
            Self::Kstar(command) => command.plan(),
            Self::Decode(Lazy(Decode { file, format })) => Plan::Decode(plan::DecodePlan {
                file,
                format: format.into(),
                medium: environment::medium(),
            }),
            Self::History(Lazy(history)) => Plan::History(Box::new(history.plan()?)),
            Self::Health(Lazy(arguments)) => Plan::Health(arguments.http),
            Self::MqttForget(Lazy(arguments)) => Plan::Forget(arguments.plan()),
            Self::Simulate(Simulate::Kaco(Lazy(arguments))) => Plan::SimulateKaco(arguments.plan()),
            Self::Simulate(Simulate::Kstar(Lazy(arguments))) => Plan::SimulateKstar(arguments.bind),
            Self::Simulate(Simulate::Plants(arguments)) => {
                Plan::SimulatePlants(Box::new(arguments.0.plan()))
            }
            Self::Explain(Lazy(arguments)) => {
                // What is not known was refused by the check.
                let text = check::explained(&arguments).unwrap_or_default();
                Plan::Text(match environment::medium().width {
                    Some(width) => parted(&text, width),
                    None => text,
                })
            }
            Self::Completions(Lazy(arguments)) => {
                Plan::Text(document::completions(arguments.shell))
            }
            Self::Man(Lazy(arguments)) => {
                // As above: the check refused other commands.
                Plan::Text(document::manual(&arguments.command).unwrap_or_default())
            }
        })
    }
}

impl Log {
    fn plan(mut self, mut typed: Typed) -> Result<Plan, Refusal> {
        // First, as a plant file is refused beside a DEVICE that was typed.
        self.place_directory(&mut typed)?;
        let file = self.bus.plant_file(&typed)?;
        if let Some(file) = &file {
            self.fill(file, &typed);
        }
        let plant = self.bus.plant.clone();
        let directory = plant::directory(self.directory, plant.as_deref())?;
        let strict = self.polling.strict;
        let sources = polled_once(self.bus, file, self.polling, &typed)?;
        let sinks = logging(
            directory,
            self.textfile,
            self.publishing.options(),
            self.pushing.options(),
        );
        Ok(once(sources, sinks, strict))
    }
}

impl Read {
    fn plan(mut self, typed: &Typed) -> Result<Plan, Refusal> {
        let file = self.bus.plant_file(typed)?;
        if let Some(file) = &file {
            self.fill(file, typed);
        }
        let strict = self.polling.strict;
        let sources = polled_once(self.bus, file, self.polling, typed)?;
        let sinks = printing(self.printing, self.publishing.options());
        Ok(once(sources, sinks, strict))
    }
}

/// The buses of a plant file, or the one that was typed.
fn polled_once(
    typed_bus: BusArguments,
    file: Option<PlantFile>,
    polling: PollingOptions,
    typed: &Typed,
) -> Result<Vec<SourcePlan>, Refusal> {
    let PollingOptions {
        requests, counters, ..
    } = polling;
    Ok(match file {
        Some(file) => filling::sources(&file, &requests, counters, None, typed),
        None => vec![bus(typed_bus, requests, counters)?],
    })
}

impl Watch {
    fn plan(mut self, typed: &Typed) -> Result<plan::WatchPlan, Refusal> {
        let file = self.bus.plant_file(typed)?;
        let Some(file) = file else {
            // SunSpec clients expect a lifetime yield, which only the counters have.
            let serves = self.watching.sunspec.is_some();
            let mut source = bus(self.bus, self.requests, self.counters || serves)?;
            if let SourcePlan::Kaco(plan) = &mut source
                && !self.counters
            {
                plan.counters_last = COUNTERS_LAST;
            }
            return Ok(self.watching.plan(vec![source]));
        };
        // Before the file fills in anything: at a reload the file of that time does.
        let again = (self.clone(), typed.clone());
        self.fill(&file, typed);
        let counters_last = self.watching.sunspec.map(|_| COUNTERS_LAST);
        let sources = filling::sources(&file, &self.requests, self.counters, counters_last, typed);
        let mut plan = self.watching.plan(sources);
        plan.sinks.names = filling::names(&file);
        if let Some(sunspec) = &mut plan.sinks.sunspec {
            let offset = |bus: &plant_file::BusSection| (bus.name.clone(), bus.sunspec_offset);
            sunspec.offsets = file.buses.iter().map(offset).collect();
        }
        plan.reload = Some(plan::Reload::new(move || {
            let (watch, typed) = again.clone();
            watch.plan(&typed).map_err(Refusal::text)
        }));
        Ok(plan)
    }
}

fn bus(bus: BusArguments, requests: RequestOptions, counters: bool) -> Result<SourcePlan, Refusal> {
    let missing = |argument| Refusal::Usage(plant::missing(argument));
    let device = bus.device.ok_or_else(|| missing("<DEVICE>"))?;
    let addresses = bus.addresses.ok_or_else(|| missing("<ADDRESSES>"))?;
    let plan = requests.bus(device, addresses, bus.name, counters);
    Ok(SourcePlan::Kaco(plan))
}

/// The plan of `watch` for a plant file, independent of the environment.
fn checked(file: &Path) -> Result<plan::CheckPlan, Refusal> {
    // In one word, as the name of a file can begin with a dash.
    let mut plant = OsString::from("--plant=");
    plant.push(file);
    let words = ["kaco_ardexa".into(), "watch".into(), plant];
    // Not as `parse` does it: arguments that are defined here have no variables, so `check` reports
    // the same in every shell.
    let watch = Cli::try_parse_from(words);
    let refused = |text: String| Refusal::Usage(text);
    let watch = match watch.map_err(|error| refused(error.to_string()))?.command {
        CliCommand::Watch(Lazy(watch)) => watch.plan(&Typed::default())?,
        other => return Err(refused(format!("{other:?} is not watch"))),
    };
    Ok(plan::CheckPlan {
        sources: watch.sources,
        sinks: watch.sinks,
        every: watch.every,
        look: environment::medium().look,
    })
}
