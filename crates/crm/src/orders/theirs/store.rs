//! All SQL for a visitor's own orders.

use chrono::NaiveDate;
use kernel::ids::{ClientId, ContactId, ConversationId, OrderId};
use kernel::money::{Amount, Currency};
use kernel::{Result, TenantTx};
use sqlx::types::Json;
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::super::{OrderItem, Status};
use super::{VisitorOrder, Vouched, keys};

/// An address that a contact typed may stand in its client, and bring others' orders there. So the client's address must
/// be verified as the contact's, and where it has none its number. What came to the contact from somebody with whom the
/// team has put it together vouches for nobody but them. Clients that the team has put together count one by one, each
/// for the orders that it brought, see [`find`].
pub async fn find_clients(
    tx: &mut TenantTx,
    contact: ContactId,
    conversation: ConversationId,
) -> Result<Vouched> {
    let visitor = sqlx::query_scalar!(
        r#"select visitor_now(coalesce(begun_by, contact_id)) as "id!" from conversations
        where tenant_id = current_tenant_id() and id = $1"#,
        conversation.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let visitor = visitor.unwrap_or(contact.0);
    let by = sqlx::query_scalar!(
        "select kind from contact_identities
        where tenant_id = current_tenant_id() and contact_id = $1 and is_verified
            and visitor_now(coalesce(came_from, contact_id)) = $2
        order by array_position(array['external', 'email', 'phone', 'platform'], kind)
        limit 1",
        contact.0,
        visitor,
    )
    .fetch_optional(&mut **tx)
    .await?;
    if by.is_none() {
        return Ok(Vouched::default());
    }
    let clients = sqlx::query_scalar!(
        r#"with vouched as (
            select kind, lower(value) as value from contact_identities
            where tenant_id = current_tenant_id() and contact_id = $1 and is_verified and kind in ('email', 'phone')
                and visitor_now(coalesce(came_from, contact_id)) = $2
            union all
            select 'email', lower(trim(vouched_email)) from contacts
            where tenant_id = current_tenant_id() and id = $2 and vouched_email is not null
        )
        select c.id as "id!: ClientId"
        from (
            select id from crm_clients where tenant_id = current_tenant_id() and contact_id in ($1, $2)
            union
            select k.id from vouched v
            join crm_clients k on k.tenant_id = current_tenant_id() and k.merged_into is null and k.email_key = left(v.value, 200)
            where v.kind = 'email'
            union
            select k.id from vouched v
            join crm_clients k on k.tenant_id = current_tenant_id() and k.merged_into is null and k.phone_key = right(v.value, 9)
            where v.kind = 'phone'
            union
            select k.id from vouched v
            join crm_clients k on k.tenant_id = current_tenant_id() and k.merged_into is not null
                and (k.email_key = left(v.value, 200) or k.phone_key = right(v.value, 9))
        ) known
        cross join lateral unnest(crm_client_rows(crm_client_now(known.id))) as one (id)
        join crm_clients r on r.tenant_id = current_tenant_id() and r.id = one.id
        cross join lateral crm_own_client(r) as c
        where crm_owner_now(c.id) = c.id
            and (c.contact_id is null or contact_now(c.contact_id) = $1)
            and case
                when c.email_key is not null then
                    exists (select from vouched v where v.kind = 'email' and v.value = lower(trim(c.email)))
                when c.phone is not null then
                    exists (select from vouched v where v.kind = 'phone' and v.value = crm_digits(c.phone))
                else visitor_now(c.contact_id) = $2
            end
        group by c.id"#,
        contact.0,
        visitor,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(Vouched { clients, by })
}

pub async fn has_any(tx: &mut TenantTx) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from crm_orders where tenant_id = current_tenant_id()) as "yes!""#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: OrderId,
    client_id: ClientId,
    order_number: String,
    status: Status,
    items: Json<Vec<OrderItem>>,
    total: Amount,
    currency: Currency,
    tracking_number: Option<String>,
    tracking_url: Option<String>,
    ordered_on: NaiveDate,
    shipped_on: Option<NaiveDate>,
    delivered_on: Option<NaiveDate>,
}

impl From<Row> for VisitorOrder {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            client_id: row.client_id,
            number: row.order_number,
            status: row.status,
            items: row.items.0,
            total: row.total,
            currency: row.currency,
            tracking_number: row.tracking_number,
            tracking_url: row.tracking_url,
            ordered_on: row.ordered_on,
            shipped_on: row.shipped_on,
            delivered_on: row.delivered_on,
        }
    }
}

const SELECT: &str = "select o.id, o.client_id, o.order_number, o.status, o.items, o.total, o.currency, o.tracking_number, o.tracking_url,
        (o.order_date at time zone t.time_zone)::date as ordered_on,
        (o.shipped_date at time zone t.time_zone)::date as shipped_on,
        (o.delivered_date at time zone t.time_zone)::date as delivered_on
    from crm_orders o
    join tenants t on t.tenant_id = o.tenant_id
    where o.tenant_id = current_tenant_id()";

pub async fn find(
    tx: &mut TenantTx,
    clients: &[ClientId],
    number: Option<&str>,
) -> Result<Option<VisitorOrder>> {
    let ids: Vec<Uuid> = clients.iter().map(|id| id.0).collect();
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query
        .push(" and o.client_id = any(array(select crm_client_now(id) from unnest(")
        .push_bind(ids.clone())
        .push(") as id)) and crm_order_owner(o.id, o.client_id) = any(array(select crm_owner_now(id) from unnest(")
        .push_bind(ids)
        .push(") as id))");
    match number.map(|number| keys(number).to_vec()) {
        Some(keys) => {
            query
                .push(" and (o.number_key = any(")
                .push_bind(keys.clone())
                .push(") or o.shop_key = any(")
                .push_bind(keys.clone())
                .push(")) order by o.number_key = any(")
                .push_bind(keys)
                .push(") desc, o.order_date desc, o.id desc limit 1");
        }
        None => {
            query.push(" order by o.order_date desc, o.id desc limit 1");
        }
    }
    let row: Option<Row> = query.build_query_as().fetch_optional(&mut **tx).await?;
    Ok(row.map(VisitorOrder::from))
}

pub async fn find_by_id(tx: &mut TenantTx, id: OrderId) -> Result<Option<VisitorOrder>> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push(" and o.id = ").push_bind(id.0);
    let row: Option<Row> = query.build_query_as().fetch_optional(&mut **tx).await?;
    Ok(row.map(VisitorOrder::from))
}

/// Not what a visitor has only typed, nor the address of somebody with whom the team has put the buyer together.
pub async fn find_address(tx: &mut TenantTx, keys: &[String]) -> Result<Option<(ClientId, String)>> {
    let row = sqlx::query!(
        r#"select c.id as "id!: ClientId", trim(c.email) as email from crm_orders o
        join crm_clients r on r.tenant_id = o.tenant_id and r.id = crm_order_owner(o.id, o.client_id)
        cross join lateral crm_own_client(r) as c
        where o.tenant_id = current_tenant_id() and (o.number_key = any($1) or o.shop_key = any($1))
            and crm_is_proven(c, 'email', contact_now(c.contact_id))
        order by o.number_key = any($1) desc, o.id
        limit 1"#,
        keys,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.and_then(|row| Some((row.id, row.email.filter(|email| email.contains('@'))?))))
}
