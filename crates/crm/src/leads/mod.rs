//! A lead becomes a client: the contact's own, or the one with the same address, or a new one; and a deal, if wanted.

pub mod api;
mod store;

use access::Member;
use conversations::inbox::store::lock_all;
use conversations::leads::{self, Lead, Status};
use kernel::error::{conflict, invalid, not_found};
use kernel::ids::{ClientId, ContactId, ConversationId, DealId, LeadId, PipelineStageId};
use kernel::money::{Amount, Currency};
use kernel::{Event, Result, TenantTx};
use serde::Deserialize;

/// The deal that is opened with the client.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = LeadDeal)]
#[serde(deny_unknown_fields)]
pub struct NewDeal {
    /// 1 to 200 characters.
    pub name: String,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub deal_value: Option<Amount>,
    /// The workspace's own unless given.
    #[schema(value_type = Option<String>)]
    pub currency: Option<Currency>,
    /// The first open one of the default pipeline unless given.
    pub pipeline_stage_id: Option<PipelineStageId>,
}

/// Converts a lead. Once it is, this gives what it became, and makes nothing new.
///
/// # Errors
/// 404 for a lead that does not exist; 409 where no pipeline takes the deal.
pub async fn convert(tx: &mut TenantTx, member: &Member, id: LeadId, deal: Option<&NewDeal>) -> Result<Lead> {
    let lead = lock(tx, id).await?;
    if lead.status == Status::Converted && lead.client_id.is_some() {
        return Ok(lead);
    }
    let contact = match lead.contact_id {
        Some(contact) => Some(store::contact_now(tx, contact).await?),
        None => None,
    };
    let has_deal = deal.is_some();
    let client = find_or_make_client(tx, &lead, contact).await?;
    store::complete(tx, client, &lead, has_deal).await?;
    let opened = match deal {
        Some(deal) => Some(open_deal(tx, member, &lead, client, deal).await?),
        None => None,
    };
    leads::store::convert(tx, id, client, opened).await?;
    leads::capture::tell(tx, lead.conversation_id);
    tx.emit(Event::ClientChanged {
        client_id: Some(client),
    });
    if opened.is_some() {
        tx.emit(Event::DealChanged { deal_id: opened });
    }
    leads::store::find(tx, id).await?.ok_or_else(|| not_found("lead"))
}

/// Conversation, contact, lead: the order in which messages lock them.
async fn lock(tx: &mut TenantTx, id: LeadId) -> Result<Lead> {
    let found = leads::store::find(tx, id).await?;
    let seen = found.ok_or_else(|| not_found("lead"))?;
    let conversations: Vec<ConversationId> = seen.conversation_id.into_iter().collect();
    lock_all(tx, &conversations).await?;
    if let Some(contact) = seen.contact_id {
        store::lock_contact(tx, contact).await?;
    }
    let lead = leads::store::lock(tx, id).await?;
    lead.ok_or_else(|| not_found("lead"))
}

async fn find_or_make_client(tx: &mut TenantTx, lead: &Lead, contact: Option<ContactId>) -> Result<ClientId> {
    if let Some(contact) = contact
        && let Some(client) = store::find_of_contact(tx, contact).await?
    {
        return Ok(client);
    }
    // two leads of one person at once would each find no client
    store::take_turn(tx).await?;
    match store::find_by_address(tx, &lead.contact_info).await? {
        Some(client) => {
            store::link(tx, client, contact).await?;
            Ok(client)
        }
        None => store::insert_client(tx, lead, contact).await,
    }
}

async fn open_deal(
    tx: &mut TenantTx,
    member: &Member,
    lead: &Lead,
    client: ClientId,
    deal: &NewDeal,
) -> Result<DealId> {
    let name = deal.name.trim();
    if !(1..=200).contains(&name.chars().count()) {
        return Err(invalid("bad_name", "A deal's name has 1 to 200 characters."));
    }
    if deal.deal_value.is_some_and(Amount::is_negative) {
        return Err(invalid("bad_deal_value", "A deal's value is not below zero."));
    }
    let stage = store::find_stage(tx, deal.pipeline_stage_id).await?;
    let stage = match (stage, deal.pipeline_stage_id) {
        (Some(stage), _) => stage,
        (None, Some(_)) => return Err(not_found("stage")),
        (None, None) => {
            return Err(conflict(
                "no_pipeline",
                "There is no pipeline with an open stage yet. Make one first, or convert without a deal.",
            ));
        }
    };
    store::insert_deal(tx, member.user_id(), lead, client, deal, name, &stage).await
}
