//! HTTP for activities.

use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use kernel::error::{Problem, not_found};
use kernel::extract::{Json, Path, Query, present};
use kernel::ids::{ActivityId, ClientId, ConversationId, DealId, MessageId, UserId};
use kernel::page::Page;
use kernel::{Event, Result, TenantTx, WorkspaceList};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Activity, ActivityPriority, ActivityStatus, ActivityType, Due, Place, Sort, store};
use crate::clients::list::{among, assignee, one};
use crate::{Context, text, words};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_activities, create_activity))
        .routes(routes!(get_activity, update_activity, delete_activity))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ActivityQuery {
    client_id: Option<ClientId>,
    deal_id: Option<DealId>,
    conversation_id: Option<ConversationId>,
    /// A member's id, `me` or `none`.
    assigned_to: Option<String>,
    /// One or several, with commas: `pending`, `completed`, `cancelled`.
    status: Option<String>,
    /// One or several, with commas.
    activity_type: Option<String>,
    /// One or several, with commas.
    priority: Option<String>,
    /// `overdue`, `today`, `week` or `none`, in the workspace's time zone.
    due: Option<String>,
    due_from: Option<DateTime<Utc>>,
    due_to: Option<DateTime<Utc>>,
    /// `due_date` or `created_at`, with a `-` for the other way; `due_date` unless given. What has no date comes last.
    sort: Option<String>,
    cursor: Option<String>,
    /// 1 to 200, 50 unless given.
    limit: Option<i64>,
}

/// List activities.
#[utoipa::path(get, path = "/crm/activities", operation_id = "list_activities", tag = "crm-activities",
    params(ActivityQuery), responses((status = 200, body = Page<Activity>), (status = 422, body = Problem)))]
async fn list_activities(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<ActivityQuery>,
) -> Result<Json<Page<Activity>>> {
    member.require(Permission::ReadCrm)?;
    let filter = store::Filter {
        client: query.client_id,
        deal: query.deal_id,
        conversation: query.conversation_id,
        assignee: query
            .assigned_to
            .map(|text| assignee(&text, &member))
            .transpose()?,
        status: among::<ActivityStatus>(query.status, "status")?,
        activity_type: among::<ActivityType>(query.activity_type, "activity_type")?,
        priority: among::<ActivityPriority>(query.priority, "priority")?,
        due: one::<Due>(query.due, "due")?,
        from: query.due_from,
        to: query.due_to,
    };
    let sort = Sort::parse(query.sort.as_deref())?;
    let after = query.cursor.as_deref().map(|text| Place::decode(text, sort));
    let after = after.transpose()?;
    let limit = query.limit.unwrap_or(50).clamp(1, 200);
    let mut tx = ctx.db.tenant_read(&member).await?;
    let mut items = store::list(&mut tx, &filter, sort, after.as_ref(), limit + 1).await?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = items.len() > wanted;
    items.truncate(wanted);
    let last = items.last().filter(|_| has_more);
    let next_cursor = last.map(|last| Place::of(last, sort).encode()).transpose()?;
    Ok(Json(Page { items, next_cursor }))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewActivity {
    client_id: Option<ClientId>,
    deal_id: Option<DealId>,
    conversation_id: Option<ConversationId>,
    message_id: Option<MessageId>,
    activity_type: ActivityType,
    /// 1 to 300 characters.
    subject: String,
    /// Up to 10,000 characters.
    description: Option<String>,
    #[serde(default)]
    status: ActivityStatus,
    priority: Option<ActivityPriority>,
    due_date: Option<DateTime<Utc>>,
    remind_at: Option<DateTime<Utc>>,
    /// When it was done, if that was not just now.
    completed_at: Option<DateTime<Utc>>,
    assigned_to: Option<UserId>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ActivityPatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<uuid::Uuid>)]
    client_id: Option<Option<ClientId>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<uuid::Uuid>)]
    deal_id: Option<Option<DealId>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<uuid::Uuid>)]
    conversation_id: Option<Option<ConversationId>>,
    activity_type: Option<ActivityType>,
    subject: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    status: Option<ActivityStatus>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<ActivityPriority>)]
    priority: Option<Option<ActivityPriority>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    due_date: Option<Option<DateTime<Utc>>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    remind_at: Option<Option<DateTime<Utc>>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<uuid::Uuid>)]
    assigned_to: Option<Option<UserId>>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
}

/// Done when it becomes completed, open again when it is not any more.
fn completed_at(
    status: ActivityStatus,
    known: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    match status {
        ActivityStatus::Completed => Some(known.unwrap_or(now)),
        ActivityStatus::Pending | ActivityStatus::Cancelled => None,
    }
}

fn tell(tx: &mut TenantTx, activity: &Activity) {
    tx.emit(Event::WorkspaceChanged {
        what: WorkspaceList::Activities,
    });
    if activity.client_id.is_some() {
        tx.emit(Event::ClientChanged {
            client_id: activity.client_id,
        });
    }
    if activity.deal_id.is_some() {
        tx.emit(Event::DealChanged {
            deal_id: activity.deal_id,
        });
    }
}

/// Plan or note an activity.
#[utoipa::path(post, path = "/crm/activities", operation_id = "create_activity", tag = "crm-activities",
    request_body = NewActivity, responses((status = 201, body = Activity), (status = 422, body = Problem)))]
