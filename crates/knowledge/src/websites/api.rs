//! HTTP for web sites.

use access::{Member, Permission, audit};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, not_found};
use kernel::extract::{Json, Path, Query};
use kernel::ids::{WebsiteId, WebsitePageId};
use kernel::page::{Page, PageQuery, Position};
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{NewWebsite, PageState, Website, WebsiteChange, WebsitePage, WebsitePageText, store};
use crate::{Context, embedding, vector_index};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_websites, create_website))
        .routes(routes!(get_website, change_website, delete_website))
        .routes(routes!(crawl_website))
        .routes(routes!(cancel_website))
        .routes(routes!(list_website_pages))
        .routes(routes!(get_website_page, change_website_page))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct WebsiteList {
    items: Vec<Website>,
}

/// List web sites.
#[utoipa::path(get, path = "/websites", operation_id = "list_websites", tag = "websites", responses((status = 200, body = WebsiteList)))]
async fn list_websites(State(ctx): State<Context>, member: Member) -> Result<Json<WebsiteList>> {
    member.require(Permission::ReadKnowledge)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(WebsiteList {
        items: store::list(&mut tx).await?,
    }))
}

/// Add a web site. It is read in the background, from now on.
#[utoipa::path(post, path = "/websites", operation_id = "create_website", tag = "websites", request_body = NewWebsite,
    responses((status = 202, body = Website), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_website(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewWebsite>,
) -> Result<(StatusCode, Json<Website>)> {
    member.require(Permission::EditKnowledge)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let id = super::add(&ctx, &mut tx, &input).await?;
    let website = store::get(&mut tx, id).await?;
    let details = json!({"name": website.base_url});
    let subject = format!("website:{id}");
    audit::record_by(&mut tx, &member, audit::Action::WebsiteAdded, &subject, details).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(website)))
}

/// Read what is known of a web site, and how far its reading is.
#[utoipa::path(get, path = "/websites/{id}", operation_id = "get_website", tag = "websites",
    params(("id" = WebsiteId, Path)), responses((status = 200, body = Website), (status = 404, body = Problem)))]
async fn get_website(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<WebsiteId>,
) -> Result<Json<Website>> {
    member.require(Permission::ReadKnowledge)?;
    Ok(Json(
        store::get(&mut ctx.db.tenant_read(&member).await?, id).await?,
    ))
}

