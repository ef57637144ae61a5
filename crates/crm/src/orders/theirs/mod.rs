//! Which orders are a visitor's own, and what may be done with them in the visitor's name.
//!
//! What somebody only typed makes nothing theirs: a client counts as the visitor's by identities that are verified, see
//! [`find_clients`]. Nothing here takes an id that a visitor or a model could name.

mod store;

use chrono::NaiveDate;
use kernel::ids::{ClientId, ContactId, ConversationId, OrderId};
use kernel::money::{Amount, Currency};
use kernel::{Event, Result, TenantTx, WorkspaceList};

use super::change::Values;
use super::{OrderItem, Status};

/// The clients that a contact is known to be, and by what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vouched {
    pub clients: Vec<ClientId>,
    /// The strongest of the contact's verified identities: `external`, `email`, `phone` or `platform`.
    pub by: Option<String>,
}

/// What a visitor may be told of an order of theirs. Dates are the workspace's.
#[derive(Debug, Clone)]
pub struct VisitorOrder {
    pub id: OrderId,
    pub client_id: ClientId,
    pub number: String,
    pub status: Status,
    pub items: Vec<OrderItem>,
    pub total: Amount,
    pub currency: Currency,
    pub tracking_number: Option<String>,
    pub tracking_url: Option<String>,
    pub ordered_on: NaiveDate,
    pub shipped_on: Option<NaiveDate>,
    pub delivered_on: Option<NaiveDate>,
}

/// The contact's client, if all that orders find it by is verified as the contact's: its address, or without one its
/// phone number. And clients without a contact that have an address or number that is verified as this contact's. Of a
/// contact that the team has put together, only what is verified of whoever writes in this conversation.
pub async fn find_clients(
    tx: &mut TenantTx,
    contact: ContactId,
    conversation: ConversationId,
) -> Result<Vouched> {
    store::find_clients(tx, contact, conversation).await
}

/// Whether the workspace has any orders to speak of.
pub async fn has_any(tx: &mut TenantTx) -> Result<bool> {
    store::has_any(tx).await
}

/// The order with this number (ours, or else the shop's) among those of the clients; without a number the newest.
pub async fn find(
    tx: &mut TenantTx,
    clients: &[ClientId],
    number: Option<&str>,
) -> Result<Option<VisitorOrder>> {
    match clients {
        [] => Ok(None),
        _ => store::find(tx, clients, number).await,
    }
}

pub async fn find_by_id(tx: &mut TenantTx, id: OrderId) -> Result<Option<VisitorOrder>> {
    store::find_by_id(tx, id).await
}

/// Whose the order with this number is, and their address. None: there is no such order, or no address.
pub async fn find_address(tx: &mut TenantTx, number: &str) -> Result<Option<(ClientId, String)>> {
    store::find_address(tx, &keys(number)).await
}

/// What an order is found by, however its number is written: small letters, with `#` or without.
fn keys(number: &str) -> [String; 2] {
    let number = number.trim_start_matches('#').to_lowercase();
    [format!("#{number}"), number]
}

/// Whether an order can still be called off.
pub fn can_be_cancelled(status: Status) -> bool {
    matches!(status, Status::Pending | Status::Processing)
}

/// Calls an order off. False: it has moved on, and nothing was done.
pub async fn cancel(tx: &mut TenantTx, id: OrderId) -> Result<bool> {
    let client = super::store::owner(tx, id).await?;
    super::store::lock_clients(tx, &[client]).await?;
    super::store::lock(tx, &[id]).await?;
    let order = super::store::get(tx, id).await?;
    if order.client_id != client || !can_be_cancelled(order.status) {
        return Ok(false);
    }
    let mut values = Values::of(&order);
    values.status = Status::Cancelled;
    super::store::update(tx, &[values]).await?;
    tx.emit(Event::WorkspaceChanged {
        what: WorkspaceList::Orders,
    });
    tx.emit(Event::ClientChanged {
        client_id: Some(client),
    });
    Ok(true)
}
