//! A file into a tenant of this installation, in one transaction: all of it, or nothing.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use access::audit::{self, Action, OPERATOR};
use access::tenants::{self, Operator};
use access::users;
use kernel::error::{Result, conflict, internal, invalid};
use kernel::ids::{AssetId, ChannelId, TenantId, UserId, WebhookEndpointId};
use kernel::secrets::{self, MasterKey};
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;
use tokio::sync::mpsc::{self, Receiver, Sender};
use uuid::Uuid;

use super::store::{self, Table};
use super::{DATA, FILES, Manifest, damaged, left_out, name_of_file, open};
use crate::wiring::Domains;

/// What became of it.
pub struct Imported {
    pub tenant: TenantId,
    pub slug: String,
    pub manifest: Manifest,
    /// Members for whom an account was made: they have no password yet.
    pub without_password: Vec<String>,
    /// Members who had an account here before.
    pub joined: Vec<String>,
    /// Channels whose public key somebody has already: they have a new one.
    pub new_channel_keys: usize,
}

/// Lines go to the database in batches of about so many bytes.
const BATCH: usize = 1 << 20;
/// None that was uploaded is larger.
const LARGEST_FILE: u64 = documents::LARGEST_FILE as u64;

/// `owner` must be logged in as the owner of the database.
///
/// # Errors
/// If the file is damaged or of a newer Rapport, or the short name is taken. Then nothing has changed.
pub async fn import(
    domains: &Domains,
    owner: &mut PgConnection,
    file: &Path,
    slug: Option<&str>,
    tell: impl Fn(&str),
) -> Result<Imported> {
    tell("reading the archive");
    let path = file.to_owned();
    let manifest = tokio::task::spawn_blocking(move || super::check(&path))
        .await
        .map_err(internal)??;
    let slug = free_slug(domains, slug.unwrap_or(&manifest.tenant.slug)).await?;
    let tenant = free_id(domains, manifest.tenant.id).await?;
    let done = take_in(domains, owner, file, &manifest, tenant, &slug, &tell).await;
    let TakenIn {
        without_password,
        joined,
        new_channel_keys,
    } = match done {
        Ok(done) => done,
        Err(error) => {
            domains.assets.files.remove_tenant(tenant).await?;
            return Err(error);
        }
    };
    note(domains, &slug, &manifest).await?;
    // while they belonged to nobody a server that runs may have swept some away
    unpack(domains, tenant, file, &manifest).await?;
    Ok(Imported {
        tenant,
        slug,
        manifest,
        without_password,
        joined,
        new_channel_keys,
    })
}

struct TakenIn {
    without_password: Vec<String>,
    joined: Vec<String>,
    new_channel_keys: usize,
}

async fn take_in(
    domains: &Domains,
    owner: &mut PgConnection,
    file: &Path,
    manifest: &Manifest,
    tenant: TenantId,
    slug: &str,
    tell: &impl Fn(&str),
) -> Result<TakenIn> {
    let tables = known(manifest, store::tables(owner).await?)?;
    let members = members(file.to_owned()).await?;
    let (channel_keys, new_channel_keys) = channel_keys(domains, manifest).await?;
    let key = &domains.assets.master_key;
    let mut tx = store::begin_import(owner, tenant).await?;
    let mut people = HashMap::new();
    let (mut without_password, mut joined) = (Vec::new(), Vec::new());
    for member in members {
        let (id, is_new) = account(domains, &member).await?;
        if id != member.user_id {
            people.insert(member.user_id.to_string(), id.to_string());
        }
        if is_new {
            store::insert_user(&mut tx, id, &member.email, &member.name).await?;
            without_password.push(member.email);
        } else {
            joined.push(member.email);
        }
    }
    let mut with_pictures = people.clone();
    for id in manifest.files.keys() {
        with_pictures.insert(
            name_of_file(*id),
            assets::address::sign(key, tenant, AssetId(*id)),
        );
    }
    for table in &tables {
        tell(&format!("writing {}", table.name));
        let replaced = if table.name == "channels" {
            &with_pictures
        } else {
            &people
        };
        write(&mut tx, tenant, table, manifest, file, replaced).await?;
    }
    tell("checking");
    store::check_references(&mut tx).await?;
    store::wake_triggers(&mut tx).await?;
    store::set_slug(&mut tx, slug).await?;
    renew(&mut tx, tenant, key, &channel_keys).await?;
    tell("writing files");
    unpack(domains, tenant, file, manifest).await?;
    tx.commit().await?;
    Ok(TakenIn {
        without_password,
        joined,
        new_channel_keys,
    })
}

