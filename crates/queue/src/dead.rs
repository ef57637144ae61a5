//! Jobs that failed too often. They are kept with their cause until somebody retries or deletes them.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};

/// A job that runs no more.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct DeadJob {
    pub id: i64,
    pub name: String,
    pub payload: Value,
    pub attempts: i16,
    pub series: Option<String>,
    /// The last failure, in the handler's words.
    pub cause: String,
    pub enqueued_at: DateTime<Utc>,
    pub failed_at: DateTime<Utc>,
}

/// How much work there is. `oldest_waiting_seconds` is the age of the oldest job that could run now: the
/// figure to raise an alarm on.
#[derive(Debug, Clone, Copy, PartialEq, sqlx::FromRow)]
pub struct Backlog {
    pub waiting: i64,
    pub running: i64,
    pub scheduled: i64,
    pub dead: i64,
    pub oldest_waiting_seconds: f64,
}

/// The dead jobs, newest first.
pub async fn list(conn: &mut PgConnection, limit: i64) -> Result<Vec<DeadJob>, sqlx::Error> {
    let sql = "
        select
            jobs.id,
            tasks.identifier as name,
            jobs.payload,
            jobs.attempts,
            queues.queue_name as series,
            coalesce(jobs.last_error, '') as cause,
            jobs.created_at as enqueued_at,
            jobs.updated_at as failed_at
        from graphile_worker._private_jobs as jobs
        join graphile_worker._private_tasks as tasks on tasks.id = jobs.task_id
        left join graphile_worker._private_job_queues as queues on queues.id = jobs.job_queue_id
        where jobs.attempts >= jobs.max_attempts
            and jobs.locked_at is null
            and not exists (select from graphile_worker._private_job_retirements as replaced where replaced.id = jobs.id)
        order by jobs.updated_at desc, jobs.id desc
        limit $1";
    let mut jobs: Vec<DeadJob> = sqlx::query_as(sql).bind(limit).fetch_all(conn).await?;
    for job in &mut jobs {
        job.cause = crate::handler::plain_cause(&job.cause);
    }
    Ok(jobs)
}

/// In a job's flags: it killed its workers too often, so what is left to do is to say so.
const DEADLY: &str = "deadly";

pub(crate) fn is_deadly(flags: Option<&Value>) -> bool {
    flags.is_some_and(|flags| flags.get(DEADLY).is_some())
}

/// Whether another job with its key was queued while it ran. The library takes all its attempts then.
pub(crate) async fn is_replaced(pool: &PgPool, id: i64) -> Result<bool, sqlx::Error> {
    let sql = "select exists (select from graphile_worker._private_job_retirements where id = $1)";
    sqlx::query_scalar(sql).bind(id).fetch_one(pool).await
}

/// In a job's flags: the workers that died while they worked on it.
const DEATHS: &str = "deaths";

pub(crate) fn deaths(flags: Option<&Value>) -> u16 {
    let workers = flags.and_then(|flags| flags.get(DEATHS)?.as_array());
    u16::try_from(workers.map_or(0, Vec::len)).unwrap_or(u16::MAX)
}

/// What a worker's death means for a job that it worked on.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Death {
    /// Of this one and those before it.
    pub deaths: i32,
    pub run_at: DateTime<Utc>,
}

