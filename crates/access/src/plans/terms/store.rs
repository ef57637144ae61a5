//! All SQL for what plans say. It belongs to no tenant.

use kernel::{Database, Result};
use sqlx::PgConnection;

use super::PlanLimit;
use crate::plans::{Plan, Resource};

pub async fn list_limits(db: &Database) -> Result<Vec<(Plan, PlanLimit)>> {
    let rows = sqlx::query!(
        r#"select plan as "plan: Plan", resource as "resource: Resource", most, grace_percent
        from platform.plan_limits
        order by plan, array_position(array['messages', 'seats', 'channels', 'storage', 'ai_spend'], resource)"#
    )
    .fetch_all(db.platform())
    .await?;
    let limits = rows.into_iter().map(|row| {
        let limit = PlanLimit {
            resource: row.resource,
            most: row.most,
            grace_percent: row.grace_percent,
        };
        (row.plan, limit)
    });
    Ok(limits.collect())
}

pub async fn set_limit(connection: &mut PgConnection, plan: Plan, limit: &PlanLimit) -> Result<()> {
    sqlx::query!(
        "update platform.plan_limits set most = $3, grace_percent = $4 where plan = $1 and resource = $2",
        plan.as_str(),
        limit.resource.as_str(),
        limit.most,
        limit.grace_percent,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn get_trial_days(db: &Database) -> Result<Option<i32>> {
    let days = sqlx::query_scalar!("select trial_days from platform.plan_terms")
        .fetch_one(db.platform())
        .await?;
    Ok(days)
}

pub async fn set_trial_days(connection: &mut PgConnection, days: Option<i32>) -> Result<()> {
    sqlx::query!("update platform.plan_terms set trial_days = $1", days)
        .execute(connection)
        .await?;
    Ok(())
}
