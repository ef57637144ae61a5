//! Products from a table.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::{DefaultBodyLimit, State};
use kernel::Result;
use kernel::error::Problem;
use kernel::extract::Json;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::bulk;
use super::change::ProductInput;
use crate::Context;
use crate::numbers;
use crate::sheet::{self, CellError, Cells, Field, SalesImport, SheetInput};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(import_products))
        .layer(DefaultBodyLimit::max(sheet::LARGEST_BODY))
}

const fn field(name: &'static str, also: &'static [&'static str]) -> Field {
    Field { name, also }
}

/// In the order in which they are exported.
pub const FIELDS: [Field; 9] = [
    field("name", &["product", "productname", "title", "nom", "produit"]),
    field("description", &["details", "body"]),
    field("sku", &["reference", "référence", "articlenumber", "code"]),
    field("category", &["type", "catégorie", "categorie"]),
    field("price", &["unitprice", "prix", "saleprice", "regularprice"]),
    field("cost", &["costprice", "purchaseprice", "coût", "cout"]),
    field("currency", &["devise"]),
    field("ecommerce_product_id", &["productid", "shopid", "externalid"]),
    field("is_active", &["active", "actif", "published", "enabled"]),
];

/// Import products from a table. Those with a known `ecommerce_product_id`, else a known `sku`, are changed.
#[utoipa::path(post, path = "/crm/products/import", operation_id = "import_products", tag = "crm", request_body = SheetInput,
    responses((status = 200, body = SalesImport), (status = 422, body = Problem)))]
async fn import_products(
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
    let mut items = Vec::new();
    for cells in &sheet.rows {
        match read(cells) {
            Ok(item) => items.push((cells.row, item)),
            Err(error) => report.fail(cells.row, error),
        }
    }
    let mut tx = ctx.db.tenant(&member).await?;
    bulk::write(&mut tx, items, &mut report).await?;
    if report.has_changes() {
        let subject = format!("tenant:{}", tx.tenant_id());
        let details = json!({"created": report.created, "updated": report.updated});
        audit::record_by(&mut tx, &member, Action::ProductsImported, &subject, details).await?;
    }
    bulk::finish(tx, &report).await?;
    report.errors.sort_by_key(|error| error.row);
    Ok(Json(report))
}

/// An empty cell changes nothing.
fn read(cells: &Cells) -> Result<ProductInput, CellError> {
    let text = |field: &str| cells.owned(field).map(Some);
    Ok(ProductInput {
        name: cells.owned("name"),
        description: text("description"),
        sku: text("sku"),
        category: text("category"),
        price: cells.read("price", numbers::amount)?,
        cost: cells.read("cost", numbers::amount)?.map(Some),
        currency: cells.read("currency", str::parse)?,
        ecommerce_product_id: text("ecommerce_product_id"),
        is_active: cells.read("is_active", sheet::yes_or_no)?,
        custom_fields: None,
    })
}