async fn free_slug(domains: &Domains, slug: &str) -> Result<String> {
    if slug.is_empty() || tenants::slug_of(slug) != slug {
        return Err(invalid(
            "bad_slug",
            format!("`{slug}` is not a short name: use small letters, digits and hyphens."),
        ));
    }
    if !tenants::store::is_slug_free(&domains.access.db, slug).await? {
        return Err(conflict(
            "slug_taken",
            format!("There is a tenant `{slug}` already. Choose another short name with --slug."),
        ));
    }
    Ok(slug.to_owned())
}

/// The tenant's own id, or a fresh one if it is here already. Ids of its rows count within the tenant and stay.
async fn free_id(domains: &Domains, wanted: TenantId) -> Result<TenantId> {
    let existing = assets::store::list_existing_tenants(&domains.access.db, &[wanted]).await?;
    Ok(if existing.is_empty() {
        wanted
    } else {
        TenantId::new()
    })
}

/// The tables of the archive, all of which this version must know.
fn known(manifest: &Manifest, tables: Vec<Table>) -> Result<Vec<Table>> {
    let unknown = |what: String| {
        invalid(
            "archive_unknown",
            format!(
                "The archive holds {what}, which this version does not know. Import it with the version that wrote it."
            ),
        )
    };
    for (name, facts) in &manifest.tables {
        let table = tables
            .iter()
            .find(|table| table.name == *name && left_out::is_kept(name));
        let Some(table) = table else {
            return Err(unknown(format!("a table {name}")));
        };
        let columns = &facts.columns;
        let strange = columns
            .iter()
            .find(|column| !table.kept().any(|kept| kept.name == **column));
        if let Some(column) = strange {
            return Err(unknown(format!("a column {name}.{column}")));
        }
    }
    Ok(tables
        .into_iter()
        .filter(|table| manifest.tables.contains_key(&table.name))
        .collect())
}

/// Of the table `memberships`.
#[derive(Debug, Deserialize)]
struct Membership {
    user_id: UserId,
    email: String,
    name: String,
}

async fn members(file: PathBuf) -> Result<Vec<Membership>> {
    let read = move || {
        let mut archive = open(&file)?;
        let entry = archive
            .by_name(&format!("{DATA}memberships.jsonl"))
            .map_err(|error| damaged(&error.to_string()))?;
        BufReader::new(entry)
            .lines()
            .map(|line| {
                let line = line.map_err(|error| damaged(&error.to_string()))?;
                let member: Membership =
                    serde_json::from_str(&line).map_err(|error| damaged(&error.to_string()))?;
                // it is looked for by its text: another spelling would lead to somebody else's account
                match line.contains(&format!("\"{}\"", member.user_id)) {
                    true => Ok(member),
                    false => Err(damaged(
                        "the id of a member is not written as PostgreSQL writes it",
                    )),
                }
            })
            .collect()
    };
    tokio::task::spawn_blocking(read).await.map_err(internal)?
}

/// Whose account a member has here: the one with this address, else a new one. The flag says which.
async fn account(domains: &Domains, member: &Membership) -> Result<(UserId, bool)> {
    let db = &domains.access.db;
    if let Some(user) = users::store::find_for_sign_in(db, &member.email).await? {
        return Ok((user.id, false));
    }
    let is_taken = store::is_user(db, member.user_id).await?;
    Ok((if is_taken { UserId::new() } else { member.user_id }, true))
}

/// Each channel's public key, and how many had to be made anew.
async fn channel_keys(domains: &Domains, manifest: &Manifest) -> Result<(HashMap<Uuid, String>, usize)> {
    let keys: Vec<String> = manifest.channel_keys.values().cloned().collect();
    let taken = store::taken_channel_keys(&domains.access.db, &keys).await?;
    let keys = manifest.channel_keys.iter().map(|(id, key)| {
        let key = if taken.contains(key) {
            secrets::random_name("ch_")
        } else {
            key.clone()
        };
        (*id, key)
    });
    Ok((keys.collect(), taken.len()))
}

async fn write(
    tx: &mut PgConnection,
    tenant: TenantId,
    table: &Table,
    manifest: &Manifest,
    file: &Path,
    replaced: &HashMap<String, String>,
) -> Result<()> {
    let facts = &manifest.tables[&table.name];
    let (sender, mut batches) = mpsc::channel(4);
    let (path, name) = (file.to_owned(), format!("{DATA}{}.jsonl", table.name));
    let reader = tokio::task::spawn_blocking(move || read(&path, &name, &sender));
    let mut written = 0;
    while let Some(lines) = batches.recv().await {
        let lines: Vec<String> = lines.into_iter().map(|line| replace(line, replaced)).collect();
        store::insert(tx, tenant, table, &facts.columns, &lines).await?;
        written += lines.len() as u64;
    }
    reader.await.map_err(internal)??;
    if written != facts.rows {
        return Err(damaged(&format!(
            "{} has {written} rows, not {}",
            table.name, facts.rows
        )));
    }
    Ok(())
}

