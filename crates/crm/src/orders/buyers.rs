//! Whose an order is: a client that is known by one of these, or a new one.

use kernel::error::{Error, invalid};
use kernel::ids::ClientId;
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};

use super::store;
use crate::words;

/// Somebody who bought something. Found by the shop's number, else by e-mail address, else by phone.
#[derive(Debug, Default, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Buyer {
    pub ecommerce_customer_id: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub name: Option<String>,
}

/// A client by what buyers are found by.
#[derive(Debug)]
pub struct Known {
    pub id: ClientId,
    pub ecommerce_customer_id: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
}

impl Buyer {
    /// Trimmed, with what is empty left out.
    ///
    /// # Errors
    /// 422 if nothing is left by which somebody could be found.
    pub fn read(self) -> Result<Self> {
        let short = |text: Option<String>| -> Result<Option<String>> {
            words::maybe(text)?
                .map(|text| words::name(&text).map(Some))
                .unwrap_or(Ok(None))
        };
        let read = Self {
            ecommerce_customer_id: short(self.ecommerce_customer_id)?,
            email: short(self.email)?.map(|email| email.to_lowercase()),
            phone: short(self.phone)?,
            name: short(self.name)?,
        };
        if read.email.as_ref().is_some_and(|email| !email.contains('@')) {
            return Err(invalid("bad_email", "This is no e-mail address."));
        }
        if read.ecommerce_customer_id.is_none() && read.email.is_none() && read.phone.is_none() {
            return Err(nobody());
        }
        Ok(read)
    }

    /// Whom of these it is.
    pub fn find<'a>(&self, known: &'a [Known]) -> Option<&'a Known> {
        let is = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
        let by_shop = known
            .iter()
            .find(|client| is(&self.ecommerce_customer_id, &client.ecommerce_customer_id));
        // somebody whom the shop knows by another number is somebody else
        let may_be =
            |client: &&Known| client.ecommerce_customer_id.is_none() || self.ecommerce_customer_id.is_none();
        let by_email = || {
            let mut others = known.iter().filter(may_be);
            others.find(|client| is(&self.email, &client.email))
        };
        let by_phone = || {
            let mut others = known.iter().filter(may_be);
            others.find(|client| self.email.is_none() && is(&self.phone, &client.phone))
        };
        by_shop.or_else(by_email).or_else(by_phone)
    }
}

pub fn nobody() -> Error {
    invalid(
        "no_client",
        "Say whose the order is: `client_id`, or `client` with the shop's number, an e-mail address or a phone number.",
    )
}

/// Finds each of these, or makes them, in their order. Whoever does so waits for all others who do.
pub async fn find_or_make(tx: &mut TenantTx, buyers: &[Buyer]) -> Result<Vec<ClientId>> {
    if buyers.is_empty() {
        return Ok(Vec::new());
    }
    let mut known = store::list_buyers(tx, buyers).await?;
    if buyers.iter().any(|buyer| buyer.find(&known).is_none()) {
        store::lock_buyers(tx).await?;
        known = store::list_buyers(tx, buyers).await?;
    }
    let mut new = Vec::new();
    let mut ids = Vec::new();
    for buyer in buyers {
        if let Some(found) = buyer.find(&known) {
            ids.push(found.id);
            continue;
        }
        let id = ClientId::new();
        new.push((id, buyer));
        known.push(Known {
            id,
            ecommerce_customer_id: buyer.ecommerce_customer_id.clone(),
            email: buyer.email.clone(),
            phone: buyer.phone.clone(),
        });
        ids.push(id);
    }
    store::insert_buyers(tx, &new).await?;
    Ok(ids)
}
