//! From what was typed to the plan that a command gets.

use super::environment::Lazy;
use super::formats::{Format, TypedScanFormat};
use super::kaco::{Listen, Log, Ping, Read, Scan, Watch, Watching};
use super::kstar::{Kstar, Network};
use super::plant::{self, Refusal, Typed};
use super::polling::{Asking, BusArguments, PollingOptions};
use super::simulate::{Simulate, SimulateKaco, SimulatePlants};
use super::{Cli, CliCommand, Decode, check, document, environment};
use crate::address::{Address, Addresses};
use crate::command::plan::{self, Plan};
use crate::history::names::Names;
use crate::inverter::BusName;
use crate::link::Device;
use crate::logging::parted;
use crate::plant_file::{self, PlantFile};
use crate::sink::SinkPlan;
use crate::sink::stdout::Printed;
use crate::sink::{influx, mqtt, sunspec};
use crate::source::kstar::Search;
use crate::source::{SourcePlan, kaco, kstar};
use clap::Parser;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{IsTerminal, stdout};
use std::net::Ipv4Addr;
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
            Self::Scan(Lazy(arguments)) => Plan::Scan(scan(arguments)),
            Self::Ping(Lazy(arguments)) => Plan::Ping(ping(arguments)),
            Self::Check(Lazy(arguments)) => Plan::Check(checked(&arguments.file)?),
            Self::Listen(Lazy(arguments)) => Plan::Listen(listen(arguments)),
            Self::Kstar(command) => kstar_plan(command),
            Self::Decode(Lazy(Decode { file, format })) => Plan::Decode(plan::DecodePlan {
                file,
                format: format.into(),
            }),
            Self::History(Lazy(history)) => Plan::History(Box::new(history.plan()?)),
            Self::Health(Lazy(arguments)) => Plan::Health(arguments.http),
            Self::MqttForget(Lazy(arguments)) => Plan::Forget(arguments.plan()),
            Self::Simulate(Simulate::Kaco(Lazy(arguments))) => {
                Plan::SimulateKaco(simulate(arguments))
            }
            Self::Simulate(Simulate::Kstar(Lazy(arguments))) => Plan::SimulateKstar(arguments.bind),
            Self::Simulate(Simulate::Plants(arguments)) => {
                Plan::SimulatePlants(Box::new(plants(&arguments.0)))
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
        Some(file) => plant::sources(&file, &asking, counters, None, typed),
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
        let sources = plant::sources(&file, &self.asking, self.counters, counters_last, typed);
        let mut plan = watching(sources, self.watching);
        plan.sinks.names = plant::names(&file);
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

fn kstar_plan(command: Kstar) -> Plan {
    match command {
        Kstar::Discover(Lazy(discover)) => Plan::Discover(plan::Discover {
            network: network(&discover.network),
            format: discover.format.into(),
            medium: environment::medium(),
        }),
        Kstar::Read(Lazy(read)) => {
            let mqtt = read.topics.of(read.publishing.options());
            let sinks = printing(read.format, read.details, mqtt);
            once(
                vec![SourcePlan::Kstar(network(&read.network))],
                sinks,
                read.strict,
            )
        }
        Kstar::Log(Lazy(log)) => once(
            vec![SourcePlan::Kstar(network(&log.network))],
            logging(
                log.directory,
                log.textfile,
                log.topics.of(log.publishing.options()),
                log.pushing.options(),
            ),
            log.strict,
        ),
        Kstar::Watch(Lazy(watch)) => {
            let source = SourcePlan::Kstar(network(&watch.network));
            let mut plan = watching(vec![source], watch.watching);
            plan.sinks.mqtt = watch.topics.of(plan.sinks.mqtt);
            Plan::Watch(plan)
        }
    }
}

fn once(sources: Vec<SourcePlan>, sinks: SinkPlan, strict: bool) -> Plan {
    Plan::Once(plan::Once {
        sources,
        sinks,
        strict,
    })
}

fn watching(sources: Vec<SourcePlan>, watching: Watching) -> plan::WatchPlan {
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
                offsets: BTreeMap::new(),
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

fn logging(
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

fn printing(format: Format, details: bool, mqtt: Option<mqtt::MqttPlan>) -> SinkPlan {
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

fn kaco_plan(
    device: Device,
    addresses: Addresses,
    bus: Option<BusName>,
    asking: Asking,
    counters: bool,
) -> kaco::BusPlan {
    kaco::BusPlan {
        device,
        addresses,
        timing: plant::timing(&asking),
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

fn scan(scan: Scan) -> plan::ScanPlan {
    let usual = || Addresses::from_range(Address::MAKERS);
    let are_named = scan.addresses.is_some();
    let addresses = scan.addresses.unwrap_or_else(usual);
    plan::ScanPlan {
        bus: kaco_plan(scan.device, addresses, scan.name, scan.asking, false),
        format: scan.format.into(),
        medium: environment::medium(),
        are_named,
        strict: scan.strict,
    }
}

fn ping(ping: Ping) -> plan::PingPlan {
    let asking = Asking {
        waits: ping.waits,
        // A second attempt would hide the reply that failed, and failed replies are what ping
        // counts.
        attempts: 1,
        record: ping.record,
    };
    plan::PingPlan {
        bus: kaco_plan(ping.device, ping.addresses, None, asking, false),
        count: ping.count,
        strict: ping.strict,
    }
}

fn listen(listen: Listen) -> plan::ListenPlan {
    plan::ListenPlan {
        device: listen.device,
        gap: listen.gap,
        duration: listen.duration,
        record: listen.record,
        // `decode` takes them from a file or pipe; on a terminal the values are enough.
        with_bytes: !stdout().is_terminal(),
    }
}

fn plants(simulate: &SimulatePlants) -> plan::SimulatePlantsPlan {
    plan::SimulatePlantsPlan {
        plants: simulate.plants,
        inverters: simulate.inverters,
        every: simulate.every,
        sinks: SinkPlan {
            mqtt: simulate.publishing.options(),
            influx: simulate.pushing.options(),
            ..SinkPlan::default()
        },
    }
}

fn simulate(simulate: SimulateKaco) -> plan::SimulateKacoPlan {
    plan::SimulateKacoPlan {
        addresses: simulate.addresses,
        link: simulate.link,
        mood: simulate.mood,
    }
}

impl From<TypedScanFormat> for plan::ScanFormat {
    fn from(format: TypedScanFormat) -> Self {
        match format {
            TypedScanFormat::Table => Self::List(plan::ListFormat::Table),
            TypedScanFormat::Json => Self::List(plan::ListFormat::Json),
            TypedScanFormat::Toml => Self::Toml,
        }
    }
}

impl From<super::TypedListFormat> for plan::ListFormat {
    fn from(format: super::TypedListFormat) -> Self {
        match format {
            super::TypedListFormat::Table => Self::Table,
            super::TypedListFormat::Json => Self::Json,
        }
    }
}

/// An address of 0.0.0.0, or none at all, means to search.
fn network(network: &Network) -> kstar::NetworkPlan {
    let mut known = Vec::new();
    for &ip in network.ip.iter().filter(|ip| !ip.is_unspecified()) {
        if !known.contains(&ip) {
            known.push(ip);
        }
    }
    let searches = known.is_empty() || network.ip.iter().any(Ipv4Addr::is_unspecified);
    let search = match network.broadcast.as_slice() {
        [] => Search::AllInterfaces,
        broadcast => Search::At(broadcast.to_vec()),
    };
    kstar::NetworkPlan {
        known,
        search: searches.then_some(search),
        names: BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
    const OTHER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
    const ANY: Ipv4Addr = Ipv4Addr::UNSPECIFIED;
    const ALL: Ipv4Addr = Ipv4Addr::new(10, 255, 255, 255);

    #[test]
    fn named_inverters_are_polled_and_others_searched() {
        let plan = |ip: &[Ipv4Addr]| {
            let plan = network(&Network {
                ip: ip.to_vec(),
                broadcast: vec![ALL],
            });
            (plan.known, plan.search.is_some())
        };
        assert_eq!(plan(&[]), (vec![], true));
        assert_eq!(plan(&[ANY]), (vec![], true));
        assert_eq!(plan(&[OTHER, ONE, OTHER]), (vec![OTHER, ONE], false));
        assert_eq!(plan(&[ONE, ANY]), (vec![ONE], true));
    }
}
