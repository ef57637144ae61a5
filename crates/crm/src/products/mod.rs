//! Products: what is sold, at which price. Deals and orders keep a copy of name and price, so a product may change or go.

pub mod api;
pub mod bulk;
pub mod change;
pub mod importing;
pub mod store;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use kernel::ids::ProductId;
use kernel::money::{Amount, Currency};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::store::Price;
use crate::listing::{Column, Kind};

#[derive(Debug, Clone, PartialEq, sqlx::FromRow, Serialize, utoipa::ToSchema)]
pub struct Product {
    pub id: ProductId,
    pub name: String,
    pub description: Option<String>,
    pub sku: Option<String>,
    pub category: Option<String>,
    pub price: Amount,
    /// What it costs the seller.
    pub cost: Option<Amount>,
    pub currency: Currency,
    pub ecommerce_product_id: Option<String>,
    pub is_active: bool,
    #[schema(value_type = Object)]
    pub custom_fields: Value,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What a list of products is narrowed by.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ProductFilter {
    /// Beginnings of words of the name or the SKU.
    pub q: Option<String>,
    pub category: Option<String>,
    pub is_active: Option<bool>,
}

pub const COLUMNS: [Column; 6] = [
    Column::filled("name", "p.name_key", Kind::Text),
    Column::nullable("sku", "p.sku", Kind::Text),
    Column::nullable("category", "p.category", Kind::Text),
    Column::filled("price", "p.price_key", Kind::Number),
    Column::filled("created_at", "p.created_at", Kind::Time),
    Column::filled("updated_at", "p.updated_at", Kind::Time),
];

/// Names and prices of products, by their ids and their SKUs, of which each is one product's alone.
#[derive(Debug, Default)]
pub struct Prices {
    by_id: HashMap<ProductId, Price>,
    by_sku: HashMap<String, ProductId>,
}

impl Prices {
    pub fn of(prices: Vec<Price>) -> Self {
        let skus = prices
            .iter()
            .filter_map(|price| Some((price.sku.clone()?, price.id)));
        let by_sku = skus.collect();
        let by_id = prices.into_iter().map(|price| (price.id, price));
        Self {
            by_id: by_id.collect(),
            by_sku,
        }
    }

    pub fn get(&self, id: ProductId) -> Option<&Price> {
        self.by_id.get(&id)
    }

    pub fn with_sku(&self, sku: &str) -> Option<&Price> {
        self.get(*self.by_sku.get(sku)?)
    }
}