/// Change limits and frequency. They hold from the next run on.
#[utoipa::path(patch, path = "/websites/{id}", operation_id = "change_website", tag = "websites",
    params(("id" = WebsiteId, Path)), request_body = WebsiteChange,
    responses((status = 200, body = Website), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn change_website(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<WebsiteId>,
    Json(input): Json<WebsiteChange>,
) -> Result<Json<Website>> {
    member.require(Permission::EditKnowledge)?;
    let mut tx = ctx.db.tenant(&member).await?;
    super::change(&mut tx, id, &input).await?;
    conclude(tx, id).await
}

/// Read a web site again. Pages that have not changed are left as they are.
#[utoipa::path(post, path = "/websites/{id}/crawl", operation_id = "crawl_website", tag = "websites",
    params(("id" = WebsiteId, Path)),
    responses((status = 202, body = Website), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn crawl_website(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<WebsiteId>,
) -> Result<(StatusCode, Json<Website>)> {
    member.require(Permission::EditKnowledge)?;
    let mut tx = ctx.db.tenant(&member).await?;
    super::start(&mut tx, id).await?;
    Ok((StatusCode::ACCEPTED, conclude(tx, id).await?))
}

/// Stop reading a web site. What was read answers.
#[utoipa::path(post, path = "/websites/{id}/cancel", operation_id = "cancel_website", tag = "websites",
    params(("id" = WebsiteId, Path)),
    responses((status = 200, body = Website), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn cancel_website(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<WebsiteId>,
) -> Result<Json<Website>> {
    member.require(Permission::EditKnowledge)?;
    let mut tx = ctx.db.tenant(&member).await?;
    super::cancel(&mut tx, id).await?;
    conclude(tx, id).await
}

async fn conclude(mut tx: TenantTx, id: WebsiteId) -> Result<Json<Website>> {
    let website = store::get(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(website))
}

/// Forget a web site with all of its pages.
#[utoipa::path(delete, path = "/websites/{id}", operation_id = "delete_website", tag = "websites",
    params(("id" = WebsiteId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn delete_website(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<WebsiteId>,
) -> Result<StatusCode> {
    member.require(Permission::EditKnowledge)?;
    let mut tx = ctx.db.tenant(&member).await?;
    embedding::store::lock(&mut tx).await?;
    let base_url = store::delete(&mut tx, id).await?;
    let details = json!({"name": base_url.ok_or_else(|| not_found("website"))?});
    let subject = format!("website:{id}");
    audit::record_by(&mut tx, &member, audit::Action::WebsiteDeleted, &subject, details).await?;
    tx.commit().await?;
    vector_index::jobs::follow(&ctx, &member).await;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct WebsitePageQuery {
    /// All unless given.
    state: Option<PageState>,
    cursor: Option<String>,
    /// 1 to 200, 50 unless given.
    limit: Option<i64>,
}

/// List the pages of a web site, those that were asked for last first.
#[utoipa::path(get, path = "/websites/{id}/pages", operation_id = "list_website_pages", tag = "websites",
    params(("id" = WebsiteId, Path), WebsitePageQuery), responses((status = 200, body = Page<WebsitePage>), (status = 404, body = Problem)))]
async fn list_website_pages(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<WebsiteId>,
    Query(query): Query<WebsitePageQuery>,
) -> Result<Json<Page<WebsitePage>>> {
    member.require(Permission::ReadKnowledge)?;
    let page = PageQuery {
        cursor: query.cursor,
        limit: query.limit,
    };
    let mut tx = ctx.db.tenant_read(&member).await?;
    store::get(&mut tx, id).await?;
    let rows = store::list_pages(&mut tx, id, query.state, page.after()?, page.limit() + 1).await?;
    Ok(Json(Page::cut(rows, page.limit(), |row| Position {
        at: row.crawled_at.unwrap_or(row.created_at),
        id: row.id.0,
    })))
}

/// Read a page: its text, its links and the passages that answer.
#[utoipa::path(get, path = "/websites/{id}/pages/{page_id}", operation_id = "get_website_page", tag = "websites",
    params(("id" = WebsiteId, Path), ("page_id" = WebsitePageId, Path)),
    responses((status = 200, body = WebsitePageText), (status = 404, body = Problem)))]
async fn get_website_page(
    State(ctx): State<Context>,
    member: Member,
    Path((id, page_id)): Path<(WebsiteId, WebsitePageId)>,
) -> Result<Json<WebsitePageText>> {
    member.require(Permission::ReadKnowledge)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let page = store::get_page(&mut tx, id, page_id).await?;
    let (text, links) = store::get_text(&mut tx, page_id).await?;
    Ok(Json(WebsitePageText {
        page,
        text,
        links,
        passages: store::list_page_passages(&mut tx, page_id).await?,
    }))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct WebsitePageChange {
    /// Whether nobody is to be answered from the page. One that is wanted again is read with the next run.
    is_excluded: bool,
}

/// Exclude a page, or take it in again.
#[utoipa::path(patch, path = "/websites/{id}/pages/{page_id}", operation_id = "change_website_page", tag = "websites",
    params(("id" = WebsiteId, Path), ("page_id" = WebsitePageId, Path)), request_body = WebsitePageChange,
    responses((status = 200, body = WebsitePage), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn change_website_page(
    State(ctx): State<Context>,
    member: Member,
    Path((id, page_id)): Path<(WebsiteId, WebsitePageId)>,
    Json(input): Json<WebsitePageChange>,
) -> Result<Json<WebsitePage>> {
    member.require(Permission::EditKnowledge)?;
    let mut tx = ctx.db.tenant(&member).await?;
    embedding::store::lock(&mut tx).await?;
    store::set_excluded(&mut tx, id, page_id, input.is_excluded).await?;
    let page = store::get_page(&mut tx, id, page_id).await?;
    tx.commit().await?;
    Ok(Json(page))
}
