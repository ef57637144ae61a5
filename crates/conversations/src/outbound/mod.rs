//! A reply goes out: by the bot, if nobody was faster, or by a person, who thereby silences the bot.

pub mod store;

use access::Member;
use chrono::{DateTime, Utc};
use kernel::error::{Error, conflict, not_found};
use kernel::ids::{AssetId, ChannelId, ConversationId, MessageId, PassageId, QaPairId};
use kernel::{Event, Result, TenantTx};
use serde_json::Value;

use crate::inbox::{self, changes};
use crate::messages::{self, Action, AnswerMode, AnsweringAgent, Extras, Message, Source};
use crate::search;
use crate::timeline::Actor;

/// What the bot wants to say.
#[derive(Debug, Clone)]
pub struct BotReply {
    pub text: String,
    pub question_text: String,
    pub mode: AnswerMode,
    pub confidence: f64,
    pub gap_detected: bool,
    pub escalation_offered: bool,
    pub suggestion_chips: Vec<String>,
    pub matched_qa_ids: Vec<QaPairId>,
    pub matched_passage_ids: Vec<PassageId>,
    /// The state of the knowledge that it was made from.
    pub knowledge_revision: Option<i64>,
    pub sources: Vec<Source>,
    pub actions: Vec<Action>,
    pub language: Option<String>,
    pub model: Option<String>,
    pub input_tokens: i64,
    pub output_tokens: i64,
    pub trace: Value,
    pub sender_name: Option<String>,
    /// Which of the channel's agents says it.
    pub agent: Option<AnsweringAgent>,
}

/// Whether the bot's reply was stored.
#[derive(Debug)]
pub enum Outcome {
    Stored(Box<Message>),
    /// The visitor has written more: the reply must be made again, with everything in view.
    Stale,
    /// A person has taken over, or the bot is switched off for this contact. The bot says nothing.
    Silenced,
    /// Another process was faster; this is what it said.
    AnsweredElsewhere,
}

/// Stores the bot's reply to the visitor's message `question` (its id and number), unless it must not be said. The
/// checks sit in this transaction, under the conversation's lock: a human reply that commits first wins.
pub async fn record_bot_reply(
    tx: &mut TenantTx,
    conversation: ConversationId,
    question: (MessageId, i64),
    reply: &BotReply,
) -> Result<Outcome> {
    let mut expected_last_seq = question.1;
    loop {
        let said = store::insert_bot_reply(tx, conversation, question.0, expected_last_seq, reply).await?;
        let Some(store::Said { gate, message }) = said else {
            return Ok(Outcome::Silenced);
        };
        if let Some(message) = message {
            tx.emit(added(&message));
            return Ok(Outcome::Stored(Box::new(message)));
        }
        if gate.ai_paused || !gate.ai_enabled {
            return Ok(Outcome::Silenced);
        }
        // Something came after the question. If it needs no other reply, this one is said behind it: the lock is
        // ours by now, so the second attempt is the last.
        let since = store::since(tx, conversation, question).await?;
        if since.visitor_wrote {
            return Ok(Outcome::Stale);
        }
        if since.is_answered {
            return Ok(Outcome::AnsweredElsewhere);
        }
        expected_last_seq = gate.last_seq;
    }
}

/// What a person wants to say.
#[derive(Debug, Clone)]
pub struct HumanReply<'a> {
    pub client_message_id: &'a str,
    pub text: &'a str,
    /// The last message that the writer has seen; none: say it whatever was said meanwhile.
    pub seen_seq: Option<i64>,
    /// The conversation is resolved with these words.
    pub resolve: bool,
    /// A file that the writer has uploaded and not sent yet.
    pub attachment: Option<AssetId>,
    /// The vendor's template that says it.
    pub template: Option<Value>,
}

