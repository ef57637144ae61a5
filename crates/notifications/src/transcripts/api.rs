//! HTTP for sending a transcript.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::Result;
use kernel::error::{Problem, conflict, internal};
use kernel::extract::{Json, Path};
use kernel::ids::ConversationId;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{store, write};
use crate::Context;
use crate::outbox::{self, Email, Kind};
use crate::settings::api::{require_room, require_server};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(email_transcript))
}

/// Send the transcript of a conversation to its visitor. Only to an address that is verified, or after a person has
/// replied; at most three mails a day to one address.
#[utoipa::path(post, path = "/conversations/{id}/transcript-email", operation_id = "email_transcript", tag = "conversations",
    params(("id" = ConversationId, Path)),
    responses((status = 202, body = Email), (status = 404, body = Problem), (status = 409, body = Problem), (status = 429, body = Problem)))]
async fn email_transcript(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ConversationId>,
) -> Result<(StatusCode, Json<Email>)> {
    member.require(Permission::ReplyToVisitors)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let about = store::get_about(&mut tx, id).await?;
    require_server(&ctx, &mut tx).await?;
    if about.is_blocked {
        return Err(conflict("contact_blocked", "This visitor is blocked."));
    }
    let mail = write(&mut tx, id, &about).await?;
    require_room(&ctx, Kind::Transcript, &mail.to_address).await?;
    let email = outbox::put(&mut tx, &mail).await?;
    let email = email.ok_or_else(|| internal("a transcript's key was used twice"))?;
    let (subject, details) = (format!("conversation:{id}"), json!({}));
    audit::record_by(&mut tx, &member, Action::TranscriptMailed, &subject, details).await?;
    let email = outbox::store::get(&mut tx, email).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(email)))
}
