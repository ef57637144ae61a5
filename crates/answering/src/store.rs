//! SQL that reads what others own: how a channel's bot is set, and which channel a conversation is in.

use kernel::error::not_found;
use kernel::ids::{ChannelId, ConversationId};
use kernel::{Result, TenantTx};
use serde_json::Value;

use crate::bots::Which;

/// What a bot is made from.
pub struct BotRow {
    pub settings: Value,
    pub is_bot_active: bool,
    pub ai_model: Option<String>,
    pub ai_temperature: f64,
    pub business_name: String,
    /// The prompt that the settings name, unless it is gone.
    pub library_prompt: Option<String>,
    /// The knowledge base of that type that is in force.
    pub system_prompt: Option<String>,
    pub channel_id: ChannelId,
    pub is_webhook: bool,
    pub brain_url: Option<String>,
    pub brain_encrypted_header: Option<String>,
    pub brain_timeout_seconds: i32,
    pub brain_falls_back: bool,
    /// The workspace's, for channels without a link of their own.
    pub booking_url: Option<String>,
    pub has_scheduler: bool,
}

pub async fn find_bot(tx: &mut TenantTx, which: Which<'_>) -> Result<Option<BotRow>> {
    let (id, key) = match which {
        Which::Channel(id) => (Some(id.0), None),
        Which::Key(key) => (None, Some(key)),
        Which::First => (None, None),
    };
    let row = sqlx::query_as!(
        BotRow,
        r#"select c.settings, b.is_bot_active, b.ai_model, b.ai_temperature::float8 as "ai_temperature!",
            t.name as business_name, p.system_prompt as "library_prompt?",
            k.content as "system_prompt?", c.id as "channel_id: ChannelId", c.brain = 'webhook' as "is_webhook!", c.brain_url,
            c.brain_encrypted_header, c.brain_timeout_seconds, c.brain_falls_back, m.booking_url as "booking_url?",
            coalesce(m.is_scheduler_on, false) as "has_scheduler!"
        from channels c
        join channel_configurations b on b.tenant_id = c.tenant_id and b.channel_id = c.id
        join tenants t on t.tenant_id = c.tenant_id
        left join meeting_settings m on m.tenant_id = c.tenant_id
        left join agent_prompts p on p.tenant_id = c.tenant_id and p.id::text = c.settings ->> 'agent_prompt_id'
        left join knowledge_bases k on k.tenant_id = c.tenant_id and k.content_type = 'system_prompt' and k.is_active
        where c.tenant_id = current_tenant_id() and ($1::uuid is null or c.id = $1) and ($2::text is null or c.channel_key = $2)
        order by c.created_at
        limit 1"#,
        id,
        key,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// Where a conversation takes place.
pub struct Place {
    pub channel_id: ChannelId,
    pub language: Option<String>,
}

pub async fn get_place(tx: &mut TenantTx, conversation: ConversationId) -> Result<Place> {
    let place = sqlx::query_as!(
        Place,
        r#"select channel_id as "channel_id: ChannelId", language from conversations
        where tenant_id = current_tenant_id() and id = $1"#,
        conversation.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    place.ok_or_else(|| not_found("conversation"))
}

/// Onboarding looks at whether the bot has been tried.
pub async fn count_test_question(tx: &mut TenantTx) -> Result<()> {
    sqlx::query!(
        "update tenants set test_questions = test_questions + 1 where tenant_id = current_tenant_id()"
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
