//! The dashboards: every query names metrics, labels, fields and tags that the program prints.

use super::read;
use crate::support::inverter;
use crate::support::program::{command, run, start, wait, wait_until};
use crate::support::served::{QUICK, Served};
use serde_json::Value;
use std::collections::BTreeSet;

/// The text under this key of every target of every panel.
fn queries(file: &str, key: &str) -> Vec<String> {
    let board: Value = serde_json::from_str(&read(&format!("grafana/{file}"))).unwrap();
    let panels = board["panels"].as_array().unwrap();
    let targets = panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().unwrap());
    let queries: Vec<String> = targets
        .map(|target| target[key].as_str().unwrap().to_owned())
        .collect();
    assert!(queries.len() > 8, "{queries:?}");
    queries
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
    let quoted = |query: &str| -> Vec<String> {
        query
            .split('"')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect()
    };
    for query in queries("influxdb.json", "query") {
        let (selected, rest) = query.split_once(" FROM ").unwrap();
        for field in quoted(selected) {
            let is_field = [' ', ',']
                .iter()
                .any(|before| printed.contains(&format!("{before}{field}=")));
            assert!(is_field, "{field} of `{query}`");
        }
        let (measurement, tags) = rest.split_once(" GROUP BY ").unwrap();
        assert!(measurement.starts_with("\"inverter\" "), "{query}");
        let tags = quoted(tags);
        assert_eq!(tags.len(), 3, "{query}");
        for tag in tags {
            assert!(printed.contains(&format!(",{tag}=")), "{tag} of `{query}`");
        }
    }
}
