//! All SQL for a workspace's mail server and its address for escalations.

use kernel::{Result, TenantTx};

use super::MailServer;
use crate::smtp::Tls;

pub async fn find(tx: &mut TenantTx) -> Result<Option<MailServer>> {
    let row = sqlx::query!(
        r#"select host, port, tls as "tls: Tls", username, password_last4,
            encrypted_password is not null as "has_password!", from_address
        from email_settings
        where tenant_id = current_tenant_id()"#
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| MailServer {
        host: row.host,
        port: u16::try_from(row.port).unwrap_or_default(),
        tls: row.tls,
        username: row.username,
        password_last4: row.password_last4,
        has_password: row.has_password,
        from_address: row.from_address,
    }))
}

pub async fn find_password(tx: &mut TenantTx) -> Result<Option<String>> {
    let sealed = sqlx::query_scalar!(
        "select encrypted_password from email_settings where tenant_id = current_tenant_id()"
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(sealed.flatten())
}

/// `sealed` none: the password stays as it is.
pub async fn set(tx: &mut TenantTx, server: &MailServer, sealed: Option<Option<String>>) -> Result<()> {
    let tenant = tx.tenant_id();
    let is_new_password = sealed.is_some();
    sqlx::query!(
        "insert into email_settings (tenant_id, host, port, tls, username, encrypted_password, password_last4, from_address)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (tenant_id) do update
        set host = excluded.host, port = excluded.port, tls = excluded.tls, username = excluded.username,
            encrypted_password = case when $9 then excluded.encrypted_password else email_settings.encrypted_password end,
            password_last4 = excluded.password_last4, from_address = excluded.from_address",
        tenant.0,
        server.host,
        i32::from(server.port),
        server.tls.as_str(),
        server.username,
        sealed.flatten(),
        server.password_last4,
        server.from_address,
        is_new_password,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn delete(tx: &mut TenantTx) -> Result<bool> {
    let done = sqlx::query!("delete from email_settings where tenant_id = current_tenant_id()")
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() > 0)
}

pub async fn find_escalation_address(tx: &mut TenantTx) -> Result<Option<String>> {
    let address = sqlx::query_scalar!(
        "select escalation_email from inbox_settings where tenant_id = current_tenant_id()"
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(address.flatten())
}

pub async fn set_escalation_address(tx: &mut TenantTx, address: Option<&str>) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into inbox_settings (tenant_id, escalation_email) values ($1, $2)
        on conflict (tenant_id) do update set escalation_email = excluded.escalation_email",
        tenant.0,
        address,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether somebody of the workspace signs in with this address.
pub async fn is_members(tx: &mut TenantTx, address: &str) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from memberships
            where tenant_id = current_tenant_id() and lower(email) = lower($1)) as "yes!""#,
        address,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// Name and address of a member.
pub async fn find_member(tx: &mut TenantTx, user: kernel::ids::UserId) -> Result<Option<(String, String)>> {
    let row = sqlx::query!(
        "select name, email from memberships where tenant_id = current_tenant_id() and user_id = $1",
        user.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| (row.name, row.email)))
}
