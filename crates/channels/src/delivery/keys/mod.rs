//! Keys by which a program repeats a request and has its message sent once all the same.

pub mod store;

use conversations::messages::{self, Message};
use kernel::error::{conflict, invalid, not_found};
use kernel::ids::ChannelId;
use kernel::{Error, Result, TenantTx};
use serde_json::Value;

/// Takes a key for a request, until the transaction ends: whoever comes with the same one waits for it. Some: it was used
/// for this request before, and this is the message.
///
/// # Errors
/// 422 `idempotency_mismatch` if it was used for another request.
pub async fn take(
    tx: &mut TenantTx,
    channel: ChannelId,
    key: &str,
    request: &Value,
) -> Result<Option<Message>> {
    let request = kernel::secrets::sha256(request.to_string().as_bytes());
    if store::insert(tx, channel, key, &request).await? {
        return Ok(None);
    }
    let used = store::find(tx, channel, key).await?.ok_or_else(|| {
        conflict(
            "lost_race",
            "A request with this key has just failed. Please try again.",
        )
    })?;
    if used.request != request {
        return Err(mismatch());
    }
    let message = messages::store::find(tx, used.conversation_id, used.message_id).await?;
    message.map(Some).ok_or_else(|| not_found("message"))
}

pub fn mismatch() -> Error {
    invalid(
        "idempotency_mismatch",
        "This key was used for another request. A new message needs a new key.",
    )
}

/// So long a key is remembered.
const KEPT_DAYS: i32 = 7;

pub async fn delete_old(tx: &mut TenantTx) -> Result<u64> {
    store::delete_old(tx, KEPT_DAYS).await
}
