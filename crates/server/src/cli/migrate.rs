//! `rapport migrate`: brings the database to this version's schema. `serve` does it by itself.

use std::process::ExitCode;

use kernel::Result;
use serde_json::json;

use super::Global;
use super::output::Progress;
use crate::database::{self, Purpose, Redo};

pub async fn run(global: &Global) -> Result<ExitCode> {
    let config = global.config(None)?;
    let progress = Progress::new(global);
    let opened = database::connect(&config, Purpose::Command, |step| progress.tell(step)).await?;
    let migrated = opened.migrate(Redo::Everything).await;
    opened.close().await;
    progress.done();
    migrated?;
    if global.json {
        println!("{}", json!({"migrated": true}));
    } else {
        println!("The database has this version's schema.");
    }
    Ok(ExitCode::SUCCESS)
}
