//! HTTP for contacts: who it is, block, erase.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, invalid, not_found};
use kernel::extract::{Json, Path, present};
use kernel::ids::ContactId;
use kernel::{Event, Result, TenantTx};
use serde::Deserialize;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{ContactDetails, store};
use crate::timeline::{self, Actor, Kind};
use crate::{Context, inbox};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(get_contact, update_contact, delete_contact))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct ContactPatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    name: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    email: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    phone: Option<Option<String>>,
    /// Two letters.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    language: Option<Option<String>>,
    /// Up to 10,000 characters.
    note: Option<String>,
    /// true: their messages are refused from now on.
    is_blocked: Option<bool>,
}

impl ContactPatch {
    fn apply(self, known: ContactDetails) -> Result<ContactDetails> {
        let email = short(self.email, "email")?.unwrap_or(known.email);
        if email.as_ref().is_some_and(|address| !address.contains('@')) {
            return Err(invalid("bad_email", "This is not an e-mail address."));
        }
        let note = self.note.map_or(known.note, |note| note.trim().to_owned());
        if note.chars().count() > 10_000 {
            return Err(invalid("bad_note", "A note has at most 10,000 characters."));
        }
        let language = short(self.language, "language")?.unwrap_or(known.language);
        if language.as_ref().is_some_and(|code| code.len() != 2) {
            return Err(invalid(
                "bad_language",
                "A language is its two-letter code, such as `fr`.",
            ));
        }
        Ok(ContactDetails {
            name: short(self.name, "name")?.unwrap_or(known.name),
            phone: short(self.phone, "phone")?.unwrap_or(known.phone),
            email,
            language,
            note,
            is_blocked: self.is_blocked.unwrap_or(known.is_blocked),
            ..known
        })
    }
}

/// An empty text clears the field.
fn short(field: Option<Option<String>>, name: &str) -> Result<Option<Option<String>>> {
    let Some(text) = field else { return Ok(None) };
    let text = text
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty());
    if text.as_ref().is_some_and(|text| text.chars().count() > 200) {
        return Err(invalid(
            "bad_contact",
            format!("`{name}` has at most 200 characters."),
        ));
    }
    Ok(Some(text))
}

/// Open a contact.
#[utoipa::path(get, path = "/contacts/{id}", operation_id = "get_contact", tag = "contacts",
    params(("id" = ContactId, Path)), responses((status = 200, body = ContactDetails), (status = 404, body = Problem)))]
async fn get_contact(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ContactId>,
) -> Result<Json<ContactDetails>> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let contact = store::find(&mut tx, id).await?;
    Ok(Json(contact.ok_or_else(|| not_found("contact"))?))
}

/// Change what is known of a contact, or block them.
#[utoipa::path(patch, path = "/contacts/{id}", operation_id = "update_contact", tag = "contacts",
    params(("id" = ContactId, Path)), request_body = ContactPatch,
    responses((status = 200, body = ContactDetails), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn update_contact(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ContactId>,
    Json(patch): Json<ContactPatch>,
) -> Result<Json<ContactDetails>> {
    member.require(Permission::ReplyToVisitors)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let conversations = store::list_conversation_ids(&mut tx, id).await?;
    // conversations before their contact: the order in which messages lock them
    inbox::store::lock_all(&mut tx, &conversations).await?;
    let known = store::find(&mut tx, id)
        .await?
        .ok_or_else(|| not_found("contact"))?;
    let was_blocked = known.is_blocked;
    let contact = patch.apply(known)?;
    store::update(&mut tx, &contact).await?;
    if contact.is_blocked != was_blocked {
        told_of_block(&mut tx, &member, &contact).await?;
    }
    for conversation_id in conversations {
        tx.emit(Event::ConversationChanged { conversation_id });
    }
    tx.commit().await?;
    Ok(Json(contact))
}

async fn told_of_block(tx: &mut TenantTx, member: &Member, contact: &ContactDetails) -> Result<()> {
    let (kind, action) = match contact.is_blocked {
        true => (Kind::Blocked, Action::ContactBlocked),
        false => (Kind::Unblocked, Action::ContactUnblocked),
    };
    for conversation in &contact.conversations {
        timeline::record(tx, conversation.id, kind, &Actor::of(member), json!({})).await?;
    }
    audit::record_by(tx, member, action, &format!("contact:{}", contact.id), json!({})).await
}

/// Erase a contact with all conversations. This cannot be undone.
#[utoipa::path(delete, path = "/contacts/{id}", operation_id = "delete_contact", tag = "contacts",
    params(("id" = ContactId, Path)), responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn delete_contact(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ContactId>,
) -> Result<StatusCode> {
    member.require(Permission::ManageWorkspace)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let conversations = store::list_conversation_ids(&mut tx, id).await?;
    inbox::store::lock_all(&mut tx, &conversations).await?;
    if !store::delete(&mut tx, id).await? {
        return Err(not_found("contact"));
    }
    let details = json!({"conversations": conversations.len()});
    audit::record_by(
        &mut tx,
        &member,
        Action::ContactErased,
        &format!("contact:{id}"),
        details,
    )
    .await?;
    for conversation_id in conversations {
        tx.emit(Event::ConversationChanged { conversation_id });
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
