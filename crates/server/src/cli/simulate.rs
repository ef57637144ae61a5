//! `rapport simulate`: a messaging vendor on this machine, whose customer is at the terminal.

use std::process::ExitCode;

use simulators::command::{self, SimulateArgs};

pub async fn run(args: &SimulateArgs) -> ExitCode {
    match command::run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
