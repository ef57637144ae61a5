//! Sending by program: to somebody who is known, or who has not written yet.

use access::{Member, Permission};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use connectors::outbound::TemplateUse;
use conversations::messages::{Message, api::idempotency_key};
use conversations::outbound::{self, HumanReply};
use conversations::people::{self, Person};
use kernel::error::{Problem, invalid, not_found};
use kernel::extract::{Json, Path};
use kernel::ids::{AssetId, ChannelId, ContactId, ConversationId};
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::keys;
use crate::Context;
use crate::connections::{self, Connection};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(send_message))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct OutgoingMessage {
    /// Made by the client; a program may send the header `Idempotency-Key` instead.
    #[serde(default)]
    client_message_id: String,
    to: Recipient,
    /// May be empty if there is an attachment or a template.
    #[serde(default)]
    text: String,
    /// A file that the same member or key uploaded with `POST /assets` and has not sent yet.
    attachment_id: Option<AssetId>,
    /// An approved template: what WhatsApp wants for the first message, and outside of its reply window.
    template: Option<TemplateUse>,
}

/// Who gets it: one of these.
#[derive(Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = MessageRecipient)]
struct Recipient {
    contact_id: Option<ContactId>,
    /// With country code, in any spelling.
    phone: Option<String>,
    /// The vendor's id of the person.
    platform_id: Option<String>,
    /// For somebody new.
    name: Option<String>,
}

/// Send a message on a messaging channel: begins a conversation, or goes on with the one that is open. The header
/// `Idempotency-Key`, or `client_message_id`, is needed: for a week the same one again gives the same
/// message, and another request under it is refused. The bot is silent in the conversation until it is given back or
/// resolved.
#[utoipa::path(post, path = "/channels/{id}/messages", operation_id = "send_message", tag = "conversations",
    params(("id" = ChannelId, Path), ("Idempotency-Key" = Option<String>, Header, description = "1 to 100 characters of your own")),
    request_body = OutgoingMessage,
    responses((status = 201, body = Message), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn send_message(
    State(ctx): State<Context>,
    member: Member,
    Path(channel): Path<ChannelId>,
    headers: HeaderMap,
    Json(input): Json<OutgoingMessage>,
) -> Result<(StatusCode, Json<Message>)> {
    member.require(Permission::ReplyToVisitors)?;
    let key = idempotency_key(&headers).unwrap_or(input.client_message_id);
    if !(1..=100).contains(&key.chars().count()) {
        return Err(invalid(
            "idempotency_key_missing",
            "Send the header `Idempotency-Key`: 1 to 100 characters of your own, the same when you repeat the request.",
        ));
    }
    let connection = connections::open(&ctx.db, &ctx.master_key, &member, channel).await?;
    let connection = connection.ok_or_else(|| not_found("channel"))?;
    let template = input.template.as_ref();
    let text = template.map_or(input.text.trim(), |used| used.text.trim());
    let is_empty = text.is_empty() && input.attachment_id.is_none() && template.is_none();
    if is_empty || text.chars().count() > 10_000 {
        return Err(invalid("bad_text", "A message has 1 to 10,000 characters."));
    }
    let request =
        json!({"to": input.to, "text": text, "attachment_id": input.attachment_id, "template": template});
    let mut tx = ctx.db.tenant(&member).await?;
    if let Some(sent) = keys::take(&mut tx, channel, &key, &request).await? {
        return Ok((StatusCode::CREATED, Json(sent)));
    }
    let conversation = find_conversation(&mut tx, &connection, &input.to).await?;
    let reply = HumanReply {
        client_message_id: &key,
        text,
        seen_seq: None,
        resolve: false,
        attachment: input.attachment_id,
        template: template.map(serde_json::to_value).transpose()?,
    };
    let message = outbound::record_human_reply(&mut tx, conversation, &member, reply).await?;
    // the conversation knows its messages' keys for longer
    if message.text != text {
        return Err(keys::mismatch());
    }
    keys::store::set_message(&mut tx, channel, &key, message.id).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(message)))
}

/// Where it belongs.
async fn find_conversation(
    tx: &mut TenantTx,
    connection: &Connection,
    to: &Recipient,
) -> Result<ConversationId> {
    let channel = connection.channel_id;
    let (contact, thread) = match (to.contact_id, &to.phone, &to.platform_id) {
        (Some(contact), None, None) => {
            let thread = people::find_address(tx, contact, channel).await?;
            let thread = thread.ok_or_else(|| {
                invalid(
                    "not_reachable",
                    "This contact has never written on this channel, so there is no address to send to.",
                )
            })?;
            (contact, thread)
        }
        (None, Some(phone), None) => {
            let phone = connectors::phone::canonical(phone).ok_or_else(|| {
                invalid(
                    "bad_phone",
                    "`phone` is a number with its country code, such as +32 470 12 34 56.",
                )
            })?;
            begin(tx, connection, &phone, Some(phone.clone()), to.name.clone()).await?
        }
        (None, None, Some(id)) if !id.trim().is_empty() => {
            begin(tx, connection, id.trim(), None, to.name.clone()).await?
        }
        _ => {
            return Err(invalid(
                "bad_recipient",
                "`to` holds one of `contact_id`, `phone` and `platform_id`.",
            ));
        }
    };
    people::begin_conversation(tx, contact, channel, &thread).await
}

async fn begin(
    tx: &mut TenantTx,
    connection: &Connection,
    id: &str,
    phone: Option<String>,
    name: Option<String>,
) -> Result<(ContactId, String)> {
    let channel = connection.channel_id;
    let capabilities = &connection.connector.about().capabilities;
    if !capabilities.can_start && people::find_thread(tx, channel, id).await?.is_none() {
        return Err(invalid(
            "cannot_start",
            format!(
                "On {} a person has to write first.",
                connection.connector.about().name
            ),
        ));
    }
    let person = Person {
        ids: vec![id.to_owned()],
        name,
        phone,
        ..Person::default()
    };
    let contact = people::find_or_create(tx, channel, &person).await?;
    let known = people::find_address(tx, contact, channel).await?;
    Ok((contact, known.unwrap_or_else(|| id.to_owned())))
}
