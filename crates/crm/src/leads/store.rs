//! All SQL for turning leads into clients.

use conversations::leads::{ContactInfo, Lead};
use kernel::ids::{ClientId, ContactId, DealId, PipelineId, PipelineStageId, UserId};
use kernel::{Result, TenantTx};

use super::NewDeal;

pub async fn lock_contact(tx: &mut TenantTx, id: ContactId) -> Result<()> {
    sqlx::query!(
        "select id from contacts where tenant_id = current_tenant_id() and id = contact_now($1) for no key update",
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(())
}

/// The contact that this one is part of by now, or itself.
pub async fn contact_now(tx: &mut TenantTx, id: ContactId) -> Result<ContactId> {
    let now = sqlx::query_scalar!(r#"select contact_now($1) as "id!: ContactId""#, id.0)
        .fetch_one(&mut **tx)
        .await?;
    Ok(now)
}

pub async fn find_of_contact(tx: &mut TenantTx, contact: ContactId) -> Result<Option<ClientId>> {
    let id = sqlx::query_scalar!(
        r#"select id as "id: ClientId" from crm_clients
        where tenant_id = current_tenant_id() and contact_id = $1 and merged_into is null"#,
        contact.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(id)
}

/// One at a time looks for a client by address and makes one where there is none.
pub async fn take_turn(tx: &mut TenantTx) -> Result<()> {
    let key = format!("lead_clients/{}", tx.tenant_id());
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", key)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The oldest client with this address that is nobody's contact yet.
pub async fn find_by_address(tx: &mut TenantTx, info: &ContactInfo) -> Result<Option<ClientId>> {
    let digits = info.phone.as_deref().map(digits);
    let id = sqlx::query_scalar!(
        r#"select id as "id: ClientId" from crm_clients
        where tenant_id = current_tenant_id() and contact_id is null and merged_into is null
            and (lower(email) = lower($1) or phone = any($2))
        order by (lower(email) = lower($1)) desc nulls last, created_at, id
        limit 1"#,
        info.email,
        &[info.phone.clone(), digits]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(id)
}

fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

pub async fn link(tx: &mut TenantTx, client: ClientId, contact: Option<ContactId>) -> Result<()> {
    sqlx::query!(
        "update crm_clients set contact_id = $2 where tenant_id = current_tenant_id() and id = $1 and $2::uuid is not null",
        client.0,
        contact.map(|contact| contact.0),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn insert_client(tx: &mut TenantTx, lead: &Lead, contact: Option<ContactId>) -> Result<ClientId> {
    let (tenant, id, now) = (tx.tenant_id(), ClientId::new(), tx.now());
    sqlx::query!(
        "insert into crm_clients (tenant_id, id, contact_id, name, company_name, email, phone, source, first_contact_date,
            last_contact_date, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7,
            coalesce((select h.kind from channels h where h.tenant_id = $1 and h.id = $8), $9), $10, $10, $11, $11)",
        tenant.0,
        id.0,
        contact.map(|contact| contact.0),
        lead.contact_info.name,
        lead.contact_info.company,
        lead.contact_info.email,
        lead.contact_info.phone,
        lead.channel_id.map(|channel| channel.0),
        lead.source.as_str(),
        lead.created_at,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// Fills what is empty, and moves the client on: it was qualified, or is about to buy. What is further along stays.
pub async fn complete(tx: &mut TenantTx, client: ClientId, lead: &Lead, has_deal: bool) -> Result<()> {
    sqlx::query!(
        "update crm_clients
        set name = coalesce(name, $2), company_name = coalesce(company_name, $3), email = coalesce(email, $4),
            phone = coalesce(phone, $5), assigned_to = coalesce(assigned_to, $6),
            client_type = case when client_type = 'lead' then 'prospect' else client_type end,
            lifecycle_stage = case
                when $7 and lifecycle_stage in ('lead', 'mql', 'sql') then 'opportunity'
                when lifecycle_stage in ('lead', 'mql') then 'sql'
                else lifecycle_stage
            end
        where tenant_id = current_tenant_id() and id = $1",
        client.0,
        lead.contact_info.name,
        lead.contact_info.company,
        lead.contact_info.email,
        lead.contact_info.phone,
        lead.assigned_to.map(|user| user.0),
        has_deal,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A column of a pipeline's board.
pub struct Stage {
    pub id: PipelineStageId,
    pub pipeline_id: PipelineId,
    pub stage: String,
    pub probability: i32,
}

/// The given stage, or the first open one of the default pipeline.
pub async fn find_stage(tx: &mut TenantTx, id: Option<PipelineStageId>) -> Result<Option<Stage>> {
    let stage = sqlx::query_as!(
        Stage,
        r#"select s.id as "id: PipelineStageId", s.pipeline_id as "pipeline_id: PipelineId", s.stage, s.probability
        from crm_pipeline_stages s
        join crm_pipelines p on p.tenant_id = s.tenant_id and p.id = s.pipeline_id
        where s.tenant_id = current_tenant_id()
            and (s.id = $1 or ($1::uuid is null and s.stage not in ('closed_won', 'closed_lost')))
        order by p.is_default desc, p.position, p.id, s.position, s.id
        limit 1"#,
        id.map(|id| id.0),
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(stage)
}

pub async fn insert_deal(
    tx: &mut TenantTx,
    owner: Option<UserId>,
    lead: &Lead,
    client: ClientId,
    deal: &NewDeal,
    name: &str,
    stage: &Stage,
) -> Result<DealId> {
    let (tenant, id) = (tx.tenant_id(), DealId::new());
    sqlx::query!(
        "insert into crm_deals (tenant_id, id, client_id, pipeline_id, pipeline_stage_id, stage, probability, conversation_id, name,
            deal_value, currency, owner_id)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, coalesce($10::numeric, 0), coalesce($11::text, t.currency), coalesce($12::uuid, $13::uuid)
        from tenants t where t.tenant_id = $1",
        tenant.0,
        id.0,
        client.0,
        stage.pipeline_id.0,
        stage.id.0,
        stage.stage,
        stage.probability,
        lead.conversation_id.map(|id| id.0),
        name,
        deal.deal_value.map(|value| value.0),
        deal.currency.as_ref().map(ToString::to_string),
        lead.assigned_to.map(|user| user.0),
        owner.map(|user| user.0),
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}
