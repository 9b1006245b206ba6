//! From what was typed to the plan that a command gets.

use super::environment::Lazy;
use super::filling;
use super::formats::Format;
use super::kaco::{Log, Read, Watch, Watching};
use super::plant::{self, Refusal, Typed};
use super::polling::{Asking, BusArguments, PollingOptions};
use super::simulate::Simulate;
use super::{Cli, CliCommand, Decode, check, document, environment};
use crate::address::Addresses;
use crate::command::plan::{self, Plan};
use crate::history::names::Names;
use crate::inverter::BusName;
use crate::link::Device;
use crate::logging::parted;
use crate::plant_file::{self, PlantFile};
use crate::sink::SinkPlan;
use crate::sink::stdout::Printed;
use crate::sink::{influx, mqtt, sunspec};
use crate::source::{SourcePlan, kaco};
use clap::Parser;
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Counters that only SunSpec clients asked for are read this seldom.
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
        let sinks = printing(self.format, self.details, self.publishing.options());
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
        asking, counters, ..
    } = polling;
    Ok(match file {
        Some(file) => filling::sources(&file, &asking, counters, None, typed),
        None => vec![bus(typed_bus, asking, counters)?],
    })
}

impl Watch {
    fn plan(mut self, typed: &Typed) -> Result<plan::WatchPlan, Refusal> {
        let file = self.bus.plant_file(typed)?;
        let Some(file) = file else {
            // SunSpec clients expect a lifetime yield, which only the counters have.
            let serves = self.watching.sunspec.is_some();
            let mut source = bus(self.bus, self.asking, self.counters || serves)?;
            if let SourcePlan::Kaco(plan) = &mut source
                && !self.counters
            {
                plan.counters_last = COUNTERS_LAST;
            }
            return Ok(watching(vec![source], self.watching));
        };
        // Before the file fills in anything: at a reload the file of that time does.
        let again = (self.clone(), typed.clone());
        self.fill(&file, typed);
        let counters_last = self.watching.sunspec.map(|_| COUNTERS_LAST);
        let sources = filling::sources(&file, &self.asking, self.counters, counters_last, typed);
        let mut plan = watching(sources, self.watching);
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

pub(super) fn once(sources: Vec<SourcePlan>, sinks: SinkPlan, strict: bool) -> Plan {
    Plan::Once(plan::Once {
        sources,
        sinks,
        strict,
    })
}

pub(super) fn watching(sources: Vec<SourcePlan>, watching: Watching) -> plan::WatchPlan {
    plan::WatchPlan {
        sources,
        sinks: SinkPlan {
            log: watching.log,
            print: None,
            textfile: watching.textfile,
            mqtt: watching.publishing.options(),
            influx: watching.pushing.options(),
            sunspec: watching.sunspec.map(|bind| sunspec::SunspecPlan {
                bind,
                every: watching.every,
                offsets: HashMap::new(),
            }),
            http: watching.http,
            names: Names::default(),
        },
        every: watching.every,
        silent: watching.silent,
        look: environment::look(),
        reload: None,
    }
}

pub(super) fn logging(
    directory: PathBuf,
    textfile: Option<PathBuf>,
    mqtt: Option<mqtt::MqttPlan>,
    influx: Option<influx::InfluxPlan>,
) -> SinkPlan {
    SinkPlan {
        log: Some(directory),
        print: overview(),
        textfile,
        mqtt,
        influx,
        ..SinkPlan::default()
    }
}

/// What `log` shows a person; nothing where standard output is not a terminal: cron mails it.
fn overview() -> Option<Printed> {
    let medium = environment::medium();
    medium.width.map(|_| Printed::Overview(medium))
}

pub(super) fn printing(format: Format, details: bool, mqtt: Option<mqtt::MqttPlan>) -> SinkPlan {
    SinkPlan {
        print: Some(match format {
            Format::Table if details => Printed::Details(environment::medium()),
            Format::Table => Printed::Table(environment::medium()),
            Format::Json => Printed::Json,
            Format::Csv => Printed::Csv,
            Format::Influx => Printed::Influx,
            Format::Prometheus => Printed::Prometheus,
        }),
        mqtt,
        ..SinkPlan::default()
    }
}

fn bus(bus: BusArguments, asking: Asking, counters: bool) -> Result<SourcePlan, Refusal> {
    let missing = |argument| Refusal::Usage(plant::missing(argument));
    let device = bus.device.ok_or_else(|| missing("<DEVICE>"))?;
    let addresses = bus.addresses.ok_or_else(|| missing("<ADDRESSES>"))?;
    let plan = kaco_plan(device, addresses, bus.name, asking, counters);
    Ok(SourcePlan::Kaco(plan))
}

pub(super) fn kaco_plan(
    device: Device,
    addresses: Addresses,
    bus: Option<BusName>,
    asking: Asking,
    counters: bool,
) -> kaco::BusPlan {
    kaco::BusPlan {
        device,
        addresses,
        timing: asking.timing(),
        counters,
        counters_last: Duration::ZERO,
        record: asking.record,
        bus,
        names: BTreeMap::new(),
    }
}

/// The plan of `watch` for a plant file, independent of the environment.
fn checked(file: &Path) -> Result<plan::CheckPlan, Refusal> {
    let words = ["kaco_ardexa", "watch", "--plant"].map(OsStr::new);
    // Not as `parse` does it: arguments that are defined here have no variables, so `check` reports
    // the same in every shell.
    let watch = Cli::try_parse_from(words.into_iter().chain([file.as_os_str()]));
    let refused = |text: String| Refusal::Usage(text);
    let watch = match watch.map_err(|error| refused(error.to_string()))?.command {
        CliCommand::Watch(Lazy(watch)) => watch.plan(&Typed::default())?,
        other => return Err(refused(format!("{other:?} is not watch"))),
    };
    Ok(plan::CheckPlan {
        sources: watch.sources,
        sinks: watch.sinks,
        every: watch.every,
    })
}
