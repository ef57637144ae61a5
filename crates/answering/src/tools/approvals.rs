//! What waits for a person: approved, it is carried out once; refused, it is not. The visitor is told either way.

use access::audit::{self, Action};
use access::{Member, Permission};
use chrono::{DateTime, Utc};
use conversations::escalations::{self, Reason};
use conversations::inbox::changes::{self, ConversationPatch};
use conversations::leads::capture::{self, Step};
use conversations::messages::SenderType;
use conversations::timeline::{self, Actor, Kind};
use conversations::{inbound, labels, messages, outbound};
use crm::orders::theirs;
use kernel::error::{Error, conflict};
use kernel::ids::{ConversationId, LabelId, OrderId, ToolCallId};
use kernel::{Result, TenantTx};
use knowledge::language::{self, Language};
use serde::Serialize;
use serde_json::{Value, json};

use super::{AskedBy, NewCall, Outcome, Tool, store, wording};
use crate::bots::{self, Which};
use crate::leads;

/// A call of a tool, as the inbox shows it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ToolCall {
    pub id: ToolCallId,
    pub conversation_id: ConversationId,
    /// A tool's name, or what a model called that does not exist.
    pub tool: String,
    /// What was asked for.
    #[schema(value_type = Object)]
    pub arguments: Value,
    pub asked_by: AskedBy,
    pub outcome: Outcome,
    /// Why it could not be done, as a code.
    pub detail: Option<String>,
    /// How the visitor was known: `external`, `email`, `phone`, `platform` or `code`. Null: not at all.
    pub verified_by: Option<String>,
    pub order_id: Option<OrderId>,
    pub order_number: Option<String>,
    /// A person had to decide, or has to.
    pub needed_approval: bool,
    pub decided_by_name: Option<String>,
    pub decided_at: Option<DateTime<Utc>>,
    /// How long it took.
    pub ms: i32,
    pub created_at: DateTime<Utc>,
}

/// Writes a call down with the reply that it belongs to. One that waits calls people. The caller holds the conversation's
/// lock.
pub async fn note(tx: &mut TenantTx, conversation: ConversationId, call: &NewCall) -> Result<()> {
    let id = ToolCallId::new();
    if !store::insert(tx, id, conversation, call).await? || call.outcome != Outcome::Pending {
        return Ok(());
    }
    let stored = store::get(tx, id).await?;
    let data = told(&stored);
    timeline::record(tx, conversation, Kind::ToolRequested, &Actor::nobody(), data).await?;
    escalations::open(tx, conversation, Reason::Approval).await?;
    Ok(())
}

fn told(call: &ToolCall) -> Value {
    json!({"tool_call_id": call.id, "tool": call.tool, "order_number": call.order_number})
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Approve,
    Refuse,
}

/// # Errors
/// 403 for a member who may not; 409 if somebody has decided before, or it cannot be done any more.
pub async fn decide(
    tx: &mut TenantTx,
    member: &Member,
    id: ToolCallId,
    verdict: Verdict,
) -> Result<ToolCall> {
    let call = store::get(tx, id).await?;
    outbound::store::lock(tx, call.conversation_id).await?;
    // as it is now that the lock is ours
    let call = store::get(tx, id).await?;
    let tool = Tool::from_name(&call.tool).filter(|_| call.outcome == Outcome::Pending);
    let Some(tool) = tool else {
        return Err(decided(&call));
    };
    if tool == Tool::CancelOrder {
        member.require(Permission::EditCrm)?;
    }
    let language = language_of(tx, call.conversation_id).await?;
    let (outcome, kind, action, text) = match verdict {
        Verdict::Approve => {
            let text = carry_out(tx, member, tool, &call, language).await?;
            (Outcome::Done, Kind::ToolApproved, Action::ToolCallApproved, text)
        }
        Verdict::Refuse => {
            let text = wording::refused(tool, call.order_number.as_deref(), language);
            (Outcome::Refused, Kind::ToolRefused, Action::ToolCallRefused, text)
        }
    };
    let decision = store::Decision {
        outcome,
        detail: None,
        user: member.user_id(),
        name: member.display_name(),
        at: tx.now(),
    };
    if !store::decide(tx, id, &decision).await? {
        return Err(decided(&call));
    }
    let key = format!("tool/{id}");
    outbound::record_automatic_reply(tx, call.conversation_id, &key, &text).await?;
    let actor = Actor::of(member);
    timeline::record(tx, call.conversation_id, kind, &actor, told(&call)).await?;
    let subject = format!("tool_call:{id}");
    let details = json!({"tool": call.tool, "order_number": call.order_number, "conversation_id": call.conversation_id});
    audit::record_by(tx, member, action, &subject, details).await?;
    if !(tool == Tool::Escalate && verdict == Verdict::Approve) {
        give_back(tx, &call, &actor).await?;
    }
    store::get(tx, id).await
}

