//! Many orders at once: those that are known are changed, the others made. Each row for itself, all in one transaction.
//!
//! Locks are taken in one order: who makes clients, the clients by their ids, the orders by theirs. So two calls at the same
//! time wait for each other at most.

use std::collections::{HashMap, HashSet};

use access::{Member, Permission};
use axum::extract::{DefaultBodyLimit, State};
use kernel::error::{Problem, invalid};
use kernel::extract::Json;
use kernel::ids::{ClientId, DealId, OrderId, ProductId};
use kernel::{Event, Result, TenantTx, WorkspaceList};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::buyers::{self, Buyer};
use super::change::{OrderInput, Values};
use super::{Order, store};
use crate::Context;
use crate::deals::store::currency;
use crate::products::Prices;
use crate::products::store::list_prices;
use crate::sheet::{self, SalesImport, SalesImportAction, SalesImportItem};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(write_orders))
        .layer(DefaultBodyLimit::max(sheet::LARGEST_BODY))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct OrderBulk {
    /// Up to 1,000. One with a known `ecommerce_order_id`, else a known `order_number`, changes that order.
    items: Vec<OrderInput>,
    /// Tells what would be done, and does nothing.
    #[serde(default)]
    dry_run: bool,
}

/// Create or change many orders.
#[utoipa::path(post, path = "/crm/orders/bulk", operation_id = "write_orders", tag = "crm", request_body = OrderBulk,
    responses((status = 200, body = SalesImport), (status = 422, body = Problem)))]
async fn write_orders(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<OrderBulk>,
) -> Result<Json<SalesImport>> {
    member.require(Permission::EditCrm)?;
    if input.items.len() > 1_000 {
        return Err(invalid("too_many_items", "Send 1,000 orders at most at once."));
    }
    let mut report = SalesImport {
        dry_run: input.dry_run,
        rows: input.items.len(),
        ..SalesImport::default()
    };
    let mut tx = ctx.db.tenant(&member).await?;
    write(&mut tx, (1..).zip(input.items).collect(), &mut report).await?;
    finish(tx, &report).await?;
    Ok(Json(report))
}

/// Commits unless it was a trial.
pub async fn finish(mut tx: TenantTx, report: &SalesImport) -> Result<()> {
    if report.dry_run || !report.has_changes() {
        return Ok(());
    }
    tx.emit(Event::WorkspaceChanged {
        what: WorkspaceList::Orders,
    });
    tx.emit(Event::ClientChanged { client_id: None });
    tx.commit().await
}

/// What the rows speak of.
struct Mentioned {
    known: Known,
    clients: HashMap<ClientId, ClientId>,
    buyers: HashMap<Buyer, ClientId>,
    deals: HashSet<DealId>,
    prices: Prices,
}

/// From so many rows on it pays to plan anew.
const MANY: usize = 200;

/// Writes all that can be written and tells the rest.
pub async fn write(tx: &mut TenantTx, items: Vec<(u64, OrderInput)>, report: &mut SalesImport) -> Result<()> {
    store::lock_buyers(tx).await?;
    if items.len() >= MANY {
        store::plan_for_many(tx).await?;
    }
    let (usual, now) = (currency(tx).await?, tx.now());
    let (items, mentioned) = look_up(tx, items, report).await?;
    let (mut new, mut changed): (Vec<Values>, Vec<Values>) = (Vec::new(), Vec::new());
    let mut taken = Taken::default();
    for (row, item) in items {
        let before = mentioned.known.find(&item);
        let values = whose(&mentioned, &item, before).and_then(|client| {
            let mut values = match before {
                Some(before) => Values::of(before),
                None => Values::new(
                    client,
                    item.currency.clone().unwrap_or_else(|| usual.clone()),
                    now,
                ),
            };
            values.client_id = client;
            let values = values.with(item, &mentioned.prices)?;
            if values
                .deal_id
                .is_some_and(|deal| !mentioned.deals.contains(&deal))
            {
                return Err(store::no_such_deal());
            }
            taken.take(values, &mentioned.known)
        });
        let values = match values {
            Ok(values) => values,
            Err(error) => {
                report.fail(row, error.into());
                continue;
            }
        };
        let action = match before {
            None => SalesImportAction::Created,
            Some(before) if Values::of(before) == values => SalesImportAction::Skipped,
            Some(_) => SalesImportAction::Updated,
        };
        report.note(SalesImportItem {
            row,
            action,
            id: values.id.0,
            label: values.order_number.clone(),
            amount: values.total,
            currency: values.currency.clone(),
        });
        match action {
            SalesImportAction::Created => new.push(values),
            SalesImportAction::Updated => changed.push(values),
            SalesImportAction::Skipped => {}
        }
    }
    store::update(tx, &changed).await?;
    store::insert(tx, &new).await
}

