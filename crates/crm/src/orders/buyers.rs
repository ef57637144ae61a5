//! Whose an order is: a client that is known by one of these, or a new one.

use std::collections::HashMap;

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
}

/// Clients by what buyers are found by. Of several the one that was noted first.
#[derive(Debug, Default)]
struct Register {
    by_number: HashMap<String, ClientId>,
    all: Addresses,
    /// Those whom the shop knows by no number.
    unnumbered: Addresses,
}

#[derive(Debug, Default)]
struct Addresses {
    emails: HashMap<String, ClientId>,
    phones: HashMap<String, ClientId>,
}

impl Register {
    fn of(known: Vec<Known>) -> Self {
        let mut register = Self::default();
        for client in known {
            register.note(&client);
        }
        register
    }

    fn note(&mut self, client: &Known) {
        note(
            &mut self.by_number,
            client.ecommerce_customer_id.as_ref(),
            client.id,
        );
        self.all.note(client);
        if client.ecommerce_customer_id.is_none() {
            self.unnumbered.note(client);
        }
    }

    fn find(&self, buyer: &Buyer) -> Option<ClientId> {
        let number = buyer.ecommerce_customer_id.as_ref();
        // somebody whom the shop knows by another number is somebody else
        let addresses = if number.is_some() {
            &self.unnumbered
        } else {
            &self.all
        };
        let phone = buyer.phone.as_ref().filter(|_| buyer.email.is_none());
        let found = number.and_then(|number| self.by_number.get(number));
        let found = found.or_else(|| addresses.emails.get(buyer.email.as_ref()?));
        found.or_else(|| addresses.phones.get(phone?)).copied()
    }
}

impl Addresses {
    fn note(&mut self, client: &Known) {
        note(&mut self.emails, client.email.as_ref(), client.id);
        note(&mut self.phones, client.phone.as_ref(), client.id);
    }
}

fn note(places: &mut HashMap<String, ClientId>, key: Option<&String>, client: ClientId) {
    if let Some(key) = key {
        places.entry(key.clone()).or_insert(client);
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
    let mut known = Register::of(store::list_buyers(tx, buyers).await?);
    if buyers.iter().any(|buyer| known.find(buyer).is_none()) {
        store::lock_buyers(tx).await?;
        known = Register::of(store::list_buyers(tx, buyers).await?);
    }
    let mut new = Vec::new();
    let mut ids = Vec::new();
    for buyer in buyers {
        let id = known.find(buyer).unwrap_or_else(|| {
            let made = Known {
                id: ClientId::new(),
                ecommerce_customer_id: buyer.ecommerce_customer_id.clone(),
                email: buyer.email.clone(),
                phone: buyer.phone.clone(),
            };
            known.note(&made);
            new.push((made.id, buyer));
            made.id
        });
        ids.push(id);
    }
    store::insert_buyers(tx, &new).await?;
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(number: Option<&str>, email: Option<&str>, phone: Option<&str>) -> Known {
        Known {
            id: ClientId::new(),
            ecommerce_customer_id: number.map(str::to_owned),
            email: email.map(str::to_owned),
            phone: phone.map(str::to_owned),
        }
    }

    fn buyer(number: Option<&str>, email: Option<&str>, phone: Option<&str>) -> Buyer {
        let known = known(number, email, phone);
        Buyer {
            ecommerce_customer_id: known.ecommerce_customer_id,
            email: known.email,
            phone: known.phone,
            name: None,
        }
    }

    #[test]
    fn the_shops_number_counts_before_the_address_and_the_address_before_the_phone() {
        let all = [
            known(Some("7"), Some("kim@x.example"), Some("1")),
            known(None, Some("kim@x.example"), Some("1")),
            known(None, None, Some("2")),
        ];
        let ids: Vec<ClientId> = all.iter().map(|client| client.id).collect();
        let register = Register::of(all.into());
        let email = Some("kim@x.example");
        for (buyer, found) in [
            (buyer(Some("7"), Some("ana@x.example"), None), Some(ids[0])),
            (buyer(None, email, None), Some(ids[0])),
            // the shop knows the first one by another number
            (buyer(Some("8"), email, None), Some(ids[1])),
            (buyer(Some("8"), None, Some("1")), Some(ids[1])),
            (buyer(None, None, Some("2")), Some(ids[2])),
            // two addresses are two people, who may share a phone
            (buyer(None, Some("ana@x.example"), Some("2")), None),
            (buyer(Some("8"), None, None), None),
        ] {
            assert_eq!(register.find(&buyer), found, "{buyer:?}");
        }
    }
}
