//! HTTP: what a promise costs, and the tenant's own reading of the confidence.

use access::{Member, Permission};
use axum::extract::State;
use kernel::Result;
use kernel::extract::Json;
use knowledge::calibration::Fit;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Promise;
use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(get_promise))
        .routes(routes!(refit_calibration))
}

/// What a promise costs: how many questions are answered alone if at least so many answers shall be right.
#[utoipa::path(get, path = "/promise", operation_id = "get_promise", tag = "evaluation", responses((status = 200, body = Promise)))]
async fn get_promise(State(ctx): State<Context>, member: Member) -> Result<Json<Promise>> {
    member.require(Permission::ReadKnowledge)?;
    Ok(Json(super::promise(&ctx, &member).await?))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Refitted {
    /// Null: too few labels.
    fit: Option<Fit>,
}

/// Fit this workspace's own correction of the confidence now. It is put in force where it helps on held-back labels.
#[utoipa::path(post, path = "/calibration/refit", operation_id = "refit_calibration", tag = "evaluation",
    responses((status = 200, body = Refitted)))]
async fn refit_calibration(State(ctx): State<Context>, member: Member) -> Result<Json<Refitted>> {
    member.require(Permission::ManageWorkspace)?;
    let fit = super::refit(&ctx, &member).await?;
    Ok(Json(Refitted { fit }))
}
