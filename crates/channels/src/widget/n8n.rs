//! The protocol of n8n's chat (`@n8n/chat`): a page that has that widget can be pointed at a Rapport channel instead of a
//! workflow. The session's id, which the widget makes at random and keeps, is what a visitor token is elsewhere.

use std::sync::Arc;

use answering::turns::{self, Posted, Progress};
use axum::body::{Body, Bytes};
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest as _, Multipart, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use conversations::inbound::{Inbound, Platform};
use conversations::messages::{self, Message, SenderType};
use kernel::client_ip::ClientIp;
use kernel::error::{Error, Kind, Problem, Result, invalid};
use kernel::extract::{self, Json};
use kernel::ids::{AssetId, ContactId, ConversationId};
use kernel::{TenantProof as _, secrets};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::token::Visitor;
use super::uploads;
use crate::Context;
use crate::endpoint::ChannelEndpoint;

/// What the widget sends. Other fields are its own affair.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct N8nRequest {
    /// `sendMessage` or `loadPreviousSession`.
    action: String,
    session_id: String,
    #[serde(default)]
    chat_input: String,
}

/// Talk to a channel with n8n's chat widget: its `webhookUrl` is this address. Files come as `multipart/form-data`.
#[utoipa::path(post, path = "/{channel_key}/n8n", operation_id = "post_n8n_chat", tag = "widget",
    params(("channel_key" = String, Path)), request_body = N8nRequest,
    responses((status = 200, body = Value), (status = 403, body = Problem), (status = 404, body = Problem), (status = 413, body = Problem),
        (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn post_n8n_chat(
    State(ctx): State<Context>,
    Path(key): Path<String>,
    address: ClientIp,
    headers: HeaderMap,
    Query(query): Query<Vec<(String, String)>>,
    request: Request,
) -> Response {
    match talk(&ctx, &key, address, &headers, &query, request).await {
        Ok(response) => response,
        Err(error) => in_words(error),
    }
}

/// The widget looks at no status: it shows what stands under `output`, or else the whole body.
fn in_words(error: Error) -> Response {
    let mut problem = json!(error.problem());
    problem["output"] = error.detail.as_str().into();
    let (mut parts, _) = error.into_response().into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, problem.to_string().into())
}

async fn talk(
    ctx: &Context,
    key: &str,
    address: ClientIp,
    headers: &HeaderMap,
    query: &[(String, String)],
    request: Request,
) -> Result<Response> {
    let endpoint = ctx.endpoints.get(&ctx.db, key).await?;
    if endpoint.settings.identity_required {
        return Err(invalid(
            "identity_required",
            "This channel takes visitors that the business vouches for only. n8n's chat cannot do that.",
        ));
    }
    let (request, files) = read(query, headers, request).await?;
    let visitor = visitor_of(ctx, &endpoint, &request.session_id)?;
    match request.action.as_str() {
        "loadPreviousSession" => previous(ctx, &endpoint, &visitor).await,
        "sendMessage" => {
            let text = request.chat_input.trim();
            if (text.is_empty() && files.is_empty()) || text.chars().count() > 4000 {
                return Err(invalid("bad_text", "A message has 1 to 4,000 characters."));
            }
            let posted = send(ctx, &endpoint, &visitor, address, text, &files).await?;
            let wants_stream = headers
                .get(header::ACCEPT)
                .and_then(|value| value.to_str().ok())
                .is_some_and(|accept| accept.starts_with("text/plain"));
            match wants_stream {
                true => Ok(stream(posted)),
                false => Ok(Json(json!({"output": said(posted).await?})).into_response()),
            }
        }
        other => Err(invalid("bad_action", format!("There is no action `{other}`."))),
    }
}

/// A file that came with a message.
struct File {
    name: String,
    bytes: Bytes,
}

/// So many files come with one message.
const MOST_FILES: usize = 5;
/// A body without files takes no more, in bytes.
const LARGEST_JSON: usize = 1024 * 1024;

/// As JSON, as a form where there are files, or as parameters of the address where the widget is set to use GET.
async fn read(
    query: &[(String, String)],
    headers: &HeaderMap,
    request: Request,
) -> Result<(N8nRequest, Vec<File>)> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    if kind.is_some_and(|kind| kind.starts_with("multipart/form-data")) {
        return read_form(request).await;
    }
    let extract::Bytes(body) = extract::Bytes::from_request(request, &()).await?;
    if body.len() > LARGEST_JSON {
        return Err(too_large());
    }
    if body.is_empty() {
        return Ok((from_fields(query)?, Vec::new()));
    }
    let request = serde_json::from_slice(&body).map_err(|_| {
        invalid(
            "bad_request",
            "The body is JSON with `action`, `sessionId` and `chatInput`.",
        )
    })?;
    Ok((request, Vec::new()))
}

