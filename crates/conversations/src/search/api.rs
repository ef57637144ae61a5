//! HTTP for search.

use std::collections::HashMap;
use std::sync::Arc;

use access::{Member, Permission};
use axum::extract::State;
use chrono::{DateTime, Utc};
use kernel::Result;
use kernel::error::{Problem, internal, invalid};
use kernel::extract::{Json, Query as UrlQuery};
use kernel::ids::{ConversationId, MessageId, NoteId};
use kernel::page::{Page, PageQuery, Position};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Query;
use super::store::{self, Room, Said};
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
    let conversations = inbox::store::list_by_ids(&mut tx, &ids).await?;
    drop(tx);
    let query = Arc::new(query);
    let mut said = find_said(&ctx, &member, &query, &ids).await?;
    let hits = conversations.into_iter().map(|conversation| {
        let said = said.remove(&conversation.id);
        let (snippet, at) = match &said {
            Some(said) => (query.snippet(&said.text), said.created_at),
            // its words were in a note that was deleted, or said long ago
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

/// So many messages of each conversation are read at first; those in which nothing was found share what is left.
const AT_FIRST: usize = 30;
const MOST_NOTES: i64 = 500;
const MOST_READ: Room = Room {
    messages: 2_000,
    bytes: 8 * 1024 * 1024,
};

/// What is best so far in each conversation, and how many of the words it holds.
type Best = HashMap<ConversationId, (usize, Said)>;

/// For each conversation the newest message or note that holds most of the words.
async fn find_said(
    ctx: &Context,
    member: &Member,
    query: &Arc<Query>,
    ids: &[ConversationId],
) -> Result<HashMap<ConversationId, Said>> {
    let mut open: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
    let mut tx = ctx.db.tenant_read(member).await?;
    let mut notes_room = MOST_READ;
    let notes = store::list_notes(&mut tx, &open, MOST_NOTES, &mut notes_room).await?;
    drop(tx);
    let mut best = keep_best(query, Best::new(), notes).await?;
    let (mut room, mut skip) = (MOST_READ, 0);
    for most in [AT_FIRST, MOST_READ.messages] {
        let each = room.messages.checked_div(open.len()).unwrap_or(0).min(most);
        let each = i64::try_from(each).unwrap_or(i64::MAX);
        if each == 0 {
            break;
        }
        let mut tx = ctx.db.tenant_read(member).await?;
        let said = store::list_messages(&mut tx, &open, skip, each, &mut room).await?;
        drop(tx);
        best = keep_best(query, best, said).await?;
        skip += each;
        // words may be spread over several messages: one with some of them is good enough to end the search
        open.retain(|id| !best.contains_key(&ConversationId(*id)));
    }
    Ok(best.into_iter().map(|(id, (_, said))| (id, said)).collect())
}

/// Beside the threads that answer requests: texts are long, and there are many.
async fn keep_best(query: &Arc<Query>, mut best: Best, said: Vec<Said>) -> Result<Best> {
    let query = query.clone();
    let kept = tokio::task::spawn_blocking(move || {
        for said in said {
            keep_better(&mut best, &query, said);
        }
        best
    });
    kept.await.map_err(internal)
}

fn keep_better(best: &mut Best, query: &Query, said: Said) {
    let score = query.score(&said.text);
    let is_better = best
        .get(&said.conversation_id)
        .is_none_or(|(most, known)| (score, said.created_at) > (*most, known.created_at));
    if score > 0 && is_better {
        best.insert(said.conversation_id, (score, said));
    }
}