/// Stores a person's reply and pauses the bot. The same `client_message_id` again gives the stored message.
///
/// # Errors
/// 409 `newer_reply` if a colleague or the bot has replied after `seen_seq`: checked under the conversation's lock, so
/// that two cannot both reply unawares.
pub async fn record_human_reply(
    tx: &mut TenantTx,
    conversation: ConversationId,
    member: &Member,
    reply: HumanReply<'_>,
) -> Result<Message> {
    store::lock(tx, conversation)
        .await?
        .ok_or_else(|| not_found("conversation"))?;
    if let Some(stored) = store::find_by_client_id(tx, conversation, reply.client_message_id).await? {
        return Ok(stored);
    }
    if let Some(seen) = reply.seen_seq
        && let Some(newer) = store::find_reply_after(tx, conversation, seen, member.user_id()).await?
    {
        return Err(newer_reply(&newer));
    }
    let before = inbox::store::read_state(tx, conversation).await?;
    let attachment = match reply.attachment {
        None => None,
        Some(id) => {
            let owner = member.actor().to_string();
            let attached = assets::store::attach(tx, id, conversation, &owner).await?;
            Some(attached.ok_or_else(messages::not_an_upload)?)
        }
    };
    let said = store::HumanReply {
        client_message_id: reply.client_message_id,
        text: reply.text,
        attachment,
        extras: Extras {
            template: reply.template,
            ..Extras::default()
        },
    };
    let message = store::insert_human_reply(tx, conversation, member, said).await?;
    search::store::add(tx, conversation, reply.text).await?;
    store::pause_bot(tx, conversation, member.user_id()).await?;
    if reply.resolve {
        changes::resolve(tx, conversation).await?;
    }
    changes::conclude(tx, conversation, &before, &Actor::of(member)).await?;
    tx.emit(added(&message));
    Ok(message)
}

/// What was said in our name in the vendor's own inbox.
#[derive(Debug, Clone, Copy)]
pub struct Elsewhere<'a> {
    /// The vendor's id of it.
    pub client_message_id: &'a str,
    pub text: &'a str,
    pub author: Option<&'a str>,
    pub has_files: bool,
    /// A person said it: the bot is silent from now on.
    pub pauses_bot: bool,
}

/// Stores it, not to be delivered again. None: it was here before.
pub async fn record_elsewhere(
    tx: &mut TenantTx,
    conversation: ConversationId,
    said: &Elsewhere<'_>,
) -> Result<Option<MessageId>> {
    store::lock(tx, conversation)
        .await?
        .ok_or_else(|| not_found("conversation"))?;
    let before = inbox::store::read_state(tx, conversation).await?;
    let Some(message) = store::insert_elsewhere(tx, conversation, said).await? else {
        return Ok(None);
    };
    search::store::add(tx, conversation, said.text).await?;
    if said.pauses_bot {
        store::pause_bot(tx, conversation, None).await?;
        let actor = Actor {
            name: said.author.map(str::to_owned),
            ..Actor::default()
        };
        changes::conclude(tx, conversation, &before, &actor).await?;
    }
    tx.emit(added(&message));
    Ok(Some(message.id))
}

/// Says in the bot's name what somebody has written beforehand; the bot goes on as it was. The same key again says nothing.
pub async fn record_automatic_reply(
    tx: &mut TenantTx,
    conversation: ConversationId,
    key: &str,
    text: &str,
) -> Result<()> {
    if let Some(message) = store::insert_automatic_reply(tx, conversation, key, text).await? {
        search::store::add(tx, conversation, text).await?;
        tx.emit(added(&message));
    }
    Ok(())
}

fn newer_reply(newer: &store::NewerReply) -> Error {
    let who = match (&newer.sender_name, newer.is_bot) {
        (_, true) => "The assistant",
        (Some(name), false) => name.as_str(),
        (None, false) => "Somebody",
    };
    conflict(
        "newer_reply",
        format!("{who} has replied meanwhile. Read it, then send yours if it is still needed."),
    )
}

/// Adds a line that explains what happened in the thread, such as a hand-over.
pub async fn record_system_message(
    tx: &mut TenantTx,
    conversation: ConversationId,
    text: &str,
) -> Result<Message> {
    let message = store::insert_system_message(tx, conversation, text).await?;
    search::store::add(tx, conversation, text).await?;
    tx.emit(added(&message));
    Ok(message)
}

fn added(message: &Message) -> Event {
    Event::MessageAdded {
        conversation_id: message.conversation_id,
        message_id: message.id,
        seq: message.seq,
    }
}

/// A conversation in which the visitor waits for the bot since before a crash.
#[derive(Debug, Clone, Copy)]
pub struct Unanswered {
    pub conversation_id: ConversationId,
    pub channel_id: ChannelId,
    pub since: DateTime<Utc>,
}
