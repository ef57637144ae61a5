//! The calls that are Messenger's own.

use crate::form::{Account, CheckError, Checked};
use crate::http::Http;
use crate::meta::graph::{Graph, permissions};
use crate::meta::json::Json;
use crate::meta::outgoing::Sender;
use kernel::Reason;

/// What a page tells us. A call replaces the list, also for Instagram when it is linked to the page: one list for both.
pub const FIELDS: &str = "messages,messaging_postbacks,message_echoes,message_deliveries,message_reads,\
                          message_reactions,message_edits,messaging_referrals,messaging_handovers,standby";

const PERMISSIONS: [&str; 2] = ["pages_messaging", "pages_manage_metadata"];

pub fn sender(account: &Account) -> Sender<'_> {
    Sender {
        graph: Graph::new(account),
        node: account.value("page_id"),
        has_metadata: true,
        can_quote: true,
        can_upload: true,
    }
}

pub async fn check(http: &Http, account: &Account) -> Result<Checked, CheckError> {
    let graph = Graph::new(account);
    let call = graph.get(&["me"], &[("fields", "id,name")]);
    let body = graph.ask(http, call).await?;
    let page = Json(&body);
    let (id, name) = (page.word("/id"), page.word("/name"));
    if id != account.value("page_id") {
        let reason = Reason::new(
            "messenger_other_page",
            "The token belongs to {name} ({id}), not to the page {page}. Make a token of the page itself.",
        );
        let reason = reason.with("name", &name).with("id", &id);
        return Err(CheckError::broken(reason.with("page", account.value("page_id"))));
    }
    let token = graph.debug_token(http).await?;
    Ok(Checked {
        display_name: name,
        account_id: None,
        permissions: permissions(token.as_ref(), &PERMISSIONS),
        token_expires_at: token.and_then(|token| token.expires_at),
        warnings: Vec::new(),
    })
}
