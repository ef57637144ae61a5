//! The booking link that an answer offers, with what is known of the visitor, so that the booking comes back to its
//! conversation.

use conversations::leads::capture;
use conversations::meetings::{self, link};
use conversations::messages::Action;
use kernel::ids::ConversationId;
use kernel::{Result, TenantProof};

use crate::Context;
use crate::pipeline::Reply;

/// Fills in what the vendor of the link takes.
pub async fn address(
    ctx: &Context,
    proof: &impl TenantProof,
    conversation: ConversationId,
    made: &mut Reply,
) -> Result<()> {
    if !made.offers_booking() {
        return Ok(());
    }
    let mut tx = ctx.db.tenant_read(proof).await?;
    let known = capture::find_known(&mut tx, conversation).await?;
    let is_calcom = meetings::store::get_settings(&mut tx)
        .await?
        .calcom_secret
        .is_some();
    let contact = known.map(|known| known.contact).unwrap_or_default();
    let visitor = link::Visitor {
        name: contact.name.as_deref(),
        email: contact.email.as_deref(),
    };
    let token = link::token(&ctx.master_key, proof.tenant_id(), conversation);
    for action in &mut made.reply.actions {
        if let Action::OfferBooking { url } = action {
            *url = link::prefilled(url, visitor, &token, is_calcom);
        }
    }
    Ok(())
}
