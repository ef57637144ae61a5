//! Who writes on a messaging channel: the vendor's ids of a person, and the contact behind them.
//!
//! A person who is new on a channel becomes the contact that is known by the same phone number or e-mail address, if the
//! vendor vouches for it and the contact's is verified too; what was only typed joins nobody.

pub mod merges;
pub mod store;

use kernel::ids::{ChannelId, ContactId, ConversationId};
use kernel::{Result, TenantTx};

/// What a vendor says of a person.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Person {
    /// The vendor's ids, the lasting one first.
    pub ids: Vec<String>,
    pub name: Option<String>,
    pub username: Option<String>,
    /// In canonical form.
    pub phone: Option<String>,
    pub email: Option<String>,
    /// The vendor has checked phone and e-mail.
    pub is_verified: bool,
    pub language: Option<String>,
    pub avatar_url: Option<String>,
}

/// How a vendor's id stands in `contact_identities`: it is known by one account only.
pub fn identity(channel: ChannelId, id: &str) -> String {
    format!("{channel}/{id}")
}

/// The contact of a person, made on first sight.
///
/// Two processes may meet the same person at once: they queue on the person's first id.
pub async fn find_or_create(tx: &mut TenantTx, channel: ChannelId, person: &Person) -> Result<ContactId> {
    store::take_turn(tx, channel, person.ids.first().map_or("", String::as_str)).await?;
    let values: Vec<String> = person.ids.iter().map(|id| identity(channel, id)).collect();
    let addresses = addresses(person);
    let known = list_known(tx, &values, &addresses).await?;
    let mut contact = match whose(&known, person, &addresses) {
        Some(contact) => contact,
        None => store::create(tx).await?,
    };
    // only what is new is written: whoever writes every day has been known for long
    for value in values
        .iter()
        .filter(|value| find(&known, PLATFORM, value).is_none())
    {
        store::add_identity(tx, contact, PLATFORM, value, true, Some(channel)).await?;
    }
    for (kind, value) in &addresses {
        let found = find(&known, kind, value);
        let is_its = found.is_some_and(|found| found.is_verified && found.contact_id == contact);
        match person.is_verified {
            true if !is_its => contact = claim(tx, contact, kind, value).await?,
            false if found.is_none() => store::add_identity(tx, contact, kind, value, false, None).await?,
            _ => {}
        }
    }
    store::complete(tx, contact, person).await?;
    Ok(contact)
}

/// The kind of a vendor's id.
const PLATFORM: &str = "platform";

async fn list_known(
    tx: &mut TenantTx,
    ids: &[String],
    addresses: &[(&'static str, String)],
) -> Result<Vec<store::Known>> {
    let ids = ids.iter().map(|id| (PLATFORM.to_owned(), id.clone()));
    let addresses = addresses
        .iter()
        .map(|(kind, value)| ((*kind).to_owned(), value.clone()));
    let (kinds, values): (Vec<String>, Vec<String>) = ids.chain(addresses).unzip();
    store::list_identities(tx, &kinds, &values).await
}

fn find<'a>(known: &'a [store::Known], kind: &str, value: &str) -> Option<&'a store::Known> {
    known
        .iter()
        .find(|known| known.kind == kind && known.value == value)
}

