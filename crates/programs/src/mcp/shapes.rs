//! What tools take and give, with the schemas that clients see. What a tool gives is a part of what the API gives.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

/// What `search_knowledge` takes.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// A question or some words, in any language.
    pub query: String,
    /// 1 to 20 entries, 8 unless given.
    #[serde(default = "eight")]
    #[schemars(range(min = 1, max = 20))]
    pub limit: u8,
}

fn eight() -> u8 {
    8
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct Entries {
    /// Best first.
    pub items: Vec<Entry>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct Entry {
    pub id: String,
    /// `qa_pair` or `passage` (of a document or web page).
    pub kind: String,
    /// The question, or the passage's title.
    pub title: String,
    /// The approved answer, or the passage.
    pub text: String,
    pub url: Option<String>,
    pub language: Option<String>,
    /// The calibrated probability that it answers the query, 0 to 1.
    pub probability: f64,
}

/// What `ask` takes.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// 1 to 4,000 characters.
    pub question: String,
    /// What was said before, oldest first.
    #[serde(default)]
    pub history: Vec<Line>,
    /// Answer as this channel's bot would; the first channel's unless given.
    #[serde(default)]
    pub channel_key: Option<String>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub role: Role,
    pub text: String,
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    User,
    Assistant,
}

#[derive(Debug, Deserialize)]
pub struct Asked {
    pub answer: Answer,
}

/// What the bot would say to a visitor.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct Answer {
    pub text: String,
    /// `model`, `approved_text`, `no_answer`, `small_talk` or `action`.
    pub mode: String,
    /// The calibrated probability that it is right, 0 to 1.
    pub confidence: f64,
    pub sources: Vec<Source>,
    /// The knowledge does not hold this.
    pub gap_detected: bool,
    pub escalation_offered: bool,
    pub suggestion_chips: Vec<String>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct Source {
    pub kind: String,
    pub title: String,
    pub url: Option<String>,
}

/// What `list_conversations` takes.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConversationFilter {
    /// Only those in this state; all unless given.
    #[serde(default)]
    pub status: Option<Status>,
    /// Part of the customer's name or address, or of the last message.
    #[serde(default)]
    pub query: Option<String>,
    /// 1 to 50 conversations, 20 unless given.
    #[serde(default = "twenty")]
    #[schemars(range(min = 1, max = 50))]
    pub limit: u8,
    /// `next_cursor` of the list before.
    #[serde(default)]
    pub cursor: Option<String>,
}

pub fn twenty() -> u8 {
    20
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The customer waits for a person.
    NeedsPerson,
    Open,
    Escalated,
    Resolved,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NeedsPerson => "needs_person",
            Self::Open => "open",
            Self::Escalated => "escalated",
            Self::Resolved => "resolved",
        }
    }
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct Conversations {
    /// Newest activity first.
    pub items: Vec<Conversation>,
    /// Null: these were all.
    pub next_cursor: Option<String>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct Conversation {
    pub id: String,
    pub status: String,
    /// The customer waits for a person.
    pub needs_person: bool,
    pub contact: Contact,
    pub channel: Channel,
    pub language: Option<String>,
    pub last_message_preview: Option<String>,
    pub last_message_at: Option<String>,
    pub assignee_name: Option<String>,
    pub labels: Vec<Label>,
    /// What the customer thought of it, 1 to 5.
    pub rating: Option<i32>,
    pub created_at: String,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct Contact {
    pub name: Option<String>,
    pub email: Option<String>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct Channel {
    pub name: String,
    pub kind: String,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct Label {
    pub name: String,
}

/// What `read_conversation` takes.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// As `list_conversations` gives it.
    pub conversation_id: String,
    /// Only messages with a higher `seq`; without it, the newest ones.
    #[serde(default)]
    pub after: Option<i64>,
    /// 1 to 200 messages, 100 unless given.
    #[serde(default = "hundred")]
    #[schemars(range(min = 1, max = 200))]
    pub limit: u8,
}

fn hundred() -> u8 {
    100
}

#[derive(Debug, Deserialize)]
pub struct Messages {
    pub items: Vec<Message>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct Thread {
    pub conversation: Conversation,
    /// Oldest first.
    pub messages: Vec<Message>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct Message {
    pub seq: i64,
    /// `user` (the customer), `agent` (a person of the business), `ai` (the bot) or `system`.
    pub sender_type: String,
    pub sender_name: Option<String>,
    pub text: String,
    pub created_at: String,
}

/// What `list_gaps` takes.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GapFilter {
    /// 1 to 50 questions, 20 unless given.
    #[serde(default = "twenty")]
    #[schemars(range(min = 1, max = 50))]
    pub limit: u8,
    /// `next_cursor` of the list before.
    #[serde(default)]
    pub cursor: Option<String>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct Gaps {
    /// The most lately asked first.
    pub items: Vec<Gap>,
    /// Null: these were all.
    pub next_cursor: Option<String>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct Gap {
    pub id: String,
    pub question: String,
    pub language: Option<String>,
    pub times_asked: i32,
    pub last_asked_at: String,
}

/// What `add_qa_pair` takes.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPair {
    /// As a customer would ask it, up to 1,000 characters.
    pub question: String,
    /// What the bot may say, word for word, up to 20,000 characters.
    pub answer: String,
    /// `general` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Two letters; recognised from the text unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Other ways to ask the same, at most 50.
    #[serde(default)]
    pub phrasings: Vec<String>,
    /// True: write it into a draft, which a person looks at and publishes. In a workspace where knowledge changes only by
    /// drafts, it is a draft in any case.
    #[serde(default, skip_serializing)]
    pub as_draft: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Added {
    pub status: Publication,
    /// The pair; null while it is a draft.
    pub qa_pair_id: Option<String>,
    /// The draft to look at; null if it is published.
    pub draft_id: Option<String>,
    /// A pair that asks nearly the same, if there is one.
    pub near_duplicate: Option<NearDuplicate>,
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Publication {
    /// Visitors are answered from it.
    Published,
    /// Nobody is answered from it before a person publishes it.
    Draft,
}

#[derive(Debug, Deserialize)]
pub struct CreatedPair {
    pub id: String,
    pub near_duplicate: Option<NearDuplicate>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct NearDuplicate {
    pub id: String,
    pub question: String,
    pub similarity: f64,
}

#[derive(Debug, Deserialize)]
pub struct CreatedDraft {
    pub id: String,
}
