//! From what was typed to the plan that a command gets.

use super::kstar::{Kstar, Network};
use super::{
    Asking, Bus, Command, Decode, Format, Listen, Polling, Scan, Simulate, SimulateKaco, Watching,
    check, document, environment,
};
use crate::address::{Address, Addresses};
use crate::command::plan::{self, Plan};
use crate::inverter::BusName;
use crate::kaco::timing::Timing;
use crate::link::Device;
use crate::sink::SinkPlan;
use crate::sink::stdout::Printed;
use crate::sink::sunspec;
use crate::source::kstar::Search;
use crate::source::{SourcePlan, kaco, kstar};
use std::collections::BTreeMap;
use std::io::{IsTerminal, stdout};
use std::net::Ipv4Addr;
use std::time::Duration;

/// Counters that only SunSpec clients asked for are read this seldom.
const COUNTERS_LAST: Duration = Duration::from_secs(5 * 60);

impl Command {
    /// The plan of a command.
    pub(super) fn plan(self) -> Plan {
        match self {
            Self::Log(log) => once(
                bus(log.bus, log.polling.asking.clone(), log.polling.counters),
                SinkPlan {
                    log: Some(log.directory),
                    print: overview(),
                    textfile: log.textfile,
                    mqtt: log.publishing.options(),
                    influx: log.pushing.options(),
                    ..SinkPlan::default()
                },
                log.polling.strict,
            ),
            Self::Read(read) => {
                let Polling {
                    asking,
                    counters,
                    strict,
                } = read.polling;
                let sinks = printing(read.format, read.publishing.options());
                once(bus(read.bus, asking, counters), sinks, strict)
            }
            Self::Scan(arguments) => Plan::Scan(scan(arguments)),
            Self::Watch(watch) => {
                let serves = watch.watching.sunspec.is_some();
                let mut source = bus(watch.bus, watch.asking, watch.counters || serves);
                if let SourcePlan::Kaco(plan) = &mut source
                    && !watch.counters
                {
                    plan.counters_last = COUNTERS_LAST;
                }
                watching(source, watch.watching)
            }
            Self::Listen(arguments) => Plan::Listen(listen(arguments)),
            Self::Kstar(command) => kstar_plan(command),
            Self::Decode(Decode { file, format }) => Plan::Decode(plan::Decode {
                file,
                format: format.into(),
            }),
            Self::History(history) => Plan::History(Box::new(history.plan())),
            Self::MqttForget(arguments) => Plan::Forget(arguments.plan()),
            Self::Simulate(Simulate::Kaco(arguments)) => Plan::SimulateKaco(simulate(arguments)),
            Self::Simulate(Simulate::Kstar(arguments)) => Plan::SimulateKstar(arguments.bind),
            Self::Simulate(Simulate::Plants(arguments)) => {
                Plan::SimulatePlants(Box::new(plan::SimulatePlants {
                    plants: arguments.plants,
                    inverters: arguments.inverters,
                    every: arguments.every,
                    sinks: SinkPlan {
                        mqtt: arguments.publishing.options(),
                        influx: arguments.pushing.options(),
                        ..SinkPlan::default()
                    },
                }))
            }
            Self::Explain(arguments) => {
                Plan::Text(check::explained(&arguments).unwrap_or_default())
            }
            Self::Completions(arguments) => Plan::Text(document::completions(arguments.shell)),
            Self::Man => Plan::Text(document::manual()),
        }
    }
}

fn kstar_plan(command: Kstar) -> Plan {
    match command {
        Kstar::Discover(discover) => Plan::Discover(plan::Discover {
            network: network(&discover.network),
            format: discover.format.into(),
        }),
        Kstar::Read(read) => {
            let sinks = printing(read.format, read.publishing.options());
            once(
                SourcePlan::Kstar(network(&read.network)),
                sinks,
                read.strict,
            )
        }
        Kstar::Log(log) => once(
            SourcePlan::Kstar(network(&log.network)),
            SinkPlan {
                log: Some(log.directory),
                print: overview(),
                textfile: log.textfile,
                mqtt: log.publishing.options(),
                influx: log.pushing.options(),
                ..SinkPlan::default()
            },
            log.strict,
        ),
        Kstar::Watch(watch) => watching(SourcePlan::Kstar(network(&watch.network)), watch.watching),
    }
}

fn once(source: SourcePlan, sinks: SinkPlan, strict: bool) -> Plan {
    Plan::Once(plan::Once {
        sources: vec![source],
        sinks,
        strict,
    })
}

fn watching(source: SourcePlan, watching: Watching) -> Plan {
    Plan::Watch(plan::Watch {
        sources: vec![source],
        sinks: SinkPlan {
            log: watching.log,
            print: None,
            textfile: watching.textfile,
            mqtt: watching.publishing.options(),
            influx: watching.pushing.options(),
            sunspec: watching.sunspec.map(|bind| sunspec::Options {
                bind,
                every: watching.every,
                offsets: BTreeMap::new(),
            }),
            http: watching.http,
        },
        every: watching.every,
        silent: watching.silent,
        look: environment::look(),
    })
}

/// What `log` shows a person; nothing where standard output is not a terminal: cron mails it.
fn overview() -> Option<Printed> {
    stdout().is_terminal().then_some(Printed::Overview)
}

fn printing(format: Format, mqtt: Option<crate::sink::mqtt::Options>) -> SinkPlan {
    SinkPlan {
        print: Some(match format {
            Format::Table => Printed::Table,
            Format::Json => Printed::Json,
            Format::Csv => Printed::Csv,
            Format::Influx => Printed::Influx,
            Format::Prometheus => Printed::Prometheus,
        }),
        mqtt,
        ..SinkPlan::default()
    }
}

fn bus(bus: Bus, asking: Asking, counters: bool) -> SourcePlan {
    let Bus {
        device,
        addresses,
        name,
    } = bus;
    SourcePlan::Kaco(kaco_plan(device, addresses, name, asking, counters))
}

fn kaco_plan(
    device: Device,
    addresses: Addresses,
    bus: Option<BusName>,
    asking: Asking,
    counters: bool,
) -> kaco::Plan {
    kaco::Plan {
        device,
        addresses,
        timing: Timing {
            pace: asking.pace,
            first_byte: asking.timeout,
            gap: asking.gap,
            attempts: asking.attempts,
        },
        counters,
        counters_last: Duration::ZERO,
        record: asking.record,
        bus,
    }
}

fn scan(scan: Scan) -> plan::Scan {
    let usual = || Addresses::from_range(Address::MAKERS);
    let addresses = scan.addresses.unwrap_or_else(usual);
    plan::Scan {
        bus: kaco_plan(scan.device, addresses, None, scan.asking, false),
        format: scan.format.into(),
        strict: scan.strict,
    }
}

fn listen(listen: Listen) -> plan::Listen {
    plan::Listen {
        device: listen.device,
        gap: listen.gap,
        duration: listen.duration,
    }
}

fn simulate(simulate: SimulateKaco) -> plan::SimulateKaco {
    plan::SimulateKaco {
        addresses: simulate.addresses,
        link: simulate.link,
        mood: simulate.mood,
    }
}

impl From<super::ListFormat> for plan::ListFormat {
    fn from(format: super::ListFormat) -> Self {
        match format {
            super::ListFormat::Table => Self::Table,
            super::ListFormat::Json => Self::Json,
        }
    }
}

/// An address of 0.0.0.0, or none at all, means to search.
fn network(network: &Network) -> kstar::Plan {
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
    kstar::Plan {
        known,
        search: searches.then_some(search),
        name: None,
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
