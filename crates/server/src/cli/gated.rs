//! Runners whose jobs wait while their tenant is suspended.

use access::tenants::standing;
use kernel::ids::TenantId;
use queue::{Runner, RunnerBuilder};

use crate::wiring::Domains;

/// Every runner but those of mails (what was promised to somebody is still sent) and of the night (people of a suspended
/// tenant read, and take their data along).
pub fn runner(pool: sqlx::PgPool, domains: &Domains) -> RunnerBuilder {
    let db = domains.access.db.clone();
    Runner::builder(pool).gate(move |tenant: String| {
        let db = db.clone();
        async move {
            let Ok(tenant) = tenant.parse::<TenantId>() else {
                return true;
            };
            // a database that does not answer is found out by the job
            standing::may_act(&db, tenant).await.unwrap_or(true)
        }
    })
}
