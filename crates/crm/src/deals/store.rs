//! All SQL that writes deals.

use kernel::error::{Error, OnConstraint, invalid, not_found};
use kernel::ids::{ClientId, ConversationId, DealId, PipelineId, PipelineStageId};
use kernel::money::Currency;
use kernel::{Result, TenantTx};

use super::change::Values;
use crate::pipelines::Stage;

/// What the tenant counts in.
pub async fn currency(tx: &mut TenantTx) -> Result<Currency> {
    let currency = sqlx::query_scalar!(
        r#"select currency as "currency: Currency" from tenants where tenant_id = current_tenant_id()"#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(currency)
}

/// The client whom this one is part of by now.
pub async fn client_now(tx: &mut TenantTx, client: ClientId) -> Result<ClientId> {
    let now = sqlx::query_scalar!(r#"select crm_client_now($1) as "id!: ClientId""#, client.0)
        .fetch_one(&mut **tx)
        .await?;
    Ok(now)
}

/// The client that the conversation's contact is; made if there is none yet. None: there is no such conversation.
pub async fn client_of_conversation(
    tx: &mut TenantTx,
    conversation: ConversationId,
) -> Result<Option<ClientId>> {
    let client = sqlx::query_scalar!(
        r#"select crm_client_now(crm_client_of_contact(contact_now(contact_id), id)) as "id!: ClientId" from conversations
        where tenant_id = current_tenant_id() and id = $1"#,
        conversation.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(client)
}

/// Tags that nobody has used yet.
pub async fn add_tags(tx: &mut TenantTx, tags: &[String]) -> Result<()> {
    if tags.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into crm_tags (tenant_id, name)
        select $1, tag from unnest($2::text[]) tag
        where not exists (select from crm_tags t where t.tenant_id = $1 and t.name = tag)
        order by tag
        on conflict do nothing",
        tenant.0,
        tags,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn insert(tx: &mut TenantTx, id: DealId, values: &Values) -> Result<()> {
    let tenant = tx.tenant_id();
    let done = sqlx::query!(
        "insert into crm_deals
            (tenant_id, id, client_id, conversation_id, pipeline_id, pipeline_stage_id, stage, name, description, deal_value,
            currency, probability, expected_close_date, actual_close_date, products, owner_id, lost_reason, lost_reason_details,
            won_reason, competitor, tags, custom_fields)
        select $1, $2, v.client_id, v.conversation_id, v.pipeline_id, v.pipeline_stage_id, coalesce(v.stage, 'prospecting'), v.name,
            v.description, v.deal_value, v.currency, v.probability, v.expected_close_date, v.actual_close_date, v.products,
            v.owner_id, v.lost_reason, v.lost_reason_details, v.won_reason, v.competitor, v.tags, v.custom_fields
        from jsonb_populate_record(null::crm_deals, $3) v",
        tenant.0,
        id.0,
        serde_json::to_value(values)?,
    )
    .execute(&mut **tx)
    .await;
    worded(done.map(|_| ()))
}

/// All but its stage.
pub async fn update(tx: &mut TenantTx, id: DealId, values: &Values) -> Result<()> {
    let done = sqlx::query!(
        "update crm_deals d
        set client_id = v.client_id, conversation_id = v.conversation_id, name = v.name, description = v.description,
            deal_value = v.deal_value, currency = v.currency, probability = v.probability,
            expected_close_date = v.expected_close_date, actual_close_date = v.actual_close_date, products = v.products,
            owner_id = v.owner_id, lost_reason = v.lost_reason, lost_reason_details = v.lost_reason_details,
            won_reason = v.won_reason, competitor = v.competitor, tags = v.tags, custom_fields = v.custom_fields
        from jsonb_populate_record(null::crm_deals, $2) v
        where d.tenant_id = current_tenant_id() and d.id = $1",
        id.0,
        serde_json::to_value(values)?,
    )
    .execute(&mut **tx)
    .await;
    worded(done.map(|_| ()))
}

fn worded(done: Result<(), sqlx::Error>) -> Result<()> {
    done.map_err(|cause| {
        let constraint = match &cause {
            sqlx::Error::Database(db) => db.constraint().unwrap_or_default(),
            _ => "",
        };
        match constraint {
            "crm_deals_tenant_id_client_id_fkey" => no_such_client(),
            "crm_deals_tenant_id_conversation_id_fkey" => no_such_conversation(),
            "crm_deals_tenant_id_owner_id_fkey" => invalid("no_such_member", "There is no such colleague."),
            "crm_deals_pipeline_stage" => no_such_stage(),
            _ => cause.into(),
        }
    })
}

pub fn no_such_client() -> Error {
    invalid(
        "no_such_client",
        "There is no such client. They may have been deleted.",
    )
}

pub fn no_such_conversation() -> Error {
    invalid("no_such_conversation", "There is no such conversation.")
}

pub fn no_such_stage() -> Error {
    invalid(
        "no_such_stage",
        "There is no such stage in this pipeline. Read the pipelines again.",
    )
}

/// The deal's row until the transaction ends.
pub async fn lock(tx: &mut TenantTx, id: DealId) -> Result<PipelineStageId> {
    let found = sqlx::query_scalar!(
        r#"select pipeline_stage_id as "id: PipelineStageId" from crm_deals
        where tenant_id = current_tenant_id() and id = $1
        for update"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    found.ok_or_else(|| not_found("deal"))
}

/// What a column means.
pub async fn meaning(tx: &mut TenantTx, column: PipelineStageId) -> Result<Stage> {
    let found = sqlx::query_scalar!(
        r#"select stage as "stage: Stage" from crm_pipeline_stages
        where tenant_id = current_tenant_id() and id = $1"#,
        column.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    found.ok_or_else(no_such_stage)
}

/// The first column of a pipeline that means this.
pub async fn column_of(tx: &mut TenantTx, pipeline: PipelineId, stage: Stage) -> Result<PipelineStageId> {
    let found = sqlx::query_scalar!(
        r#"select id as "id: PipelineStageId" from crm_pipeline_stages
        where tenant_id = current_tenant_id() and pipeline_id = $1 and stage = $2
        order by position, id
        limit 1"#,
        pipeline.0,
        stage as Stage,
    )
    .fetch_optional(&mut **tx)
    .await?;
    found.ok_or_else(no_such_stage)
}

/// Why a deal comes into another column.
#[derive(Debug, Default)]
pub struct Reasons {
    pub notes: Option<String>,
    pub won_reason: Option<String>,
    pub lost_reason: Option<String>,
    pub lost_reason_details: Option<String>,
    pub competitor: Option<String>,
}

/// Puts it into another column. Its probability is the column's unless it is given.
pub async fn move_to(
    tx: &mut TenantTx,
    id: DealId,
    column: PipelineStageId,
    reasons: &Reasons,
    probability: Option<i32>,
) -> Result<()> {
    say(tx, reasons.notes.as_deref().unwrap_or_default()).await?;
    sqlx::query!(
        "update crm_deals
        set pipeline_stage_id = $2, won_reason = coalesce($3, won_reason), lost_reason = coalesce($4, lost_reason),
            lost_reason_details = coalesce($5, lost_reason_details), competitor = coalesce($6, competitor)
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        column.0,
        reasons.won_reason,
        reasons.lost_reason,
        reasons.lost_reason_details,
        reasons.competitor,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("crm_deals_pipeline_stage", no_such_stage)?;
    say(tx, "").await?;
    if let Some(probability) = probability {
        sqlx::query!(
            "update crm_deals set probability = $2 where tenant_id = current_tenant_id() and id = $1",
            id.0,
            probability,
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// What the history notes with the next move.
async fn say(tx: &mut TenantTx, notes: &str) -> Result<()> {
    sqlx::query!("select set_config('app.deal_notes', $1, true) as notes", notes)
        .fetch_one(&mut **tx)
        .await?;
    Ok(())
}

pub async fn delete(tx: &mut TenantTx, id: DealId) -> Result<Option<ClientId>> {
    let gone = sqlx::query_scalar!(
        r#"delete from crm_deals where tenant_id = current_tenant_id() and id = $1
        returning client_id as "client_id: ClientId""#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(gone)
}