fn too_large() -> Error {
    let detail = "The body is larger than this address accepts.";
    Error::new(Kind::TooLarge, "body_too_large", detail)
}

async fn read_form(request: Request) -> Result<(N8nRequest, Vec<File>)> {
    let bad = |error: MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => invalid("bad_request", error.body_text()),
    };
    let form = Multipart::from_request(request, &()).await;
    let mut form = form.map_err(|error| invalid("bad_request", error.body_text()))?;
    let (mut fields, mut files) = (Vec::new(), Vec::new());
    while let Some(field) = form.next_field().await.map_err(bad)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "files" {
            let name = field.file_name().unwrap_or_default().to_owned();
            let bytes = field.bytes().await.map_err(bad)?;
            files.push(File { name, bytes });
        } else {
            fields.push((name, field.text().await.map_err(bad)?));
        }
        if files.len() > MOST_FILES || fields.len() > 20 {
            return Err(invalid("too_many_files", "A message takes at most 5 files."));
        }
    }
    Ok((from_fields(&fields)?, files))
}

fn from_fields(fields: &[(String, String)]) -> Result<N8nRequest> {
    let value = |name: &str| {
        fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
    };
    match (value("action"), value("sessionId")) {
        (Some(action), Some(session_id)) => Ok(N8nRequest {
            action,
            session_id,
            chat_input: value("chatInput").unwrap_or_default(),
        }),
        _ => Err(invalid("bad_request", "`action` and `sessionId` are missing.")),
    }
}

