//! What is known before a tool is used: what the channel allows, and who the visitor is known to be.

use chrono::TimeDelta;
use crm::orders::theirs;
use kernel::ids::{ClientId, OrderId};
use kernel::{Result, TenantTx};

use super::codes::{self, Verification};
use super::{Door, Permissions, store};
use crate::Context;

#[derive(Debug, Clone)]
pub struct Situation {
    pub permissions: Permissions,
    /// The clients that the visitor is known to be.
    pub clients: Vec<ClientId>,
    /// By what: an identity, or `code`.
    pub verified_by: Option<String>,
    /// Orders of which a cancellation waits for a person.
    pub waiting: Vec<OrderId>,
    /// The number for which a code was offered last, and the one for which it was asked for last.
    pub offered: Option<Verification>,
    pub sent: Option<Verification>,
    pub has_mail: bool,
}

/// Whoever has typed a code is known for so long, as after signing in.
const VERIFIED_FOR: TimeDelta = TimeDelta::hours(24);

impl Situation {
    pub async fn load(ctx: &Context, tx: &mut TenantTx, door: Door) -> Result<Option<Self>> {
        let Some(contact) = store::find_contact(tx, door.conversation).await? else {
            return Ok(None);
        };
        let vouched = theirs::find_clients(tx, contact, door.conversation).await?;
        let since = tx.now() - VERIFIED_FOR;
        let by_code = codes::store::list_verified(tx, door.conversation, since).await?;
        let is_by_code = vouched.clients.is_empty() && !by_code.is_empty();
        let mut clients = vouched.clients;
        clients.extend(by_code);
        Ok(Some(Self {
            permissions: store::permissions(tx, door.channel).await?,
            clients,
            verified_by: if is_by_code {
                Some("code".into())
            } else {
                vouched.by
            },
            waiting: store::list_waiting_orders(tx, door.conversation).await?,
            offered: codes::store::find_last(tx, door.conversation, false).await?,
            sent: codes::store::find_last(tx, door.conversation, true).await?,
            has_mail: notifications::settings::find_server(&ctx.notifications, tx)
                .await?
                .is_some(),
        }))
    }

    /// Whether any order may be spoken of.
    pub fn knows_visitor(&self) -> bool {
        self.verified_by.is_some()
    }
}
