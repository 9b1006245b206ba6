//! The dashboards: every query names metrics, labels, fields and tags that the program prints.

use super::read;
use crate::support::inverter;
use crate::support::program::{command, run, start, wait, wait_until};
use crate::support::served::{QUICK, Served};
use serde_json::Value;
use std::collections::BTreeSet;

/// How the titles of the panels begin that have something of every inverter.
const OF_ALL: [&str; 5] = [
    "Power",
    "Yield",
    "Temperature",
    "Status codes",
    "DC voltage",
];

/// The text under this key of every target, by panel, with the titles.
fn panels(file: &str, key: &str) -> Vec<(String, Vec<String>)> {
    let board: Value = serde_json::from_str(&read(&format!("grafana/{file}"))).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let panels = board["panels"].as_array().unwrap().iter();
    panels
        .map(|panel| {
            let targets = panel["targets"].as_array().unwrap().iter();
            let targets = targets.map(|target| text(&target[key])).collect();
            (text(&panel["title"]), targets)
        })
        .collect()
}

/// The same of all panels.
fn queries(file: &str, key: &str) -> Vec<String> {
    let panels = panels(file, key).into_iter();
    let queries: Vec<String> = panels.flat_map(|(_, queries)| queries).collect();
    assert!(queries.len() > 8, "{queries:?}");
    queries
}

/// The same of the panels of [`OF_ALL`], by panel.
fn of_all(file: &str, key: &str) -> Vec<Vec<String>> {
    let panels = panels(file, key).into_iter();
    panels
        .filter(|(title, _)| OF_ALL.iter().any(|start| title.starts_with(start)))
        .map(|(_, queries)| queries)
        .collect()
}

/// What stands in quotes.
fn quoted(query: &str) -> impl Iterator<Item = &str> {
    query.split('"').skip(1).step_by(2)
}

/// Whether a line of the line protocol, or one of many lines, has this field.
fn has_field(lines: &str, field: &str) -> bool {
    [' ', ',']
        .iter()
        .any(|before| lines.contains(&format!("{before}{field}=")))
}

/// The words of a query, without what stands in brackets.
fn words(query: &str) -> impl Iterator<Item = &str> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    query.split(move |character| !is_part(character))
}

/// What a KSTAR inverter gives in this format.
fn of_kstar(format: &str) -> String {
    let ip = inverter::address().to_string();
    let mut played = start(command(&["simulate", "kstar", "--bind", &ip]));
    let mut printed = String::new();
    wait_until("a reading of the simulated inverter", || {
        let read = run(&["kstar", "read", "--ip", &ip, "--format", format]);
        printed = read.stdout;
        read.code == Some(0) && printed.contains("pv1_voltage")
    });
    played.0.kill().unwrap();
    wait(played);
    printed
}

/// What stands before the first of these characters, per line.
fn starts(text: &str) -> impl Iterator<Item = String> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['{', ' ']).next())
        .map(str::to_owned)
}

#[test]
fn metrics_in_the_dashboard_are_printed() {
    let served = Served::start("sim:", "1-8", &QUICK);
    wait_until("all readings", || {
        served.get("/metrics").matches("inverter_info{").count() == 8
    });
    let printed: BTreeSet<String> = starts(&served.get("/metrics"))
        .chain(starts(&of_kstar("prometheus")))
        .collect();
    let mut used = 0;
    for query in queries("prometheus.json", "expr") {
        let is_metric = |word: &&str| {
            ["inverter_", "bus_", "kaco_"]
                .iter()
                .any(|start| word.starts_with(start))
        };
        for metric in words(&query).filter(is_metric) {
            assert!(printed.contains(metric), "{metric} of `{query}`");
            used += 1;
        }
    }
    assert!(used > 10, "{used}");
}

#[test]
fn fields_and_tags_in_the_dashboard_are_printed() {
    let read = run(&[
        "read", "sim:", "1-8", "--pace", "0s", "--bus", "roof", "--format", "influx",
    ]);
    let printed = read.expect_code(0).stdout + &of_kstar("influx");
    for query in queries("influxdb.json", "query") {
        let (selected, rest) = query.split_once(" FROM ").unwrap();
        for field in quoted(selected) {
            assert!(has_field(&printed, field), "{field} of `{query}`");
        }
        let (measurement, tags) = rest.split_once(" GROUP BY ").unwrap();
        assert!(measurement.starts_with("\"inverter\" "), "{query}");
        assert_eq!(quoted(tags).count(), 3, "{query}");
        for tag in quoted(tags) {
            assert!(printed.contains(&format!(",{tag}=")), "{tag} of `{query}`");
        }
    }
}

#[test]
fn panels_show_every_kaco_layout() {
    let read = |format| {
        let run = run(&["read", "sim:", "1-8", "--pace", "0s", "--format", format]);
        run.expect_code(0).stdout
    };
    let metrics = read("prometheus");
    let shown = of_all("prometheus.json", "expr");
    assert_eq!(shown.len(), 5);
    for queries in shown {
        let names: BTreeSet<&str> = queries.iter().flat_map(|query| words(query)).collect();
        let samples = metrics.lines().filter_map(|line| line.split_once('{'));
        let named = samples.filter(|(name, _)| names.contains(name));
        let inverters: BTreeSet<&str> = named
            .filter_map(|(_, labels)| labels.split(',').next())
            .collect();
        assert_eq!(inverters.len(), 8, "{queries:?}");
    }
    let readings = read("influx");
    assert_eq!(readings.lines().count(), 8, "{readings}");
    let shown = of_all("influxdb.json", "query");
    assert_eq!(shown.len(), 6);
    for queries in shown {
        let selected = queries
            .iter()
            .filter_map(|query| query.split(" FROM ").next());
        let fields: Vec<&str> = selected.flat_map(quoted).collect();
        for reading in readings.lines() {
            let is_shown = fields.iter().any(|field| has_field(reading, field));
            assert!(is_shown, "{fields:?} of {reading}");
        }
    }
}
