//! Deleting by age: conversations that have been resolved for as many days as a workspace keeps them.
//!
//! Off unless set. What goes, goes as with an erased visitor: triggers take along what was noted of it, and the files
//! follow within the hour. The contact and the client stay: they are not old because a conversation is.

pub mod api;
mod store;

use access::audit::{self, Action, SYSTEM};
use access::tenants::Operator;
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{Event, Result, TenantProof as _};
use serde_json::json;

use crate::{Context, inbox};

/// So many go in one transaction.
const AT_ONCE: i64 = 100;
/// So many transactions a tenant has in one round, so that the others have their turn.
const MOST_BATCHES: usize = 50;

/// Goes through all tenants once and gives the number of conversations that were deleted. To be called every now and then.
pub async fn delete_everywhere(ctx: &Context) -> Result<usize> {
    let mut deleted = 0;
    for operator in Operator::for_all(&ctx.db).await? {
        match delete_old(ctx, &operator).await {
            Ok(count) => deleted += count,
            Err(error) => error.log(),
        }
    }
    Ok(deleted)
}

async fn delete_old(ctx: &Context, operator: &Operator) -> Result<usize> {
    let mut deleted = 0;
    for _ in 0..MOST_BATCHES {
        let mut tx = ctx.db.tenant(operator).await?;
        let Some(days) = store::days(&mut tx).await? else {
            break;
        };
        let before = before(tx.now(), days);
        let due = store::list_due(&mut tx, before, AT_ONCE).await?;
        if due.is_empty() {
            break;
        }
        inbox::store::lock_all(&mut tx, &due).await?;
        // one that was opened again meanwhile stays
        let gone = store::delete(&mut tx, &due, before).await?;
        store::forget_previews(&mut tx).await?;
        deleted += gone.len();
        let subject = format!("tenant:{}", operator.tenant_id());
        let details = json!({"conversations": gone.len(), "days": days});
        audit::record(&mut tx, SYSTEM, Action::ConversationsExpired, &subject, details).await?;
        for conversation_id in gone {
            tx.emit(Event::ConversationChanged { conversation_id });
        }
        tx.commit().await?;
    }
    Ok(deleted)
}

/// What was resolved before this moment is old.
fn before(now: DateTime<Utc>, days: i32) -> DateTime<Utc> {
    now - TimeDelta::days(i64::from(days))
}
