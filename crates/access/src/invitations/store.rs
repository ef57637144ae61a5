//! All SQL for invitations.

use chrono::{DateTime, Utc};
use kernel::ids::{InvitationId, TenantId, UserId};
use kernel::{Database, Result, TenantTx};

use super::{Fate, FoundInvitation, Invitation};
use crate::Role;

/// `invited_by` is `user:<id>` or `api_key:<id>`.
pub async fn insert(
    tx: &mut TenantTx,
    invitation: &Invitation,
    invited_by: &str,
    token_hash: &[u8],
) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into invitations (tenant_id, id, token_hash, email, role, inviter_name, created_at, expires_at, invited_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        tenant.0,
        invitation.id.0,
        token_hash,
        invitation.email,
        invitation.role.as_str(),
        invitation.inviter_name,
        invitation.created_at,
        invitation.expires_at,
        invited_by,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Those that can still be accepted, newest first.
pub async fn list_open(tx: &mut TenantTx, now: DateTime<Utc>) -> Result<Vec<Invitation>> {
    let invitations = sqlx::query_as!(
        Invitation,
        r#"select id as "id: InvitationId", email, role as "role: Role", inviter_name, created_at, expires_at
        from invitations
        where accepted_at is null and revoked_at is null and expires_at > $1
        order by created_at desc, id desc"#,
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(invitations)
}

/// Withdraws an open invitation and says for whom it was; none if there is no such open one.
pub async fn revoke(
    tx: &mut TenantTx,
    id: InvitationId,
    now: DateTime<Utc>,
) -> Result<Option<(Role, Option<String>)>> {
    let revoked = sqlx::query!(
        r#"update invitations set revoked_at = $2
        where id = $1 and accepted_at is null and revoked_at is null
        returning role as "role: Role", email"#,
        id.0,
        now,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(revoked.map(|row| (row.role, row.email)))
}

/// Withdraws what these invited to one of these roles and nobody has accepted, and says for whom it was.
pub async fn revoke_of(
    tx: &mut TenantTx,
    inviters: &[String],
    roles: &[String],
    now: DateTime<Utc>,
) -> Result<Vec<(InvitationId, Role, Option<String>)>> {
    let revoked = sqlx::query!(
        r#"update invitations set revoked_at = $3
        where invited_by = any($1) and role = any($2) and accepted_at is null and revoked_at is null
        returning id as "id: InvitationId", role as "role: Role", email"#,
        inviters,
        roles,
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(revoked
        .into_iter()
        .map(|row| (row.id, row.role, row.email))
        .collect())
}

pub async fn find_by_token(db: &Database, token_hash: &[u8]) -> Result<Option<FoundInvitation>> {
    let found = sqlx::query_as!(
        FoundInvitation,
        r#"select i.invitation_id as "id: InvitationId", i.tenant_id as "tenant_id: TenantId", t.is_active as is_tenant_active
        from platform.invitation_index i
        join platform.tenant_index t on t.tenant_id = i.tenant_id
        where i.token_hash = $1"#,
        token_hash,
    )
    .fetch_optional(db.platform())
    .await?;
    Ok(found)
}

pub(super) async fn get_fate(tx: &mut TenantTx, id: InvitationId) -> Result<Fate> {
    let fate = sqlx::query_as!(
        Fate,
        r#"select email, role as "role: Role", inviter_name, invited_by, expires_at, accepted_at, revoked_at
        from invitations
        where id = $1"#,
        id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(fate)
}

/// Uses an open invitation up. False if somebody else was faster.
pub async fn claim(tx: &mut TenantTx, id: InvitationId, user: UserId, now: DateTime<Utc>) -> Result<bool> {
    let done = sqlx::query!(
        "update invitations set accepted_at = $3, accepted_by = $2
        where id = $1 and accepted_at is null and revoked_at is null and expires_at > $3",
        id.0,
        user.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}
