//! What plans say, and what each tenant is on.

use access::instance::InstanceOperator;
use access::plans::Plan;
use access::plans::terms::{self, PlanLimit, PlanTerms, TenantPlan, TenantPlanPatch};
use access::tenants::Operator;
use axum::extract::State;
use kernel::error::{Problem, Result, not_found};
use kernel::extract::{Json, Path};
use kernel::ids::TenantId;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::wiring::Domains;

pub fn routes() -> OpenApiRouter<Domains> {
    OpenApiRouter::new()
        .routes(routes!(list_plans, update_trial_terms))
        .routes(routes!(update_plan))
        .routes(routes!(get_tenant_plan, update_tenant_plan))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct TrialTerms {
    /// 1 to 365; null: a trial has no end. Trials that have begun stay as they are.
    trial_days: Option<i32>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct PlanPatch {
    /// Those that change.
    limits: Vec<PlanLimit>,
}

/// Read what all plans say.
#[utoipa::path(get, path = "/instance/plans", operation_id = "list_plans", tag = "instance",
    responses((status = 200, body = PlanTerms)))]
async fn list_plans(State(domains): State<Domains>, _: InstanceOperator) -> Result<Json<PlanTerms>> {
    Ok(Json(terms::get(&domains.access.db).await?))
}

/// Change how long new tenants are on trial.
#[utoipa::path(patch, path = "/instance/plans", operation_id = "update_trial_terms", tag = "instance", request_body = TrialTerms,
    responses((status = 200, body = PlanTerms), (status = 422, body = Problem)))]
async fn update_trial_terms(
    State(domains): State<Domains>,
    operator: InstanceOperator,
    Json(input): Json<TrialTerms>,
) -> Result<Json<PlanTerms>> {
    let db = &domains.access.db;
    let terms = terms::set_trial_days(db, &operator.actor(), input.trial_days).await?;
    Ok(Json(terms))
}

/// Change limits of a plan. They count at once, for every tenant that is on it.
#[utoipa::path(patch, path = "/instance/plans/{plan}", operation_id = "update_plan", tag = "instance",
    params(("plan" = Plan, Path)), request_body = PlanPatch,
    responses((status = 200, body = PlanTerms), (status = 422, body = Problem)))]
async fn update_plan(
    State(domains): State<Domains>,
    operator: InstanceOperator,
    Path(plan): Path<Plan>,
    Json(input): Json<PlanPatch>,
) -> Result<Json<PlanTerms>> {
    let db = &domains.access.db;
    let terms = terms::set_limits(db, &operator.actor(), plan, &input.limits).await?;
    Ok(Json(terms))
}

/// Read a tenant's plan, its exceptions and how much is used.
#[utoipa::path(get, path = "/instance/tenants/{id}/plan", operation_id = "get_tenant_plan", tag = "instance",
    params(("id" = TenantId, Path)), responses((status = 200, body = TenantPlan), (status = 404, body = Problem)))]
async fn get_tenant_plan(
    State(domains): State<Domains>,
    _: InstanceOperator,
    Path(id): Path<TenantId>,
) -> Result<Json<TenantPlan>> {
    let proof = find(&domains, id).await?;
    let mut tx = domains.access.db.tenant_read(&proof).await?;
    Ok(Json(terms::of_tenant(&mut tx).await?))
}

/// Change a tenant's plan, its trial and its exceptions.
#[utoipa::path(patch, path = "/instance/tenants/{id}/plan", operation_id = "update_tenant_plan", tag = "instance",
    params(("id" = TenantId, Path)), request_body = TenantPlanPatch,
    responses((status = 200, body = TenantPlan), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn update_tenant_plan(
    State(domains): State<Domains>,
    operator: InstanceOperator,
    Path(id): Path<TenantId>,
    Json(patch): Json<TenantPlanPatch>,
) -> Result<Json<TenantPlan>> {
    let proof = find(&domains, id).await?;
    let mut tx = domains.access.db.tenant(&proof).await?;
    let plan = terms::change(&mut tx, &operator.actor(), &patch).await?;
    tx.commit().await?;
    Ok(Json(plan))
}

async fn find(domains: &Domains, id: TenantId) -> Result<Operator> {
    let found = Operator::by_id(&domains.access.db, id).await?;
    found.ok_or_else(|| not_found("tenant"))
}
