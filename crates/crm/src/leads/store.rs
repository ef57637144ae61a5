//! All SQL for turning leads into clients.

use conversations::leads::{ContactInfo, Lead};
use kernel::ids::{ClientId, ContactId, DealId, PipelineId, PipelineStageId, UserId};
use kernel::money::{Amount, Currency};
use kernel::{Result, TenantTx};

use super::ClientLikeLead;
use crate::pipelines::Stage as Meaning;
use crate::text;

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

/// The client whom this one is part of by now; none if there is none.
pub async fn client_now(tx: &mut TenantTx, client: ClientId) -> Result<Option<ClientId>> {
    let now = sqlx::query_scalar!(
        r#"select crm_client_now(id) as "id!: ClientId" from crm_clients where tenant_id = current_tenant_id() and id = $1"#,
        client.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(now)
}

/// The oldest client with this address that is nobody's contact yet: all that is known of it was written by the business.
/// The address, too, is the business's where the lead has no contact; else it must be verified as the contact's.
pub async fn find_by_address(
    tx: &mut TenantTx,
    info: &ContactInfo,
    contact: Option<ContactId>,
) -> Result<Option<ClientId>> {
    let id = sqlx::query_scalar!(
        r#"with asked as (
            select kind, value from (values ('email', lower(trim($1::text))), ('phone', crm_digits($2::text))) as given (kind, value)
            where value is not null and ($3::uuid is null or exists (
                select from contact_identities i
                where i.tenant_id = current_tenant_id() and i.contact_id = $3 and i.is_verified and i.kind = given.kind
                    and case i.kind when 'email' then i.value = given.value else crm_digits(i.value) = given.value end
            ))
        )
        select id as "id!: ClientId" from (
            select c.id, c.created_at, 1 as place from crm_clients c
            where c.tenant_id = current_tenant_id() and c.contact_id is null and c.merged_into is null
                and c.email_key = (select left(value, 200) from asked where kind = 'email')
            union all
            select c.id, c.created_at, 2 from crm_clients c
            where c.tenant_id = current_tenant_id() and c.contact_id is null and c.merged_into is null
                and c.phone_key = (select right(value, 9) from asked where kind = 'phone')
                and crm_digits(c.phone) = (select value from asked where kind = 'phone')
        ) found
        order by place, created_at, id
        limit 1"#,
        info.email,
        info.phone,
        contact.map(|id| id.0),
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(id)
}

/// Clients with one of these addresses, beside this one.
pub async fn list_similar(
    tx: &mut TenantTx,
    info: &ContactInfo,
    beside: Option<ClientId>,
) -> Result<Vec<ClientLikeLead>> {
    let similar = sqlx::query_as!(
        ClientLikeLead,
        r#"select c.id as "id: ClientId", coalesce(c.name, c.company_name) as name, array_agg(found.by order by found.by) as "by!"
        from (
            (select id, 'email' as by from crm_clients
                where tenant_id = current_tenant_id() and merged_into is null and email_key = left(lower(trim($1)), 200) limit 10)
            union all
            (select id, 'phone' from crm_clients
                where tenant_id = current_tenant_id() and merged_into is null and phone_key = $2 limit 10)
        ) found
        join crm_clients c on c.tenant_id = current_tenant_id() and c.id = found.id
        where c.id is distinct from crm_client_now($3)
        group by c.id, c.name, c.company_name
        order by count(*) desc, c.id
        limit 10"#,
        info.email,
        info.phone.as_deref().and_then(text::phone_key),
        beside.map(|id| id.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(similar)
}

/// One who is another contact already stays theirs.
pub async fn link(tx: &mut TenantTx, client: ClientId, contact: Option<ContactId>) -> Result<()> {
    sqlx::query!(
        "update crm_clients set contact_id = $2
        where tenant_id = current_tenant_id() and id = $1 and contact_id is null and $2::uuid is not null",
        client.0,
        contact.map(|contact| contact.0),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The client of a lead's contact, who has none yet. What the lead says of them counts.
pub async fn make_client_of_contact(tx: &mut TenantTx, lead: &Lead, contact: ContactId) -> Result<ClientId> {
    let id = sqlx::query_scalar!(
        r#"select crm_client_of_contact($1, $2) as "id!: ClientId""#,
        contact.0,
        lead.conversation_id.map(|id| id.0),
    )
    .fetch_one(&mut **tx)
    .await?;
    sqlx::query!(
        "update crm_clients
        set name = coalesce($2, name), email = coalesce($3, email), phone = coalesce($4, phone), source = coalesce(
            (select h.kind from channels h where h.tenant_id = current_tenant_id() and h.id = $5), source, $6)
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        lead.contact_info.name,
        lead.contact_info.email,
        lead.contact_info.phone,
        lead.channel_id.map(|channel| channel.0),
        lead.source.as_str(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// The client of a lead without a contact.
pub async fn insert_client(tx: &mut TenantTx, lead: &Lead) -> Result<ClientId> {
    let (tenant, id, now) = (tx.tenant_id(), ClientId::new(), tx.now());
    sqlx::query!(
        "insert into crm_clients (tenant_id, id, name, company_name, email, phone, source, first_contact_date,
            last_contact_date, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6,
            coalesce((select h.kind from channels h where h.tenant_id = $1 and h.id = $7), $8), $9, $9, $10, $10)",
        tenant.0,
        id.0,
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
    pub stage: Meaning,
    pub probability: i32,
}

/// The given stage, or the first open one of the default pipeline.
pub async fn find_stage(tx: &mut TenantTx, id: Option<PipelineStageId>) -> Result<Option<Stage>> {
    let stage = sqlx::query_as!(
        Stage,
        r#"select s.id as "id: PipelineStageId", s.pipeline_id as "pipeline_id: PipelineId", s.stage as "stage: Meaning", s.probability
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

/// The deal that is opened with the client, checked.
pub struct DealOfLead<'a> {
    pub name: &'a str,
    pub value: Option<Amount>,
    pub currency: Option<&'a Currency>,
    pub lost_reason: Option<&'a str>,
}

pub async fn insert_deal(
    tx: &mut TenantTx,
    owner: Option<UserId>,
    lead: &Lead,
    client: ClientId,
    deal: &DealOfLead<'_>,
    stage: &Stage,
) -> Result<DealId> {
    let (tenant, id) = (tx.tenant_id(), DealId::new());
    sqlx::query!(
        "insert into crm_deals (tenant_id, id, client_id, pipeline_id, pipeline_stage_id, stage, probability, conversation_id, name,
            deal_value, currency, owner_id, lost_reason)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, coalesce($10::numeric, 0), coalesce($11::text, t.currency), coalesce($12::uuid, $13::uuid),
            $14
        from tenants t where t.tenant_id = $1",
        tenant.0,
        id.0,
        client.0,
        stage.pipeline_id.0,
        stage.id.0,
        stage.stage as Meaning,
        stage.probability,
        lead.conversation_id.map(|id| id.0),
        deal.name,
        deal.value.map(|value| value.0),
        deal.currency.map(ToString::to_string),
        lead.assigned_to.map(|user| user.0),
        owner.map(|user| user.0),
        deal.lost_reason,
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}
