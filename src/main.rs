//! Parses the command line, starts logging, runs the command, turns its end into the exit code.

use kaco_ardexa::{cli, command, logging};
use std::process::ExitCode;

fn main() -> ExitCode {
    let invocation = match cli::parse() {
        Ok(invocation) => invocation,
        Err(wrong) => return cli::explain(&wrong),
    };
    let messages = logging::start(invocation.verbose, invocation.quiet);
    for warning in &invocation.warnings {
        tracing::warn!("{warning}");
    }
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // Many HTTP requests at once don't delay a bus: its bytes are looked for after a few.
        .event_interval(4)
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!("can't start the async runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let ended = runtime.block_on(command::run(invocation.plan, &messages));
    // Not dropped: that would wait for look-ups that hang.
    runtime.shutdown_background();
    match ended {
        Ok(ended) => ended.code(),
        Err(failure) => {
            tracing::error!("{failure}");
            failure.exit.code().into()
        }
    }
}
