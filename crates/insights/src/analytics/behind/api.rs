//! HTTP for what is behind a number.

use access::{Member, Permission};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use kernel::error::{Problem, not_found};
use kernel::extract::{Json, Path, Query};
use kernel::page::{PageQuery, Position};
use kernel::{Error, Result, TenantTx};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Behind, PartQuery};
use crate::Context;
use crate::analytics::answers::{self, Answer};
use crate::analytics::conversations::Conversation;
use crate::analytics::conversations::store::{self as conversations, Listed, OfPerson};
use crate::analytics::filter::AnalyticsQuery;
use crate::analytics::gaps::{self, Gap};
use crate::analytics::sales::{self, Deal};
use crate::analytics::sheet::{self, Cell};
use crate::analytics::{counting, metrics};

/// A file has so many rows at most.
const MOST_ROWS: i64 = 10_000;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_analytics_conversations))
        .routes(routes!(list_analytics_answers))
        .routes(routes!(list_analytics_gaps))
        .routes(routes!(list_analytics_deals))
}

/// Where a list begins and ends.
struct Window {
    after: Option<Position>,
    limit: i64,
    is_file: bool,
}

impl Window {
    fn of(page: &PageQuery, query: &AnalyticsQuery, headers: &HeaderMap) -> Result<Self> {
        let is_file = sheet::is_wanted(query, headers);
        Ok(Self {
            after: page.after()?,
            limit: if is_file { MOST_ROWS } else { page.limit() },
            is_file,
        })
    }

    /// One more than fits, to know whether there is more.
    fn fetched(&self) -> i64 {
        self.limit + 1
    }
}

fn no_list() -> Error {
    not_found("list behind this number")
}

