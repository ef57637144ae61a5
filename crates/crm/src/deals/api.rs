//! HTTP that makes, changes, moves and deletes deals.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, conflict, invalid, not_found};
use kernel::extract::{Json, Path};
use kernel::ids::{ClientId, DealId, PipelineId, PipelineStageId};
use kernel::{Event, Result, TenantTx};
use serde::Deserialize;
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::change::{DealPatch, Values, check_reason};
use super::list::api::{__path_get_deal, __path_list_deals, get_deal, list_deals};
use super::store::Reasons;
use super::{Deal, list, store};
use crate::Context;
use crate::creation;
use crate::orders::store::lock_clients;
use crate::pipelines::Stage;
use crate::words::maybe;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_deals, create_deal))
        .routes(routes!(get_deal, update_deal, delete_deal))
        .routes(routes!(move_deal))
        .merge(list::api::routes())
}

/// A deal for a client, or for whoever writes in a conversation. It needs a name.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewDealOnce {
    /// The default one unless given.
    pipeline_id: Option<PipelineId>,
    /// The column; the first one unless given.
    pipeline_stage_id: Option<PipelineStageId>,
    /// The first column of this stage, where no column is given.
    stage: Option<Stage>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewDeal {
    #[serde(flatten)]
    once: NewDealOnce,
    #[serde(flatten)]
    fields: DealPatch,
}

impl PartialSchema for NewDeal {
    fn schema() -> RefOr<Schema> {
        creation::schema_of::<DealPatch, NewDealOnce>()
    }
}

impl ToSchema for NewDeal {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        DealPatch::schemas(schemas);
        NewDealOnce::schemas(schemas);
    }
}

/// Create a deal.
#[utoipa::path(post, path = "/crm/deals", operation_id = "create_deal", tag = "crm", request_body = NewDeal,
    responses((status = 201, body = Deal), (status = 422, body = Problem)))]
async fn create_deal(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewDeal>,
) -> Result<(StatusCode, Json<Deal>)> {
    member.require(Permission::EditCrm)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let NewDeal { once, mut fields } = input;
    let client = whose(&mut tx, &fields).await?;
    lock_clients(&mut tx, &[client]).await?;
    let name = fields.name.as_deref().unwrap_or_default().trim();
    if name.is_empty() {
        return Err(invalid("no_name", "Give the deal a name."));
    }
    fields.client_id = Some(client);
    let mut values = Values::new(client, store::currency(&mut tx).await?);
    values.pipeline_id = once.pipeline_id;
    values.pipeline_stage_id = once.pipeline_stage_id;
    values.stage = once.stage;
    values.owner_id = member.user_id();
    values.patch(&mut tx, fields).await?;
    let stage = match once.pipeline_stage_id {
        Some(column) => store::meaning(&mut tx, column).await?,
        None => once.stage.unwrap_or(Stage::Prospecting),
    };
    check_reason(stage, values.lost_reason.as_deref())?;
    let id = DealId::new();
    store::add_tags(&mut tx, &values.tags).await?;
    store::insert(&mut tx, id, &values).await?;
    audit::record_by(
        &mut tx,
        &member,
        Action::DealCreated,
        &format!("deal:{id}"),
        json!({"name": values.name}),
    )
    .await?;
    tell(&mut tx, id, client);
    let deal = list::store::get(&mut tx, id).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(deal)))
}

/// The client whom a new deal is for.
async fn whose(tx: &mut TenantTx, fields: &DealPatch) -> Result<ClientId> {
    match (fields.client_id, fields.conversation_id.flatten()) {
        (Some(client), _) => store::client_now(tx, client).await,
        (None, Some(conversation)) => {
            let found = store::client_of_conversation(tx, conversation).await?;
            found.ok_or_else(store::no_such_conversation)
        }
        (None, None) => Err(invalid(
            "no_client",
            "Say whom the deal is for: `client_id`, or `conversation_id` for whoever writes there.",
        )),
    }
}

