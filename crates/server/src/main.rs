//! The binary `rapport`: command line, configuration, wiring, and the embedded web pages.
//!
//! Start with [`cli`]; the dependency graph is in [`wiring`], the routes are in [`http`].

mod cli;
mod config;
mod database;
mod embedded;
mod http;
mod journeys;
mod logging;
mod runtime;
mod wiring;

use std::process::ExitCode;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(cli::run()),
        Err(error) => Err(kernel::error::internal(error)),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("rapport: {error}");
            ExitCode::FAILURE
        }
    }
}
