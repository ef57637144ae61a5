//! Orders from a table: a row is an order, or a line of the order that other rows with the same number are of too.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::{DefaultBodyLimit, State};
use kernel::Result;
use kernel::error::{Problem, invalid};
use kernel::extract::Json;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::bulk;
use super::buyers::Buyer;
use super::change::{OrderInput, OrderItemInput};
use super::{Order, OrderItem};
use crate::Context;
use crate::numbers;
use crate::sheet::{self, CellError, Cells, Field, SalesImport, SheetInput};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(import_orders))
        .layer(DefaultBodyLimit::max(sheet::LARGEST_BODY))
}

const fn field(name: &'static str, also: &'static [&'static str]) -> Field {
    Field { name, also }
}

/// In the order in which they are exported.
pub const FIELDS: [Field; 21] = [
    field(
        "order_number",
        &["order", "number", "ordername", "commande", "numéro"],
    ),
    field("ecommerce_order_id", &["orderid", "shopid", "externalid"]),
    field("order_date", &["date", "createdat", "orderedat"]),
    field("status", &["statut", "state"]),
    field("currency", &["devise"]),
    field("subtotal", &["soustotal"]),
    field("tax", &["taxes", "vat", "tva"]),
    field("shipping", &["shippingcost", "delivery", "livraison"]),
    field("discount", &["discountamount", "remise"]),
    field("total", &["amount", "grandtotal", "montant"]),
    field(
        "client_name",
        &["customer", "customername", "name", "client", "nom"],
    ),
    field("client_email", &["email", "customeremail", "courriel"]),
    field(
        "client_phone",
        &["phone", "customerphone", "téléphone", "telephone"],
    ),
    field("ecommerce_customer_id", &["customerid", "clientid"]),
    field(
        "item_name",
        &[
            "item",
            "product",
            "productname",
            "lineitemname",
            "produit",
            "article",
        ],
    ),
    field("item_sku", &["sku", "lineitemsku", "reference", "référence"]),
    field(
        "item_quantity",
        &["quantity", "qty", "lineitemquantity", "quantité", "quantite"],
    ),
    field(
        "item_unit_price",
        &["unitprice", "price", "lineitemprice", "prix"],
    ),
    field("tracking_number", &["tracking"]),
    field("tracking_url", &["trackinglink"]),
    field("deal_id", &[]),
];

/// Import orders from a table. Those with a known `ecommerce_order_id`, else a known `order_number`, are changed.
#[utoipa::path(post, path = "/crm/orders/import", operation_id = "import_orders", tag = "crm", request_body = SheetInput,
    responses((status = 200, body = SalesImport), (status = 422, body = Problem)))]
async fn import_orders(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<SheetInput>,
) -> Result<Json<SalesImport>> {
    member.require(Permission::EditCrm)?;
    let dry_run = input.dry_run;
    let sheet = input.read(&FIELDS)?;
    let mut report = SalesImport {
        dry_run,
        rows: sheet.rows.len(),
        mapping: sheet.mapping,
        ..SalesImport::default()
    };
    let items = group(&sheet.rows, &mut report);
    let mut tx = ctx.db.tenant(&member).await?;
    bulk::write(&mut tx, items, &mut report).await?;
    if report.has_changes() {
        let subject = format!("tenant:{}", tx.tenant_id());
        let details = json!({"created": report.created, "updated": report.updated});
        audit::record_by(&mut tx, &member, Action::OrdersImported, &subject, details).await?;
    }
    bulk::finish(tx, &report).await?;
    report.errors.sort_by_key(|error| error.row);
    Ok(Json(report))
}

