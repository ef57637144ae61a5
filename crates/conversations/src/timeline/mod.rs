//! What was done to a conversation, by whom, beside what was said in it. For colleagues only.

pub mod api;
mod store;

use access::Member;
use chrono::{DateTime, Utc};
use kernel::ids::{ConversationEventId, ConversationId, UserId};
use kernel::{Event, Result, TenantTx};
use serde::Serialize;
use serde_json::Value;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ConversationEventKind)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Kind {
    Assigned,
    Unassigned,
    Resolved,
    Reopened,
    Escalated,
    TakenOver,
    GivenBack,
    Snoozed,
    Woken,
    LabelAdded,
    LabelRemoved,
    Blocked,
    Unblocked,
    Rated,
    /// The bot wants to do something that a person has to approve.
    ToolRequested,
    ToolApproved,
    ToolRefused,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::Unassigned => "unassigned",
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
            Self::Escalated => "escalated",
            Self::TakenOver => "taken_over",
            Self::GivenBack => "given_back",
            Self::Snoozed => "snoozed",
            Self::Woken => "woken",
            Self::LabelAdded => "label_added",
            Self::LabelRemoved => "label_removed",
            Self::Blocked => "blocked",
            Self::Unblocked => "unblocked",
            Self::Rated => "rated",
            Self::ToolRequested => "tool_requested",
            Self::ToolApproved => "tool_approved",
            Self::ToolRefused => "tool_refused",
        }
    }
}

/// One line of a conversation's history.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ConversationEvent {
    pub id: ConversationEventId,
    pub kind: Kind,
    /// Null: a rule, a program or the visitor.
    pub actor_name: Option<String>,
    /// What belongs to the kind: `{user_id, name}` for `assigned`, `{until}` for `snoozed`, `{label_id, name, color}` for a
    /// label, `{by}` for `reopened` and `woken`, `{tool_call_id, tool, order_number}` for a tool. What a rule or a visitor's keyword did has `via` (`rule`, `keyword`) and
    /// `via_name` too.
    pub data: Value,
    pub created_at: DateTime<Utc>,
}

/// Who did it.
#[derive(Debug, Clone, Default)]
pub struct Actor {
    pub user_id: Option<UserId>,
    pub name: Option<String>,
    /// What made the product do it by itself.
    pub via: Option<Via>,
}

/// What somebody has set up beforehand: a rule, or a keyword action.
#[derive(Debug, Clone)]
pub struct Via {
    /// `rule`, `keyword` or `tool`.
    pub kind: &'static str,
    pub name: String,
}

impl Actor {
    pub fn of(member: &Member) -> Self {
        Self {
            user_id: member.user_id(),
            name: member.display_name().map(str::to_owned),
            via: None,
        }
    }

    /// Something that acts by itself, by the name that the team knows it by.
    pub fn via(kind: &'static str, name: &str) -> Self {
        Self {
            via: Some(Via {
                kind,
                name: name.to_owned(),
            }),
            ..Self::default()
        }
    }

    /// A rule, the bot or the visitor.
    pub fn nobody() -> Self {
        Self::default()
    }
}

/// Adds a line, in the transaction of the deed.
pub async fn record(
    tx: &mut TenantTx,
    conversation_id: ConversationId,
    kind: Kind,
    actor: &Actor,
    mut data: Value,
) -> Result<()> {
    if let Some(via) = &actor.via {
        data["via"] = via.kind.into();
        data["via_name"] = via.name.as_str().into();
    }
    store::insert(tx, conversation_id, kind, actor, data).await?;
    tx.emit(Event::TimelineChanged { conversation_id });
    Ok(())
}