/// By the vendor's id, or else by an address that is verified on both sides.
fn whose(known: &[store::Known], person: &Person, addresses: &[(&'static str, String)]) -> Option<ContactId> {
    let by_id = known.iter().find(|known| known.kind == PLATFORM);
    let verified =
        |(kind, value): &(&str, String)| find(known, kind, value).filter(|known| known.is_verified);
    let by_address = || addresses.iter().filter(|_| person.is_verified).find_map(verified);
    by_id.or_else(by_address).map(|known| known.contact_id)
}

/// A verified address is the contact's. If it was verified for another one too, both are one person: the contact that
/// they are now. Whom the business itself tells apart by its own ids stays apart: a family may share an address, and
/// nobody may see another's conversations for it. For the same reason nobody is joined who is part of somebody by hand.
pub async fn claim(tx: &mut TenantTx, contact: ContactId, kind: &str, value: &str) -> Result<ContactId> {
    let value = value.to_lowercase();
    store::add_identity(tx, contact, kind, &value, true, None).await?;
    let reason = match kind {
        "phone" => merges::Reason::Phone,
        _ => merges::Reason::Email,
    };
    match store::find_verified(tx, kind, &value).await? {
        Some(other) if other != contact && store::can_be_joined(tx, contact, other).await? => {
            merges::by_rule(tx, contact, other, reason).await
        }
        _ => Ok(contact),
    }
}

/// What identifies a person everywhere.
fn addresses(person: &Person) -> Vec<(&'static str, String)> {
    let phone = person.phone.iter().map(|phone| ("phone", phone.clone()));
    let email = person.email.iter().map(|email| ("email", email.to_lowercase()));
    phone.chain(email).collect()
}

/// Notes that a person has further ids: a new phone number, say.
pub async fn add_ids(tx: &mut TenantTx, channel: ChannelId, known: &str, person: &Person) -> Result<bool> {
    let known = [identity(channel, known)];
    let Some(contact) = store::find_by_identity(tx, "platform", &known).await? else {
        return Ok(false);
    };
    for id in &person.ids {
        let value = identity(channel, id);
        store::add_identity(tx, contact, "platform", &value, true, Some(channel)).await?;
    }
    for (kind, value) in addresses(person) {
        store::add_identity(tx, contact, kind, &value, person.is_verified, None).await?;
    }
    store::complete(tx, contact, person).await?;
    Ok(true)
}

/// Where a contact's next message on a channel belongs: the conversation that is open, or one that was closed not long
/// ago and goes on. None: a new one begins.
pub async fn find_conversation(
    tx: &mut TenantTx,
    contact: ContactId,
    channel: ChannelId,
) -> Result<Option<ConversationId>> {
    store::find_conversation(tx, contact, channel).await
}

/// The newest conversation of a vendor's thread. Some vendors have several names for the same person.
pub async fn find_thread(
    tx: &mut TenantTx,
    channel: ChannelId,
    thread: &str,
) -> Result<Option<ConversationId>> {
    store::find_thread(tx, channel, thread, &identity(channel, thread)).await
}

/// Fills in what a vendor tells of a person when it is asked.
pub async fn complete(tx: &mut TenantTx, contact: ContactId, person: &Person) -> Result<()> {
    store::complete(tx, contact, person).await
}

/// Whether nobody knows how the contact is called.
pub async fn is_nameless(tx: &mut TenantTx, contact: ContactId) -> Result<bool> {
    store::is_nameless(tx, contact).await
}

/// A message by the vendor's id: theirs, or ours that was sent.
pub async fn find_message(
    tx: &mut TenantTx,
    channel: ChannelId,
    platform_id: &str,
) -> Result<Option<store::Found>> {
    store::find_message(tx, channel, platform_id).await
}

/// A conversation with somebody who has not written yet.
pub async fn begin_conversation(
    tx: &mut TenantTx,
    contact: ContactId,
    channel: ChannelId,
    thread: &str,
) -> Result<ConversationId> {
    if let Some(known) = store::find_conversation(tx, contact, channel).await? {
        return Ok(known);
    }
    let id = ConversationId::new();
    let new = crate::inbound::store::NewConversation {
        id,
        contact,
        visitor: contact,
        channel,
        thread: Some(thread),
        language: None,
        page_url: None,
    };
    crate::inbound::store::create_conversation(tx, &new).await?;
    Ok(id)
}

/// Where a contact is reached on a channel: the newest conversation's thread, or else the vendor's first id of them.
pub async fn find_address(
    tx: &mut TenantTx,
    contact: ContactId,
    channel: ChannelId,
) -> Result<Option<String>> {
    store::find_address(tx, contact, channel).await
}
