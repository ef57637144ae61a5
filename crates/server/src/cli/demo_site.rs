//! `rapport demo-site`: a demonstration for somebody's web site, in one call.

use std::process::ExitCode;

use access::instance::log::Actor;
use clap::Args;
use kernel::Result;
use kernel::error::internal;
use serde_json::json;

use super::Global;
use super::output::Session;
use crate::journeys::demo_sites::{self, Wish};

#[derive(Debug, Args)]
pub struct DemoSiteArgs {
    /// The address of the site's start page
    #[arg(required_unless_present = "end_expired")]
    website: Option<String>,
    /// How many days it lasts
    #[arg(long, value_name = "DAYS", default_value_t = demo_sites::DAYS)]
    days: i64,
    /// How many messages visitors may write in a day
    #[arg(long, value_name = "COUNT", default_value_t = demo_sites::MESSAGES_A_DAY)]
    messages_a_day: i32,
    /// Remove now those whose time is over, as the server does every minute
    #[arg(long, conflicts_with = "website")]
    end_expired: bool,
}

pub async fn run(global: &Global, args: &DemoSiteArgs) -> Result<ExitCode> {
    let session = Session::open_existing(global).await?;
    let json = global.json;
    session
        .run(async |session| match &args.website {
            Some(website) => create(session, json, website, args).await,
            None => end_expired(session, json).await,
        })
        .await?;
    Ok(ExitCode::SUCCESS)
}

async fn create(session: &Session, json: bool, website: &str, args: &DemoSiteArgs) -> Result<()> {
    let wish = Wish {
        website,
        days: args.days,
        messages_a_day: args.messages_a_day,
    };
    let domains = &session.domains;
    let demo = demo_sites::create(domains, &wish, &Actor::CommandLine).await?;
    let path = demo_sites::path(&demo);
    if json {
        let made = json!({
            "id": demo.id,
            "name": demo.name,
            "website_url": demo.website_url,
            "path": path,
            "expires_at": demo.expires_at,
        });
        println!("{made}");
        return Ok(());
    }
    let base = domains.conversations.public_url.as_deref();
    let base = base.map_or("https://YOUR-SERVER", |base| base.trim_end_matches('/'));
    println!("The demonstration for {} is made.\n", demo.name);
    println!("  Its page:  {base}{path}");
    println!("  Until:     {}\n", demo.expires_at.format("%Y-%m-%d %H:%M UTC"));
    let jobs = session.opened.job_pool();
    let is_read = queue::has_workers(&jobs).await.map_err(internal)?;
    jobs.close().await;
    match is_read {
        true => println!("The site is being read now; it answers in a minute or two."),
        false => println!("The site is read as soon as the server runs: rapport serve"),
    }
    Ok(())
}

async fn end_expired(session: &Session, json: bool) -> Result<()> {
    let count = demo_sites::end_expired(&session.domains).await?;
    if json {
        println!("{}", json!({"removed": count}));
    } else {
        println!("{count} demonstrations are removed.");
    }
    Ok(())
}
