//! HTTP for products.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kernel::error::{Problem, invalid, not_found};
use kernel::extract::{Json, Path, Query};
use kernel::ids::ProductId;
use kernel::page::Page;
use kernel::{Event, Result, WorkspaceList};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::change::{ProductInput, Values};
use super::{COLUMNS, Product, ProductFilter, bulk, importing, store};
use crate::Context;
use crate::deals::store::currency;
use crate::fields::{self, Entity};
use crate::listing::Listing;
use crate::sheet;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_products, create_product))
        .routes(routes!(get_product, update_product, delete_product))
        .routes(routes!(list_product_categories))
        .routes(routes!(export_products))
        .merge(bulk::routes())
        .merge(importing::routes())
}

pub const CHANGED: Event = Event::WorkspaceChanged {
    what: WorkspaceList::Products,
};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ProductPage {
    /// name, sku, category, price, created_at or updated_at; with `-` before it the other way round. `name` unless given.
    sort: Option<String>,
    cursor: Option<String>,
    /// 1 to 200, 50 unless given.
    limit: Option<i64>,
}

/// List products.
#[utoipa::path(get, path = "/crm/products", operation_id = "list_products", tag = "crm", params(ProductFilter, ProductPage),
    responses((status = 200, body = Page<Product>), (status = 422, body = Problem)))]
async fn list_products(
    State(ctx): State<Context>,
    member: Member,
    Query(filter): Query<ProductFilter>,
    Query(page): Query<ProductPage>,
) -> Result<Json<Page<Product>>> {
    member.require(Permission::ReadCrm)?;
    let (sort, cursor) = (page.sort.as_deref(), page.cursor.as_deref());
    let listing = Listing::new(&COLUMNS, "name", sort, cursor, page.limit)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(store::list(&mut tx, &filter, &listing).await?))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ProductCategories {
    items: Vec<String>,
}

/// List the categories of products.
#[utoipa::path(get, path = "/crm/products/categories", operation_id = "list_product_categories", tag = "crm",
    responses((status = 200, body = ProductCategories)))]
async fn list_product_categories(
    State(ctx): State<Context>,
    member: Member,
) -> Result<Json<ProductCategories>> {
    member.require(Permission::ReadCrm)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let items = store::categories(&mut tx).await?;
    Ok(Json(ProductCategories { items }))
}

/// Create a product.
#[utoipa::path(post, path = "/crm/products", operation_id = "create_product", tag = "crm", request_body = ProductInput,
    responses((status = 201, body = Product), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_product(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<ProductInput>,
) -> Result<(StatusCode, Json<Product>)> {
    member.require(Permission::EditCrm)?;
    if input.name.as_deref().unwrap_or_default().trim().is_empty() {
        return Err(invalid("no_name", "Give the product a name."));
    }
    let mut tx = ctx.db.tenant(&member).await?;
    store::lock_imports(&mut tx).await?;
    let own = fields::store::list(&mut tx, Some(Entity::Product)).await?;
    let values = Values::new(currency(&mut tx).await?).with(input, &own)?;
    store::insert(&mut tx, std::slice::from_ref(&values)).await?;
    let product = store::get(&mut tx, values.id).await?;
    tx.emit(CHANGED);
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(product)))
}

/// Read a product.
#[utoipa::path(get, path = "/crm/products/{id}", operation_id = "get_product", tag = "crm", params(("id" = ProductId, Path)),
    responses((status = 200, body = Product), (status = 404, body = Problem)))]
async fn get_product(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ProductId>,
) -> Result<Json<Product>> {
    member.require(Permission::ReadCrm)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(store::get(&mut tx, id).await?))
}

/// Change a product. Deals and orders keep the name and price that they were made with.
#[utoipa::path(patch, path = "/crm/products/{id}", operation_id = "update_product", tag = "crm",
    params(("id" = ProductId, Path)), request_body = ProductInput,
    responses((status = 200, body = Product), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn update_product(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ProductId>,
    Json(input): Json<ProductInput>,
) -> Result<Json<Product>> {
    member.require(Permission::EditCrm)?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::lock_imports(&mut tx).await?;
    let before = store::lock(&mut tx, id).await?;
    let own = fields::store::list(&mut tx, Some(Entity::Product)).await?;
    let values = Values::of(&before).with(input, &own)?;
    if values != Values::of(&before) {
        store::update(&mut tx, &[values]).await?;
        tx.emit(CHANGED);
    }
    let product = store::get(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(product))
}

/// Delete a product. Deals and orders keep its name and price.
#[utoipa::path(delete, path = "/crm/products/{id}", operation_id = "delete_product", tag = "crm",
    params(("id" = ProductId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn delete_product(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ProductId>,
) -> Result<StatusCode> {
    member.require(Permission::EditCrm)?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::lock_imports(&mut tx).await?;
    let name = store::delete(&mut tx, id).await?;
    let name = name.ok_or_else(|| not_found("product"))?;
    let (subject, details) = (format!("product:{id}"), json!({"name": name}));
    audit::record_by(&mut tx, &member, Action::ProductDeleted, &subject, details).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Download products as CSV, in a form that can be imported again.
#[utoipa::path(get, path = "/crm/products/export.csv", operation_id = "export_products", tag = "crm", params(ProductFilter),
    responses((status = 200, body = String, content_type = "text/csv")))]
async fn export_products(
    State(ctx): State<Context>,
    member: Member,
    Query(filter): Query<ProductFilter>,
) -> Result<Response> {
    member.require(Permission::ReadCrm)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let everything = Listing::all(COLUMNS[4], sheet::MOST_EXPORTED);
    let products = store::list(&mut tx, &filter, &everything).await?.items;
    let rows = products.into_iter().map(|product| {
        vec![
            product.name,
            product.description.unwrap_or_default(),
            product.sku.unwrap_or_default(),
            product.category.unwrap_or_default(),
            product.price.to_string(),
            product.cost.map(|cost| cost.to_string()).unwrap_or_default(),
            product.currency.to_string(),
            product.ecommerce_product_id.unwrap_or_default(),
            product.is_active.to_string(),
        ]
    });
    let names: Vec<&str> = importing::FIELDS.iter().map(|field| field.name).collect();
    sheet::download("products.csv", &names, rows)
}
