//! All SQL for activities.

use chrono::{DateTime, Utc};
use kernel::error::invalid;
use kernel::ids::{ActivityId, ClientId, ConversationId, DealId};
use kernel::{Result, TenantTx};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Activity, ActivityPriority, ActivityStatus, ActivityType, Due, Place, Sort};
use crate::clients::list::Assignee;
use crate::listing::push_among;
use crate::orders;

/// What the list can be narrowed to.
#[derive(Debug, Default)]
pub struct Filter {
    pub client: Option<ClientId>,
    pub deal: Option<DealId>,
    pub conversation: Option<ConversationId>,
    pub assignee: Option<Assignee>,
    pub status: Vec<String>,
    pub activity_type: Vec<String>,
    pub priority: Vec<String>,
    pub due: Option<Due>,
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
}

fn select(now: DateTime<Utc>) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "select a.*, coalesce(c.name, c.company_name, c.email, c.phone) as client_name, d.name as deal_name,
            coalesce(a.status = 'pending' and a.due_date < ",
    );
    query.push_bind(now).push(
        ", false) as is_overdue
        from crm_activities a
        left join crm_clients c on c.tenant_id = a.tenant_id and c.id = a.client_id
        left join crm_deals d on d.tenant_id = a.tenant_id and d.id = a.deal_id
        where a.tenant_id = current_tenant_id()",
    );
    query
}