/// Session and channel make contact and conversation, through a key that only this server has: nobody can choose whose
/// conversation a session leads to.
fn visitor_of(ctx: &Context, endpoint: &ChannelEndpoint, session: &str) -> Result<Visitor> {
    if !(16..=200).contains(&session.len()) {
        return Err(invalid(
            "bad_session",
            "`sessionId` is a random text of 16 to 200 characters, such as a UUID.",
        ));
    }
    let key = ctx.master_key.derive("n8n-session");
    let id = |what: &str| {
        let name = format!("{what}/{}/{session}", endpoint.channel_id);
        let digest = secrets::sign(&key, name.as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(digest.get(..16).unwrap_or_default());
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    };
    let (contact, conversation): (Uuid, Uuid) = (id("contact"), id("conversation"));
    let now = ctx.db.clock.now();
    Ok(Visitor::new(
        endpoint.tenant_id(),
        endpoint.channel_id,
        ContactId(contact),
        ConversationId(conversation),
        now,
    ))
}

/// How many messages of before the widget is given.
const MOST_EARLIER: i64 = 100;

async fn previous(ctx: &Context, endpoint: &ChannelEndpoint, visitor: &Visitor) -> Result<Response> {
    let mut tx = ctx.db.tenant_read(endpoint).await?;
    let found = messages::store::list_latest(&mut tx, visitor.conversation_id, MOST_EARLIER).await?;
    let data: Vec<Value> = found.iter().map(earlier).collect();
    Ok(Json(json!({"data": data})).into_response())
}

/// In the words of the library that the widget was made for: it looks for `HumanMessage` among the ids.
fn earlier(message: &Message) -> Value {
    let kind = match message.sender_type {
        SenderType::User => "HumanMessage",
        _ => "AIMessage",
    };
    let file = message.attachment.as_ref().map(|file| file.name.as_str());
    let shown = [Some(message.text.as_str()).filter(|text| !text.is_empty()), file];
    let content: Vec<&str> = shown.into_iter().flatten().collect();
    json!({
        "lc": 1,
        "type": "constructor",
        "id": ["langchain_core", "messages", kind],
        "kwargs": {"content": content.join("\n\n"), "additional_kwargs": {}},
    })
}

/// A message carries one file: more of them go before the words, and are answered together with these.
async fn send(
    ctx: &Context,
    endpoint: &Arc<ChannelEndpoint>,
    visitor: &Visitor,
    address: ClientIp,
    text: &str,
    files: &[File],
) -> Result<Posted> {
    let now = ctx.db.clock.now();
    ctx.limits.check(endpoint.tenant_id(), address, visitor, now)?;
    if endpoint.is_demo {
        access::demos::count_message(&ctx.db, endpoint.as_ref()).await?;
    }
    let mut attachments = keep(ctx, endpoint, visitor, address, files).await?;
    let last = attachments.pop();
    let inbound = |text: &str, attachment_id: Option<AssetId>| Inbound {
        channel_id: visitor.channel_id,
        contact_id: visitor.contact_id,
        conversation_id: visitor.conversation_id,
        // the widget repeats nothing, so each call is a message of its own
        client_message_id: format!("n8n-{}", kernel::ids::RequestId::new()),
        text: text.to_owned(),
        language: None,
        page_url: None,
        attachment_id,
        platform: Platform::default(),
    };
    let post =
        |inbound: Inbound| turns::post(&ctx.answering, endpoint.clone(), endpoint.bot.clone(), inbound);
    let not_before_the_last = ctx.answering.turns.announce(visitor.conversation_id);
    for attachment in attachments {
        post(inbound("", Some(attachment))).await?;
    }
    let posted = post(inbound(text, last)).await;
    drop(not_before_the_last);
    posted
}

/// Checked and kept as every file that a visitor sends.
async fn keep(
    ctx: &Context,
    endpoint: &ChannelEndpoint,
    visitor: &Visitor,
    address: ClientIp,
    files: &[File],
) -> Result<Vec<AssetId>> {
    let mut kept = Vec::new();
    for file in files {
        let asset = uploads::keep(ctx, endpoint, visitor, address, &file.name, &file.bytes).await?;
        kept.push(asset.id);
    }
    Ok(kept)
}

/// The reply; empty where a person will answer, which the widget shows at its next opening.
async fn said(posted: Posted) -> Result<String> {
    let reply = match posted {
        Posted::Settled(_, reply) => reply,
        Posted::Watching(_, mut watcher) => super::posting::finish(&mut watcher).await?,
    };
    Ok(reply.map(|reply| reply.text.clone()).unwrap_or_default())
}

/// One JSON object a line: begin, items, end.
fn stream(posted: Posted) -> Response {
    let line = |kind: &str, run: usize, content: Option<&str>| {
        let metadata = json!({"nodeId": "rapport", "nodeName": "Rapport", "runIndex": run, "itemIndex": 0});
        let mut value = json!({"type": kind, "metadata": metadata});
        if let Some(content) = content {
            value["content"] = content.into();
        }
        Ok::<_, std::convert::Infallible>(Bytes::from(format!("{value}\n")))
    };
    let lines = async_stream::stream! {
        yield line("begin", 0, None);
        let (mut run, mut shown) = (0, String::new());
        match posted {
            Posted::Settled(_, reply) => {
                yield line("item", run, Some(reply.as_ref().map_or("", |reply| &reply.text)));
            }
            Posted::Watching(_, mut watcher) => {
                while let Some(progress) = watcher.next().await {
                    match progress {
                        Progress::Delta(delta) => {
                            // what was shown stays there: a new beginning is a bubble of its own
                            if delta.replace && !shown.is_empty() {
                                run += 1;
                                shown.clear();
                            }
                            shown.push_str(&delta.text);
                            yield line("item", run, Some(&delta.text));
                        }
                        Progress::Done(reply) => {
                            let whole = reply.as_ref().map_or("", |reply| reply.text.as_str());
                            if let Some(rest) = whole.strip_prefix(shown.as_str()) {
                                yield line("item", run, Some(rest));
                            } else {
                                yield line("item", run + 1, Some(whole));
                            }
                            break;
                        }
                        Progress::Failed(error) => {
                            yield line("error", run, Some(&error.detail));
                            break;
                        }
                    }
                }
            }
        }
        yield line("end", run, None);
    };
    let headers = [
        (header::CONTENT_TYPE, "application/json; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, Body::from_stream(lines)).into_response()
}
