//! All SQL for what a person prefers.

use kernel::ids::UserId;
use kernel::{Database, Result, TenantTx};

use super::Preferences;

/// A person's own account.
pub struct Account {
    pub name: String,
    pub email: String,
    pub password_hash: String,
    pub preferences: Preferences,
    pub has_two_factor: bool,
}

pub async fn get(db: &Database, user: UserId) -> Result<Account> {
    let row = sqlx::query!(
        r#"select name, email, password_hash, preferences, totp_confirmed_at is not null as "has_two_factor!"
        from platform.users
        where id = $1"#,
        user.0,
    )
    .fetch_one(db.platform())
    .await?;
    Ok(Account {
        name: row.name,
        email: row.email,
        password_hash: row.password_hash,
        preferences: serde_json::from_value(row.preferences).unwrap_or_default(),
        has_two_factor: row.has_two_factor,
    })
}

pub async fn update(db: &Database, user: UserId, name: &str, preferences: &Preferences) -> Result<()> {
    sqlx::query!(
        "update platform.users set name = $2, preferences = $3 where id = $1",
        user.0,
        name,
        serde_json::to_value(preferences)?,
    )
    .execute(db.platform())
    .await?;
    Ok(())
}

/// The copy by which colleagues know this person.
pub async fn rename_member(tx: &mut TenantTx, user: UserId, name: &str) -> Result<()> {
    sqlx::query!(
        "update memberships set name = $2 where user_id = $1",
        user.0,
        name
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
