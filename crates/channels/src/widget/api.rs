//! Settings, sessions, history, feedback and the way to a person.

use std::sync::Arc;

use access::member::bearer;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use chrono::{DateTime, Utc};
use conversations::messages::{Feedback, Message};
use conversations::settings::Schedule;
use conversations::{contacts, escalations, messages, outbound, visitors};
use kernel::error::{Problem, forbidden, invalid, not_found, unauthenticated};
use kernel::events::WorkspaceList;
use kernel::extract::{Json, Path, Query};
use kernel::ids::{ContactId, ConversationId, MessageId};
use kernel::{Result, TenantProof, TenantTx};
use serde::{Deserialize, Serialize};

use super::identity;
use super::token::Visitor;
use crate::endpoint::ChannelEndpoint;
use crate::settings::{BubblePosition, Theme};
use crate::{Context, accounts};

/// The settings that a visitor's browser needs.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PublicSettings {
    /// False: nothing can be said here at the moment.
    is_available: bool,
    channel_key: String,
    display_name: String,
    welcome_message: String,
    placeholder_text: String,
    suggested_messages: Vec<String>,
    booking_url: Option<String>,
    primary_color: String,
    bubble_color: String,
    bubble_position: BubblePosition,
    avatar_url: Option<String>,
    chat_icon_url: Option<String>,
    escalation_enabled: bool,
    powered_by: bool,
    max_suggestion_chips: u8,
    language: String,
    theme: Theme,
    uploads_enabled: bool,
    /// Whether a conversation that is over is rated.
    ask_rating: bool,
    /// The business's privacy policy.
    privacy_url: Option<String>,
    /// When people are there; null: always.
    people: Option<People>,
}

/// Whether somebody is there to take over.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = WidgetPeople)]
pub struct People {
    is_open: bool,
    /// When somebody will be, if nobody is.
    opens_at: Option<DateTime<Utc>>,
}

/// Read a widget's settings.
#[utoipa::path(get, path = "/{channel_key}", operation_id = "get_widget_settings", tag = "widget",
    params(("channel_key" = String, Path)), responses((status = 200, body = PublicSettings), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_widget_settings(
    State(ctx): State<Context>,
    Path(key): Path<String>,
    headers: HeaderMap,
) -> Result<Json<PublicSettings>> {
    let endpoint = ctx.endpoints.look_up(&ctx.db, &key).await?;
    // only a page of another site names its origin here; our own preview and programs are no visit
    if endpoint.may_act && headers.contains_key(header::ORIGIN) {
        note_visit(&ctx, &endpoint, &headers).await?;
    }
    let mut settings = endpoint.settings.clone();
    if !endpoint.may_act {
        settings.welcome_message = unavailable(&settings.language, &headers).to_owned();
        settings.suggested_messages.clear();
    }
    Ok(Json(PublicSettings {
        is_available: endpoint.may_act,
        channel_key: endpoint.channel_key.clone(),
        display_name: settings.bot.display_name,
        welcome_message: settings.welcome_message,
        placeholder_text: settings.placeholder_text,
        suggested_messages: settings.suggested_messages,
        booking_url: settings.bot.booking_url,
        primary_color: settings.primary_color,
        bubble_color: settings.bubble_color,
        bubble_position: settings.bubble_position,
        avatar_url: settings.avatar_url,
        chat_icon_url: settings.chat_icon_url,
        escalation_enabled: settings.bot.escalation_enabled,
        powered_by: settings.powered_by,
        max_suggestion_chips: settings.bot.max_suggestion_chips,
        language: settings.language,
        theme: settings.theme,
        uploads_enabled: settings.uploads_enabled,
        ask_rating: endpoint.ask_rating,
        privacy_url: endpoint.privacy_url.clone(),
        people: endpoint
            .hours
            .as_ref()
            .map(|hours| people(hours, ctx.db.clock.now())),
    }))
}

/// What a suspended tenant's chat says in place of its greeting.
fn unavailable(language: &str, headers: &HeaderMap) -> &'static str {
    let asked = headers.get(header::ACCEPT_LANGUAGE);
    let asked = asked.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let language = if language == "auto" { asked } else { language };
    match language.starts_with("fr") {
        true => "Ce chat n’est pas disponible pour le moment. Merci de revenir plus tard.",
        false => "This chat is not available at the moment. Please come back later.",
    }
}

