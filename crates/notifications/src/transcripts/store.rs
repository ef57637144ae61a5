//! All SQL for transcripts.

use chrono::{DateTime, Utc};
use kernel::error::not_found;
use kernel::ids::ConversationId;
use kernel::{Result, TenantTx};

/// Whose conversation it is, and whether the address can be trusted.
pub struct About {
    pub workspace: String,
    pub language: String,
    pub contact_name: Option<String>,
    pub email: Option<String>,
    /// The address as it stands now was verified, or came with a signed identity token.
    pub is_verified: bool,
    /// Somebody who signs in, or who answers in the vendor's own inbox, has replied here. A program does not count.
    pub has_human_reply: bool,
    pub is_blocked: bool,
}

pub async fn get_about(tx: &mut TenantTx, id: ConversationId) -> Result<About> {
    sqlx::query_as!(
        About,
        r#"select t.name as workspace, coalesce(c.language, t.language) as "language!", p.name as contact_name, p.email,
            p.is_blocked,
            coalesce(lower(p.vouched_email) = lower(p.email), false) or exists (select from contact_identities i
                where i.tenant_id = p.tenant_id and i.contact_id = p.id and i.kind = 'email' and i.is_verified
                    and lower(i.value) = lower(p.email)) as "is_verified!",
            exists (select from messages m where m.tenant_id = c.tenant_id and m.conversation_id = c.id
                and m.sender_type = 'agent' and (m.sender_user_id is not null or m.was_sent_elsewhere)) as "has_human_reply!"
        from conversations c
        join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id
        join tenants t on t.tenant_id = c.tenant_id
        where c.tenant_id = current_tenant_id() and c.id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or_else(|| not_found("conversation"))
}

/// Something that was said.
pub struct Said {
    pub sender_type: String,
    pub sender_name: Option<String>,
    pub text: String,
    pub file_name: Option<String>,
    pub sent_at: DateTime<Utc>,
}

/// The newest 1,000, the oldest of them first.
pub async fn list(tx: &mut TenantTx, id: ConversationId) -> Result<Vec<Said>> {
    let mut said = sqlx::query_as!(
        Said,
        r#"select m.sender_type, m.sender_name, m.text_content as text, a.file_name as "file_name?", m.sent_at
        from messages m
        left join assets a on a.tenant_id = m.tenant_id and a.id = m.attachment_id
        where m.tenant_id = current_tenant_id() and m.conversation_id = $1 and m.sender_type in ('user', 'agent', 'ai')
            and (m.text_content <> '' or a.id is not null)
        order by m.seq desc
        limit 1000"#,
        id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    said.reverse();
    Ok(said)
}
