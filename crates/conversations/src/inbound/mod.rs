//! A visitor's message comes in: it is stored, once, before anything else happens.

pub(crate) mod store;

pub use store::visitor;

use assets::Asset;
use chrono::{DateTime, Utc};
use kernel::error::Result;
use kernel::ids::{AssetId, ChannelId, ContactId, ConversationId, MessageId};
use kernel::{Database, Event, TenantProof, TenantTx};

use crate::contacts;
use crate::messages::{Extras, SenderType};

/// A message as a channel hands it over. Ids of contact and conversation are the channel's proposal: they come
/// from the visitor's signed token and are created on the first message.
#[derive(Debug, Clone)]
pub struct Inbound {
    pub channel_id: ChannelId,
    pub contact_id: ContactId,
    pub conversation_id: ConversationId,
    pub client_message_id: String,
    /// May be empty if there is an attachment.
    pub text: String,
    pub language: Option<String>,
    pub page_url: Option<String>,
    /// A file that this contact uploaded and has not sent yet.
    pub attachment_id: Option<AssetId>,
    pub platform: Platform,
}

/// What only messages of messaging channels have.
#[derive(Debug, Clone, Default)]
pub struct Platform {
    /// Where the vendor is told to send replies.
    pub thread: Option<String>,
    pub extras: Extras,
    /// By the vendor's clock.
    pub written_at: Option<DateTime<Utc>>,
    /// Where the file's type does not say it.
    pub content_type: Option<&'static str>,
}

/// What is now in the database.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub conversation: ConversationState,
    pub message_id: MessageId,
    pub client_message_id: String,
    pub seq: i64,
    pub text: String,
    pub sent_at: DateTime<Utc>,
    pub attachment: Option<Asset>,
    /// False: this `client_message_id` had been stored before.
    pub is_new: bool,
    /// The newest messages up to this one, oldest first; only for a new message.
    pub recent: Vec<Utterance>,
    /// The knowledge's revision at this moment.
    pub knowledge_revision: i64,
}

/// The part of a conversation that decides whether the bot speaks.
#[derive(Debug, Clone)]
pub struct ConversationState {
    pub id: ConversationId,
    pub contact_id: ContactId,
    pub status: String,
    pub ai_paused: bool,
    pub ai_enabled: bool,
    pub last_seq: i64,
    pub language: Option<String>,
}

/// One line of what was said before.
#[derive(Debug, Clone, PartialEq)]
pub struct Utterance {
    pub message_id: MessageId,
    pub seq: i64,
    pub sender_type: SenderType,
    pub text: String,
    pub sent_at: DateTime<Utc>,
}

/// What waits for the bot in a conversation, as if it had come in just now; none if nothing does.
pub async fn load_waiting(tx: &mut TenantTx, conversation: ConversationId) -> Result<Option<Recorded>> {
    store::load_waiting(tx, conversation, RECENT).await
}

/// The conversation of a visitor: the one that is open on this channel, or the one that their token names. Never one of
/// somebody with whom the team has put them together.
pub async fn find_for_visitor(
    tx: &mut TenantTx,
    conversation: ConversationId,
    contact: ContactId,
    channel: ChannelId,
) -> Result<Option<ConversationState>> {
    store::find_for_visitor(tx, conversation, contact, channel).await
}

/// The same, created if there is none: a visitor may ask for a person before writing anything. A blocked one may not.
pub async fn ensure_conversation(
    tx: &mut TenantTx,
    conversation: ConversationId,
    contact: ContactId,
    channel: ChannelId,
) -> Result<ConversationId> {
    refuse_blocked(tx, contact).await?;
    if let Some(found) = find_for_visitor(tx, conversation, contact, channel).await? {
        return Ok(found.id);
    }
    let new = store::NewConversation {
        id: conversation,
        contact: store::now_known_as(tx, contact).await?,
        visitor: store::visitor_now(tx, contact).await?,
        channel,
        thread: None,
        language: None,
        page_url: None,
    };
    store::create_conversation(tx, &new).await?;
    Ok(conversation)
}

/// # Errors
/// 403 for somebody whom the team has blocked.
pub async fn refuse_blocked(tx: &mut TenantTx, contact: ContactId) -> Result<()> {
    match store::is_blocked(tx, contact).await? {
        true => Err(contacts::blocked()),
        false => Ok(()),
    }
}

pub async fn language_of(tx: &mut TenantTx, conversation: ConversationId) -> Result<Option<String>> {
    store::language_of(tx, conversation).await
}

/// How often the bot has replied in a conversation since a person last looked after it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replies {
    /// Within ten minutes.
    pub lately: i64,
    /// Within a day.
    pub today: i64,
}

pub async fn count_replies(tx: &mut TenantTx, conversation: ConversationId) -> Result<Replies> {
    store::count_replies(tx, conversation).await
}

/// How many earlier messages a question is understood with.
const RECENT: i64 = 12;

/// Stores the message and commits. Idempotent by `client_message_id`; a lost race against the same message from
/// elsewhere is success.
pub async fn record(db: &Database, proof: &impl TenantProof, inbound: Inbound) -> Result<Recorded> {
    let mut inbound = inbound;
    let mut attempt = 0;
    loop {
        let mut tx = db.tenant(proof).await?;
        match store::record(&mut tx, &inbound, RECENT).await {
            Ok(store::Outcome::Recorded(recorded)) => {
                if recorded.is_new {
                    tx.emit(Event::MessageAdded {
                        conversation_id: recorded.conversation.id,
                        message_id: recorded.message_id,
                        seq: recorded.seq,
                    });
                }
                tx.commit().await?;
                return Ok(*recorded);
            }
            // The contact already talks in another conversation here: that is the one.
            Ok(store::Outcome::OpenElsewhere(existing)) => inbound.conversation_id = existing,
            Err(error) if attempt < 3 && error.code == store::LOST_RACE => {}
            Err(error) => return Err(error),
        }
        attempt += 1;
    }
}
