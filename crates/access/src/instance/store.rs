//! All SQL for operators, on the platform side: they belong to no tenant.

use chrono::{DateTime, Utc};
use kernel::ids::UserId;
use kernel::{Database, Result};

use super::OperatorAccount;

/// An operator's open session.
pub struct SignedIn {
    pub user_id: UserId,
    pub name: String,
    pub has_second_factor: bool,
}

/// Whatever workspace the session is in, and whether or not that one may act.
pub async fn find_signed_in(
    db: &Database,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<SignedIn>> {
    let found = sqlx::query_as!(
        SignedIn,
        r#"select u.id as "user_id: UserId", u.name, u.totp_confirmed_at is not null as "has_second_factor!"
        from platform.sessions s
        join platform.users u on u.id = s.user_id
        join platform.operators o on o.user_id = u.id
        where s.token_hash = $1 and s.expires_at > $2"#,
        token_hash,
        now,
    )
    .fetch_optional(db.platform())
    .await?;
    Ok(found)
}

pub async fn is_operator(db: &Database, user: UserId) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from platform.operators where user_id = $1) as "yes!""#,
        user.0
    )
    .fetch_one(db.platform())
    .await?;
    Ok(found)
}

/// By name.
pub async fn list(db: &Database) -> Result<Vec<OperatorAccount>> {
    let accounts = sqlx::query_as!(
        OperatorAccount,
        r#"select u.id as "user_id: UserId", u.name, u.email, u.totp_confirmed_at is not null as "has_second_factor!", o.created_at
        from platform.operators o
        join platform.users u on u.id = o.user_id
        order by lower(u.name), u.id"#,
    )
    .fetch_all(db.platform())
    .await?;
    Ok(accounts)
}

/// An account that is or could be an operator's.
pub async fn find_account(db: &Database, email: &str) -> Result<Option<OperatorAccount>> {
    let account = sqlx::query_as!(
        OperatorAccount,
        r#"select u.id as "user_id: UserId", u.name, u.email, u.totp_confirmed_at is not null as "has_second_factor!",
            coalesce(o.created_at, now()) as "created_at!"
        from platform.users u
        left join platform.operators o on o.user_id = u.id
        where lower(u.email) = lower($1)"#,
        email,
    )
    .fetch_optional(db.platform())
    .await?;
    Ok(account)
}

/// False: they are one already.
pub async fn insert(db: &Database, user: UserId, added_by: &str) -> Result<bool> {
    let done = sqlx::query!(
        "insert into platform.operators (user_id, added_by) values ($1, $2) on conflict do nothing",
        user.0,
        added_by,
    )
    .execute(db.platform())
    .await?;
    Ok(done.rows_affected() > 0)
}

pub async fn delete(db: &Database, user: UserId) -> Result<bool> {
    let done = sqlx::query!("delete from platform.operators where user_id = $1", user.0)
        .execute(db.platform())
        .await?;
    Ok(done.rows_affected() > 0)
}
