//! Done in the background: snoozed conversations come back when their time has come, what waits finds somebody.

use access::tenants::Operator;
use chrono::TimeDelta;
use kernel::{Event, Result};
use serde_json::json;

use super::store;
use crate::timeline::{self, Actor, Kind};
use crate::{Context, assignment, presence};

/// Looks through all active tenants once, by the application's clock; one that fails does not keep the others waiting.
pub async fn look_after(ctx: &Context) -> Result<()> {
    for operator in Operator::for_all_active(&ctx.db).await? {
        if let Err(error) = look_after_tenant(ctx, operator).await {
            error.log();
        }
    }
    Ok(())
}

async fn look_after_tenant(ctx: &Context, operator: Operator) -> Result<()> {
    let mut tx = ctx.db.tenant(&operator).await?;
    for conversation_id in store::wake_due(&mut tx).await? {
        let by = json!({"by": "time"});
        timeline::record(&mut tx, conversation_id, Kind::Woken, &Actor::nobody(), by).await?;
        tx.emit(Event::ConversationChanged { conversation_id });
    }
    assignment::give_out(&mut tx).await?;
    let long_ago = tx.now() - TimeDelta::hours(1);
    presence::store::forget(&mut tx, long_ago).await?;
    tx.commit().await
}
