//! `rapport import`: everything that another system holds, out of its live database.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use kernel::Result;

use super::Global;
use super::output::{Progress, Session};
use crate::journeys::import::{self, Wish};

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// What kind of system it is: s0, s1, s2, s3 or s4; or whose file: chatwoot, crisp, intercom or tidio
    source: String,
    /// Its database; it is only read
    #[arg(long, value_name = "URL", env = "RAPPORT_IMPORT_FROM", hide_env_values = true)]
    from: Option<String>,
    /// The file that the vendor gave out, with its conversations as JSON
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Say what would become of each table and column, and which rows would be refused; write nothing
    #[arg(long)]
    dry_run: bool,
    /// Bring all into this tenant; otherwise each business of the source becomes a tenant
    #[arg(long, value_name = "SLUG")]
    tenant: Option<String>,
    /// Only this business of the source, by id or name; may be given several times
    #[arg(long, value_name = "ID")]
    only: Vec<String>,
    /// Tells two systems of one kind apart: what comes from each is known by this name
    #[arg(long, value_name = "NAME", default_value = "main")]
    installation: String,
}

pub async fn run(global: &Global, args: ImportArgs) -> Result<ExitCode> {
    let wish = Wish {
        kind: args.source,
        url: args.from,
        file: args.file,
        installation: args.installation,
        into: args.tenant,
        only: args.only,
        is_dry_run: args.dry_run,
    };
    let session = Session::open_existing(global).await?;
    let progress = Progress::new(global);
    let report = session
        .run(async |session| import::run(&session.domains, &wish, |step| progress.tell(step)).await)
        .await?;
    progress.done();
    if global.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        report.print();
    }
    Ok(if report.has_problems() {
        ExitCode::from(2)
    } else {
        ExitCode::SUCCESS
    })
}
