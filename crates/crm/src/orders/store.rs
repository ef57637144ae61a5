//! All SQL for orders and for finding whose they are.

use std::collections::HashMap;

use kernel::error::{Error, conflict, invalid, not_found};
use kernel::ids::{ClientId, DealId, OrderId};
use kernel::page::Page;
use kernel::{Result, TenantTx};
use serde_json::json;
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::Order;
use super::buyers::{Buyer, Known};
use super::change::Values;
use super::list::OrderFilter;
use crate::listing::{Listing, push_among};
use crate::text;

const COLUMNS: &str = "select o.id, o.client_id, coalesce(c.name, c.company_name) as client_name, o.deal_id, d.name as deal_name,
    o.order_number, o.ecommerce_order_id, o.subtotal, o.tax, o.shipping, o.discount, o.total, o.currency, o.status, o.items,
    o.shipping_address, o.tracking_number, o.tracking_url, o.order_date, o.shipped_date, o.delivered_date, o.created_at,
    o.updated_at";
const FROM: &str = " from crm_orders o
    join crm_clients c on c.tenant_id = o.tenant_id and c.id = o.client_id
    left join crm_deals d on d.tenant_id = o.tenant_id and d.id = o.deal_id
    where o.tenant_id = current_tenant_id()";

pub async fn list(tx: &mut TenantTx, filter: &OrderFilter, listing: &Listing) -> Result<Page<Order>> {
    let statuses = filter.statuses()?;
    let select = || {
        let mut query = QueryBuilder::<Postgres>::new(COLUMNS);
        listing.push_value(&mut query);
        query.push(FROM);
        push_filter(&mut query, filter, &statuses);
        query
    };
    listing.fetch(tx, "o.id", select).await
}

/// Conditions on `crm_orders o`.
fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &OrderFilter, statuses: &[String]) {
    let number = filter.q.as_deref().map(str::trim).unwrap_or_default();
    if !number.is_empty() {
        let (begin, end) = (
            number.to_lowercase(),
            format!("{}{}", number.to_lowercase(), char::MAX),
        );
        for (before, column) in [(" and (", "o.number_key"), (" or ", "o.shop_key")] {
            query
                .push(format!("{before}{column} >= "))
                .push_bind(begin.clone());
            query.push(format!(" and {column} < ")).push_bind(end.clone());
        }
        query.push(")");
    }
    for (column, id) in [("client_id", filter.client_id), ("deal_id", filter.deal_id)] {
        if let Some(id) = id {
            query.push(format!(" and o.{column} = ")).push_bind(id);
        }
    }
    push_among(query, "o.status", statuses);
    if let Some(currency) = &filter.currency {
        query.push(" and o.currency = ").push_bind(currency.clone());
    }
    if let Some(time) = filter.date_from {
        query.push(" and o.order_date >= ").push_bind(time);
    }
    if let Some(time) = filter.date_to {
        query.push(" and o.order_date < ").push_bind(time);
    }
    if let Some(total) = filter.min_total {
        query.push(" and o.total_key >= ").push_bind(total.hundredths());
    }
}

pub async fn get(tx: &mut TenantTx, id: OrderId) -> Result<Order> {
    let mut query = QueryBuilder::<Postgres>::new(COLUMNS);
    query.push(FROM).push(" and o.id = ").push_bind(id.0);
    let found = query.build_query_as().fetch_optional(&mut **tx).await?;
    found.ok_or_else(|| not_found("order"))
}

/// Those that have one of these numbers.
pub async fn list_known(
    tx: &mut TenantTx,
    ecommerce_ids: &[String],
    numbers: &[String],
) -> Result<Vec<Order>> {
    let mut query = QueryBuilder::<Postgres>::new(COLUMNS);
    query
        .push(FROM)
        .push(" and (o.ecommerce_order_id = any(")
        .push_bind(ecommerce_ids.to_vec())
        .push(") or o.order_number = any(")
        .push_bind(numbers.to_vec())
        .push(")) order by o.id");
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}

/// Clients whose figures will change. Always before their orders.
pub async fn lock_clients(tx: &mut TenantTx, clients: &[ClientId]) -> Result<()> {
    let (tenant, ids) = (tx.tenant_id(), clients.iter().map(|id| id.0).collect::<Vec<_>>());
    sqlx::query!("select crm_lock_clients($1, $2)::text as locked", tenant.0, &ids)
        .fetch_one(&mut **tx)
        .await?;
    Ok(())
}

