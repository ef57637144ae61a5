//! All SQL for model versions.

use chrono::{DateTime, Utc};
use kernel::error::{OnConstraint, conflict, not_found};
use kernel::ids::{CredentialId, ModelVersionId, TrainingSetId};
use kernel::{Error, Result, TenantTx};
use serde_json::Value;
use uuid::Uuid;

use super::{ActiveChat, Kind, ModelVersion, ModelVersionEvent, Origin, Status};

/// Newest first.
pub async fn list(tx: &mut TenantTx, kind: Option<Kind>) -> Result<Vec<ModelVersion>> {
    select(tx, None, kind).await
}

pub async fn get(tx: &mut TenantTx, id: ModelVersionId) -> Result<ModelVersion> {
    let found = select(tx, Some(id), None).await?.pop();
    found.ok_or_else(|| not_found("model version"))
}

/// More than anybody trains; the oldest are not shown.
const MOST: i64 = 500;

async fn select(
    tx: &mut TenantTx,
    only: Option<ModelVersionId>,
    kind: Option<Kind>,
) -> Result<Vec<ModelVersion>> {
    let versions = sqlx::query_as!(
        ModelVersion,
        r#"select v.id as "id: ModelVersionId", v.kind as "kind: Kind", v.model_name, v.base_model, v.version,
            v.origin as "origin: Origin", v.training_set_id as "training_set_id: TrainingSetId",
            s.name as "training_set_name?", v.training_dataset_id, v.status as "status: Status", v.is_active, v.metrics, v.note, v.error,
            v.credential_id as "credential_id: CredentialId", v.input_price::float8 as input_price,
            v.output_price::float8 as output_price, v.provider_job, v.provider_status, v.is_cancel_requested,
            v.activated_at, v.finished_at, v.created_at, v.updated_at
        from model_versions v
        left join training_sets s on s.tenant_id = v.tenant_id and s.id = v.training_set_id
        where v.tenant_id = current_tenant_id() and ($1::uuid is null or v.id = $1) and ($2::text is null or v.kind = $2)
        order by v.created_at desc, v.id desc
        limit $3"#,
        only.map(|id| id.0),
        kind as Option<Kind>,
        MOST,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(versions)
}

/// Locks a version, so that nobody else activates, follows or deletes it meanwhile.
pub async fn lock(tx: &mut TenantTx, id: ModelVersionId) -> Result<ModelVersion> {
    sqlx::query!(
        "select id from model_versions where tenant_id = current_tenant_id() and id = $1 for update",
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    get(tx, id).await
}

/// What is known of a version when it begins.
pub struct NewVersion<'a> {
    pub origin: Origin,
    pub status: Status,
    pub model_name: &'a str,
    pub base_model: &'a str,
    /// None: the next number.
    pub version: Option<&'a str>,
    pub training_set: Option<TrainingSetId>,
    pub training_dataset_id: Option<&'a str>,
    pub note: &'a str,
    pub credential: Option<CredentialId>,
    pub input_price: Option<f64>,
    pub output_price: Option<f64>,
    pub metrics: Value,
    pub actor: &'a str,
}

fn version_taken() -> Error {
    conflict(
        "version_taken",
        "There is a version of this name already. Choose another one.",
    )
}

pub async fn insert_chat(tx: &mut TenantTx, new: &NewVersion<'_>) -> Result<ModelVersionId> {
    let (tenant, id) = (tx.tenant_id(), ModelVersionId::new());
    let finished = (new.status == Status::Ready).then(|| tx.now());
    sqlx::query!(
        "insert into model_versions
            (tenant_id, id, kind, origin, status, model_name, base_model, version, training_set_id, training_dataset_id, note,
            credential_id, input_price, output_price, metrics, created_by, finished_at)
        values ($1, $2, 'chat', $3, $4, $5, $6, coalesce($7, (
            select 'v' || coalesce(max(substring(version from '^v([0-9]{1,6})$')::integer), 0) + 1
            from model_versions where tenant_id = $1 and kind = 'chat'
        )), $8, $9, $10, $11, $12::float8::numeric, $13::float8::numeric, $14, $15, $16)",
        tenant.0,
        id.0,
        new.origin as Origin,
        new.status as Status,
        new.model_name,
        new.base_model,
        new.version,
        new.training_set.map(|id| id.0),
        new.training_dataset_id,
        new.note,
        new.credential.map(|id| id.0),
        new.input_price,
        new.output_price,
        new.metrics,
        new.actor,
        finished,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("model_versions_version_key", version_taken)?;
    Ok(id)
}

/// Writes what can be changed by hand.
pub async fn update(tx: &mut TenantTx, version: &ModelVersion) -> Result<()> {
    sqlx::query!(
        "update model_versions
        set model_name = $2, version = $3, note = $4, credential_id = $5, input_price = $6::float8::numeric,
            output_price = $7::float8::numeric, status = $8
        where tenant_id = current_tenant_id() and id = $1",
        version.id.0,
        version.model_name,
        version.version,
        version.note,
        version.credential_id.map(|id| id.0),
        version.input_price,
        version.output_price,
        version.status as Status,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("model_versions_version_key", version_taken)?;
    Ok(())
}

/// Takes the place of the active version of its kind.
pub async fn activate(tx: &mut TenantTx, id: ModelVersionId, kind: Kind) -> Result<()> {
    deactivate(tx, kind).await?;
    let now = tx.now();
    sqlx::query!(
        "update model_versions set is_active = true, activated_at = $2 where tenant_id = current_tenant_id() and id = $1",
        id.0,
        now,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("model_versions_one_active", || {
        conflict(
            "activated_meanwhile",
            "Somebody has activated another version at this moment. Look again.",
        )
    })?;
    Ok(())
}

pub async fn deactivate(tx: &mut TenantTx, kind: Kind) -> Result<()> {
    sqlx::query!(
        "update model_versions set is_active = false where tenant_id = current_tenant_id() and kind = $1 and is_active",
        kind as Kind,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn delete(tx: &mut TenantTx, id: ModelVersionId) -> Result<()> {
    sqlx::query!(
        "delete from model_versions where tenant_id = current_tenant_id() and id = $1",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The chat model that is active, while its key is there and on.
pub async fn find_active_chat(tx: &mut TenantTx) -> Result<Option<ActiveChat>> {
    let active = sqlx::query_as!(
        ActiveChat,
        r#"select v.credential_id as "credential_id!: CredentialId", v.model_name, v.input_price::float8 as input_price,
            v.output_price::float8 as output_price
        from model_versions v
        join llm_credentials c on c.tenant_id = v.tenant_id and c.id = v.credential_id and c.is_active
        where v.tenant_id = current_tenant_id() and v.kind = 'chat' and v.is_active"#,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(active)
}

/// Whether a provider trains for the tenant. None begins to, until the transaction ends.
pub async fn is_tuning(tx: &mut TenantTx) -> Result<bool> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('tuning/' || current_tenant_id(), 0)) as locked"
    )
    .execute(&mut **tx)
    .await?;
    let is_tuning = sqlx::query_scalar!(
        r#"select exists (
            select from model_versions
            where tenant_id = current_tenant_id() and origin = 'tuned' and status = 'training'
        ) as "is_tuning!""#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(is_tuning)
}

/// What is needed to go on with a job.
pub struct Work {
    pub status: Status,
    pub base_model: String,
    pub training_set_id: Option<TrainingSetId>,
    pub credential_id: Option<CredentialId>,
    pub provider_file: Option<String>,
    pub provider_job: Option<String>,
    pub provider_status: Option<String>,
    pub is_cancel_requested: bool,
    pub metrics: Value,
    pub created_at: DateTime<Utc>,
}

pub async fn find_work(tx: &mut TenantTx, id: ModelVersionId) -> Result<Option<Work>> {
    let work = sqlx::query_as!(
        Work,
        r#"select status as "status: Status", base_model, training_set_id as "training_set_id: TrainingSetId",
            credential_id as "credential_id: CredentialId", provider_file, provider_job, provider_status, is_cancel_requested,
            metrics, created_at
        from model_versions
        where tenant_id = current_tenant_id() and id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(work)
}

pub async fn request_cancel(tx: &mut TenantTx, id: ModelVersionId) -> Result<()> {
    sqlx::query!(
        "update model_versions set is_cancel_requested = true where tenant_id = current_tenant_id() and id = $1",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn set_file(tx: &mut TenantTx, id: ModelVersionId, file: &str, digest: &str) -> Result<()> {
    sqlx::query!(
        "update model_versions set provider_file = $2, training_dataset_id = $3 where tenant_id = current_tenant_id() and id = $1",
        id.0,
        file,
        digest,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Marks that the job is being started. False: it was marked before, so whether there is a job is not known.
pub async fn begin_start(tx: &mut TenantTx, id: ModelVersionId) -> Result<bool> {
    let done = sqlx::query!(
        "update model_versions set provider_status = 'starting'
        where tenant_id = current_tenant_id() and id = $1 and provider_status is null and provider_job is null",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The provider was too busy: it has not begun, and is asked again.
pub async fn take_back_start(tx: &mut TenantTx, id: ModelVersionId) -> Result<()> {
    sqlx::query!(
        "update model_versions set provider_status = null
        where tenant_id = current_tenant_id() and id = $1 and provider_job is null",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn set_job(tx: &mut TenantTx, id: ModelVersionId, job: &str, status: &str) -> Result<()> {
    sqlx::query!(
        "update model_versions set provider_job = $2, provider_status = $3 where tenant_id = current_tenant_id() and id = $1",
        id.0,
        job,
        status,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How a job ended.
pub struct End<'a> {
    pub status: Status,
    pub model_name: Option<&'a str>,
    pub error: Option<&'a str>,
    pub metrics: &'a Value,
}

/// False: it had ended already.
pub async fn finish(tx: &mut TenantTx, id: ModelVersionId, end: &End<'_>) -> Result<bool> {
    let now = tx.now();
    let done = sqlx::query!(
        "update model_versions
        set status = $2, model_name = coalesce($3, model_name), error = $4, metrics = metrics || $5, finished_at = $6
        where tenant_id = current_tenant_id() and id = $1 and status = 'training'",
        id.0,
        end.status as Status,
        end.model_name,
        end.error,
        end.metrics,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Adds an event, unless it was told before. True: it is new.
pub async fn add_event(
    tx: &mut TenantTx,
    version: ModelVersionId,
    key: &str,
    level: &str,
    message: &str,
    at: DateTime<Utc>,
) -> Result<bool> {
    let tenant = tx.tenant_id();
    let done = sqlx::query!(
        "insert into model_version_events (tenant_id, id, version_id, level, message, event_key, happened_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict on constraint model_version_events_key do nothing",
        tenant.0,
        Uuid::now_v7(),
        version.0,
        level,
        message,
        key,
        at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Newest first.
pub async fn list_events(
    tx: &mut TenantTx,
    version: ModelVersionId,
    limit: i64,
) -> Result<Vec<ModelVersionEvent>> {
    let events = sqlx::query_as!(
        ModelVersionEvent,
        "select level, message, happened_at
        from model_version_events
        where tenant_id = current_tenant_id() and version_id = $1
        order by happened_at desc, id desc
        limit $2",
        version.0,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(events)
}
