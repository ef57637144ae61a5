//! The end of a tenant: its rows, jobs, vectors and files. One way for all who remove one: the command line, the console and
//! the clock.

mod store;

use std::collections::BTreeMap;

use kernel::db::JobTenant;
use kernel::error::{Result, internal};
use kernel::events::WorkspaceList;
use kernel::{Event, TenantProof, secrets};
use serde::Serialize;

use crate::wiring::Domains;

/// What went, as the installation's log keeps it: numbers, and no content.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = RemovedTenant)]
pub struct Removed {
    /// Of each table that had any.
    pub rows: BTreeMap<String, i64>,
    pub jobs: u64,
    pub files: usize,
    /// Of people who are in no other tenant.
    pub accounts: u64,
    /// SHA-256 of these numbers in the order of their names, in hexadecimal digits.
    pub digest: String,
}

/// Removes a tenant with everything that belongs to it. When this returns no row of it is left; an index or a file that
/// could not be reached is swept away later, and nothing leads to it.
pub async fn delete_tenant(domains: &Domains, proof: &impl TenantProof) -> Result<Removed> {
    let tenant = proof.tenant_id();
    let mut tx = domains.access.db.tenant(proof).await?;
    access::tenants::store::lock(&mut tx).await?;
    let rows = store::count_rows(&mut tx).await?;
    let people = access::members::store::list_users(&mut tx).await?;
    let jobs = queue::forget_tenant(&mut tx, &tenant.to_string())
        .await
        .map_err(internal)?;
    access::tenants::store::delete(&mut tx).await?;
    // whoever has it open is told to look, and finds nothing
    tx.emit(Event::WorkspaceChanged {
        what: WorkspaceList::Members,
    });
    tx.commit().await?;
    access::sessions::forget_tenant(&domains.access.db, tenant).await?;
    let accounts = access::users::store::delete_homeless(&domains.access.db, &people).await?;
    if let Err(error) = domains.knowledge.large.index.forget(JobTenant::of(proof)).await {
        // nothing can be found in it any more: what it names is read in the database
        error.log();
    }
    let files = &domains.assets.files;
    let count = files.list(tenant).await?.len();
    for folder in [files, &domains.exports] {
        if let Err(error) = folder.remove_tenant(tenant).await {
            // the hourly sweep takes it
            error.log();
        }
    }
    Ok(Removed {
        digest: digest(&rows, jobs, count, accounts),
        rows,
        jobs,
        files: count,
        accounts,
    })
}

fn digest(rows: &BTreeMap<String, i64>, jobs: u64, files: usize, accounts: u64) -> String {
    let lines = rows.iter().map(|(table, count)| format!("{table} {count}\n"));
    let text = format!(
        "{}jobs {jobs}\nfiles {files}\naccounts {accounts}\n",
        lines.collect::<String>()
    );
    let hash = secrets::sha256(text.as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
