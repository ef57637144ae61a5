//! All SQL for versions of the adapter. Which of them is active is read with the rest of the knowledge; a trigger raises the
//! revision when that changes, and takes over the correction of the confidence that goes with the version.

use kernel::error::not_found;
use kernel::ids::ModelVersionId;
use kernel::{Event, Result, TenantTx, WorkspaceList};
use serde_json::{Value, json};
use sqlx::types::Json;

use super::trial::{Figures, Trained};
use super::{Status, Version};
use crate::retrieval::adapter::Adapter;

/// What serves. Bytes that are no adapter are as good as none.
pub async fn find_active(tx: &mut TenantTx) -> Result<Option<Adapter>> {
    let artifact = sqlx::query_scalar!(
        r#"select artifact as "artifact!" from model_versions
        where tenant_id = current_tenant_id() and kind = 'retrieval' and is_active and artifact is not null"#,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(artifact.and_then(|bytes| Adapter::from_bytes(&bytes)))
}

/// Newest first.
pub async fn list(tx: &mut TenantTx) -> Result<Vec<Version>> {
    let rows = sqlx::query!(
        r#"select id as "id: ModelVersionId", version, base_model, status as "status: Status", is_active,
            metrics as "metrics: Json<Value>", error, created_at, finished_at, activated_at
        from model_versions
        where tenant_id = current_tenant_id() and kind = 'retrieval' and origin = 'trained'
        order by created_at desc, id desc
        limit 200"#,
    )
    .fetch_all(&mut **tx)
    .await?;
    let versions = rows.into_iter().map(|row| Version {
        id: row.id,
        version: row.version,
        base_model: row.base_model,
        status: row.status,
        is_active: row.is_active,
        progress: (row.status == Status::Training)
            .then(|| row.metrics.get("progress").and_then(Value::as_f64).unwrap_or(0.0)),
        figures: serde_json::from_value::<Figures>(row.metrics.0).ok(),
        error: row.error,
        created_at: row.created_at,
        finished_at: row.finished_at,
        activated_at: row.activated_at,
    });
    Ok(versions.collect())
}

pub async fn get(tx: &mut TenantTx, id: ModelVersionId) -> Result<Version> {
    let found = list(tx).await?.into_iter().find(|version| version.id == id);
    found.ok_or_else(|| not_found("retrieval version"))
}

/// A version that is to be trained, with the next number.
pub async fn insert(tx: &mut TenantTx, base_model: &str, actor: &str) -> Result<ModelVersionId> {
    let (tenant, id, now) = (tx.tenant_id(), ModelVersionId::new(), tx.now());
    sqlx::query!(
        r#"insert into model_versions (tenant_id, id, kind, model_name, base_model, version, origin, status, created_by, created_at)
        select $1, $2, 'retrieval', 'retrieval-adapter', $3,
            'v' || 1 + coalesce(max(substring(version from '^v([0-9]{1,6})$')::integer), 0), 'trained', 'training', $4, $5
        from model_versions where tenant_id = current_tenant_id() and kind = 'retrieval'"#,
        tenant.0,
        id.0,
        base_model,
        actor,
        now,
    )
    .execute(&mut **tx)
    .await?;
    tell(tx);
    Ok(id)
}

pub async fn set_progress(tx: &mut TenantTx, id: ModelVersionId, progress: f64) -> Result<()> {
    sqlx::query!(
        "update model_versions set metrics = $2
        where tenant_id = current_tenant_id() and id = $1 and kind = 'retrieval' and status = 'training'",
        id.0,
        json!({ "progress": progress }),
    )
    .execute(&mut **tx)
    .await?;
    tell(tx);
    Ok(())
}

/// What the training came to: ready to serve, or not better. False: it is no longer being trained.
pub async fn conclude(
    tx: &mut TenantTx,
    id: ModelVersionId,
    trained: &Trained,
    learned_from: &str,
) -> Result<bool> {
    let status = match trained.figures.refusal {
        None => "ready",
        Some(_) => "deprecated",
    };
    let artifact = trained.adapter.as_ref().map(Adapter::to_bytes);
    let now = tx.now();
    let concluded = sqlx::query!(
        "update model_versions set status = $2, metrics = $3, artifact = $4, training_dataset_id = $5, error = null, finished_at = $6
        where tenant_id = current_tenant_id() and id = $1 and kind = 'retrieval' and status = 'training'",
        id.0,
        status,
        json!(trained.figures),
        artifact,
        learned_from,
        now,
    )
    .execute(&mut **tx)
    .await?;
    tell(tx);
    Ok(concluded.rows_affected() > 0)
}

pub async fn fail(tx: &mut TenantTx, id: ModelVersionId, error: &str) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update model_versions set status = 'failed', error = $2, metrics = '{}', finished_at = $3
        where tenant_id = current_tenant_id() and id = $1 and kind = 'retrieval' and status = 'training'",
        id.0,
        error,
        now,
    )
    .execute(&mut **tx)
    .await?;
    tell(tx);
    Ok(())
}

/// Lets a version serve from now on. The caller holds [`crate::embedding::store::lock`] and has seen that it may.
pub async fn activate(tx: &mut TenantTx, id: ModelVersionId) -> Result<()> {
    deactivate(tx).await?;
    let now = tx.now();
    sqlx::query!(
        "update model_versions set is_active = true, activated_at = coalesce(activated_at, $2)
        where tenant_id = current_tenant_id() and id = $1 and kind = 'retrieval' and status = 'ready'",
        id.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The model alone serves from now on.
pub async fn deactivate(tx: &mut TenantTx) -> Result<()> {
    sqlx::query!(
        "update model_versions set is_active = false
        where tenant_id = current_tenant_id() and kind = 'retrieval' and is_active",
    )
    .execute(&mut **tx)
    .await?;
    tell(tx);
    Ok(())
}

fn tell(tx: &mut TenantTx) {
    tx.emit(Event::WorkspaceChanged {
        what: WorkspaceList::Models,
    });
}
