//! `rapport ask`: an answer in the terminal, with its confidence, sources and timings.

use std::process::ExitCode;

use answering::api::{Ask, Asked, answer};
use clap::Args;
use kernel::Result;

use super::Global;
use super::output::Session;

#[derive(Debug, Args)]
pub struct AskArgs {
    /// The question, in quotes
    question: String,
    /// Whose knowledge to ask; not needed while there is one tenant only
    #[arg(long, value_name = "SLUG")]
    tenant: Option<String>,
}

pub async fn run(global: &Global, args: &AskArgs) -> Result<ExitCode> {
    let session = Session::open_existing(global).await?;
    let asked = session
        .run(async |session| {
            let tenant = session.tenant(args.tenant.as_deref()).await?;
            let ask = Ask {
                question: args.question.clone(),
                history: Vec::new(),
                channel_key: None,
            };
            answer(&session.domains.answering, &tenant, ask).await
        })
        .await?;
    if global.json {
        println!("{}", serde_json::to_string(&asked)?);
    } else {
        print(&asked);
    }
    Ok(ExitCode::SUCCESS)
}

fn print(asked: &Asked) {
    let Asked { answer, trace } = asked;
    println!("{}\n", answer.text);
    let verdict = if answer.gap_detected {
        "not known: this would be noted as a gap"
    } else {
        trace.mode.as_str()
    };
    println!("confidence  {:.0} %  ({verdict})", answer.confidence * 100.0);
    for source in &answer.sources {
        match &source.url {
            Some(url) => println!("source      {}  {url}", source.title),
            None => println!("source      {}", source.title),
        }
    }
    for chip in &answer.suggestion_chips {
        println!("related     {chip}");
    }
    let steps: Vec<String> = trace
        .steps
        .iter()
        .map(|step| format!("{} {:.2} ms", step.name, step.ms))
        .collect();
    let total: f64 = trace.steps.iter().map(|step| step.ms).sum();
    println!("time        {total:.2} ms: {}", steps.join(", "));
}
