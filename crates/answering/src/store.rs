//! All SQL of this domain: it owns no table and reads only how a channel's bot is set.

use kernel::error::not_found;
use kernel::{Result, TenantTx};

use crate::BotSettings;
use crate::pipeline::Options;

/// The bot of the named channel, or of the oldest one. The bot's part of the settings is read leniently: the rest
/// belongs to the channel.
pub async fn find_bot(tx: &mut TenantTx, channel_key: Option<&str>) -> Result<(BotSettings, Options)> {
    let row = sqlx::query!(
        r#"select c.settings, b.ai_model, b.ai_temperature::float8 as "ai_temperature!"
        from channels c
        join channel_configurations b on b.tenant_id = c.tenant_id and b.channel_id = c.id
        where c.tenant_id = current_tenant_id() and ($1::text is null or c.channel_key = $1)
        order by c.created_at
        limit 1"#,
        channel_key,
    )
    .fetch_optional(&mut **tx)
    .await?;
    match row {
        Some(row) => {
            let options = Options {
                model: row.ai_model,
                temperature: row.ai_temperature,
            };
            Ok((serde_json::from_value(row.settings)?, options))
        }
        None if channel_key.is_some() => Err(not_found("channel")),
        None => Ok((BotSettings::default(), Options::default())),
    }
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
