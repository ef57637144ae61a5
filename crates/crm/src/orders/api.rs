//! HTTP for orders.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kernel::error::{Problem, conflict};
use kernel::extract::{Json, Path, Query};
use kernel::ids::{ClientId, OrderId, ProductId};
use kernel::page::Page;
use kernel::{Event, Result, TenantTx, WorkspaceList};
use serde::Deserialize;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::buyers;
use super::change::{OrderInput, Values};
use super::list::{COLUMNS, OrderFilter};
use super::{Order, bulk, importing, store};
use crate::Context;
use crate::deals::store::currency;
use crate::listing::Listing;
use crate::products::Prices;
use crate::products::store::list_prices;
use crate::sheet;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_orders, create_order))
        .routes(routes!(get_order, update_order, delete_order))
        .routes(routes!(export_orders))
        .merge(bulk::routes())
        .merge(importing::routes())
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct OrderPage {
    /// order_date, total, status, order_number, created_at or client_name; with `-` before it the other way round.
    /// `-order_date` unless given.
    sort: Option<String>,
    cursor: Option<String>,
    /// 1 to 200, 50 unless given.
    limit: Option<i64>,
}

/// List orders.
#[utoipa::path(get, path = "/crm/orders", operation_id = "list_orders", tag = "crm", params(OrderFilter, OrderPage),
    responses((status = 200, body = Page<Order>), (status = 422, body = Problem)))]
async fn list_orders(
    State(ctx): State<Context>,
    member: Member,
    Query(filter): Query<OrderFilter>,
    Query(page): Query<OrderPage>,
) -> Result<Json<Page<Order>>> {
    member.require(Permission::ReadCrm)?;
    let (sort, cursor) = (page.sort.as_deref(), page.cursor.as_deref());
    let listing = Listing::new(&COLUMNS, "-order_date", sort, cursor, page.limit)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(store::list(&mut tx, &filter, &listing).await?))
}

/// Create an order.
#[utoipa::path(post, path = "/crm/orders", operation_id = "create_order", tag = "crm", request_body = OrderInput,
    responses((status = 201, body = Order), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_order(
    State(ctx): State<Context>,
    member: Member,
    Json(mut input): Json<OrderInput>,
) -> Result<(StatusCode, Json<Order>)> {
    member.require(Permission::EditCrm)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let client = whose(&mut tx, &mut input).await?;
    let client = client.ok_or_else(buyers::nobody)?;
    store::lock_clients(&mut tx, &[client]).await?;
    let prices = prices(&mut tx, &input).await?;
    let usual = currency(&mut tx).await?;
    let values = Values::new(client, input.currency.clone().unwrap_or(usual), tx.now());
    let values = values.with(input, &prices)?;
    store::insert(&mut tx, std::slice::from_ref(&values)).await?;
    tell(&mut tx, &[client]);
    let order = store::get(&mut tx, values.id).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(order)))
}

/// The client that is named, if any is.
async fn whose(tx: &mut TenantTx, input: &mut OrderInput) -> Result<Option<ClientId>> {
    if let Some(client) = input.client_id {
        let found = store::list_clients(tx, &[client]).await?;
        let (_, now) = found.first().ok_or_else(store::no_such_client)?;
        return Ok(Some(*now));
    }
    match input.client.take() {
        Some(buyer) => {
            let found = buyers::find_or_make(tx, &[buyer.read()?]).await?;
            Ok(found.first().copied())
        }
        None => Ok(None),
    }
}

/// Of the products that the lines name.
async fn prices(tx: &mut TenantTx, input: &OrderInput) -> Result<Prices> {
    let lines = || input.items.iter().flatten();
    let ids: Vec<ProductId> = lines().filter_map(|line| line.product_id).collect();
    let skus = lines().filter_map(|line| Some(line.sku.as_ref()?.trim().to_owned()));
    let found = list_prices(tx, &ids, &skus.collect::<Vec<_>>()).await?;
    Ok(Prices::of(found))
}

