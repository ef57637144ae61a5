//! HTTP for knowledge bases.

use access::{Member, Permission};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use kernel::Result;
use kernel::error::Problem;
use kernel::extract::{Json, Path, Query};
use kernel::ids::KnowledgeBaseId;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{ContentType, KnowledgeBase, store};
use crate::{Context, embedding};

/// 5 MB of text, with what JSON needs to write it.
const LARGEST_BODY: usize = 8 * 1024 * 1024;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_knowledge_bases, create_knowledge_base))
        .routes(routes!(activate_knowledge_base, deactivate_knowledge_base))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    content_type: Option<ContentType>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct KnowledgeBases {
    items: Vec<KnowledgeBase>,
}

/// List the versions of the knowledge bases, the newest 300, the newest of each type first.
#[utoipa::path(get, path = "/knowledge-bases", operation_id = "list_knowledge_bases", tag = "versions", params(Filter),
    responses((status = 200, body = KnowledgeBases)))]
async fn list_knowledge_bases(
    State(ctx): State<Context>,
    member: Member,
    Query(filter): Query<Filter>,
) -> Result<Json<KnowledgeBases>> {
    member.require(Permission::ReadKnowledge)?;
    let items = store::list(&mut ctx.db.tenant_read(&member).await?, filter.content_type).await?;
    Ok(Json(KnowledgeBases { items }))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewKnowledgeBase {
    content_type: ContentType,
    content: String,
    /// Puts it in force at once; otherwise it is a draft.
    #[serde(default)]
    is_active: bool,
}

/// Write the next version of a knowledge base.
#[utoipa::path(post, path = "/knowledge-bases", operation_id = "create_knowledge_base", tag = "versions", request_body = NewKnowledgeBase,
    responses((status = 201, body = KnowledgeBase), (status = 422, body = Problem)))]
async fn create_knowledge_base(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewKnowledgeBase>,
) -> Result<(StatusCode, Json<KnowledgeBase>)> {
    require(&member, input.content_type)?;
    input.content_type.check(&input.content)?;
    let mut tx = ctx.db.tenant(&member).await?;
    embedding::store::lock(&mut tx).await?;
    let actor = member.actor().to_string();
    let id = store::insert(&mut tx, input.content_type, &input.content, &actor).await?;
    let made = store::get(&mut tx, id).await?;
    tx.commit().await?;
    let made = if input.is_active {
        super::activate(&ctx, &member, id).await?
    } else {
        made
    };
    Ok((StatusCode::CREATED, Json(made)))
}

/// A prompt is set by those who set the channels.
fn require(member: &Member, content_type: ContentType) -> Result<()> {
    member.require(Permission::EditKnowledge)?;
    match content_type {
        ContentType::SystemPrompt => member.require(Permission::ManageChannels),
        _ => Ok(()),
    }
}

/// Put a version in force: a newer one to publish it, an older one to go back.
#[utoipa::path(put, path = "/knowledge-bases/{id}/active", operation_id = "activate_knowledge_base", tag = "versions",
    params(("id" = KnowledgeBaseId, Path)), responses((status = 200, body = KnowledgeBase), (status = 404, body = Problem)))]
async fn activate_knowledge_base(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<KnowledgeBaseId>,
) -> Result<Json<KnowledgeBase>> {
    member.require(Permission::EditKnowledge)?;
    let wanted = store::get(&mut ctx.db.tenant_read(&member).await?, id).await?;
    require(&member, wanted.content_type)?;
    Ok(Json(super::activate(&ctx, &member, id).await?))
}

/// Take the version of a type out of force: none is then.
#[utoipa::path(delete, path = "/knowledge-bases/{id}/active", operation_id = "deactivate_knowledge_base", tag = "versions",
    params(("id" = KnowledgeBaseId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn deactivate_knowledge_base(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<KnowledgeBaseId>,
) -> Result<StatusCode> {
    member.require(Permission::EditKnowledge)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let wanted = store::get(&mut tx, id).await?;
    require(&member, wanted.content_type)?;
    embedding::store::lock(&mut tx).await?;
    if store::get(&mut tx, id).await?.is_active
        && let Some(document) = store::deactivate(&mut tx, wanted.content_type).await?
    {
        crate::documents::store::delete(&mut tx, document).await?;
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
