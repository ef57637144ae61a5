//! Notes that somebody has waited for a person for as long as a rule says: once for each time they began to wait.

use access::tenants::Operator;
use kernel::Result;

use super::{jobs, store};
use crate::Context;

/// Looks through all active tenants once, by the application's clock; one that fails does not keep the others waiting.
pub async fn look_everywhere(ctx: &Context) -> Result<()> {
    for operator in Operator::for_all_active(&ctx.db).await? {
        if let Err(error) = look(ctx, operator).await {
            error.log();
        }
    }
    Ok(())
}

async fn look(ctx: &Context, operator: Operator) -> Result<()> {
    let mut tx = ctx.db.tenant(&operator).await?;
    if store::note_waiting(&mut tx).await? > 0 {
        jobs::plan(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(())
}
