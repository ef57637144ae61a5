//! HTTP for meetings: list, write down, move, cancel, complete.

use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use kernel::error::{Problem, conflict, invalid, not_found};
use kernel::extract::{Json, Path, Query, present};
use kernel::ids::{ContactId, ConversationId, MeetingId, UserId};
use kernel::page::{Page, PageQuery, Position};
use kernel::{Result, TenantTx};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::store::{self, Filter, NewMeeting, Place};
use super::{Meeting, Source, Status, check_time, end_of, near_time};
use crate::Context;
use crate::inbox::filter::Assignee;
use crate::{leads, outbound};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_meetings, create_meeting))
        .routes(routes!(get_meeting, update_meeting))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct MeetingQuery {
    /// Those that begin then or later.
    from: Option<DateTime<Utc>>,
    /// Those that begin before.
    to: Option<DateTime<Utc>>,
    /// One or several of `scheduled`, `rescheduled`, `completed`, `cancelled`, `no_show`, with commas between them.
    status: Option<String>,
    /// A member's user id, `me` or `none`.
    assigned_to: Option<String>,
    #[param(value_type = Option<ConversationId>)]
    conversation_id: Option<ConversationId>,
    #[param(value_type = Option<ContactId>)]
    contact_id: Option<ContactId>,
    cursor: Option<String>,
    /// 1 to 200, 50 unless given.
    limit: Option<i64>,
}

impl MeetingQuery {
    fn filter(self, member: &Member) -> Result<Filter> {
        let words = self.status.unwrap_or_default();
        let statuses = words
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .map(|word| {
                let known = Status::ALL.into_iter().find(|status| status.as_str() == word);
                known.map(Status::as_str).ok_or_else(|| {
                    let detail =
                        "`status` holds `scheduled`, `rescheduled`, `completed`, `cancelled` or `no_show`.";
                    invalid("bad_status", detail)
                })
            });
        Ok(Filter {
            from: self.from.map(near_time),
            to: self.to.map(near_time),
            statuses: statuses.collect::<Result<_>>()?,
            assignee: match self.assigned_to.as_deref() {
                None => None,
                Some("me") => Some(member.user_id().map_or(Assignee::Nobody, Assignee::Member)),
                Some(text) => Some(Assignee::parse(text)?),
            },
            conversation: self.conversation_id,
            contact: self.contact_id,
        })
    }
}

/// List meetings, the earliest first.
#[utoipa::path(get, path = "/meetings", operation_id = "list_meetings", tag = "meetings",
    params(MeetingQuery), responses((status = 200, body = Page<Meeting>), (status = 422, body = Problem)))]
async fn list_meetings(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<MeetingQuery>,
) -> Result<Json<Page<Meeting>>> {
    member.require(Permission::ReadCrm)?;
    let page = PageQuery {
        cursor: query.cursor.clone(),
        limit: query.limit,
    };
    let filter = query.filter(&member)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let rows = store::list(&mut tx, &filter, page.after()?, page.limit() + 1).await?;
    Ok(Json(Page::cut(rows, page.limit(), |row| Position {
        at: row.scheduled_at,
        id: row.id.0,
    })))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = NewMeeting)]
struct MeetingInput {
    /// Up to 200 characters.
    title: String,
    scheduled_at: DateTime<Utc>,
    /// 5 to 1,440; 30 unless given.
    duration_minutes: Option<i32>,
    /// Where it takes place, if that is an address of the web.
    meeting_url: Option<String>,
    conversation_id: Option<ConversationId>,
    contact_id: Option<ContactId>,
    /// The contact's unless given.
    attendee_name: Option<String>,
    attendee_email: Option<String>,
    /// The member whom it is with: a user id.
    assigned_to: Option<UserId>,
}

