//! HTTP for search.

use std::collections::HashMap;

use access::{Member, Permission};
use axum::extract::State;
use chrono::{DateTime, Utc};
use kernel::error::{Problem, invalid};
use kernel::extract::{Json, Query as UrlQuery};
use kernel::ids::{ConversationId, MessageId, NoteId};
use kernel::page::{Page, PageQuery, Position};
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Query;
use super::store::{self, Said};
use crate::Context;
use crate::inbox::{self, ConversationSummary};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(search))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct SearchQuery {
    /// Words; accents and case do not matter, and the last one may be a beginning.
    q: String,
    cursor: Option<String>,
    /// 1 to 50, 20 unless given.
    limit: Option<i64>,
}

/// A conversation that holds all words, with its newest message or note that fits best.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SearchHit {
    conversation: ConversationSummary,
    /// Null: it is a note.
    message_id: Option<MessageId>,
    /// Null: it is a message.
    note_id: Option<NoteId>,
    seq: Option<i64>,
    /// Plain text; what was found stands between « and ».
    snippet: String,
    created_at: DateTime<Utc>,
}

/// Search all messages and notes.
#[utoipa::path(get, path = "/search", operation_id = "search", tag = "inbox", params(SearchQuery),
    responses((status = 200, body = Page<SearchHit>), (status = 422, body = Problem)))]
async fn search(
    State(ctx): State<Context>,
    member: Member,
    UrlQuery(input): UrlQuery<SearchQuery>,
) -> Result<Json<Page<SearchHit>>> {
    member.require(Permission::ReadConversations)?;
    if input.q.chars().count() > 500 {
        return Err(invalid("bad_query", "A search has at most 500 characters."));
    }
    let limit = input.limit.unwrap_or(20).clamp(1, 50);
    let page = PageQuery {
        cursor: input.cursor,
        limit: None,
    };
    let after = page.after()?;
    let Some(query) = Query::parse(&input.q) else {
        return Ok(Json(Page::cut(Vec::new(), limit, |_: &SearchHit| unreachable!())));
    };
    let mut tx = ctx.db.tenant_read(&member).await?;
    let ids = store::list_conversations(&mut tx, &query, after, limit + 1).await?;
    let mut said = find_said(&mut tx, &query, &ids).await?;
    let conversations = inbox::store::list_by_ids(&mut tx, &ids).await?;
    let hits = conversations.into_iter().map(|conversation| {
        let said = said.remove(&conversation.id);
        let (snippet, at) = match &said {
            Some(said) => (query.snippet(&said.text), said.created_at),
            // its words were in a note that was deleted
            None => (
                conversation.last_message_preview.clone().unwrap_or_default(),
                conversation.last_message_at.unwrap_or(conversation.created_at),
            ),
        };
        SearchHit {
            message_id: said.as_ref().and_then(|said| said.message_id),
            note_id: said.as_ref().and_then(|said| said.note_id),
            seq: said.as_ref().and_then(|said| said.seq),
            snippet,
            created_at: at,
            conversation,
        }
    });
    let position = |hit: &SearchHit| Position {
        at: hit.conversation.last_message_at.unwrap_or(hit.created_at),
        id: hit.conversation.id.0,
    };
    Ok(Json(Page::cut(hits.collect(), limit, position)))
}

/// So many messages of each conversation are read at once, the newest first.
const AT_ONCE: [i64; 3] = [50, 450, 10_000];

/// For each conversation the newest message or note that holds most of the words.
async fn find_said(
    tx: &mut TenantTx,
    query: &Query,
    ids: &[ConversationId],
) -> Result<HashMap<ConversationId, Said>> {
    let mut best: HashMap<ConversationId, (usize, Said)> = HashMap::new();
    let mut open: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
    for said in store::list_notes(tx, &open).await? {
        keep_better(&mut best, query, said);
    }
    let mut skip = 0;
    for limit in AT_ONCE {
        for said in store::list_messages(tx, &open, skip, limit).await? {
            keep_better(&mut best, query, said);
        }
        skip += limit;
        // words may be spread over several messages: one with some of them is good enough to end the search
        open.retain(|id| !best.contains_key(&ConversationId(*id)));
        if open.is_empty() {
            break;
        }
    }
    Ok(best.into_iter().map(|(id, (_, said))| (id, said)).collect())
}

fn keep_better(best: &mut HashMap<ConversationId, (usize, Said)>, query: &Query, said: Said) {
    let score = query.score(&said.text);
    let is_better = best
        .get(&said.conversation_id)
        .is_none_or(|(most, known)| (score, said.created_at) > (*most, known.created_at));
    if score > 0 && is_better {
        best.insert(said.conversation_id, (score, said));
    }
}
