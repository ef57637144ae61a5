//! `rapport backup` and `rapport restore`: the whole installation in one file, and back.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use kernel::error::{Result, internal, invalid};
use serde_json::json;

use super::Global;
use super::output::Progress;
use crate::database::{self, Purpose};
use crate::journeys::backup::{self, Manifest};

#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The file to write; it must not be there yet
    file: PathBuf,
    /// Put `master.key` and `rapport.toml` in as well: whoever has the file can then open every stored secret
    #[arg(long)]
    with_secrets: bool,
}

#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// What `rapport backup` has written
    file: PathBuf,
    /// Only read it and say whether it is whole
    #[arg(long)]
    check: bool,
}

pub async fn take(global: &Global, args: &BackupArgs) -> Result<ExitCode> {
    let config = global.config(None)?;
    if config.database_url.is_none() && !config.data_dir.join("cluster").exists() {
        return Err(invalid(
            "no_installation",
            format!(
                "There is no installation in {}. Name its folder with --data-dir.",
                config.data_dir.display()
            ),
        ));
    }
    let progress = Progress::new(global);
    let opened = database::connect(&config, Purpose::Command, |step| progress.tell(step)).await?;
    progress.tell("writing");
    let taken = backup::take(&config, &opened, &args.file, args.with_secrets).await;
    opened.close().await;
    progress.done();
    let manifest = taken?;
    report(global, &manifest, "Backed up");
    if !global.json && !manifest.files.contains_key("master.key") {
        println!(
            "The master key is not in it. Without a copy of it, kept elsewhere, the backup cannot be restored."
        );
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn restore(global: &Global, args: &RestoreArgs) -> Result<ExitCode> {
    if args.check {
        let file = args.file.clone();
        let checked = tokio::task::spawn_blocking(move || backup::check(&file));
        let manifest = checked.await.map_err(internal)??;
        report(global, &manifest, "Whole");
        return Ok(ExitCode::SUCCESS);
    }
    let config = global.config(None)?;
    let progress = Progress::new(global);
    let restored = backup::restore(&config, &args.file, |step| progress.tell(step)).await;
    progress.done();
    report(global, &restored?, "Restored");
    Ok(ExitCode::SUCCESS)
}

fn report(global: &Global, manifest: &Manifest, done: &str) {
    let rows: i64 = manifest.tables.values().sum();
    let files = manifest
        .files
        .keys()
        .filter(|name| name.starts_with("assets/"))
        .count();
    if global.json {
        println!(
            "{}",
            json!({"tables": manifest.tables.len(), "rows": rows, "files": files, "taken_at": manifest.taken_at,
                "program": manifest.program, "schema": manifest.schema})
        );
    } else {
        println!(
            "{done}: {rows} rows of {} tables and {files} files, as they were on {}.",
            manifest.tables.len(),
            manifest.taken_at.format("%Y-%m-%d at %H:%M UTC")
        );
    }
}
