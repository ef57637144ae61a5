//! Collections: texts of a channel under a name. Keyword actions say their items, prompts name them as
//! `{{collection.NAME}}`.

pub mod api;
pub mod store;

use chrono::{DateTime, Utc};
use kernel::ids::{ChannelId, CollectionId};
use kernel::{Result, TenantTx};
use serde::Serialize;

/// A collection as the API shows it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = ContentCollection)]
pub struct Collection {
    pub id: CollectionId,
    pub channel_id: ChannelId,
    /// As prompts and keyword actions name it: small letters, digits, `-` and `_`.
    pub collection_id: String,
    pub name: String,
    pub items: Vec<String>,
    pub created_at: DateTime<Utc>,
}

/// The item that is said: a certain one, counted from 1, or the one whose turn it is.
pub fn pick(items: &[String], item: Option<u32>, uses: i64) -> Option<String> {
    let count = u64::try_from(items.len()).ok().filter(|count| *count > 0)?;
    let index = match item {
        Some(item) => u64::from(item.saturating_sub(1)).min(count - 1),
        None => u64::try_from(uses).unwrap_or(0) % count,
    };
    items.get(usize::try_from(index).ok()?).cloned()
}

/// The prompt with the items of the collections that it names, one a line.
pub async fn fill(tx: &mut TenantTx, channel: ChannelId, prompt: &str) -> Result<String> {
    let mut filled = prompt.to_owned();
    if !prompt.contains(OPENING) {
        return Ok(filled);
    }
    for collection in store::list(tx, Some(channel)).await? {
        let mark = format!("{OPENING}{}}}}}", collection.collection_id);
        let lines: Vec<String> = collection.items.iter().map(|item| format!("- {item}")).collect();
        filled = filled.replace(&mark, &lines.join("\n"));
    }
    Ok(filled)
}

const OPENING: &str = "{{collection.";
