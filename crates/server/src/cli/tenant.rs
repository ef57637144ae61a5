//! `rapport tenant`: the businesses of this installation.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use access::audit::{self, OPERATOR};
use access::instance::log::{self, Action, Actor};
use access::tenants::{self, standing};
use channels::WidgetSettings;
use clap::Subcommand;
use kernel::error::invalid;
use kernel::{Result, TenantTx};
use serde_json::json;

use super::Global;
use super::output::{Progress, Session};
use crate::journeys::archive::{self, Manifest};
use crate::journeys::{backup, instance, tenant};

#[derive(Debug, Subcommand)]
pub enum TenantCommand {
    /// Create a tenant with a widget and an API key
    Create {
        /// The name of the business
        name: String,
        /// The short name in addresses; made from the name unless given
        #[arg(long)]
        slug: Option<String>,
        /// ISO 639-1
        #[arg(long, default_value = "en")]
        language: String,
    },
    /// List the tenants' short names
    List,
    /// Suspend a tenant: its members read, its keys are refused, its widget says that it is not available
    Suspend {
        slug: String,
        /// What its members are told: why, and what to do
        #[arg(long)]
        note: Option<String>,
    },
    /// Let a suspended tenant go on where it was
    Resume { slug: String },
    /// Delete a tenant with everything that belongs to it
    Delete {
        slug: String,
        /// Say that you mean it
        #[arg(long)]
        yes: bool,
    },
    /// Write a tenant with its files into one file, for another installation or for itself
    Export {
        slug: String,
        /// The file to write; it must not be there yet
        file: PathBuf,
    },
    /// Take in a tenant that was exported, here or elsewhere
    Import {
        file: PathBuf,
        /// Another short name than it had
        #[arg(long)]
        slug: Option<String>,
    },
}

pub async fn run(global: &Global, command: TenantCommand) -> Result<ExitCode> {
    let session = Session::open(global).await?;
    let json = global.json;
    session
        .run(async |session| match &command {
            TenantCommand::Create { name, slug, language } => {
                create(session, json, name, slug.as_deref(), language).await
            }
            TenantCommand::List => list(session, json).await,
            TenantCommand::Suspend { slug, note } => suspend(session, json, slug, note.as_deref()).await,
            TenantCommand::Resume { slug } => resume(session, json, slug).await,
            TenantCommand::Delete { slug, yes } => delete(session, json, slug, *yes).await,
            TenantCommand::Export { slug, file } => export(session, global, slug, file).await,
            TenantCommand::Import { file, slug } => import(session, global, file, slug.as_deref()).await,
        })
        .await?;
    Ok(ExitCode::SUCCESS)
}

async fn create(session: &Session, json: bool, name: &str, slug: Option<&str>, language: &str) -> Result<()> {
    let mut made = tenant::begin(
        &session.domains,
        name,
        slug,
        None,
        language,
        WidgetSettings::default(),
    )
    .await?;
    let api_key = made.with_api_key("Command line").await?;
    let tenant::Made { tx, tenant, channel } = made;
    tx.commit().await?;
    if json {
        let created = json!({
            "tenant_id": tenant.id,
            "slug": tenant.slug,
            "channel_key": channel.channel_key,
            "api_key": api_key,
        });
        println!("{created}");
        return Ok(());
    }
    println!("Tenant {} ({}) is ready.\n", tenant.name, tenant.slug);
    println!("  API key, shown this once:  {api_key}");
    println!(
        "  Script tag for its site:   <script async src=\"https://YOUR-SERVER/widget.js\" data-channel=\"{}\"></script>\n",
        channel.channel_key
    );
    println!("Next: rapport qa import FILE.csv --tenant {}", tenant.slug);
    Ok(())
}

async fn list(session: &Session, json: bool) -> Result<()> {
    let slugs = tenants::store::list_slugs(&session.opened.db).await?;
    if json {
        println!("{}", json!({"tenants": slugs}));
    } else if slugs.is_empty() {
        println!("There is no tenant yet. Make one with `rapport tenant create NAME`.");
    } else {
        slugs.iter().for_each(|slug| println!("{slug}"));
    }
    Ok(())
}

async fn suspend(session: &Session, json: bool, slug: &str, note: Option<&str>) -> Result<()> {
    let operator = session.tenant(Some(slug)).await?;
    let mut tx = session.opened.db.tenant(&operator).await?;
    let is_new = standing::suspend(&mut tx, OPERATOR, note).await?;
    if is_new {
        note_in_log(
            &mut tx,
            Action::TenantSuspended,
            json!({"slug": slug, "note": note}),
        )
        .await?;
    }
    tx.commit().await?;
    report(json, slug, if is_new { "suspended" } else { "suspended already" });
    Ok(())
}

