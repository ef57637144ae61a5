//! Logs to standard error: readable on a terminal, JSON elsewhere. Never message bodies, tokens or contact data.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// `RUST_LOG` decides what is shown; warnings unless it says otherwise, and what the server itself reports.
pub fn start(default: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    // these libraries print what they are given: the job library its payloads, which `queue` reports failures without, and
    // that of the Model Context Protocol whole requests, which say in their answers what went wrong
    let quiet = ["graphile_worker=off", "rmcp=off"].into_iter();
    let filter = quiet
        .filter_map(|directive| directive.parse().ok())
        .fold(filter, EnvFilter::add_directive);
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        builder.without_time().with_target(false).init();
    } else {
        builder.json().init();
    }
}
