//! HTTP for what one wants to be told in this workspace.

use access::Member;
use axum::extract::State;
use kernel::error::{Problem, not_found};
use kernel::extract::Json;
use kernel::{Result, TenantTx};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Choices, store};
use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(get_email_choices, set_email_choices))
}

/// Read what one is told by e-mail in this workspace.
#[utoipa::path(get, path = "/profile/email-choices", operation_id = "get_email_choices", tag = "profile",
    responses((status = 200, body = Choices), (status = 403, body = Problem)))]
async fn get_email_choices(State(ctx): State<Context>, member: Member) -> Result<Json<Choices>> {
    let user = member.person()?.user_id;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(find(&mut tx, user).await?))
}

/// Choose what one is told by e-mail in this workspace.
#[utoipa::path(put, path = "/profile/email-choices", operation_id = "set_email_choices", tag = "profile", request_body = Choices,
    responses((status = 200, body = Choices), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn set_email_choices(
    State(ctx): State<Context>,
    member: Member,
    Json(choices): Json<Choices>,
) -> Result<Json<Choices>> {
    let user = member.person()?.user_id;
    let mut tx = ctx.db.tenant(&member).await?;
    store::set(&mut tx, user, &choices).await?;
    let chosen = find(&mut tx, user).await?;
    tx.commit().await?;
    Ok(Json(chosen))
}

pub async fn find(tx: &mut TenantTx, user: kernel::ids::UserId) -> Result<Choices> {
    let now = tx.now();
    let found = store::list(tx, Some(user), now).await?;
    let reader = found.into_iter().next().ok_or_else(|| not_found("member"))?;
    Ok(reader.choices)
}
