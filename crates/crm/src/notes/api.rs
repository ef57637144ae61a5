//! HTTP for notes of sales.

use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use chrono::DateTime;
use kernel::error::{Problem, invalid, not_found};
use kernel::extract::{Json, Path, Query, present};
use kernel::ids::{ClientId, CrmNoteId, DealId};
use kernel::{Event, Result, TenantTx};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Note, NoteType, store};
use crate::{Context, tags, text};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_crm_notes, create_crm_note))
        .routes(routes!(update_crm_note, delete_crm_note))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct CrmNoteQuery {
    client_id: Option<ClientId>,
    deal_id: Option<DealId>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CrmNoteList {
    /// The pinned ones first, then the newest; up to 500.
    items: Vec<Note>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCrmNote {
    client_id: Option<ClientId>,
    deal_id: Option<DealId>,
    title: Option<String>,
    /// Up to 20,000 characters.
    content: String,
    #[serde(default)]
    note_type: NoteType,
    #[serde(default)]
    is_pinned: bool,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CrmNotePatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    title: Option<Option<String>>,
    content: Option<String>,
    note_type: Option<NoteType>,
    is_pinned: Option<bool>,
    tags: Option<Vec<String>>,
}

fn tell(tx: &mut TenantTx, note: &Note) {
    if note.client_id.is_some() {
        tx.emit(Event::ClientChanged {
            client_id: note.client_id,
        });
    }
    if note.deal_id.is_some() {
        tx.emit(Event::DealChanged {
            deal_id: note.deal_id,
        });
    }
}

/// List notes of a client or a deal.
#[utoipa::path(get, path = "/crm/notes", operation_id = "list_crm_notes", tag = "crm-activities", params(CrmNoteQuery),
    responses((status = 200, body = CrmNoteList)))]
async fn list_crm_notes(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<CrmNoteQuery>,
) -> Result<Json<CrmNoteList>> {
    member.require(Permission::ReadCrm)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let items = store::list(&mut tx, query.client_id, query.deal_id, 500).await?;
    Ok(Json(CrmNoteList { items }))
}

/// Write a note.
#[utoipa::path(post, path = "/crm/notes", operation_id = "create_crm_note", tag = "crm-activities", request_body = NewCrmNote,
    responses((status = 201, body = Note), (status = 422, body = Problem)))]
async fn create_crm_note(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewCrmNote>,
) -> Result<(StatusCode, Json<Note>)> {
    member.require(Permission::EditCrm)?;
    if input.client_id.is_none() && input.deal_id.is_none() {
        return Err(invalid(
            "no_subject",
            "A note is about a client or a deal: name one.",
        ));
    }
    let note = Note {
        id: CrmNoteId::new(),
        client_id: input.client_id,
        deal_id: input.deal_id,
        title: text::optional(Some(input.title), "title", 200)?.flatten(),
        content: text::required(&input.content, "content", 20_000)?,
        note_type: input.note_type,
        is_pinned: input.is_pinned,
        tags: text::tags(input.tags)?,
        created_by: member.user_id(),
        author_name: None,
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
    };
    let mut tx = ctx.db.tenant(&member).await?;
    tags::store::ensure(&mut tx, &note.tags).await?;
    store::insert(&mut tx, &note).await?;
    let note = store::find(&mut tx, note.id)
        .await?
        .ok_or_else(|| not_found("note"))?;
    tell(&mut tx, &note);
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(note)))
}

/// Change a note.
#[utoipa::path(patch, path = "/crm/notes/{id}", operation_id = "update_crm_note", tag = "crm-activities",
    params(("id" = CrmNoteId, Path)), request_body = CrmNotePatch,
    responses((status = 200, body = Note), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn update_crm_note(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<CrmNoteId>,
    Json(patch): Json<CrmNotePatch>,
) -> Result<Json<Note>> {
    member.require(Permission::EditCrm)?;
    let title = text::optional(patch.title, "title", 200)?;
    let content = patch
        .content
        .map(|content| text::required(&content, "content", 20_000));
    let content = content.transpose()?;
    let tags = patch.tags.map(text::tags).transpose()?;
    let mut tx = ctx.db.tenant(&member).await?;
    let mut note = store::find(&mut tx, id).await?.ok_or_else(|| not_found("note"))?;
    note.title = title.unwrap_or(note.title);
    note.content = content.unwrap_or(note.content);
    note.note_type = patch.note_type.unwrap_or(note.note_type);
    note.is_pinned = patch.is_pinned.unwrap_or(note.is_pinned);
    note.tags = tags.unwrap_or(note.tags);
    tags::store::ensure(&mut tx, &note.tags).await?;
    store::update(&mut tx, &note).await?;
    let note = store::find(&mut tx, id).await?.ok_or_else(|| not_found("note"))?;
    tell(&mut tx, &note);
    tx.commit().await?;
    Ok(Json(note))
}

/// Delete a note.
#[utoipa::path(delete, path = "/crm/notes/{id}", operation_id = "delete_crm_note", tag = "crm-activities",
    params(("id" = CrmNoteId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn delete_crm_note(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<CrmNoteId>,
) -> Result<StatusCode> {
    member.require(Permission::EditCrm)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let note = store::find(&mut tx, id).await?.ok_or_else(|| not_found("note"))?;
    store::delete(&mut tx, id).await?;
    tell(&mut tx, &note);
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
