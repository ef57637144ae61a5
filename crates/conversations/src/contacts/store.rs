//! All SQL for contacts and their identities.

use std::collections::HashMap;

use kernel::ids::{ContactId, ConversationId};
use kernel::{Result, TenantTx};
use uuid::Uuid;

use super::{ContactChannel, ContactDetails, ContactRow, Identity, PastConversation, VerifiedIdentity};
use crate::inbox::Status;
use crate::people;

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

/// The visitor with this verified identity, made on first sight; its name and address follow the token. Whoever was put
/// together with somebody by the team stays who they were.
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
        r#"select visitor_now(coalesce(came_from, contact_id)) as "id!: ContactId" from contact_identities
        where tenant_id = current_tenant_id() and kind = 'external' and value = $1"#,
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
        "update contacts set name = coalesce($2, name), email = coalesce($3, email), vouched_email = coalesce($3, vouched_email)
        where id = $1",
        id.0,
        identity.name,
        identity.email,
    )
    .execute(&mut **tx)
    .await?;
    match &identity.email {
        // what the business signs is verified
        Some(email) => people::claim(tx, id, "email", email).await,
        None => Ok(id),
    }
}

pub async fn find(tx: &mut TenantTx, id: ContactId) -> Result<Option<ContactDetails>> {
    let row = sqlx::query!(
        r#"select name, email, phone, language, note, is_blocked, created_at, last_interaction_at, username,
            case when merged_into is not null then contact_now(id) end as "merged_into: ContactId" from contacts
        where tenant_id = current_tenant_id() and id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let identities = list_identities(tx, id).await?;
    let conversations = list_conversations(tx, id).await?;
    Ok(Some(ContactDetails {
        id,
        name: row.name,
        email: row.email,
        phone: row.phone,
        language: row.language,
        note: row.note,
        is_blocked: row.is_blocked,
        identities,
        channels: list_channels(tx, &[id]).await?.remove(&id).unwrap_or_default(),
        conversations,
        merges: people::store::list_merges(tx, id).await?,
        merged_into: row.merged_into,
        username: row.username,
        created_at: row.created_at,
        last_interaction_at: row.last_interaction_at,
    }))
}

async fn list_identities(tx: &mut TenantTx, id: ContactId) -> Result<Vec<Identity>> {
    let identities = sqlx::query_as!(
        Identity,
        "select kind, value, is_verified from contact_identities
        where tenant_id = current_tenant_id() and contact_id = $1
        order by kind, value",
        id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(identities)
}

/// The channels of each of these contacts.
async fn list_channels(
    tx: &mut TenantTx,
    contacts: &[ContactId],
) -> Result<HashMap<ContactId, Vec<ContactChannel>>> {
    let contacts: Vec<Uuid> = contacts.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select p.contact_id as "contact_id!: ContactId", h.kind, h.name, p.platform_id
        from (
            select contact_id, channel_id, substr(value, length(channel_id::text) + 2) as platform_id from contact_identities
            where tenant_id = current_tenant_id() and contact_id = any($1) and channel_id is not null
            union
            select c.contact_id, c.channel_id, null from conversations c
            where c.tenant_id = current_tenant_id() and c.contact_id = any($1) and c.last_message_at is not null
                and not exists (select from contact_identities i where i.tenant_id = c.tenant_id and i.contact_id = c.contact_id
                    and i.channel_id = c.channel_id)
        ) p
        join channels h on h.tenant_id = current_tenant_id() and h.id = p.channel_id
        order by h.name, p.platform_id"#,
        &contacts,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut found: HashMap<ContactId, Vec<ContactChannel>> = HashMap::new();
    for row in rows {
        found.entry(row.contact_id).or_default().push(ContactChannel {
            kind: row.kind,
            name: row.name,
            platform_id: row.platform_id,
        });
    }
    Ok(found)
}

async fn list_conversations(tx: &mut TenantTx, id: ContactId) -> Result<Vec<PastConversation>> {
    let conversations = sqlx::query_as!(
        PastConversation,
        r#"select c.id as "id: ConversationId", c.status as "status: Status", c.last_message_preview, c.last_message_at,
            h.name as channel_name
        from conversations c
        join channels h on h.tenant_id = c.tenant_id and h.id = c.channel_id
        where c.tenant_id = current_tenant_id() and c.contact_id = $1 and c.last_message_at is not null
        order by c.last_message_at desc, c.id desc
        limit 100"#,
        id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(conversations)
}

/// Writes what members may change.
pub async fn update(tx: &mut TenantTx, contact: &ContactDetails) -> Result<()> {
    sqlx::query!(
        "update contacts
        set name = $2, email = $3, phone = $4, language = $5, note = $6, is_blocked = $7
        where tenant_id = current_tenant_id() and id = $1",
        contact.id.0,
        contact.name,
        contact.email,
        contact.phone,
        contact.language,
        contact.note,
        contact.is_blocked,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Every conversation of the contact.
pub async fn list_conversation_ids(tx: &mut TenantTx, id: ContactId) -> Result<Vec<ConversationId>> {
    let ids = sqlx::query_scalar!(
        r#"select id as "id: ConversationId" from conversations
        where tenant_id = current_tenant_id() and contact_id = $1
        order by id"#,
        id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(ids)
}

/// Erases the contact and, by cascade, all conversations with everything in them.
pub async fn delete(tx: &mut TenantTx, id: ContactId) -> Result<bool> {
    let done = sqlx::query!(
        "delete from contacts where tenant_id = current_tenant_id() and id = $1",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Contacts whose name, address, number or user name holds the words, most recently active first.
pub async fn list(tx: &mut TenantTx, words: &str, limit: i64) -> Result<Vec<ContactRow>> {
    let pattern = format!("%{}%", words.replace(['%', '_', '\\'], ""));
    let rows = sqlx::query!(
        r#"select id as "id: ContactId", name, email, phone, username, last_interaction_at from contacts
        where tenant_id = current_tenant_id() and merged_into is null
            and ($1 = '%%' or name ilike $1 or email ilike $1 or phone ilike $1 or username ilike $1)
        order by last_interaction_at desc nulls last, id desc
        limit $2"#,
        pattern,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    let ids: Vec<ContactId> = rows.iter().map(|row| row.id).collect();
    let mut channels = list_channels(tx, &ids).await?;
    let contacts = rows.into_iter().map(|row| ContactRow {
        id: row.id,
        name: row.name,
        email: row.email,
        phone: row.phone,
        username: row.username,
        last_interaction_at: row.last_interaction_at,
        channels: channels.remove(&row.id).unwrap_or_default(),
    });
    Ok(contacts.collect())
}