/// What the visitor wrote last, as far as that shows, or else what their browser prefers.
async fn language_of(tx: &mut TenantTx, conversation: ConversationId) -> Result<Language> {
    let said = messages::store::list_latest(tx, conversation, 50).await?;
    let written = said
        .iter()
        .rev()
        .filter(|message| message.sender_type == SenderType::User)
        .map(|message| language::detect(&message.text))
        .find(|language| !language.is_unknown());
    let preferred = inbound::language_of(tx, conversation).await?;
    let preferred = preferred.map_or(Language::UNKNOWN, |code| Language::from_code(&code));
    Ok(written.unwrap_or(Language::UNKNOWN).or(preferred))
}

fn decided(call: &ToolCall) -> Error {
    let who = call.decided_by_name.as_deref().unwrap_or("Somebody");
    let what = match call.outcome {
        Outcome::Refused => "refused",
        _ => "approved",
    };
    match call.decided_at {
        Some(_) => conflict("already_decided", format!("{who} has {what} this already.")),
        None => conflict("already_decided", "Nobody has to decide about this."),
    }
}

/// Does what was asked for, and gives what the visitor is told.
async fn carry_out(
    tx: &mut TenantTx,
    member: &Member,
    tool: Tool,
    call: &ToolCall,
    language: Language,
) -> Result<String> {
    let conversation = call.conversation_id;
    let approved = || wording::approved(tool, call.order_number.as_deref(), language);
    match tool {
        Tool::CancelOrder => {
            let id = call.order_id.ok_or_else(order_gone)?;
            if !theirs::cancel(tx, id).await? {
                return Err(conflict(
                    "order_moved_on",
                    "This order has moved on meanwhile and cannot be cancelled. Refuse the request instead.",
                ));
            }
        }
        Tool::FindOrder => {
            let id = call.order_id.ok_or_else(order_gone)?;
            let order = theirs::find_by_id(tx, id).await?.ok_or_else(order_gone)?;
            return Ok(wording::order(&order, language));
        }
        Tool::OfferBooking => {
            let channel = store::find_channel(tx, conversation).await?;
            let bot = bots::get(tx, Which::Channel(channel)).await?;
            let url = bot.settings.booking_url.clone().ok_or_else(|| {
                conflict(
                    "no_booking_link",
                    "The channel has no booking link any more. Set one, or refuse the request.",
                )
            })?;
            return Ok(format!("{}\n{url}", approved()));
        }
        Tool::CaptureLead => {
            let said = messages::store::list_latest(tx, conversation, 50).await?;
            let texts = said
                .iter()
                .filter(|message| message.sender_type == SenderType::User);
            let step = Step::Given {
                intent: call.arguments["interest"].as_str().unwrap_or("other").to_owned(),
                info: leads::told_in(texts.map(|message| message.text.as_str())),
                question: None,
            };
            let seq = said.last().map_or(0, |message| message.seq);
            capture::note(tx, conversation, seq, &step).await?;
        }
        Tool::Tag => {
            let name = call.arguments["label"].as_str().unwrap_or_default();
            let all = labels::store::list(tx).await?;
            let label = all.iter().find(|label| label.name == name).ok_or_else(|| {
                conflict(
                    "label_gone",
                    "There is no such label any more. Refuse the request.",
                )
            })?;
            tag(tx, conversation, &[label.id], &Actor::of(member)).await?;
        }
        Tool::Escalate => {}
    }
    Ok(approved())
}

fn order_gone() -> Error {
    conflict(
        "order_gone",
        "This order does not exist any more. Refuse the request.",
    )
}

/// Puts labels on a conversation.
pub async fn tag(
    tx: &mut TenantTx,
    conversation: ConversationId,
    labels: &[LabelId],
    actor: &Actor,
) -> Result<()> {
    let patch = ConversationPatch {
        add_label_ids: labels.to_vec(),
        ..ConversationPatch::default()
    };
    changes::apply(tx, conversation, &patch, actor).await?;
    Ok(())
}

/// The bot goes on, if the decision was all that a person was needed for.
async fn give_back(tx: &mut TenantTx, call: &ToolCall, actor: &Actor) -> Result<()> {
    let conversation = call.conversation_id;
    let open = escalations::find_open(tx, conversation).await?;
    let is_ours = open.is_some_and(|open| open.reason == Reason::Approval);
    if !is_ours
        || store::has_pending(tx, conversation).await?
        || store::has_human_reply(tx, conversation, call.created_at).await?
    {
        return Ok(());
    }
    let patch = ConversationPatch {
        ai_paused: Some(false),
        ..ConversationPatch::default()
    };
    changes::apply(tx, conversation, &patch, actor).await?;
    Ok(())
}
