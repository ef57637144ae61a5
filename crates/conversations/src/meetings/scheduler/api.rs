//! HTTP for free times.

use access::{Member, Permission};
use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use kernel::Result;
use kernel::error::{Problem, invalid};
use kernel::extract::{Json, Query};
use kernel::ids::{MeetingId, UserId};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Plan, find_free};
use crate::Context;
use crate::meetings::api::check_duration;
use crate::meetings::near_time;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(list_meeting_slots))
}

/// The longest time that is looked through at once.
const MOST_DAYS: i64 = 62;
/// A list has no more than that.
const MOST: usize = 1000;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct SlotQuery {
    /// Those that begin then or later; now unless given.
    from: Option<DateTime<Utc>>,
    /// Those that begin before, up to 62 days after `from`; a week after it unless given.
    to: Option<DateTime<Utc>>,
    /// A member's user id: whose time it is. Those whom visitors book unless given.
    #[param(value_type = Option<UserId>)]
    assigned_to: Option<UserId>,
    /// 5 to 1,440; that of the settings unless given.
    duration_minutes: Option<i32>,
    /// A meeting that is to be moved: its own time is free.
    #[param(value_type = Option<MeetingId>)]
    meeting_id: Option<MeetingId>,
}

/// A time that is free.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = MeetingSlot)]
struct FreeSlot {
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    /// User ids of those who have it.
    members: Vec<UserId>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = MeetingSlots)]
struct SlotList {
    /// The place whose hours they are: an IANA name.
    time_zone: String,
    duration_minutes: i32,
    items: Vec<FreeSlot>,
}

/// List free times, the nearest first: inside the hours, not too soon and not too far, and away from other meetings.
#[utoipa::path(get, path = "/meetings/slots", operation_id = "list_meeting_slots", tag = "meetings",
    params(SlotQuery), responses((status = 200, body = SlotList), (status = 422, body = Problem)))]
async fn list_meeting_slots(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<SlotQuery>,
) -> Result<Json<SlotList>> {
    member.require(Permission::ReadCrm)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let plan = Plan::load(&mut tx).await?;
    let now = tx.now();
    let from = near_time(query.from.unwrap_or(now).max(now));
    let to = match query.to.map(near_time) {
        Some(to) if to - from > TimeDelta::days(MOST_DAYS) => {
            let detail = "At most 62 days can be looked through at once. Ask for a shorter time.";
            return Err(invalid("range_too_long", detail));
        }
        Some(to) => to,
        None => from + TimeDelta::days(7),
    };
    let duration_minutes = check_duration(query.duration_minutes.unwrap_or(plan.settings.duration_minutes))?;
    let mut measure = plan.measure();
    measure.duration = TimeDelta::minutes(duration_minutes.into());
    let users = query.assigned_to.map_or(plan.hosts.clone(), |user| vec![user]);
    let window = plan.window(now, (from, to));
    let slots = find_free(tx, &plan, measure, &users, window, query.meeting_id).await?;
    let items = slots.into_iter().take(MOST).map(|slot| FreeSlot {
        starts_at: slot.starts_at,
        ends_at: slot.ends_at,
        members: slot.free,
    });
    Ok(Json(SlotList {
        time_zone: plan.zone.name().to_owned(),
        duration_minutes,
        items: items.collect(),
    }))
}
