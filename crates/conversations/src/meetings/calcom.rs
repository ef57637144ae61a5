//! What Cal.com tells: bookings made, moved, cancelled, ended and missed.
//!
//! The body is believed only with the workspace's own secret, and each event counts once. Events may come in any order: an
//! older one never undoes a newer one, and a booking that was moved is found under its former names. Fields may be
//! missing, so everything is read leniently.

use access::tenants::standing;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::HeaderMap;
use axum::{Router, routing};
use chrono::{DateTime, TimeDelta, Utc};
use kernel::error::{invalid, not_found, unauthenticated};
use kernel::extract::{Bytes, Json, Path};
use kernel::ids::ConversationId;
use kernel::secrets;
use kernel::{Result, TenantProof, TenantTx};
use serde_json::{Value, json};

use super::settings::{Door, PATH, seal_context};
use super::{Source, Status, is_time, link, store};
use crate::{Context, outbound};

/// The largest body.
const LARGEST: usize = 512 * 1024;

pub fn routes(ctx: Context) -> Router {
    Router::new()
        .route(&format!("{PATH}/{{key}}"), routing::post(take))
        .layer(DefaultBodyLimit::max(LARGEST))
        .with_state(ctx)
}

async fn take(
    State(ctx): State<Context>,
    Path(key): Path<String>,
    headers: HeaderMap,
    Bytes(body): Bytes,
) -> Result<Json<Value>> {
    let door = Door::open(&ctx, &key).ok_or_else(|| not_found("page"))?;
    if !standing::may_act(&ctx.db, door.tenant_id()).await? {
        return Err(not_found("page"));
    }
    let mut tx = ctx.db.tenant(&door).await?;
    verify(&ctx, &mut tx, &door, &headers, &body).await?;
    let told: Value = serde_json::from_slice(&body).map_err(|_| {
        invalid(
            "bad_json",
            "This is not JSON. Leave the webhook's own payload template off.",
        )
    })?;
    let event = Event::read(&told, &body, ctx.db.clock.now())?;
    if !store::insert_event(&mut tx, &event.key, &event.trigger, event.at).await? {
        return Ok(Json(json!({"status": "known"})));
    }
    if let Some(error) = &event.error {
        tracing::warn!(tenant = %door.tenant_id(), trigger = event.trigger, error, "Cal.com tells what cannot be");
        store::note_failure(&mut tx, &event.key, error).await?;
        tx.commit().await?;
        return Ok(Json(json!({"status": "failed", "error": error})));
    }
    let is_used = apply(&ctx, &mut tx, &door, &event).await?;
    tx.commit().await?;
    Ok(Json(json!({"status": if is_used { "noted" } else { "ignored" }})))
}

