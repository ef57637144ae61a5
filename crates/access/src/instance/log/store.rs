//! All SQL for the log of the installation.

use chrono::{DateTime, Utc};
use kernel::ids::AuditId;
use kernel::page::Position;
use kernel::{Database, Result};
use serde_json::Value;
use sqlx::PgConnection;

use super::{Action, Actor, OperatorLogEntry};

pub async fn insert(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    actor: &Actor,
    action: Action,
    subject: &str,
    details: Value,
) -> Result<()> {
    sqlx::query!(
        "insert into platform.operator_log (id, actor, actor_name, action, subject, details, created_at)
        values ($1, $2, $3, $4, $5, $6, $7)",
        AuditId::new().0,
        actor.to_string(),
        actor.name(),
        action as Action,
        subject,
        details,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Newest first, after `position`; of one subject, if it is given.
pub async fn list(
    db: &Database,
    subject: Option<&str>,
    position: Option<Position>,
    limit: i64,
) -> Result<Vec<OperatorLogEntry>> {
    let entries = sqlx::query_as!(
        OperatorLogEntry,
        r#"select id as "id: AuditId", actor, actor_name, action, subject, details, created_at
        from platform.operator_log
        where ($1::text is null or subject = $1)
            and ($2::timestamptz is null or (created_at, id) < ($2, $3::uuid))
        order by created_at desc, id desc
        limit $4"#,
        subject,
        position.map(|position| position.at),
        position.map(|position| position.id),
        limit,
    )
    .fetch_all(db.platform())
    .await?;
    Ok(entries)
}
