//! The installation's master key: found or, for a new installation, made; and held against the database that it belongs to.
//!
//! The database knows its key by a fingerprint. One that is older than that is asked for a secret that opens. So nobody goes
//! on with a key that opens nothing, and no secret is sealed with a second one. Start at [`unlock`].

pub mod store;

use std::path::PathBuf;

use access::tenants::Operator;
use kernel::Database;
use kernel::error::{Error, Result, invalid};
use kernel::secrets::MasterKey;
use sqlx::PgConnection;

use crate::config::Config;
use crate::wiring::write_secret;
use store::{Known, Sealed};

/// The key of this database. A new installation gets one, in the data folder.
///
/// # Errors
/// It is another one than the secrets are sealed with, or is missing while there are secrets. Then nothing was written.
pub async fn unlock(config: &Config, db: &Database) -> Result<MasterKey> {
    let known = store::find(db).await?;
    if let Known::Fingerprint(fingerprint) = &known {
        return matching(config, fingerprint);
    }
    let found = existing(config);
    if matches!(known, Known::Nothing) {
        try_secrets(config, db, found.as_ref().ok()).await?;
    }
    let (key, is_made) = match found {
        Ok(key) => (key, false),
        Err(error) if error.code == MISSING => (make(config)?, true),
        Err(error) => return Err(error),
    };
    store::remember(db, &key.fingerprint()).await?;
    // of two first starts at once, in two folders, one came first
    let Known::Fingerprint(fingerprint) = store::find(db).await? else {
        return Err(kernel::error::internal("the master key was forgotten again"));
    };
    let ours = matching(config, &fingerprint);
    if ours.is_err() && is_made {
        let _ = std::fs::remove_file(file(config));
    }
    ours
}

/// Whether the key is the one that this database knows, if it knows one. Before it is migrated; as the owner.
pub async fn check(config: &Config, owner: &mut PgConnection) -> Result<()> {
    match store::find_before_migrating(owner).await? {
        Some(fingerprint) => matching(config, &fingerprint).map(drop),
        None => Ok(()),
    }
}

const MISSING: &str = "master_key_missing";

/// The configured key, or the one in the data folder.
pub fn existing(config: &Config) -> Result<MasterKey> {
    if let Some(text) = &config.master_key {
        return MasterKey::from_hex(text).map_err(bad);
    }
    let path = file(config);
    match std::fs::read_to_string(&path) {
        Ok(text) => MasterKey::from_hex(&text).map_err(bad),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(invalid(
            MISSING,
            format!(
                "There is no master key: put it into {} or RAPPORT_MASTER_KEY.",
                path.display()
            ),
        )),
        Err(error) => Err(bad(&format!("{}: {error}", path.display()))),
    }
}

pub fn file(config: &Config) -> PathBuf {
    config.data_dir.join("master.key")
}

fn matching(config: &Config, fingerprint: &str) -> Result<MasterKey> {
    match existing(config) {
        Ok(key) if key.fingerprint() == fingerprint => Ok(key),
        Ok(_) => Err(wrong(config)),
        Err(error) if error.code == MISSING => Err(lost(config)),
        Err(error) => Err(error),
    }
}

/// What was sealed before the database knew its key: none, or one of them opens.
async fn try_secrets(config: &Config, db: &Database, key: Option<&MasterKey>) -> Result<()> {
    let mut is_any = false;
    let mut opens = |sealed: Vec<Sealed>| {
        is_any |= !sealed.is_empty();
        let opens = |key: &MasterKey| {
            sealed
                .iter()
                .any(|secret| key.open(&secret.context, &secret.text).is_ok())
        };
        key.is_some_and(opens)
    };
    if opens(store::list_of_users(db).await?) {
        return Ok(());
    }
    for operator in Operator::for_all(db).await? {
        let mut tx = db.tenant_read(&operator).await?;
        if opens(store::list_of_tenant(&mut tx).await?) {
            return Ok(());
        }
    }
    match (is_any, key) {
        (false, _) => Ok(()),
        (true, Some(_)) => Err(wrong(config)),
        (true, None) => Err(lost(config)),
    }
}

fn make(config: &Config) -> Result<MasterKey> {
    let path = file(config);
    write_secret(&path, &MasterKey::random().to_hex())
        .map_err(|error| bad(&format!("{}: {error}", path.display())))?;
    // two first starts at once: whoever wrote last must not win over who reads now
    existing(config)
}

fn bad(error: &str) -> Error {
    invalid(
        "bad_master_key",
        format!("The master key cannot be used: {error}."),
    )
}

fn lost(config: &Config) -> Error {
    invalid(
        MISSING,
        format!(
            "This database has secrets that are sealed with a master key, and there is no master key here. Put the old one into {} \
             or RAPPORT_MASTER_KEY. If it is lost for good: docs/operations.md, \"The master key\".",
            file(config).display()
        ),
    )
}

fn wrong(config: &Config) -> Error {
    let place = match &config.master_key {
        Some(_) => "RAPPORT_MASTER_KEY".to_owned(),
        None => file(config).display().to_string(),
    };
    invalid(
        "wrong_master_key",
        format!(
            "This database belongs to another master key than the one in {place}. Put the right one there, or name the right \
             database. If it is lost for good: docs/operations.md, \"The master key\"."
        ),
    )
}
