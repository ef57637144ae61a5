//! `rapport psql`: opens the database, or prints how to reach it.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use clap::Args;
use kernel::error::{Result, invalid};
use serde_json::json;

use super::Global;
use super::output::Progress;
use crate::database::{self, Purpose};

#[derive(Debug, Args)]
pub struct PsqlArgs {
    /// Print the connection string instead; the database must be running (`rapport serve`)
    #[arg(long)]
    url: bool,
    /// Passed on to psql, after `--`
    #[arg(last = true)]
    rest: Vec<String>,
}

pub async fn run(global: &Global, args: &PsqlArgs) -> Result<ExitCode> {
    let config = global.config(None)?;
    let progress = Progress::new(global);
    let opened = database::connect(&config, Purpose::Command, |step| progress.tell(step)).await?;
    progress.done();
    let url = opened.url(&config);
    if args.url {
        if global.json {
            println!("{}", json!({"url": url}));
        } else {
            println!("{url}");
        }
        if opened.cluster.as_ref().is_some_and(|cluster| cluster.is_owner()) {
            eprintln!(
                "The database runs only while a server does: start `rapport serve` to use this address."
            );
        }
        opened.close().await;
        return Ok(ExitCode::SUCCESS);
    }
    let program = opened
        .cluster
        .as_ref()
        .and_then(|cluster| cluster.find_psql())
        .or_else(embedded_postgres::find_psql_on_path);
    let program = program.ok_or_else(|| {
        invalid(
            "psql_missing",
            "There is no psql here. Install the PostgreSQL client programs.",
        )
    })?;
    let is_owner = opened.cluster.as_ref().is_some_and(|cluster| cluster.is_owner());
    let mut command = Command::new(program);
    command.arg(url).args(&args.rest);
    if !is_owner {
        // nothing to clean up: become psql
        return Err(invalid(
            "psql_failed",
            format!("psql cannot be started: {}.", command.exec()),
        ));
    }
    let status = tokio::task::spawn_blocking(move || command.status())
        .await
        .map_err(kernel::error::internal)?;
    opened.close().await;
    let code = status
        .ok()
        .and_then(|status| status.code())
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(1);
    Ok(ExitCode::from(code))
}
