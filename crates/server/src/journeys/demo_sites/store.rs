//! All SQL for demonstrations that looks across domains. It owns no table.

use kernel::{Result, TenantTx};
use serde::Serialize;

/// A page that the bot answers from.
pub struct ReadPage {
    pub url: String,
    pub title: Option<String>,
}

/// Those nearest to the start page first.
pub async fn list_pages(tx: &mut TenantTx, limit: i64) -> Result<Vec<ReadPage>> {
    let pages = sqlx::query_as!(
        ReadPage,
        "select url, title from website_pages
        where tenant_id = current_tenant_id() and serving_revision is not null
        order by depth, created_at, id
        limit $1",
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(pages)
}

/// Whether there are pages that have been read and do not answer yet.
pub async fn has_pages_to_come(tx: &mut TenantTx) -> Result<bool> {
    let are_there = sqlx::query_scalar!(
        r#"select exists (select from website_pages
            where tenant_id = current_tenant_id() and state = 'read' and serving_revision is null) as "yes!""#,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(are_there)
}

/// What visitors have left in a demonstration.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub struct Held {
    pub conversations: i64,
    pub messages: i64,
    pub files: i64,
}

pub async fn count_held(tx: &mut TenantTx) -> Result<Held> {
    let held = sqlx::query_as!(
        Held,
        r#"select
            (select count(*) from conversations where tenant_id = current_tenant_id()) as "conversations!",
            (select count(*) from messages where tenant_id = current_tenant_id()) as "messages!",
            (select count(*) from assets where tenant_id = current_tenant_id()) as "files!""#,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(held)
}