fn read(file: &Path, name: &str, batches: &Sender<Vec<String>>) -> Result<()> {
    let mut archive = open(file)?;
    let entry = archive
        .by_name(name)
        .map_err(|error| damaged(&error.to_string()))?;
    let (mut batch, mut bytes) = (Vec::new(), 0);
    for line in BufReader::new(entry).lines() {
        let line = line.map_err(|error| damaged(&error.to_string()))?;
        bytes += line.len();
        batch.push(line);
        if bytes > BATCH {
            bytes = 0;
            // whoever listens no longer has failed, and says why
            if batches.blocking_send(std::mem::take(&mut batch)).is_err() {
                return Ok(());
            }
        }
    }
    if !batch.is_empty() {
        let _ = batches.blocking_send(batch);
    }
    Ok(())
}

/// Ids of people who have another one here, and addresses of pictures. A UUID stands for nothing else.
fn replace(line: String, replaced: &HashMap<String, String>) -> String {
    replaced.iter().fold(line, |line, (old, new)| {
        if line.contains(old.as_str()) {
            line.replace(old.as_str(), new)
        } else {
            line
        }
    })
}

/// Secrets do not travel: new ones, sealed with this installation's key.
async fn renew(
    tx: &mut PgConnection,
    tenant: TenantId,
    key: &MasterKey,
    channel_keys: &HashMap<Uuid, String>,
) -> Result<()> {
    store::fill(tx, "assets", "public_id", |id| {
        Ok(assets::address::sign(key, tenant, AssetId(id)))
    })
    .await?;
    store::fill(tx, "channels", "channel_key", |id| {
        let known = channel_keys.get(&id).cloned();
        Ok(known.unwrap_or_else(|| secrets::random_name("ch_")))
    })
    .await?;
    store::fill(tx, "channels", "encrypted_secret", |id| {
        let context = channels::accounts::store::secret_context(tenant, ChannelId(id));
        key.seal(&context, &secrets::random_token("ws_"))
    })
    .await?;
    store::fill(tx, "webhook_endpoints", "encrypted_secret", |id| {
        let secret = automation::webhooks::endpoints::NewSecret::make(key, tenant, WebhookEndpointId(id))?;
        Ok(secret.sealed)
    })
    .await?;
    store::set_embedder_keys(tx, &key.seal(&knowledge::embedding::context(tenant), "")?).await
}

/// The files that are not there yet.
async fn unpack(domains: &Domains, tenant: TenantId, file: &Path, manifest: &Manifest) -> Result<()> {
    let (sender, mut files): (Sender<(Uuid, Vec<u8>)>, Receiver<_>) = mpsc::channel(2);
    let is_missing = |id: &Uuid| !domains.assets.files.path(tenant, *id).exists();
    let ids: Vec<Uuid> = manifest.files.keys().copied().filter(is_missing).collect();
    let path = file.to_owned();
    let reader = tokio::task::spawn_blocking(move || -> Result<()> {
        let mut archive = open(&path)?;
        for id in ids {
            let mut bytes = Vec::new();
            let entry = archive
                .by_name(&format!("{FILES}{id}"))
                .map_err(|error| damaged(&error.to_string()))?;
            entry
                .take(LARGEST_FILE + 1)
                .read_to_end(&mut bytes)
                .map_err(|error| damaged(&error.to_string()))?;
            if bytes.len() as u64 > LARGEST_FILE {
                return Err(damaged(&format!(
                    "the file {id} is larger than any that can be uploaded"
                )));
            }
            if sender.blocking_send((id, bytes)).is_err() {
                break;
            }
        }
        Ok(())
    });
    while let Some((id, bytes)) = files.recv().await {
        domains.assets.files.write(tenant, id, &bytes).await?;
    }
    reader.await.map_err(internal)?
}

async fn note(domains: &Domains, slug: &str, manifest: &Manifest) -> Result<()> {
    let db = &domains.access.db;
    let operator = Operator::find(db, slug).await?;
    let operator = operator.ok_or_else(|| internal("the imported tenant is not there"))?;
    let mut tx = db.tenant(&operator).await?;
    let details = json!({"digest": manifest.digest, "taken_at": manifest.taken_at});
    let subject = format!("tenant:{}", kernel::TenantProof::tenant_id(&operator));
    audit::record(&mut tx, OPERATOR, Action::WorkspaceImported, &subject, details).await?;
    tx.commit().await
}