/// One page; what has no date comes last.
pub async fn list(
    tx: &mut TenantTx,
    filter: &Filter,
    sort: Sort,
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<Activity>> {
    let is_past_dates = after.is_some_and(|place| place.at.is_none());
    let mut rows = Vec::new();
    if !is_past_dates {
        rows = step(tx, filter, sort, after, limit, true).await?;
    }
    let left = limit - i64::try_from(rows.len()).unwrap_or(limit);
    if left > 0 && matches!(sort, Sort::DueFirst | Sort::DueLast) {
        let after = after.filter(|_| is_past_dates);
        rows.extend(step(tx, filter, sort, after, left, false).await?);
    }
    Ok(rows)
}

async fn step(
    tx: &mut TenantTx,
    filter: &Filter,
    sort: Sort,
    after: Option<&Place>,
    limit: i64,
    has_date: bool,
) -> Result<Vec<Activity>> {
    let mut query = select(tx.now());
    push_filter(tx, &mut query, filter);
    let (column, way, compare) = match sort {
        Sort::DueFirst => ("a.due_date", "asc", ">"),
        Sort::DueLast => ("a.due_date", "desc", "<"),
        Sort::Oldest => ("a.created_at", "asc", ">"),
        Sort::Newest => ("a.created_at", "desc", "<"),
    };
    if !has_date {
        query.push(" and a.due_date is null");
        if let Some(place) = after {
            query.push(format!(" and a.id {compare} ")).push_bind(place.id);
        }
        query
            .push(format!(" order by a.id {way} limit "))
            .push_bind(limit);
        return Ok(query.build_query_as().fetch_all(&mut **tx).await?);
    }
    query.push(format!(" and {column} is not null"));
    if let Some(place) = after {
        query.push(format!(" and ({column}, a.id) {compare} ("));
        query.push_bind(place.at).push(", ");
        query.push_bind(place.id).push(")");
    }
    query
        .push(format!(" order by {column} {way}, a.id {way} limit "))
        .push_bind(limit);
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}

fn push_filter(tx: &TenantTx, query: &mut QueryBuilder<Postgres>, filter: &Filter) {
    if let Some(client) = filter.client {
        query
            .push(" and a.client_id = crm_client_now(")
            .push_bind(client.0)
            .push(")");
    }
    if let Some(deal) = filter.deal {
        query.push(" and a.deal_id = ").push_bind(deal.0);
    }
    if let Some(conversation) = filter.conversation {
        query.push(" and a.conversation_id = ").push_bind(conversation.0);
    }
    match filter.assignee {
        Some(Assignee::Nobody) => drop(query.push(" and a.assigned_to is null")),
        Some(Assignee::Member(id)) => drop(query.push(" and a.assigned_to = ").push_bind(id.0)),
        None => {}
    }
    for (column, several) in [
        ("a.status", &filter.status),
        ("a.activity_type", &filter.activity_type),
        ("a.priority", &filter.priority),
    ] {
        push_among(query, column, several);
    }
    for (condition, at) in [
        (" and a.due_date >= ", filter.from),
        (" and a.due_date < ", filter.to),
    ] {
        if let Some(at) = at {
            query.push(condition).push_bind(at);
        }
    }
    match filter.due {
        None => {}
        Some(Due::None) => drop(query.push(" and a.due_date is null")),
        Some(Due::Overdue) => {
            query
                .push(" and a.status = 'pending' and a.due_date < ")
                .push_bind(tx.now());
        }
        Some(day_or_week) => {
            let days = if day_or_week == Due::Today { 1 } else { 7 };
            for (compare, days) in [(">=", 0), ("<", days)] {
                query.push(format!(" and a.due_date {compare} (select (date_trunc('day', "));
                query
                    .push_bind(tx.now())
                    .push("::timestamptz at time zone t.time_zone) + ");
                query.push_bind(days).push(
                    " * interval '1 day') at time zone t.time_zone from tenants t where t.tenant_id = current_tenant_id())",
                );
            }
        }
    }
}

pub async fn find(tx: &mut TenantTx, id: ActivityId) -> Result<Option<Activity>> {
    let mut query = select(tx.now());
    query.push(" and a.id = ").push_bind(id.0);
    Ok(query.build_query_as().fetch_optional(&mut **tx).await?)
}

/// These clients, and those of the deals, until the end of the transaction.
pub async fn lock_clients(
    tx: &mut TenantTx,
    clients: &[Option<ClientId>],
    deals: &[Option<DealId>],
) -> Result<()> {
    let clients: Vec<Uuid> = clients.iter().flatten().map(|id| id.0).collect();
    let deals: Vec<Uuid> = deals.iter().flatten().map(|id| id.0).collect();
    let clients = sqlx::query_scalar!(
        r#"select crm_client_now(id) as "id!: ClientId" from unnest($1::uuid[]) as named (id)
        union
        select client_id from crm_deals where tenant_id = current_tenant_id() and id = any($2)"#,
        &clients,
        &deals,
    )
    .fetch_all(&mut **tx)
    .await?;
    orders::store::lock_clients(tx, &clients).await
}

/// Nobody else changes it until the end of the transaction.
pub async fn lock(tx: &mut TenantTx, id: ActivityId) -> Result<Option<Activity>> {
    sqlx::query!(
        "select from crm_activities where tenant_id = current_tenant_id() and id = $1 for update",
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    find(tx, id).await
}

pub async fn insert(tx: &mut TenantTx, activity: &Activity) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into crm_activities (tenant_id, id, client_id, deal_id, conversation_id, message_id, activity_type, subject,
            description, status, priority, due_date, remind_at, completed_at, assigned_to, created_by, metadata)
        values ($1, $2, crm_client_now($3), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        tenant.0,
        activity.id.0,
        activity.client_id.map(|id| id.0),
        activity.deal_id.map(|id| id.0),
        activity.conversation_id.map(|id| id.0),
        activity.message_id.map(|id| id.0),
        activity.activity_type as ActivityType,
        activity.subject,
        activity.description,
        activity.status as ActivityStatus,
        activity.priority as Option<ActivityPriority>,
        activity.due_date,
        activity.remind_at,
        activity.completed_at,
        activity.assigned_to.map(|id| id.0),
        activity.created_by.map(|id| id.0),
        activity.metadata,
    )
    .execute(&mut **tx)
    .await
    .map_err(crate::explain_reference)?;
    Ok(())
}

/// Another time to remind at is told again.
pub async fn update(tx: &mut TenantTx, activity: &Activity) -> Result<()> {
    sqlx::query!(
        "update crm_activities
        set client_id = crm_client_now($2), deal_id = $3, conversation_id = $4, activity_type = $5, subject = $6,
            description = $7, status = $8, priority = $9, due_date = $10, remind_at = $11, completed_at = $12,
            assigned_to = $13, metadata = $14,
            reminded_at = case when remind_at is distinct from $11 then null else reminded_at end
        where tenant_id = current_tenant_id() and id = $1",
        activity.id.0,
        activity.client_id.map(|id| id.0),
        activity.deal_id.map(|id| id.0),
        activity.conversation_id.map(|id| id.0),
        activity.activity_type as ActivityType,
        activity.subject,
        activity.description,
        activity.status as ActivityStatus,
        activity.priority as Option<ActivityPriority>,
        activity.due_date,
        activity.remind_at,
        activity.completed_at,
        activity.assigned_to.map(|id| id.0),
        activity.metadata,
    )
    .execute(&mut **tx)
    .await
    .map_err(crate::explain_reference)?;
    Ok(())
}

pub async fn delete(tx: &mut TenantTx, id: ActivityId) -> Result<()> {
    sqlx::query!(
        "delete from crm_activities where tenant_id = current_tenant_id() and id = $1",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whose activity it is in this conversation: its contact's client, if they are one.
///
/// # Errors
/// 422 where it is said to be another client's.
pub async fn client_in(
    tx: &mut TenantTx,
    conversation: ConversationId,
    said: Option<ClientId>,
) -> Result<Option<ClientId>> {
    let row = sqlx::query!(
        r#"select crm_client_now(k.id) as "client: ClientId", crm_client_now($2) as "said: ClientId"
        from conversations v
        join crm_clients k on k.tenant_id = v.tenant_id and k.contact_id = v.contact_id
        where v.tenant_id = current_tenant_id() and v.id = $1"#,
        conversation.0,
        said.map(|id| id.0),
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(client) = row.as_ref().and_then(|row| row.client) else {
        return Ok(said);
    };
    if row.and_then(|row| row.said).is_some_and(|said| said != client) {
        return Err(invalid(
            "other_client",
            "This conversation is another client's. Leave `client_id` out: it is known from the conversation.",
        ));
    }
    Ok(Some(client))
}
