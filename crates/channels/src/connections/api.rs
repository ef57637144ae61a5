//! HTTP for connections: which vendors there are, connect, reconnect, test, how all are, delete.

use std::collections::BTreeMap;

use access::{Member, Permission, audit, plans};
use answering::settings::JoinMessages;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use connectors::About;
use connectors::form::Checked;
use kernel::error::{Problem, conflict, invalid, not_found};
use kernel::events::WorkspaceList;
use kernel::extract::{Json, Path};
use kernel::ids::ChannelId;
use kernel::secrets;
use kernel::{Event, Result, TenantProof as _};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::health::{self, ChannelConnection};
use super::{check, fill, new_verify_token, open, store, webhook_url};
use crate::Context;
use crate::accounts;
use crate::settings::WidgetSettings;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_connectors))
        .routes(routes!(list_connections, connect_channel))
        .routes(routes!(get_connection, reconnect_channel))
        .routes(routes!(check_connection))
        .routes(routes!(delete_channel))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ConnectorList {
    items: Vec<ConnectorItem>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ConnectorItem {
    kind: &'static str,
    #[serde(flatten)]
    about: About,
}

/// List the vendors that channels can be connected to.
#[utoipa::path(get, path = "/connectors", operation_id = "list_connectors", tag = "channels",
    responses((status = 200, body = ConnectorList)))]
async fn list_connectors(member: Member) -> Result<Json<ConnectorList>> {
    member.require(Permission::ReadConversations)?;
    let items = connectors::all().iter().map(|connector| ConnectorItem {
        kind: connector.kind(),
        about: connector.about().clone(),
    });
    Ok(Json(ConnectorList {
        items: items.collect(),
    }))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ConnectionList {
    items: Vec<ChannelConnection>,
}

/// List connected channels and how they are.
#[utoipa::path(get, path = "/connections", operation_id = "list_connections", tag = "channels",
    responses((status = 200, body = ConnectionList)))]
async fn list_connections(State(ctx): State<Context>, member: Member) -> Result<Json<ConnectionList>> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let items = health::list(&mut tx, ctx.public_url.as_deref(), None).await?;
    Ok(Json(ConnectionList { items }))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewConnection {
    /// One of the connectors' kinds.
    kind: String,
    name: String,
    /// By the keys of the connector's form.
    values: BTreeMap<String, String>,
}

/// Connect a channel. Test it afterwards: only that asks the vendor.
#[utoipa::path(post, path = "/connections", operation_id = "connect_channel", tag = "channels", request_body = NewConnection,
    responses((status = 201, body = ChannelConnection), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn connect_channel(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewConnection>,
) -> Result<(StatusCode, Json<ChannelConnection>)> {
    member.require(Permission::ManageChannels)?;
    let connector = connectors::find(&input.kind)
        .ok_or_else(|| invalid("bad_kind", format!("There is no connector `{}`.", input.kind)))?;
    let name = input.name.trim();
    if name.is_empty() || name.chars().count() > 100 {
        return Err(invalid("bad_name", "Please give a name of 1 to 100 characters."));
    }
    let (tenant, id) = (member.tenant_id(), ChannelId::new());
    let filled = fill(
        &ctx.master_key,
        tenant,
        id,
        connector,
        &input.values,
        &BTreeMap::new(),
    )?;
    let key = secrets::random_name("ch_");
    let settings = settings_of_a_channel();
    let identity_secret = secrets::random_token("ws_");
    let context = accounts::store::secret_context(tenant, id);
    let mut tx = ctx.db.tenant(&member).await?;
    plans::check_channel(&mut tx).await?;
    let webhook_url = webhook_url(&ctx, connector.kind(), &key);
    let new = store::NewConnection {
        id,
        kind: connector.kind(),
        name,
        key: &key,
        settings: &settings,
        sealed_secret: &ctx.master_key.seal(&context, &identity_secret)?,
        verify_token: &new_verify_token(&key),
        webhook_url: webhook_url.as_deref(),
    };
    store::insert(&mut tx, &new, &filled).await?;
    let details = json!({"kind": connector.kind()});
    let subject = format!("channel:{id}");
    audit::record_by(&mut tx, &member, audit::Action::ChannelCreated, &subject, details).await?;
    let connection = get(&ctx, &mut tx, id).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(connection)))
}

/// People write in bursts there, and nobody watches a reply being written: the bot waits for the end of a burst.
fn settings_of_a_channel() -> WidgetSettings {
    let mut settings = WidgetSettings::default();
    settings.bot.join_messages = JoinMessages::Always;
    settings
}

async fn get(ctx: &Context, tx: &mut kernel::TenantTx, id: ChannelId) -> Result<ChannelConnection> {
    let found = health::list(tx, ctx.public_url.as_deref(), Some(id)).await?;
    found.into_iter().next().ok_or_else(|| not_found("channel"))
}