/// Read an order.
#[utoipa::path(get, path = "/crm/orders/{id}", operation_id = "get_order", tag = "crm", params(("id" = OrderId, Path)),
    responses((status = 200, body = Order), (status = 404, body = Problem)))]
async fn get_order(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<OrderId>,
) -> Result<Json<Order>> {
    member.require(Permission::ReadCrm)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(store::get(&mut tx, id).await?))
}

/// Change an order.
#[utoipa::path(patch, path = "/crm/orders/{id}", operation_id = "update_order", tag = "crm",
    params(("id" = OrderId, Path)), request_body = OrderInput,
    responses((status = 200, body = Order), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn update_order(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<OrderId>,
    Json(mut input): Json<OrderInput>,
) -> Result<Json<Order>> {
    member.require(Permission::EditCrm)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let owner = store::owner(&mut tx, id).await?;
    let client = whose(&mut tx, &mut input).await?.unwrap_or(owner);
    let before = lock(&mut tx, id, &[owner, client]).await?;
    let prices = prices(&mut tx, &input).await?;
    let mut values = Values::of(&before);
    values.client_id = client;
    let values = values.with(input, &prices)?;
    if values != Values::of(&before) {
        store::update(&mut tx, &[values]).await?;
        tell(&mut tx, &[owner, client]);
    }
    let order = store::get(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(order))
}

/// Delete an order. It no longer counts for its client.
#[utoipa::path(delete, path = "/crm/orders/{id}", operation_id = "delete_order", tag = "crm",
    params(("id" = OrderId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn delete_order(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<OrderId>,
) -> Result<StatusCode> {
    member.require(Permission::EditCrm)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let owner = store::owner(&mut tx, id).await?;
    lock(&mut tx, id, &[owner]).await?;
    let number = store::delete(&mut tx, id).await?;
    let (subject, details) = (format!("order:{id}"), json!({"number": number}));
    audit::record_by(&mut tx, &member, Action::OrderDeleted, &subject, details).await?;
    tell(&mut tx, &[owner]);
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The order after its clients, of whom the first is its owner.
async fn lock(tx: &mut TenantTx, id: OrderId, clients: &[ClientId]) -> Result<Order> {
    store::lock_clients(tx, clients).await?;
    store::lock(tx, &[id]).await?;
    let order = store::get(tx, id).await?;
    if clients.first() != Some(&order.client_id) {
        return Err(conflict(
            "moved_meanwhile",
            "This order was given to another client just now. Please try again.",
        ));
    }
    Ok(order)
}

fn tell(tx: &mut TenantTx, clients: &[ClientId]) {
    tx.emit(Event::WorkspaceChanged {
        what: WorkspaceList::Orders,
    });
    for client in clients {
        tx.emit(Event::ClientChanged {
            client_id: Some(*client),
        });
    }
}

/// Download orders as CSV, a line a row, in a form that can be imported again.
#[utoipa::path(get, path = "/crm/orders/export.csv", operation_id = "export_orders", tag = "crm", params(OrderFilter),
    responses((status = 200, body = String, content_type = "text/csv")))]
async fn export_orders(
    State(ctx): State<Context>,
    member: Member,
    Query(filter): Query<OrderFilter>,
) -> Result<Response> {
    member.require(Permission::ReadCrm)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let everything = Listing::all(COLUMNS[0], sheet::MOST_EXPORTED);
    let orders = store::list(&mut tx, &filter, &everything).await?.items;
    let clients: Vec<ClientId> = orders.iter().map(|order| order.client_id).collect();
    let buyers = store::buyers_of(&mut tx, &clients).await?;
    let names: Vec<&str> = importing::FIELDS.iter().map(|field| field.name).collect();
    let rows = orders
        .iter()
        .flat_map(|order| importing::rows_of(order, buyers.get(&order.client_id)));
    sheet::download("orders.csv", &names, rows)
}