/// Orders until the transaction ends. Always after their clients.
pub async fn lock(tx: &mut TenantTx, orders: &[OrderId]) -> Result<()> {
    let ids: Vec<Uuid> = orders.iter().map(|id| id.0).collect();
    sqlx::query!(
        "select id from crm_orders where tenant_id = current_tenant_id() and id = any($1) order by id for update",
        &ids
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(())
}

/// Whose an order is.
pub async fn owner(tx: &mut TenantTx, id: OrderId) -> Result<ClientId> {
    let found = sqlx::query_scalar!(
        r#"select client_id as "id: ClientId" from crm_orders where tenant_id = current_tenant_id() and id = $1"#,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    found.ok_or_else(|| not_found("order"))
}

pub async fn insert(tx: &mut TenantTx, orders: &[Values]) -> Result<()> {
    if orders.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant_id();
    let done = sqlx::query!(
        "insert into crm_orders
            (tenant_id, id, client_id, deal_id, order_number, ecommerce_order_id, subtotal, tax, shipping, discount, total, currency,
            status, items, shipping_address, tracking_number, tracking_url, order_date, shipped_date, delivered_date)
        select $1, v.id, v.client_id, v.deal_id, v.order_number, v.ecommerce_order_id, v.subtotal, v.tax, v.shipping, v.discount,
            v.total, v.currency, v.status, v.items, v.shipping_address, v.tracking_number, v.tracking_url, v.order_date,
            v.shipped_date, v.delivered_date
        from jsonb_populate_recordset(null::crm_orders, $2) v",
        tenant.0,
        serde_json::to_value(orders)?,
    )
    .execute(&mut **tx)
    .await;
    worded(done.map(|_| ()))
}

pub async fn update(tx: &mut TenantTx, orders: &[Values]) -> Result<()> {
    if orders.is_empty() {
        return Ok(());
    }
    let done = sqlx::query!(
        "update crm_orders o
        set client_id = v.client_id, deal_id = v.deal_id, order_number = v.order_number, ecommerce_order_id = v.ecommerce_order_id,
            subtotal = v.subtotal, tax = v.tax, shipping = v.shipping, discount = v.discount, total = v.total,
            currency = v.currency, status = v.status, items = v.items, shipping_address = v.shipping_address,
            tracking_number = v.tracking_number, tracking_url = v.tracking_url, order_date = v.order_date,
            shipped_date = v.shipped_date, delivered_date = v.delivered_date
        from jsonb_populate_recordset(null::crm_orders, $1) v
        where o.tenant_id = current_tenant_id() and o.id = v.id",
        serde_json::to_value(orders)?,
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
            "crm_orders_number_key" => number_taken(),
            "crm_orders_ecommerce_key" => ecommerce_id_taken(),
            "crm_orders_tenant_id_client_id_fkey" => no_such_client(),
            "crm_orders_tenant_id_deal_id_fkey" => no_such_deal(),
            _ => cause.into(),
        }
    })
}

pub fn number_taken() -> Error {
    conflict("order_number_taken", "Another order has this number already.")
}

pub fn ecommerce_id_taken() -> Error {
    conflict(
        "ecommerce_id_taken",
        "Another order has this number of the shop already.",
    )
}

pub fn no_such_client() -> Error {
    invalid(
        "no_such_client",
        "There is no such client. They may have been deleted.",
    )
}

pub fn no_such_deal() -> Error {
    invalid("no_such_deal", "There is no such deal. It may have been deleted.")
}

