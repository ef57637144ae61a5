//! The one way in which a member changes a conversation's state. What differs afterwards is written down as events, and
//! gives the patch that takes it back.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::error::{conflict, invalid};
use kernel::extract::present;
use kernel::ids::{ConversationId, LabelId, UserId};
use kernel::{Event, Result, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::store::State;
use super::{Status, store};
use crate::labels::{self, Label};
use crate::timeline::{self, Actor, Kind};
use crate::{assignment, escalations, summary};

/// What is sent is changed, nothing else.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ConversationPatch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// true: take over from the bot; false: give back to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ai_paused: Option<bool>,
    /// A member's user id, or null for nobody.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<UserId>)]
    pub assigned_to: Option<Option<UserId>>,
    /// Out of sight until then, or until the visitor writes; null wakes it.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub snoozed_until: Option<Option<DateTime<Utc>>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub add_label_ids: Vec<LabelId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub remove_label_ids: Vec<LabelId>,
}

/// Changes the conversation, under its lock, and gives the patch that takes it back.
pub async fn apply(
    tx: &mut TenantTx,
    id: ConversationId,
    patch: &ConversationPatch,
    actor: &Actor,
) -> Result<ConversationPatch> {
    let before = store::read_state(tx, id).await?;
    perform(tx, id, &before, patch, actor).await?;
    let after = conclude(tx, id, &before, actor).await?;
    Ok(inverse(&before, &after))
}

/// Writes down what is different from before, and sees to what follows from it.
pub async fn conclude(
    tx: &mut TenantTx,
    conversation_id: ConversationId,
    before: &State,
    actor: &Actor,
) -> Result<State> {
    let after = store::read_state(tx, conversation_id).await?;
    tx.emit(Event::ConversationChanged { conversation_id });
    for (kind, data) in differences(before, &after) {
        timeline::record(tx, conversation_id, kind, actor, data).await?;
    }
    let has_freed_somebody = (before.assigned_to.is_some() && after.assigned_to != before.assigned_to)
        || (before.status != Status::Resolved && after.status == Status::Resolved)
        || (before.snoozed_until.is_none() && after.snoozed_until.is_some());
    if has_freed_somebody {
        assignment::give_out(tx).await?;
    }
    Ok(after)
}

async fn perform(
    tx: &mut TenantTx,
    id: ConversationId,
    before: &State,
    patch: &ConversationPatch,
    actor: &Actor,
) -> Result<()> {
    if let Some(user) = patch.assigned_to.filter(|user| *user != before.assigned_to) {
        assignment::hold_turn(tx).await?;
        store::assign(tx, id, user).await?;
    }
    if let Some(paused) = patch.ai_paused {
        set_ai_paused(tx, id, before, paused).await?;
        // whoever takes over a conversation that nobody has, has it
        if paused && !before.ai_paused && before.assigned_to.is_none() && patch.assigned_to.is_none() {
            store::assign(tx, id, actor.user_id).await?;
        }
    }
    if let Some(status) = patch.status {
        change_status(tx, id, before.status, status).await?;
    }
    if let Some(until) = patch.snoozed_until {
        snooze(tx, id, until).await?;
    }
    labels::store::attach(tx, id, &patch.add_label_ids).await?;
    labels::store::detach(tx, id, &patch.remove_label_ids).await?;
    let is_opened_again = before.status == Status::Resolved || patch.ai_paused == Some(true);
    if is_opened_again && store::is_kept_waiting(tx, id).await? {
        assignment::begin_waiting(tx, id).await?;
    }
    Ok(())
}

async fn set_ai_paused(tx: &mut TenantTx, id: ConversationId, before: &State, paused: bool) -> Result<()> {
    store::set_ai_paused(tx, id, paused).await?;
    if !paused {
        escalations::close(tx, id).await?;
        if before.ai_paused {
            store::stop_waiting(tx, id).await?;
        }
    }
    Ok(())
}

