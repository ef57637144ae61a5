//! How a channel's bot behaves. Part of the channel's settings; every key has a default and a range.

use kernel::error::{Result, invalid};
use kernel::ids::{AgentPromptId, CredentialId};
use knowledge::versions::LONGEST_PROMPT;
use serde::{Deserialize, Serialize};

/// The bot's part of a channel's settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct BotSettings {
    /// What visitors see as the bot's name.
    pub display_name: String,
    /// The instructions that a language model gets. Without a model it has no effect. `{{business.name}}`,
    /// `{{bot.name}}`, `{{visitor.language}}` and `{{today}}` are filled in.
    pub personality_prompt: String,
    /// A prompt of the library that takes the place of `personality_prompt`.
    pub agent_prompt_id: Option<AgentPromptId>,
    /// The model credential that composes this channel's answers; null: the default one.
    pub credential_id: Option<CredentialId>,
    /// Answers below this confidence are not given: 0.5 to 0.95.
    pub confidence_threshold: f64,
    /// Suggested follow-up questions with each answer: 1 to 5.
    pub max_suggestion_chips: u8,
    /// Whether the bot offers a person, or the booking link, when it cannot help or is asked to.
    pub escalation_enabled: bool,
    /// A https address where visitors book a meeting.
    pub booking_url: Option<String>,
    /// Whether the bot asks visitors who might buy how they can be reached, once a conversation and after its answer.
    pub lead_capture: LeadCapture,
    /// What it asks for. The e-mail address or the phone number is among it.
    pub lead_fields: Vec<LeadField>,
    /// What it says about the use of what is left, up to 500 characters. Kept with the lead, with the time.
    pub lead_consent_text: String,
    /// Which messages wait for more before the bot replies.
    pub join_messages: JoinMessages,
    /// How long they wait after the last message, in milliseconds: 0 to 10,000.
    pub burst_window_ms: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeadCapture {
    Off,
    /// When somebody asks for a price, a quote, a meeting or how to buy.
    WhenUseful,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeadField {
    Name,
    Email,
    Phone,
}

/// People write in bursts: "Hi" – "I have a question" – "about my order".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JoinMessages {
    /// Those the bot is not sure to understand yet. A question with a confident answer is answered at once.
    WhenUnsure,
    /// All: one reply to everything that came within the window.
    Always,
    Never,
}

/// The instructions a model gets unless the business writes its own.
pub const DEFAULT_PERSONALITY_PROMPT: &str = "\
### Role
You are the friendly and knowledgeable assistant of this business. You answer questions accurately from the knowledge \
provided. Be conversational, helpful and professional.

### Constraints
1. Only answer from the knowledge provided.
2. If it does not hold the answer, say so honestly and suggest a person.
3. Never make up information or speculate beyond it.
4. Keep answers concise: two to four sentences for simple questions.";

impl Default for BotSettings {
    fn default() -> Self {
        Self {
            display_name: "Assistant".into(),
            personality_prompt: DEFAULT_PERSONALITY_PROMPT.into(),
            agent_prompt_id: None,
            credential_id: None,
            confidence_threshold: 0.78,
            max_suggestion_chips: 3,
            escalation_enabled: true,
            booking_url: None,
            lead_capture: LeadCapture::Off,
            lead_fields: vec![LeadField::Name, LeadField::Email, LeadField::Phone],
            lead_consent_text: String::new(),
            join_messages: JoinMessages::WhenUnsure,
            burst_window_ms: 1500,
        }
    }
}

impl BotSettings {
    /// The range of `confidence_threshold`.
    pub const LOWEST_THRESHOLD: f64 = 0.5;
    pub const HIGHEST_THRESHOLD: f64 = 0.95;

    /// # Errors
    /// Names the first key that is out of its range.
    pub fn check(&self) -> Result<()> {
        let bad = |detail: &str| Err(invalid("bad_settings", detail));
        if self.display_name.trim().is_empty() || self.display_name.chars().count() > 60 {
            return bad("`display_name` has 1 to 60 characters.");
        }
        if self.personality_prompt.chars().count() > LONGEST_PROMPT {
            return bad("`personality_prompt` has at most 20,000 characters.");
        }
        if !(Self::LOWEST_THRESHOLD..=Self::HIGHEST_THRESHOLD).contains(&self.confidence_threshold) {
            return bad("`confidence_threshold` lies between 0.5 and 0.95.");
        }
        if !(1..=5).contains(&self.max_suggestion_chips) {
            return bad("`max_suggestion_chips` lies between 1 and 5.");
        }
        let reaches = |field: &LeadField| matches!(field, LeadField::Email | LeadField::Phone);
        if !self.lead_fields.iter().any(reaches) {
            return bad("`lead_fields` holds `email` or `phone`, and perhaps `name`.");
        }
        if self.lead_consent_text.chars().count() > 500 {
            return bad("`lead_consent_text` has at most 500 characters.");
        }
        if self.burst_window_ms > 10_000 {
            return bad("`burst_window_ms` lies between 0 and 10,000.");
        }
        if self
            .booking_url
            .as_ref()
            .is_some_and(|url| !url.starts_with("https://") || names_user(url))
        {
            return bad("`booking_url` starts with https:// and names no user or password: visitors see it.");
        }
        Ok(())
    }
}

/// Whether something stands before an `@` where an address names its host.
fn names_user(url: &str) -> bool {
    let host = url
        .trim_start_matches("https://")
        .split(['/', '?', '#', '\\'])
        .next();
    host.is_some_and(|host| host.contains('@'))
}
