//! HTTP for the choice of embedding model.

use access::{Member, Permission, audit};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, invalid};
use kernel::extract::Json;
use kernel::{Result, TenantProof, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::store::{self, Counts, State as Stored};
use super::{EmbedderChoice, Failure, jobs};
use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(get_embedder, set_embedder))
        .routes(routes!(stop_embedder_change))
}

/// The embedding model in use and, while it changes, the next one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct EmbedderState {
    current: EmbedderView,
    next: Option<EmbedderView>,
    /// All texts that have vectors: questions, their phrasings, passages and gaps.
    texts: i64,
    /// Texts that still wait for a vector of the current model.
    waiting: i64,
    /// Texts that still wait for a vector of the next model.
    waiting_next: i64,
    /// Why the last attempt to embed what waits has failed: with the next model if there is one, else with the current.
    failure: Option<Failure>,
    /// Whether the local model's files are installed on this server.
    is_local_available: bool,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct EmbedderView {
    /// `local` or `endpoint`.
    kind: &'static str,
    base_url: Option<String>,
    model: Option<String>,
    dimensions: Option<u32>,
}

impl From<&EmbedderChoice> for EmbedderView {
    fn from(choice: &EmbedderChoice) -> Self {
        match choice {
            EmbedderChoice::Local => Self {
                kind: "local",
                base_url: None,
                model: None,
                dimensions: None,
            },
            EmbedderChoice::Endpoint {
                base_url,
                model,
                dimensions,
                ..
            } => Self {
                kind: "endpoint",
                base_url: Some(base_url.clone()),
                model: Some(model.clone()),
                dimensions: *dimensions,
            },
        }
    }
}

/// `{"kind": "local"}` or `{"kind": "endpoint", "base_url", "model", "key"}`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum NewEmbedder {
    Local,
    Endpoint {
        base_url: String,
        model: String,
        #[serde(default)]
        key: String,
        dimensions: Option<u32>,
    },
}

/// Which embedding model is in use?
#[utoipa::path(get, path = "/knowledge/embedder", operation_id = "get_embedder", tag = "knowledge", responses((status = 200, body = EmbedderState)))]
async fn get_embedder(State(ctx): State<Context>, member: Member) -> Result<Json<EmbedderState>> {
    member.require(Permission::ReadKnowledge)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let state = store::get(&mut tx).await?;
    let counts = store::count(&mut tx).await?;
    Ok(Json(describe(&ctx, state, counts)))
}

/// Change the embedding model. The old vectors serve until all new ones are ready.
#[utoipa::path(put, path = "/knowledge/embedder", operation_id = "set_embedder", tag = "knowledge", request_body = NewEmbedder,
    responses((status = 200, body = EmbedderState), (status = 422, body = Problem)))]
async fn set_embedder(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewEmbedder>,
) -> Result<Json<EmbedderState>> {
    member.require(Permission::ManageCredentials)?;
    let tenant = member.tenant_id();
    let choice = match input {
        NewEmbedder::Local => EmbedderChoice::Local,
        NewEmbedder::Endpoint {
            base_url,
            model,
            key,
            dimensions,
        } => {
            if model.trim().is_empty() {
                return Err(invalid(
                    "bad_model",
                    "Please name the embedding model as its provider does.",
                ));
            }
            let encrypted_key = ctx.embedders.seal_key(tenant, key.trim())?;
            EmbedderChoice::Endpoint {
                base_url: base_url.trim().trim_end_matches('/').to_owned(),
                model,
                dimensions,
                encrypted_key,
            }
        }
    };
    ctx.embedders.check(tenant, &choice).await?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::lock(&mut tx).await?;
    store::set_next(&mut tx, Some(&choice)).await?;
    jobs::enqueue(&mut tx).await?;
    record(&mut tx, &member).await?;
    let state = store::get(&mut tx).await?;
    let counts = store::count(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(describe(&ctx, state, counts)))
}

/// Give up a change of the embedding model, if there is one. The current model stays.
#[utoipa::path(delete, path = "/knowledge/embedder/next", operation_id = "stop_embedder_change", tag = "knowledge",
    responses((status = 204)))]
async fn stop_embedder_change(State(ctx): State<Context>, member: Member) -> Result<StatusCode> {
    member.require(Permission::ManageCredentials)?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::lock(&mut tx).await?;
    store::set_next(&mut tx, None).await?;
    jobs::enqueue(&mut tx).await?;
    record(&mut tx, &member).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn record(tx: &mut TenantTx, member: &Member) -> Result<()> {
    audit::record_by(tx, member, audit::Action::EmbedderChanged, "knowledge", json!({})).await
}

fn describe(ctx: &Context, state: Stored, counts: Counts) -> EmbedderState {
    EmbedderState {
        current: (&state.embedder).into(),
        next: state.next_embedder.as_ref().map(EmbedderView::from),
        texts: counts.texts,
        waiting: counts.waiting,
        waiting_next: state.next_embedder.map_or(0, |_| counts.waiting_next),
        failure: state.failure,
        is_local_available: ctx.embedders.has_local(),
    }
}
