//! Two contacts that are one person: what belongs to one moves to the other, and can be moved back.
//!
//! The merged contact stays as an empty row that names the other, so that whoever still knows its id finds the person.

use access::Member;
use chrono::{DateTime, Utc};
use kernel::error::{conflict, not_found};
use kernel::ids::{ContactId, ConversationId};
use kernel::{Event, Result, TenantTx};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::store;
use crate::inbox::{self, Status, changes};
use crate::timeline::Actor;

/// Why two contacts are taken for one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ContactMergeReason)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Reason {
    /// The same verified e-mail address.
    Email,
    /// The same verified phone number.
    Phone,
    /// Somebody of the team says so.
    Hand,
}

/// A merge as members see it.
#[derive(Debug, Clone, Serialize, sqlx::FromRow, utoipa::ToSchema)]
#[schema(as = ContactMerge)]
pub struct Merge {
    pub id: Uuid,
    pub merged_id: ContactId,
    /// The merged contact's own name.
    pub name: Option<String>,
    pub reason: Reason,
    /// Null: by rule.
    pub merged_by: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// What moved, so that it can go back.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Moved {
    pub conversations: Vec<ConversationId>,
    pub identities: Vec<Uuid>,
    /// Fields that the kept contact did not have.
    pub filled: Vec<String>,
    /// Conversations that were closed because another one was open, as they were.
    #[serde(default)]
    pub closed: Vec<Closed>,
}

/// How a conversation was before it was closed.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Closed {
    pub id: ConversationId,
    pub status: Status,
    pub ai_paused: bool,
}

/// Makes `merged` part of `kept`.
///
/// # Errors
/// 404 for a contact that does not exist, 409 for one that is part of another already or for twice the same.
pub async fn merge(
    tx: &mut TenantTx,
    kept: ContactId,
    merged: ContactId,
    reason: Reason,
    by: Option<&Member>,
) -> Result<Uuid> {
    if kept == merged {
        return Err(conflict("same_contact", "This is the same contact."));
    }
    let mut conversations = store::list_conversations(tx, &[kept, merged]).await?;
    conversations.sort_unstable();
    // conversations before their contacts: the order in which messages lock them
    inbox::store::lock_all(tx, &conversations).await?;
    for contact in [kept, merged] {
        match store::find_merged_into(tx, contact).await? {
            None => return Err(not_found("contact")),
            Some(Some(_)) => {
                return Err(conflict(
                    "merged_already",
                    "This contact is part of another one already.",
                ));
            }
            Some(None) => {}
        }
    }
    // at most one conversation of a person is open on a channel: the newer one goes on
    let mut closed = Vec::new();
    for closing in store::list_open_twice(tx, kept, merged).await? {
        let state = inbox::store::read_state(tx, closing).await?;
        closed.push(Closed {
            id: closing,
            status: state.status,
            ai_paused: state.ai_paused,
        });
        changes::resolve(tx, closing).await?;
        tx.emit(Event::ConversationChanged {
            conversation_id: closing,
        });
    }
    store::begin_merge(tx).await?;
    let is_by_hand = reason == Reason::Hand;
    let moved = Moved {
        conversations: store::move_conversations(tx, merged, kept, is_by_hand).await?,
        identities: store::move_identities(tx, merged, kept, is_by_hand).await?,
        filled: store::fill(tx, kept, merged).await?,
        closed,
    };
    for conversation_id in &moved.conversations {
        tx.emit(Event::ConversationChanged {
            conversation_id: *conversation_id,
        });
    }
    tx.emit(Event::ClientChanged { client_id: None });
    let actor = by.map(Actor::of).and_then(|actor| actor.name);
    store::insert_merge(tx, kept, merged, reason, &moved, actor.as_deref()).await
}

/// Takes a merge back: what is still there goes where it was.
///
/// # Errors
/// 404 for a merge that does not exist or was taken back; 409 while the contact is itself part of another one, where its
/// conversations are.
pub async fn undo(tx: &mut TenantTx, kept: ContactId, merge: Uuid) -> Result<ContactId> {
    let moved = store::find_moved(tx, kept, merge)
        .await?
        .ok_or_else(|| not_found("merge"))?;
    let closed = moved.closed.iter().map(|closed| closed.id);
    let mut locked: Vec<_> = moved.conversations.iter().copied().chain(closed).collect();
    locked.sort_unstable();
    // conversations before contacts, and both before the clients that the end of a merge takes apart
    inbox::store::lock_all(tx, &locked).await?;
    if let Some(Some(_)) = store::find_merged_into(tx, kept).await? {
        return Err(conflict(
            "merged_already",
            "This contact is part of another one. Take that merge back first.",
        ));
    }
    // again, under the locks
    let moved = store::find_moved(tx, kept, merge)
        .await?
        .ok_or_else(|| not_found("merge"))?;
    let merged = store::end_merge(tx, kept, merge)
        .await?
        .ok_or_else(|| not_found("merge"))?;
    store::move_back(tx, kept, merged, &moved).await?;
    for closed in moved.closed {
        if store::can_open_again(tx, closed.id).await? {
            inbox::store::set_status(tx, closed.id, closed.status).await?;
            inbox::store::set_ai_paused(tx, closed.id, closed.ai_paused).await?;
            tx.emit(Event::ConversationChanged {
                conversation_id: closed.id,
            });
        }
    }
    for conversation_id in moved.conversations {
        tx.emit(Event::ConversationChanged { conversation_id });
    }
    tx.emit(Event::ClientChanged { client_id: None });
    Ok(merged)
}

/// Two contacts have the same verified address: the older one is kept. The contact that the person is now.
pub async fn by_rule(
    tx: &mut TenantTx,
    one: ContactId,
    other: ContactId,
    reason: Reason,
) -> Result<ContactId> {
    // ids are in the order of time
    let (kept, merged) = if one < other { (one, other) } else { (other, one) };
    merge(tx, kept, merged, reason, None).await?;
    Ok(kept)
}
