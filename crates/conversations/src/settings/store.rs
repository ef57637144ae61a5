//! All SQL for the inbox settings.

use kernel::{Result, TenantTx};
use serde_json::json;
use sqlx::types::Json;

use super::{Assignment, AssignmentMode, BusinessHours, InboxSettings, Targets};

pub async fn get(tx: &mut TenantTx) -> Result<InboxSettings> {
    let row = sqlx::query!(
        r#"select t.time_zone, s.business_hours as "business_hours?: Json<BusinessHours>",
            coalesce(s.holidays, '{}') as "holidays!", coalesce(s.assignment_mode, 'manual') as "mode!: AssignmentMode",
            coalesce(s.assignment_capacity, 10) as "capacity!", s.first_reply_minutes as "first_reply_minutes?",
            s.resolution_minutes as "resolution_minutes?", coalesce(s.ask_rating, true) as "ask_rating!"
        from tenants t
        left join inbox_settings s on s.tenant_id = t.tenant_id
        where t.tenant_id = current_tenant_id()"#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(InboxSettings {
        time_zone: row.time_zone,
        business_hours: row.business_hours.map(|Json(hours)| hours),
        holidays: row.holidays,
        assignment: Assignment {
            mode: row.mode,
            capacity: row.capacity,
        },
        targets: Targets {
            first_reply_minutes: row.first_reply_minutes,
            resolution_minutes: row.resolution_minutes,
        },
        ask_rating: row.ask_rating,
    })
}

pub async fn set(tx: &mut TenantTx, settings: &InboxSettings) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "update tenants set time_zone = $2 where tenant_id = $1 and time_zone <> $2",
        tenant.0,
        settings.time_zone
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into inbox_settings (tenant_id, business_hours, holidays, assignment_mode, assignment_capacity,
            first_reply_minutes, resolution_minutes, ask_rating)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (tenant_id) do update
        set business_hours = excluded.business_hours, holidays = excluded.holidays,
            assignment_mode = excluded.assignment_mode, assignment_capacity = excluded.assignment_capacity,
            first_reply_minutes = excluded.first_reply_minutes, resolution_minutes = excluded.resolution_minutes,
            ask_rating = excluded.ask_rating",
        tenant.0,
        settings.business_hours.as_ref().map(|hours| json!(hours)),
        &settings.holidays,
        settings.assignment.mode.as_str(),
        settings.assignment.capacity,
        settings.targets.first_reply_minutes,
        settings.targets.resolution_minutes,
        settings.ask_rating,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
