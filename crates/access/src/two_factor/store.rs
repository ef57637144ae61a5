//! All SQL for second factors, on the platform side: signing in knows no tenant.

use chrono::{DateTime, Utc};
use kernel::ids::UserId;
use kernel::{Database, Result};

/// A secret that was set up, proven or not.
pub struct Stored {
    pub sealed_secret: String,
    pub is_confirmed: bool,
}

pub async fn find(db: &Database, user: UserId) -> Result<Option<Stored>> {
    let stored = sqlx::query_as!(
        Stored,
        r#"select totp_secret as "sealed_secret!", totp_confirmed_at is not null as "is_confirmed!"
        from platform.users
        where id = $1 and totp_secret is not null"#,
        user.0,
    )
    .fetch_optional(db.platform())
    .await?;
    Ok(stored)
}

/// Keeps a secret that has not been proven yet. False if there is a proven one.
pub async fn begin(db: &Database, user: UserId, sealed_secret: &str) -> Result<bool> {
    let done = sqlx::query!(
        "update platform.users set totp_secret = $2, totp_last_step = null
        where id = $1 and totp_confirmed_at is null",
        user.0,
        sealed_secret,
    )
    .execute(db.platform())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Turns it on. False if it was on, or if the secret was made anew meanwhile.
pub async fn confirm(
    db: &Database,
    user: UserId,
    sealed_secret: &str,
    step: i64,
    recovery_code_hashes: &[Vec<u8>],
    now: DateTime<Utc>,
) -> Result<bool> {
    let done = sqlx::query!(
        "update platform.users set totp_confirmed_at = $5, totp_last_step = $3, recovery_code_hashes = $4
        where id = $1 and totp_secret = $2 and totp_confirmed_at is null",
        user.0,
        sealed_secret,
        step,
        recovery_code_hashes,
        now,
    )
    .execute(db.platform())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Uses up this step and all before it. False if it was used.
pub async fn use_step(db: &Database, user: UserId, step: i64) -> Result<bool> {
    let done = sqlx::query!(
        "update platform.users set totp_last_step = $2
        where id = $1 and totp_confirmed_at is not null and coalesce(totp_last_step, 0) < $2",
        user.0,
        step,
    )
    .execute(db.platform())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Uses up a recovery code. False if it is none of those that are left.
pub async fn use_recovery_code(db: &Database, user: UserId, hash: &[u8]) -> Result<bool> {
    let done = sqlx::query!(
        "update platform.users set recovery_code_hashes = array_remove(recovery_code_hashes, $2)
        where id = $1 and totp_confirmed_at is not null and $2 = any(recovery_code_hashes)",
        user.0,
        hash,
    )
    .execute(db.platform())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Turns it off and forgets the secret. False if there was none.
pub async fn clear(db: &Database, user: UserId) -> Result<bool> {
    let done = sqlx::query!(
        "update platform.users
        set totp_secret = null, totp_confirmed_at = null, totp_last_step = null, recovery_code_hashes = '{}'
        where id = $1 and totp_secret is not null",
        user.0,
    )
    .execute(db.platform())
    .await?;
    Ok(done.rows_affected() > 0)
}
