//! All SQL for single clients.

use kernel::error::{invalid, not_found};
use kernel::ids::{ClientId, ContactId};
use kernel::{Result, TenantTx};
use serde_json::Value;
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Client, ClientContact, Fields, exists};

const CLIENT: &str =
    "select c.*, (select t.currency from tenants t where t.tenant_id = c.tenant_id) as currency,
        (select count(*) from crm_deals d where d.tenant_id = c.tenant_id and d.client_id = c.id
            and d.stage not in ('closed_won', 'closed_lost')) as open_deals,
        crm_is_proven(c, 'email', c.contact_id) as is_email_proven, crm_is_proven(c, 'phone', c.contact_id) as is_phone_proven
    from crm_clients c
    where c.tenant_id = current_tenant_id() and c.id = ";

/// A client with everything, also one that became part of another.
pub async fn find(tx: &mut TenantTx, id: ClientId) -> Result<Option<Client>> {
    let mut query = QueryBuilder::<Postgres>::new(CLIENT);
    query.push_bind(id.0);
    let client: Option<Client> = query.build_query_as().fetch_optional(&mut **tx).await?;
    let Some(mut client) = client else { return Ok(None) };
    if client.merged_into.is_some() {
        client.merged_into = Some(now_part_of(tx, id).await?);
    }
    if let Some(contact) = client.row.contact_id {
        client.contact = find_contact(tx, contact).await?;
    }
    Ok(Some(client))
}

pub async fn get(tx: &mut TenantTx, id: ClientId) -> Result<Client> {
    find(tx, id).await?.ok_or_else(|| not_found("client"))
}

