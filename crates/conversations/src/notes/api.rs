//! HTTP for notes.

use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, forbidden, internal, invalid, not_found};
use kernel::extract::{Json, Path};
use kernel::ids::{ConversationId, NoteId, UserId};
use kernel::{Event, Result, TenantTx};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Author, Note, store};
use crate::{Context, outbound, search};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(create_note))
        .routes(routes!(delete_note))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewNote {
    /// Made by the client; sending the same one again gives the same note.
    client_note_id: String,
    /// 1 to 10,000 characters.
    text: String,
    /// User ids of members, who are told.
    #[serde(default)]
    mentions: Vec<UserId>,
}

impl NewNote {
    fn check(self, member: &Member, tx: &TenantTx) -> Result<Note> {
        let text = self.text.trim().to_owned();
        if text.is_empty() || text.chars().count() > 10_000 {
            return Err(invalid("bad_text", "A note has 1 to 10,000 characters."));
        }
        if !(1..=100).contains(&self.client_note_id.chars().count()) {
            return Err(invalid(
                "bad_client_note_id",
                "`client_note_id` has 1 to 100 characters.",
            ));
        }
        let mut mentions = self.mentions;
        mentions.sort();
        mentions.dedup();
        if mentions.len() > 50 {
            return Err(invalid(
                "too_many_mentions",
                "A note can mention at most 50 members.",
            ));
        }
        Ok(Note {
            id: NoteId::new(),
            author: Author {
                user_id: member.user_id(),
                name: member.display_name().unwrap_or("API").to_owned(),
            },
            text,
            mentions,
            created_at: tx.now(),
            is_mine: true,
        })
    }
}

/// Leave a note for colleagues. The visitor does not see it.
#[utoipa::path(post, path = "/conversations/{id}/notes", operation_id = "create_note", tag = "conversations",
    params(("id" = ConversationId, Path)), request_body = NewNote,
    responses((status = 201, body = Note), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn create_note(
    State(ctx): State<Context>,
    member: Member,
    Path(conversation_id): Path<ConversationId>,
    Json(input): Json<NewNote>,
) -> Result<(StatusCode, Json<Note>)> {
    member.require(Permission::ReplyToVisitors)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let client_note_id = input.client_note_id.clone();
    let note = input.check(&member, &tx)?;
    outbound::store::lock(&mut tx, conversation_id)
        .await?
        .ok_or_else(|| not_found("conversation"))?;
    if let Some(id) = store::find_by_client_id(&mut tx, conversation_id, &client_note_id).await? {
        let known = store::list(&mut tx, conversation_id, member.user_id(), i64::MAX).await?;
        let note = known.into_iter().find(|note| note.id == id);
        return Ok((
            StatusCode::CREATED,
            Json(note.ok_or_else(|| internal("a note vanished"))?),
        ));
    }
    store::insert(&mut tx, conversation_id, &note, &client_note_id).await?;
    search::store::add(&mut tx, conversation_id, &note.text).await?;
    tx.emit(Event::TimelineChanged { conversation_id });
    for &user_id in &note.mentions {
        tx.emit(Event::Mentioned {
            conversation_id,
            user_id,
            note_id: note.id,
        });
    }
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(note)))
}

/// Delete a note: one's own, or as an administrator anybody's.
#[utoipa::path(delete, path = "/conversations/{id}/notes/{note_id}", operation_id = "delete_note", tag = "conversations",
    params(("id" = ConversationId, Path), ("note_id" = NoteId, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn delete_note(
    State(ctx): State<Context>,
    member: Member,
    Path((conversation_id, id)): Path<(ConversationId, NoteId)>,
) -> Result<StatusCode> {
    member.require(Permission::ReplyToVisitors)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let author = store::find_author(&mut tx, conversation_id, id).await?;
    let author = author.ok_or_else(|| not_found("note"))?;
    if author != member.user_id() && member.require(Permission::ManageWorkspace).is_err() {
        return Err(forbidden(
            "not_your_note",
            "This note is a colleague's. Its author or an admin can delete it.",
        ));
    }
    store::delete(&mut tx, id).await?;
    tx.emit(Event::TimelineChanged { conversation_id });
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