fn people(hours: &Schedule, now: DateTime<Utc>) -> People {
    let is_open = hours.is_open(now);
    People {
        is_open,
        opens_at: hours.next_opening(now).filter(|_| !is_open),
    }
}

/// A scheme, a host name of at most 253 characters and a port.
const LONGEST_ORIGIN: usize = 300;

/// The first visit tells whoever installs the widget that it works.
async fn note_visit(ctx: &Context, endpoint: &ChannelEndpoint, headers: &HeaderMap) -> Result<()> {
    if endpoint.is_seen {
        return Ok(());
    }
    let origin = headers
        .get(header::ORIGIN)
        .and_then(|origin| origin.to_str().ok())
        .filter(|origin| origin.len() <= LONGEST_ORIGIN);
    let mut tx = ctx.db.tenant(endpoint).await?;
    accounts::store::note_first_visit(&mut tx, endpoint.channel_id, origin, ctx.db.clock.now()).await?;
    tx.emit(kernel::Event::WorkspaceChanged {
        what: WorkspaceList::Channels,
    });
    tx.commit().await?;
    ctx.endpoints.forget(&endpoint.channel_key);
    Ok(())
}

/// A conversation as its visitor sees it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = WidgetConversation)]
pub struct Conversation {
    pub id: ConversationId,
    /// `open`, `escalated` or `resolved`.
    pub status: String,
    /// A person answers here, not the bot.
    pub ai_paused: bool,
    pub last_seq: i64,
    /// What the visitor thought of it, 1 to 5; asked for when it is resolved.
    pub rating: Option<i32>,
}

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[schema(as = NewWidgetSession)]
pub struct NewSession {
    /// A JWT (HS256, signed with the channel's secret): sub, exp, and if you like email and name.
    identity_token: Option<String>,
    page_url: Option<String>,
    language: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = WidgetSession)]
pub struct Session {
    visitor_token: String,
    conversation: Conversation,
    /// The newest messages, oldest of them first.
    messages: Vec<Message>,
}

/// The most messages that a browser gets at once.
const HISTORY: i64 = 100;

/// Start or resume a session. With a previous token in `Authorization`, the conversation goes on.
#[utoipa::path(post, path = "/{channel_key}/sessions", operation_id = "start_widget_session", tag = "widget",
    params(("channel_key" = String, Path)), request_body = NewSession,
    responses((status = 200, body = Session), (status = 401, body = Problem)))]
pub async fn start_widget_session(
    State(ctx): State<Context>,
    Path(key): Path<String>,
    headers: HeaderMap,
    body: Option<Json<NewSession>>,
) -> Result<Json<Session>> {
    let endpoint = ctx.endpoints.get(&ctx.db, &key).await?;
    let input = body.map(|Json(input)| input).unwrap_or_default();
    note_visit(&ctx, &endpoint, &headers).await?;
    let mut visitor = recognise(&ctx, &endpoint, &headers, input.identity_token.as_deref()).await?;
    let mut tx = ctx.db.tenant_read(endpoint.as_ref()).await?;
    let found = find_conversation(&mut tx, &visitor).await?;
    let messages = match &found {
        Some(conversation) => messages::store::list_latest(&mut tx, conversation.id, HISTORY).await?,
        None => Vec::new(),
    };
    visitor.language = input.language.as_deref().and_then(language_code);
    visitor.page_url = input.page_url.map(|url| url.chars().take(300).collect());
    visitor.has_begun = found.is_some();
    let conversation = found.unwrap_or_else(|| Conversation::unborn(visitor.conversation_id));
    visitor.conversation_id = conversation.id;
    Ok(Json(Session {
        visitor_token: visitor.seal(&ctx.master_key)?,
        conversation,
        messages,
    }))
}

/// `fr-CA` → `fr`; none for what is not a language.
pub fn language_code(language: &str) -> Option<String> {
    let code: String = language.chars().take(2).collect::<String>().to_lowercase();
    (code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_lowercase())).then_some(code)
}