/// Nobody else changes it until the end of the transaction.
pub async fn lock(tx: &mut TenantTx, id: ClientId) -> Result<Client> {
    sqlx::query!(
        "select from crm_clients where tenant_id = current_tenant_id() and id = $1 for no key update",
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or_else(|| not_found("client"))?;
    get(tx, id).await
}

/// The client that this one is part of by now, or itself.
pub async fn now_part_of(tx: &mut TenantTx, id: ClientId) -> Result<ClientId> {
    let now = sqlx::query_scalar!(r#"select crm_client_now($1) as "id!: ClientId""#, id.0)
        .fetch_one(&mut **tx)
        .await?;
    Ok(now)
}

async fn find_contact(tx: &mut TenantTx, id: ContactId) -> Result<Option<ClientContact>> {
    let contact = conversations::contacts::store::find(tx, id).await?;
    Ok(contact.map(|contact| ClientContact {
        id: contact.id,
        name: contact.name,
        is_blocked: contact.is_blocked,
        channels: contact.channels,
    }))
}

/// Another client that the contact or the shop's customer has already.
pub async fn find_other(
    tx: &mut TenantTx,
    contact: Option<ContactId>,
    customer: Option<&str>,
) -> Result<Option<ClientId>> {
    let found = sqlx::query_scalar!(
        r#"select id as "id: ClientId" from crm_clients
        where tenant_id = current_tenant_id() and (contact_id = $1 or ecommerce_customer_id = $2)
        order by id
        limit 1"#,
        contact.map(|id| id.0),
        customer,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}

pub async fn find_of_contact(tx: &mut TenantTx, contact: ContactId) -> Result<Option<ClientId>> {
    let found = sqlx::query_scalar!(
        r#"select crm_client_now(id) as "id!: ClientId" from crm_clients
        where tenant_id = current_tenant_id() and contact_id = contact_now($1)"#,
        contact.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}

pub async fn has_contact(tx: &mut TenantTx, contact: ContactId) -> Result<bool> {
    let has = sqlx::query_scalar!(
        r#"select exists (select from contacts where tenant_id = current_tenant_id() and id = $1) as "has!""#,
        contact.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(has)
}

/// The contact's client, made of what is known of them if there is none.
pub async fn create_of_contact(tx: &mut TenantTx, contact: ContactId) -> Result<ClientId> {
    let id = sqlx::query_scalar!(
        r#"select crm_client_now(crm_client_of_contact(contact_now($1))) as "id: ClientId""#,
        contact.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    id.ok_or_else(|| not_found("contact"))
}

pub async fn insert(tx: &mut TenantTx, contact: Option<ContactId>, fields: &Fields) -> Result<ClientId> {
    let (tenant, id) = (tx.tenant_id(), ClientId::new());
    sqlx::query!(
        "insert into crm_clients (tenant_id, id, contact_id, name, company_name, email, phone, secondary_phone, address,
            ecommerce_customer_id, client_type, lifecycle_stage, lead_quality, is_quality_set, source, source_details, utm_data,
            assigned_to, tags, custom_fields, first_contact_date, last_contact_date, next_follow_up_date, confirmed_email,
            confirmed_phone)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
            case when not crm_is_typed($3, 'email', lower(trim($6))) then lower(trim($6)) end,
            case when not crm_is_typed($3, 'phone', phone_digits($7)) then phone_digits($7) end)",
        tenant.0,
        id.0,
        contact.map(|id| id.0),
        fields.name,
        fields.company_name,
        fields.email,
        fields.phone,
        fields.secondary_phone,
        fields.address,
        fields.ecommerce_customer_id,
        fields.client_type as super::ClientType,
        fields.lifecycle_stage as super::LifecycleStage,
        fields.lead_quality as Option<super::LeadQuality>,
        fields.is_quality_set,
        fields.source,
        fields.source_details,
        fields.utm_data,
        fields.assigned_to.map(|id| id.0),
        &fields.tags,
        Value::Object(fields.custom_fields.clone()),
        fields.first_contact_date,
        fields.last_contact_date,
        fields.next_follow_up_date,
    )
    .execute(&mut **tx)
    .await
    .map_err(explain)?;
    Ok(id)
}

/// Writes what people may change. An address that somebody of the team writes is confirmed by that, unless it is the one that
/// the client's visitor has typed.
pub async fn update(tx: &mut TenantTx, id: ClientId, fields: &Fields) -> Result<()> {
    sqlx::query!(
        "update crm_clients
        set name = $2, company_name = $3, email = $4, phone = $5, secondary_phone = $6, address = $7,
            ecommerce_customer_id = $8, client_type = $9, lifecycle_stage = $10, lead_quality = $11, is_quality_set = $12,
            source = $13, source_details = $14, utm_data = $15, assigned_to = $16, tags = $17, custom_fields = $18,
            first_contact_date = $19, last_contact_date = $20, next_follow_up_date = $21,
            confirmed_email = case when $22 and not crm_is_typed(contact_id, 'email', lower(trim($4)))
                then lower(trim($4)) else confirmed_email end,
            confirmed_phone = case when $23 and not crm_is_typed(contact_id, 'phone', phone_digits($5))
                then phone_digits($5) else confirmed_phone end
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        fields.name,
        fields.company_name,
        fields.email,
        fields.phone,
        fields.secondary_phone,
        fields.address,
        fields.ecommerce_customer_id,
        fields.client_type as super::ClientType,
        fields.lifecycle_stage as super::LifecycleStage,
        fields.lead_quality as Option<super::LeadQuality>,
        fields.is_quality_set,
        fields.source,
        fields.source_details,
        fields.utm_data,
        fields.assigned_to.map(|id| id.0),
        &fields.tags,
        Value::Object(fields.custom_fields.clone()),
        fields.first_contact_date,
        fields.last_contact_date,
        fields.next_follow_up_date,
        fields.is_email_new,
        fields.is_phone_new,
    )
    .execute(&mut **tx)
    .await
    .map_err(explain)?;
    Ok(())
}

/// The addresses that it has are right.
pub async fn confirm(tx: &mut TenantTx, id: ClientId, email: bool, phone: bool) -> Result<()> {
    sqlx::query!(
        "update crm_clients
        set confirmed_email = case when $2 then email_key else confirmed_email end,
            confirmed_phone = case when $3 then phone_digits(phone) else confirmed_phone end
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        email,
        phone,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn explain(error: sqlx::Error) -> kernel::Error {
    let constraint = match &error {
        sqlx::Error::Database(db) => db.constraint().unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    match constraint.as_str() {
        "crm_clients_contact_key" | "crm_clients_ecommerce_key" => exists(None),
        "crm_clients_tenant_id_assigned_to_fkey" => not_a_member(),
        "crm_clients_tenant_id_contact_id_fkey" => invalid("no_such_contact", "There is no such contact."),
        _ => error.into(),
    }
}

pub fn not_a_member() -> kernel::Error {
    invalid("not_a_member", "This is not a member of the workspace.")
}

/// Nobody else changes them, nor what goes with them, until the end of the transaction.
pub async fn lock_to_delete(tx: &mut TenantTx, ids: &[Uuid]) -> Result<()> {
    sqlx::query!(
        "select crm_lock_to_forget(array(select unnest(crm_client_rows(id)) from unnest($1::uuid[]) as named (id)))",
        ids,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// With its deals, orders, activities, notes and leads, and whoever became part of it. Locked before.
pub async fn delete(tx: &mut TenantTx, ids: &[Uuid]) -> Result<u64> {
    let done = sqlx::query!(
        "delete from crm_clients where tenant_id = current_tenant_id() and id = any($1)",
        ids,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Scores that age has changed; true while there may be more.
pub async fn rescore(tx: &mut TenantTx) -> Result<bool> {
    let done = sqlx::query_scalar!(r#"select crm_rescore() as "done!""#)
        .fetch_one(&mut **tx)
        .await?;
    Ok(done > 0)
}
