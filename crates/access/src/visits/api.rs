//! HTTP for the consent of a workspace to being looked at by operators.

use axum::extract::State;
use axum::http::StatusCode;
use kernel::Result;
use kernel::error::{Problem, not_found};
use kernel::extract::Json;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::OperatorAccess;
use crate::{Context, Member, Permission};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(
        get_operator_access,
        grant_operator_access,
        end_operator_access
    ))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct OperatorAccessState {
    /// Null: operators stay outside.
    access: Option<OperatorAccess>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewOperatorAccess {
    /// 1 to 168.
    hours: u32,
    /// Whether they may change things as well; looking only unless given.
    #[serde(default)]
    may_change: bool,
}

/// Read whether operators of the installation may come in, and who is there.
#[utoipa::path(get, path = "/operator-access", operation_id = "get_operator_access", tag = "workspace",
    responses((status = 200, body = OperatorAccessState)))]
async fn get_operator_access(
    State(ctx): State<Context>,
    member: Member,
) -> Result<Json<OperatorAccessState>> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let access = super::find(&mut tx).await?;
    Ok(Json(OperatorAccessState { access }))
}

/// Let operators of the installation in for some hours. Owners alone.
#[utoipa::path(put, path = "/operator-access", operation_id = "grant_operator_access", tag = "workspace",
    request_body = NewOperatorAccess, responses((status = 200, body = OperatorAccess), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn grant_operator_access(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewOperatorAccess>,
) -> Result<Json<OperatorAccess>> {
    member.require(Permission::ManageWorkspace)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let access = super::grant(&mut tx, &member, input.hours, input.may_change).await?;
    tx.commit().await?;
    Ok(Json(access))
}

/// Send operators out at once.
#[utoipa::path(delete, path = "/operator-access", operation_id = "end_operator_access", tag = "workspace",
    responses((status = 204), (status = 404, body = Problem)))]
async fn end_operator_access(State(ctx): State<Context>, member: Member) -> Result<StatusCode> {
    member.require(Permission::ManageWorkspace)?;
    let mut tx = ctx.db.tenant(&member).await?;
    if !super::end(&mut tx, &member).await? {
        return Err(not_found("access of operators"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
