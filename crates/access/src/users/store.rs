//! All SQL for users and memberships.

use kernel::error::{OnConstraint, conflict};
use kernel::ids::{TenantId, UserId};
use kernel::{Database, Result, TenantTx};
use uuid::Uuid;

use super::NewUser;
use crate::Role;

/// Writes the user and the membership in the transaction's tenant.
pub async fn insert_with_membership(tx: &mut TenantTx, user: &NewUser, role: Role) -> Result<()> {
    sqlx::query!(
        "insert into platform.users (id, email, name, password_hash) values ($1, $2, $3, $4)",
        user.id.0,
        user.email,
        user.name,
        user.password_hash,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("users_email_key", || {
        conflict(
            "email_taken",
            "There is an account with this address already. Sign in instead.",
        )
    })?;
    insert_membership(tx, user.id, role, &user.name, &user.email).await
}

pub async fn insert_membership(
    tx: &mut TenantTx,
    user: UserId,
    role: Role,
    name: &str,
    email: &str,
) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into memberships (tenant_id, user_id, role, name, email) values ($1, $2, $3, $4, $5)",
        tenant.0,
        user.0,
        role.as_str(),
        name,
        email,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("memberships_user_key", || {
        conflict("already_member", "This person is a member already.")
    })?;
    Ok(())
}

/// Ends a membership and says whose; open sessions lose access with their next request.
pub async fn delete_membership(tx: &mut TenantTx, email: &str) -> Result<Option<UserId>> {
    let user = sqlx::query_scalar!(
        r#"delete from memberships where lower(email) = lower($1) returning user_id as "id: UserId""#,
        email
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(user)
}

/// For sign-in: the user, the password's hash, and the tenant to go to: where they were last, else an active one.
#[derive(Debug)]
pub struct SignIn {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub password_hash: String,
    pub tenant_id: Option<TenantId>,
    /// Whether a code is asked for as well.
    pub has_two_factor: bool,
}

pub async fn find_for_sign_in(db: &Database, email: &str) -> Result<Option<SignIn>> {
    let found = sqlx::query_as!(
        SignIn,
        r#"select u.id as "id: UserId", u.email, u.name, u.password_hash,
            u.totp_confirmed_at is not null as "has_two_factor!",
            (
                select m.tenant_id
                from platform.membership_index m
                join platform.tenant_index t on t.tenant_id = m.tenant_id
                where m.user_id = u.id
                order by t.is_active desc, (m.tenant_id = u.last_workspace) is true desc, m.tenant_id
                limit 1
            ) as "tenant_id: TenantId"
        from platform.users u
        where lower(u.email) = lower($1)"#,
        email,
    )
    .fetch_optional(db.platform())
    .await?;
    Ok(found)
}

pub async fn set_password_hash(db: &Database, user: UserId, hash: &str) -> Result<()> {
    sqlx::query!(
        "update platform.users set password_hash = $2 where id = $1",
        user.0,
        hash
    )
    .execute(db.platform())
    .await?;
    Ok(())
}

/// Deletes those of these accounts that are in no workspace any more, but for operators: they run the installation.
pub async fn delete_homeless(db: &Database, users: &[Uuid]) -> Result<u64> {
    let done = sqlx::query!(
        "delete from platform.users u
        where u.id = any($1)
            and not exists (select from platform.membership_index m where m.user_id = u.id)
            and not exists (select from platform.operators o where o.user_id = u.id)",
        users,
    )
    .execute(db.platform())
    .await?;
    Ok(done.rows_affected())
}
