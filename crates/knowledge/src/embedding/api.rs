//! HTTP for the choice of embedding model.

use access::{Member, Permission, audit};
use axum::extract::State;
use kernel::error::{Problem, invalid};
use kernel::extract::Json;
use kernel::{Result, TenantProof};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::store::{self, State as Stored};
use super::{EmbedderChoice, jobs};
use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(get_embedder, set_embedder))
}

/// The embedding model in use and, while it changes, the next one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct EmbedderState {
    current: EmbedderView,
    next: Option<EmbedderView>,
    /// Texts that still wait for a vector of the current model.
    waiting: i64,
    /// Texts that still wait for a vector of the next model.
    waiting_next: i64,
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
    let waiting = store::count_waiting(&mut tx).await?;
    Ok(Json(describe(&ctx, &state, waiting)))
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
    store::set_next(&mut tx, &choice).await?;
    jobs::enqueue(&mut tx).await?;
    audit::record_by(
        &mut tx,
        &member,
        audit::Action::EmbedderChanged,
        "knowledge",
        json!({}),
    )
    .await?;
    let state = store::get(&mut tx).await?;
    let waiting = store::count_waiting(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(describe(&ctx, &state, waiting)))
}

fn describe(ctx: &Context, state: &Stored, (waiting, waiting_next): (i64, i64)) -> EmbedderState {
    EmbedderState {
        current: (&state.embedder).into(),
        next: state.next_embedder.as_ref().map(EmbedderView::from),
        waiting,
        waiting_next: if state.next_embedder.is_some() {
            waiting_next
        } else {
            0
        },
        is_local_available: ctx.embedders.has_local(),
    }
}