/// Write a meeting down.
#[utoipa::path(post, path = "/meetings", operation_id = "create_meeting", tag = "meetings", request_body = MeetingInput,
    responses((status = 201, body = Meeting), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_meeting(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<MeetingInput>,
) -> Result<(StatusCode, Json<Meeting>)> {
    member.require(Permission::EditCrm)?;
    let title = check_title(&input.title)?;
    check_time(input.scheduled_at)?;
    let duration_minutes = check_duration(input.duration_minutes.unwrap_or(30))?;
    let meeting_url = input.meeting_url.map(check_url).transpose()?.flatten();
    let given = leads::ContactInfo {
        name: input.attendee_name,
        email: input.attendee_email,
        ..leads::ContactInfo::default()
    }
    .checked()?;
    let mut tx = ctx.db.tenant(&member).await?;
    if input.conversation_id.is_some() {
        member.require(Permission::ReadConversations)?;
    }
    let place = find_place(&mut tx, input.conversation_id, input.contact_id).await?;
    let known = match place.contact {
        Some(contact) => leads::store::find_contact(&mut tx, contact)
            .await?
            .ok_or_else(|| crate::no_such("no_such_contact", "contact"))?,
        None => leads::ContactInfo::default(),
    };
    let attendee = given.or(&known);
    if let Some(conversation) = place.conversation {
        // the order of locks: the conversation, then the turn
        outbound::store::lock(&mut tx, conversation).await?;
    }
    store::take_turn(&mut tx).await?;
    require_free(
        &mut tx,
        input.assigned_to,
        input.scheduled_at,
        duration_minutes,
        None,
    )
    .await?;
    let new = NewMeeting {
        place,
        title,
        meeting_url: meeting_url.as_deref(),
        scheduled_at: input.scheduled_at,
        duration_minutes,
        source: Source::Agent,
        attendee_name: attendee.name.as_deref(),
        attendee_email: attendee.email.as_deref(),
        assigned_to: input.assigned_to,
    };
    let id = store::insert(&mut tx, &new).await?;
    let meeting = get(&mut tx, id).await?;
    super::tell(&mut tx, meeting.conversation_id);
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(meeting)))
}

async fn find_place(
    tx: &mut TenantTx,
    conversation: Option<ConversationId>,
    contact: Option<ContactId>,
) -> Result<Place> {
    let Some(conversation) = conversation else {
        return Ok(Place {
            conversation: None,
            contact,
        });
    };
    let place = store::find_place(tx, Some(conversation), None).await?;
    match place.conversation {
        Some(_) if contact.is_some() && contact != place.contact => Err(crate::other_contact()),
        Some(_) => Ok(place),
        None => Err(crate::no_such("no_such_conversation", "conversation")),
    }
}

/// # Errors
/// 409 where the member has another meeting at that time. The caller has taken the turn.
async fn require_free(
    tx: &mut TenantTx,
    user: Option<UserId>,
    from: DateTime<Utc>,
    minutes: i32,
    except: Option<MeetingId>,
) -> Result<()> {
    let Some(user) = user else { return Ok(()) };
    let to = end_of(from, minutes)?;
    match store::is_taken(tx, user, from, to, except).await? {
        true => Err(conflict(
            "slot_taken",
            "There is another meeting at that time. Choose another time, or another colleague.",
        )),
        false => Ok(()),
    }
}

pub(super) fn check_title(title: &str) -> Result<&str> {
    let title = title.trim();
    let fits = (1..=200).contains(&title.chars().count()) && !title.chars().any(char::is_control);
    if fits {
        return Ok(title);
    }
    Err(invalid("bad_title", "A meeting's title has 1 to 200 characters."))
}

pub(super) fn check_duration(minutes: i32) -> Result<i32> {
    if (5..=1440).contains(&minutes) {
        return Ok(minutes);
    }
    Err(invalid("bad_duration", "A meeting takes 5 to 1,440 minutes."))
}

pub(super) fn check_url(url: String) -> Result<Option<String>> {
    let url = url.trim().to_owned();
    if url.is_empty() {
        return Ok(None);
    }
    if url.len() <= 500 && url.starts_with("https://") && url::Url::parse(&url).is_ok() {
        return Ok(Some(url));
    }
    let detail = "`meeting_url` starts with https:// and has at most 500 characters.";
    Err(invalid("bad_meeting_url", detail))
}

async fn get(tx: &mut TenantTx, id: MeetingId) -> Result<Meeting> {
    store::find(tx, id).await?.ok_or_else(|| not_found("meeting"))
}

/// Open a meeting.
#[utoipa::path(get, path = "/meetings/{id}", operation_id = "get_meeting", tag = "meetings",
    params(("id" = MeetingId, Path)), responses((status = 200, body = Meeting), (status = 404, body = Problem)))]
