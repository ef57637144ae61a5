//! Tenants as operators see them: listed, made, suspended, let go on, deleted.

use access::instance::InstanceOperator;
use access::instance::log::{self, Action, Actor};
use access::tenants::{self, Operator, standing};
use access::{invitations, visits};
use axum::extract::State;
use axum::http::StatusCode;
use channels::WidgetSettings;
use chrono::{DateTime, Utc};
use kernel::error::{Problem, Result, conflict, internal, invalid, not_found};
use kernel::extract::{Json, Path, Query};
use kernel::ids::TenantId;
use kernel::page::Page;
use kernel::{TenantProof as _, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::figures::{self, TenantFigures};
use super::store::{self, Sort, TenantFilter};
use crate::journeys::removal::{self, Removed};
use crate::journeys::tenant;
use crate::wiring::Domains;

pub fn routes() -> OpenApiRouter<Domains> {
    OpenApiRouter::new()
        .routes(routes!(list_tenants, create_tenant))
        .routes(routes!(get_tenant, delete_tenant))
        .routes(routes!(suspend_tenant))
        .routes(routes!(resume_tenant))
        .routes(routes!(visit_tenant))
        .routes(routes!(leave_tenant))
}

/// A tenant in the console's list. Its figures are counted every ten minutes.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TenantRow {
    pub id: TenantId,
    pub name: String,
    pub slug: String,
    pub plan: String,
    /// `trial`, `active`, `suspended` or `cancelled`.
    pub status: String,
    /// Whether it may act.
    pub is_active: bool,
    pub created_at: DateTime<Utc>,
    /// Null: not counted yet.
    pub figures: Option<TenantFigures>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TenantDetails {
    #[serde(flatten)]
    tenant: TenantRow,
    suspension: Option<standing::Suspension>,
    /// That its owner lets operators in now.
    access: Option<visits::OperatorAccess>,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct TenantQuery {
    /// In the name or the short name.
    q: Option<String>,
    /// `trial`, `active`, `suspended` or `cancelled`.
    status: Option<String>,
    /// `basic`, `pro` or `enterprise`.
    plan: Option<String>,
    /// Only those where something fails.
    is_failing: Option<bool>,
    /// `name`, `created`, `members`, `channels`, `messages`, `storage`, `cost`, `activity` or `failures`; with `-` before it the other way
    /// round. `name` unless given.
    sort: Option<String>,
    cursor: Option<String>,
    /// 1 to 200, 50 unless given.
    limit: Option<i64>,
}

/// List the tenants.
#[utoipa::path(get, path = "/instance/tenants", operation_id = "list_tenants", tag = "instance", params(TenantQuery),
    responses((status = 200, body = Page<TenantRow>), (status = 422, body = Problem)))]
async fn list_tenants(
    State(domains): State<Domains>,
    _: InstanceOperator,
    Query(query): Query<TenantQuery>,
) -> Result<Json<Page<TenantRow>>> {
    let db = &domains.access.db;
    figures::count_new(db).await?;
    let filter = TenantFilter {
        q: query.q.filter(|q| !q.trim().is_empty()),
        status: query.status.filter(|status| !status.is_empty()),
        plan: query.plan.filter(|plan| !plan.is_empty()),
        is_failing: query.is_failing.unwrap_or(false),
    };
    let sort = Sort::read(query.sort.as_deref(), query.cursor.as_deref())?;
    let limit = query.limit.unwrap_or(50).clamp(1, 200);
    Ok(Json(store::list(db, &filter, &sort, limit).await?))
}

/// Read one tenant, counted anew.
#[utoipa::path(get, path = "/instance/tenants/{id}", operation_id = "get_tenant", tag = "instance",
    params(("id" = TenantId, Path)), responses((status = 200, body = TenantDetails), (status = 404, body = Problem)))]