/// Rows of one order put together: the first says what the order is, each says a line. One bad row spoils its order.
fn group(rows: &[Cells], report: &mut SalesImport) -> Vec<(u64, OrderInput)> {
    let mut groups: Vec<(&str, Vec<&Cells>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for cells in rows {
        let key = cells.text("ecommerce_order_id").or(cells.text("order_number"));
        match key.and_then(|key| places.get(key).copied()) {
            Some(place) => {
                if let Some((_, group)) = groups.get_mut::<usize>(place) {
                    group.push(cells);
                }
            }
            None => {
                if let Some(key) = key {
                    places.insert(key, groups.len());
                }
                groups.push((key.unwrap_or_default(), vec![cells]));
            }
        }
    }
    let mut orders = Vec::new();
    for (_, group) in groups {
        match read(&group) {
            Ok(order) => orders.push((group.first().map_or(0, |cells| cells.row), order)),
            Err((row, error)) => {
                // all of them
                report.failed += group.len() - 1;
                report.fail(row, error);
            }
        }
    }
    orders
}

fn read(group: &[&Cells]) -> Result<OrderInput, (u64, CellError)> {
    let mut order: Option<OrderInput> = None;
    let mut items = Vec::new();
    for cells in group {
        let at = |error| (cells.row, error);
        if order.is_none() {
            order = Some(read_order(cells).map_err(at)?);
        }
        items.extend(read_item(cells).map_err(at)?);
    }
    let mut order = order.unwrap_or_default();
    order.items = (!items.is_empty()).then_some(items);
    Ok(order)
}

/// An empty cell changes nothing.
fn read_order(cells: &Cells) -> Result<OrderInput, CellError> {
    let text = |field: &str| cells.owned(field).map(Some);
    let buyer = Buyer {
        ecommerce_customer_id: cells.owned("ecommerce_customer_id"),
        email: cells.owned("client_email"),
        phone: cells.owned("client_phone"),
        name: cells.owned("client_name"),
    };
    let is_known = buyer.ecommerce_customer_id.is_some() || buyer.email.is_some() || buyer.phone.is_some();
    let status = |text: &str| {
        let known = serde_json::from_value(text.to_lowercase().into());
        known.map_err(|_| invalid("bad_status", format!("“{text}” is no status of an order.")))
    };
    let deal = |text: &str| {
        text.parse()
            .map_err(|_| invalid("no_such_deal", "This is no deal's id."))
    };
    Ok(OrderInput {
        client: is_known.then_some(buyer),
        order_number: cells.owned("order_number"),
        ecommerce_order_id: text("ecommerce_order_id"),
        order_date: cells.read("order_date", sheet::time)?,
        status: cells.read("status", status)?,
        currency: cells.read("currency", str::parse)?,
        subtotal: cells.read("subtotal", numbers::amount)?,
        tax: cells.read("tax", numbers::amount)?,
        shipping: cells.read("shipping", numbers::amount)?,
        discount: cells.read("discount", numbers::amount)?,
        total: cells.read("total", numbers::amount)?,
        tracking_number: text("tracking_number"),
        tracking_url: text("tracking_url"),
        deal_id: cells.read("deal_id", deal)?.map(Some),
        ..OrderInput::default()
    })
}

fn read_item(cells: &Cells) -> Result<Option<OrderItemInput>, CellError> {
    let (name, sku) = (cells.owned("item_name"), cells.owned("item_sku"));
    if name.is_none() && sku.is_none() {
        return Ok(None);
    }
    Ok(Some(OrderItemInput {
        product_id: None,
        sku,
        name,
        quantity: cells.read("item_quantity", numbers::quantity)?,
        unit_price: cells.read("item_unit_price", numbers::amount)?,
    }))
}

/// An order as it is exported, so that importing it changes nothing: a row for each line, and one if it has none.
pub fn rows_of(order: &Order, buyer: Option<&Buyer>) -> Vec<Vec<String>> {
    let or_empty = |text: Option<&String>| text.cloned().unwrap_or_default();
    let status = serde_json::to_value(order.status).unwrap_or_default();
    let row = |item: Option<&OrderItem>| {
        vec![
            order.order_number.clone(),
            or_empty(order.ecommerce_order_id.as_ref()),
            order.order_date.to_rfc3339(),
            status.as_str().unwrap_or_default().to_owned(),
            order.currency.to_string(),
            order.subtotal.to_string(),
            order.tax.to_string(),
            order.shipping.to_string(),
            order.discount.to_string(),
            order.total.to_string(),
            or_empty(buyer.and_then(|buyer| buyer.name.as_ref())),
            or_empty(buyer.and_then(|buyer| buyer.email.as_ref())),
            or_empty(buyer.and_then(|buyer| buyer.phone.as_ref())),
            or_empty(buyer.and_then(|buyer| buyer.ecommerce_customer_id.as_ref())),
            item.map(|item| item.name.clone()).unwrap_or_default(),
            or_empty(item.and_then(|item| item.sku.as_ref())),
            item.map(|item| item.quantity.to_string()).unwrap_or_default(),
            item.map(|item| item.unit_price.to_string()).unwrap_or_default(),
            or_empty(order.tracking_number.as_ref()),
            or_empty(order.tracking_url.as_ref()),
            order.deal_id.map(|deal| deal.to_string()).unwrap_or_default(),
        ]
    };
    if order.items.is_empty() {
        return vec![row(None)];
    }
    order.items.iter().map(|item| row(Some(item))).collect()
}