fn time(at: DateTime<Utc>) -> Cell {
    Cell::Text(at.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// List the conversations behind a number.
#[utoipa::path(get, path = "/analytics/{metric}/conversations", operation_id = "list_analytics_conversations", tag = "analytics",
    params(("metric" = String, Path), AnalyticsQuery, PartQuery, PageQuery),
    responses((status = 200, body = Behind<Conversation>), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn list_analytics_conversations(
    State(ctx): State<Context>,
    member: Member,
    Path(metric): Path<String>,
    Query(query): Query<AnalyticsQuery>,
    Query(part): Query<PartQuery>,
    Query(page): Query<PageQuery>,
    headers: HeaderMap,
) -> Result<Response> {
    member.require(Permission::ReadConversations)?;
    let window = Window::of(&page, &query, &headers)?;
    let listed = listed(&metric, &part).ok_or_else(no_list)?;
    counting::catch_up(&ctx.db, &member).await?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let question = query.read(&mut tx).await?;
    let count = conversations::count(&mut tx, &question, &listed).await?;
    let items = conversations::list(&mut tx, &question, &listed, window.after, window.fetched()).await?;
    let behind = Behind::cut(count, items, window.limit, |row| Position {
        at: row.began_at,
        id: row.id.0,
    });
    if !window.is_file {
        return Ok(Json(behind).into_response());
    }
    let columns = [
        "id",
        "began_at",
        "outcome",
        "status",
        "contact_name",
        "channel_name",
        "language",
        "assignee_name",
        "rating",
        "hand_over_reason",
        "first_reply_seconds",
    ];
    sheet::download(
        "conversations",
        &columns,
        behind.items.into_iter().map(|row| {
            vec![
                row.id.to_string().as_str().into(),
                time(row.began_at),
                row.outcome.as_str().into(),
                row.status.as_str().into(),
                row.contact_name.into(),
                row.channel_name.as_str().into(),
                row.language.into(),
                row.assignee_name.into(),
                row.rating.map(f64::from).into(),
                row.hand_over_reason.into(),
                row.first_reply_seconds.into(),
            ]
        }),
    )
}

fn listed(metric: &str, part: &PartQuery) -> Option<Listed> {
    if metric == "open_now" {
        return Some(Listed::OpenNow);
    }
    metrics::find(metric).filter(|metric| metric.items == Some(metrics::Items::Conversations))?;
    Some(Listed::Behind {
        formula: conversations::formula(metric)?,
        is_whole: part.is_whole(),
        of_person: match metric {
            "handled" => OfPerson::Replied,
            _ => OfPerson::RepliedFirst,
        },
    })
}

/// List the answers behind a number.
#[utoipa::path(get, path = "/analytics/{metric}/answers", operation_id = "list_analytics_answers", tag = "analytics",
    params(("metric" = String, Path), AnalyticsQuery, PartQuery, PageQuery),
    responses((status = 200, body = Behind<Answer>), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn list_analytics_answers(
    State(ctx): State<Context>,
    member: Member,
    Path(metric): Path<String>,
    Query(query): Query<AnalyticsQuery>,
    Query(part): Query<PartQuery>,
    Query(page): Query<PageQuery>,
    headers: HeaderMap,
) -> Result<Response> {
    member.require(Permission::ReadConversations)?;
    let window = Window::of(&page, &query, &headers)?;
    counting::catch_up(&ctx.db, &member).await?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let question = query.read(&mut tx).await?;
    let wanted = (metric.as_str(), part.is_whole());
    let count = answers::store::count(&mut tx, &question, wanted.0, wanted.1).await?;
    let count = count.ok_or_else(no_list)?;
    let items = answers::store::list(&mut tx, &question, wanted, window.after, window.fetched()).await?;
    let behind = Behind::cut(count, items, window.limit, |row| Position {
        at: row.answered_at,
        id: row.id.0,
    });
    if !window.is_file {
        return Ok(Json(behind).into_response());
    }
    let columns = [
        "id",
        "conversation_id",
        "answered_at",
        "question",
        "mode",
        "confidence",
        "feedback",
    ];
    sheet::download(
        "answers",
        &columns,
        behind.items.into_iter().map(|row| {
            vec![
                row.id.to_string().as_str().into(),
                row.conversation_id.to_string().as_str().into(),
                time(row.answered_at),
                row.question.as_str().into(),
                row.mode.as_str().into(),
                Some(row.confidence).into(),
                row.feedback.into(),
            ]
        }),
    )
}

/// List the gaps behind a number.
#[utoipa::path(get, path = "/analytics/{metric}/gaps", operation_id = "list_analytics_gaps", tag = "analytics",
    params(("metric" = String, Path), AnalyticsQuery, PartQuery, PageQuery),
    responses((status = 200, body = Behind<Gap>), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn list_analytics_gaps(
    State(ctx): State<Context>,
    member: Member,
    Path(metric): Path<String>,
    Query(query): Query<AnalyticsQuery>,
    Query(page): Query<PageQuery>,
    headers: HeaderMap,
) -> Result<Response> {
    member.require(Permission::ReadKnowledge)?;
    let window = Window::of(&page, &query, &headers)?;
    counting::catch_up(&ctx.db, &member).await?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let question = query.read(&mut tx).await?;
    let count = gaps::store::count(&mut tx, &question, question.days, &metric).await?;
    let count = count.ok_or_else(no_list)?;
    let items = gaps::store::list(&mut tx, &question, &metric, window.after, window.fetched()).await?;
    let behind = Behind::cut(count, items, window.limit, |row| Position {
        at: row.opened_at,
        id: row.id.0,
    });
    if !window.is_file {
        return Ok(Json(behind).into_response());
    }
    let columns = [
        "id",
        "question",
        "status",
        "times_asked",
        "conversation_id",
        "opened_at",
        "closed_at",
    ];
    sheet::download(
        "gaps",
        &columns,
        behind.items.into_iter().map(|row| {
            vec![
                row.id.to_string().as_str().into(),
                row.question.as_str().into(),
                row.status.as_str().into(),
                Some(f64::from(row.times_asked)).into(),
                row.conversation_id.map(|id| id.to_string()).into(),
                time(row.opened_at),
                row.closed_at.map_or(Cell::Empty, time),
            ]
        }),
    )
}

/// List the deals behind a number.
#[utoipa::path(get, path = "/analytics/{metric}/deals", operation_id = "list_analytics_deals", tag = "analytics",
    params(("metric" = String, Path), AnalyticsQuery, PartQuery, PageQuery),
    responses((status = 200, body = Behind<Deal>), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn list_analytics_deals(
    State(ctx): State<Context>,
    member: Member,
    Path(metric): Path<String>,
    Query(query): Query<AnalyticsQuery>,
    Query(part): Query<PartQuery>,
    Query(page): Query<PageQuery>,
    headers: HeaderMap,
) -> Result<Response> {
    member.require(Permission::ReadCrm)?;
    let window = Window::of(&page, &query, &headers)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let question = query.read(&mut tx).await?;
    let behind = deals(&mut tx, &question, (&metric, part.is_whole()), &window).await?;
    if !window.is_file {
        return Ok(Json(behind).into_response());
    }
    let columns = [
        "id",
        "name",
        "client_name",
        "stage_name",
        "value",
        "currency",
        "owner_name",
        "opened_at",
        "closed_on",
    ];
    sheet::download(
        "deals",
        &columns,
        behind.items.into_iter().map(|row| {
            vec![
                row.id.to_string().as_str().into(),
                row.name.as_str().into(),
                row.client_name.into(),
                row.stage_name.into(),
                Some(row.value).into(),
                row.currency.as_str().into(),
                row.owner_name.into(),
                time(row.opened_at),
                row.closed_on.map(|day| day.to_string()).into(),
            ]
        }),
    )
}

async fn deals(
    tx: &mut TenantTx,
    question: &crate::analytics::filter::Question,
    wanted: (&str, bool),
    window: &Window,
) -> Result<Behind<Deal>> {
    let count = sales::store::count(tx, question, wanted)
        .await?
        .ok_or_else(no_list)?;
    let items = sales::store::list(tx, question, wanted, window.after, window.fetched()).await?;
    Ok(Behind::cut(count, items, window.limit, |row| Position {
        at: row.opened_at,
        id: row.id.0,
    }))
}
