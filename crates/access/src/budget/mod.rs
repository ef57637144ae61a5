//! The model budget: reserved before money is spent, so that a thousand questions at once cannot overspend.
//!
//! A reservation is the most that a call can use. After the call it is replaced by what the provider counted; a
//! call that broke is settled with what had been spent until then.

mod store;

use kernel::{Result, TenantTx};

/// The most that one call may use.
#[derive(Debug, Clone, Copy)]
pub struct Reservation {
    pub tokens: i64,
    pub cost: f64,
}

/// What a call has used.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spent {
    pub input_tokens: i64,
    pub output_tokens: i64,
    /// As far as prices are known.
    pub cost: f64,
    /// The prices are known, or nothing was used.
    pub is_cost_known: bool,
}

/// Takes the reservation from today's budget and from what the plan has for the month. False: one of them does not allow it,
/// nothing is reserved.
pub async fn reserve(tx: &mut TenantTx, today: chrono::NaiveDate, wanted: Reservation) -> Result<bool> {
    store::reserve(tx, today, wanted).await
}

/// Replaces a reservation by what was spent.
pub async fn settle(
    tx: &mut TenantTx,
    day: chrono::NaiveDate,
    reserved: Reservation,
    spent: Spent,
) -> Result<()> {
    store::settle(tx, day, reserved, spent).await
}
