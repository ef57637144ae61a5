//! The queue's tables: made by the database's owner, worked with by a role that owns nothing.

use graphile_worker::WorkerUtils;
use graphile_worker::worker_utils::types::CleanupTask;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};

use crate::Error;
use crate::runner::DEAD_AFTER;

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

/// Whether anybody works here, as far as was heard within the time after which a worker counts as dead.
pub async fn has_workers(pool: &PgPool) -> Result<bool, Error> {
    let sql = "select exists (
        select from graphile_worker._private_workers where last_heartbeat_at > now() - make_interval(secs => $1))";
    let query = sqlx::query_scalar(sql).bind(DEAD_AFTER.as_secs_f64());
    Ok(query.fetch_one(pool).await?)
}

/// The clock was put back when something was written in the future. What was planned then waits from now on, as long as it
/// was to. Whoever is first does it for all.
pub(crate) async fn follow_clock(pool: &PgPool) -> Result<u64, Error> {
    let sql = "
        with heard as (
            update graphile_worker._private_workers
            set last_heartbeat_at = now()
            where last_heartbeat_at > now() + interval '15 seconds'
        )
        update graphile_worker._private_jobs
        set run_at = now() + greatest(run_at - updated_at, interval '0'), updated_at = now()
        where updated_at > now() + interval '15 seconds'";
    Ok(sqlx::query(sql).execute(pool).await?.rows_affected())
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

/// Lets `role` enqueue and work jobs. Call it after [`migrate`], as the owner; calling it again changes nothing.
pub async fn grant(owner: &mut PgConnection, role: &str) -> Result<(), Error> {
    let mut tx = owner.begin().await?;
    // another process may be doing the same at this moment
    sqlx::query("select pg_advisory_xact_lock(hashtext('graphile_worker grant'))")
        .execute(&mut *tx)
        .await?;
    let quoted: String = sqlx::query_scalar("select quote_ident($1)")
        .bind(role)
        .fetch_one(&mut *tx)
        .await?;
    let mut statements = Vec::new();
    // The library turns row security on without any policy, which hides every row from all but the owner.
    for table in hidden_tables(&mut tx, role).await? {
        statements.push(format!(
            "create policy {quoted} on {SCHEMA}.{table} to {quoted} using (true) with check (true)"
        ));
    }
    if statements.is_empty() {
        return Ok(());
    }
    statements.push(format!("grant usage on schema {SCHEMA} to {quoted}"));
    for (table, rights) in GRANTS {
        statements.push(format!("grant {rights} on {SCHEMA}.{table} to {quoted}"));
    }
    for statement in statements {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Those whose rows the role does not see yet: none once everything was granted.
async fn hidden_tables(owner: &mut PgConnection, role: &str) -> Result<Vec<String>, sqlx::Error> {
    let sql = "
        select quote_ident(relname)
        from pg_class
        where relnamespace = $1::regnamespace
            and relrowsecurity
            and not exists (select from pg_policy where polrelid = pg_class.oid and polname = $2)
        order by relname";
    sqlx::query_scalar(sql)
        .bind(SCHEMA)
        .bind(role)
        .fetch_all(owner)
        .await
}

/// Puts a job off that is at work, until [`release`]. What its worker says of it then changes neither its time, which lies
/// further ahead than any other attempt, nor its attempts.
pub(crate) async fn hold(pool: &PgPool, id: i64) -> Result<(), sqlx::Error> {
    let sql = "
        update graphile_worker._private_jobs
        set run_at = now() + interval '100 years', attempts = greatest(attempts - 1, 0)
        where id = $1";
    sqlx::query(sql).bind(id).execute(pool).await?;
    Ok(())
}

/// Brings back the jobs of a tenant that were put off while it might not act.
pub async fn release(conn: &mut PgConnection, tenant: &str) -> Result<u64, Error> {
    let sql = "
        update graphile_worker._private_jobs
        set run_at = now(), last_error = null
        where payload ->> 'tenant' = $1
            and run_at > now() + interval '50 years'
            and locked_at is null";
    let back = sqlx::query(sql).bind(tenant).execute(conn).await?;
    Ok(back.rows_affected())
}

/// Deletes the jobs that name this id as their `tenant`, and the series that are left without any. A job that is at work
/// ends by itself: it finds nothing any more. Returns how many jobs went.
pub async fn forget_tenant(conn: &mut PgConnection, tenant: &str) -> Result<u64, Error> {
    let sql =
        "delete from graphile_worker._private_jobs where payload ->> 'tenant' = $1 and locked_at is null";
    let gone = sqlx::query(sql).bind(tenant).execute(&mut *conn).await?;
    let sql = "
        delete from graphile_worker._private_job_queues as queues
        where position($1 in queues.queue_name) > 0
            and queues.locked_at is null
            and not exists (select from graphile_worker._private_jobs as jobs where jobs.job_queue_id = queues.id)";
    sqlx::query(sql).bind(tenant).execute(conn).await?;
    Ok(gone.rows_affected())
}
