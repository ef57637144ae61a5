//! All SQL for models: the channels whose bots they are.

use kernel::{Result, TenantTx};

use super::Channel;

/// The oldest first: its bot is the workspace's.
pub async fn list_channels(tx: &mut TenantTx) -> Result<Vec<Channel>> {
    let channels = sqlx::query_as!(
        Channel,
        "select kind, name, channel_key, created_at from channels order by created_at, id"
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(channels)
}
