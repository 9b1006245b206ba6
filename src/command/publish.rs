//! What `log` and `read` of both families share: the readings of a round go to a broker, if one was named.

use super::{Exit, Failure};
use crate::cli::Publishing;
use crate::sink::mqtt;
use crate::format::table::Overview;
use tracing::error;

/// Publishes what was read; what comes of that. Rows and prints are safe before: the broker may be gone.
pub(super) async fn publish(publishing: &Publishing, overview: &[Overview]) -> Exit {
    let Some(options) = publishing.options() else {
        return Exit::Done;
    };
    let readings = overview.iter().filter_map(Overview::reading);
    match mqtt::publish(&options, readings)
        .await
        .map_err(Failure::from)
    {
        Ok(()) => Exit::Done,
        Err(failure) => {
            error!("the readings could not be published: {failure}");
            failure.exit
        }
    }
}
