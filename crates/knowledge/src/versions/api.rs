//! HTTP for versions and drafts. Trying and publishing a draft is in `answering`.

use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, conflict, invalid, not_found};
use kernel::extract::{Json, Path, Query};
use kernel::ids::{ChangeId, VersionId};
use kernel::page::{Page, PageQuery, Position};
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{
    Change, GapChoice, MOST_CHANGES, NewChange, Rollback, Status, Subject, Version, check_title, store, tell,
};
use crate::transcripts::proposals;
use crate::{Context, embedding, gaps};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_versions))
        .routes(routes!(get_version))
        .routes(routes!(undo_version))
        .routes(routes!(restore_version))
        .routes(routes!(create_draft))
        .routes(routes!(update_draft, delete_draft))
        .routes(routes!(add_changes))
        .routes(routes!(delete_change))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    status: Option<Status>,
    /// Only those that changed this Q&A pair or prompt.
    subject_id: Option<Uuid>,
}

/// List versions and drafts, the newest first.
#[utoipa::path(get, path = "/versions", operation_id = "list_versions", tag = "versions", params(Filter, PageQuery),
    responses((status = 200, body = Page<Version>)))]
async fn list_versions(
    State(ctx): State<Context>,
    member: Member,
    Query(filter): Query<Filter>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Version>>> {
    member.require(Permission::ReadKnowledge)?;
    let limit = page.limit();
    let mut tx = ctx.db.tenant_read(&member).await?;
    let found = store::list(
        &mut tx,
        filter.status,
        filter.subject_id,
        page.after()?,
        limit + 1,
    )
    .await?;
    Ok(Json(Page::cut(found, limit, |version| Position {
        at: version.published_at.unwrap_or(version.created_at),
        id: version.id.0,
    })))
}

/// A version with all that it changes.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct VersionWithChanges {
    #[serde(flatten)]
    version: Version,
    changes: Vec<Change>,
}

/// Read a version or draft with its changes.
#[utoipa::path(get, path = "/versions/{id}", operation_id = "get_version", tag = "versions", params(("id" = VersionId, Path)),
    responses((status = 200, body = VersionWithChanges), (status = 404, body = Problem)))]
async fn get_version(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<VersionId>,
) -> Result<Json<VersionWithChanges>> {
    member.require(Permission::ReadKnowledge)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(with_changes(&mut tx, id).await?))
}

async fn with_changes(tx: &mut TenantTx, id: VersionId) -> Result<VersionWithChanges> {
    Ok(VersionWithChanges {
        version: store::get(tx, id).await?,
        changes: store::list_changes(tx, id).await?,
    })
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewDraft {
    #[serde(default)]
    title: String,
    #[serde(default)]
    changes: Vec<NewChange>,
}

/// Begin a draft: changes that nobody is answered from until they are published together.
#[utoipa::path(post, path = "/drafts", operation_id = "create_draft", tag = "versions", request_body = NewDraft,
    responses((status = 201, body = VersionWithChanges), (status = 422, body = Problem)))]
