//! The binary `rapport`: command line, configuration, wiring, and the embedded web pages.
//!
//! Start with [`cli`]; the dependency graph is in [`wiring`], the routes are in [`http`].

mod canary;
mod cli;
mod config;
mod database;
mod embedded;
mod gauges;
mod http;
mod journeys;
mod logging;
mod master_key;
mod runtime;
mod wiring;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some(documents::child::COMMAND) {
        return documents::child::run(args);
    }
    leave_quietly_when_nobody_reads();
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

/// `rapport ask … | head`: printing to a pipe that was closed is no failure of ours, but `println!` panics.
fn leave_quietly_when_nobody_reads() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload_as_str().unwrap_or_default();
        if text.starts_with("failed printing to stdout") && text.contains("Broken pipe") {
            std::process::exit(0);
        }
        default(panic);
    }));
}