/// Who the browser is: the person that the business vouches for, the one it was before, or somebody new.
async fn recognise(
    ctx: &Context,
    endpoint: &Arc<ChannelEndpoint>,
    headers: &HeaderMap,
    identity: Option<&str>,
) -> Result<Visitor> {
    let now = ctx.db.clock.now();
    let tenant = endpoint.tenant_id();
    let fresh = |contact| Visitor::new(tenant, endpoint.channel_id, contact, ConversationId::new(), now);
    if let Some(token) = identity {
        let identity = identity::verify(token, &endpoint.secret(&ctx.master_key)?)?;
        let mut tx = ctx.db.tenant(endpoint.as_ref()).await?;
        let contact = contacts::store::find_or_create_verified(&mut tx, &identity).await?;
        tx.commit().await?;
        return Ok(fresh(contact).verified(now));
    }
    let before = bearer(headers).and_then(|token| Visitor::open(token, &ctx.master_key, now).ok());
    let before =
        before.filter(|visitor| visitor.channel_id == endpoint.channel_id && visitor.tenant_id == tenant);
    if endpoint.settings.identity_required && !before.as_ref().is_some_and(|visitor| visitor.is_verified) {
        return Err(unauthenticated(
            "This channel is for signed-in customers: an identity token is needed.",
        ));
    }
    Ok(match before {
        // what the business vouched for ends when it said so: only a new identity token renews it
        Some(before) if before.is_verified => before,
        Some(before) => Visitor {
            conversation_id: before.conversation_id,
            ..fresh(before.contact_id)
        },
        None => fresh(ContactId::new()),
    })
}

impl Conversation {
    /// One that begins with its first message.
    fn unborn(id: ConversationId) -> Self {
        Self {
            id,
            status: "open".into(),
            ai_paused: false,
            last_seq: 0,
            rating: None,
        }
    }
}

/// The token's conversation, or the contact's open one on this channel.
pub async fn find_conversation(tx: &mut TenantTx, visitor: &Visitor) -> Result<Option<Conversation>> {
    let found = conversations::inbound::find_for_visitor(
        tx,
        visitor.conversation_id,
        visitor.contact_id,
        visitor.channel_id,
    )
    .await?;
    let Some(state) = found else { return Ok(None) };
    let rating = match state.status.as_str() {
        "resolved" => visitors::store::find_rating(tx, state.id).await?,
        _ => None,
    };
    Ok(Some(Conversation {
        id: state.id,
        status: state.status,
        ai_paused: state.ai_paused,
        last_seq: state.last_seq,
        rating,
    }))
}

/// The endpoint and the visitor of a request.
pub async fn enter(ctx: &Context, key: &str, headers: &HeaderMap) -> Result<(Arc<ChannelEndpoint>, Visitor)> {
    let endpoint = ctx.endpoints.get(&ctx.db, key).await?;
    let token = bearer(headers)
        .ok_or_else(|| unauthenticated("Send the visitor token as `Authorization: Bearer …`."))?;
    let visitor = Visitor::open(token, &ctx.master_key, ctx.db.clock.now())?;
    if visitor.channel_id != endpoint.channel_id || visitor.tenant_id != endpoint.tenant_id() {
        return Err(unauthenticated(
            "The visitor token belongs to another channel. Start a session again.",
        ));
    }
    if endpoint.settings.identity_required && !visitor.is_verified {
        return Err(unauthenticated(
            "This channel is for signed-in customers: an identity token is needed.",
        ));
    }
    Ok((endpoint, visitor))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct After {
    /// Only messages with a higher `seq`; 0 unless given.
    after: Option<i64>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = WidgetHistory)]
pub struct History {
    conversation: Conversation,
    messages: Vec<Message>,
}

/// Read the conversation's messages, oldest first.
#[utoipa::path(get, path = "/{channel_key}/messages", operation_id = "list_widget_messages", tag = "widget",
    params(("channel_key" = String, Path), After), responses((status = 200, body = History), (status = 401, body = Problem)))]
pub async fn list_widget_messages(
    State(ctx): State<Context>,
    Path(key): Path<String>,
    headers: HeaderMap,
    Query(query): Query<After>,
) -> Result<Json<History>> {
    let (endpoint, visitor) = enter(&ctx, &key, &headers).await?;
    let mut tx = ctx.db.tenant_read(endpoint.as_ref()).await?;
    let Some(conversation) = find_conversation(&mut tx, &visitor).await? else {
        return Ok(Json(History {
            conversation: Conversation::unborn(visitor.conversation_id),
            messages: Vec::new(),
        }));
    };
    let messages = match query.after {
        Some(after) => messages::store::list_after(&mut tx, conversation.id, after.max(0), HISTORY).await?,
        None => messages::store::list_latest(&mut tx, conversation.id, HISTORY).await?,
    };
    Ok(Json(History {
        conversation,
        messages,
    }))
}

