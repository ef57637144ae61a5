//! HTTP for documents.

use access::{Member, Permission, audit};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use kernel::Result;
use kernel::error::{Problem, not_found};
use kernel::extract::{Bytes, Json, Path, Query};
use kernel::ids::DocumentId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::files::{self, NewFile};
use super::{Document, DocumentPassage, NewDocument, store};
use crate::{Context, embedding, vector_index};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_documents, create_document))
        .routes(routes!(get_document, delete_document))
        .routes(routes!(retry_document))
        .routes(routes!(list_document_passages))
        .layer(DefaultBodyLimit::max(6 * 1024 * 1024))
        .merge(file_routes())
}

fn file_routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(create_document_from_file))
        .routes(routes!(replace_document_file, get_document_file))
        // a little more, so that what is too large is told in a sentence of its own
        .layer(DefaultBodyLimit::max(documents::LARGEST_FILE + 1024 * 1024))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DocumentList {
    items: Vec<Document>,
}

/// List documents.
#[utoipa::path(get, path = "/documents", operation_id = "list_documents", tag = "documents", responses((status = 200, body = DocumentList)))]
async fn list_documents(State(ctx): State<Context>, member: Member) -> Result<Json<DocumentList>> {
    member.require(Permission::ReadKnowledge)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(DocumentList {
        items: store::list(&mut tx).await?,
    }))
}

/// Learn a document. It is answered from when this returns.
#[utoipa::path(post, path = "/documents", operation_id = "create_document", tag = "documents", request_body = NewDocument,
    responses((status = 201, body = Document), (status = 422, body = Problem)))]
async fn create_document(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewDocument>,
) -> Result<(StatusCode, Json<Document>)> {
    member.require(Permission::EditKnowledge)?;
    Ok((
        StatusCode::CREATED,
        Json(super::create(&ctx, &member, input).await?),
    ))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct About {
    /// What the file is called. Without it, only what the bytes say counts.
    filename: Option<String>,
}

impl About {
    fn file<'a>(&'a self, bytes: &'a [u8]) -> Result<NewFile<'a>> {
        NewFile::check(self.filename.as_deref().unwrap_or("document"), bytes)
    }
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PassageList {
    items: Vec<DocumentPassage>,
}

/// Learn a file: PDF, Word, Excel, PowerPoint, HTML, CSV, Markdown or text, at most 20 MB, as the body of the request. It
/// is read in the background; `status` says how far it is.
#[utoipa::path(post, path = "/documents/files", operation_id = "create_document_from_file", tag = "documents", params(About),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 202, body = Document), (status = 409, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem)))]
async fn create_document_from_file(
    State(ctx): State<Context>,
    member: Member,
    Query(about): Query<About>,
    Bytes(bytes): Bytes,
) -> Result<(StatusCode, Json<Document>)> {
    member.require(Permission::EditKnowledge)?;
    let file = about.file(&bytes)?;
    Ok((
        StatusCode::ACCEPTED,
        Json(files::add(&ctx, &member, &file).await?),
    ))
}

/// Replace the file of a document. What was read before answers until the new file is ready.
#[utoipa::path(put, path = "/documents/{id}/file", operation_id = "replace_document_file", tag = "documents",
    params(("id" = DocumentId, Path), About), request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 202, body = Document), (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem)))]
async fn replace_document_file(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<DocumentId>,
    Query(about): Query<About>,
    Bytes(bytes): Bytes,
) -> Result<(StatusCode, Json<Document>)> {
    member.require(Permission::EditKnowledge)?;
    let file = about.file(&bytes)?;
    let document = files::replace(&ctx, &member, id, &file).await?;
    Ok((StatusCode::ACCEPTED, Json(document)))
}

/// Download the file of a document, or the text that it was given as.
#[utoipa::path(get, path = "/documents/{id}/file", operation_id = "get_document_file", tag = "documents",
    params(("id" = DocumentId, Path)),
    responses((status = 200, content_type = "application/octet-stream"), (status = 404, body = Problem)))]
async fn get_document_file(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<DocumentId>,
) -> Result<Response> {
    member.require(Permission::ReadKnowledge)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let document = store::get(&mut tx, id).await?;
    let bytes = store::find_bytes(&mut tx, id)
        .await?
        .ok_or_else(|| not_found("document"))?;
    let name = document
        .filename
        .unwrap_or_else(|| format!("{}.md", document.title));
    // whatever it is, no browser shows it as a page of ours
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename*=UTF-8''{}", percent_encode(&name)),
        ),
    ];
    Ok((headers, bytes).into_response())
}

/// As RFC 5987 wants it in a header.
fn percent_encode(name: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    name.bytes()
        .map(|byte| match is_plain(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}

/// Read a file once more that could not be read.
#[utoipa::path(post, path = "/documents/{id}/retry", operation_id = "retry_document", tag = "documents",
    params(("id" = DocumentId, Path)),
    responses((status = 202, body = Document), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn retry_document(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<DocumentId>,
) -> Result<(StatusCode, Json<Document>)> {
    member.require(Permission::EditKnowledge)?;
    Ok((StatusCode::ACCEPTED, Json(files::retry(&ctx, &member, id).await?)))
}

/// List the passages of a document.
#[utoipa::path(get, path = "/documents/{id}/passages", operation_id = "list_document_passages", tag = "documents",
    params(("id" = DocumentId, Path)), responses((status = 200, body = PassageList), (status = 404, body = Problem)))]
async fn list_document_passages(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<DocumentId>,
) -> Result<Json<PassageList>> {
    member.require(Permission::ReadKnowledge)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    store::get(&mut tx, id).await?;
    let items = store::list_passages(&mut tx, id).await?;
    Ok(Json(PassageList { items }))
}

/// Read what is known of a document.
#[utoipa::path(get, path = "/documents/{id}", operation_id = "get_document", tag = "documents",
    params(("id" = DocumentId, Path)), responses((status = 200, body = Document), (status = 404, body = Problem)))]
async fn get_document(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<DocumentId>,
) -> Result<Json<Document>> {
    member.require(Permission::ReadKnowledge)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(store::get(&mut tx, id).await?))
}

/// Forget a document.
#[utoipa::path(delete, path = "/documents/{id}", operation_id = "delete_document", tag = "documents",
    params(("id" = DocumentId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn delete_document(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<DocumentId>,
) -> Result<StatusCode> {
    member.require(Permission::EditKnowledge)?;
    let mut tx = ctx.db.tenant(&member).await?;
    embedding::store::lock(&mut tx).await?;
    store::require_own(&mut tx, id).await?;
    let title = store::delete(&mut tx, id).await?;
    let details = json!({"name": title.ok_or_else(|| not_found("document"))?});
    let subject = format!("document:{id}");
    audit::record_by(
        &mut tx,
        &member,
        audit::Action::DocumentDeleted,
        &subject,
        details,
    )
    .await?;
    tx.commit().await?;
    vector_index::jobs::follow(&ctx, &member).await;
    Ok(StatusCode::NO_CONTENT)
}
