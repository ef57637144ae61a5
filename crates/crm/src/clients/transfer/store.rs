//! SQL for clients as files.

use kernel::ids::{ClientId, UserId};
use kernel::{Result, TenantTx};
use serde_json::{Value, json};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::rows::Colleague;
use crate::clients::{Client, Fields};
use crate::orders;

pub async fn list_colleagues(tx: &mut TenantTx) -> Result<Vec<Colleague>> {
    let colleagues = sqlx::query_as!(
        Colleague,
        r#"select user_id as "id: UserId", name, email from memberships where tenant_id = current_tenant_id() order by user_id"#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(colleagues)
}

/// A key as the database compares it.
pub struct Keys {
    pub email: Option<String>,
    pub phone: Option<String>,
}

/// The keys of each of these, in their order.
pub async fn list_keys(
    tx: &mut TenantTx,
    emails: &[Option<String>],
    phones: &[Option<String>],
) -> Result<Vec<Keys>> {
    let keys = sqlx::query_as!(
        Keys,
        r#"select nullif(left(lower(trim(email)), 200), '') as email, right(crm_digits(phone), 9) as phone
        from unnest($1::text[], $2::text[]) with ordinality as row (email, phone, place)
        order by place"#,
        emails as &[Option<String>],
        phones as &[Option<String>],
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(keys)
}

/// A client that is there, with what it is recognised by.
pub struct Known {
    pub id: ClientId,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub customer: Option<String>,
}

/// One import at a time finds clients and makes those that there are not. Always before any client is locked.
pub async fn take_turn(tx: &mut TenantTx) -> Result<()> {
    orders::store::lock_buyers(tx).await
}

/// The oldest first. One that became part of another stands for that one.
pub async fn list_known(
    tx: &mut TenantTx,
    emails: &[String],
    phones: &[String],
    customers: &[String],
) -> Result<Vec<Known>> {
    let known = sqlx::query_as!(
        Known,
        r#"select id as "id!: ClientId", email_key as email, phone_key as phone, ecommerce_customer_id as customer
        from (
            select id, email_key, phone_key, ecommerce_customer_id from crm_clients
            where tenant_id = current_tenant_id() and merged_into is null and email_key = any($1)
            union
            select id, email_key, phone_key, ecommerce_customer_id from crm_clients
            where tenant_id = current_tenant_id() and merged_into is null and phone_key = any($2)
            union
            select crm_client_now(id), null, null, ecommerce_customer_id from crm_clients
            where tenant_id = current_tenant_id() and ecommerce_customer_id = any($3)
        ) found
        order by id"#,
        emails,
        phones,
        customers,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(known)
}

/// Nobody else changes them until the end of the transaction.
pub async fn lock(tx: &mut TenantTx, ids: &[Uuid]) -> Result<()> {
    sqlx::query!(
        "select from crm_clients where tenant_id = current_tenant_id() and id = any($1) order by id for no key update",
        ids
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// With everything but the contact, in the order of ids.
pub async fn list_full(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<Client>> {
    let mut query = QueryBuilder::<Postgres>::new(
        "select c.*, t.currency, 0::bigint as open_deals, false as is_email_proven, false as is_phone_proven
        from crm_clients c
        join tenants t on t.tenant_id = c.tenant_id
        where c.tenant_id = current_tenant_id() and c.id = any(",
    );
    query.push_bind(ids.to_vec()).push(") order by c.id");
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}

/// Many at once.
pub async fn insert_many(tx: &mut TenantTx, new: &[(ClientId, Fields)]) -> Result<()> {
    let tenant = tx.tenant_id();
    for part in new.chunks(500) {
        let rows: Vec<Value> = part.iter().map(|(id, fields)| row(*id, fields)).collect();
        sqlx::query!(
            "insert into crm_clients (tenant_id, id, name, company_name, email, phone, secondary_phone, address,
                ecommerce_customer_id, client_type, lifecycle_stage, lead_quality, is_quality_set, source, assigned_to, tags,
                custom_fields, first_contact_date, last_contact_date, next_follow_up_date)
            select $1, id, name, company_name, email, phone, secondary_phone, address, ecommerce_customer_id, client_type,
                lifecycle_stage, lead_quality, is_quality_set, source, assigned_to, tags, custom_fields, first_contact_date,
                last_contact_date, next_follow_up_date
            from jsonb_to_recordset($2) as r (id uuid, name text, company_name text, email text, phone text,
                secondary_phone text, address jsonb, ecommerce_customer_id text, client_type text, lifecycle_stage text,
                lead_quality text, is_quality_set boolean, source text, assigned_to uuid, tags text[], custom_fields jsonb,
                first_contact_date timestamptz, last_contact_date timestamptz, next_follow_up_date timestamptz)",
            tenant.0,
            Value::Array(rows),
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

fn row(id: ClientId, fields: &Fields) -> Value {
    json!({
        "id": id, "name": fields.name, "company_name": fields.company_name, "email": fields.email, "phone": fields.phone,
        "secondary_phone": fields.secondary_phone, "address": fields.address,
        "ecommerce_customer_id": fields.ecommerce_customer_id, "client_type": fields.client_type,
        "lifecycle_stage": fields.lifecycle_stage, "lead_quality": fields.lead_quality,
        "is_quality_set": fields.is_quality_set, "source": fields.source, "assigned_to": fields.assigned_to,
        "tags": fields.tags, "custom_fields": fields.custom_fields, "first_contact_date": fields.first_contact_date,
        "last_contact_date": fields.last_contact_date, "next_follow_up_date": fields.next_follow_up_date,
    })
}
