//! HTTP for turning leads into clients.

use access::{Member, Permission};
use axum::extract::State;
use conversations::leads::Lead;
use kernel::Result;
use kernel::error::Problem;
use kernel::extract::{Json, Path};
use kernel::ids::LeadId;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::NewDeal;
use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(convert_lead))
}

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct LeadConversion {
    /// Opens a deal with the client.
    create_deal: Option<NewDeal>,
}

/// Turn a lead into a client, and a deal if wanted. The client is the contact's own, or the one with the same e-mail address
/// or phone number and no contact of its own, or a new one. The same again gives the same and makes nothing.
#[utoipa::path(post, path = "/leads/{id}/convert", operation_id = "convert_lead", tag = "leads",
    params(("id" = LeadId, Path)), request_body = LeadConversion,
    responses((status = 200, body = Lead), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn convert_lead(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<LeadId>,
    body: Option<Json<LeadConversion>>,
) -> Result<Json<Lead>> {
    member.require(Permission::EditCrm)?;
    let conversion = body.map(|Json(body)| body).unwrap_or_default();
    let mut tx = ctx.db.tenant(&member).await?;
    let lead = super::convert(&mut tx, &member, id, conversion.create_deal.as_ref()).await?;
    tx.commit().await?;
    Ok(Json(lead))
}
