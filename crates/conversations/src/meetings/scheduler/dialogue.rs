//! Booking in the chat. The words belong to the `answering` crate; here is what is remembered, and what a reply does.

use chrono::{DateTime, Utc};
use kernel::ids::{ConversationId, MeetingId};
use kernel::{Result, TenantTx};

use super::booking::{self, Request};
use super::{Plan, store};
use crate::leads::{Consent, ContactInfo, capture};
use crate::meetings::store::Place;

pub use store::Known;

/// What the bot waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum State {
    Choosing,
    AskingEmail,
    /// Whether the meeting is really to be cancelled.
    Cancelling,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Choosing => "choosing",
            Self::AskingEmail => "asking_email",
            Self::Cancelling => "cancelling",
        }
    }
}

/// What the bot has offered in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialogue {
    /// The message that asks.
    pub asked_seq: i64,
    pub state: State,
    /// In which it is led.
    pub language: String,
    /// The place whose times they are.
    pub zone: String,
    /// As they were numbered.
    pub offered: Vec<DateTime<Utc>>,
    /// While the address is asked for; while cancelling, when the meeting is.
    pub chosen: Option<DateTime<Utc>>,
    /// As the address was asked for.
    pub question: Option<String>,
    /// The meeting that is to be moved or cancelled.
    pub meeting: Option<MeetingId>,
}

/// What a reply of the bot does. It is done in the transaction in which the reply is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The reply asks; its number is filled in when it has one.
    Asked {
        dialogue: Dialogue,
        /// What the visitor has just told, though the time was gone.
        info: ContactInfo,
    },
    Booked {
        starts_at: DateTime<Utc>,
        title: String,
        language: String,
        /// What the visitor has just told.
        info: ContactInfo,
        /// What they had read before.
        question: Option<String>,
    },
    Moved {
        meeting: MeetingId,
        starts_at: DateTime<Utc>,
    },
    Cancelled {
        meeting: MeetingId,
        reason: String,
    },
    /// The visitor would rather not.
    Stopped,
}

/// What is known of the visitor; none if there is no such conversation.
pub async fn find_known(tx: &mut TenantTx, conversation: ConversationId) -> Result<Option<Known>> {
    store::find_known(tx, conversation).await
}

/// Does what the reply with this number says. False: it cannot be done any more, and the reply must not be said. The
/// caller holds the conversation's lock.
pub async fn note(tx: &mut TenantTx, conversation: ConversationId, seq: i64, step: &Step) -> Result<bool> {
    let is_done = match step {
        Step::Asked { dialogue, info } => {
            if info.is_reachable()
                && let Some(known) = store::find_known(tx, conversation).await?
            {
                capture::keep(tx, known.visitor_id, info).await?;
            }
            let dialogue = Dialogue {
                asked_seq: seq,
                ..dialogue.clone()
            };
            store::put_dialogue(tx, conversation, &dialogue).await?;
            return Ok(true);
        }
        Step::Booked { .. } => book(tx, conversation, step).await?,
        Step::Moved { meeting, starts_at } => {
            let plan = Plan::load(tx).await?;
            booking::move_to(tx, &plan, *meeting, *starts_at).await?
        }
        Step::Cancelled { meeting, reason } => booking::cancel(tx, *meeting, reason).await?,
        Step::Stopped => true,
    };
    if is_done {
        store::end_dialogue(tx, conversation).await?;
    }
    Ok(is_done)
}

async fn book(tx: &mut TenantTx, conversation: ConversationId, step: &Step) -> Result<bool> {
    let Step::Booked {
        starts_at,
        title,
        language,
        info,
        question,
    } = step
    else {
        return Ok(false);
    };
    let Some(known) = store::find_known(tx, conversation).await? else {
        return Ok(false);
    };
    capture::keep(tx, known.visitor_id, info).await?;
    let attendee = info.clone().or(&known.contact);
    let plan = Plan::load(tx).await?;
    let consent = question.clone().map(|text| Consent {
        given_at: tx.now(),
        text,
    });
    let request = Request {
        place: Place {
            conversation: Some(conversation),
            contact: Some(known.contact_id),
        },
        starts_at: *starts_at,
        title: plan.settings.title.as_deref().unwrap_or(title),
        attendee_name: attendee.name.as_deref(),
        attendee_email: attendee.email.as_deref(),
        language,
        consent: consent.as_ref(),
    };
    Ok(booking::book(tx, &plan, &request).await?.is_some())
}
