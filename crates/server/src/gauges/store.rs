//! All SQL for what is told of the database.

use kernel::Result;
use sqlx::PgConnection;

pub struct State {
    /// Of all processes, on this database.
    pub sessions: i64,
    /// On the whole server.
    pub sessions_allowed: i64,
    pub bytes: i64,
}

pub async fn state(conn: &mut PgConnection) -> Result<State> {
    let state = sqlx::query_as!(
        State,
        r#"select (select count(*) from pg_stat_activity where datname = current_database()) as "sessions!",
            current_setting('max_connections')::bigint as "sessions_allowed!",
            pg_database_size(current_database()) as "bytes!""#
    )
    .fetch_one(conn)
    .await?;
    Ok(state)
}
