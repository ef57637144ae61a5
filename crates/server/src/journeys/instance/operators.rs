//! Who the operators are, and what they did.

use access::instance::log::{self, OperatorLogEntry};
use access::instance::{self, InstanceOperator, OperatorAccount};
use axum::extract::State;
use kernel::error::Result;
use kernel::extract::{Json, Query};
use kernel::ids::TenantId;
use kernel::page::{Page, PageQuery};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::wiring::Domains;

pub fn routes() -> OpenApiRouter<Domains> {
    OpenApiRouter::new()
        .routes(routes!(list_operators))
        .routes(routes!(list_operator_log))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct OperatorList {
    items: Vec<OperatorAccount>,
}

/// List the people who may open the console.
#[utoipa::path(get, path = "/instance/operators", operation_id = "list_operators", tag = "instance",
    responses((status = 200, body = OperatorList)))]
async fn list_operators(State(domains): State<Domains>, _: InstanceOperator) -> Result<Json<OperatorList>> {
    let items = instance::list(&domains.access.db).await?;
    Ok(Json(OperatorList { items }))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct LogFilter {
    /// Only what was done with this tenant.
    tenant_id: Option<TenantId>,
}

/// What operators did, newest first. It is kept when a tenant is gone.
#[utoipa::path(get, path = "/instance/log", operation_id = "list_operator_log", tag = "instance",
    params(LogFilter, PageQuery), responses((status = 200, body = Page<OperatorLogEntry>)))]
async fn list_operator_log(
    State(domains): State<Domains>,
    _: InstanceOperator,
    Query(filter): Query<LogFilter>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<OperatorLogEntry>>> {
    let subject = filter.tenant_id.map(|id| format!("tenant:{id}"));
    let entries = log::list(
        &domains.access.db,
        subject.as_deref(),
        page.after()?,
        page.limit() + 1,
    )
    .await?;
    Ok(Json(Page::cut(entries, page.limit(), OperatorLogEntry::position)))
}
