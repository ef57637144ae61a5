//! HTTP for turning leads into clients.

use access::{Member, Permission};
use axum::extract::State;
use conversations::leads::Lead;
use kernel::Result;
use kernel::error::Problem;
use kernel::extract::{Json, Path};
use kernel::ids::{ClientId, LeadId};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{ClientLikeLead, NewDeal};
use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(convert_lead))
}

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct LeadConversion {
    /// The client whom a person takes for the same. Without it, one is found as below.
    client_id: Option<ClientId>,
    /// Opens a deal with the client.
    create_deal: Option<NewDeal>,
}

/// A lead that is a client, and others who may be the same person.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ConvertedLead {
    #[serde(flatten)]
    lead: Lead,
    /// Clients with the same e-mail address or phone number. Nobody has proven that they are the same: merge them if so.
    similar: Vec<ClientLikeLead>,
}

/// Turn a lead into a client, and a deal if wanted. The client is the contact's own, or the one that is named. Else it is the
/// one with the same e-mail address or phone number and no contact of its own, if the address is verified or the lead was
/// written down by the team; else a new one. The same again gives the same and makes nothing but a deal that is missing.
#[utoipa::path(post, path = "/leads/{id}/convert", operation_id = "convert_lead", tag = "leads",
    params(("id" = LeadId, Path)), request_body = LeadConversion,
    responses((status = 200, body = ConvertedLead), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn convert_lead(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<LeadId>,
    body: Option<Json<LeadConversion>>,
) -> Result<Json<ConvertedLead>> {
    member.require(Permission::EditCrm)?;
    let conversion = body.map(|Json(body)| body).unwrap_or_default();
    let mut tx = ctx.db.tenant(&member).await?;
    let deal = conversion.create_deal.as_ref();
    let lead = super::convert(&mut tx, &member, id, conversion.client_id, deal).await?;
    let similar = super::list_similar(&mut tx, &lead).await?;
    tx.commit().await?;
    Ok(Json(ConvertedLead { lead, similar }))
}
