//! All SQL for products.

use kernel::error::{Error, conflict, not_found};
use kernel::ids::ProductId;
use kernel::money::{Amount, Currency};
use kernel::page::Page;
use kernel::{Result, TenantTx};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::change::Values;
use super::{Product, ProductFilter};
use crate::listing::Listing;
use crate::search::{self, Words};

const COLUMNS: &str = "select p.id, p.name, p.description, p.sku, p.category, p.price, p.cost, p.currency,
    p.ecommerce_product_id, p.is_active, p.custom_fields, p.created_at, p.updated_at";
const FROM: &str = " from crm_products p where p.tenant_id = current_tenant_id()";

const WORDS: Words = Words {
    table: "crm_product_words",
    column: "product_id",
    id: "p.id",
};

pub async fn list(tx: &mut TenantTx, filter: &ProductFilter, listing: &Listing) -> Result<Page<Product>> {
    let words = search::store::cut(tx, filter.q.as_deref()).await?;
    let select = || {
        let mut query = QueryBuilder::<Postgres>::new(COLUMNS);
        listing.push_value(&mut query);
        query.push(FROM);
        WORDS.push_beginnings(&mut query, &words);
        if let Some(category) = filter.category.clone().filter(|category| !category.is_empty()) {
            query.push(" and p.category = ").push_bind(category);
        }
        if let Some(is_active) = filter.is_active {
            query.push(" and p.is_active = ").push_bind(is_active);
        }
        query
    };
    listing.fetch(tx, "p.id", select).await
}

/// Every category that a product has, by name.
pub async fn categories(tx: &mut TenantTx) -> Result<Vec<String>> {
    let names = sqlx::query_scalar!(
        r#"select distinct category as "category!" from crm_products
        where tenant_id = current_tenant_id() and category is not null
        order by 1
        limit 500"#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(names)
}

pub async fn get(tx: &mut TenantTx, id: ProductId) -> Result<Product> {
    let mut found = list_by_ids(tx, &[id]).await?;
    found.pop().ok_or_else(|| not_found("product"))
}

/// In no particular order; ids that no product has are left out.
pub async fn list_by_ids(tx: &mut TenantTx, ids: &[ProductId]) -> Result<Vec<Product>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let mut query = QueryBuilder::<Postgres>::new(COLUMNS);
    query.push(FROM).push(" and p.id = any(").push_bind(ids);
    query.push(")");
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}

/// The product's row until the transaction ends.
pub async fn lock(tx: &mut TenantTx, id: ProductId) -> Result<Product> {
    sqlx::query!(
        "select id from crm_products where tenant_id = current_tenant_id() and id = $1 for update",
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    get(tx, id).await
}

/// Name and price of a product.
#[derive(Debug, Clone)]
pub struct Price {
    pub id: ProductId,
    pub sku: Option<String>,
    pub name: String,
    pub price: Amount,
    pub currency: Currency,
}

/// Of the products with these ids or SKUs.
pub async fn list_prices(tx: &mut TenantTx, ids: &[ProductId], skus: &[String]) -> Result<Vec<Price>> {
    if ids.is_empty() && skus.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let prices = sqlx::query_as!(
        Price,
        r#"select id as "id: ProductId", sku, name, price as "price: Amount", currency as "currency: Currency"
        from crm_products
        where tenant_id = current_tenant_id() and (id = any($1) or sku = any($2))"#,
        &ids,
        skus,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(prices)
}

/// Those that have one of these numbers, locked in the order of their ids.
pub async fn list_known(
    tx: &mut TenantTx,
    ecommerce_ids: &[String],
    skus: &[String],
) -> Result<Vec<Product>> {
    let mut query = QueryBuilder::<Postgres>::new(COLUMNS);
    query
        .push(FROM)
        .push(" and (p.ecommerce_product_id = any(")
        .push_bind(ecommerce_ids.to_vec())
        .push(") or p.sku = any(")
        .push_bind(skus.to_vec())
        .push(")) order by p.id for update");
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}

/// One writer after the other: many products in different orders would wait for each other.
pub async fn lock_imports(tx: &mut TenantTx) -> Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('crm_products/' || current_tenant_id(), 0)) as locked"
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(())
}

pub async fn insert(tx: &mut TenantTx, products: &[Values]) -> Result<()> {
    let tenant = tx.tenant_id();
    let done = sqlx::query!(
        "insert into crm_products
            (tenant_id, id, name, description, sku, category, price, cost, currency, ecommerce_product_id, is_active, custom_fields)
        select $1, v.id, v.name, v.description, v.sku, v.category, v.price, v.cost, v.currency, v.ecommerce_product_id, v.is_active,
            v.custom_fields
        from jsonb_populate_recordset(null::crm_products, $2) v",
        tenant.0,
        serde_json::to_value(products)?,
    )
    .execute(&mut **tx)
    .await;
    worded(done.map(|_| ()))
}

pub async fn update(tx: &mut TenantTx, products: &[Values]) -> Result<()> {
    let done = sqlx::query!(
        "update crm_products p
        set name = v.name, description = v.description, sku = v.sku, category = v.category, price = v.price, cost = v.cost,
            currency = v.currency, ecommerce_product_id = v.ecommerce_product_id, is_active = v.is_active,
            custom_fields = v.custom_fields
        from jsonb_populate_recordset(null::crm_products, $1) v
        where p.tenant_id = current_tenant_id() and p.id = v.id",
        serde_json::to_value(products)?,
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
            "crm_products_sku_key" => sku_taken(),
            "crm_products_ecommerce_key" => ecommerce_id_taken(),
            _ => cause.into(),
        }
    })
}

pub fn sku_taken() -> Error {
    conflict("sku_taken", "Another product has this SKU already.")
}

pub fn ecommerce_id_taken() -> Error {
    conflict(
        "ecommerce_id_taken",
        "Another product has this number of the shop already.",
    )
}

/// Gives the name that it had, if there was such a product.
pub async fn delete(tx: &mut TenantTx, id: ProductId) -> Result<Option<String>> {
    let name = sqlx::query_scalar!(
        "delete from crm_products where tenant_id = current_tenant_id() and id = $1 returning name",
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(name)
}
