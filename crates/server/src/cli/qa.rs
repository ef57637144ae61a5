//! `rapport qa`: questions and answers in and out as CSV.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use kernel::error::{Result, invalid};
use knowledge::qa_pairs;
use knowledge::qa_pairs::importing::Existing;
use knowledge::qa_pairs::list::{self, Filter, Sort};
use serde_json::json;

use super::Global;
use super::output::{Progress, Session};

#[derive(Debug, Subcommand)]
pub enum QaCommand {
    /// Import a CSV file with the columns question, answer, category
    Import {
        file: PathBuf,
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
    },
    /// Export all pairs as CSV, to a file or to standard output
    Export {
        file: Option<PathBuf>,
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
    },
}

pub async fn run(global: &Global, command: QaCommand) -> Result<ExitCode> {
    let session = Session::open(global).await?;
    session
        .run(async |session| match &command {
            QaCommand::Import { file, tenant } => import(global, session, file, tenant.as_deref()).await,
            QaCommand::Export { file, tenant } => {
                export(global, session, file.as_deref(), tenant.as_deref()).await
            }
        })
        .await
}

async fn import(global: &Global, session: &Session, file: &Path, tenant: Option<&str>) -> Result<ExitCode> {
    let operator = session.tenant(tenant).await?;
    let bytes = std::fs::read(file)
        .map_err(|error| invalid("cannot_read", format!("{}: {error}.", file.display())))?;
    let parsed = qa_pairs::csv::read(&bytes, &qa_pairs::csv::Mapping::default())?;
    let progress = Progress::new(global);
    let all = parsed.rows.len();
    let tell = |done: usize| progress.tell(&format!("{done} of {all}"));
    let knowledge = &session.domains.knowledge;
    let planned = qa_pairs::importing::plan(knowledge, &operator, parsed.rows, Existing::Update).await?;
    let report = qa_pairs::importing::import(knowledge, &operator, planned, tell).await?;
    progress.done();
    let qa_pairs::importing::Imported {
        imported,
        updated,
        skipped,
        stopped,
        ..
    } = &report;
    if global.json {
        println!(
            "{}",
            json!({"imported": imported, "updated": updated, "skipped": skipped, "stopped": stopped, "errors": parsed.errors})
        );
    } else {
        println!("{imported} pairs imported, {updated} updated, {skipped} known already.");
        if let Some(stopped) = stopped {
            println!("{stopped} Import the file again for the rest.");
        }
        parsed
            .errors
            .iter()
            .for_each(|error| println!("line {}: {}", error.line, error.detail));
    }
    Ok(if parsed.errors.is_empty() && stopped.is_none() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(2)
    })
}

async fn export(
    global: &Global,
    session: &Session,
    file: Option<&Path>,
    tenant: Option<&str>,
) -> Result<ExitCode> {
    let operator = session.tenant(tenant).await?;
    let mut tx = session.opened.db.tenant_read(&operator).await?;
    let now = session.opened.db.clock.now();
    let pairs = list::store::list(&mut tx, &Filter::default(), Sort::Created, None, now, i64::MAX).await?;
    let csv = qa_pairs::csv::write(&pairs)?;
    match file {
        Some(file) => {
            std::fs::write(file, &csv)
                .map_err(|error| invalid("cannot_write", format!("{}: {error}.", file.display())))?;
            if global.json {
                println!("{}", json!({"exported": pairs.len()}));
            } else {
                println!("{} pairs written to {}.", pairs.len(), file.display());
            }
        }
        None => print!("{}", String::from_utf8_lossy(&csv)),
    }
    Ok(ExitCode::SUCCESS)
}
