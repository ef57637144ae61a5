//! HTTP from a piece of knowledge to the answers that rest on it.

use access::{Member, Permission};
use axum::extract::State;
use kernel::Result;
use kernel::error::Problem;
use kernel::extract::{Json, Path, Query};
use kernel::ids::{DocumentId, QaPairId, WebsiteId, WebsitePageId};
use kernel::page::{Page, PageQuery, Position};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{AnswerFrom, store};
use crate::{Context, documents, qa_pairs, websites};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_answers_of_qa_pair))
        .routes(routes!(list_answers_of_document))
        .routes(routes!(list_answers_of_website_page))
}

/// List what was answered from a Q&A pair, the newest first.
#[utoipa::path(get, path = "/qa-pairs/{id}/answers", operation_id = "list_answers_of_qa_pair", tag = "qa-pairs",
    params(("id" = QaPairId, Path), PageQuery), responses((status = 200, body = Page<AnswerFrom>), (status = 404, body = Problem)))]
async fn list_answers_of_qa_pair(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<QaPairId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<AnswerFrom>>> {
    require(&member)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    qa_pairs::store::get(&mut tx, id, ctx.db.clock.now()).await?;
    let answers = store::list_of_pair(&mut tx, id, page.after()?, page.limit() + 1).await?;
    Ok(Json(cut(answers, &page)))
}

/// List what was answered from a document, the newest first; also from passages that it no longer has.
#[utoipa::path(get, path = "/documents/{id}/answers", operation_id = "list_answers_of_document", tag = "documents",
    params(("id" = DocumentId, Path), PageQuery), responses((status = 200, body = Page<AnswerFrom>), (status = 404, body = Problem)))]
async fn list_answers_of_document(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<DocumentId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<AnswerFrom>>> {
    require(&member)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    documents::store::get(&mut tx, id).await?;
    let answers = store::list_of_text(&mut tx, id.0, page.after()?, page.limit() + 1).await?;
    Ok(Json(cut(answers, &page)))
}

/// List what was answered from a page of a web site, the newest first; also from passages that it no longer has.
#[utoipa::path(get, path = "/websites/{id}/pages/{page_id}/answers", operation_id = "list_answers_of_website_page", tag = "websites",
    params(("id" = WebsiteId, Path), ("page_id" = WebsitePageId, Path), PageQuery),
    responses((status = 200, body = Page<AnswerFrom>), (status = 404, body = Problem)))]
async fn list_answers_of_website_page(
    State(ctx): State<Context>,
    member: Member,
    Path((id, page_id)): Path<(WebsiteId, WebsitePageId)>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<AnswerFrom>>> {
    require(&member)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    websites::store::get_page(&mut tx, id, page_id).await?;
    let answers = store::list_of_text(&mut tx, page_id.0, page.after()?, page.limit() + 1).await?;
    Ok(Json(cut(answers, &page)))
}

/// The answers are parts of conversations.
fn require(member: &Member) -> Result<()> {
    member.require(Permission::ReadKnowledge)?;
    member.require(Permission::ReadConversations)
}

fn cut(answers: Vec<AnswerFrom>, page: &PageQuery) -> Page<AnswerFrom> {
    Page::cut(answers, page.limit(), |answer| Position {
        at: answer.answered_at,
        id: answer.id.0,
    })
}