async fn get_tenant(
    State(domains): State<Domains>,
    _: InstanceOperator,
    Path(id): Path<TenantId>,
) -> Result<Json<TenantDetails>> {
    let db = &domains.access.db;
    let tenant = find(&domains, id).await?;
    figures::count(db, tenant).await?;
    Ok(Json(describe(&domains, tenant).await?))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewTenantInput {
    /// Of the business.
    name: String,
    /// Made from the name unless given.
    slug: Option<String>,
    /// `en` unless given.
    language: Option<String>,
    /// Whom the link that makes an owner is for; without it whoever has the link.
    owner_email: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CreatedTenant {
    id: TenantId,
    slug: String,
    /// Makes its first user the owner; shown this once.
    invitation_path: String,
}

/// Make a tenant with a widget, and a link for its owner.
#[utoipa::path(post, path = "/instance/tenants", operation_id = "create_tenant", tag = "instance", request_body = NewTenantInput,
    responses((status = 201, body = CreatedTenant), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_tenant(
    State(domains): State<Domains>,
    operator: InstanceOperator,
    Json(input): Json<NewTenantInput>,
) -> Result<(StatusCode, Json<CreatedTenant>)> {
    let language = input.language.as_deref().unwrap_or("en");
    if language.len() != 2 || !language.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Err(invalid("bad_language", "A language is two letters, such as en."));
    }
    let email = input.owner_email.as_deref().map(str::trim);
    let email = email.filter(|email| !email.is_empty());
    let made = tenant::begin(
        &domains,
        &input.name,
        input.slug.as_deref().filter(|slug| !slug.is_empty()),
        email,
        language,
        WidgetSettings::default(),
    )
    .await?;
    let tenant::Made { mut tx, tenant, .. } = made;
    let path = invitations::create_by_operator(&mut tx, operator.user_id, &operator.name, email).await?;
    note(
        &mut tx,
        &operator,
        Action::TenantCreated,
        json!({"name": tenant.name, "slug": tenant.slug}),
    )
    .await?;
    tx.commit().await?;
    let created = CreatedTenant {
        id: tenant.id,
        slug: tenant.slug,
        invitation_path: path,
    };
    Ok((StatusCode::CREATED, Json(created)))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct SuspendTenant {
    /// What members are told: why, and what to do. Up to 500 characters.
    note: Option<String>,
}

/// Suspend a tenant: its members read, its API keys are refused, its widget says that it is not available, its jobs wait.
#[utoipa::path(post, path = "/instance/tenants/{id}/suspend", operation_id = "suspend_tenant", tag = "instance",
    params(("id" = TenantId, Path)), request_body = SuspendTenant,
    responses((status = 200, body = TenantDetails), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn suspend_tenant(
    State(domains): State<Domains>,
    operator: InstanceOperator,
    Path(id): Path<TenantId>,
    Json(input): Json<SuspendTenant>,
) -> Result<Json<TenantDetails>> {
    let tenant = find(&domains, id).await?;
    let mut tx = domains.access.db.tenant(&tenant).await?;
    if standing::suspend(&mut tx, access::audit::OPERATOR, input.note.as_deref()).await? {
        note(
            &mut tx,
            &operator,
            Action::TenantSuspended,
            json!({"note": input.note}),
        )
        .await?;
    }
    tx.commit().await?;
    forget_channels(&domains);
    Ok(Json(describe(&domains, tenant).await?))
}

/// Let a suspended tenant go on where it was.
#[utoipa::path(post, path = "/instance/tenants/{id}/resume", operation_id = "resume_tenant", tag = "instance",
    params(("id" = TenantId, Path)), responses((status = 200, body = TenantDetails), (status = 404, body = Problem)))]
async fn resume_tenant(
    State(domains): State<Domains>,
    operator: InstanceOperator,
    Path(id): Path<TenantId>,
) -> Result<Json<TenantDetails>> {
    let tenant = find(&domains, id).await?;
    let mut tx = domains.access.db.tenant(&tenant).await?;
    if resume(&mut tx).await? {
        note(&mut tx, &operator, Action::TenantResumed, json!({})).await?;
    }
    tx.commit().await?;
    forget_channels(&domains);
    Ok(Json(describe(&domains, tenant).await?))
}

/// Here it is heard at once; the other processes look again within two seconds.
fn forget_channels(domains: &Domains) {
    domains.channels.endpoints.forget_all();
    domains.channels.connections.forget_all();
}

/// Lets a tenant act again, with the jobs that waited. False: it was not suspended.
pub async fn resume(tx: &mut TenantTx) -> Result<bool> {
    let is_new = standing::resume(tx, access::audit::OPERATOR).await?;
    if is_new {
        let id = tx.tenant_id().to_string();
        queue::release(tx, &id).await.map_err(internal)?;
    }
    Ok(is_new)
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct DeleteTenant {
    /// The tenant's short name, typed again.
    slug: String,
}

/// Delete a tenant with everything that belongs to it. What went is counted, and the receipt stays in the log.
#[utoipa::path(delete, path = "/instance/tenants/{id}", operation_id = "delete_tenant", tag = "instance",
    params(("id" = TenantId, Path)), request_body = DeleteTenant,
    responses((status = 200, body = Removed), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn delete_tenant(
    State(domains): State<Domains>,
    operator: InstanceOperator,
    Path(id): Path<TenantId>,
    Json(input): Json<DeleteTenant>,
) -> Result<Json<Removed>> {
    let tenant = find(&domains, id).await?;
    let row = store::get(&domains.access.db, id).await?;
    if row.slug != input.slug.trim() {
        return Err(conflict(
            "slug_differs",
            format!("Type the short name `{}` to say that you mean it.", row.slug),
        ));
    }
    // it may take minutes, and is not left half way when the browser goes away
    let work = tokio::spawn(async move { remove(&domains, &operator.actor(), tenant).await });
    Ok(Json(work.await.map_err(internal)??))
}

/// Removes a tenant and keeps the receipt in the log.
pub async fn remove(domains: &Domains, actor: &Actor, tenant: Operator) -> Result<Removed> {
    let db = &domains.access.db;
    let id = tenant.tenant_id();
    let row = store::get(db, id).await?;
    let removed = removal::delete_tenant(domains, &tenant).await?;
    let mut details = serde_json::to_value(&removed)?;
    details["slug"] = row.slug.into();
    details["name"] = row.name.into();
    let mut connection = db.platform().acquire().await?;
    let subject = format!("tenant:{id}");
    log::record(
        &mut connection,
        db.clock.now(),
        actor,
        Action::TenantDeleted,
        &subject,
        details,
    )
    .await?;
    Ok(removed)
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct BegunVisit {
    /// Where its dashboard is, below `/app`.
    slug: String,
}

/// Go into a tenant whose owner has let operators in. Everything that is looked at there is written into its audit log.
#[utoipa::path(post, path = "/instance/tenants/{id}/visit", operation_id = "visit_tenant", tag = "instance",
    params(("id" = TenantId, Path)), responses((status = 201, body = BegunVisit), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn visit_tenant(
    State(domains): State<Domains>,
    operator: InstanceOperator,
    Path(id): Path<TenantId>,
) -> Result<(StatusCode, Json<BegunVisit>)> {
    let db = &domains.access.db;
    let tenant = find(&domains, id).await?;
    visits::leave(db, &operator).await?;
    visits::begin(db, &operator, tenant).await?;
    let mut connection = db.platform().acquire().await?;
    let (actor, subject) = (operator.actor(), format!("tenant:{id}"));
    log::record(
        &mut connection,
        db.clock.now(),
        &actor,
        Action::TenantVisited,
        &subject,
        json!({}),
    )
    .await?;
    drop(connection);
    let slug = store::get(db, id).await?.slug;
    Ok((StatusCode::CREATED, Json(BegunVisit { slug })))
}

/// Leave the tenant that one has gone into.
#[utoipa::path(delete, path = "/instance/visit", operation_id = "leave_tenant", tag = "instance", responses((status = 204)))]
async fn leave_tenant(State(domains): State<Domains>, operator: InstanceOperator) -> Result<StatusCode> {
    visits::leave(&domains.access.db, &operator).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn find(domains: &Domains, id: TenantId) -> Result<Operator> {
    let found = Operator::by_id(&domains.access.db, id).await?;
    found.ok_or_else(|| not_found("workspace"))
}

async fn describe(domains: &Domains, tenant: Operator) -> Result<TenantDetails> {
    let db = &domains.access.db;
    let mut tx = db.tenant_read(&tenant).await?;
    let suspension = tenants::store::find_suspension(&mut tx).await?;
    let access = visits::find(&mut tx).await?;
    drop(tx);
    Ok(TenantDetails {
        tenant: store::get(db, tenant.tenant_id()).await?,
        suspension,
        access,
    })
}

/// Writes into the log of the installation, with the change itself.
async fn note(
    tx: &mut TenantTx,
    operator: &InstanceOperator,
    action: Action,
    details: serde_json::Value,
) -> Result<()> {
    let (now, subject) = (tx.now(), format!("tenant:{}", tx.tenant_id()));
    log::record(tx, now, &operator.actor(), action, &subject, details).await
}