async fn resume(session: &Session, json: bool, slug: &str) -> Result<()> {
    let operator = session.tenant(Some(slug)).await?;
    let mut tx = session.opened.db.tenant(&operator).await?;
    let is_new = instance::tenants::resume(&mut tx).await?;
    if is_new {
        note_in_log(&mut tx, Action::TenantResumed, json!({"slug": slug})).await?;
    }
    tx.commit().await?;
    report(json, slug, if is_new { "open again" } else { "open already" });
    Ok(())
}

async fn note_in_log(tx: &mut TenantTx, action: Action, details: serde_json::Value) -> Result<()> {
    let (now, subject) = (tx.now(), format!("tenant:{}", tx.tenant_id()));
    log::record(tx, now, &Actor::CommandLine, action, &subject, details).await
}

fn report(json: bool, slug: &str, state: &str) {
    if json {
        println!("{}", json!({"tenant": slug, "state": state}));
    } else {
        println!("{slug} is {state}.");
    }
}

async fn delete(session: &Session, json: bool, slug: &str, yes: bool) -> Result<()> {
    if !yes {
        return Err(invalid(
            "not_confirmed",
            format!(
                "This deletes `{slug}` with all its conversations and knowledge. Add --yes if you mean it."
            ),
        ));
    }
    let operator = session.tenant(Some(slug)).await?;
    let removed = instance::tenants::remove(&session.domains, &Actor::CommandLine, operator).await?;
    if json {
        println!("{}", json!({"deleted": slug, "receipt": removed}));
        return Ok(());
    }
    let rows: i64 = removed.rows.values().sum();
    println!(
        "{slug} is deleted: {rows} rows, {} jobs and {} files. The receipt is in the installation's log ({}).",
        removed.jobs, removed.files, removed.digest
    );
    Ok(())
}

async fn export(session: &Session, global: &Global, slug: &str, file: &Path) -> Result<()> {
    let operator = session.tenant(Some(slug)).await?;
    let progress = Progress::new(global);
    let files = &session.domains.assets.files;
    let written = archive::export(&session.opened.db, files, &operator, file, |done, all| {
        progress.tell(&format!("{done} of {all} tables"));
    });
    let written = written.await;
    progress.done();
    let manifest = written?;
    let mut tx = session.opened.db.tenant(&operator).await?;
    let subject = format!("tenant:{}", manifest.tenant.id);
    let details = json!({"digest": manifest.digest});
    audit::record(
        &mut tx,
        OPERATOR,
        audit::Action::WorkspaceExported,
        &subject,
        details,
    )
    .await?;
    tx.commit().await?;
    if global.json {
        println!("{}", facts(&manifest));
        return Ok(());
    }
    println!("{slug} is in {}: {}.", file.display(), size(&manifest));
    println!("Keys, passwords and other secrets are not in it; manifest.json names all that stays behind.");
    Ok(())
}

async fn import(session: &Session, global: &Global, file: &Path, slug: Option<&str>) -> Result<()> {
    let progress = Progress::new(global);
    let mut owner = backup::owner(&session.opened.url(&global.config(None)?)).await?;
    let imported = archive::import(&session.domains, &mut owner, file, slug, |step| {
        progress.tell(step)
    })
    .await;
    progress.done();
    let imported = imported?;
    if global.json {
        let mut facts = facts(&imported.manifest);
        facts["tenant_id"] = json!(imported.tenant);
        facts["slug"] = json!(imported.slug);
        facts["without_password"] = json!(imported.without_password);
        facts["joined"] = json!(imported.joined);
        facts["new_channel_keys"] = json!(imported.new_channel_keys);
        println!("{facts}");
        return Ok(());
    }
    println!("{} is here: {}.", imported.slug, size(&imported.manifest));
    for email in &imported.without_password {
        println!("  {email} has no password yet: rapport user password {email}");
    }
    for email in &imported.joined {
        println!("  {email} had an account here and is a member now");
    }
    if imported.new_channel_keys > 0 {
        println!(
            "  {} channels have a new key, because somebody here has theirs: renew the script tags.",
            imported.new_channel_keys
        );
    }
    println!(
        "It is on the plan and the trial of a new workspace: rapport plan give {}",
        imported.slug
    );
    println!(
        "Enter again what is secret: keys of models and vendors, the mail server. Webhooks are off until then."
    );
    Ok(())
}

fn facts(manifest: &Manifest) -> serde_json::Value {
    json!({"digest": manifest.digest, "tables": manifest.tables.len(), "rows": rows(manifest), "files": manifest.files.len()})
}

fn size(manifest: &Manifest) -> String {
    format!(
        "{} rows of {} tables and {} files",
        rows(manifest),
        manifest.tables.len(),
        manifest.files.len()
    )
}

fn rows(manifest: &Manifest) -> u64 {
    manifest.tables.values().map(|facts| facts.rows).sum()
}