async fn create_activity(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewActivity>,
) -> Result<(StatusCode, Json<Activity>)> {
    member.require(Permission::EditCrm)?;
    for time in [input.due_date, input.remind_at, input.completed_at] {
        words::time(time)?;
    }
    let mut tx = ctx.db.tenant(&member).await?;
    let now = tx.now();
    let client_id = match input.conversation_id {
        Some(conversation) => store::client_in(&mut tx, conversation, input.client_id).await?,
        None => input.client_id,
    };
    let activity = Activity {
        id: ActivityId::new(),
        client_id,
        client_name: None,
        deal_id: input.deal_id,
        deal_name: None,
        conversation_id: input.conversation_id,
        message_id: input.message_id,
        activity_type: input.activity_type,
        subject: text::required(&input.subject, "subject", 300)?,
        description: text::optional(Some(input.description), "description", 10_000)?.flatten(),
        status: input.status,
        priority: input.priority,
        due_date: input.due_date,
        is_overdue: false,
        remind_at: input.remind_at,
        reminded_at: None,
        completed_at: completed_at(input.status, input.completed_at, now),
        assigned_to: input.assigned_to,
        created_by: member.user_id(),
        metadata: text::object(Some(input.metadata), "metadata")?
            .flatten()
            .unwrap_or_else(|| Map::new().into()),
        created_at: now,
        updated_at: now,
    };
    store::lock_clients(&mut tx, &[activity.client_id], &[activity.deal_id]).await?;
    store::insert(&mut tx, &activity).await?;
    let activity = store::find(&mut tx, activity.id).await?;
    let activity = activity.ok_or_else(|| not_found("activity"))?;
    tell(&mut tx, &activity);
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(activity)))
}

/// Open an activity.
#[utoipa::path(get, path = "/crm/activities/{id}", operation_id = "get_activity", tag = "crm-activities",
    params(("id" = ActivityId, Path)), responses((status = 200, body = Activity), (status = 404, body = Problem)))]
async fn get_activity(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ActivityId>,
) -> Result<Json<Activity>> {
    member.require(Permission::ReadCrm)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let activity = store::find(&mut tx, id).await?;
    Ok(Json(activity.ok_or_else(|| not_found("activity"))?))
}

/// Change an activity, or complete it.
#[utoipa::path(patch, path = "/crm/activities/{id}", operation_id = "update_activity", tag = "crm-activities",
    params(("id" = ActivityId, Path)), request_body = ActivityPatch,
    responses((status = 200, body = Activity), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn update_activity(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ActivityId>,
    Json(patch): Json<ActivityPatch>,
) -> Result<Json<Activity>> {
    member.require(Permission::EditCrm)?;
    let subject = patch
        .subject
        .map(|subject| text::required(&subject, "subject", 300));
    let subject = subject.transpose()?;
    let description = text::optional(patch.description, "description", 10_000)?;
    let metadata = text::object(patch.metadata.map(Some), "metadata")?;
    for time in [patch.due_date, patch.remind_at] {
        words::time(time.flatten())?;
    }
    let mut tx = ctx.db.tenant(&member).await?;
    let seen = store::find(&mut tx, id)
        .await?
        .ok_or_else(|| not_found("activity"))?;
    // clients before what belongs to them: the order of all who write them
    let clients = [seen.client_id, patch.client_id.flatten()];
    store::lock_clients(&mut tx, &clients, &[seen.deal_id, patch.deal_id.flatten()]).await?;
    let mut activity = store::lock(&mut tx, id)
        .await?
        .ok_or_else(|| not_found("activity"))?;
    let is_another = patch.client_id.flatten().is_some() || patch.conversation_id.flatten().is_some();
    activity.client_id = patch.client_id.unwrap_or(activity.client_id);
    activity.deal_id = patch.deal_id.unwrap_or(activity.deal_id);
    activity.conversation_id = patch.conversation_id.unwrap_or(activity.conversation_id);
    if let (true, Some(conversation)) = (is_another, activity.conversation_id) {
        activity.client_id = store::client_in(&mut tx, conversation, activity.client_id).await?;
    }
    activity.activity_type = patch.activity_type.unwrap_or(activity.activity_type);
    activity.subject = subject.unwrap_or(activity.subject);
    activity.description = description.unwrap_or(activity.description);
    activity.status = patch.status.unwrap_or(activity.status);
    activity.priority = patch.priority.unwrap_or(activity.priority);
    activity.due_date = patch.due_date.unwrap_or(activity.due_date);
    activity.remind_at = patch.remind_at.unwrap_or(activity.remind_at);
    activity.assigned_to = patch.assigned_to.unwrap_or(activity.assigned_to);
    if let Some(metadata) = metadata {
        activity.metadata = metadata.unwrap_or_else(|| Map::new().into());
    }
    activity.completed_at = completed_at(activity.status, activity.completed_at, tx.now());
    store::update(&mut tx, &activity).await?;
    let activity = store::find(&mut tx, id)
        .await?
        .ok_or_else(|| not_found("activity"))?;
    tell(&mut tx, &activity);
    tx.commit().await?;
    Ok(Json(activity))
}

/// Delete an activity.
#[utoipa::path(delete, path = "/crm/activities/{id}", operation_id = "delete_activity", tag = "crm-activities",
    params(("id" = ActivityId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn delete_activity(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ActivityId>,
) -> Result<StatusCode> {
    member.require(Permission::EditCrm)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let activity = store::lock(&mut tx, id)
        .await?
        .ok_or_else(|| not_found("activity"))?;
    store::delete(&mut tx, id).await?;
    tell(&mut tx, &activity);
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
