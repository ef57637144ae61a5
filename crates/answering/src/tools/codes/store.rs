//! All SQL for codes.

use chrono::{DateTime, Utc};
use kernel::error::conflict;
use kernel::ids::{ClientId, ConversationId, OrderVerificationId};
use kernel::{Result, TenantTx};

use super::super::Guess;
use super::{LIFETIME, MOST_TRIES, Verification};

/// The newest of a conversation; perhaps of those alone that were asked for.
pub async fn find_last(
    tx: &mut TenantTx,
    conversation: ConversationId,
    is_asked_for: bool,
) -> Result<Option<Verification>> {
    let found = sqlx::query_as!(
        Verification,
        r#"select id as "id: OrderVerificationId", order_number, created_at, sent_at, expires_at, client_id as "client_id: ClientId",
            code_hash, tries, verified_at
        from order_verifications
        where tenant_id = current_tenant_id() and conversation_id = $1 and (sent_at is not null or not $2)
        order by created_at desc, id desc
        limit 1"#,
        conversation.0,
        is_asked_for,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}

/// Whom the visitor of a conversation has shown to be.
pub async fn list_verified(
    tx: &mut TenantTx,
    conversation: ConversationId,
    since: DateTime<Utc>,
) -> Result<Vec<ClientId>> {
    let clients = sqlx::query_scalar!(
        r#"select distinct client_id as "id!: ClientId" from order_verifications
        where tenant_id = current_tenant_id() and conversation_id = $1 and verified_at > $2 and client_id is not null"#,
        conversation.0,
        since,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(clients)
}

/// How often a code was asked for by the conversation's contact, or for this number by anybody: whichever is more.
pub async fn count_asked(
    tx: &mut TenantTx,
    conversation: ConversationId,
    number: &str,
    since: DateTime<Utc>,
) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select greatest(
            (select count(*) from order_verifications
                where tenant_id = current_tenant_id() and order_number = $2 and sent_at > $3),
            (select count(*) from order_verifications v
                join conversations c on c.tenant_id = v.tenant_id and c.id = v.conversation_id
                where v.tenant_id = current_tenant_id() and v.sent_at > $3
                    and c.contact_id = (select contact_id from conversations where tenant_id = current_tenant_id() and id = $1))
        ) as "count!""#,
        conversation.0,
        number,
        since,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

/// How often a client was sent one.
pub async fn count_sent(tx: &mut TenantTx, client: ClientId, since: DateTime<Utc>) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from order_verifications
        where tenant_id = current_tenant_id() and client_id = $1 and sent_at > $2"#,
        client.0,
        since,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

pub async fn insert(
    tx: &mut TenantTx,
    id: OrderVerificationId,
    conversation: ConversationId,
    number: &str,
    is_asked_for: bool,
) -> Result<()> {
    let (tenant, now) = (tx.tenant_id(), tx.now());
    sqlx::query!(
        "insert into order_verifications (tenant_id, id, conversation_id, order_number, created_at, sent_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7)",
        tenant.0,
        id.0,
        conversation.0,
        number,
        now,
        is_asked_for.then_some(now),
        is_asked_for.then_some(now + LIFETIME),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The number of one that was not mailed yet and can still be typed.
pub async fn lock_unsent(
    tx: &mut TenantTx,
    id: OrderVerificationId,
) -> Result<Option<(ConversationId, String)>> {
    let now = tx.now();
    let row = sqlx::query!(
        r#"select conversation_id as "conversation_id: ConversationId", order_number from order_verifications
        where tenant_id = current_tenant_id() and id = $1 and code_hash is null and expires_at > $2
        for no key update"#,
        id.0,
        now,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| (row.conversation_id, row.order_number)))
}

pub async fn set_code(
    tx: &mut TenantTx,
    id: OrderVerificationId,
    client: ClientId,
    hash: &[u8],
) -> Result<()> {
    sqlx::query!(
        "update order_verifications set client_id = $2, code_hash = $3 where tenant_id = current_tenant_id() and id = $1",
        id.0,
        client.0,
        hash,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Counts a try, and takes down that it was right.
///
/// # Errors
/// 409 if there was none left: then nothing may be said of it.
pub async fn count_guess(tx: &mut TenantTx, guess: Guess) -> Result<()> {
    let now = tx.now();
    let done = sqlx::query!(
        "update order_verifications set tries = tries + 1, verified_at = case when $2 then $3::timestamptz end
        where tenant_id = current_tenant_id() and id = $1 and verified_at is null and tries < $4 and expires_at > $3",
        guess.verification.0,
        guess.is_right,
        now,
        MOST_TRIES,
    )
    .execute(&mut **tx)
    .await?;
    match done.rows_affected() {
        0 => Err(conflict("code_used", "This code is not good any more.")),
        _ => Ok(()),
    }
}

pub async fn workspace_name(tx: &mut TenantTx) -> Result<String> {
    let name = sqlx::query_scalar!("select name from tenants where tenant_id = current_tenant_id()")
        .fetch_one(&mut **tx)
        .await?;
    Ok(name)
}