async fn get_meeting(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<MeetingId>,
) -> Result<Json<Meeting>> {
    member.require(Permission::ReadCrm)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(get(&mut tx, id).await?))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct MeetingPatch {
    /// `completed`, `cancelled`, `no_show`; `scheduled` brings one back.
    status: Option<Status>,
    scheduled_at: Option<DateTime<Utc>>,
    duration_minutes: Option<i32>,
    title: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    meeting_url: Option<Option<String>>,
    /// A member's user id; null: nobody.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<UserId>)]
    assigned_to: Option<Option<UserId>>,
    /// Up to 500 characters, with `cancelled`.
    cancel_reason: Option<String>,
}

/// Move, cancel or complete a meeting. What was booked with Cal.com is moved and cancelled there.
#[utoipa::path(patch, path = "/meetings/{id}", operation_id = "update_meeting", tag = "meetings",
    params(("id" = MeetingId, Path)), request_body = MeetingPatch,
    responses((status = 200, body = Meeting), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn update_meeting(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<MeetingId>,
    Json(patch): Json<MeetingPatch>,
) -> Result<Json<Meeting>> {
    member.require(Permission::EditCrm)?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::take_turn(&mut tx).await?;
    let found = store::lock(&mut tx, id).await?;
    let before = found.ok_or_else(|| not_found("meeting"))?;
    let meeting = patch.apply(before.clone())?;
    let is_moved =
        (meeting.scheduled_at, meeting.duration_minutes) != (before.scheduled_at, before.duration_minutes);
    let takes_time = is_moved || meeting.assigned_to != before.assigned_to || !before.status.is_ahead();
    if meeting.status.is_ahead() && takes_time {
        let (at, minutes) = (meeting.scheduled_at, meeting.duration_minutes);
        require_free(&mut tx, meeting.assigned_to, at, minutes, Some(id)).await?;
    }
    store::update(&mut tx, &meeting).await?;
    let meeting = get(&mut tx, id).await?;
    super::tell(&mut tx, meeting.conversation_id);
    tx.commit().await?;
    Ok(Json(meeting))
}

impl MeetingPatch {
    fn apply(self, known: Meeting) -> Result<Meeting> {
        let mut meeting = known.clone();
        meeting.scheduled_at = match self.scheduled_at {
            Some(at) => check_time(at)?,
            None => known.scheduled_at,
        };
        meeting.duration_minutes = check_duration(self.duration_minutes.unwrap_or(known.duration_minutes))?;
        let is_moved =
            (meeting.scheduled_at, meeting.duration_minutes) != (known.scheduled_at, known.duration_minutes);
        let ends_elsewhere = matches!(
            self.status,
            Some(Status::Cancelled | Status::Scheduled | Status::Rescheduled)
        ) && self.status != Some(known.status);
        if known.source.is_vendors() && (is_moved || ends_elsewhere) {
            return Err(conflict(
                "booked_elsewhere",
                "This meeting was booked with Cal.com. Move or cancel it there; it changes here by itself.",
            ));
        }
        if let Some(status) = self.status {
            meeting.status = status;
        }
        if is_moved {
            if !known.status.is_ahead() && self.status.is_none() {
                let detail =
                    "This meeting is over or cancelled. Set its status to `scheduled` to plan it again.";
                return Err(conflict("meeting_over", detail));
            }
            if meeting.status.is_ahead() {
                meeting.status = Status::Rescheduled;
            }
        }
        meeting.cancel_reason = match meeting.status {
            Status::Cancelled => check_reason(self.cancel_reason)?.or_else(|| known.cancel_reason.clone()),
            _ => None,
        };
        if let Some(title) = &self.title {
            meeting.title = check_title(title)?.to_owned();
        }
        if let Some(url) = self.meeting_url {
            meeting.meeting_url = url.map(check_url).transpose()?.flatten();
        }
        if let Some(user) = self.assigned_to {
            meeting.assigned_to = user;
        }
        if meeting.is_another_in_calendars(&known) {
            meeting.sequence += 1;
        }
        Ok(meeting)
    }
}

fn check_reason(reason: Option<String>) -> Result<Option<String>> {
    let reason = reason
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty());
    if reason.as_ref().is_some_and(|text| text.chars().count() > 500) {
        return Err(invalid(
            "bad_reason",
            "`cancel_reason` has at most 500 characters.",
        ));
    }
    Ok(reason)
}
