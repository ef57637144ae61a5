//! HTTP: a draft for a conversation's next message.

use std::sync::Arc;

use access::{Member, Permission};
use axum::extract::State;
use conversations::inbound::Utterance;
use conversations::messages::{self, SenderType};
use kernel::Result;
use kernel::error::Problem;
use kernel::extract::{Json, Path};
use kernel::ids::ConversationId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::bots::{self, Bot, Which};
use crate::pipeline::Turn;
use crate::pipeline::draft::{Draft, draft};
use crate::{Context, agents, store};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(draft_reply))
}

/// So many messages give the draft its thread.
const RECENT: i64 = 20;

/// Propose a reply to the visitor's last messages. Nothing is stored.
#[utoipa::path(post, path = "/conversations/{id}/draft", operation_id = "draft_reply", tag = "conversations",
    params(("id" = ConversationId, Path)), responses((status = 200, body = Draft), (status = 404, body = Problem)))]
async fn draft_reply(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ConversationId>,
) -> Result<Json<Draft>> {
    member.require(Permission::ReplyToVisitors)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let place = store::get_place(&mut tx, id).await?;
    let bot = bots::get(&mut tx, Which::Channel(place.channel_id)).await?;
    let said = messages::store::list_latest(&mut tx, id, RECENT).await?;
    let revision = knowledge::embedding::store::get(&mut tx).await?.revision;
    drop(tx);
    let mut recent: Vec<Utterance> = said
        .into_iter()
        .filter(|message| message.sender_type != SenderType::System)
        .map(|message| Utterance {
            message_id: message.id,
            seq: message.seq,
            sender_type: message.sender_type,
            text: message.text,
            sent_at: message.created_at,
        })
        .collect();
    // what was replied since is no question
    let asked = recent
        .iter()
        .rposition(|line| line.sender_type == SenderType::User);
    let Some(last) = asked else {
        return Ok(Json(Draft::nothing(
            0.0,
            "The visitor has not written anything yet.",
        )));
    };
    recent.truncate(last + 1);
    let turn = turn(&bot, recent, place.language, revision);
    let routed = agents::route(&ctx, &member, &bot, Some(id), &turn).await?;
    let turn = routed.unwrap_or(turn);
    make(ctx, member, turn).await
}

fn turn(bot: &Bot, recent: Vec<Utterance>, language: Option<String>, revision: i64) -> Turn {
    Turn {
        recent,
        language,
        knowledge_revision: revision,
        settings: bot.settings.clone(),
        options: bot.options.clone(),
        is_explained: false,
        known_vectors: Arc::default(),
        agent: None,
        door: None,
    }
}

async fn make(ctx: Context, member: Member, turn: Turn) -> Result<Json<Draft>> {
    // goes on if the caller leaves: a model call that has begun is also paid and booked
    let work = tokio::spawn(async move { draft(&ctx, &member, &turn).await });
    Ok(Json(work.await.map_err(kernel::error::internal)??))
}
