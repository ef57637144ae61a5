//! HTTP for what the workspace's plan has and how much of it is used. Changing it is the operator's.

use axum::extract::State;
use chrono::{DateTime, Months, NaiveDate, Utc};
use kernel::Result;
use kernel::extract::Json;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Plan, PlanUse, month_of, terms};
use crate::{Context, Member, Permission};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(get_plan))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct WorkspacePlan {
    plan: Plan,
    /// `trial` or `active`.
    status: String,
    /// When the trial ends; null: it does not, or this is none.
    trial_ends_at: Option<DateTime<Utc>>,
    /// The day (UTC) on which what counts by the month begins anew.
    renews_on: Option<NaiveDate>,
    /// One for each thing that plans count.
    uses: Vec<PlanUse>,
}

/// Read the workspace's plan and how much of it is used.
#[utoipa::path(get, path = "/plan", operation_id = "get_plan", tag = "workspace",
    responses((status = 200, body = WorkspacePlan)))]
async fn get_plan(State(ctx): State<Context>, member: Member) -> Result<Json<WorkspacePlan>> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let now = tx.now();
    let plan = terms::of_tenant(&mut tx).await?;
    Ok(Json(WorkspacePlan {
        plan: plan.plan,
        status: plan.status,
        trial_ends_at: plan.trial_ends_at,
        renews_on: month_of(now).checked_add_months(Months::new(1)),
        uses: plan.uses,
    }))
}
