//! `watch --sunspec`: what independent clients read, and what no client can do.

mod clients;
mod limits;

use crate::support::program::{command, signal, start, wait};
use rustix::process::Signal;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::Child;
use std::time::Instant;

/// A running `watch --sunspec`.
struct Served {
    child: Option<(Child, Instant)>,
    at: SocketAddr,
    units: String,
}

impl Served {
    /// Watches this as fast as it goes, and serves it at a free port.
    fn start(arguments: &[&str]) -> Self {
        let options = ["--silent", "--every", "1s", "--sunspec", "127.0.0.1:0"];
        let mut child = start(command(&[arguments, &options].concat()));
        let stdout = child.0.stdout.take().expect("a pipe");
        let mut lines = BufReader::new(stdout).lines();
        let said = lines.find_map(|line| {
            let line = line.ok()?;
            let (_, said) = line.split_once("SunSpec at ")?;
            let (at, units) = said.split_once(": unit ")?;
            Some((at.parse().ok()?, units.to_owned()))
        });
        // What is printed later is taken too: a full pipe would stop the program.
        std::thread::spawn(move || lines.for_each(drop));
        let Some((at, units)) = said else {
            panic!("{:?}", wait(child));
        };
        Self {
            child: Some(child),
            at,
            units,
        }
    }

    fn stop(mut self) {
        let child = self.child.take().expect("it runs");
        signal(&child.0, Signal::TERM);
        wait(child).expect_code(0);
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some((mut child, _)) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