/// Each worker counts once, however often its death is noticed. The first death delays nothing. After the second the
/// job waits for 10 to 30 seconds, and six times longer after each more: does the server die meanwhile, then it was not
/// this job's doing, and what was in work together comes back apart.
pub(crate) async fn note_death(
    pool: &PgPool,
    id: i64,
    worker: &str,
    most: i32,
) -> Result<Death, sqlx::Error> {
    let sql = "
        with noted as (
            select id, case when known ? $2 then known else known || to_jsonb($2::text) end as deaths
            from (
                select id, coalesce(flags -> $3, '[]') as known
                from graphile_worker._private_jobs
                where id = $1
            ) as job
        )
        update graphile_worker._private_jobs as jobs
        set flags = coalesce(jobs.flags, '{}') || jsonb_build_object($3::text, noted.deaths)
            || case when jsonb_array_length(noted.deaths) >= $4 then jsonb_build_object($5::text, true) else '{}' end
        from noted
        where jobs.id = noted.id
        returning jsonb_array_length(noted.deaths) as deaths,
            case when jsonb_array_length(noted.deaths) between 2 and $4 - 1
                then greatest(jobs.run_at, now() + (10 + 20 * random()) * power(6, jsonb_array_length(noted.deaths) - 2) * interval '1 second')
                else jobs.run_at
            end as run_at";
    sqlx::query_as(sql)
        .bind(id)
        .bind(worker)
        .bind(DEATHS)
        .bind(most)
        .bind(DEADLY)
        .fetch_one(pool)
        .await
}

/// A part of the job's work is done: what its workers died of was not what comes next.
pub async fn absolve(conn: &mut PgConnection, id: i64) -> Result<(), sqlx::Error> {
    let sql = "update graphile_worker._private_jobs set flags = flags - $2::text where id = $1";
    sqlx::query(sql).bind(id).bind(DEATHS).execute(conn).await?;
    Ok(())
}

/// Gives a dead job all its attempts again. False when there is no such dead job.
pub async fn retry(conn: &mut PgConnection, id: i64) -> Result<bool, sqlx::Error> {
    let sql = "
        select count(*) > 0
        from graphile_worker._private_jobs as jobs
        cross join lateral graphile_worker.reschedule_jobs(array[jobs.id], run_at => now(), attempts => 0)
        where jobs.id = $1
            and jobs.attempts >= jobs.max_attempts
            and jobs.locked_at is null";
    let is_found: bool = sqlx::query_scalar(sql).bind(id).fetch_one(&mut *conn).await?;
    if is_found {
        let forget =
            "update graphile_worker._private_jobs set flags = flags - $2::text - $3::text where id = $1";
        let forget = sqlx::query(forget).bind(id).bind(DEADLY).bind(DEATHS);
        forget.execute(conn).await?;
    }
    Ok(is_found)
}

/// Forgets a dead job. False when there is no such dead job.
pub async fn delete(conn: &mut PgConnection, id: i64) -> Result<bool, sqlx::Error> {
    let sql = "
        delete from graphile_worker._private_jobs
        where id = $1
            and attempts >= max_attempts
            and locked_at is null";
    Ok(sqlx::query(sql).bind(id).execute(conn).await?.rows_affected() > 0)
}

/// Counts the jobs by what they are waiting for.
pub async fn backlog(conn: &mut PgConnection) -> Result<Backlog, sqlx::Error> {
    let sql = "
        select
            count(*) filter (where is_available and run_at <= now()) as waiting,
            count(*) filter (where locked_at is not null) as running,
            count(*) filter (where is_available and run_at > now()) as scheduled,
            count(*) filter (
                where attempts >= max_attempts
                    and locked_at is null
                    and not exists (select from graphile_worker._private_job_retirements as replaced where replaced.id = jobs.id)
            ) as dead,
            coalesce(
                extract(epoch from now() - min(run_at) filter (where is_available and run_at <= now())),
                0
            )::float8 as oldest_waiting_seconds
        from graphile_worker._private_jobs as jobs";
    sqlx::query_as(sql).fetch_one(conn).await
}

/// How many dead jobs name this id as their `tenant`.
pub async fn count_of(conn: &mut PgConnection, tenant: &str) -> Result<i64, sqlx::Error> {
    let sql = "
        select count(*)
        from graphile_worker._private_jobs
        where attempts >= max_attempts
            and locked_at is null
            and payload ->> 'tenant' = $1";
    sqlx::query_scalar(sql).bind(tenant).fetch_one(conn).await
}
