//! The figures of sales: what is open, what was won and lost, what was sold, how clients come along. Each currency by
//! itself.

pub mod api;
mod store;

use chrono::NaiveDate;
use kernel::money::Currency;
use serde::Serialize;

use crate::amounts::{CurrencyTotal, DealsTotal};

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SalesSummary {
    /// First and last day, in the workspace's time zone.
    pub from: NaiveDate,
    pub to: NaiveDate,
    /// The workspace's own.
    pub currency: Currency,
    pub total_clients: i64,
    /// Who became a client on these days.
    pub new_clients: i64,
    /// Deals that are open now.
    pub open: Vec<DealsTotal>,
    /// Deals that were won on these days.
    pub won: Vec<CurrencyTotal>,
    pub lost: Vec<CurrencyTotal>,
    /// Of a hundred deals that were closed on these days, so many were won; null if none was closed.
    pub win_rate: Option<f64>,
    /// Half of the deals that were won on these days took at most so many days from the day on which they were made; null if
    /// none was won.
    pub cycle_days: Option<f64>,
    /// Orders of these days that were neither cancelled nor refunded.
    pub revenue: Vec<CurrencyTotal>,
    /// Why deals were lost on these days, the most frequent reasons first.
    pub lost_reasons: Vec<LostReason>,
    /// The way from lead to customer, as it is now.
    pub funnel: Vec<FunnelStep>,
    /// Pending activities whose time is over.
    pub overdue_activities: i64,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LostReason {
    pub reason: String,
    pub count: i64,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FunnelStep {
    /// A lifecycle stage of clients.
    pub stage: String,
    /// Who is at it.
    pub client_count: i64,
    /// Of a hundred clients.
    pub percentage: f64,
    /// Who has come at least as far.
    pub reached: i64,
    /// Of a hundred who reached the stage before; null for the first, and for `churned`.
    pub conversion_rate: Option<f64>,
}
