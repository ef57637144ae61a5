//! `rapport qa`: questions and answers in and out as CSV.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use kernel::error::{Result, invalid};
use knowledge::qa_pairs;
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
    let parsed = qa_pairs::csv::parse(&bytes)?;
    let progress = Progress::new(global);
    let all = parsed.pairs.len();
    let tell = |done: usize| progress.tell(&format!("{done} of {all}"));
    let imported = qa_pairs::import(&session.domains.knowledge, &operator, parsed.pairs, tell).await?;
    progress.done();
    if global.json {
        println!("{}", json!({"imported": imported, "errors": parsed.errors}));
    } else {
        println!("{imported} pairs imported.");
        parsed
            .errors
            .iter()
            .for_each(|error| println!("line {}: {}", error.line, error.detail));
    }
    Ok(if parsed.errors.is_empty() {
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
    let pairs = qa_pairs::store::list(&mut tx, &qa_pairs::store::Filter::default(), None, i64::MAX).await?;
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
