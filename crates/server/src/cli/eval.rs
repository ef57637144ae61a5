//! `rapport eval`: how well a tenant's knowledge answers the questions of its evaluation sets.

use std::process::ExitCode;

use answering::evaluation::sets::{self, Score};
use clap::Args;
use kernel::Result;
use kernel::error::not_found;
use serde::Serialize;

use super::Global;
use super::output::Session;

#[derive(Debug, Args)]
pub struct EvalArgs {
    /// The evaluation set to ask; all of them unless given
    #[arg(value_name = "SET")]
    set: Option<String>,
    /// Whose sets; not needed while there is one tenant only
    #[arg(long, value_name = "SLUG")]
    tenant: Option<String>,
    /// Fail (exit code 1) when a set's share of right answers is below this, 0 to 1
    #[arg(long, value_name = "SHARE")]
    at_least: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Evaluated {
    set: String,
    #[serde(flatten)]
    score: Score,
}

pub async fn run(global: &Global, args: &EvalArgs) -> Result<ExitCode> {
    let session = Session::open(global).await?;
    let evaluated = session
        .run(async |session| {
            let tenant = session.tenant(args.tenant.as_deref()).await?;
            let ctx = &session.domains.answering;
            let mut sets = sets::store::list(&mut ctx.db.tenant_read(&tenant).await?).await?;
            if let Some(name) = &args.set {
                sets.retain(|set| set.name.eq_ignore_ascii_case(name));
            } else {
                sets.retain(|set| set.case_count > 0);
            }
            if sets.is_empty() {
                return Err(not_found("evaluation set"));
            }
            let mut evaluated = Vec::new();
            for set in sets {
                let score = sets::run(ctx, &tenant, set.id).await?;
                evaluated.push(Evaluated { set: set.name, score });
            }
            Ok(evaluated)
        })
        .await?;
    if global.json {
        println!("{}", serde_json::to_string(&evaluated)?);
    } else {
        print(&evaluated);
    }
    let is_below = |one: &Evaluated| match (args.at_least, one.score.share()) {
        (Some(bar), Some(share)) => share < bar,
        (Some(_), None) => true,
        (None, _) => false,
    };
    Ok(ExitCode::from(u8::from(evaluated.iter().any(is_below))))
}

fn print(evaluated: &[Evaluated]) {
    println!(
        "{:<32} {:>6} {:>6} {:>6} {:>8} {:>8} {:>6}",
        "set", "right", "of", "wrong", "declined", "invented", "share"
    );
    for Evaluated { set, score } in evaluated {
        let share = score
            .share()
            .map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", share * 100.0));
        println!(
            "{set:<32} {:>6} {:>6} {:>6} {:>8} {:>8} {share:>6}",
            score.right, score.total, score.wrong, score.declined, score.false_answers
        );
    }
}
