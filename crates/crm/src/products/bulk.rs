//! Many products at once: those that are known are changed, the others made. Each row for itself, all in one transaction.

use std::collections::{HashMap, HashSet};

use access::{Member, Permission};
use axum::extract::{DefaultBodyLimit, State};
use kernel::error::{Problem, invalid};
use kernel::extract::Json;
use kernel::{Result, TenantTx};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::api::CHANGED;
use super::change::{ProductInput, Values};
use super::{Product, store};
use crate::Context;
use crate::deals::store::currency;
use crate::fields::{self, Entity};
use crate::sheet::{self, CellError, SalesImport, SalesImportAction, SalesImportItem};
use crate::words::filled;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(write_products))
        .layer(DefaultBodyLimit::max(sheet::LARGEST_BODY))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ProductBulk {
    /// Up to 1,000. One with a known `ecommerce_product_id`, else a known `sku`, changes that product.
    items: Vec<ProductInput>,
    /// Tells what would be done, and does nothing.
    #[serde(default)]
    dry_run: bool,
}

/// Create or change many products.
#[utoipa::path(post, path = "/crm/products/bulk", operation_id = "write_products", tag = "crm", request_body = ProductBulk,
    responses((status = 200, body = SalesImport), (status = 422, body = Problem)))]
async fn write_products(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<ProductBulk>,
) -> Result<Json<SalesImport>> {
    member.require(Permission::EditCrm)?;
    if input.items.len() > 1_000 {
        return Err(invalid("too_many_items", "Send 1,000 products at most at once."));
    }
    let mut report = SalesImport {
        dry_run: input.dry_run,
        rows: input.items.len(),
        ..SalesImport::default()
    };
    let mut tx = ctx.db.tenant(&member).await?;
    let items = (1..).zip(input.items).collect();
    write(&mut tx, items, &mut report).await?;
    finish(tx, &report).await?;
    Ok(Json(report))
}

/// Commits unless it was a trial.
pub async fn finish(mut tx: TenantTx, report: &SalesImport) -> Result<()> {
    if report.dry_run || !report.has_changes() {
        return Ok(());
    }
    tx.emit(CHANGED);
    tx.commit().await
}

/// Writes all that can be written and tells the rest.
pub async fn write(
    tx: &mut TenantTx,
    items: Vec<(u64, ProductInput)>,
    report: &mut SalesImport,
) -> Result<()> {
    store::lock_imports(tx).await?;
    let usual = currency(tx).await?;
    let own = fields::store::list(tx, Some(Entity::Product)).await?;
    let given = |id: fn(&ProductInput) -> &Option<Option<String>>| -> Vec<String> {
        let ids = items.iter().filter_map(|(_, item)| id(item).clone().flatten());
        // what no column can hold is found nowhere, and told where its row is read
        ids.map(|id| id.trim().replace('\0', "")).collect()
    };
    let ecommerce_ids = given(|item| &item.ecommerce_product_id);
    let skus = given(|item| &item.sku);
    let known = Known::of(store::list_known(tx, &ecommerce_ids, &skus).await?);
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    let mut taken = Taken::default();
    for (row, item) in items {
        let before = known.find(&item);
        let values = before.map_or_else(|| Values::new(usual.clone()), Values::of);
        let values = filled(item.sku.clone())
            .and_then(|_| values.with(item, &own))
            .and_then(|values| taken.take(values, &known));
        let values = match values {
            Ok(values) => values,
            Err(error) => {
                report.fail(row, CellError::from(error));
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
            label: values.name.clone(),
            amount: values.price,
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

/// Products by their numbers, of which each is one product's alone.
struct Known {
    products: Vec<Product>,
    by_sku: HashMap<String, usize>,
    by_ecommerce_id: HashMap<String, usize>,
}

impl Known {
    fn of(products: Vec<Product>) -> Self {
        let places = |key: fn(&Product) -> &Option<String>| {
            let keys = products.iter().zip(0..);
            keys.filter_map(|(product, place)| Some((key(product).clone()?, place)))
                .collect()
        };
        Self {
            by_sku: places(|product| &product.sku),
            by_ecommerce_id: places(|product| &product.ecommerce_product_id),
            products,
        }
    }

    fn with_sku(&self, sku: &str) -> Option<&Product> {
        self.by_sku.get(sku).and_then(|place| self.products.get(*place))
    }

    fn of_shop(&self, id: &str) -> Option<&Product> {
        self.by_ecommerce_id
            .get(id)
            .and_then(|place| self.products.get(*place))
    }

    /// The product that an item changes.
    fn find(&self, item: &ProductInput) -> Option<&Product> {
        fn given(id: &Option<Option<String>>) -> Option<&str> {
            let id = id.as_ref().and_then(Option::as_deref).map(str::trim);
            id.filter(|id| !id.is_empty())
        }
        let by_sku = || {
            let found = given(&item.sku).and_then(|sku| self.with_sku(sku));
            // one that the shop knows by another number is another product
            found.filter(|product| {
                product.ecommerce_product_id.is_none()
                    || item.ecommerce_product_id.as_ref().is_none_or(Option::is_none)
            })
        };
        let by_shop = given(&item.ecommerce_product_id).and_then(|id| self.of_shop(id));
        by_shop.or_else(by_sku)
    }
}

/// What earlier rows have said.
#[derive(Default)]
struct Taken {
    ids: HashSet<uuid::Uuid>,
    skus: HashSet<String>,
    ecommerce_ids: HashSet<String>,
}

impl Taken {
    fn take(&mut self, values: Values, known: &Known) -> Result<Values> {
        let is_other = |product: &Product| product.id != values.id;
        let sku = values.sku.as_deref();
        if sku.and_then(|sku| known.with_sku(sku)).is_some_and(is_other) {
            return Err(store::sku_taken());
        }
        let id = values.ecommerce_product_id.as_deref();
        if id.and_then(|id| known.of_shop(id)).is_some_and(is_other) {
            return Err(store::ecommerce_id_taken());
        }
        let is_twice = !self.ids.insert(values.id.0)
            || values.sku.clone().is_some_and(|sku| !self.skus.insert(sku))
            || values
                .ecommerce_product_id
                .clone()
                .is_some_and(|id| !self.ecommerce_ids.insert(id));
        if is_twice {
            return Err(invalid("repeated_row", "An earlier row is the same product."));
        }
        Ok(values)
    }
}
