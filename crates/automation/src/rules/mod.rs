//! Rules: when something happens and certain conditions hold, something is done.
//!
//! Triggers write down what happens (`automation_note` in `migrations/replaceable`). [`decide`] says which rules an event
//! sets off, both when it happens ([`run`]) and when a rule is tried on what has happened ([`dry_run`]); [`actions`] does
//! what a rule says. [`waiting`] notes what no trigger can: that nothing has happened for some time.

pub mod actions;
pub mod api;
pub mod check;
pub mod conditions;
pub mod decide;
pub mod dry_run;
pub mod fields;
pub mod jobs;
pub mod run;
pub mod store;
pub mod waiting;

use chrono::{DateTime, TimeDelta, Utc};
use kernel::Result;
use kernel::ids::{ConversationId, FiringId, RuleEventId, RuleId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::Context;
use actions::RuleAction;
use conditions::Conditions;

/// What a rule can wait for. The triggers name the same words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[schema(as = RuleEventKind)]
#[sqlx(type_name = "text")]
pub enum EventKind {
    #[serde(rename = "conversation.created")]
    #[sqlx(rename = "conversation.created")]
    ConversationCreated,
    /// Of a visitor.
    #[serde(rename = "message.created")]
    #[sqlx(rename = "message.created")]
    MessageCreated,
    #[serde(rename = "gap.created")]
    #[sqlx(rename = "gap.created")]
    GapCreated,
    #[serde(rename = "escalation.created")]
    #[sqlx(rename = "escalation.created")]
    EscalationCreated,
    #[serde(rename = "conversation.resolved")]
    #[sqlx(rename = "conversation.resolved")]
    ConversationResolved,
    /// Somebody has waited for a person for so many minutes.
    #[serde(rename = "no_reply")]
    #[sqlx(rename = "no_reply")]
    NoReply,
    #[serde(rename = "deal.stage_changed")]
    #[sqlx(rename = "deal.stage_changed")]
    DealStageChanged,
    /// Also that an order has come.
    #[serde(rename = "order.status_changed")]
    #[sqlx(rename = "order.status_changed")]
    OrderStatusChanged,
}

impl EventKind {
    /// Whether its facts are those of deals and orders.
    pub fn is_of_sales(self) -> bool {
        matches!(self, Self::DealStageChanged | Self::OrderStatusChanged)
    }

    pub const ALL: [Self; 8] = [
        Self::ConversationCreated,
        Self::MessageCreated,
        Self::GapCreated,
        Self::EscalationCreated,
        Self::ConversationResolved,
        Self::NoReply,
        Self::DealStageChanged,
        Self::OrderStatusChanged,
    ];
}

/// What somebody writes down as a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RuleDraft {
    /// 1 to 100 characters.
    pub name: String,
    pub event: EventKind,
    /// Of `no_reply`, which needs it: 1 to 10,080.
    #[serde(default)]
    pub after_minutes: Option<i32>,
    #[serde(default)]
    pub conditions: Conditions,
    /// 1 to 10, done in this order.
    pub actions: Vec<RuleAction>,
    #[serde(default = "yes")]
    #[schema(required = false)]
    pub is_active: bool,
    /// Where it has fired, rules behind it do not look at the event.
    #[serde(default)]
    #[schema(required = false)]
    pub stop_after: bool,
}

fn yes() -> bool {
    true
}

/// A rule as the API shows it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = AutomationRule)]
pub struct Rule {
    pub id: RuleId,
    #[serde(flatten)]
    pub draft: RuleDraft,
    /// Rules look at an event in this order.
    pub position: i32,
    pub created_by: Option<UserId>,
    pub created_at: DateTime<Utc>,
    /// How often it has fired in the last 90 days.
    pub fired_count: i64,
    pub last_fired_at: Option<DateTime<Utc>>,
}

/// Something that has happened.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct RuleEvent {
    pub id: RuleEventId,
    pub event: EventKind,
    /// The conversation, message, gap, escalation, deal or order.
    pub subject_id: Uuid,
    /// The conversation that actions act on; null: there is none.
    pub conversation_id: Option<ConversationId>,
    /// What conditions read, as it was then.
    #[schema(value_type = Object)]
    pub facts: Value,
    /// The rules whose actions led here, the first first.
    pub chain: Vec<RuleId>,
    /// The firing that did it; null: a person, a visitor or the bot.
    pub caused_by: Option<FiringId>,
    pub created_at: DateTime<Utc>,
    /// Of `no_reply`: the rule whose minutes have passed.
    #[serde(skip)]
    pub rule_id: Option<RuleId>,
    /// Its place in the order in which rules see events; 0: it was not written down.
    #[serde(skip)]
    pub seq: i64,
}

/// How long it is known what has happened.
const KEPT: TimeDelta = TimeDelta::days(90);

/// Takes away what has been kept for long enough, in all tenants. One that fails does not keep the others waiting.
pub async fn forget_old(ctx: &Context) -> Result<()> {
    for operator in access::tenants::Operator::for_all_active(&ctx.db).await? {
        let forgotten = async {
            let mut tx = ctx.db.tenant(&operator).await?;
            let before = tx.now() - KEPT;
            store::forget_before(&mut tx, before).await?;
            tx.commit().await
        };
        if let Err(error) = forgotten.await {
            error.log();
        }
    }
    Ok(())
}
