//! All SQL for changing memberships.

use chrono::{DateTime, Utc};
use kernel::ids::UserId;
use kernel::{Database, Result, TenantTx};
use uuid::Uuid;

use super::Colleague;
use crate::Role;

/// A membership, locked.
pub struct Present {
    pub role: Role,
    pub name: String,
    pub email: String,
}

/// In the order in which they joined; whether they use a second factor is not known on this side.
pub async fn list(tx: &mut TenantTx) -> Result<Vec<Colleague>> {
    let colleagues = sqlx::query_as!(
        Colleague,
        r#"select user_id as "user_id: UserId", name, email, role as "role: Role", created_at, last_seen_at,
            false as "has_two_factor!"
        from memberships
        order by created_at, user_id"#,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(colleagues)
}

/// Those of the users who have proven a second factor.
pub async fn list_with_two_factor(db: &Database, users: &[Uuid]) -> Result<Vec<UserId>> {
    let users = sqlx::query_scalar!(
        r#"select id as "id: UserId" from platform.users where id = any($1) and totp_confirmed_at is not null"#,
        users,
    )
    .fetch_all(db.platform())
    .await?;
    Ok(users)
}

pub async fn lock_owners(tx: &mut TenantTx) -> Result<Vec<UserId>> {
    let owners = sqlx::query_scalar!(
        r#"select user_id as "id: UserId" from memberships where role = 'owner' order by user_id for update"#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(owners)
}

pub async fn lock(tx: &mut TenantTx, user: UserId) -> Result<Option<Present>> {
    let present = sqlx::query_as!(
        Present,
        r#"select role as "role: Role", name, email from memberships where user_id = $1 for update"#,
        user.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(present)
}

pub async fn find_role(tx: &mut TenantTx, user: UserId) -> Result<Option<Role>> {
    let role = sqlx::query_scalar!(
        r#"select role as "role: Role" from memberships where user_id = $1"#,
        user.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(role)
}

pub async fn set_role(tx: &mut TenantTx, user: UserId, role: Role) -> Result<()> {
    sqlx::query!(
        "update memberships set role = $2 where user_id = $1",
        user.0,
        role.as_str()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn delete(tx: &mut TenantTx, user: UserId) -> Result<()> {
    sqlx::query!("delete from memberships where user_id = $1", user.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn touch(tx: &mut TenantTx, user: UserId, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "update memberships set last_seen_at = $2 where user_id = $1",
        user.0,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn has_owner(tx: &mut TenantTx) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from memberships where tenant_id = current_tenant_id() and role = 'owner') as "yes!""#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// Everybody, as accounts.
pub async fn list_users(tx: &mut TenantTx) -> Result<Vec<Uuid>> {
    let ids = sqlx::query_scalar!("select user_id from memberships where tenant_id = current_tenant_id()")
        .fetch_all(&mut **tx)
        .await?;
    Ok(ids)
}
