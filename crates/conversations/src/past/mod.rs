//! Conversations that were held before, elsewhere: for demonstrations and imports. They come in whole, with their own
//! times; nobody is notified, nothing is sent, and the bot leaves them alone.

mod store;

use chrono::{DateTime, Utc};
use kernel::ids::{ChannelId, ContactId, ConversationId, LabelId, NoteId, UserId};
use kernel::{Database, Result, TenantProof, TenantTx};

use crate::escalations::{self, Reason};
use crate::inbound::{self, Inbound, Platform};
use crate::inbox::Status;
use crate::notes::{self, Author, Note};
use crate::{inbox, labels, search};

/// A colleague as they signed then.
#[derive(Debug, Clone)]
pub struct Colleague {
    pub user_id: UserId,
    pub name: String,
}

#[derive(Debug)]
pub struct PastConversation {
    pub channel_id: ChannelId,
    pub name: String,
    pub email: String,
    pub language: String,
    pub page_url: Option<String>,
    pub status: Status,
    pub assignee: Option<Colleague>,
    pub labels: Vec<LabelId>,
    /// What a colleague told the others, if anything.
    pub note: Option<(Colleague, String)>,
    /// When the last message was sent.
    pub ended_at: DateTime<Utc>,
    pub messages: Vec<PastMessage>,
}

#[derive(Debug)]
pub struct PastMessage {
    pub sender: Sender,
    pub text: String,
}

#[derive(Debug)]
pub enum Sender {
    Visitor,
    Bot,
    Colleague(Colleague),
}

/// Writes the conversation down, unread by anybody.
pub async fn record(
    db: &Database,
    proof: &impl TenantProof,
    past: PastConversation,
) -> Result<ConversationId> {
    let (contact, id) = (ContactId::new(), ConversationId::new());
    for (number, message) in past.messages.iter().enumerate() {
        match &message.sender {
            Sender::Visitor => {
                let inbound = from_visitor(&past, contact, id, number, &message.text);
                inbound::record(db, proof, inbound).await?;
            }
            Sender::Bot => reply(db, proof, id, None, &message.text).await?,
            Sender::Colleague(who) => reply(db, proof, id, Some(who), &message.text).await?,
        }
    }
    let mut tx = db.tenant(proof).await?;
    store::name_contact(&mut tx, contact, &past.name, &past.email).await?;
    bring_to_its_state(&mut tx, id, &past).await?;
    store::move_back(&mut tx, id, past.ended_at).await?;
    tx.commit().await?;
    Ok(id)
}

fn from_visitor(
    past: &PastConversation,
    contact_id: ContactId,
    conversation_id: ConversationId,
    number: usize,
    text: &str,
) -> Inbound {
    Inbound {
        channel_id: past.channel_id,
        contact_id,
        conversation_id,
        client_message_id: format!("past-{number}"),
        text: text.to_owned(),
        language: Some(past.language.clone()),
        page_url: past.page_url.clone(),
        attachment_id: None,
        platform: Platform::default(),
    }
}

async fn reply(
    db: &Database,
    proof: &impl TenantProof,
    conversation: ConversationId,
    colleague: Option<&Colleague>,
    text: &str,
) -> Result<()> {
    let mut tx = db.tenant(proof).await?;
    store::insert_reply(&mut tx, conversation, colleague, text).await?;
    search::store::add(&mut tx, conversation, text).await?;
    tx.commit().await
}

async fn bring_to_its_state(tx: &mut TenantTx, id: ConversationId, past: &PastConversation) -> Result<()> {
    labels::store::attach(tx, id, &past.labels).await?;
    if let Some((author, text)) = &past.note {
        notes::store::insert(tx, id, &written_by(author, text, past.ended_at), "past").await?;
    }
    match past.status {
        Status::Resolved => inbox::changes::resolve(tx, id).await?,
        Status::Escalated => escalations::open(tx, id, Reason::VisitorAsked)
            .await
            .map(|_| ())?,
        Status::Open => inbox::store::set_ai_paused(tx, id, true).await?,
    }
    if let Some(assignee) = &past.assignee {
        inbox::store::assign(tx, id, Some(assignee.user_id)).await?;
    }
    Ok(())
}

fn written_by(author: &Colleague, text: &str, created_at: DateTime<Utc>) -> Note {
    Note {
        id: NoteId::new(),
        author: Author {
            user_id: Some(author.user_id),
            name: author.name.clone(),
        },
        text: text.to_owned(),
        mentions: Vec::new(),
        created_at,
        is_mine: false,
    }
}