async fn create_draft(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewDraft>,
) -> Result<(StatusCode, Json<VersionWithChanges>)> {
    member.require(Permission::EditKnowledge)?;
    let title = check_title(&input.title)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let id = store::insert_draft(&mut tx, title, None, &member.actor().to_string()).await?;
    put(&mut tx, &member, id, input.changes).await?;
    let draft = finish(tx, id).await?;
    Ok((StatusCode::CREATED, Json(draft)))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct DraftTitle {
    title: String,
}

/// Give a draft a title.
#[utoipa::path(patch, path = "/drafts/{id}", operation_id = "update_draft", tag = "versions", params(("id" = VersionId, Path)),
    request_body = DraftTitle, responses((status = 200, body = VersionWithChanges), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn update_draft(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<VersionId>,
    Json(input): Json<DraftTitle>,
) -> Result<Json<VersionWithChanges>> {
    member.require(Permission::EditKnowledge)?;
    let title = check_title(&input.title)?;
    let mut tx = ctx.db.tenant(&member).await?;
    open_draft(&mut tx, id).await?;
    store::set_title(&mut tx, id, title).await?;
    Ok(Json(finish(tx, id).await?))
}

/// Nobody publishes it until this transaction ends.
async fn open_draft(tx: &mut TenantTx, id: VersionId) -> Result<()> {
    embedding::store::lock(tx).await?;
    store::get(tx, id).await?.require_draft()
}

/// Discard a draft.
#[utoipa::path(delete, path = "/drafts/{id}", operation_id = "delete_draft", tag = "versions", params(("id" = VersionId, Path)),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn delete_draft(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<VersionId>,
) -> Result<StatusCode> {
    member.require(Permission::EditKnowledge)?;
    let mut tx = ctx.db.tenant(&member).await?;
    open_draft(&mut tx, id).await?;
    proposals::store::take_back(&mut tx, id, true).await?;
    store::delete(&mut tx, id).await?;
    tell(&mut tx);
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewChanges {
    changes: Vec<NewChange>,
}

/// Add changes to a draft. Another change of the same thing takes the place of the one before.
#[utoipa::path(post, path = "/drafts/{id}/changes", operation_id = "add_draft_changes", tag = "versions",
    params(("id" = VersionId, Path)), request_body = NewChanges,
    responses((status = 200, body = VersionWithChanges), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn add_changes(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<VersionId>,
    Json(input): Json<NewChanges>,
) -> Result<Json<VersionWithChanges>> {
    member.require(Permission::EditKnowledge)?;
    let mut tx = ctx.db.tenant(&member).await?;
    open_draft(&mut tx, id).await?;
    put(&mut tx, &member, id, input.changes).await?;
    Ok(Json(finish(tx, id).await?))
}

/// Take a change out of a draft.
#[utoipa::path(delete, path = "/drafts/{id}/changes/{change_id}", operation_id = "delete_draft_change", tag = "versions",
    params(("id" = VersionId, Path), ("change_id" = ChangeId, Path)),
    responses((status = 200, body = VersionWithChanges), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn delete_change(
    State(ctx): State<Context>,
    member: Member,
    Path((id, change)): Path<(VersionId, ChangeId)>,
) -> Result<Json<VersionWithChanges>> {
    member.require(Permission::EditKnowledge)?;
    let mut tx = ctx.db.tenant(&member).await?;
    embedding::store::lock(&mut tx).await?;
    store::delete_change(&mut tx, id, change).await?;
    store::get(&mut tx, id).await?.require_draft()?;
    proposals::store::take_back(&mut tx, id, false).await?;
    Ok(Json(finish(tx, id).await?))
}

/// Make a draft that takes a version back: its changes the other way round.
#[utoipa::path(post, path = "/versions/{id}/undo", operation_id = "undo_version", tag = "versions", params(("id" = VersionId, Path)),
    request_body(content = Option<DraftTitle>, content_type = "application/json"),
    responses((status = 201, body = VersionWithChanges), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn undo_version(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<VersionId>,
    input: Option<Json<DraftTitle>>,
) -> Result<(StatusCode, Json<VersionWithChanges>)> {
    member.require(Permission::EditKnowledge)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let number = published(&store::get(&mut tx, id).await?)?;
    let title = input.map_or_else(|| format!("Undo version {number}"), |Json(input)| input.title);
    let draft = store::insert_draft(
        &mut tx,
        check_title(&title)?,
        Some(Rollback::Undo(id)),
        &member.actor().to_string(),
    )
    .await?;
    store::copy_undone(&mut tx, id, draft).await?;
    roll_back(tx, draft).await
}

/// Make a draft that brings everything back to how it was right after a version.
#[utoipa::path(post, path = "/versions/{id}/restore", operation_id = "restore_version", tag = "versions",
    params(("id" = VersionId, Path)), request_body(content = Option<DraftTitle>, content_type = "application/json"),
    responses((status = 201, body = VersionWithChanges), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn restore_version(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<VersionId>,
    input: Option<Json<DraftTitle>>,
) -> Result<(StatusCode, Json<VersionWithChanges>)> {
    member.require(Permission::EditKnowledge)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let number = published(&store::get(&mut tx, id).await?)?;
    let title = input.map_or_else(|| format!("Back to version {number}"), |Json(input)| input.title);
    let draft = store::insert_draft(
        &mut tx,
        check_title(&title)?,
        Some(Rollback::Restore(id)),
        &member.actor().to_string(),
    )
    .await?;
    store::copy_restored(&mut tx, id, draft).await?;
    roll_back(tx, draft).await
}

fn published(version: &Version) -> Result<i32> {
    version
        .number
        .ok_or_else(|| conflict("version_is_draft", "A draft has not changed anything yet."))
}

async fn roll_back(mut tx: TenantTx, draft: VersionId) -> Result<(StatusCode, Json<VersionWithChanges>)> {
    if store::count_changes(&mut tx, draft).await? == 0 {
        return Err(conflict(
            "nothing_to_undo",
            "Everything stands there as it did then: there is nothing to take back.",
        ));
    }
    Ok((StatusCode::CREATED, Json(finish(tx, draft).await?)))
}

async fn finish(mut tx: TenantTx, id: VersionId) -> Result<VersionWithChanges> {
    let draft = with_changes(&mut tx, id).await?;
    tell(&mut tx);
    tx.commit().await?;
    Ok(draft)
}

async fn put(tx: &mut TenantTx, member: &Member, draft: VersionId, changes: Vec<NewChange>) -> Result<()> {
    for change in changes {
        let (subject, id, after, gaps) = match change {
            NewChange::QaPair {
                id,
                after,
                closes_gaps,
                leaves_gaps,
            } => {
                let after = after.map(super::PairState::checked).transpose()?;
                gaps::store::require_all(tx, &closes_gaps).await?;
                gaps::store::require_all(tx, &leaves_gaps).await?;
                let gaps = GapChoice {
                    closes: closes_gaps,
                    leaves: leaves_gaps,
                };
                (Subject::QaPair, id.map(|id| id.0), as_value(after)?, gaps)
            }
            NewChange::AgentPrompt { id, after } => {
                member.require(Permission::ManageChannels)?;
                let after = after.map(super::PromptState::checked).transpose()?;
                (Subject::AgentPrompt, id, as_value(after)?, GapChoice::default())
            }
            NewChange::ChannelPrompt { id, after } => {
                member.require(Permission::ManageChannels)?;
                if !store::exists(tx, Subject::ChannelPrompt, id.0).await? {
                    return Err(not_found("channel"));
                }
                let after = as_value(Some(after.checked()?))?;
                (Subject::ChannelPrompt, Some(id.0), after, GapChoice::default())
            }
        };
        if id.is_none() && after.is_none() {
            return Err(invalid(
                "nothing_changed",
                "A change without `id` needs `after`: what shall be added.",
            ));
        }
        if let Some(id) = id
            && after.is_none()
            && !store::exists(tx, subject, id).await?
        {
            return Err(not_found("Q&A pair or prompt"));
        }
        let thing = id.unwrap_or_else(Uuid::now_v7);
        store::put_change(tx, draft, subject, thing, after, &gaps).await?;
    }
    if store::count_changes(tx, draft).await? > MOST_CHANGES {
        return Err(invalid(
            "too_many_changes",
            "A draft holds at most 5,000 changes. Publish it, then go on.",
        ));
    }
    Ok(())
}

fn as_value<T: Serialize>(state: Option<T>) -> Result<Option<Value>> {
    Ok(state.map(serde_json::to_value).transpose()?)
}
