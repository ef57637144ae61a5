//! `rapport eval`: how well a tenant's knowledge answers the questions of its evaluation sets; with `--public`, how well
//! this program answers those of public data sets.

use std::path::PathBuf;
use std::process::ExitCode;

use answering::evaluation::sets::{self, CaseResult, Score, Verdict};
use clap::Args;
use kernel::Result;
use kernel::error::not_found;
use serde::Serialize;

use super::output::Session;
use super::{Global, public_sets};

#[derive(Debug, Args)]
pub struct EvalArgs {
    /// The evaluation set to ask; all of them unless given
    #[arg(value_name = "SET")]
    set: Option<String>,
    /// Whose sets; not needed while there is one tenant only
    #[arg(long, value_name = "SLUG")]
    tenant: Option<String>,
    /// Fail (exit code 1) when a set's share of right answers is below this, 0 to 1
    #[arg(long, value_name = "SHARE", value_parser = share)]
    at_least: Option<f64>,
    /// Measure on the public data sets in this folder instead, beside plain vectors and PostgreSQL's full text
    #[arg(long, value_name = "DIR", conflicts_with_all = ["set", "tenant", "at_least"])]
    public: Option<PathBuf>,
    /// Keep the vectors of the data sets in this folder, so that the next run is quicker
    #[arg(long, value_name = "DIR", requires = "public")]
    cache: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Evaluated {
    set: String,
    #[serde(flatten)]
    score: Score,
    /// The questions that did not come out as expected.
    failed: Vec<CaseResult>,
}

fn share(text: &str) -> std::result::Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "give a share between 0 and 1, such as 0.9 for 90 percent".to_owned())
}

pub async fn run(global: &Global, args: &EvalArgs) -> Result<ExitCode> {
    if let Some(folder) = &args.public {
        return public_sets::run(global, folder, args.cache.as_deref()).await;
    }
    let session = Session::open_existing(global).await?;
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
                let run = sets::run(ctx, &tenant, set.id).await?.id;
                let mut tx = ctx.db.tenant_read(&tenant).await?;
                let (score, mut failed) = sets::store::get_run(&mut tx, run).await?;
                failed.retain(|case| !matches!(case.verdict, Verdict::Right | Verdict::Skipped));
                evaluated.push(Evaluated {
                    set: set.name,
                    score,
                    failed,
                });
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
    for Evaluated { set, score, .. } in evaluated {
        let share = score
            .share()
            .map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", share * 100.0));
        println!(
            "{set:<32} {:>6} {:>6} {:>6} {:>8} {:>8} {share:>6}",
            score.right, score.total, score.wrong, score.declined, score.false_answers
        );
    }
    for one in evaluated.iter().filter(|one| !one.failed.is_empty()) {
        println!("\n{}:", one.set);
        one.failed.iter().for_each(print_failed);
    }
}

fn print_failed(case: &CaseResult) {
    let what = match case.verdict {
        Verdict::FalseAnswer => "answered, and should not have",
        Verdict::Declined => "declined, and should have answered",
        _ => "answered otherwise than expected",
    };
    let outcome = &case.outcome;
    let said = outcome.text.lines().next().unwrap_or_default();
    println!(
        "  {} — {what} (confidence {:.2}): {said}",
        case.question, outcome.confidence
    );
}
