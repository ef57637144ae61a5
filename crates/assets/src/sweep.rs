//! Files that nothing needs any more: never used, or erased with their conversation or tenant.
//!
//! Rows go at once, with what they belong to, and from then on the address leads nowhere. The bytes follow here.

use std::collections::HashSet;

use access::tenants::Operator;
use chrono::TimeDelta;
use kernel::ids::TenantId;
use kernel::{Result, TenantProof};

use crate::{Context, store};

/// Long enough for a message that is being written around it.
const UNUSED_FOR: TimeDelta = TimeDelta::days(1);
/// A file is on the disk a moment before its row.
const WITHOUT_ROW_FOR: TimeDelta = TimeDelta::hours(1);

/// Goes through all tenants once and gives the number of files that were removed. A tenant that fails does not keep
/// the others waiting.
pub async fn remove_unneeded(ctx: &Context) -> Result<usize> {
    let mut removed = remove_tenants(ctx).await?;
    for operator in Operator::for_all_active(&ctx.db).await? {
        match sweep_tenant(ctx, operator).await {
            Ok(count) => removed += count,
            Err(error) => error.log(),
        }
    }
    Ok(removed)
}

async fn remove_tenants(ctx: &Context) -> Result<usize> {
    let with_folder = ctx.files.list_tenants().await?;
    let existing = store::list_existing_tenants(&ctx.db, &with_folder).await?;
    let existing: HashSet<TenantId> = existing.into_iter().collect();
    let gone = with_folder
        .into_iter()
        .filter(|tenant| !existing.contains(tenant));
    let mut removed = 0;
    for tenant in gone {
        removed += ctx.files.list(tenant).await?.len();
        ctx.files.remove_tenant(tenant).await?;
    }
    Ok(removed)
}

async fn sweep_tenant(ctx: &Context, operator: Operator) -> Result<usize> {
    let (tenant, now) = (operator.tenant_id(), ctx.db.clock.now());
    let mut tx = ctx.db.tenant(&operator).await?;
    store::delete_unused(&mut tx, now - UNUSED_FOR).await?;
    tx.commit().await?;
    let files = ctx.files.list(tenant).await?;
    let old = files
        .into_iter()
        .filter(|file| file.written_at < now - WITHOUT_ROW_FOR);
    let old: Vec<_> = old.map(|file| file.name).collect();
    if old.is_empty() {
        return Ok(0);
    }
    let mut tx = ctx.db.tenant_read(&operator).await?;
    let known: HashSet<_> = store::list_known(&mut tx, &old).await?.into_iter().collect();
    drop(tx);
    let mut removed = 0;
    for name in old.into_iter().filter(|name| !known.contains(name)) {
        ctx.files.remove(tenant, name).await?;
        removed += 1;
    }
    Ok(removed)
}
