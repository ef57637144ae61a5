//! HTTP for deleting by age: how long conversations are kept, and what would go.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::State;
use kernel::error::{Problem, invalid};
use kernel::extract::{Json, Query};
use kernel::{Result, TenantProof as _};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{before, store};
use crate::Context;

const LONGEST: i32 = 3650;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(get_retention, update_retention))
        .routes(routes!(preview_retention))
}

/// How long the workspace keeps what is done with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
struct Retention {
    /// Resolved conversations are deleted with their files after so many days, 1 to 3650. Null: never.
    conversation_days: Option<i32>,
}

/// What would be deleted now.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
#[schema(as = RetentionPreview)]
pub struct DueCount {
    pub conversations: i64,
    pub files: i64,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct PreviewQuery {
    /// As if conversations were kept for so many days; unless given: as it is set.
    conversation_days: Option<i32>,
}

/// Read how long conversations are kept.
#[utoipa::path(get, path = "/retention", operation_id = "get_retention", tag = "workspace",
    responses((status = 200, body = Retention), (status = 403, body = Problem)))]
async fn get_retention(State(ctx): State<Context>, member: Member) -> Result<Json<Retention>> {
    member.require(Permission::ManageWorkspace)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let conversation_days = store::days(&mut tx).await?;
    Ok(Json(Retention { conversation_days }))
}

/// Say how long resolved conversations are kept. What is older goes within a quarter of an hour, and cannot be brought back.
#[utoipa::path(put, path = "/retention", operation_id = "update_retention", tag = "workspace", request_body = Retention,
    responses((status = 200, body = Retention), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn update_retention(
    State(ctx): State<Context>,
    member: Member,
    Json(wanted): Json<Retention>,
) -> Result<Json<Retention>> {
    member.require(Permission::ManageWorkspace)?;
    wanted.conversation_days.map(check).transpose()?;
    let mut tx = ctx.db.tenant(&member).await?;
    let known = Retention {
        conversation_days: store::days(&mut tx).await?,
    };
    if wanted != known {
        store::set_days(&mut tx, wanted.conversation_days).await?;
        let details = audit::changes(&known, &wanted)?;
        let subject = format!("tenant:{}", member.tenant_id());
        audit::record_by(&mut tx, &member, Action::RetentionChanged, &subject, details).await?;
    }
    tx.commit().await?;
    Ok(Json(wanted))
}

/// Count what would be deleted now, before it is set.
#[utoipa::path(get, path = "/retention/preview", operation_id = "preview_retention", tag = "workspace", params(PreviewQuery),
    responses((status = 200, body = DueCount), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn preview_retention(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<PreviewQuery>,
) -> Result<Json<DueCount>> {
    member.require(Permission::ManageWorkspace)?;
    query.conversation_days.map(check).transpose()?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let days = match query.conversation_days {
        None => store::days(&mut tx).await?,
        wanted => wanted,
    };
    let Some(days) = days else {
        return Ok(Json(DueCount::default()));
    };
    let before = before(tx.now(), days);
    Ok(Json(store::count_due(&mut tx, before).await?))
}

fn check(days: i32) -> Result<()> {
    if (1..=LONGEST).contains(&days) {
        return Ok(());
    }
    Err(invalid(
        "bad_retention",
        format!("Conversations are kept for 1 to {LONGEST} days, or for ever."),
    ))
}
