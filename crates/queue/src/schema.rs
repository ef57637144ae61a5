//! The queue's tables: made by the database's owner, worked with by a role that owns nothing.

use graphile_worker::WorkerUtils;
use graphile_worker::worker_utils::types::CleanupTask;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use crate::Error;

/// The schema of the queue's tables.
pub(crate) const SCHEMA: &str = "graphile_worker";

/// Creates or upgrades the tables. `owner` must be a pool of the database's owner.
pub async fn migrate(owner: &PgPool) -> Result<(), Error> {
    let utils = WorkerUtils::new(owner, SCHEMA);
    utils
        .migrate()
        .await
        .map_err(|error| Error::Schema(error.to_string()))
}

/// Forgets series in which no job is left, and jobs whose worker died after another one had taken their place. Each
/// series (one per conversation, say) leaves a row behind, so do this daily.
pub async fn forget_idle_series(pool: &PgPool) -> Result<(), Error> {
    let sql = "
        delete from graphile_worker._private_jobs as jobs
        using graphile_worker._private_job_retirements as replaced
        where jobs.id = replaced.id
            and jobs.locked_at is null";
    sqlx::query(sql).execute(pool).await?;
    let utils = WorkerUtils::new(pool, SCHEMA);
    utils
        .cleanup(&[CleanupTask::GcJobQueues])
        .await
        .map_err(|error| Error::Schema(error.to_string()))
}

/// Says that no worker of this database is alive, so that the next one takes up their jobs at once, and not when their
/// silence is noticed. Only for whoever has the database alone, before it starts its own.
pub async fn declare_workers_dead(pool: &PgPool) -> Result<(), Error> {
    let sql = "update graphile_worker._private_workers set last_heartbeat_at = to_timestamp(0)";
    sqlx::query(sql).execute(pool).await?;
    Ok(())
}

/// What a role needs on each table to enqueue jobs and to work them. The view `jobs` is left out: it
/// would show rows past row security.
const GRANTS: [(&str, &str); 7] = [
    ("migrations", "select"),
    ("_private_tasks", "select, insert"),
    ("_private_jobs", "select, insert, update, delete"),
    ("_private_job_queues", "select, insert, update, delete"),
    ("_private_job_retirements", "select, insert, delete"),
    ("_private_known_crontabs", "select, insert, update"),
    ("_private_workers", "select, insert, update, delete"),
];

/// Lets `role` enqueue and work jobs. Call it after [`migrate`], as the owner; calling it again is fine.
pub async fn grant(owner: &mut PgConnection, role: &str) -> Result<(), Error> {
    let quoted: String = sqlx::query_scalar("select quote_ident($1)")
        .bind(role)
        .fetch_one(&mut *owner)
        .await?;
    let mut statements = vec![format!("grant usage on schema {SCHEMA} to {quoted}")];
    for (table, rights) in GRANTS {
        statements.push(format!("grant {rights} on {SCHEMA}.{table} to {quoted}"));
    }
    // The library turns row security on without any policy, which hides every row from all but the owner.
    for table in tables_with_row_security(owner).await? {
        statements.push(format!("drop policy if exists {quoted} on {SCHEMA}.{table}"));
        statements.push(format!(
            "create policy {quoted} on {SCHEMA}.{table} to {quoted} using (true) with check (true)"
        ));
    }
    for statement in statements {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *owner).await?;
    }
    Ok(())
}

async fn tables_with_row_security(owner: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    let sql = "
        select quote_ident(relname)
        from pg_class
        where relnamespace = $1::regnamespace
            and relrowsecurity
        order by relname";
    sqlx::query_scalar(sql).bind(SCHEMA).fetch_all(owner).await
}
