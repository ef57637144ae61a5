//! HTTP for tools: what a channel's bot may do, what it did, and what waits for a person.

use access::audit::{self, Action};
use access::{Member, Permission as Right};
use axum::extract::State;
use kernel::Result;
use kernel::error::{Problem, invalid};
use kernel::extract::{Json, Path};
use kernel::ids::{ChannelId, ConversationId, ToolCallId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::approvals::{self, ToolCall, Verdict};
use super::{Permission, Permissions, Tool, calls, store};
use crate::{BotSettings, Context};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(get_channel_tools, set_channel_tools))
        .routes(routes!(list_tool_calls))
        .routes(routes!(approve_tool_call))
        .routes(routes!(refuse_tool_call))
}

/// A tool of a channel's bot.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ChannelTool {
    tool: Tool,
    permission: Permission,
    /// Where the channel says nothing.
    default_permission: Permission,
    /// What can be chosen. What cannot be taken back is never `allowed`.
    choices: Vec<Permission>,
    can_be_taken_back: bool,
    /// The channel's other settings make it possible: a booking link, say.
    is_available: bool,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ChannelTools {
    items: Vec<ChannelTool>,
}

fn show(permissions: &Permissions, settings: Value) -> Result<ChannelTools> {
    let settings: BotSettings = serde_json::from_value(settings)?;
    let items = Tool::ALL.map(|tool| ChannelTool {
        tool,
        permission: permissions.of(tool),
        default_permission: tool.usual(),
        choices: tool.choices(),
        can_be_taken_back: tool.can_be_taken_back(),
        is_available: calls::is_set_up(tool, &settings),
    });
    Ok(ChannelTools { items: items.into() })
}

/// What a channel's bot may do beside answering.
#[utoipa::path(get, path = "/channels/{id}/tools", operation_id = "get_channel_tools", tag = "channels",
    params(("id" = ChannelId, Path)), responses((status = 200, body = ChannelTools), (status = 404, body = Problem)))]
async fn get_channel_tools(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ChannelId>,
) -> Result<Json<ChannelTools>> {
    member.require(Right::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let settings = store::channel_settings(&mut tx, id).await?;
    let permissions = store::permissions(&mut tx, id).await?;
    Ok(Json(show(&permissions, settings)?))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct ChosenPermission {
    tool: Tool,
    permission: Permission,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = ChosenPermissions)]
struct Chosen {
    /// Tools that are left out have their default again.
    items: Vec<ChosenPermission>,
}

impl Chosen {
    fn check(self) -> Result<Vec<(Tool, Permission)>> {
        let mut chosen: Vec<(Tool, Permission)> = Vec::new();
        for ChosenPermission { tool, permission } in self.items {
            if !tool.choices().contains(&permission) {
                return Err(invalid(
                    "irreversible_tool",
                    "What this tool does cannot be taken back, so a person confirms it: choose `ask` or `off`.",
                ));
            }
            if chosen.iter().any(|(other, _)| *other == tool) {
                return Err(invalid("tool_twice", "Name each tool once."));
            }
            chosen.push((tool, permission));
        }
        Ok(chosen)
    }
}

/// Choose what a channel's bot may do. It counts from the next message.
#[utoipa::path(put, path = "/channels/{id}/tools", operation_id = "set_channel_tools", tag = "channels",
    params(("id" = ChannelId, Path)), request_body = Chosen,
    responses((status = 200, body = ChannelTools), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn set_channel_tools(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ChannelId>,
    Json(chosen): Json<Chosen>,
) -> Result<Json<ChannelTools>> {
    member.require(Right::ManageChannels)?;
    let chosen = chosen.check()?;
    let mut tx = ctx.db.tenant(&member).await?;
    let name = store::lock_channel(&mut tx, id).await?;
    let before = store::permissions(&mut tx, id).await?;
    store::set_permissions(&mut tx, id, &chosen).await?;
    let after = store::permissions(&mut tx, id).await?;
    let changed: Vec<Tool> = Tool::ALL
        .into_iter()
        .filter(|tool| before.of(*tool) != after.of(*tool))
        .collect();
    if !changed.is_empty() {
        let told = |permissions: &Permissions| -> serde_json::Map<String, Value> {
            let told = |tool: &Tool| (tool.as_str().to_owned(), json!(permissions.of(*tool)));
            changed.iter().map(told).collect()
        };
        let details = json!({"name": name, "tools": {"from": told(&before), "to": told(&after)}});
        audit::record_by(
            &mut tx,
            &member,
            Action::ChannelToolsChanged,
            &format!("channel:{id}"),
            details,
        )
        .await?;
    }
    let settings = store::channel_settings(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(show(&after, settings)?))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ToolCalls {
    /// Newest first, the last 200.
    items: Vec<ToolCall>,
}

/// What the bot did, or wants to do, in a conversation.
#[utoipa::path(get, path = "/conversations/{id}/tool-calls", operation_id = "list_tool_calls", tag = "conversations",
    params(("id" = ConversationId, Path)), responses((status = 200, body = ToolCalls), (status = 404, body = Problem)))]
async fn list_tool_calls(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ConversationId>,
) -> Result<Json<ToolCalls>> {
    member.require(Right::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    store::find_channel(&mut tx, id).await?;
    let items = store::list(&mut tx, id).await?;
    Ok(Json(ToolCalls { items }))
}

/// Approve what the bot wants to do: it is carried out, once, and the visitor is told. An order is cancelled with
/// `crm:write` alone.
#[utoipa::path(post, path = "/tool-calls/{id}/approve", operation_id = "approve_tool_call", tag = "conversations",
    params(("id" = ToolCallId, Path)),
    responses((status = 200, body = ToolCall), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn approve_tool_call(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ToolCallId>,
) -> Result<Json<ToolCall>> {
    decide(&ctx, &member, id, Verdict::Approve).await
}

/// Refuse what the bot wants to do: nothing is done, and the visitor is told.
#[utoipa::path(post, path = "/tool-calls/{id}/refuse", operation_id = "refuse_tool_call", tag = "conversations",
    params(("id" = ToolCallId, Path)),
    responses((status = 200, body = ToolCall), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn refuse_tool_call(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ToolCallId>,
) -> Result<Json<ToolCall>> {
    decide(&ctx, &member, id, Verdict::Refuse).await
}

async fn decide(ctx: &Context, member: &Member, id: ToolCallId, verdict: Verdict) -> Result<Json<ToolCall>> {
    member.require(Right::ReplyToVisitors)?;
    let mut tx = ctx.db.tenant(member).await?;
    let call = approvals::decide(&mut tx, member, id, verdict).await?;
    tx.commit().await?;
    Ok(Json(call))
}
