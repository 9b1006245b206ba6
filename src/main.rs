//! Starts logging, runs the command, turns its outcome into the exit code.

use kaco_ardexa::{cli, command, logging};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = cli::parse().unwrap_or_else(|wrong| wrong.exit());
    logging::start(arguments.verbose, arguments.quiet);
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!("the system gives no event queue: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(command::run(arguments.command));
    // Not dropped: that would wait for look-ups that hang.
    runtime.shutdown_background();
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) => {
            tracing::error!("{failure}");
            failure.exit.into()
        }
    }
}
