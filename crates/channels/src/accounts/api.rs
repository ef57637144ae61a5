//! HTTP for channels: list, create, change, renew the secret.

use access::{Member, Permission, audit};
use answering::prompts;
use axum::extract::State;
use axum::http::StatusCode;
use kernel::Result;
use kernel::error::{Problem, invalid};
use kernel::extract::{Json, Path};
use kernel::ids::ChannelId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Channel, check_origin, create_widget, renew_secret, store};
use crate::Context;
use crate::settings::WidgetSettings;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_channels, create_channel))
        .routes(routes!(get_channel, update_channel))
        .routes(routes!(renew_identity_secret))
        .merge(super::draft::routes())
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ChannelList {
    items: Vec<Channel>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewChannel {
    name: String,
    /// Any of the widget's settings; the others have their default.
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: Option<Value>,
    #[serde(default)]
    allowed_origins: Vec<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CreatedChannel {
    #[serde(flatten)]
    channel: Channel,
    /// Signs the identity tokens (JWT, HS256) of your signed-in customers. Shown this once.
    identity_secret: String,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct ChannelPatch {
    name: Option<String>,
    /// Settings to change; null restores a default.
    #[schema(value_type = Option<Object>)]
    settings: Option<Value>,
    allowed_origins: Option<Vec<String>>,
    is_active: Option<bool>,
    is_bot_active: Option<bool>,
    /// An empty text means the default credential's model.
    ai_model: Option<String>,
    /// 0 to 2.
    ai_temperature: Option<f64>,
}

/// List channels.
#[utoipa::path(get, path = "/channels", operation_id = "list_channels", tag = "channels", responses((status = 200, body = ChannelList)))]
async fn list_channels(State(ctx): State<Context>, member: Member) -> Result<Json<ChannelList>> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(ChannelList {
        items: store::list(&mut tx).await?,
    }))
}

/// Create a widget.
#[utoipa::path(post, path = "/channels", operation_id = "create_channel", tag = "channels", request_body = NewChannel,
    responses((status = 201, body = CreatedChannel), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_channel(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewChannel>,
) -> Result<(StatusCode, Json<CreatedChannel>)> {
    member.require(Permission::ManageChannels)?;
    let settings = WidgetSettings::default().patched(&input.settings.unwrap_or_else(|| json!({})))?;
    let actor = member.actor().to_string();
    let mut tx = ctx.db.tenant(&member).await?;
    let (channel, identity_secret) = create_widget(
        &mut tx,
        &ctx.master_key,
        &actor,
        &input.name,
        &settings,
        &input.allowed_origins,
    )
    .await?;
    tx.commit().await?;
    Ok((
        StatusCode::CREATED,
        Json(CreatedChannel {
            channel,
            identity_secret,
        }),
    ))
}

/// Read a channel.
#[utoipa::path(get, path = "/channels/{id}", operation_id = "get_channel", tag = "channels",
    params(("id" = ChannelId, Path)), responses((status = 200, body = Channel), (status = 404, body = Problem)))]
async fn get_channel(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ChannelId>,
) -> Result<Json<Channel>> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(store::get(&mut tx, id).await?))
}

/// Change a channel. It acts at once.
#[utoipa::path(patch, path = "/channels/{id}", operation_id = "update_channel", tag = "channels",
    params(("id" = ChannelId, Path)), request_body = ChannelPatch,
    responses((status = 200, body = Channel), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn update_channel(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ChannelId>,
    Json(patch): Json<ChannelPatch>,
) -> Result<Json<Channel>> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant(&member).await?;
    // all columns are written: whoever publishes meanwhile has to wait
    store::lock_draft(&mut tx, id).await?;
    let before = store::get(&mut tx, id).await?;
    let channel = apply(before.clone(), patch)?;
    prompts::require(&mut tx, channel.settings.bot.agent_prompt_id).await?;
    store::update(&mut tx, &channel).await?;
    if channel.is_active && !before.is_active && channel.kind != "widget" {
        // what came in and what was said while it was paused
        crate::intake::wake(&mut tx, id).await?;
        crate::delivery::wake(&mut tx, id).await?;
    }
    let details = audit::changes(&before, &channel)?;
    let subject = format!("channel:{id}");
    audit::record_by(&mut tx, &member, audit::Action::ChannelUpdated, &subject, details).await?;
    tx.commit().await?;
    ctx.endpoints.forget(&channel.channel_key);
    ctx.connections.forget(&channel.channel_key);
    Ok(Json(channel))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct NewSecret {
    /// Signs identity tokens (JWT, HS256). Shown once.
    identity_secret: String,
}

/// Give a channel a new secret for identity tokens. Tokens signed with the old one are refused at once.
#[utoipa::path(post, path = "/channels/{id}/identity-secret", operation_id = "renew_identity_secret", tag = "channels",
    params(("id" = ChannelId, Path)), responses((status = 200, body = NewSecret), (status = 404, body = Problem)))]
async fn renew_identity_secret(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ChannelId>,
) -> Result<Json<NewSecret>> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let channel = store::get(&mut tx, id).await?;
    let actor = member.actor().to_string();
    let identity_secret = renew_secret(&mut tx, &ctx.master_key, &actor, id).await?;
    tx.commit().await?;
    ctx.endpoints.forget(&channel.channel_key);
    Ok(Json(NewSecret { identity_secret }))
}

fn apply(mut channel: Channel, patch: ChannelPatch) -> Result<Channel> {
    if let Some(name) = patch.name {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 100 {
            return Err(invalid("bad_name", "Please give a name of 1 to 100 characters."));
        }
        channel.name = name.to_owned();
    }
    if let Some(settings) = patch.settings {
        channel.settings = channel.settings.patched(&settings)?;
    }
    if let Some(origins) = patch.allowed_origins {
        channel.allowed_origins = origins
            .iter()
            .map(|origin| check_origin(origin))
            .collect::<Result<_>>()?;
    }
    if let Some(temperature) = patch.ai_temperature {
        if !(0.0..=2.0).contains(&temperature) {
            return Err(invalid(
                "bad_temperature",
                "`ai_temperature` lies between 0 and 2.",
            ));
        }
        channel.ai_temperature = temperature;
    }
    if let Some(model) = patch.ai_model {
        channel.ai_model = Some(model.trim().to_owned()).filter(|model| !model.is_empty());
    }
    channel.is_active = patch.is_active.unwrap_or(channel.is_active);
    channel.is_bot_active = patch.is_bot_active.unwrap_or(channel.is_bot_active);
    Ok(channel)
}
