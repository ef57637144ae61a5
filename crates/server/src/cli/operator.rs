//! `rapport operator`: the people who run this installation and may open its console.

use std::process::ExitCode;

use access::instance::{self, log::Actor};
use clap::Subcommand;
use kernel::Result;
use serde_json::json;

use super::Global;
use super::output::Session;

#[derive(Debug, Subcommand)]
pub enum OperatorCommand {
    /// Let somebody who has an account open the console
    Add { email: String },
    /// Take that back; the account stays
    Remove { email: String },
    /// List the operators
    List,
}

pub async fn run(global: &Global, command: OperatorCommand) -> Result<ExitCode> {
    let session = Session::open(global).await?;
    let json = global.json;
    session
        .run(async |session| match &command {
            OperatorCommand::Add { email } => add(session, json, email).await,
            OperatorCommand::Remove { email } => remove(session, json, email).await,
            OperatorCommand::List => list(session, json).await,
        })
        .await?;
    Ok(ExitCode::SUCCESS)
}

async fn add(session: &Session, json: bool, email: &str) -> Result<()> {
    let account = instance::add(&session.opened.db, &Actor::CommandLine, email).await?;
    if json {
        println!("{}", json!({"operator": account}));
        return Ok(());
    }
    println!(
        "{} is an operator: the console is at /app/_instance.",
        account.email
    );
    if !account.has_second_factor {
        println!(
            "It opens once {} has set up a second factor in the profile.",
            account.name
        );
    }
    Ok(())
}

async fn remove(session: &Session, json: bool, email: &str) -> Result<()> {
    instance::remove(&session.opened.db, &Actor::CommandLine, email).await?;
    if json {
        println!("{}", json!({"removed": email}));
    } else {
        println!("{email} is no operator any more.");
    }
    Ok(())
}

async fn list(session: &Session, json: bool) -> Result<()> {
    let operators = instance::list(&session.opened.db).await?;
    if json {
        println!("{}", json!({"operators": operators}));
    } else if operators.is_empty() {
        println!("There is no operator yet. Make one with `rapport operator add EMAIL`.");
    } else {
        for operator in operators {
            let factor = match operator.has_second_factor {
                true => "",
                false => "  (no second factor yet)",
            };
            println!("{}  {}{factor}", operator.email, operator.name);
        }
    }
    Ok(())
}
