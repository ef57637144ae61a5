//! Measures the product from outside, as visitors meet it: the real binary, real HTTP, every answer stored.
//!
//! Not a stress tool for other people's servers: it talks to 127.0.0.1 only, and every run is bounded in visitors
//! and seconds. It shares the machine with what it measures, so a visitor here costs next to nothing (`http.rs`).
//!
//! `load figures` starts a server of its own and measures everything (start with `figures.rs`); `load ask` puts
//! load on a server that already runs; `load channels` plays messaging vendors (start with `channels/mod.rs`).

mod channels;
mod figures;
mod http;
mod model;
mod processes;
mod product;
mod report;
mod visitors;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::visitors::{Form, Plan};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[derive(Debug, Parser)]
#[command(name = "load", about = "Measures a rapport server on this machine")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a server in an empty folder, measure everything, print the table
    Figures(FiguresArgs),
    /// Put load on a server that runs, print one line of JSON
    Ask(AskArgs),
    /// Start a server, play messaging vendors, print how their webhooks were answered and what became of them
    Channels(ChannelsArgs),
}

#[derive(Debug, Args)]
pub struct ChannelsArgs {
    /// The binary to measure
    #[arg(long, value_name = "FILE")]
    program: PathBuf,
    /// Webhooks a second of the steady run
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rate: u32,
    /// How long the steady run takes
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// Webhooks of the burst, which comes within two seconds
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    burst: u32,
    /// Write the tables here too
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct FiguresArgs {
    /// The binary to measure
    #[arg(long, value_name = "FILE")]
    program: PathBuf,
    /// Visitors' questions: one JSON object with `question` a line
    #[arg(long, value_name = "FILE")]
    questions: PathBuf,
    /// How long each run takes
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=120))]
    seconds: u64,
    /// Write the table here too
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct AskArgs {
    /// The server: http://127.0.0.1:8080
    #[arg(long)]
    url: String,
    #[arg(long)]
    channel_key: String,
    /// One question a line, or JSON objects with `question`
    #[arg(long, value_name = "FILE")]
    questions: PathBuf,
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u64).range(1..=256))]
    visitors: u64,
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=120))]
    seconds: u64,
    /// Read the answers as event streams
    #[arg(long)]
    stream: bool,
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = match (runtime, Cli::parse().command) {
        (Ok(runtime), Command::Channels(args)) => runtime.block_on(channels::measure(&args)),
        (Ok(runtime), Command::Figures(args)) => runtime.block_on(figures::measure(&args)),
        (Ok(runtime), Command::Ask(args)) => runtime.block_on(ask(&args)),
        (Err(error), _) => Err(error.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn ask(args: &AskArgs) -> Result<()> {
    let address = http::loopback(&args.url)?;
    let questions = product::read_questions(&args.questions)?;
    let plan = Plan {
        address,
        channel_key: args.channel_key.clone(),
        questions: questions.into(),
        visitors: usize::try_from(args.visitors)?,
        time: Duration::from_secs(args.seconds),
        form: if args.stream { Form::Stream } else { Form::Json },
    };
    let seen = visitors::run(&plan).await?;
    println!("{}", seen.to_json());
    Ok(())
}
