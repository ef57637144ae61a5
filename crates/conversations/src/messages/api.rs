//! HTTP for the messages of a conversation: read the thread, reply as a person, look into an answer.

use access::{Member, Permission};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use kernel::Result;
use kernel::error::{Problem, invalid, not_found};
use kernel::extract::{Json, Path, Query};
use kernel::ids::{AssetId, ConversationId, MessageId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Message, store};
use crate::outbound::{self, HumanReply};
use crate::{Context, inbox};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_messages, create_reply))
        .routes(routes!(get_answer_trace))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct After {
    /// Only messages with a higher `seq`; without it, the newest ones.
    after: Option<i64>,
    /// 1 to 200, 100 unless given.
    limit: Option<i64>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct MessageList {
    items: Vec<Message>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewReply {
    /// Made by the client; sending the same one again gives the same message. A program may send the header
    /// `Idempotency-Key` instead.
    #[serde(default)]
    client_message_id: String,
    /// May be empty if there is an attachment.
    text: String,
    /// A file that the same member uploaded with `POST /assets` and has not sent yet.
    attachment_id: Option<AssetId>,
    /// The last `seq` that the writer has seen. If somebody else has replied after it, this reply is not stored: 409
    /// `newer_reply`. Without it, the reply is stored whatever was said meanwhile.
    seen_seq: Option<i64>,
    /// Resolve the conversation with this reply.
    #[serde(default)]
    resolve: bool,
    /// An approved template of the vendor's, for outside of its reply window. `text` may be empty then.
    template: Option<TemplateUse>,
}

/// An approved template with what is filled in.
#[derive(Debug, Clone, Deserialize, Serialize, utoipa::ToSchema)]
#[schema(as = MessageTemplateUse)]
struct TemplateUse {
    name: String,
    /// `en_US`.
    language: String,
    /// The values of `{{1}}`, `{{2}}` … of the body.
    #[serde(default)]
    parameters: Vec<String>,
    /// The text with its values, as it stands in the thread.
    text: String,
}

/// Read a conversation's messages, oldest first.
#[utoipa::path(get, path = "/conversations/{id}/messages", operation_id = "list_messages", tag = "conversations",
    params(("id" = ConversationId, Path), After), responses((status = 200, body = MessageList), (status = 404, body = Problem)))]
async fn list_messages(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ConversationId>,
    Query(page): Query<After>,
) -> Result<Json<MessageList>> {
    member.require(Permission::ReadConversations)?;
    let limit = page.limit.unwrap_or(100).clamp(1, 200);
    let mut tx = ctx.db.tenant_read(&member).await?;
    inbox::store::get(&mut tx, id).await?;
    let items = match page.after {
        Some(seq) => store::list_after(&mut tx, id, seq, limit).await?,
        None => store::list_latest(&mut tx, id, limit).await?,
    };
    Ok(Json(MessageList { items }))
}

/// Reply as a person. The bot is silent in this conversation from now on.
#[utoipa::path(post, path = "/conversations/{id}/messages", operation_id = "create_reply", tag = "conversations",
    params(("id" = ConversationId, Path)), request_body = NewReply,
    responses((status = 201, body = Message), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_reply(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ConversationId>,
    headers: HeaderMap,
    Json(mut input): Json<NewReply>,
) -> Result<(StatusCode, Json<Message>)> {
    member.require(Permission::ReplyToVisitors)?;
    if let Some(key) = idempotency_key(&headers) {
        input.client_message_id = key;
    }
    let template = input.template.as_ref();
    let text = template.map_or(input.text.trim(), |used| used.text.trim());
    let is_empty = text.is_empty() && input.attachment_id.is_none();
    if is_empty || text.chars().count() > 10_000 {
        return Err(invalid("bad_text", "A reply has 1 to 10,000 characters."));
    }
    super::check_client_message_id(&input.client_message_id)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let reply = HumanReply {
        client_message_id: &input.client_message_id,
        text,
        seen_seq: input.seen_seq,
        resolve: input.resolve,
        attachment: input.attachment_id,
        template: template.map(serde_json::to_value).transpose()?,
    };
    let message = outbound::record_human_reply(&mut tx, id, &member, reply).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(message)))
}

/// A program's own name for what it asks, by which a repeated request is recognised.
pub fn idempotency_key(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("idempotency-key")?.to_str().ok()?;
    Some(value.trim().to_owned()).filter(|key| !key.is_empty())
}

/// Why this answer? The choices and timings of each step.
#[utoipa::path(get, path = "/conversations/{id}/messages/{message_id}/trace", operation_id = "get_answer_trace", tag = "conversations",
    params(("id" = ConversationId, Path), ("message_id" = MessageId, Path)),
    responses((status = 200, body = Value), (status = 404, body = Problem)))]
async fn get_answer_trace(
    State(ctx): State<Context>,
    member: Member,
    Path((id, message)): Path<(ConversationId, MessageId)>,
) -> Result<Json<Value>> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let trace = store::find_trace(&mut tx, id, message).await?;
    Ok(Json(trace.ok_or_else(|| not_found("answer"))?))
}
