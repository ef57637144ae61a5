//! How a channel's bot is set: the one place that reads it.

use std::sync::Arc;
use std::time::Duration;

use automation::collections;
use kernel::error::not_found;
use kernel::ids::ChannelId;
use kernel::{Result, TenantTx};

use crate::brain::Brain;
use crate::pipeline::{ModelSource, Options};
use crate::{BotSettings, store};

/// How the bot behaves in a channel.
#[derive(Debug, Clone)]
pub struct Bot {
    /// Whose keyword actions count; none where no channel is meant.
    pub channel_id: Option<ChannelId>,
    /// False: the channel's bot is switched off.
    pub is_active: bool,
    /// With the personality prompt that counts: the library's, if the channel names one.
    pub settings: Arc<BotSettings>,
    pub options: Options,
    /// A workflow that answers in its place.
    pub brain: Option<Brain>,
    /// The workspace's own scheduler is on.
    pub has_scheduler: bool,
}

/// Whose bot is meant.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    Channel(ChannelId),
    Key(&'a str),
    /// The oldest channel's, or the defaults where there is none.
    First,
}

/// The bot of a channel.
///
/// # Errors
/// 404 for a channel that does not exist.
pub async fn get(tx: &mut TenantTx, which: Which<'_>) -> Result<Bot> {
    match (store::find_bot(tx, which).await?, which) {
        (Some(row), _) => {
            let channel = row.channel_id;
            let mut bot = read(row)?;
            let settings = Arc::make_mut(&mut bot.settings);
            settings.personality_prompt =
                collections::fill(tx, channel, &settings.personality_prompt).await?;
            Ok(bot)
        }
        (None, Which::First) => Ok(Bot {
            channel_id: None,
            is_active: true,
            settings: Arc::default(),
            options: Options::default(),
            brain: None,
            has_scheduler: false,
        }),
        (None, _) => Err(not_found("channel")),
    }
}

/// The bot's part of the settings is read leniently: the rest belongs to the channel.
fn read(row: store::BotRow) -> Result<Bot> {
    let mut settings: BotSettings = serde_json::from_value(row.settings)?;
    settings.booking_url = settings.booking_url.or(row.booking_url);
    if let Some(prompt) = row.library_prompt {
        settings.personality_prompt = prompt;
    }
    if let Some(prompt) = row.system_prompt {
        settings.personality_prompt = format!("{}\n\n{}", prompt.trim(), settings.personality_prompt);
    }
    settings.personality_prompt = settings
        .personality_prompt
        .replace("{{business.name}}", &row.business_name)
        .replace("{{bot.name}}", &settings.display_name);
    let brain = row.brain_url.filter(|_| row.is_webhook).map(|url| Brain {
        channel_id: row.channel_id,
        url,
        encrypted_header: row.brain_encrypted_header,
        timeout: Duration::from_secs(u64::try_from(row.brain_timeout_seconds).unwrap_or(30)),
        falls_back: row.brain_falls_back,
    });
    let options = match settings.credential_id {
        Some(credential) => Options {
            source: ModelSource::Credential(credential),
            model: None,
            temperature: row.ai_temperature,
        },
        None => Options {
            source: ModelSource::Default,
            model: row.ai_model,
            temperature: row.ai_temperature,
        },
    };
    Ok(Bot {
        channel_id: Some(row.channel_id),
        is_active: row.is_bot_active,
        settings: Arc::new(settings),
        options,
        brain,
        has_scheduler: row.has_scheduler,
    })
}