/// Reads, makes and locks all that the rows speak of. Rows whose buyer makes no sense are told and left out.
async fn look_up(
    tx: &mut TenantTx,
    items: Vec<(u64, OrderInput)>,
    report: &mut SalesImport,
) -> Result<(Vec<(u64, OrderInput)>, Mentioned)> {
    let mut usable = Vec::new();
    for (row, mut item) in items {
        match item.client.take().map(Buyer::read).transpose() {
            Ok(buyer) => {
                item.client = buyer;
                usable.push((row, item));
            }
            Err(error) => report.fail(row, error.into()),
        }
    }
    let inputs = || usable.iter().map(|(_, item)| item);
    // what no column can hold is found nowhere, and told where its row is read
    let trimmed = |text: &String| text.trim().replace('\0', "");
    let ecommerce_ids: Vec<String> = inputs()
        .filter_map(|item| item.ecommerce_order_id.as_ref()?.as_ref().map(trimmed))
        .collect();
    let numbers: Vec<String> = inputs()
        .filter_map(|item| item.order_number.as_ref().map(trimmed))
        .collect();
    let known = store::list_known(tx, &ecommerce_ids, &numbers).await?;
    let clients: Vec<ClientId> = inputs().filter_map(|item| item.client_id).collect();
    let clients: HashMap<_, _> = store::list_clients(tx, &clients).await?.into_iter().collect();
    let mut seen = HashSet::new();
    let wanted: Vec<Buyer> = inputs()
        .filter(|item| item.client_id.is_none())
        .filter_map(|item| item.client.clone())
        .filter(|buyer| seen.insert(buyer.clone()))
        .collect();
    let found = buyers::find_or_make(tx, &wanted).await?;
    let buyers: HashMap<_, _> = wanted.into_iter().zip(found).collect();
    let deals: Vec<DealId> = inputs()
        .filter_map(|item| item.deal_id.flatten())
        .chain(known.iter().filter_map(|order| order.deal_id))
        .collect();
    let deals = store::list_deals(tx, &deals).await?.into_iter().collect();
    let lines = || inputs().flat_map(|item| item.items.iter().flatten());
    let products: Vec<ProductId> = lines().filter_map(|line| line.product_id).collect();
    let skus: Vec<String> = lines()
        .filter_map(|line| line.sku.as_ref().map(trimmed))
        .collect();
    let prices = Prices::of(list_prices(tx, &products, &skus).await?);
    let touched: Vec<ClientId> = clients
        .values()
        .chain(buyers.values())
        .copied()
        .chain(known.iter().map(|order| order.client_id))
        .collect();
    store::lock_clients(tx, &touched).await?;
    let orders: Vec<OrderId> = known.iter().map(|order| order.id).collect();
    store::lock(tx, &orders).await?;
    // as they are now that nobody else changes them
    let known = Known::of(store::list_known(tx, &ecommerce_ids, &numbers).await?);
    let mentioned = Mentioned {
        known,
        clients,
        buyers,
        deals,
        prices,
    };
    Ok((usable, mentioned))
}

fn whose(mentioned: &Mentioned, item: &OrderInput, before: Option<&Order>) -> Result<ClientId> {
    if let Some(client) = item.client_id {
        let now = mentioned.clients.get(&client).copied();
        return now.ok_or_else(store::no_such_client);
    }
    let buyer = item
        .client
        .as_ref()
        .and_then(|buyer| mentioned.buyers.get(buyer))
        .copied();
    buyer
        .or(before.map(|order| order.client_id))
        .ok_or_else(buyers::nobody)
}

/// Orders by their numbers, of which each is one order's alone.
struct Known {
    orders: Vec<Order>,
    by_number: HashMap<String, usize>,
    by_ecommerce_id: HashMap<String, usize>,
}

impl Known {
    fn of(orders: Vec<Order>) -> Self {
        let places = || orders.iter().zip(0..);
        let by_number = places().map(|(order, place)| (order.order_number.clone(), place));
        let by_ecommerce_id =
            places().filter_map(|(order, place)| Some((order.ecommerce_order_id.clone()?, place)));
        Self {
            by_number: by_number.collect(),
            by_ecommerce_id: by_ecommerce_id.collect(),
            orders,
        }
    }

    fn numbered(&self, number: &str) -> Option<&Order> {
        self.by_number
            .get(number)
            .and_then(|place| self.orders.get(*place))
    }

    fn of_shop(&self, id: &str) -> Option<&Order> {
        self.by_ecommerce_id
            .get(id)
            .and_then(|place| self.orders.get(*place))
    }

    /// The order that an item changes.
    fn find(&self, item: &OrderInput) -> Option<&Order> {
        let shop_id = item.ecommerce_order_id.as_ref().and_then(Option::as_deref);
        let shop_id = shop_id.map(str::trim).filter(|id| !id.is_empty());
        let number = item.order_number.as_deref().map(str::trim);
        let by_number = || {
            let found = number.and_then(|number| self.numbered(number));
            // one that the shop knows by another number is another order
            found.filter(|order| shop_id.is_none() || order.ecommerce_order_id.is_none())
        };
        shop_id.and_then(|id| self.of_shop(id)).or_else(by_number)
    }
}

/// What earlier rows have said.
#[derive(Default)]
struct Taken {
    ids: HashSet<OrderId>,
    numbers: HashSet<String>,
    ecommerce_ids: HashSet<String>,
}

impl Taken {
    fn take(&mut self, values: Values, known: &Known) -> Result<Values> {
        let is_other = |order: &Order| order.id != values.id;
        if known.numbered(&values.order_number).is_some_and(is_other) {
            return Err(store::number_taken());
        }
        let id = values.ecommerce_order_id.as_deref();
        if id.and_then(|id| known.of_shop(id)).is_some_and(is_other) {
            return Err(store::ecommerce_id_taken());
        }
        let is_twice = !self.ids.insert(values.id)
            || !self.numbers.insert(values.order_number.clone())
            || values
                .ecommerce_order_id
                .clone()
                .is_some_and(|id| !self.ecommerce_ids.insert(id));
        if is_twice {
            return Err(invalid("repeated_row", "An earlier row is the same order."));
        }
        Ok(values)
    }
}
