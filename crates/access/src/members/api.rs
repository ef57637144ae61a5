//! HTTP for members and their roles.

use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, not_found};
use kernel::extract::{Json, Path};
use kernel::ids::UserId;
use kernel::{Result, TenantProof};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Colleague, store};
use crate::{Context, Member, Permission, Role, sessions};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_members))
        .routes(routes!(update_member, remove_member))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ColleagueList {
    items: Vec<Colleague>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct ColleaguePatch {
    /// Only an owner makes owners, or changes one.
    role: Role,
}

/// List members.
#[utoipa::path(get, path = "/members", operation_id = "list_members", tag = "members",
    responses((status = 200, body = ColleagueList)))]
async fn list_members(State(ctx): State<Context>, member: Member) -> Result<Json<ColleagueList>> {
    member.require(Permission::ManageMembers)?;
    Ok(Json(ColleagueList {
        items: list(&ctx, &member).await?,
    }))
}

async fn list(ctx: &Context, member: &Member) -> Result<Vec<Colleague>> {
    let mut tx = ctx.db.tenant_read(member).await?;
    let mut colleagues = store::list(&mut tx).await?;
    drop(tx);
    let ids: Vec<_> = colleagues.iter().map(|colleague| colleague.user_id.0).collect();
    let proven = store::list_with_two_factor(&ctx.db, &ids).await?;
    for colleague in &mut colleagues {
        colleague.has_two_factor = proven.contains(&colleague.user_id);
    }
    Ok(colleagues)
}

/// Change a member's role.
#[utoipa::path(patch, path = "/members/{user_id}", operation_id = "update_member", tag = "members",
    params(("user_id" = UserId, Path)), request_body = ColleaguePatch,
    responses((status = 200, body = Colleague), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn update_member(
    State(ctx): State<Context>,
    member: Member,
    Path(user): Path<UserId>,
    Json(patch): Json<ColleaguePatch>,
) -> Result<Json<Colleague>> {
    member.require(Permission::ManageMembers)?;
    let mut tx = ctx.db.tenant(&member).await?;
    super::change_role(&mut tx, &member, user, patch.role).await?;
    tx.commit().await?;
    let colleagues = list(&ctx, &member).await?;
    let changed = colleagues.into_iter().find(|colleague| colleague.user_id == user);
    Ok(Json(changed.ok_or_else(|| not_found("member"))?))
}

/// Remove a member. Their sessions in this workspace end at once.
#[utoipa::path(delete, path = "/members/{user_id}", operation_id = "remove_member", tag = "members",
    params(("user_id" = UserId, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn remove_member(
    State(ctx): State<Context>,
    member: Member,
    Path(user): Path<UserId>,
) -> Result<StatusCode> {
    member.require(Permission::ManageMembers)?;
    let mut tx = ctx.db.tenant(&member).await?;
    super::remove(&mut tx, &member, user).await?;
    tx.commit().await?;
    sessions::end_all_in_workspace(&ctx.db, user, member.tenant_id()).await?;
    Ok(StatusCode::NO_CONTENT)
}