/// Gives the number that it had.
pub async fn delete(tx: &mut TenantTx, id: OrderId) -> Result<String> {
    let number = sqlx::query_scalar!(
        "delete from crm_orders where tenant_id = current_tenant_id() and id = $1 returning order_number",
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    number.ok_or_else(|| not_found("order"))
}

/// Which of these clients there are, each with whom they are part of by now.
pub async fn list_clients(tx: &mut TenantTx, clients: &[ClientId]) -> Result<Vec<(ClientId, ClientId)>> {
    let ids: Vec<Uuid> = clients.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select id as "id: ClientId", crm_client_now(id) as "now!: ClientId" from crm_clients
        where tenant_id = current_tenant_id() and id = any($1)"#,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.now)).collect())
}

/// Which of these deals there are.
pub async fn list_deals(tx: &mut TenantTx, deals: &[DealId]) -> Result<Vec<DealId>> {
    let ids: Vec<Uuid> = deals.iter().map(|id| id.0).collect();
    let found = sqlx::query_scalar!(
        r#"select id as "id: DealId" from crm_deals where tenant_id = current_tenant_id() and id = any($1)"#,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

/// Clients who may be one of these buyers, the oldest first. An address that a visitor has merely typed finds nobody.
pub async fn list_buyers(tx: &mut TenantTx, buyers: &[Buyer]) -> Result<Vec<Known>> {
    let given = |field: fn(&Buyer) -> &Option<String>| -> Vec<String> {
        buyers.iter().filter_map(|buyer| field(buyer).clone()).collect()
    };
    let phones = given(|buyer| &buyer.phone);
    let keys: Vec<String> = phones.iter().filter_map(|phone| text::phone_key(phone)).collect();
    let known = sqlx::query_as!(
        Known,
        r#"with asked as (
            select id from crm_clients
            where tenant_id = current_tenant_id() and ecommerce_customer_id = any($1)
            union
            select id from crm_clients
            where tenant_id = current_tenant_id() and merged_into is null and email_key = any($2)
            union
            select id from crm_clients
            where tenant_id = current_tenant_id() and merged_into is null and phone_key = any($4) and phone = any($3)
            union
            select id from crm_clients
            where tenant_id = current_tenant_id() and merged_into is not null and (email_key = any($2) or phone = any($3))
        )
        select n.id as "id!: ClientId", c.ecommerce_customer_id,
            case when crm_is_proven(c, 'email', n.contact_id) then c.email_key end as email,
            case when crm_is_proven(c, 'phone', n.contact_id) then c.phone end as phone
        from asked
        join crm_clients c on c.tenant_id = current_tenant_id() and c.id = asked.id
        join crm_clients n on n.tenant_id = current_tenant_id() and n.id = crm_client_now(c.id)
        order by c.created_at, c.id"#,
        &given(|buyer| &buyer.ecommerce_customer_id),
        &given(|buyer| &buyer.email),
        &phones,
        &keys,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(known)
}

/// Nobody else makes clients of orders, files and leads until the transaction ends, so that one person becomes one client. Always before
/// any client is locked.
pub async fn lock_buyers(tx: &mut TenantTx) -> Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('crm_buyers/' || current_tenant_id(), 0)) as locked"
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(())
}

/// Before very many rows are written. Plans that were made while the tables were small, or are made before there are statistics of
/// what is being written, would walk whole tables for every row.
pub async fn plan_for_many(tx: &mut TenantTx) -> Result<()> {
    for statement in ["set local enable_seqscan = off", "discard plans"] {
        let mut query = QueryBuilder::<Postgres>::new(statement);
        query.build().execute(&mut **tx).await?;
    }
    Ok(())
}

pub async fn insert_buyers(tx: &mut TenantTx, buyers: &[(ClientId, &Buyer)]) -> Result<()> {
    if buyers.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant_id();
    let rows = buyers.iter().map(|(id, buyer)| {
        json!({
            "id": id, "name": buyer.name, "email": buyer.email, "phone": buyer.phone,
            "ecommerce_customer_id": buyer.ecommerce_customer_id,
        })
    });
    let done = sqlx::query!(
        "insert into crm_clients (tenant_id, id, name, email, phone, ecommerce_customer_id, source)
        select $1, v.id, v.name, v.email, v.phone, v.ecommerce_customer_id, 'order'
        from jsonb_populate_recordset(null::crm_clients, $2) v",
        tenant.0,
        serde_json::Value::Array(rows.collect()),
    )
    .execute(&mut **tx)
    .await;
    done.map_err(|cause| match &cause {
        sqlx::Error::Database(db) if db.constraint() == Some("crm_clients_ecommerce_key") => conflict(
            "client_exists",
            "Somebody has made this client meanwhile. Please try again.",
        ),
        _ => cause.into(),
    })?;
    Ok(())
}

/// What these clients are found by.
pub async fn buyers_of(tx: &mut TenantTx, clients: &[ClientId]) -> Result<HashMap<ClientId, Buyer>> {
    let ids: Vec<Uuid> = clients.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select id as "id: ClientId", ecommerce_customer_id, email, phone, coalesce(name, company_name) as name
        from crm_clients
        where tenant_id = current_tenant_id() and id = any($1)"#,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    let buyer = |row| {
        let (id, ecommerce_customer_id, email, phone, name) = row;
        let buyer = Buyer {
            ecommerce_customer_id,
            email,
            phone,
            name,
        };
        (id, buyer)
    };
    let rows = rows.into_iter();
    Ok(rows
        .map(|row| buyer((row.id, row.ecommerce_customer_id, row.email, row.phone, row.name)))
        .collect())
}
