//! What a list of orders is narrowed by, and sorted.

use chrono::{DateTime, Utc};
use kernel::Result;
use kernel::error::invalid;
use kernel::money::{Amount, Currency};
use serde::Deserialize;
use uuid::Uuid;

use super::Status;
use crate::listing::{Column, Kind, SHOWN_NAME, parts};

pub const COLUMNS: [Column; 6] = [
    Column::filled("order_date", "o.order_date", Kind::Time),
    Column::filled("total", "o.total_key", Kind::Number),
    Column::filled("status", "o.status", Kind::Text),
    Column::filled("order_number", "o.number_key", Kind::Text),
    Column::filled("created_at", "o.created_at", Kind::Time),
    Column::joined("client_name", SHOWN_NAME, Kind::Text),
];

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OrderFilter {
    /// The beginning of the order's number, or of the shop's.
    pub q: Option<String>,
    pub client_id: Option<Uuid>,
    pub deal_id: Option<Uuid>,
    /// Separated by commas.
    pub status: Option<String>,
    #[param(value_type = Option<String>)]
    pub currency: Option<Currency>,
    /// Ordered at this time or later.
    pub date_from: Option<DateTime<Utc>>,
    /// Ordered before this time.
    pub date_to: Option<DateTime<Utc>>,
    #[param(value_type = Option<String>)]
    pub min_total: Option<Amount>,
}

impl OrderFilter {
    /// # Errors
    /// 422 for a status that is none.
    pub fn statuses(&self) -> Result<Vec<String>> {
        let statuses = parts(self.status.as_deref());
        for status in &statuses {
            let known = serde_json::from_value::<Status>(status.as_str().into());
            known.map_err(|_| invalid("bad_status", "There is no such status of an order."))?;
        }
        Ok(statuses)
    }
}
