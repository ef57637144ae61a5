//! All SQL for contacts and their identities.

use kernel::ids::ContactId;
use kernel::{Result, TenantTx};
use uuid::Uuid;

use super::VerifiedIdentity;

/// Writes an anonymous contact unless it exists.
pub async fn ensure(tx: &mut TenantTx, id: ContactId, language: Option<&str>) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into contacts (tenant_id, id, language) values ($1, $2, $3) on conflict do nothing",
        tenant.0,
        id.0,
        language,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The contact with this verified identity, made on first sight; its name and address follow the token.
pub async fn find_or_create_verified(tx: &mut TenantTx, identity: &VerifiedIdentity) -> Result<ContactId> {
    let tenant = tx.tenant_id();
    let fresh = ContactId::new();
    // The lock makes two first visits of the same person queue instead of making two contacts.
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtext($1))",
        format!("identity/{tenant}/{}", identity.subject)
    )
    .execute(&mut **tx)
    .await?;
    let known = sqlx::query_scalar!(
        r#"select contact_id as "id: ContactId" from contact_identities where kind = 'external' and value = $1"#,
        identity.subject,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let id = known.unwrap_or(fresh);
    if known.is_none() {
        ensure(tx, id, None).await?;
        sqlx::query!(
            "insert into contact_identities (tenant_id, id, contact_id, kind, value, is_verified) values ($1, $2, $3, 'external', $4, true)",
            tenant.0,
            Uuid::now_v7(),
            id.0,
            identity.subject,
        )
        .execute(&mut **tx)
        .await?;
    }
    sqlx::query!(
        "update contacts set name = coalesce($2, name), email = coalesce($3, email) where id = $1",
        id.0,
        identity.name,
        identity.email,
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// Sets name and address, for import and demonstration data.
pub async fn describe(tx: &mut TenantTx, id: ContactId, name: &str, email: &str) -> Result<()> {
    sqlx::query!(
        "update contacts set name = $2, email = $3 where id = $1",
        id.0,
        name,
        email
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
