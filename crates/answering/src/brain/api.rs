//! HTTP for workflows in the bot's place: set, test, what went wrong.

use std::time::Duration;

use access::{Member, Permission, audit};
use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use kernel::error::{Problem, invalid};
use kernel::extract::{Json, Path};
use kernel::ids::{ChannelId, ConversationId};
use kernel::{Reason, Result, TenantProof as _};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::store::BrainRow;
use super::{Brain, ErrorType, seal_context, store};
use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(get_channel_brain, set_channel_brain))
        .routes(routes!(test_channel_brain))
        .routes(routes!(list_webhook_errors))
}

/// Who answers on a channel.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ChannelBrain {
    kind: BrainKind,
    /// Of the workflow.
    url: Option<String>,
    /// A header proves to the workflow that it is us; it is not shown again.
    has_header: bool,
    timeout_seconds: i32,
    /// When the workflow fails the built-in bot answers; otherwise a person is asked.
    falls_back: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum BrainKind {
    Builtin,
    /// A workflow of n8n, or any program that answers the same way.
    Webhook,
}

impl From<BrainRow> for ChannelBrain {
    fn from(row: BrainRow) -> Self {
        Self {
            kind: match row.brain.as_str() {
                "webhook" => BrainKind::Webhook,
                _ => BrainKind::Builtin,
            },
            url: row.brain_url,
            has_header: row.brain_encrypted_header.is_some(),
            timeout_seconds: row.brain_timeout_seconds,
            falls_back: row.brain_falls_back,
        }
    }
}

/// Read who answers on a channel.
#[utoipa::path(get, path = "/channels/{id}/brain", operation_id = "get_channel_brain", tag = "channels",
    params(("id" = ChannelId, Path)), responses((status = 200, body = ChannelBrain), (status = 404, body = Problem)))]
async fn get_channel_brain(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ChannelId>,
) -> Result<Json<ChannelBrain>> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(store::get(&mut tx, id).await?.into()))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewBrain {
    kind: BrainKind,
    /// Of the workflow: n8n's production address, say.
    url: Option<String>,
    /// `name: value`, such as `Authorization: Basic …`. Left out: as it was, which another address does not get; empty:
    /// none.
    header: Option<String>,
    /// 1 to 120; 30 unless given.
    timeout_seconds: Option<i32>,
    /// true unless given.
    falls_back: Option<bool>,
}

