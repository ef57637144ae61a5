//! How a channel's bot is set: the one place that reads it.

use std::sync::Arc;
use std::time::Duration;

use automation::collections;
use kernel::error::not_found;
use kernel::ids::ChannelId;
use kernel::{Result, TenantTx};

use crate::agents::{self, Agent};
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
    /// Those of the channel that may speak, in the order in which they are asked.
    pub agents: Arc<[Agent]>,
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
            let (business, system_prompt) = (row.business_name.clone(), row.system_prompt.clone());
            let mut bot = read(row)?;
            bot.agents = speakers(tx, channel, &bot, &business, system_prompt.as_deref()).await?;
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
            agents: Arc::default(),
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
    settings.personality_prompt = named(
        &settings.personality_prompt,
        row.system_prompt.as_deref(),
        &row.business_name,
        &settings.display_name,
    );
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
        agents: Arc::default(),
        has_scheduler: row.has_scheduler,
    })
}

/// A prompt behind the workspace's own, with the names in it.
fn named(prompt: &str, system_prompt: Option<&str>, business: &str, bot: &str) -> String {
    let prompt = match system_prompt {
        Some(before) => format!("{}\n\n{prompt}", before.trim()),
        None => prompt.to_owned(),
    };
    prompt
        .replace("{{business.name}}", business)
        .replace("{{bot.name}}", bot)
}

async fn speakers(
    tx: &mut TenantTx,
    channel: ChannelId,
    bot: &Bot,
    business: &str,
    system_prompt: Option<&str>,
) -> Result<Arc<[Agent]>> {
    let mut agents = Vec::new();
    for speaker in agents::store::list_speakers(tx, channel).await? {
        let prompt = named(
            &speaker.system_prompt,
            system_prompt,
            business,
            &bot.settings.display_name,
        );
        agents.push(Agent {
            agent_id: speaker.agent_id,
            name: speaker.name,
            conditions: serde_json::from_value(speaker.conditions)?,
            prompt: collections::fill(tx, channel, &prompt).await?,
            offers_booking: speaker.offers_booking,
            ai_model: speaker.ai_model,
            ai_temperature: speaker.ai_temperature,
        });
    }
    Ok(agents.into())
}
