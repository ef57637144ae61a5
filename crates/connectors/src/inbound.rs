//! What vendors send us, in our words.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A webhook call as it arrived.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Names in lower case, in the order in which they came.
    pub headers: &'a [(String, String)],
    /// Decoded.
    pub query: &'a [(String, String)],
    /// What stands in the address behind the account's key, such as `flow`; usually empty.
    pub path: &'a str,
    pub body: &'a [u8],
    pub now: DateTime<Utc>,
}

impl<'a> Request<'a> {
    /// None if the header is missing or appears twice.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let mut found = self.headers.iter().filter(|(key, _)| key == name);
        let value = found.next()?;
        found.next().is_none().then_some(value.1.as_str())
    }

    /// A parameter of the address, under the same rule.
    pub fn parameter(&self, name: &str) -> Option<&'a str> {
        let mut found = self.query.iter().filter(|(key, _)| key == name);
        let value = found.next()?;
        found.next().is_none().then_some(value.1.as_str())
    }
}

/// The call does not come from the vendor, or cannot be shown to. What was wrong is for our log, not for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(pub &'static str);

/// What came with one webhook call.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reception {
    pub events: Vec<RawEvent>,
    /// The caller shows our reply itself: it waits for it so long.
    pub reply_within: Option<Duration>,
}

/// One event, kept as it came.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RawEvent {
    /// The same event again has the same one: unique within the account. Names what kind of thing it is, so that a
    /// message and its status never collide: `message:wamid.…`, `status:wamid.…:read`.
    pub id: String,
    /// The vendor's id of the account it is for. None: the one whose address was called.
    pub account_id: Option<String>,
    /// Events of the same thread are worked on one after another, in the order in which they came: the person's id at
    /// the vendor's, or the chat's.
    pub thread: String,
    /// For lists: `message`, `status`, `echo`, `reaction`, `edit`, `other`.
    pub kind: &'static str,
    pub occurred_at: Option<DateTime<Utc>>,
    /// What [`crate::Connector::read`] takes: the vendor's own JSON, cut down to this event.
    pub body: String,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    Message(Box<Message>),
    Status(Status),
    /// Something was said in the business's name elsewhere: in the vendor's own inbox, on the phone, by another program,
    /// or by us, which the vendor repeats.
    Echo(Echo),
    Reaction {
        thread: String,
        /// The vendor's id of the message it is about.
        message_id: String,
        /// None: taken back.
        emoji: Option<String>,
    },
    /// The person has changed what they wrote.
    Edited {
        thread: String,
        message_id: String,
        text: String,
    },
    /// The person has taken it back: it must not be kept.
    Deleted {
        thread: String,
        message_id: String,
    },
    /// The person no longer wants to hear from us (true), or does again.
    Blocked {
        thread: String,
        is_blocked: bool,
    },
    /// Somebody at the vendor's inbox took the conversation, gave it back or closed it.
    HandOver {
        thread: String,
        to: HandOver,
    },
    /// The person's id has changed: a new phone number, say.
    Moved {
        from: String,
        to: Person,
    },
    /// Something the owner should know of the account.
    Account {
        /// It does not work until somebody does something.
        is_broken: bool,
        text: String,
    },
    /// Of no consequence here.
    Ignored {
        why: &'static str,
    },
    /// A type that this version does not know: kept for somebody to look at.
    Unknown {
        what: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HandOver {
    /// A person looks after it.
    Person,
    /// The bot may speak again.
    Bot,
    /// It is closed.
    Closed,
}

/// Who wrote.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Person {
    /// The vendor's id, unique within the account. Where a vendor has several (phone number and user id), the lasting one.
    pub id: String,
    /// Further ids of the same person at this vendor.
    pub other_ids: Vec<String>,
    pub name: Option<String>,
    pub username: Option<String>,
    /// With country code, digits only. Only where the vendor vouches for it.
    pub phone: Option<String>,
    /// Only what the vendor says is the person's.
    pub email: Option<String>,
    /// The vendor has checked that phone or e-mail are the person's own.
    pub is_verified: bool,
    /// Two letters.
    pub language: Option<String>,
    pub avatar_url: Option<String>,
}

/// What a person wrote.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Message {
    /// The vendor's id, unique within the account (with the thread's, where the vendor counts per thread).
    pub id: String,
    /// Where to answer: the chat's or the person's id.
    pub thread: String,
    pub from: Person,
    /// What they wrote, or the label of the button they pressed, or a location or a visiting card in words. May be empty
    /// where there are media.
    pub text: String,
    pub media: Vec<Media>,
    /// The payload of the button, which is not shown.
    pub choice: Option<String>,
    /// The vendor's id of the message that this one answers.
    pub reply_to: Option<String>,
    pub sent_at: Option<DateTime<Utc>>,
    pub location: Option<Location>,
    /// The vendor says that another program or a person has the floor: keep it, do not answer.
    pub is_standby: bool,
    /// It was written by a program, another bot say: keep it, do not answer.
    pub is_automatic: bool,
    /// How the person came: an advertisement, a link. Shown to agents.
    pub referral: Option<String>,
    /// Something was sent that the vendor's interface does not give out; said in words to the agent.
    pub is_unsupported: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Location {
    pub latitude: f64,
    pub longitude: f64,
    pub name: Option<String>,
    pub address: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    Image,
    Audio,
    Video,
    File,
    Sticker,
}

/// A file that came with a message, still at the vendor's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Media {
    pub kind: MediaKind,
    /// An address, or the vendor's id of the file: [`crate::Connector::fetch`] knows.
    pub source: String,
    pub mime_type: Option<String>,
    pub file_name: Option<String>,
    pub size: Option<u64>,
}

/// A file that was fetched.
#[derive(Debug, Clone, PartialEq)]
pub struct Fetched {
    pub bytes: Vec<u8>,
    pub file_name: Option<String>,
}

/// What became of something we sent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    pub thread: String,
    pub about: About,
    pub state: State,
    pub at: Option<DateTime<Utc>>,
}

/// Which of our messages a status is about.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// The vendor's id, and ours if the vendor repeats it.
    Message { id: String, delivery_id: Option<String> },
    /// Everything that was sent to the thread until then.
    Until(DateTime<Utc>),
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Sent,
    Delivered,
    Read,
    Failed { code: String, reason: String },
}

/// Said in the business's name, not by us or repeated to us.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Echo {
    pub id: String,
    pub thread: String,
    /// Our delivery's id, if the vendor repeats what we gave along: then it is ours.
    pub delivery_id: Option<String>,
    pub text: String,
    pub media: Vec<Media>,
    pub sent_at: Option<DateTime<Utc>>,
    /// Who wrote it, if the vendor says so.
    pub author: Option<String>,
    /// A program said it: the bot need not be silent for it.
    pub is_automatic: bool,
}
