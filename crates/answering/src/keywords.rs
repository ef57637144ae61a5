//! Keyword actions in a turn: what the visitor's words ask for is done before anything is looked up.

use automation::keywords::{self, ActionType, KeywordAction};
use conversations::inbound::Recorded;
use conversations::leads::capture::{self, Known};
use conversations::outbound;
use kernel::ids::{ChannelId, ConversationId};
use kernel::{Result, TenantProof};
use serde_json::json;

use crate::pipeline::{self, Reply, Turn};
use crate::{Context, leads};

/// An action that the turn's messages ask for.
pub struct Asked {
    pub action: KeywordAction,
    /// What the bot says to it.
    text: Option<String>,
    /// Of one that asks for an address: what is known already.
    known: Option<Known>,
}

/// What the action leaves to be said.
pub enum Then {
    /// This is the reply.
    Say(Box<Reply>),
    /// The bot says nothing.
    Silence,
    /// The question is answered as usual.
    GoOn,
}

impl Asked {
    pub fn then(&self, turn: &Turn) -> Then {
        match (self.action.action_type, &self.text) {
            (ActionType::DisableAi, None) => Then::Silence,
            (ActionType::Tag | ActionType::Assign | ActionType::Reply, None) => Then::GoOn,
            _ => Then::Say(Box::new(self.reply(turn))),
        }
    }

    fn reply(&self, turn: &Turn) -> Reply {
        let text = self.text.clone();
        let mut made = match &self.known {
            Some(known) => leads::form(turn, known, text.as_deref()),
            None => pipeline::from_keyword(turn, self.action.action_type, text, turn.question()),
        };
        self.note(&mut made);
        made
    }

    /// Into the answer's trace.
    pub fn note(&self, made: &mut Reply) {
        let action = &self.action;
        made.reply.trace["notes"]["keyword"] =
            json!({"id": action.id, "keyword": action.keyword, "action": action.action_type});
    }
}

/// What the messages that wait for a reply ask for.
pub async fn find(
    ctx: &Context,
    proof: &impl TenantProof,
    channel: Option<ChannelId>,
    conversation: ConversationId,
    turn: &Turn,
) -> Result<Option<Asked>> {
    let Some(channel) = channel else { return Ok(None) };
    let mut tx = ctx.db.tenant_read(proof).await?;
    let actions = keywords::store::list_active(&mut tx, channel).await?;
    let messages: Vec<&str> = turn.waiting().iter().map(|said| said.text.as_str()).collect();
    let Some(action) = keywords::find(actions, &messages).await? else {
        return Ok(None);
    };
    let text = keywords::words_of(&mut tx, &action).await?;
    let known = match action.action_type {
        ActionType::LeadForm => capture::find_known(&mut tx, conversation).await?,
        _ => None,
    };
    Ok(Some(Asked { action, text, known }))
}

/// Does it now, in a transaction of its own.
pub async fn perform(
    ctx: &Context,
    proof: &impl TenantProof,
    conversation: ConversationId,
    action: &KeywordAction,
) -> Result<()> {
    let mut tx = ctx.db.tenant(proof).await?;
    if outbound::store::lock(&mut tx, conversation).await?.is_some() {
        keywords::perform(&mut tx, conversation, action).await?;
    }
    tx.commit().await
}

/// While the bot is paused one thing alone is heard: that it is to speak again. True: it may.
pub async fn calls_back(
    ctx: &Context,
    proof: &impl TenantProof,
    channel: Option<ChannelId>,
    recorded: &Recorded,
) -> Result<bool> {
    let Some(channel) = channel else {
        return Ok(false);
    };
    let mut tx = ctx.db.tenant_read(proof).await?;
    let mut actions = keywords::store::list_active(&mut tx, channel).await?;
    drop(tx);
    actions.retain(|action| action.action_type == ActionType::EnableAi);
    let Some(action) = keywords::find(actions, &[&recorded.text]).await? else {
        return Ok(false);
    };
    // the turn that follows says so, and counts it
    let mut tx = ctx.db.tenant(proof).await?;
    let conversation = recorded.conversation.id;
    if outbound::store::lock(&mut tx, conversation).await?.is_some() {
        keywords::act(&mut tx, conversation, &action).await?;
    }
    tx.commit().await?;
    Ok(true)
}