async fn change_status(tx: &mut TenantTx, id: ConversationId, before: Status, status: Status) -> Result<()> {
    match status {
        Status::Escalated if before == Status::Escalated => {}
        Status::Escalated => escalations::reopen_or_open(tx, id).await?,
        Status::Resolved => resolve(tx, id).await?,
        Status::Open => {
            escalations::close(tx, id).await?;
            store::set_status(tx, id, status).await?;
        }
    }
    Ok(())
}

/// Closes what is open, and writes down what it was about.
pub async fn resolve(tx: &mut TenantTx, id: ConversationId) -> Result<()> {
    escalations::close(tx, id).await?;
    summary::write(tx, id).await?;
    store::set_status(tx, id, Status::Resolved).await
}

async fn snooze(tx: &mut TenantTx, id: ConversationId, until: Option<DateTime<Utc>>) -> Result<()> {
    let Some(at) = until else {
        return store::snooze(tx, id, None).await;
    };
    if at <= tx.now() || at > tx.now() + TimeDelta::days(366) {
        return Err(invalid(
            "bad_snooze",
            "Choose a time in the future, at most a year away.",
        ));
    }
    if store::read_state(tx, id).await?.status == Status::Resolved {
        return Err(conflict(
            "conversation_resolved",
            "This conversation is resolved: there is nothing to come back to. Reopen it first.",
        ));
    }
    store::snooze(tx, id, until).await
}

fn differences(before: &State, after: &State) -> Vec<(Kind, serde_json::Value)> {
    let mut all = Vec::new();
    let person = |state: &State| json!({"user_id": state.assigned_to, "name": state.assignee_name});
    if before.assigned_to != after.assigned_to {
        match after.assigned_to {
            Some(_) => all.push((Kind::Assigned, person(after))),
            None => all.push((Kind::Unassigned, person(before))),
        }
    }
    let is_status_new = before.status != after.status;
    match after.status {
        Status::Resolved if is_status_new => all.push((Kind::Resolved, json!({}))),
        Status::Escalated if is_status_new => all.push((Kind::Escalated, json!({}))),
        Status::Open if is_status_new && (before.status == Status::Resolved || after.ai_paused) => {
            all.push((Kind::Reopened, json!({"by": "member"})));
        }
        _ => {}
    }
    match (before.ai_paused, after.ai_paused) {
        (false, true) if !(is_status_new && after.status == Status::Escalated) => {
            all.push((Kind::TakenOver, json!({})));
        }
        (true, false) if after.status != Status::Resolved => all.push((Kind::GivenBack, json!({}))),
        _ => {}
    }
    if before.snoozed_until != after.snoozed_until {
        match after.snoozed_until {
            Some(until) => all.push((Kind::Snoozed, json!({"until": until}))),
            None if after.status == Status::Resolved => {}
            None => all.push((Kind::Woken, json!({"by": "member"}))),
        }
    }
    let told = |label: &Label| json!({"label_id": label.id, "name": label.name, "color": label.color});
    let (added, removed) = (
        missing(&after.labels, &before.labels),
        missing(&before.labels, &after.labels),
    );
    all.extend(added.into_iter().map(|label| (Kind::LabelAdded, told(label))));
    all.extend(removed.into_iter().map(|label| (Kind::LabelRemoved, told(label))));
    all
}

/// The patch that leads back.
fn inverse(before: &State, after: &State) -> ConversationPatch {
    let ids = |labels: Vec<&Label>| labels.into_iter().map(|label| label.id).collect();
    ConversationPatch {
        status: (before.status != after.status).then_some(before.status),
        ai_paused: (before.ai_paused != after.ai_paused).then_some(before.ai_paused),
        assigned_to: (before.assigned_to != after.assigned_to).then_some(before.assigned_to),
        snoozed_until: (before.snoozed_until != after.snoozed_until).then_some(before.snoozed_until),
        add_label_ids: ids(missing(&before.labels, &after.labels)),
        remove_label_ids: ids(missing(&after.labels, &before.labels)),
    }
}

/// Labels of the first list that the second does not have.
fn missing<'a>(all: &'a [Label], known: &[Label]) -> Vec<&'a Label> {
    let is_known = |label: &&Label| known.iter().any(|other| other.id == label.id);
    all.iter().filter(|label| !is_known(label)).collect()
}
