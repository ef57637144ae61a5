//! Lets retrieval learn from this tenant's own questions: thumbs, closed gaps and evaluation sets.
//!
//! Here it is found out which entries answer which question ([`labels`]), and a job has them learned and tried
//! ([`jobs`]). How that is done, and when a version may serve, stands in [`knowledge::adapters`].

pub mod api;
pub mod jobs;
mod labels;

use access::audit::{self, Action};
use kernel::error::conflict;
use kernel::ids::ModelVersionId;
use kernel::{Result, TenantTx};
use knowledge::adapters::{Status, Version, store};
use knowledge::embedding;
use serde_json::json;

/// The version that served before this one, if the model is still the same.
fn before<'a>(active: &Version, versions: &'a [Version]) -> Option<&'a Version> {
    let may_serve = |version: &&Version| {
        version.status == Status::Ready
            && version.base_model == active.base_model
            && version.activated_at.is_some()
            && version.activated_at < active.activated_at
    };
    versions
        .iter()
        .filter(may_serve)
        .max_by_key(|version| version.activated_at)
}

/// Refuses a version that must not serve. Holds the knowledge's lock from then on.
pub(crate) async fn may_serve(tx: &mut TenantTx, id: ModelVersionId) -> Result<()> {
    let state = embedding::store::lock(tx).await?;
    let version = store::get(tx, id).await?;
    if version.figures.is_none_or(|figures| figures.refusal.is_some()) {
        return Err(conflict(
            "not_better",
            "Only a version that was clearly better than the search model alone on held-back questions can serve.",
        ));
    }
    if version.base_model != state.embedder.name() {
        return Err(conflict(
            "another_search_model",
            "This version belongs to another search model. Train one for the model that serves now.",
        ));
    }
    Ok(())
}

/// Lets a version serve. The caller holds the knowledge's lock and has seen that it may.
async fn activate(tx: &mut TenantTx, actor: &str, id: ModelVersionId) -> Result<()> {
    store::activate(tx, id).await?;
    record(tx, actor, Action::ModelVersionActivated, id).await
}

async fn record(tx: &mut TenantTx, actor: &str, action: Action, id: ModelVersionId) -> Result<()> {
    let version = store::get(tx, id).await?;
    let details = json!({"kind": "retrieval", "version": version.version});
    audit::record(tx, actor, action, &format!("model_version:{id}"), details).await
}
