//! Who gets a conversation that needs a person: in manual mode nobody until somebody takes it; in turn, those who are
//! there and have room.
//!
//! Locks are taken in this order: the conversation, its contact, the turn. Whoever holds the turn waits for nothing else.

mod store;

use kernel::ids::{ConversationId, UserId};
use kernel::{Event, Result, TenantTx};
use serde_json::json;

use crate::settings::{self, AssignmentMode, InboxSettings};
use crate::timeline::{self, Actor, Kind};

/// A person is needed from now on: starts the targets, and finds somebody if a rule says so. Part of the transaction
/// that makes it so, under the conversation's lock.
pub async fn begin_waiting(tx: &mut TenantTx, conversation: ConversationId) -> Result<()> {
    let settings = settings::get(tx).await?;
    let now = tx.now();
    let schedule = settings.schedule();
    let due = |minutes: Option<i32>| minutes.map(|minutes| schedule.after(now, minutes));
    let (first_reply, resolution) = (
        due(settings.targets.first_reply_minutes),
        due(settings.targets.resolution_minutes),
    );
    let is_free = store::mark_waiting(tx, conversation, first_reply, resolution).await?;
    if is_free && settings.assignment.mode == AssignmentMode::RoundRobin {
        store::lock_contact(tx, conversation).await?;
        store::lock_turn(tx).await?;
        hand_over(tx, conversation, &settings).await?;
    }
    Ok(())
}

/// Gives out what waits for somebody: when a member becomes free or comes back.
pub async fn give_out(tx: &mut TenantTx) -> Result<()> {
    let settings = settings::get(tx).await?;
    if settings.assignment.mode != AssignmentMode::RoundRobin {
        return Ok(());
    }
    store::lock_turn(tx).await?;
    for conversation in store::list_waiting(tx).await? {
        if hand_over(tx, conversation, &settings).await?.is_none() {
            break;
        }
    }
    Ok(())
}

/// While a person is given work by hand, no rule gives them more than fits.
pub async fn hold_turn(tx: &mut TenantTx) -> Result<()> {
    store::lock_turn(tx).await
}

/// The one whose turn it is gets the conversation; nobody if nobody has room.
async fn hand_over(
    tx: &mut TenantTx,
    conversation_id: ConversationId,
    settings: &InboxSettings,
) -> Result<Option<UserId>> {
    let Some(next) = store::find_next(tx, settings.assignment.capacity).await? else {
        return Ok(None);
    };
    store::assign(tx, conversation_id, next.user_id).await?;
    let data = json!({"user_id": next.user_id, "name": next.name, "by": "rule"});
    timeline::record(tx, conversation_id, Kind::Assigned, &Actor::nobody(), data).await?;
    tx.emit(Event::ConversationChanged { conversation_id });
    Ok(Some(next.user_id))
}
