//! What visitors tell about themselves and about us: an address for the answer, and how satisfied they were.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use conversations::visitors::{self, Rating};
use kernel::client_ip::ClientIp;
use kernel::error::{Problem, conflict, invalid, not_found};
use kernel::extract::{Json, Path};
use kernel::{Result, TenantProof};
use serde::Deserialize;

use super::api::{enter, find_conversation};
use crate::Context;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = NewWidgetRating)]
pub struct NewRating {
    /// 1 (bad) to 5 (good).
    rating: i32,
    comment: Option<String>,
}

/// Rate a conversation that is resolved. A second rating takes the place of the first.
#[utoipa::path(post, path = "/{channel_key}/rating", operation_id = "rate_widget_conversation", tag = "widget",
    params(("channel_key" = String, Path)), request_body = NewRating,
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn rate_widget_conversation(
    State(ctx): State<Context>,
    Path(key): Path<String>,
    client: ClientIp,
    headers: HeaderMap,
    Json(input): Json<NewRating>,
) -> Result<StatusCode> {
    let (endpoint, visitor) = enter(&ctx, &key, &headers).await?;
    let rating = Rating::new(input.rating, input.comment)?;
    let now = ctx.db.clock.now();
    ctx.limits.check(endpoint.tenant_id(), client, &visitor, now)?;
    let mut tx = ctx.db.tenant(endpoint.as_ref()).await?;
    let conversation = find_conversation(&mut tx, &visitor).await?;
    let conversation = conversation.ok_or_else(|| not_found("conversation"))?;
    if conversation.status != "resolved" {
        return Err(conflict(
            "not_resolved",
            "A conversation can be rated when it is over.",
        ));
    }
    visitors::rate(&mut tx, conversation.id, &rating, now).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = NewWidgetContact)]
pub struct NewContact {
    /// Where the answer can be sent.
    email: String,
}

/// Leave an e-mail address for the answer. Nobody has vouched for it: it is shown as unverified, and it never takes the
/// place of one that the business knows.
#[utoipa::path(post, path = "/{channel_key}/contact", operation_id = "leave_widget_contact", tag = "widget",
    params(("channel_key" = String, Path)), request_body = NewContact,
    responses((status = 204), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn leave_widget_contact(
    State(ctx): State<Context>,
    Path(key): Path<String>,
    client: ClientIp,
    headers: HeaderMap,
    Json(input): Json<NewContact>,
) -> Result<StatusCode> {
    let (endpoint, visitor) = enter(&ctx, &key, &headers).await?;
    let email = input.email.trim();
    let is_address = email.len() <= 254
        && !email.contains(|c: char| c.is_whitespace() || c.is_control())
        && matches!(email.split_once('@'), Some((name, host)) if !name.is_empty() && host.contains('.') && !host.contains('@'));
    if !is_address {
        return Err(invalid(
            "bad_email",
            "This does not look like an e-mail address. Check it, please.",
        ));
    }
    ctx.limits
        .check(endpoint.tenant_id(), client, &visitor, ctx.db.clock.now())?;
    let mut tx = ctx.db.tenant(endpoint.as_ref()).await?;
    visitors::leave_email(&mut tx, visitor.contact_id, email, visitor.language.as_deref()).await?;
    if let Some(conversation) = find_conversation(&mut tx, &visitor).await? {
        tx.emit(kernel::Event::ConversationChanged {
            conversation_id: conversation.id,
        });
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
