//! HTTP for the ledger: what came in, what became of it, once more.

use access::{Member, Permission, audit};
use axum::extract::{Query, State};
use kernel::Result;
use kernel::error::Problem;
use kernel::extract::{Json, Path};
use kernel::ids::{ChannelId, InboundEventId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::store::{self, Filter};
use super::{InboundEvent, Status};
use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_inbound_events))
        .routes(routes!(get_inbound_event))
        .routes(routes!(replay_inbound_event))
}

/// What vendors sent holds what customers wrote.
fn require(member: &Member) -> Result<()> {
    member.require(Permission::ManageChannels)?;
    member.require(Permission::ReadConversations)
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct EventQuery {
    channel_id: Option<ChannelId>,
    status: Option<Status>,
    /// `message`, `status`, `echo`, `reaction`, `edit`, `other`.
    kind: Option<String>,
    /// The person's or the chat's id at the vendor's.
    thread: Option<String>,
    /// From the previous page's `next_before`.
    before: Option<InboundEventId>,
    /// 1 to 200, 50 unless given.
    limit: Option<i64>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct EventList {
    items: Vec<InboundEvent>,
    /// Send it as `before` to get the next page; null on the last one.
    next_before: Option<InboundEventId>,
}

/// List what vendors sent, newest first.
#[utoipa::path(get, path = "/inbound-events", operation_id = "list_inbound_events", tag = "channels",
    params(EventQuery), responses((status = 200, body = EventList)))]
async fn list_inbound_events(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<EventQuery>,
) -> Result<Json<EventList>> {
    require(&member)?;
    let limit = query.limit.unwrap_or(50).clamp(1, 200);
    let filter = Filter {
        channel: query.channel_id,
        status: query.status,
        kind: query.kind,
        thread: query.thread,
        before: query.before,
        limit: limit + 1,
    };
    let mut tx = ctx.db.tenant_read(&member).await?;
    let mut items = store::list(&mut tx, &filter).await?;
    let has_more = items.len() as i64 > limit;
    items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_before = items.last().filter(|_| has_more).map(|last| last.id);
    Ok(Json(EventList { items, next_before }))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct InboundEventDetails {
    #[serde(flatten)]
    event: InboundEvent,
    /// As the vendor sent it, cut down to this event.
    body: String,
}

/// Read an event with what the vendor sent.
#[utoipa::path(get, path = "/channels/{id}/inbound-events/{event_id}", operation_id = "get_inbound_event", tag = "channels",
    params(("id" = ChannelId, Path), ("event_id" = InboundEventId, Path)),
    responses((status = 200, body = InboundEventDetails), (status = 404, body = Problem)))]
async fn get_inbound_event(
    State(ctx): State<Context>,
    member: Member,
    Path((channel, id)): Path<(ChannelId, InboundEventId)>,
) -> Result<Json<InboundEventDetails>> {
    require(&member)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let event = store::get(&mut tx, channel, id).await?;
    let body = store::get_body(&mut tx, channel, id).await?;
    Ok(Json(InboundEventDetails { event, body }))
}

/// Work on an event once more. What it did before is not done twice.
#[utoipa::path(post, path = "/channels/{id}/inbound-events/{event_id}/replay", operation_id = "replay_inbound_event",
    tag = "channels", params(("id" = ChannelId, Path), ("event_id" = InboundEventId, Path)),
    responses((status = 200, body = InboundEvent), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn replay_inbound_event(
    State(ctx): State<Context>,
    member: Member,
    Path((channel, id)): Path<(ChannelId, InboundEventId)>,
) -> Result<Json<InboundEvent>> {
    require(&member)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let event = super::replay(&mut tx, channel, id).await?;
    let subject = format!("channel:{channel}");
    let details = json!({"event": id});
    audit::record_by(
        &mut tx,
        &member,
        audit::Action::InboundEventReplayed,
        &subject,
        details,
    )
    .await?;
    tx.commit().await?;
    Ok(Json(event))
}
