//! All SQL for the test event: one row, by the database's clock.

use chrono::{DateTime, Utc};
use kernel::Result;
use sqlx::{PgConnection, PgPool};

/// False: one is under way. One that is so for long, or since a time to come, is lost.
pub async fn begin(conn: &mut PgConnection) -> Result<bool> {
    let done = sqlx::query!(
        "update platform.canary
        set under_way_since = now()
        where under_way_since is null
            or under_way_since not between now() - interval '10 minutes' and now() + interval '15 seconds'"
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The seconds that it took. None: another one has arrived in its place.
pub async fn finish(pool: &PgPool) -> Result<Option<f64>> {
    let seconds = sqlx::query_scalar!(
        r#"with sent as (
            select under_way_since as at from platform.canary where under_way_since is not null for update
        )
        update platform.canary
        set under_way_since = null, arrived_at = clock_timestamp()
        from sent
        returning greatest(extract(epoch from clock_timestamp() - sent.at)::float8, 0) as "seconds!""#
    )
    .fetch_optional(pool)
    .await?;
    Ok(seconds)
}

pub async fn last_arrival(pool: &PgPool) -> Result<Option<DateTime<Utc>>> {
    let arrived_at = sqlx::query_scalar!("select arrived_at from platform.canary")
        .fetch_optional(pool)
        .await?;
    Ok(arrived_at.flatten())
}

/// Seconds since the last one arrived.
pub async fn age(pool: &PgPool) -> Result<Option<f64>> {
    let age = sqlx::query_scalar!(
        "select extract(epoch from now() - arrived_at)::float8 as age from platform.canary"
    )
    .fetch_optional(pool)
    .await?;
    Ok(age.flatten())
}
