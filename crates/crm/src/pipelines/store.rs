//! All SQL for pipelines and their columns.

use kernel::error::{Error, OnConstraint, conflict, not_found};
use kernel::ids::{PipelineId, PipelineStageId};
use kernel::{Result, TenantTx};
use uuid::Uuid;

use super::change::Column;
use super::{Pipeline, PipelineStage, Stage};

/// All of them with their columns, as they are ordered.
pub async fn list(tx: &mut TenantTx) -> Result<Vec<Pipeline>> {
    let rows = sqlx::query!(
        r#"select id as "id: PipelineId", name, is_default, position from crm_pipelines
        where tenant_id = current_tenant_id()
        order by position, created_at, id"#
    )
    .fetch_all(&mut **tx)
    .await?;
    let stages = sqlx::query!(
        r#"select s.pipeline_id as "pipeline_id: PipelineId", s.id as "id: PipelineStageId", s.name, s.stage as "stage: Stage",
            s.probability, s.position,
            (
                select count(*) from crm_deals d
                where d.tenant_id = s.tenant_id and d.pipeline_id = s.pipeline_id and d.pipeline_stage_id = s.id
            ) as "deals!"
        from crm_pipeline_stages s
        where s.tenant_id = current_tenant_id()
        order by s.position, s.id"#
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut pipelines: Vec<Pipeline> = rows
        .into_iter()
        .map(|row| Pipeline {
            id: row.id,
            name: row.name,
            is_default: row.is_default,
            position: row.position,
            stages: Vec::new(),
        })
        .collect();
    for row in stages {
        let pipeline = pipelines
            .iter_mut()
            .find(|pipeline| pipeline.id == row.pipeline_id);
        if let Some(pipeline) = pipeline {
            pipeline.stages.push(PipelineStage {
                id: row.id,
                name: row.name,
                stage: row.stage,
                probability: row.probability,
                position: row.position,
                deals: row.deals,
            });
        }
    }
    Ok(pipelines)
}

pub async fn get(tx: &mut TenantTx, id: PipelineId) -> Result<Pipeline> {
    let mut found = list(tx).await?.into_iter();
    found
        .find(|pipeline| pipeline.id == id)
        .ok_or_else(|| not_found("pipeline"))
}

/// All pipelines and their columns, so that no deal comes into one that is about to go. The tenant's row first: whoever
/// writes a deal holds that before their client and the column, and a column that changes locks clients.
pub async fn lock(tx: &mut TenantTx) -> Result<()> {
    sqlx::query!("select from tenants where tenant_id = current_tenant_id() for no key update")
        .execute(&mut **tx)
        .await?;
    sqlx::query!("select id from crm_pipelines where tenant_id = current_tenant_id() order by id for update")
        .fetch_all(&mut **tx)
        .await?;
    sqlx::query!(
        "select id from crm_pipeline_stages where tenant_id = current_tenant_id() order by id for update"
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(())
}

fn name_taken() -> Error {
    conflict(
        "pipeline_taken",
        "There is a pipeline of this name already. Choose another name.",
    )
}

pub async fn insert(tx: &mut TenantTx, id: PipelineId, name: &str) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into crm_pipelines (tenant_id, id, name, position)
        select $1, $2, $3, coalesce(max(position) + 1, 0) from crm_pipelines where tenant_id = $1",
        tenant.0,
        id.0,
        name,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("crm_pipelines_name_key", name_taken)?;
    Ok(())
}

pub async fn rename(tx: &mut TenantTx, id: PipelineId, name: &str) -> Result<()> {
    sqlx::query!(
        "update crm_pipelines set name = $2 where tenant_id = current_tenant_id() and id = $1",
        id.0,
        name,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("crm_pipelines_name_key", name_taken)?;
    Ok(())
}

/// From now on it is the default, and no other.
pub async fn make_default(tx: &mut TenantTx, id: PipelineId) -> Result<()> {
    sqlx::query!(
        "update crm_pipelines set is_default = false
        where tenant_id = current_tenant_id() and is_default and id <> $1",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update crm_pipelines set is_default = true where tenant_id = current_tenant_id() and id = $1",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// These columns are all that the pipeline has.
pub async fn replace_stages(tx: &mut TenantTx, id: PipelineId, columns: &[Column]) -> Result<()> {
    let tenant = tx.tenant_id();
    let ids: Vec<Uuid> = columns.iter().map(|column| column.id.0).collect();
    sqlx::query!(
        "delete from crm_pipeline_stages
        where tenant_id = current_tenant_id() and pipeline_id = $1 and id <> all($2)",
        id.0,
        &ids,
    )
    .execute(&mut **tx)
    .await?;
    let columns = serde_json::to_value(columns)?;
    // in one statement: two columns may change names
    sqlx::query!(
        "update crm_pipeline_stages s
        set name = c.name, stage = c.stage, probability = c.probability, position = c.position
        from jsonb_to_recordset($2) c (id uuid, name text, stage text, probability integer, position integer)
        where s.tenant_id = current_tenant_id() and s.pipeline_id = $1 and s.id = c.id",
        id.0,
        columns,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into crm_pipeline_stages (tenant_id, id, pipeline_id, name, stage, probability, position)
        select $1, c.id, $2, c.name, c.stage, c.probability, c.position
        from jsonb_to_recordset($3)
            c (id uuid, name text, stage text, probability integer, position integer, is_new boolean)
        where c.is_new",
        tenant.0,
        id.0,
        columns,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn delete(tx: &mut TenantTx, id: PipelineId) -> Result<()> {
    sqlx::query!(
        "delete from crm_pipelines where tenant_id = current_tenant_id() and id = $1",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
