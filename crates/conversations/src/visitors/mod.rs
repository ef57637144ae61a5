//! What a visitor says beside the messages: an address for the answer, and how satisfied they were.

pub mod store;

use chrono::{DateTime, Utc};
use kernel::error::invalid;
use kernel::ids::{ContactId, ConversationId};
use kernel::{Event, Result, TenantTx};
use serde_json::json;

use crate::{contacts, inbound, timeline};

/// How satisfied a visitor was: 1 (bad) to 5 (good), and why.
#[derive(Debug)]
pub struct Rating {
    pub value: i32,
    pub comment: Option<String>,
}

impl Rating {
    /// # Errors
    /// A value out of its range, or a comment that is too long.
    pub fn new(value: i32, comment: Option<String>) -> Result<Self> {
        if !(1..=5).contains(&value) {
            return Err(invalid("bad_rating", "A rating is a number from 1 to 5."));
        }
        let comment = comment
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty());
        if comment.as_ref().is_some_and(|text| text.chars().count() > 2000) {
            return Err(invalid("bad_comment", "A comment has at most 2,000 characters."));
        }
        Ok(Self { value, comment })
    }
}

/// Keeps the rating with the conversation. One without a comment leaves the comment of the one before.
pub async fn rate(
    tx: &mut TenantTx,
    conversation: ConversationId,
    rating: &Rating,
    now: DateTime<Utc>,
) -> Result<()> {
    let before = store::find_rating(tx, conversation).await?;
    store::set_rating(tx, conversation, rating, now).await?;
    if before != Some(rating.value) {
        let data = json!({"rating": rating.value});
        timeline::record(
            tx,
            conversation,
            timeline::Kind::Rated,
            &timeline::Actor::nobody(),
            data,
        )
        .await?;
    }
    tx.emit(Event::ConversationChanged {
        conversation_id: conversation,
    });
    Ok(())
}

/// Notes an address that nobody has vouched for, unless the business knows a better one.
pub async fn leave_email(
    tx: &mut TenantTx,
    contact: ContactId,
    email: &str,
    language: Option<&str>,
) -> Result<()> {
    inbound::refuse_blocked(tx, contact).await?;
    contacts::store::ensure(tx, contact, language).await?;
    store::set_unverified_email(tx, contact, email).await
}
