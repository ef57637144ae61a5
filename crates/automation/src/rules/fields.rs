//! What conditions can read of an event, and how. The triggers write facts under the same names.

use serde::{Deserialize, Serialize};

use super::EventKind;
use super::actions::ActionKind;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RuleFieldKind)]
pub enum FieldKind {
    Text,
    Number,
    Boolean,
    /// One of the field's `choices`.
    Choice,
    /// A channel's id.
    Channel,
    /// A member's user id.
    Member,
    /// Ids of labels.
    Labels,
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RuleOp)]
pub enum Op {
    /// Equal; of several values: to one of them.
    Is,
    IsNot,
    Contains,
    NotContains,
    /// These words, whole and one behind the other.
    HasWords,
    StartsWith,
    /// A regular expression.
    Matches,
    AtLeast,
    AtMost,
    Has,
    HasNot,
    IsSet,
    IsNotSet,
}

impl FieldKind {
    pub fn ops(self) -> &'static [Op] {
        use Op::{
            AtLeast, AtMost, Contains, Has, HasNot, HasWords, Is, IsNot, IsNotSet, IsSet, Matches,
            NotContains, StartsWith,
        };
        match self {
            Self::Text => &[
                Contains,
                NotContains,
                HasWords,
                Is,
                IsNot,
                StartsWith,
                Matches,
                IsSet,
                IsNotSet,
            ],
            Self::Number => &[AtLeast, AtMost, Is, IsNot, IsSet, IsNotSet],
            Self::Boolean => &[Is],
            Self::Choice | Self::Channel | Self::Member => &[Is, IsNot, IsSet, IsNotSet],
            Self::Labels => &[Has, HasNot, IsSet, IsNotSet],
        }
    }
}

/// A field of an event.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[schema(as = RuleField)]
pub struct Field {
    pub name: &'static str,
    pub kind: FieldKind,
    pub choices: &'static [&'static str],
}

/// An event with what a form needs to know of it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = RuleEventFields)]
pub struct EventFields {
    pub event: EventKind,
    pub fields: Vec<FieldWithOps>,
    pub actions: Vec<ActionKind>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = RuleFieldWithOps)]
pub struct FieldWithOps {
    #[serde(flatten)]
    pub field: Field,
    pub ops: &'static [Op],
}

const fn field(name: &'static str, kind: FieldKind) -> Field {
    let choices = &[];
    Field { name, kind, choices }
}

const fn choice(name: &'static str, choices: &'static [&'static str]) -> Field {
    let kind = FieldKind::Choice;
    Field { name, kind, choices }
}

const KINDS: &[&str] = &[
    "widget",
    "whatsapp",
    "messenger",
    "instagram",
    "telegram",
    "crisp",
    "tidio",
    "api",
];
const STAGES: &[&str] = &[
    "prospecting",
    "qualification",
    "proposal",
    "negotiation",
    "closed_won",
    "closed_lost",
];
const ORDER_STATES: &[&str] = &[
    "pending",
    "processing",
    "shipped",
    "delivered",
    "cancelled",
    "refunded",
];

/// Of the conversation, for every event.
const OF_CONVERSATION: &[Field] = &[
    field("channel_id", FieldKind::Channel),
    choice("channel_kind", KINDS),
    choice("status", &["open", "escalated", "resolved"]),
    field("ai_paused", FieldKind::Boolean),
    field("assigned_to", FieldKind::Member),
    field("labels", FieldKind::Labels),
    field("language", FieldKind::Text),
    field("page_url", FieldKind::Text),
    field("message_count", FieldKind::Number),
    field("contact_name", FieldKind::Text),
    field("contact_email", FieldKind::Text),
    field("contact_phone", FieldKind::Text),
];

/// What a visitor can want, for the turn of a bot.
pub const INTENTS: &[&str] = &[
    "order", "booking", "quote", "purchase", "price", "person", "other",
];
const LIFECYCLE: &[&str] = &[
    "lead",
    "mql",
    "sql",
    "opportunity",
    "customer",
    "evangelist",
    "churned",
];

/// Of a bot's turn: what says which of a channel's agents speaks.
const OF_TURN: &[Field] = &[
    choice("intent", INTENTS),
    field("text", FieldKind::Text),
    field("language", FieldKind::Text),
    field("page_url", FieldKind::Text),
    field("labels", FieldKind::Labels),
    choice("lifecycle_stage", LIFECYCLE),
    field("is_open", FieldKind::Boolean),
    field("message_count", FieldKind::Number),
    field("assigned_to", FieldKind::Member),
    field("contact_name", FieldKind::Text),
    field("contact_email", FieldKind::Text),
    field("contact_phone", FieldKind::Text),
];

const OF_MESSAGE: &[Field] = &[
    field("text", FieldKind::Text),
    choice(
        "content_type",
        &["text", "image", "audio", "video", "file", "location"],
    ),
    field("seq", FieldKind::Number),
];
const OF_GAP: &[Field] = &[
    field("question", FieldKind::Text),
    field("gap_language", FieldKind::Text),
    field("similarity", FieldKind::Number),
];
const OF_ESCALATION: &[Field] = &[choice(
    "reason",
    &[
        "visitor_asked",
        "low_confidence",
        "agent",
        "bot_limit",
        "approval",
    ],
)];
const OF_WAITING: &[Field] = &[field("waiting_minutes", FieldKind::Number)];
const OF_DEAL: &[Field] = &[
    choice("to_stage", STAGES),
    choice("from_stage", STAGES),
    field("deal_name", FieldKind::Text),
    field("deal_value", FieldKind::Number),
    field("currency", FieldKind::Text),
    field("owner_id", FieldKind::Member),
];
const OF_ORDER: &[Field] = &[
    choice("to_status", ORDER_STATES),
    choice("from_status", ORDER_STATES),
    field("order_number", FieldKind::Text),
    field("order_total", FieldKind::Number),
    field("currency", FieldKind::Text),
];

/// The event's own fields first.
pub fn of(event: EventKind) -> Vec<Field> {
    let own: &[Field] = match event {
        EventKind::ConversationCreated | EventKind::ConversationResolved => &[],
        EventKind::MessageCreated => OF_MESSAGE,
        EventKind::GapCreated => OF_GAP,
        EventKind::EscalationCreated => OF_ESCALATION,
        EventKind::NoReply => OF_WAITING,
        EventKind::DealStageChanged => OF_DEAL,
        EventKind::OrderStatusChanged => OF_ORDER,
    };
    own.iter().chain(OF_CONVERSATION).copied().collect()
}

/// Of a turn of a bot.
pub fn of_turn() -> Vec<Field> {
    OF_TURN.to_vec()
}

/// Each with how it is compared.
pub fn with_ops(fields: Vec<Field>) -> Vec<FieldWithOps> {
    let fields = fields.into_iter();
    fields
        .map(|field| FieldWithOps {
            field,
            ops: field.kind.ops(),
        })
        .collect()
}

/// All events with their fields, for forms.
pub fn describe() -> Vec<EventFields> {
    let events = EventKind::ALL.into_iter();
    let described = events.map(|event| EventFields {
        event,
        fields: with_ops(of(event)),
        actions: ActionKind::ALL.to_vec(),
    });
    described.collect()
}
