//! The command line. Every command takes `--data-dir` and `--json`; errors say what to do.

mod ask;
mod backup;
mod demo;
mod demo_site;
mod doctor;
mod eval;
mod gated;
mod import;
mod migrate;
mod model;
mod nightly;
mod openapi;
mod operator;
mod output;
mod plan;
mod psql;
mod public_sets;
mod qa;
mod rounds;
mod serve;
mod simulate;
mod tenant;
mod training;
mod user;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use kernel::Result;

use crate::config::{Config, Overrides, Role};

/// The AI front office that a business hosts itself.
#[derive(Debug, Parser)]
#[command(name = "rapport", version, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Where the database, the keys and the files are kept
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Print machine-readable JSON
    #[arg(long, global = true)]
    json: bool,
    /// Use this PostgreSQL (15 or newer, with pgvector) instead of the bundled one
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "DATABASE_URL",
        hide_env_values = true
    )]
    database_url: Option<String>,
    /// Start the PostgreSQL installed in this folder instead of the bundled one
    #[arg(long, global = true, value_name = "DIR")]
    postgres_dir: Option<PathBuf>,
    /// Where the bundled PostgreSQL and the embedding model lie
    #[arg(long, global = true, value_name = "DIR")]
    runtime_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve(ServeArgs),
    /// Run the server with a demonstration shop
    Demo(DemoArgs),
    /// Make a demonstration for a web site: a public page with a bot that answers from its pages
    DemoSite(demo_site::DemoSiteArgs),
    /// Ask a question as a visitor would, and see how the answer came about
    Ask(ask::AskArgs),
    /// Ask the questions of an evaluation set, or of public data sets, and print the score
    Eval(eval::EvalArgs),
    /// Write the whole installation into one file, also while the server runs
    Backup(backup::BackupArgs),
    /// Bring a backup into an empty data folder or database
    Restore(backup::RestoreArgs),
    /// Bring in what another system holds, out of its database
    Import(import::ImportArgs),
    /// Bring the database to this version's schema
    Migrate,
    /// Check the installation and say how to mend what is wrong
    Doctor,
    /// Be a customer on a channel, without an account at the vendor
    Simulate(simulators::command::SimulateArgs),
    /// Print the description of the API (OpenAPI 3.1)
    Openapi,
    /// Open the database with psql
    Psql(psql::PsqlArgs),
    /// Create, list and delete tenants
    #[command(subcommand)]
    Tenant(tenant::TenantCommand),
    /// Say who runs this installation and may open its console
    #[command(subcommand)]
    Operator(operator::OperatorCommand),
    /// Set limits of plans, and put tenants on them
    #[command(subcommand)]
    Plan(plan::PlanCommand),
    /// Create users, change passwords, end memberships
    #[command(subcommand)]
    User(user::UserCommand),
    /// Import and export questions and answers
    #[command(subcommand)]
    Qa(qa::QaCommand),
    /// Choose the language model that composes a tenant's answers
    #[command(subcommand)]
    Model(model::ModelCommand),
}

#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Where to listen; port 0 picks a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// What this process does, where several share one database (DATABASE_URL) [default: all]
    #[arg(long, value_enum)]
    role: Option<Role>,
}

#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Where to listen; port 0 picks a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Leave out the clients, deals and orders that the shop has entered
    #[arg(long)]
    without_sales: bool,
}

impl Global {
    fn config(&self, listen: Option<SocketAddr>) -> Result<Config> {
        Config::load(&Overrides {
            data_dir: self.data_dir.clone(),
            listen,
            database_url: self.database_url.clone(),
            postgres_dir: self.postgres_dir.clone(),
            runtime_dir: self.runtime_dir.clone(),
        })
    }

    /// How another command is called from where this one was.
    fn command(&self, name: &str) -> String {
        let program = std::env::args().next().unwrap_or_else(|| "rapport".to_owned());
        match &self.data_dir {
            Some(dir) => format!("{program} {name} --data-dir {}", dir.display()),
            None => format!("{program} {name}"),
        }
    }
}

pub async fn run() -> Result<ExitCode> {
    let Cli { global, command } = Cli::parse();
    let is_server = matches!(command, Command::Serve(_) | Command::Demo(_));
    crate::logging::start(if is_server {
        "warn,rapport=info,queue=warn"
    } else {
        "error"
    });
    match command {
        Command::Serve(args) => Box::pin(serve::run(&global, &args)).await,
        Command::Demo(args) => Box::pin(demo::run(&global, &args)).await,
        Command::DemoSite(args) => Box::pin(demo_site::run(&global, &args)).await,
        Command::Eval(args) => Box::pin(eval::run(&global, &args)).await,
        Command::Ask(args) => Box::pin(ask::run(&global, &args)).await,
        Command::Backup(args) => Box::pin(backup::take(&global, &args)).await,
        Command::Restore(args) => Box::pin(backup::restore(&global, &args)).await,
        Command::Import(args) => Box::pin(import::run(&global, args)).await,
        Command::Migrate => migrate::run(&global).await,
        Command::Doctor => doctor::run(&global).await,
        Command::Simulate(args) => Ok(simulate::run(&args).await),
        Command::Openapi => openapi::run(),
        Command::Psql(args) => psql::run(&global, &args).await,
        Command::Tenant(command) => Box::pin(tenant::run(&global, command)).await,
        Command::Operator(command) => Box::pin(operator::run(&global, command)).await,
        Command::Plan(command) => Box::pin(plan::run(&global, command)).await,
        Command::User(command) => Box::pin(user::run(&global, command)).await,
        Command::Qa(command) => Box::pin(qa::run(&global, command)).await,
        Command::Model(command) => Box::pin(model::run(&global, command)).await,
    }
}
