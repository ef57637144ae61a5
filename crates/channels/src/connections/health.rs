//! How a connection is: what members see of it.

use chrono::{DateTime, TimeDelta, Utc};
use connectors::form::Permission;
use kernel::ids::ChannelId;
use kernel::{Reason, Result, TenantTx};
use serde::Serialize;
use serde_json::Value;

use super::store::{self, HealthRow};

/// A token that runs out is warned of so long before.
const WARNED_BEFORE: TimeDelta = TimeDelta::days(7);
/// What waits for so long is not just on its way.
const LATE_AFTER: TimeDelta = TimeDelta::seconds(60);

/// A connection as members see it, with its numbers. No secret.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ChannelConnection {
    pub channel_id: ChannelId,
    pub kind: String,
    pub name: String,
    pub is_active: bool,
    pub state: HealthState,
    /// What to do about it; empty if all is well.
    pub advice: Vec<Reason>,
    /// The vendor's id of the account.
    pub account_id: Option<String>,
    /// As the vendor calls it.
    pub account_name: Option<String>,
    /// What was filled in, without secrets.
    #[schema(value_type = Object)]
    pub values: Value,
    /// Of each secret the last four characters.
    #[schema(value_type = Object)]
    pub secret_hints: Value,
    /// Where the vendor has to send events: a path below the server's public address.
    pub webhook_path: String,
    /// The same as a whole, if the server knows its public address.
    pub webhook_url: Option<String>,
    /// One address for all accounts of a vendor's application.
    pub shared_webhook_path: String,
    pub verify_token: Option<String>,
    pub token_expires_at: Option<DateTime<Utc>>,
    pub permissions: Vec<Permission>,
    /// When the vendor was asked last, with success.
    pub checked_at: Option<DateTime<Utc>>,
    pub last_event_at: Option<DateTime<Utc>>,
    pub last_sent_at: Option<DateTime<Utc>>,
    pub last_error: Option<Reason>,
    pub last_error_at: Option<DateTime<Utc>>,
    pub events: EventCounts,
    pub replies: ReplyCounts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    /// Nobody has asked the vendor yet.
    Untested,
    Healthy,
    /// It works, but something needs looking at.
    Attention,
    /// It does not work until somebody acts.
    Broken,
    Paused,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct EventCounts {
    pub pending: i64,
    pub quarantined: i64,
    pub dead: i64,
    pub oldest_pending_at: Option<DateTime<Utc>>,
}

/// Of the last seven days.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ReplyCounts {
    pub queued: i64,
    pub failed: i64,
    pub unknown: i64,
    /// Those of them that have waited for more than a minute.
    pub late: Option<LateReplies>,
}

/// Replies that wait although the channel should send them.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct LateReplies {
    pub count: i64,
    pub since: DateTime<Utc>,
    /// Why the newest attempt came to nothing, as on the message. Null: there was none.
    pub code: Option<String>,
    pub reason: Option<String>,
}

/// The connections of a tenant, or one of them.
pub async fn list(
    tx: &mut TenantTx,
    public_url: Option<&str>,
    only: Option<ChannelId>,
) -> Result<Vec<ChannelConnection>> {
    let now = tx.now();
    let rows = store::list_health(tx, only, now - LATE_AFTER).await?;
    Ok(rows.into_iter().map(|row| view(row, public_url, now)).collect())
}

/// The path of a channel's webhook.
pub fn webhook_path(kind: &str, key: &str) -> String {
    format!("/hooks/{kind}/{key}")
}

fn view(row: HealthRow, public_url: Option<&str>, now: DateTime<Utc>) -> ChannelConnection {
    let path = webhook_path(&row.kind, &row.channel_key);
    let (state, advice) = judge(&row, now);
    ChannelConnection {
        channel_id: row.id,
        name: row.name,
        is_active: row.is_active,
        state,
        advice,
        account_id: row.platform_channel_id,
        account_name: row.account_name,
        values: row.config,
        secret_hints: row.credential_hints,
        webhook_url: row
            .webhook_url
            .or_else(|| public_url.map(|base| format!("{}{path}", base.trim_end_matches('/')))),
        webhook_path: path,
        shared_webhook_path: format!("/hooks/{}", row.kind),
        kind: row.kind,
        verify_token: row.verify_token,
        token_expires_at: row.token_expires_at,
        permissions: row.permissions.0,
        checked_at: row.checked_at,
        last_event_at: row.last_event_at,
        last_sent_at: row.last_sent_at,
        last_error: row.last_error.map(|error| error.0),
        last_error_at: row.last_error_at,
        events: EventCounts {
            pending: row.events_pending,
            quarantined: row.events_quarantined,
            dead: row.events_dead,
            oldest_pending_at: row.oldest_pending_at,
        },
        replies: ReplyCounts {
            queued: row.replies_queued,
            failed: row.replies_failed,
            unknown: row.replies_unknown,
            late: row.late_since.map(|since| LateReplies {
                count: row.replies_late,
                since,
                code: row.late_code,
                reason: row.late_reason,
            }),
        },
    }
}

fn judge(row: &HealthRow, now: DateTime<Utc>) -> (HealthState, Vec<Reason>) {
    let mut advice = row.warnings.0.clone();
    let is_expired = row.token_expires_at.is_some_and(|at| at <= now);
    if let Some(at) = row.token_expires_at.filter(|at| *at - now < WARNED_BEFORE) {
        let day = at.format("%Y-%m-%d");
        let reason = match is_expired {
            true => Reason::new(
                "token_over",
                "The access token ran out on {day}. Get a new one and reconnect.",
            ),
            false => Reason::new(
                "token_ends",
                "The access token runs out on {day}. Get a new one and reconnect before that.",
            ),
        };
        advice.push(reason.with("day", day));
    }
    if let Some(error) = &row.renewal_error {
        let reason = Reason::new(
            "token_not_renewed",
            "The access token could not be renewed, which is tried again every day.",
        );
        advice.push(reason.quoting(error));
    }
    for permission in row.permissions.iter().filter(|permission| !permission.is_granted) {
        let reason = Reason::new("permission_missing", "The permission {name} is missing.");
        advice.push(reason.with("name", &permission.name));
    }
    if row.is_broken || is_expired {
        if let Some(error) = &row.last_error {
            advice.insert(0, error.0.clone());
        }
        return (HealthState::Broken, advice);
    }
    if !row.is_active {
        return (HealthState::Paused, advice);
    }
    if row.oldest_pending_at.is_some_and(|at| now - at > LATE_AFTER) {
        advice.push(Reason::new("events_wait", "Events wait for more than a minute."));
    }
    if row.events_dead + row.events_quarantined > 0 {
        advice.push(Reason::new(
            "events_failed",
            "Some events could not be worked on: see “Events received”.",
        ));
    }
    if row.replies_late > 0 {
        advice.push(late_replies(row));
    }
    if row.replies_failed + row.replies_unknown > 0 {
        advice.push(Reason::new(
            "replies_failed",
            "Some replies did not go, or may not have gone.",
        ));
    }
    match (advice.is_empty(), row.checked_at) {
        (false, _) => (HealthState::Attention, advice),
        (true, None) => (HealthState::Untested, advice),
        (true, Some(_)) => (HealthState::Healthy, advice),
    }
}

/// What may be the vendor's passing trouble ends by itself; what is not, a test brings to light.
fn late_replies(row: &HealthRow) -> Reason {
    let waiting = Reason::new(
        "replies_wait",
        "Replies wait for more than a minute: {count}. They are tried again by themselves for a day. If it goes on, test \
         the channel: the test says what is wrong.",
    );
    waiting.with("count", row.replies_late)
}