/// # Errors
/// 401 without a secret on our side, without a signature, or with a wrong one.
async fn verify(
    ctx: &Context,
    tx: &mut TenantTx,
    door: &Door,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<()> {
    let refused =
        || unauthenticated("The signature does not fit. The secret must be the same here and in Cal.com.");
    let sealed = store::get_settings(tx).await?.calcom_secret.ok_or_else(refused)?;
    let secret = ctx.master_key.open(&seal_context(door.tenant_id()), &sealed)?;
    let given = headers
        .get("x-cal-signature-256")
        .and_then(|value| value.to_str().ok());
    let right = hex::encode(secrets::sign(secret.as_bytes(), body));
    let fits = given.is_some_and(|given| secrets::equal(given.trim().as_bytes(), right.as_bytes()));
    if fits { Ok(()) } else { Err(refused()) }
}

/// One thing that Cal.com tells.
#[derive(Debug, Clone, PartialEq)]
struct Event {
    trigger: String,
    /// The same event again has the same.
    key: String,
    /// By Cal.com's clock.
    at: DateTime<Utc>,
    uid: Option<String>,
    /// The booking's former name, where it was moved.
    former_uid: Option<String>,
    title: Option<String>,
    starts_at: Option<DateTime<Utc>>,
    ends_at: Option<DateTime<Utc>>,
    meeting_url: Option<String>,
    attendee_name: Option<String>,
    attendee_email: Option<String>,
    organizer_email: Option<String>,
    reason: Option<String>,
    token: Option<String>,
    ical_uid: Option<String>,
    has_missed: Option<bool>,
    /// What makes it useless.
    error: Option<String>,
}

impl Event {
    fn read(told: &Value, body: &[u8], now: DateTime<Utc>) -> Result<Self> {
        let trigger = text(told, &["triggerEvent"]).ok_or_else(|| {
            invalid(
                "no_trigger",
                "There is no `triggerEvent`. Leave the webhook's own payload template off.",
            )
        })?;
        // MEETING_STARTED and MEETING_ENDED lie beside the trigger: the booking's own row, with the time at which that was made
        let nested = told.get("payload").filter(|payload| payload.is_object());
        let payload = nested.unwrap_or(told);
        let paths: [&[&str]; 4] = [&["uid"], &["bookingUid"], &["booking", "uid"], &["bookingId"]];
        let uid = paths.iter().find_map(|path| text(payload, path));
        let created = text(told, &["createdAt"]);
        let key = match (&uid, &created) {
            (Some(uid), Some(created)) => format!("{trigger}/{uid}/{created}"),
            _ => hex::encode(secrets::sha256(body)),
        };
        let attendee = payload
            .get("attendees")
            .and_then(|list| list.get(0))
            .unwrap_or(&Value::Null);
        let answer = |name: &str| {
            text(payload, &["responses", name, "value"]).or_else(|| text(payload, &["responses", name]))
        };
        let location = text(payload, &["location"]);
        let is_address = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        let missed = payload.get("attendees").and_then(Value::as_array).map(|all| {
            all.iter()
                .any(|one| one.get("noShow").and_then(Value::as_bool) == Some(true))
        });
        Ok(Self {
            key: key.chars().take(400).collect(),
            at: created
                .filter(|_| nested.is_some())
                .and_then(|at| at.parse().ok())
                .filter(|at| is_time(*at))
                .unwrap_or(now),
            former_uid: text(payload, &["rescheduleUid"]),
            title: text(payload, &["title"]).or_else(|| text(payload, &["eventTitle"])),
            starts_at: time(payload, "startTime"),
            ends_at: time(payload, "endTime").or_else(|| {
                let length = payload.get("length").and_then(Value::as_i64)?;
                time(payload, "startTime")?.checked_add_signed(TimeDelta::try_minutes(length)?)
            }),
            meeting_url: text(payload, &["metadata", "videoCallUrl"])
                .or_else(|| text(payload, &["videoCallData", "url"]))
                .or(location)
                .filter(is_address),
            attendee_name: text(attendee, &["name"]).or_else(|| answer("name")),
            attendee_email: text(attendee, &["email"]).or_else(|| answer("email")),
            organizer_email: text(payload, &["organizer", "email"]),
            reason: text(payload, &["cancellationReason"]).or_else(|| text(payload, &["rejectionReason"])),
            token: text(payload, &["metadata", link::METADATA]),
            ical_uid: text(payload, &["iCalUID"]),
            has_missed: missed,
            error: ["startTime", "endTime"]
                .into_iter()
                .find_map(|key| bad_time(payload, key)),
            uid,
            trigger,
        })
    }
}

/// A text or a number, not too long and on one line.
fn text(value: &Value, path: &[&str]) -> Option<String> {
    let found = path.iter().try_fold(value, |value, key| value.get(key))?;
    let text = match found {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let text: String = text
        .trim()
        .chars()
        .filter(|c| !c.is_control())
        .take(500)
        .collect();
    Some(text).filter(|text| !text.is_empty())
}

fn time(value: &Value, key: &str) -> Option<DateTime<Utc>> {
    value.get(key)?.as_str()?.parse().ok().filter(|at| is_time(*at))
}

/// Why something that is said is no time.
fn bad_time(value: &Value, key: &str) -> Option<String> {
    let said = text(value, &[key])?;
    let is_good = time(value, key).is_some();
    (!is_good).then(|| format!("`{key}` is no time between the years 2000 and 2099: {said}"))
}

/// False: there is nothing in it for us.
async fn apply(ctx: &Context, tx: &mut TenantTx, door: &Door, event: &Event) -> Result<bool> {
    let Some(uid) = &event.uid else {
        return Ok(false);
    };
    if let Some(conversation) = named(ctx, door, event) {
        // the order of locks: the conversation, then the turn
        outbound::store::lock(tx, conversation).await?;
    }
    store::take_turn(tx).await?;
    match event.trigger.as_str() {
        "BOOKING_CREATED" | "BOOKING_RESCHEDULED" => book(ctx, tx, door, event, uid).await,
        "BOOKING_CANCELLED" | "BOOKING_REJECTED" => {
            if store::find_by_event(tx, uid).await?.is_none() {
                // told before it was made: what comes later must not bring it back
                book(ctx, tx, door, event, uid).await?;
            }
            end(tx, event, uid, Status::Cancelled).await
        }
        "MEETING_ENDED" => end(tx, event, uid, Status::Completed).await,
        "BOOKING_NO_SHOW_UPDATED" => match event.has_missed {
            Some(true) => end(tx, event, uid, Status::NoShow).await,
            Some(false) => end(tx, event, uid, Status::Completed).await,
            None => Ok(false),
        },
        "AFTER_GUESTS_CAL_VIDEO_NO_SHOW" => end(tx, event, uid, Status::NoShow).await,
        _ => Ok(false),
    }
}

/// The conversation that the booking says it comes from.
fn named(ctx: &Context, door: &Door, event: &Event) -> Option<ConversationId> {
    let token = event.token.as_deref()?;
    link::open(&ctx.master_key, door.tenant_id(), token)
}

/// Writes the booking, or moves the one that it was before.
async fn book(ctx: &Context, tx: &mut TenantTx, door: &Door, event: &Event, uid: &str) -> Result<bool> {
    let (Some(starts_at), Some(ends_at)) = (event.starts_at, event.ends_at) else {
        return Ok(false);
    };
    let known = store::find_by_event(tx, uid).await?;
    let former = match &event.former_uid {
        Some(former) => store::find_by_event(tx, former).await?,
        None => None,
    };
    let minutes = (ends_at - starts_at).num_minutes().clamp(1, 1440);
    let booked = store::Booked {
        uid,
        former_uid: event.former_uid.as_deref(),
        at: event.at,
        title: event.title.as_deref().unwrap_or_default(),
        meeting_url: event.meeting_url.as_deref(),
        scheduled_at: starts_at,
        duration_minutes: i32::try_from(minutes).unwrap_or(30),
        attendee_name: event.attendee_name.as_deref(),
        attendee_email: event.attendee_email.as_deref(),
        organizer_email: event.organizer_email.as_deref(),
    };
    if let Some(known) = &known
        && (known.is_former_name(uid) || known.at > event.at)
    {
        // it says nothing new but what the booking was called before
        let Some(former) = &event.former_uid else {
            return Ok(false);
        };
        let conversation = store::note_former(tx, known.id, former, event.at).await?;
        super::tell(tx, conversation);
        return Ok(true);
    }
    if let Some(meeting) = known.or(former) {
        if meeting.at > event.at {
            return Ok(false);
        }
        let conversation = store::rebook(tx, meeting.id, &booked).await?;
        super::tell(tx, conversation);
        return Ok(true);
    }
    let conversation = named(ctx, door, event);
    let place = store::find_place(tx, conversation, event.attendee_email.as_deref()).await?;
    let ical_uid = event.ical_uid.clone().unwrap_or_else(|| format!("{uid}@cal.com"));
    store::insert_booked(tx, &booked, &place, Source::Calcom, &ical_uid).await?;
    super::tell(tx, place.conversation);
    Ok(true)
}

async fn end(tx: &mut TenantTx, event: &Event, uid: &str, status: Status) -> Result<bool> {
    let Some(meeting) = store::find_by_event(tx, uid).await? else {
        return Ok(false);
    };
    let is_old = meeting.at > event.at || meeting.is_former_name(uid);
    // what somebody has decided by hand, or was cancelled, is not completed by the clock
    let is_settled =
        status == Status::Completed && event.trigger == "MEETING_ENDED" && !meeting.status.is_ahead();
    if is_old || is_settled {
        return Ok(false);
    }
    let conversation = store::end_booked(tx, meeting.id, status, event.reason.as_deref(), event.at).await?;
    super::tell(tx, conversation);
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_of_the_documentation_fits() {
        let body = br#"{"triggerEvent":"PING","createdAt":"2026-01-01T00:00:00.000Z"}"#;
        assert_eq!(
            hex::encode(secrets::sign(b"cal_secret", body)),
            "1b6e66f10e8a5efbdc835d51e09ea1afe1d85f74074b5cce010cdc3ff8360a44"
        );
    }

    #[test]
    fn flat_events_and_missing_fields_are_read_too() {
        let now = DateTime::UNIX_EPOCH;
        let flat = json!({"triggerEvent": "MEETING_ENDED", "uid": "bk_1", "title": "Intro", "startTime": "2026-01-06T15:00:00Z",
            "endTime": "2026-01-06T15:30:00Z", "responses": {"name": "Ana", "email": "ana@example.com"}});
        let event = Event::read(&flat, b"{}", now).unwrap();
        assert_eq!(
            (event.uid.as_deref(), event.attendee_email.as_deref()),
            (Some("bk_1"), Some("ana@example.com"))
        );
        let bare = json!({"triggerEvent": "BOOKING_CREATED", "payload": {"uid": 7, "attendees": null, "location": "phone"}});
        let event = Event::read(&bare, b"{}", now).unwrap();
        assert_eq!(
            (event.uid.as_deref(), event.starts_at, event.meeting_url),
            (Some("7"), None, None)
        );
        assert!(Event::read(&json!([]), b"[]", now).is_err());
    }
}
