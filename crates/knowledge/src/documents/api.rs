//! HTTP for documents.

use access::{Member, Permission, audit};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use kernel::Result;
use kernel::error::{Problem, not_found};
use kernel::extract::{Json, Path};
use kernel::ids::DocumentId;
use serde::Serialize;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Document, NewDocument, store};
use crate::{Context, embedding};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_documents, create_document))
        .routes(routes!(get_document, delete_document))
        .layer(DefaultBodyLimit::max(6 * 1024 * 1024))
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
    Ok(StatusCode::NO_CONTENT)
}
