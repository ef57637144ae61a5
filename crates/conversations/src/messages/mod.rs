//! Messages and the answers among them, as visitors and members see them.

pub mod api;
pub mod store;

use assets::Asset;
use chrono::{DateTime, Utc};
use kernel::Result;
use kernel::error::invalid;
use kernel::ids::{ConversationId, MessageId, QaPairId};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum SenderType {
    /// The visitor.
    User,
    /// A person of the business.
    Agent,
    /// The bot.
    Ai,
    /// An event worth a line in the thread.
    System,
}

/// One message. `seq` counts 1, 2, 3 … in its conversation.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Message {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    pub seq: i64,
    pub sender_type: SenderType,
    pub sender_name: Option<String>,
    /// Markdown-lite: bold, italics, lists, links, code.
    pub text: String,
    pub created_at: DateTime<Utc>,
    /// Given by the sender; the same one again stores nothing twice.
    pub client_message_id: Option<String>,
    /// For messages of the bot: how it came to say this.
    pub answer: Option<Answer>,
    /// A file that came with it; `text` may be empty then.
    pub attachment: Option<Asset>,
    /// What a messaging channel adds to it.
    pub extras: Extras,
    /// On a messaging channel: what became of it at the vendor's. Null for the person's own messages and for the widget.
    pub delivery: Option<MessageDelivery>,
}

/// What messages of messaging channels have beyond their text. Stored as JSON; what is missing has its default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = MessageExtras)]
pub struct Extras {
    /// The message that this one answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<MessageId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// An emoji that the person put on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reaction: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    pub is_edited: bool,
    /// The person has taken it back: its text and file are gone.
    #[serde(skip_serializing_if = "is_false")]
    pub is_deleted: bool,
    /// The vendor does not give out what was sent.
    #[serde(skip_serializing_if = "is_false")]
    pub is_unsupported: bool,
    /// Why a file that came with it is not here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_file: Option<String>,
    /// A program wrote it: the bot does not answer.
    #[serde(skip_serializing_if = "is_false")]
    pub is_automatic: bool,
    /// How the person came here: an advertisement, a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referral: Option<String>,
    /// It was said in the vendor's own inbox, not here.
    #[serde(skip_serializing_if = "is_false")]
    pub is_from_elsewhere: bool,
    /// A template of the vendor's was used to say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub template: Option<serde_json::Value>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(value: &bool) -> bool {
    !value
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = MessageLocation)]
pub struct Location {
    pub latitude: f64,
    pub longitude: f64,
    pub name: Option<String>,
    pub address: Option<String>,
}

/// What became of a message at the vendor's; of several pieces the one that needs most care.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MessageDelivery {
    pub status: crate::deliveries::Status,
    /// The vendor's code or ours, such as `outside_window`.
    pub code: Option<String>,
    /// In words, for people.
    pub reason: Option<String>,
}

/// What the bot answered, and how sure it is.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Answer {
    /// The same as the message's.
    pub id: MessageId,
    pub text: String,
    pub mode: AnswerMode,
    /// Calibrated: of all answers that say 0.9, nine in ten are meant to be right. Of mode `webhook` it says nothing.
    pub confidence: f64,
    pub sources: Vec<Source>,
    pub suggestion_chips: Vec<String>,
    /// The knowledge does not hold this; the question was noted.
    pub gap_detected: bool,
    /// A person or a booking was offered.
    pub escalation_offered: bool,
    pub matched_qa_ids: Vec<QaPairId>,
    pub actions: Vec<Action>,
    pub feedback: Option<Feedback>,
    /// Which of the channel's agents has said it; null: the channel has one bot, or none of its agents was meant.
    pub agent: Option<AnsweringAgent>,
}

/// An agent of a channel under the names that it had when it spoke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AnsweringAgent {
    pub agent_id: String,
    pub name: String,
}

/// How an answer came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum AnswerMode {
    /// Composed by the tenant's language model.
    Model,
    /// The approved text of the best match, word for word.
    ApprovedText,
    /// The knowledge does not hold it.
    NoAnswer,
    SmallTalk,
    /// A hand-over or a booking instead of an answer.
    Action,
    /// A workflow of the tenant's own: its confidence is not known.
    Webhook,
    /// What the shop's records say of an order, in fixed words.
    Order,
}

impl AnswerMode {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::ApprovedText => "approved_text",
            Self::NoAnswer => "no_answer",
            Self::SmallTalk => "small_talk",
            Self::Action => "action",
            Self::Webhook => "webhook",
            Self::Order => "order",
        }
    }
}

/// Where an answer comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Source {
    pub kind: SourceKind,
    /// The question of the Q&A pair, or the document's title and heading.
    pub title: String,
    pub url: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    Qa,
    Passage,
    /// An order of the visitor's own; the title is its number.
    Order,
}

/// Something the bot did or offers, typed: never read out of the wording of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// The conversation was given to a person.
    HandOff { reason: String },
    /// The visitor may book a meeting.
    OfferBooking { url: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Feedback {
    Up,
    Down,
}

/// The sender's own name for a message, by which a repeated one is recognised.
pub fn check_client_message_id(id: &str) -> Result<()> {
    if (1..=100).contains(&id.chars().count()) {
        return Ok(());
    }
    Err(invalid(
        "bad_client_message_id",
        "`client_message_id` has 1 to 100 characters.",
    ))
}

/// The value of `messages.content_type`.
pub fn content_type(attachment: Option<&Asset>) -> &'static str {
    match attachment {
        None => "text",
        Some(asset) if asset.is_image() => "image",
        Some(_) => "file",
    }
}

/// An upload that cannot be sent: it does not exist, is somebody else's, or was sent before.
pub fn not_an_upload() -> kernel::Error {
    invalid(
        "bad_attachment",
        "This file cannot be sent: it was sent before, or it is not yours. Upload it again.",
    )
}