/// Set who answers on a channel.
#[utoipa::path(put, path = "/channels/{id}/brain", operation_id = "set_channel_brain", tag = "channels",
    params(("id" = ChannelId, Path)), request_body = NewBrain,
    responses((status = 200, body = ChannelBrain), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn set_channel_brain(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ChannelId>,
    Json(input): Json<NewBrain>,
) -> Result<Json<ChannelBrain>> {
    member.require(Permission::ManageChannels)?;
    // a workflow is told what customers write
    member.require(Permission::ReadConversations)?;
    member.require_own()?;
    let mut tx = ctx.db.tenant(&member).await?;
    let known = store::get(&mut tx, id).await?;
    let url = input
        .url
        .map(|url| url.trim().to_owned())
        .filter(|url| !url.is_empty());
    let has_moved = url
        .as_ref()
        .is_some_and(|url| known.brain_url.as_ref() != Some(url));
    let url = url.or(known.brain_url);
    match (&url, input.kind) {
        (Some(url), _) => drop(ctx.outbound.check(url)?),
        (None, BrainKind::Webhook) => {
            return Err(invalid("bad_url", "Please give the workflow's address (`url`)."));
        }
        (None, BrainKind::Builtin) => {}
    }
    let encrypted_header = match input.header.as_deref().map(str::trim) {
        None if has_moved && known.brain_encrypted_header.is_some() => {
            return Err(invalid(
                "header_needed",
                "The address has changed: give the header again, or an empty one for none. What was given for one address is not sent to another.",
            ));
        }
        None => known.brain_encrypted_header,
        Some("") => None,
        Some(header) => {
            check_header(header)?;
            let context = seal_context(member.tenant_id(), id);
            Some(ctx.master_key.seal(&context, header)?)
        }
    };
    let timeout = input.timeout_seconds.unwrap_or(known.brain_timeout_seconds);
    if !(1..=120).contains(&timeout) {
        return Err(invalid(
            "bad_timeout",
            "`timeout_seconds` lies between 1 and 120.",
        ));
    }
    let row = BrainRow {
        brain: match input.kind {
            BrainKind::Builtin => "builtin".to_owned(),
            BrainKind::Webhook => "webhook".to_owned(),
        },
        brain_url: url,
        brain_encrypted_header: encrypted_header,
        brain_timeout_seconds: timeout,
        brain_falls_back: input.falls_back.unwrap_or(known.brain_falls_back),
    };
    store::set(&mut tx, id, &row).await?;
    let details = json!({"brain": row.brain});
    let subject = format!("channel:{id}");
    audit::record_by(&mut tx, &member, audit::Action::ChannelUpdated, &subject, details).await?;
    tx.commit().await?;
    Ok(Json(row.into()))
}

fn check_header(header: &str) -> Result<()> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let fits = header.len() <= 2000
        && header.bytes().all(|byte| (0x20..0x7f).contains(&byte))
        && header.split_once(':').is_some_and(|(name, value)| {
            !name.is_empty() && name.bytes().all(is_name) && !value.trim().is_empty()
        });
    match fits {
        true => Ok(()),
        false => Err(invalid(
            "bad_header",
            "`header` looks like `Authorization: Bearer …`.",
        )),
    }
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct BrainTest {
    /// What to ask; a greeting unless given.
    question: Option<String>,
    /// Another address than the one that is set, to try it before it is.
    url: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct BrainTestResult {
    /// The workflow's words; null if there were none.
    text: Option<String>,
    error_type: Option<ErrorType>,
    reason: Option<Reason>,
    took_ms: i64,
}

/// Ask a channel's workflow once. Nothing is stored.
#[utoipa::path(post, path = "/channels/{id}/brain/test", operation_id = "test_channel_brain", tag = "channels",
    params(("id" = ChannelId, Path)), request_body = BrainTest,
    responses((status = 200, body = BrainTestResult), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn test_channel_brain(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ChannelId>,
    Json(input): Json<BrainTest>,
) -> Result<Json<BrainTestResult>> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let row = store::get(&mut tx, id).await?;
    drop(tx);
    let is_set = input.url.is_none();
    let url = input
        .url
        .or(row.brain_url)
        .ok_or_else(|| invalid("bad_url", "Please set the workflow's address first."))?;
    let brain = Brain {
        channel_id: id,
        url,
        // the header was set for the address that is set
        encrypted_header: row.brain_encrypted_header.filter(|_| is_set),
        timeout: Duration::from_secs(u64::try_from(row.brain_timeout_seconds).unwrap_or(30)),
        falls_back: row.brain_falls_back,
    };
    let started = ctx.db.clock.now();
    let question = input.question.unwrap_or_else(|| "Hello".into());
    let outcome = super::test(&ctx, &member, &brain, &question).await;
    let took_ms = (ctx.db.clock.now() - started).num_milliseconds();
    let (text, failure) = match outcome {
        Ok(text) => (Some(text), None),
        Err(failure) => (None, Some(failure)),
    };
    Ok(Json(BrainTestResult {
        text,
        error_type: failure.as_ref().map(|failure| failure.error_type),
        reason: failure.map(|failure| failure.reason),
        took_ms,
    }))
}

/// A time at which a workflow did not answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WebhookError {
    pub id: Uuid,
    pub error_type: ErrorType,
    #[schema(value_type = Reason)]
    pub reason: sqlx::types::Json<Reason>,
    pub conversation_id: Option<ConversationId>,
    pub occurred_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WebhookErrorCount {
    pub error_type: ErrorType,
    pub count: i64,
    pub last_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct WebhookErrors {
    /// Of the last seven days, by cause.
    counts: Vec<WebhookErrorCount>,
    /// The newest 100.
    items: Vec<WebhookError>,
}

/// List why a channel's workflow did not answer.
#[utoipa::path(get, path = "/channels/{id}/webhook-errors", operation_id = "list_webhook_errors", tag = "channels",
    params(("id" = ChannelId, Path)), responses((status = 200, body = WebhookErrors), (status = 404, body = Problem)))]
async fn list_webhook_errors(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ChannelId>,
) -> Result<Json<WebhookErrors>> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    store::get(&mut tx, id).await?;
    let since = ctx.db.clock.now() - TimeDelta::days(7);
    let counts = store::count_errors(&mut tx, id, since).await?;
    let items = store::list_errors(&mut tx, id).await?;
    Ok(Json(WebhookErrors { counts, items }))
}
