//! What a job is, and how it gets into the queue.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::PgConnection;

use crate::Error;

/// Something to do later. A struct with named fields that hold ids, not content.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Unique and stable: jobs in the database carry it. Written `snake_case`, imperative.
    const NAME: &'static str;

    /// After this many failures the job is dead: kept and shown, run no more. The pause before attempt
    /// n + 1 is e^n seconds; ten attempts take about four hours.
    const MAX_ATTEMPTS: u16 = 10;
}

/// When and how a job runs. The default is: at once, beside others, as often as it is enqueued.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Jobs of the same series run one after another, in the order of `run_at`.
    pub series: Option<String>,
    /// At most one waiting job has this key: enqueuing it again replaces the waiting one, payload and
    /// `run_at` included. One that already runs is left alone and a new one waits.
    pub key: Option<String>,
    /// Not before this time.
    pub run_at: Option<DateTime<Utc>>,
    /// Lower runs first; 0 unless set.
    pub priority: i16,
}

impl Options {
    /// One after another with the other jobs of this series.
    pub fn in_series(mut self, series: impl Into<String>) -> Options {
        self.series = Some(series.into());
        self
    }

    /// In place of a waiting job with this key.
    pub fn replacing(mut self, key: impl Into<String>) -> Options {
        self.key = Some(key.into());
        self
    }

    /// Not before this time.
    pub fn at(mut self, run_at: DateTime<Utc>) -> Options {
        self.run_at = Some(run_at);
        self
    }
}

/// Adds a job as part of whatever transaction `conn` is in. Returns the job's number.
pub async fn enqueue<J: Job>(conn: &mut PgConnection, job: &J, options: Options) -> Result<i64, Error> {
    let sql = "
        select id
        from graphile_worker.add_job(
            identifier => $1,
            payload => $2::json,
            queue_name => $3,
            run_at => $4,
            max_attempts => $5,
            job_key => $6,
            priority => $7
        )";
    let id = sqlx::query_scalar(sql)
        .bind(J::NAME)
        .bind(payload(job)?)
        .bind(options.series)
        .bind(options.run_at)
        .bind(i32::from(J::MAX_ATTEMPTS))
        .bind(options.key)
        .bind(i32::from(options.priority))
        .fetch_one(conn)
        .await?;
    Ok(id)
}

/// Adds many jobs in one statement. Each runs after those of its name, and in place of one that waits under it.
pub async fn enqueue_all<J: Job>(conn: &mut PgConnection, jobs: &[(String, J)]) -> Result<(), Error> {
    let sql = "
        select count(added.id)
        from unnest($2::text[], $3::text[]) as wanted (name, payload)
        cross join lateral graphile_worker.add_job(
            identifier => $1,
            payload => wanted.payload::json,
            queue_name => wanted.name,
            max_attempts => $4,
            job_key => wanted.name,
            priority => $5
        ) as added";
    let names: Vec<&str> = jobs.iter().map(|(name, _)| name.as_str()).collect();
    let payloads = jobs.iter().map(|(_, job)| Ok(payload(job)?.to_string()));
    let payloads = payloads.collect::<Result<Vec<_>, Error>>()?;
    sqlx::query(sql)
        .bind(J::NAME)
        .bind(names)
        .bind(payloads)
        .bind(i32::from(J::MAX_ATTEMPTS))
        .bind(i32::from(Options::default().priority))
        .execute(conn)
        .await?;
    Ok(())
}

/// Schedules add fields of their own to a payload, so it must be an object.
pub(crate) fn payload<J: Job>(job: &J) -> Result<Value, Error> {
    let value = serde_json::to_value(job).map_err(|source| Error::Payload {
        name: J::NAME,
        source,
    })?;
    if value.is_object() {
        Ok(value)
    } else {
        Err(Error::NotAnObject { name: J::NAME })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, serde::Deserialize)]
    struct Unit;

    impl Job for Unit {
        const NAME: &'static str = "unit";
    }

    #[test]
    fn a_job_without_named_fields_is_refused() {
        assert!(matches!(payload(&Unit), Err(Error::NotAnObject { name: "unit" })));
    }
}