/// Read how a connected channel is.
#[utoipa::path(get, path = "/channels/{id}/connection", operation_id = "get_connection", tag = "channels",
    params(("id" = ChannelId, Path)), responses((status = 200, body = ChannelConnection), (status = 404, body = Problem)))]
async fn get_connection(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ChannelId>,
) -> Result<Json<ChannelConnection>> {
    member.require(Permission::ManageChannels)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(get(&ctx, &mut tx, id).await?))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewValues {
    /// By the keys of the connector's form. What is left out, and secrets that are left empty, stay as they are; with
    /// another address all secrets are needed again.
    values: BTreeMap<String, String>,
}

/// Reconnect a channel in place: conversations stay.
#[utoipa::path(put, path = "/channels/{id}/connection", operation_id = "reconnect_channel", tag = "channels",
    params(("id" = ChannelId, Path)), request_body = NewValues,
    responses((status = 200, body = ChannelConnection), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn reconnect_channel(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ChannelId>,
    Json(input): Json<NewValues>,
) -> Result<Json<ChannelConnection>> {
    member.require(Permission::ManageChannels)?;
    let known = open(&ctx.db, &ctx.master_key, &member, id).await?;
    let known = known.ok_or_else(|| not_found("channel"))?;
    let tenant = member.tenant_id();
    let filled = fill(
        &ctx.master_key,
        tenant,
        id,
        known.connector,
        &input.values,
        &known.account.values,
    )?;
    let mut tx = ctx.db.tenant(&member).await?;
    let channel = accounts::store::get(&mut tx, id).await?;
    let url = webhook_url(&ctx, &channel.kind, &channel.channel_key);
    store::update(&mut tx, id, &filled, url.as_deref()).await?;
    crate::intake::wake(&mut tx, id).await?;
    crate::delivery::wake(&mut tx, id).await?;
    let fields: Vec<&String> = input.values.keys().collect();
    let subject = format!("channel:{id}");
    let details = json!({"fields": fields});
    audit::record_by(
        &mut tx,
        &member,
        audit::Action::ChannelReconnected,
        &subject,
        details,
    )
    .await?;
    let connection = get(&ctx, &mut tx, id).await?;
    tx.commit().await?;
    ctx.connections.forget(&channel.channel_key);
    Ok(Json(connection))
}

/// Test a connected channel: asks the vendor, and tells it where to send events if it can be told.
#[utoipa::path(post, path = "/channels/{id}/connection/check", operation_id = "check_connection", tag = "channels",
    params(("id" = ChannelId, Path)),
    responses((status = 200, body = Checked), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn check_connection(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ChannelId>,
) -> Result<Json<Checked>> {
    member.require(Permission::ManageChannels)?;
    let outcome = check(&ctx, &member, id).await;
    let mut tx = ctx.db.tenant(&member).await?;
    let channel = accounts::store::get(&mut tx, id).await?;
    if outcome.is_ok() {
        crate::delivery::wake(&mut tx, id).await?;
    }
    tx.emit(Event::WorkspaceChanged {
        what: WorkspaceList::Channels,
    });
    tx.commit().await?;
    ctx.connections.forget(&channel.channel_key);
    Ok(Json(outcome?))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct DeleteQuery {
    /// true: its conversations are erased with it.
    #[serde(default)]
    erase_conversations: bool,
}

/// Delete a channel. This cannot be undone.
#[utoipa::path(delete, path = "/channels/{id}", operation_id = "delete_channel", tag = "channels",
    params(("id" = ChannelId, Path), DeleteQuery),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn delete_channel(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ChannelId>,
    Query(query): Query<DeleteQuery>,
) -> Result<StatusCode> {
    member.require(Permission::ManageChannels)?;
    let known = open(&ctx.db, &ctx.master_key, &member, id).await?;
    let mut tx = ctx.db.tenant(&member).await?;
    let channel = accounts::store::get(&mut tx, id).await?;
    let conversations = store::count_conversations(&mut tx, id).await?;
    if conversations > 0 && !query.erase_conversations {
        return Err(conflict(
            "has_conversations",
            format!(
                "This channel has {conversations} conversations, which would be erased with it. Pause it instead, or send \
                 erase_conversations=true."
            ),
        ));
    }
    if conversations > 0 {
        member.require(Permission::ManageWorkspace)?;
    }
    store::delete(&mut tx, id).await?;
    let subject = format!("channel:{id}");
    let details = json!({"name": channel.name, "kind": channel.kind, "conversations": conversations});
    audit::record_by(&mut tx, &member, audit::Action::ChannelDeleted, &subject, details).await?;
    tx.commit().await?;
    ctx.endpoints.forget(&channel.channel_key);
    ctx.connections.forget(&channel.channel_key);
    if let Some(known) = known
        && let Some(leaving) = known.connector.unsubscribe(&ctx.http, &known.account)
    {
        leaving.await;
    }
    Ok(StatusCode::NO_CONTENT)
}
