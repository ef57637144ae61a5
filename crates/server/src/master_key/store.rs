//! All SQL for the master key: which one belongs to this database, and the secrets that were stored before that was written.

use kernel::{Database, Result, TenantTx};
use sqlx::PgConnection;

/// What the database knows of its key.
pub enum Known {
    /// Nothing: it is new, or older than this table.
    Nothing,
    /// Somebody who has lost it has asked for another.
    AnyOther,
    Fingerprint(String),
}

pub async fn find(db: &Database) -> Result<Known> {
    let row = sqlx::query_scalar!("select fingerprint from platform.master_key")
        .fetch_optional(db.platform())
        .await?;
    Ok(match row {
        None => Known::Nothing,
        Some(None) => Known::AnyOther,
        Some(Some(fingerprint)) => Known::Fingerprint(fingerprint),
    })
}

/// The same of a database whose schema may be an older one, as the owner.
pub async fn find_before_migrating(owner: &mut PgConnection) -> Result<Option<String>> {
    let is_there: bool = sqlx::query_scalar("select to_regclass('platform.master_key') is not null")
        .fetch_one(&mut *owner)
        .await?;
    if !is_there {
        return Ok(None);
    }
    let row: Option<Option<String>> = sqlx::query_scalar("select fingerprint from platform.master_key")
        .fetch_optional(owner)
        .await?;
    Ok(row.flatten())
}

/// Whoever comes first stays.
pub async fn remember(db: &Database, fingerprint: &str) -> Result<()> {
    sqlx::query!(
        "insert into platform.master_key (fingerprint) values ($1)
        on conflict (is_only) do update
        set fingerprint = excluded.fingerprint, known_since = now()
        where master_key.fingerprint is null",
        fingerprint,
    )
    .execute(db.platform())
    .await?;
    Ok(())
}

/// A sealed secret with what it is bound to.
#[derive(Debug)]
pub struct Sealed {
    pub context: String,
    pub text: String,
}

/// Those of people.
pub async fn list_of_users(db: &Database) -> Result<Vec<Sealed>> {
    let sealed = sqlx::query_as!(
        Sealed,
        r#"select concat('users/', id, '/totp') as "context!", totp_secret as "text!"
        from platform.users
        where totp_secret is not null"#
    )
    .fetch_all(db.platform())
    .await?;
    Ok(sealed)
}

/// Those of a tenant.
pub async fn list_of_tenant(tx: &mut TenantTx) -> Result<Vec<Sealed>> {
    let sealed = sqlx::query_as!(
        Sealed,
        r#"select concat('channels/', tenant_id, '/', id) as "context!", encrypted_secret as "text!" from channels
        union all
        select concat('llm_credentials/', tenant_id, '/', id), encrypted_key from llm_credentials
        union all
        select concat('webhook_endpoints/', tenant_id, '/', id), encrypted_secret from webhook_endpoints
        union all
        select concat('email_settings/', tenant_id), encrypted_password from email_settings where encrypted_password is not null"#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(sealed)
}
