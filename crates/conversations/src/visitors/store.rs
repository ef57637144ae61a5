//! All SQL for what visitors say beside the messages.

use chrono::{DateTime, Utc};
use kernel::ids::{ContactId, ConversationId};
use kernel::{Result, TenantTx};

use super::Rating;
use crate::people;

pub async fn set_rating(
    tx: &mut TenantTx,
    conversation: ConversationId,
    rating: &Rating,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update conversations set rating = $2, rating_comment = coalesce($3, rating_comment), rated_at = $4
        where tenant_id = current_tenant_id() and id = $1",
        conversation.0,
        rating.value,
        rating.comment,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn find_rating(tx: &mut TenantTx, conversation: ConversationId) -> Result<Option<i32>> {
    let rating = sqlx::query_scalar!(
        "select rating from conversations where tenant_id = current_tenant_id() and id = $1",
        conversation.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(rating.flatten())
}

/// Takes the place of an address that the visitor has left before, and of no other: neither of one that a colleague has
/// written down nor of one that came with a signed identity.
pub async fn set_unverified_email(tx: &mut TenantTx, contact: ContactId, email: &str) -> Result<()> {
    let done = sqlx::query!(
        "update contacts p set email = $2
        where p.tenant_id = current_tenant_id() and p.id = $1
            and (p.email is null or exists (select from contact_identities i
                where i.tenant_id = p.tenant_id and i.contact_id = p.id and i.kind = 'email' and i.value = p.email
                    and not i.is_verified))",
        contact.0,
        email,
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(());
    }
    // the same address may have been left by somebody else: neither is believed
    people::store::add_identity(tx, contact, "email", &email.to_lowercase(), false, None).await?;
    Ok(())
}

/// The same for a phone number, digits only.
pub async fn set_unverified_phone(tx: &mut TenantTx, contact: ContactId, digits: &str) -> Result<()> {
    let done = sqlx::query!(
        "update contacts p set phone = $2
        where p.tenant_id = current_tenant_id() and p.id = $1
            and (p.phone is null or exists (select from contact_identities i
                where i.tenant_id = p.tenant_id and i.contact_id = p.id and i.kind = 'phone' and i.value = p.phone
                    and not i.is_verified))",
        contact.0,
        digits,
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() > 0 {
        people::store::add_identity(tx, contact, "phone", digits, false, None).await?;
    }
    Ok(())
}

/// Only where nobody knows how they are called.
pub async fn set_name(tx: &mut TenantTx, contact: ContactId, name: &str) -> Result<()> {
    sqlx::query!(
        "update contacts set name = $2 where tenant_id = current_tenant_id() and id = $1 and name is null",
        contact.0,
        name,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
