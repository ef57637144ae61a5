//! What a rule does.

use chrono::TimeDelta;
use conversations::escalations::{self, Reason};
use conversations::inbox::Status;
use conversations::inbox::changes::{self, ConversationPatch};
use conversations::notes::{self, Author, Note};
use conversations::outbound;
use conversations::timeline::Actor;
use kernel::error::{Error, conflict};
use kernel::ids::{ConversationId, FiringId, LabelId, NoteId, UserId};
use kernel::{Event, Result, TenantTx};
use serde::{Deserialize, Serialize};

use super::{EventKind, Rule, RuleEvent};

/// One thing that is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RuleAction {
    /// The conversation gets a label.
    Label { label_id: LabelId },
    /// It is given to a member.
    Assign { user_id: UserId },
    /// It is given to people.
    Escalate,
    /// The bot falls silent.
    PauseAi,
    /// The bot speaks again.
    ResumeAi,
    /// The visitor reads this, in the bot's name.
    Reply { text: String },
    /// Colleagues read this.
    Note { text: String },
    /// `open` or `resolved`.
    SetStatus { status: Status },
    /// Out of sight for so long, or until the visitor writes.
    Snooze { minutes: u32 },
}

/// The kinds of them, for forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RuleActionKind)]
pub enum ActionKind {
    Label,
    Assign,
    Escalate,
    PauseAi,
    ResumeAi,
    Reply,
    Note,
    SetStatus,
    Snooze,
}

impl ActionKind {
    pub const ALL: [Self; 9] = [
        Self::Label,
        Self::Assign,
        Self::Escalate,
        Self::PauseAi,
        Self::ResumeAi,
        Self::Reply,
        Self::Note,
        Self::SetStatus,
        Self::Snooze,
    ];
}

impl RuleAction {
    pub fn kind(&self) -> ActionKind {
        match self {
            Self::Label { .. } => ActionKind::Label,
            Self::Assign { .. } => ActionKind::Assign,
            Self::Escalate => ActionKind::Escalate,
            Self::PauseAi => ActionKind::PauseAi,
            Self::ResumeAi => ActionKind::ResumeAi,
            Self::Reply { .. } => ActionKind::Reply,
            Self::Note { .. } => ActionKind::Note,
            Self::SetStatus { .. } => ActionKind::SetStatus,
            Self::Snooze { .. } => ActionKind::Snooze,
        }
    }
}

/// What became of one action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = RuleActionOutcome)]
pub struct Outcome {
    #[serde(rename = "type")]
    pub kind: ActionKind,
    /// Why it was not done; null: it was.
    pub error: Option<String>,
}

/// So many replies of rules a conversation gets in an hour: another bot would answer each of them.
const MOST_REPLIES: i64 = 10;

/// Codes of what is no failure: a rule is not to go on.
pub const STOPS: [&str; 2] = ["taken_over", "too_many_replies"];

pub fn taken_over() -> Error {
    conflict(
        "taken_over",
        "The bot is silent in this conversation. What the visitor writes there is for people to answer.",
    )
}

fn too_many_replies() -> Error {
    conflict(
        "too_many_replies",
        "Rules have replied ten times here within an hour, perhaps to another bot. Look at the conversation.",
    )
}

/// Whether what the visitor wrote is for people to answer. A rule that waits for something else may speak beside them.
pub async fn is_taken_over(tx: &mut TenantTx, event: &RuleEvent) -> Result<bool> {
    let (EventKind::MessageCreated, Some(conversation)) = (event.event, event.conversation_id) else {
        return Ok(false);
    };
    let gate = outbound::store::lock(tx, conversation).await?;
    Ok(gate.is_some_and(|gate| gate.ai_paused || !gate.ai_enabled))
}

fn no_conversation() -> Error {
    conflict("no_conversation", "There is no open conversation to act in.")
}

/// Does one action. `place` is its place among the rule's.
pub async fn perform(
    tx: &mut TenantTx,
    rule: &Rule,
    event: &RuleEvent,
    firing: FiringId,
    place: usize,
) -> Result<()> {
    let Some(action) = rule.draft.actions.get(place) else {
        return Ok(());
    };
    let conversation = event.conversation_id.ok_or_else(no_conversation)?;
    outbound::store::lock(tx, conversation)
        .await?
        .ok_or_else(no_conversation)?;
    let actor = Actor::via("rule", &rule.draft.name);
    let key = format!("rule:{firing}:{place}");
    let mut patch = ConversationPatch::default();
    match action {
        RuleAction::Label { label_id } => {
            crate::store::require_label(tx, Some(*label_id)).await?;
            patch.add_label_ids = vec![*label_id];
        }
        RuleAction::Assign { user_id } => {
            crate::store::require_assignee(tx, Some(*user_id)).await?;
            patch.assigned_to = Some(Some(*user_id));
        }
        RuleAction::PauseAi => patch.ai_paused = Some(true),
        RuleAction::ResumeAi => patch.ai_paused = Some(false),
        RuleAction::SetStatus { status } => patch.status = Some(*status),
        RuleAction::Snooze { minutes } => {
            patch.snoozed_until = Some(Some(tx.now() + TimeDelta::minutes(i64::from(*minutes))));
        }
        RuleAction::Escalate => {
            escalations::open_by(tx, conversation, Reason::Agent, &actor).await?;
            return Ok(());
        }
        RuleAction::Reply { text } => {
            if crate::store::count_replies(tx, conversation).await? >= MOST_REPLIES {
                return Err(too_many_replies());
            }
            return outbound::record_automatic_reply(tx, conversation, &key, text).await;
        }
        RuleAction::Note { text } => return note(tx, conversation, rule, &key, text).await,
    }
    changes::apply(tx, conversation, &patch, &actor).await?;
    Ok(())
}

async fn note(
    tx: &mut TenantTx,
    conversation_id: ConversationId,
    rule: &Rule,
    key: &str,
    text: &str,
) -> Result<()> {
    let note = Note {
        id: NoteId::new(),
        author: Author {
            user_id: None,
            name: rule.draft.name.clone(),
        },
        text: text.to_owned(),
        mentions: Vec::new(),
        created_at: tx.now(),
        is_mine: false,
    };
    notes::store::insert(tx, conversation_id, &note, key).await?;
    conversations::search::store::add(tx, conversation_id, text).await?;
    tx.emit(Event::TimelineChanged { conversation_id });
    Ok(())
}
