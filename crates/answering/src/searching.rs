//! HTTP: search the knowledge without asking for an answer.

use access::{Member, Permission};
use axum::extract::State;
use kernel::Result;
use kernel::error::{Problem, invalid};
use kernel::extract::Json;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Context;
use crate::api::check_question;
use crate::pipeline::search::{KnowledgeEntry, search};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(search_knowledge))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct KnowledgeSearch {
    /// A question or some words, 1 to 4,000 characters.
    query: String,
    /// 1 to 20, 8 unless given.
    #[serde(default = "eight")]
    #[schema(required = false, minimum = 1, maximum = 20)]
    limit: usize,
}

fn eight() -> usize {
    8
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct KnowledgeEntries {
    /// Best first.
    items: Vec<KnowledgeEntry>,
}

/// Search Q&A pairs, documents and web sites by meaning and by words. Nothing is stored and no model is asked.
#[utoipa::path(post, path = "/knowledge/search", operation_id = "search_knowledge", tag = "answers", request_body = KnowledgeSearch,
    responses((status = 200, body = KnowledgeEntries), (status = 422, body = Problem)))]
async fn search_knowledge(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<KnowledgeSearch>,
) -> Result<Json<KnowledgeEntries>> {
    member.require(Permission::ReadKnowledge)?;
    let text = check_question(&input.query)?;
    if !(1..=20).contains(&input.limit) {
        return Err(invalid("bad_limit", "`limit` lies between 1 and 20."));
    }
    let items = search(&ctx, &member, text, input.limit).await?;
    Ok(Json(KnowledgeEntries { items }))
}
