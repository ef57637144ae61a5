//! Callers that show our reply themselves: they wait for it, and it is answered to them.

use std::time::Duration;

use connectors::Reception;
use conversations::deliveries::{self, About, News};
use conversations::messages::{self, Action, Message};
use conversations::outbound;
use kernel::Result;
use kernel::ids::{ConversationId, MessageId};
use serde_json::Value;

use super::store;
use crate::Context;
use crate::connections::Connection;

/// The answer to a call that waits so long at most.
pub async fn inline(
    ctx: &Context,
    connection: &Connection,
    reception: &Reception,
    limit: Duration,
) -> Result<Value> {
    let reply = tokio::time::timeout(limit, wait(ctx, connection, reception)).await;
    let connector = connection.connector;
    match reply {
        Ok(Ok(Some(reply))) => {
            let is_handed_over = reply.answer.as_ref().is_some_and(|answer| {
                let hands_over = |action: &Action| matches!(action, Action::HandOff { .. });
                answer.actions.iter().any(hands_over)
            });
            Ok(connector.inline_reply(Some(&reply.text), is_handed_over))
        }
        Ok(Ok(None)) => Ok(connector.inline_reply(None, true)),
        Ok(Err(error)) => Err(error),
        Err(_) => Ok(connector.inline_reply(None, false)),
    }
}

/// The reply, marked as sent. None: a person has the conversation, so there will be none now.
async fn wait(ctx: &Context, connection: &Connection, reception: &Reception) -> Result<Option<Message>> {
    let keys: Vec<String> = reception
        .events
        .iter()
        .map(|event| super::stored_id(&event.id).into_owned())
        .collect();
    // subscribed before the first look, so that nothing falls between
    let mut events = ctx.db.live.subscribe();
    loop {
        let mut tx = ctx.db.tenant(connection).await?;
        if let Some(asked) = store::find_asked(&mut tx, connection.channel_id, &keys).await? {
            if let Some(reply) =
                messages::store::find_reply_to(&mut tx, asked.conversation_id, asked.seq).await?
            {
                // it is not cut into further pieces meanwhile
                outbound::store::lock(&mut tx, asked.conversation_id).await?;
                let sent = News::plain(deliveries::Status::Sent, tx.now());
                let shown = About::Queued(reply.id);
                deliveries::hear(&mut tx, connection.channel_id, &shown, &sent).await?;
                tx.commit().await?;
                return Ok(Some(reply));
            }
            if asked.is_silent {
                return Ok(None);
            }
        }
        drop(tx);
        let _ = tokio::time::timeout(Duration::from_millis(250), events.recv()).await;
    }
}

/// What a caller waits for a reply to.
pub struct Asked {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub seq: i64,
    /// The bot says nothing here.
    pub is_silent: bool,
}
