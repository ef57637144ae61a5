//! What the bot may do beside answering: typed tools, each with a permission for every channel.
//!
//! [`run`] answers questions about orders by rules alone; [`calls`] gives a model what this visitor and this channel allow.
//! Making a reply only reads: what a tool changes travels with the reply as [`Effects`] and happens when it is stored, or
//! when a person has approved it ([`approvals`]).

pub mod api;
pub mod approvals;
mod asking;
pub mod calls;
mod codes;
pub mod run;
mod situation;
pub mod store;
mod wording;

use std::collections::HashMap;

use conversations::leads::capture::Step;
use conversations::messages::Action;
use conversations::timeline::Actor;
use kernel::ids::{ChannelId, ConversationId, LabelId, OrderId, OrderVerificationId};
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use asking::speaks_of_orders;
pub use codes::{SendOrderCode, send_order_code};
pub use situation::Situation;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Tool {
    /// Read an order of the visitor's own.
    FindOrder,
    OfferBooking,
    CaptureLead,
    /// Give the conversation to a person.
    Escalate,
    /// Put a label of the team's on the conversation.
    Tag,
    /// Call off an order of the visitor's own.
    CancelOrder,
}

/// Whether a channel's bot may use a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ToolPermission)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Permission {
    Off,
    Allowed,
    /// A person approves each call first.
    Ask,
}

impl Tool {
    pub const ALL: [Self; 6] = [
        Self::FindOrder,
        Self::OfferBooking,
        Self::CaptureLead,
        Self::Escalate,
        Self::Tag,
        Self::CancelOrder,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::FindOrder => "find_order",
            Self::OfferBooking => "offer_booking",
            Self::CaptureLead => "capture_lead",
            Self::Escalate => "escalate",
            Self::Tag => "tag",
            Self::CancelOrder => "cancel_order",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.as_str() == name)
    }

    /// Where a channel says nothing. Booking and leads are allowed because they have settings of their own besides.
    pub fn usual(self) -> Permission {
        match self {
            Self::FindOrder | Self::OfferBooking | Self::CaptureLead | Self::Escalate => Permission::Allowed,
            Self::Tag | Self::CancelOrder => Permission::Off,
        }
    }

    /// What cannot be taken back is never done without a person.
    pub fn can_be_taken_back(self) -> bool {
        self != Self::CancelOrder
    }

    pub fn choices(self) -> Vec<Permission> {
        match self.can_be_taken_back() {
            true => vec![Permission::Off, Permission::Ask, Permission::Allowed],
            false => vec![Permission::Off, Permission::Ask],
        }
    }
}

impl Permission {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Allowed => "allowed",
            Self::Ask => "ask",
        }
    }
}

/// What a channel's bot may do.
#[derive(Debug, Clone, Default)]
pub struct Permissions(pub HashMap<Tool, Permission>);

impl Permissions {
    pub fn of(&self, tool: Tool) -> Permission {
        match self.0.get(&tool) {
            Some(Permission::Allowed) if !tool.can_be_taken_back() => Permission::Ask,
            Some(permission) => *permission,
            None => tool.usual(),
        }
    }
}

/// Where a turn comes from: with whose rights tools are used. Nobody who writes or composes can name another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Door {
    pub conversation: ConversationId,
    pub channel: ChannelId,
}

/// Who wanted a tool to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ToolCallAskedBy)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum AskedBy {
    /// The bot's own rules.
    Rules,
    Model,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ToolCallOutcome)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Outcome {
    Done,
    /// The visitor has no such thing.
    NotFound,
    /// It is not known that the visitor is whom it concerns.
    NotVerified,
    /// It waits for a person.
    Pending,
    /// A person has refused it.
    Refused,
    /// It could not be done; `detail` says why.
    Failed,
    /// There is no such tool, or this channel or visitor may not use it.
    UnknownTool,
    BadArguments,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NotFound => "not_found",
            Self::NotVerified => "not_verified",
            Self::Pending => "pending",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::UnknownTool => "unknown_tool",
            Self::BadArguments => "bad_arguments",
        }
    }
}

/// A call as it is written down.
#[derive(Debug, Clone)]
pub struct NewCall {
    /// As the caller named it.
    pub tool: String,
    pub arguments: Value,
    pub asked_by: AskedBy,
    pub outcome: Outcome,
    pub detail: Option<&'static str>,
    pub verified_by: Option<String>,
    pub order_id: Option<OrderId>,
    pub ms: i32,
}

impl NewCall {
    pub fn new(tool: Tool, arguments: Value, asked_by: AskedBy, outcome: Outcome) -> Self {
        Self {
            tool: tool.as_str().to_owned(),
            arguments,
            asked_by,
            outcome,
            detail: None,
            verified_by: None,
            order_id: None,
            ms: 0,
        }
    }

    /// As the trace shows it.
    pub fn told(&self) -> Value {
        json!({"tool": self.tool, "arguments": self.arguments, "outcome": self.outcome, "detail": self.detail,
            "verified_by": self.verified_by, "ms": self.ms})
    }
}

/// What became of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guess {
    pub verification: OrderVerificationId,
    pub is_right: bool,
}

/// What is done when the reply that it belongs to is stored, and not if it never is.
#[derive(Debug, Clone, Default)]
pub struct Effects {
    pub calls: Vec<NewCall>,
    /// A code was offered for the order with this number; true: and asked for.
    pub verification: Option<(String, bool)>,
    pub guess: Option<Guess>,
    pub labels: Vec<LabelId>,
    pub actions: Vec<Action>,
    pub lead: Option<Step>,
}

impl Effects {
    pub fn of(call: NewCall) -> Self {
        Self {
            calls: vec![call],
            ..Self::default()
        }
    }

    pub fn is_waiting(&self) -> bool {
        self.calls.iter().any(|call| call.outcome == Outcome::Pending)
    }
}

/// Does what a reply brings along, in the transaction that stores it and under the conversation's lock.
pub async fn happen(
    tx: &mut TenantTx,
    conversation: ConversationId,
    effects: &Effects,
    language: Option<&str>,
) -> Result<()> {
    if let Some(guess) = effects.guess {
        codes::store::count_guess(tx, guess).await?;
    }
    if !effects.labels.is_empty() {
        let actor = Actor::via("tool", Tool::Tag.as_str());
        approvals::tag(tx, conversation, &effects.labels, &actor).await?;
    }
    for call in &effects.calls {
        approvals::note(tx, conversation, call).await?;
    }
    let Some((number, is_asked_for)) = &effects.verification else {
        return Ok(());
    };
    let id = OrderVerificationId::new();
    codes::store::insert(tx, id, conversation, number, *is_asked_for).await?;
    if *is_asked_for {
        codes::enqueue(tx, id, language).await?;
    }
    Ok(())
}