/// Change a deal. To change its stage, move it.
#[utoipa::path(patch, path = "/crm/deals/{id}", operation_id = "update_deal", tag = "crm",
    params(("id" = DealId, Path)), request_body = DealPatch,
    responses((status = 200, body = Deal), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn update_deal(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<DealId>,
    Json(mut patch): Json<DealPatch>,
) -> Result<Json<Deal>> {
    member.require(Permission::EditCrm)?;
    let mut tx = ctx.db.tenant(&member).await?;
    if let Some(client) = patch.client_id {
        patch.client_id = Some(store::client_now(&mut tx, client).await?);
    }
    let owner = list::store::get(&mut tx, id).await?.client_id;
    let (before, _) = lock(&mut tx, id, &[owner, patch.client_id.unwrap_or(owner)]).await?;
    let mut values = Values::of(&before);
    values.patch(&mut tx, patch).await?;
    if values != Values::of(&before) {
        if before.lost_reason.is_some() {
            check_reason(before.stage, values.lost_reason.as_deref())?;
        }
        store::add_tags(&mut tx, &values.tags).await?;
        store::update(&mut tx, id, &values).await?;
        tell(&mut tx, id, before.client_id);
        tell(&mut tx, id, values.client_id);
    }
    let deal = list::store::get(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(deal))
}

/// Where a deal goes, and why.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct DealMove {
    /// The column; or `stage`.
    pipeline_stage_id: Option<PipelineStageId>,
    /// The first column of its pipeline that means this.
    stage: Option<Stage>,
    /// The stage in which the caller saw it: if it is in another one by now, nothing is done.
    expected: Option<PipelineStageId>,
    /// The stage's unless given.
    probability: Option<i32>,
    /// For the history.
    notes: Option<String>,
    won_reason: Option<String>,
    /// Needed for a lost deal.
    lost_reason: Option<String>,
    lost_reason_details: Option<String>,
    competitor: Option<String>,
}

/// Move a deal to another stage.
#[utoipa::path(post, path = "/crm/deals/{id}/move", operation_id = "move_deal", tag = "crm",
    params(("id" = DealId, Path)), request_body = DealMove,
    responses((status = 200, body = Deal), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn move_deal(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<DealId>,
    Json(input): Json<DealMove>,
) -> Result<Json<Deal>> {
    member.require(Permission::EditCrm)?;
    if input
        .probability
        .is_some_and(|probability| !(0..=100).contains(&probability))
    {
        return Err(invalid("bad_probability", "A probability is 0 to 100 percent."));
    }
    let reasons = Reasons {
        notes: maybe(input.notes)?,
        won_reason: maybe(input.won_reason)?,
        lost_reason: maybe(input.lost_reason)?,
        lost_reason_details: maybe(input.lost_reason_details)?,
        competitor: maybe(input.competitor)?,
    };
    let mut tx = ctx.db.tenant(&member).await?;
    let owner = list::store::get(&mut tx, id).await?.client_id;
    let (before, now_in) = lock(&mut tx, id, &[owner]).await?;
    if input.expected.is_some_and(|expected| expected != now_in) {
        return Err(conflict(
            "moved_meanwhile",
            format!(
                "Somebody has moved this deal to “{}” meanwhile. Look at it again.",
                before.pipeline_stage_name
            ),
        ));
    }
    let column = match (input.pipeline_stage_id, input.stage) {
        (Some(column), _) => column,
        (None, Some(stage)) => store::column_of(&mut tx, before.pipeline_id, stage).await?,
        (None, None) => {
            return Err(invalid(
                "no_stage",
                "Say where the deal goes: `pipeline_stage_id`, or `stage`.",
            ));
        }
    };
    let stage = store::meaning(&mut tx, column).await?;
    let reason = reasons.lost_reason.as_deref().or(before.lost_reason.as_deref());
    check_reason(stage, reason)?;
    store::move_to(&mut tx, id, column, &reasons, input.probability).await?;
    tell(&mut tx, id, before.client_id);
    let deal = list::store::get(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(deal))
}

/// Delete a deal with its history. Its orders stay.
#[utoipa::path(delete, path = "/crm/deals/{id}", operation_id = "delete_deal", tag = "crm",
    params(("id" = DealId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn delete_deal(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<DealId>,
) -> Result<StatusCode> {
    member.require(Permission::EditCrm)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let owner = list::store::get(&mut tx, id).await?.client_id;
    lock(&mut tx, id, &[owner]).await?;
    let gone = store::delete(&mut tx, id).await?;
    let client = gone.ok_or_else(|| not_found("deal"))?;
    // its name may be somebody's, and nothing would find it here when they are erased
    audit::record_by(
        &mut tx,
        &member,
        Action::DealDeleted,
        &format!("deal:{id}"),
        json!({}),
    )
    .await?;
    tell(&mut tx, id, client);
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The deal after its clients, of whom the first is its owner, and the column that it is in.
async fn lock(tx: &mut TenantTx, id: DealId, clients: &[ClientId]) -> Result<(Deal, PipelineStageId)> {
    lock_clients(tx, clients).await?;
    let column = store::lock(tx, id).await?;
    let deal = list::store::get(tx, id).await?;
    if clients.first() != Some(&deal.client_id) {
        return Err(conflict(
            "moved_meanwhile",
            "This deal was given to another client just now. Please try again.",
        ));
    }
    Ok((deal, column))
}

fn tell(tx: &mut TenantTx, deal: DealId, client: ClientId) {
    tx.emit(Event::DealChanged { deal_id: Some(deal) });
    tx.emit(Event::ClientChanged {
        client_id: Some(client),
    });
}
