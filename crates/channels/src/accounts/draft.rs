//! Drafts: the designer works on changes that nobody sees until they are published, all at once.
//!
//! A draft belongs to the channel, not to a person, and holds only what differs. It is changed and published with the
//! revision that its maker saw: when somebody else has published meanwhile, that is said instead of overwritten.

use access::{Member, Permission, audit};
use answering::prompts;
use axum::extract::State;
use kernel::error::{Problem, conflict};
use kernel::events::WorkspaceList;
use kernel::extract::{Json, Path};
use kernel::ids::ChannelId;
use kernel::{Event, Result};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Channel, store};
use crate::Context;
use crate::settings::WidgetSettings;

/// Whoever has the designer open reads the channels again.
const CHANGED: Event = Event::WorkspaceChanged {
    what: WorkspaceList::Channels,
};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(update_channel_draft, discard_channel_draft))
        .routes(routes!(publish_channel))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct ChannelDraftPatch {
    /// Settings to change in the draft; null restores a default.
    #[schema(value_type = Object)]
    settings: Value,
    /// The channel's `revision` as last read.
    revision: i64,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct ChannelRevision {
    /// The channel's `revision` as last read.
    revision: i64,
}

/// Change a channel's draft. Visitors do not see it until it is published.
#[utoipa::path(patch, path = "/channels/{id}/draft", operation_id = "update_channel_draft", tag = "channels",
    params(("id" = ChannelId, Path)), request_body = ChannelDraftPatch,
    responses((status = 200, body = Channel), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn update_channel_draft(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ChannelId>,
    Json(patch): Json<ChannelDraftPatch>,
) -> Result<Json<Channel>> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let (revision, _) = store::lock_draft(&mut tx, id).await?;
    let channel = store::get(&mut tx, id).await?;
    check_revision(&channel, revision, patch.revision)?;
    let base = channel.draft.as_ref().unwrap_or(&channel.settings);
    let wanted = base.patched(&patch.settings)?;
    store::set_draft(&mut tx, id, changes(&channel.settings, &wanted)?).await?;
    let channel = store::get(&mut tx, id).await?;
    tx.emit(CHANGED);
    tx.commit().await?;
    Ok(Json(channel))
}

/// Discard a channel's draft.
#[utoipa::path(delete, path = "/channels/{id}/draft", operation_id = "discard_channel_draft", tag = "channels",
    params(("id" = ChannelId, Path)), responses((status = 200, body = Channel), (status = 404, body = Problem)))]
async fn discard_channel_draft(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ChannelId>,
) -> Result<Json<Channel>> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::lock_draft(&mut tx, id).await?;
    store::set_draft(&mut tx, id, None).await?;
    let channel = store::get(&mut tx, id).await?;
    tx.emit(CHANGED);
    tx.commit().await?;
    Ok(Json(channel))
}

/// Publish a channel's draft: visitors get it from now on. Without a draft nothing changes.
#[utoipa::path(post, path = "/channels/{id}/publish", operation_id = "publish_channel", tag = "channels",
    params(("id" = ChannelId, Path)), request_body = ChannelRevision,
    responses((status = 200, body = Channel), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn publish_channel(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ChannelId>,
    Json(seen): Json<ChannelRevision>,
) -> Result<Json<Channel>> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let (revision, draft) = store::lock_draft(&mut tx, id).await?;
    let channel = store::get(&mut tx, id).await?;
    check_revision(&channel, revision, seen.revision)?;
    let (Some(settings), Some(draft)) = (&channel.draft, draft) else {
        return Ok(Json(channel));
    };
    prompts::require(&mut tx, settings.bot.agent_prompt_id).await?;
    let by = member.display_name().unwrap_or("An API key");
    store::publish(&mut tx, id, settings, by, ctx.db.clock.now()).await?;
    let keys: Vec<&String> = draft
        .as_object()
        .map(|changes| changes.keys().collect())
        .unwrap_or_default();
    audit::record_by(
        &mut tx,
        &member,
        audit::Action::ChannelPublished,
        &format!("channel:{id}"),
        json!({"settings": keys}),
    )
    .await?;
    let channel = store::get(&mut tx, id).await?;
    tx.commit().await?;
    ctx.endpoints.forget(&channel.channel_key);
    Ok(Json(channel))
}

fn check_revision(channel: &Channel, current: i64, seen: i64) -> Result<()> {
    if current == seen {
        return Ok(());
    }
    let who = channel.published_by.as_deref().unwrap_or("Somebody");
    Err(conflict(
        "published_meanwhile",
        format!("{who} has published another version meanwhile. Look at it, then make your change again."),
    ))
}

/// The keys in which the wanted settings differ; none if they do not.
fn changes(published: &WidgetSettings, wanted: &WidgetSettings) -> Result<Option<Value>> {
    let (published, wanted) = (serde_json::to_value(published)?, serde_json::to_value(wanted)?);
    let keys = wanted.as_object().cloned().unwrap_or_default();
    let differs = |key: &String, value: &Value| published.get(key) != Some(value);
    let changed: Map<String, Value> = keys
        .into_iter()
        .filter(|(key, value)| differs(key, value))
        .collect();
    Ok((!changed.is_empty()).then_some(Value::Object(changed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_holds_only_what_differs() {
        let published = WidgetSettings::default();
        let wanted = published
            .patched(&json!({"primary_color": "#112233", "powered_by": true}))
            .unwrap();
        assert_eq!(
            changes(&published, &wanted).unwrap(),
            Some(json!({"primary_color": "#112233"}))
        );
        assert_eq!(changes(&wanted, &wanted).unwrap(), None);
        // an optional setting that is taken away differs too, and comes back as its default
        let with = published
            .patched(&json!({"avatar_url": "https://x.example/a.png"}))
            .unwrap();
        let taken = changes(&with, &published).unwrap().unwrap();
        assert_eq!(with.patched(&taken).unwrap(), published);
    }
}
