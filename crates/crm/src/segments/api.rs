//! HTTP for segments.

use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use chrono::DateTime;
use kernel::error::{Problem, invalid, not_found};
use kernel::extract::{Json, Path, present};
use kernel::ids::SegmentId;
use kernel::{Event, Result, TenantTx, WorkspaceList};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Segment, store};
use crate::clients::list::{Filter, Sort};
use crate::{Context, text};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_segments, create_segment))
        .routes(routes!(update_segment, delete_segment))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SegmentList {
    items: Vec<Segment>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSegment {
    /// 1 to 100 characters.
    name: String,
    /// Names and values as in the query of `GET /crm/clients`.
    #[schema(value_type = Object)]
    filter: Map<String, Value>,
    #[serde(default)]
    columns: Vec<String>,
    sort: Option<String>,
    /// For the whole team; of an API key always.
    #[serde(default)]
    is_shared: bool,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SegmentPatch {
    name: Option<String>,
    #[schema(value_type = Option<Object>)]
    filter: Option<Map<String, Value>>,
    columns: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    sort: Option<Option<String>>,
    is_shared: Option<bool>,
}

/// A filter that the list would not understand is not kept. `me` is whoever looks.
fn check_filter(filter: Map<String, Value>, member: &Member) -> Result<Value> {
    let mut asked = filter.clone();
    if asked.get("assigned_to").and_then(Value::as_str) == Some("me") {
        asked.remove("assigned_to");
    }
    Filter::of_object(asked, member)?;
    let filter = Value::Object(filter);
    if filter.to_string().len() > 10_000 {
        return Err(invalid("bad_filter", "This filter is too long to be kept."));
    }
    Ok(filter)
}

fn check_columns(columns: Vec<String>) -> Result<Vec<String>> {
    if columns.len() > 100 || columns.iter().any(|column| column.len() > 100) {
        return Err(invalid("bad_columns", "These are too many columns."));
    }
    Ok(columns)
}

fn check_sort(sort: Option<String>) -> Result<Option<String>> {
    if let Some(sort) = &sort {
        Sort::parse(Some(sort))?;
    }
    Ok(sort)
}

fn tell(tx: &mut TenantTx) {
    tx.emit(Event::WorkspaceChanged {
        what: WorkspaceList::Sales,
    });
}

/// List segments: the team's, and one's own.
#[utoipa::path(get, path = "/crm/segments", operation_id = "list_segments", tag = "clients",
    responses((status = 200, body = SegmentList)))]
async fn list_segments(State(ctx): State<Context>, member: Member) -> Result<Json<SegmentList>> {
    member.require(Permission::ReadCrm)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let items = store::list(&mut tx, member.user_id()).await?;
    Ok(Json(SegmentList { items }))
}

/// Keep a filter as a segment.
#[utoipa::path(post, path = "/crm/segments", operation_id = "create_segment", tag = "clients", request_body = NewSegment,
    responses((status = 201, body = Segment), (status = 422, body = Problem)))]
async fn create_segment(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewSegment>,
) -> Result<(StatusCode, Json<Segment>)> {
    member.require(Permission::EditCrm)?;
    let segment = Segment {
        id: SegmentId::new(),
        name: text::required(&input.name, "name", 100)?,
        filter: check_filter(input.filter, &member)?,
        columns: check_columns(input.columns)?,
        sort: check_sort(input.sort)?,
        owner_id: member.user_id().filter(|_| !input.is_shared),
        is_shared: input.is_shared,
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
    };
    let mut tx = ctx.db.tenant(&member).await?;
    let known = store::list(&mut tx, member.user_id()).await?;
    if known.len() >= 200 {
        return Err(invalid(
            "too_many_segments",
            "There can be 200 segments. Delete one first.",
        ));
    }
    store::put(&mut tx, &segment).await?;
    let segment = store::find(&mut tx, segment.id, member.user_id()).await?;
    tell(&mut tx);
    tx.commit().await?;
    Ok((
        StatusCode::CREATED,
        Json(segment.ok_or_else(|| not_found("segment"))?),
    ))
}

/// Change a segment.
#[utoipa::path(patch, path = "/crm/segments/{id}", operation_id = "update_segment", tag = "clients",
    params(("id" = SegmentId, Path)), request_body = SegmentPatch,
    responses((status = 200, body = Segment), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn update_segment(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<SegmentId>,
    Json(patch): Json<SegmentPatch>,
) -> Result<Json<Segment>> {
    member.require(Permission::EditCrm)?;
    let name = patch
        .name
        .map(|name| text::required(&name, "name", 100))
        .transpose()?;
    let filter = patch
        .filter
        .map(|filter| check_filter(filter, &member))
        .transpose()?;
    let columns = patch.columns.map(check_columns).transpose()?;
    let sort = patch.sort.map(check_sort).transpose()?;
    let mut tx = ctx.db.tenant(&member).await?;
    let segment = store::find(&mut tx, id, member.user_id()).await?;
    let mut segment = segment.ok_or_else(|| not_found("segment"))?;
    segment.name = name.unwrap_or(segment.name);
    segment.filter = filter.unwrap_or(segment.filter);
    segment.columns = columns.unwrap_or(segment.columns);
    segment.sort = sort.unwrap_or(segment.sort);
    if let Some(is_shared) = patch.is_shared {
        segment.owner_id = member.user_id().filter(|_| !is_shared);
    }
    store::put(&mut tx, &segment).await?;
    let segment = store::find(&mut tx, id, member.user_id()).await?;
    tell(&mut tx);
    tx.commit().await?;
    Ok(Json(segment.ok_or_else(|| not_found("segment"))?))
}

/// Delete a segment. Its clients stay.
#[utoipa::path(delete, path = "/crm/segments/{id}", operation_id = "delete_segment", tag = "clients",
    params(("id" = SegmentId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn delete_segment(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<SegmentId>,
) -> Result<StatusCode> {
    member.require(Permission::EditCrm)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let segment = store::find(&mut tx, id, member.user_id()).await?;
    segment.ok_or_else(|| not_found("segment"))?;
    store::delete(&mut tx, id).await?;
    tell(&mut tx);
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
