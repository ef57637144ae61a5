//! All SQL for what members want to be told.

use access::Role;
use chrono::{DateTime, Utc};
use kernel::ids::UserId;
use kernel::{Result, TenantTx};

use super::{Choices, Messages, Pace, Report};

/// A member with what they want.
pub struct Reader {
    pub user_id: UserId,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub choices: Choices,
    pub is_online: bool,
}

/// Everybody, or one member. `seen_after`: whose dashboard was open later than that is online.
pub async fn list(tx: &mut TenantTx, only: Option<UserId>, seen_after: DateTime<Utc>) -> Result<Vec<Reader>> {
    let rows = sqlx::query!(
        r#"select m.user_id as "user_id: UserId", m.name, m.email, m.role as "role: Role",
            c.messages as "messages?: Messages", c.escalations as "escalations?", c.mentions as "mentions?",
            c.pace as "pace?: Pace", c.report as "report?: Report", coalesce(s.last_seen_at > $2, false) as "is_online!"
        from memberships m
        left join email_choices c on c.tenant_id = m.tenant_id and c.user_id = m.user_id
        left join member_states s on s.tenant_id = m.tenant_id and s.user_id = m.user_id
        where m.tenant_id = current_tenant_id() and ($1::uuid is null or m.user_id = $1)
        order by m.user_id"#,
        only.map(|id| id.0),
        seen_after,
    )
    .fetch_all(&mut **tx)
    .await?;
    let readers = rows.into_iter().map(|row| {
        let usual = Choices::of(row.role);
        Reader {
            user_id: row.user_id,
            name: row.name,
            email: row.email,
            role: row.role,
            is_online: row.is_online,
            choices: Choices {
                messages: row.messages.unwrap_or(usual.messages),
                escalations: row.escalations.unwrap_or(usual.escalations),
                mentions: row.mentions.unwrap_or(usual.mentions),
                pace: row.pace.unwrap_or(usual.pace),
                report: row.report.or(usual.report),
            },
        }
    });
    Ok(readers.collect())
}

pub async fn set(tx: &mut TenantTx, user: UserId, choices: &Choices) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into email_choices (tenant_id, user_id, messages, escalations, mentions, pace, report)
        values ($1, $2, $3, $4, $5, $6, coalesce($7, 'never'))
        on conflict (tenant_id, user_id) do update
        set messages = excluded.messages, escalations = excluded.escalations, mentions = excluded.mentions, pace = excluded.pace,
            report = coalesce($7, email_choices.report)",
        tenant.0,
        user.0,
        choices.messages.as_str(),
        choices.escalations,
        choices.mentions,
        choices.pace.as_str(),
        choices.report.map(Report::as_str),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