#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = WidgetFeedback)]
pub struct FeedbackBody {
    value: Feedback,
    comment: Option<String>,
}

/// Say whether an answer helped.
#[utoipa::path(post, path = "/{channel_key}/messages/{id}/feedback", operation_id = "give_widget_feedback", tag = "widget",
    params(("channel_key" = String, Path), ("id" = MessageId, Path)), request_body = FeedbackBody,
    responses((status = 200, body = FeedbackBody), (status = 404, body = Problem)))]
pub async fn give_widget_feedback(
    State(ctx): State<Context>,
    Path((key, id)): Path<(String, MessageId)>,
    headers: HeaderMap,
    Json(body): Json<FeedbackBody>,
) -> Result<Json<FeedbackBody>> {
    let (endpoint, visitor) = enter(&ctx, &key, &headers).await?;
    if body
        .comment
        .as_ref()
        .is_some_and(|comment| comment.chars().count() > 2000)
    {
        return Err(invalid("bad_comment", "A comment has at most 2,000 characters."));
    }
    let now = ctx.db.clock.now();
    let mut tx = ctx.db.tenant(endpoint.as_ref()).await?;
    let conversation = find_conversation(&mut tx, &visitor)
        .await?
        .ok_or_else(|| not_found("answer"))?;
    let comment = body.comment.as_deref();
    if !messages::store::set_feedback(&mut tx, conversation.id, id, body.value, comment, now).await? {
        return Err(not_found("answer"));
    }
    tx.emit(kernel::Event::ConversationChanged {
        conversation_id: conversation.id,
    });
    tx.commit().await?;
    Ok(Json(body))
}

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[schema(as = NewWidgetEscalation)]
pub struct NewEscalation {
    /// In the visitor's words.
    reason: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = WidgetEscalated)]
pub struct Escalated {
    conversation: Conversation,
    message: Message,
}

/// Ask for a person. The bot falls silent.
#[utoipa::path(post, path = "/{channel_key}/escalations", operation_id = "escalate_widget_conversation", tag = "widget",
    params(("channel_key" = String, Path)), request_body = NewEscalation,
    responses((status = 201, body = Escalated), (status = 403, body = Problem)))]
pub async fn escalate_widget_conversation(
    State(ctx): State<Context>,
    Path(key): Path<String>,
    client: kernel::client_ip::ClientIp,
    headers: HeaderMap,
    body: Option<Json<NewEscalation>>,
) -> Result<(StatusCode, Json<Escalated>)> {
    let (endpoint, visitor) = enter(&ctx, &key, &headers).await?;
    if !endpoint.settings.bot.escalation_enabled {
        return Err(forbidden(
            "escalation_disabled",
            "Nobody takes over conversations on this channel.",
        ));
    }
    let reason = body
        .and_then(|Json(body)| body.reason)
        .filter(|reason| !reason.trim().is_empty());
    ctx.limits
        .check(endpoint.tenant_id(), client, &visitor, ctx.db.clock.now())?;
    let mut tx = ctx.db.tenant(endpoint.as_ref()).await?;
    let id = conversations::inbound::ensure_conversation(
        &mut tx,
        visitor.conversation_id,
        visitor.contact_id,
        visitor.channel_id,
    )
    .await?;
    let is_new = escalations::open(&mut tx, id, escalations::Reason::VisitorAsked).await?;
    let language = conversations::inbound::language_of(&mut tx, id).await?;
    let message = match (is_new, messages::store::list_latest(&mut tx, id, 1).await?.pop()) {
        (false, Some(last)) => last,
        _ => {
            let text = answering::wording::handed_over(language.as_deref(), reason.as_deref());
            outbound::record_system_message(&mut tx, id, &text).await?
        }
    };
    let conversation = find_conversation(&mut tx, &visitor)
        .await?
        .ok_or_else(|| not_found("conversation"))?;
    tx.commit().await?;
    Ok((
        StatusCode::CREATED,
        Json(Escalated {
            conversation,
            message,
        }),
    ))
}
