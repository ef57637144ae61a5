//! Orders: what clients have bought. A trigger counts them into the figures of their clients, once a statement.
//!
//! [`change`] makes and changes them, [`buyers`] finds whose they are, [`bulk`] writes many at once.

pub mod api;
pub mod bulk;
pub mod buyers;
pub mod change;
pub mod importing;
pub mod list;
pub mod store;
pub mod theirs;

use chrono::{DateTime, Utc};
use kernel::ids::{ClientId, DealId, OrderId, ProductId};
use kernel::money::{Amount, Currency};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::types::Json;

use crate::amounts::Quantity;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = OrderStatus)]
pub enum Status {
    Pending,
    Processing,
    Shipped,
    Delivered,
    /// It counts for nothing.
    Cancelled,
    /// It counts for nothing.
    Refunded,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrderItem {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    pub name: String,
    pub quantity: Quantity,
    pub unit_price: Amount,
}

#[derive(Debug, Clone, sqlx::FromRow, Serialize, utoipa::ToSchema)]
pub struct Order {
    pub id: OrderId,
    pub client_id: ClientId,
    pub client_name: Option<String>,
    pub deal_id: Option<DealId>,
    pub deal_name: Option<String>,
    pub order_number: String,
    pub ecommerce_order_id: Option<String>,
    /// What its lines come to.
    pub subtotal: Amount,
    pub tax: Amount,
    pub shipping: Amount,
    pub discount: Amount,
    /// Subtotal, tax and shipping without the discount.
    pub total: Amount,
    pub currency: Currency,
    pub status: Status,
    #[schema(value_type = Vec<OrderItem>)]
    pub items: Json<Vec<OrderItem>>,
    #[schema(value_type = Option<Object>)]
    pub shipping_address: Option<Value>,
    pub tracking_number: Option<String>,
    pub tracking_url: Option<String>,
    pub order_date: DateTime<Utc>,
    pub shipped_date: Option<DateTime<Utc>>,
    pub delivered_date: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}
