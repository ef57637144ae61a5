//! A lead becomes a client: the contact's own, the one that a person names, the one whose address is proven to be the
//! lead's, or a new one; and a deal, if wanted. An address that a visitor has merely typed finds nobody.

pub mod api;
mod store;

use access::Member;
use conversations::inbox::store::lock_all;
use conversations::leads::{self, Lead, Status};
use kernel::error::{Error, conflict, invalid, not_found};
use kernel::ids::{ClientId, ContactId, ConversationId, DealId, LeadId, PipelineStageId};
use kernel::money::{Amount, Currency};
use kernel::{Event, Result, TenantTx};
use serde::{Deserialize, Serialize};

use crate::deals::change::check_reason;
use crate::{orders, words};

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
    /// Needed for a stage of lost deals.
    pub lost_reason: Option<String>,
}

/// A client with an address of the lead's, who may be the same person.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ClientLikeLead {
    pub id: ClientId,
    pub name: Option<String>,
    /// `email`, `phone`.
    pub by: Vec<String>,
}

/// Converts a lead. Once it is, this gives what it became, and makes nothing new but a deal that it did not have.
///
/// # Errors
/// 404 for a lead that does not exist; 409 where no pipeline takes the deal, or the lead is another client already.
pub async fn convert(
    tx: &mut TenantTx,
    member: &Member,
    id: LeadId,
    chosen: Option<ClientId>,
    deal: Option<&NewDeal>,
) -> Result<Lead> {
    let lead = lock(tx, id).await?;
    let chosen = match chosen {
        Some(client) => Some(store::client_now(tx, client).await?.ok_or_else(no_such_client)?),
        None => None,
    };
    let became = match lead.client_id.filter(|_| lead.status == Status::Converted) {
        Some(client) => store::client_now(tx, client).await?,
        None => None,
    };
    if became.is_some() && chosen.is_some() && became != chosen {
        return Err(conflict(
            "converted_already",
            "This lead has become another client already. Merge the two clients if they are one.",
        ));
    }
    let deal = deal.filter(|_| became.is_none() || lead.deal_id.is_none());
    if became.is_some() && deal.is_none() {
        return Ok(lead);
    }
    let contact = match lead.contact_id {
        Some(contact) => Some(store::contact_now(tx, contact).await?),
        None => None,
    };
    let client = match became {
        Some(client) => client,
        None => find_or_make_client(tx, &lead, contact, chosen).await?,
    };
    orders::store::lock_clients(tx, &[client]).await?;
    store::complete(tx, client, &lead, deal.is_some()).await?;
    let opened = match deal {
        Some(deal) => Some(open_deal(tx, member, &lead, client, deal).await?),
        None => lead.deal_id,
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

/// Conversation, contact, lead: the order in which messages lock them. Between them the tenant's row, which all who write
/// clients hold before any lead.
async fn lock(tx: &mut TenantTx, id: LeadId) -> Result<Lead> {
    let found = leads::store::find(tx, id).await?;
    let seen = found.ok_or_else(|| not_found("lead"))?;
    let conversations: Vec<ConversationId> = seen.conversation_id.into_iter().collect();
    lock_all(tx, &conversations).await?;
    if let Some(contact) = seen.contact_id {
        store::lock_contact(tx, contact).await?;
    }
    orders::store::lock_clients(tx, &[]).await?;
    let lead = leads::store::lock(tx, id).await?;
    lead.ok_or_else(|| not_found("lead"))
}

fn no_such_client() -> Error {
    invalid(
        "no_such_client",
        "There is no such client. They may have been deleted.",
    )
}

/// Clients who may be the same person as the lead, beside the one that it became: for a person to decide.
pub async fn list_similar(tx: &mut TenantTx, lead: &Lead) -> Result<Vec<ClientLikeLead>> {
    store::list_similar(tx, &lead.contact_info, lead.client_id).await
}

async fn find_or_make_client(
    tx: &mut TenantTx,
    lead: &Lead,
    contact: Option<ContactId>,
    chosen: Option<ClientId>,
) -> Result<ClientId> {
    let own = match contact {
        Some(contact) => store::find_of_contact(tx, contact).await?,
        None => None,
    };
    match (own, chosen) {
        (Some(own), Some(chosen)) if own != chosen => {
            return Err(conflict(
                "contact_is_client",
                format!(
                    "Whoever left this is the client {own} already. Merge the two clients if they are one."
                ),
            ));
        }
        (Some(client), _) => return Ok(client),
        (None, Some(chosen)) => {
            store::link(tx, chosen, contact).await?;
            return Ok(chosen);
        }
        (None, None) => {}
    }
    // two leads of one person at once would each find no client
    orders::store::lock_buyers(tx).await?;
    match store::find_by_address(tx, &lead.contact_info, contact).await? {
        Some(client) => {
            store::link(tx, client, contact).await?;
            Ok(client)
        }
        None => match contact {
            Some(contact) => store::make_client_of_contact(tx, lead, contact).await,
            None => store::insert_client(tx, lead).await,
        },
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
    let lost_reason = words::maybe(deal.lost_reason.clone())?;
    check_reason(stage.stage, lost_reason.as_deref())?;
    let deal = store::DealOfLead {
        name,
        value: deal.deal_value,
        currency: deal.currency.as_ref(),
        lost_reason: lost_reason.as_deref(),
    };
    store::insert_deal(tx, member.user_id(), lead, client, &deal, &stage).await
}
