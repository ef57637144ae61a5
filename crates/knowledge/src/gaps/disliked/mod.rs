//! A question that was answered, but not well: put into the queue by a person, as if it had been asked in vain.
//!
//! Never by itself: a gap is what the bot could not answer, and a thumb may as well be about the price.

pub mod api;
mod store;

use kernel::error::conflict;
use kernel::ids::{GapId, MessageId};
use kernel::{Result, TenantTx};

use super::NewGap;

/// The gap of an answer's question: the open one that it has already, or a new one.
async fn open(tx: &mut TenantTx, answer: MessageId, now: chrono::DateTime<chrono::Utc>) -> Result<GapId> {
    let asked: NewGap = store::get_asked(tx, answer).await?;
    if asked.question.is_empty() {
        return Err(conflict(
            "nothing_asked",
            "This was no answer to a question, so there is none to put into the queue.",
        ));
    }
    match store::find_open(tx, asked.message_id).await? {
        Some(known) => Ok(known),
        None => super::record(tx, &asked, now).await,
    }
}
