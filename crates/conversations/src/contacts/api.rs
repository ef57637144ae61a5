//! HTTP for contacts: who it is, block, erase.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, conflict, invalid, not_found};
use kernel::extract::{Json, Path, Query, present};
use kernel::ids::ContactId;
use kernel::{Event, Result, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{ContactDetails, ContactRow, store};
use crate::people::{self, merges};
use crate::timeline::{self, Actor, Kind};
use crate::{Context, inbox};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_contacts))
        .routes(routes!(get_contact, update_contact, delete_contact))
        .routes(routes!(merge_contact))
        .routes(routes!(unmerge_contact))
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

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ContactQuery {
    /// Part of a name, an address, a number.
    #[serde(default)]
    q: String,
    /// 1 to 100, 20 unless given.
    limit: Option<i64>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ContactList {
    items: Vec<ContactRow>,
}

/// Find contacts, most recently active first.
#[utoipa::path(get, path = "/contacts", operation_id = "list_contacts", tag = "contacts",
    params(ContactQuery), responses((status = 200, body = ContactList)))]
async fn list_contacts(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<ContactQuery>,
) -> Result<Json<ContactList>> {
    member.require(Permission::ReadConversations)?;
    let limit = query.limit.unwrap_or(20).clamp(1, 100);
    let mut tx = ctx.db.tenant_read(&member).await?;
    let items = store::list(&mut tx, query.q.trim(), limit).await?;
    Ok(Json(ContactList { items }))
}

/// Say that two contacts are one person: everything of the other one moves here. It can be taken back.
#[utoipa::path(post, path = "/contacts/{id}/merge/{other_id}", operation_id = "merge_contact", tag = "contacts",
    params(("id" = ContactId, Path), ("other_id" = ContactId, Path)),
    responses((status = 200, body = ContactDetails), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn merge_contact(
    State(ctx): State<Context>,
    member: Member,
    Path((id, other)): Path<(ContactId, ContactId)>,
) -> Result<Json<ContactDetails>> {
    member.require(Permission::ReplyToVisitors)?;
    let mut tx = ctx.db.tenant(&member).await?;
    merges::merge(&mut tx, id, other, merges::Reason::Hand, Some(&member)).await?;
    let subject = format!("contact:{id}");
    let details = json!({"merged": other});
    audit::record_by(&mut tx, &member, Action::ContactsMerged, &subject, details).await?;
    let contact = store::find(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(contact.ok_or_else(|| not_found("contact"))?))
}

/// Take a merge back.
#[utoipa::path(delete, path = "/contacts/{id}/merges/{merge_id}", operation_id = "unmerge_contact", tag = "contacts",
    params(("id" = ContactId, Path), ("merge_id" = Uuid, Path)),
    responses((status = 200, body = ContactDetails), (status = 404, body = Problem)))]
async fn unmerge_contact(
    State(ctx): State<Context>,
    member: Member,
    Path((id, merge)): Path<(ContactId, Uuid)>,
) -> Result<Json<ContactDetails>> {
    member.require(Permission::ReplyToVisitors)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let merged = merges::undo(&mut tx, id, merge).await?;
    let subject = format!("contact:{id}");
    let details = json!({"merged": merged});
    audit::record_by(&mut tx, &member, Action::ContactsUnmerged, &subject, details).await?;
    let contact = store::find(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(contact.ok_or_else(|| not_found("contact"))?))
}

/// Erase a contact with all conversations, those that became part of it, and the client that it is. A client who bought stays
/// in the books without a name. This cannot be undone.
#[utoipa::path(delete, path = "/contacts/{id}", operation_id = "delete_contact", tag = "contacts",
    params(("id" = ContactId, Path)), responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn delete_contact(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ContactId>,
) -> Result<StatusCode> {
    member.require(Permission::ManageWorkspace)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let conversations = store::list_conversation_ids(&mut tx, id).await?;
    inbox::store::lock_all(&mut tx, &conversations).await?;
    if let Some(Some(_)) = people::store::find_merged_into(&mut tx, id).await? {
        return Err(conflict(
            "merged_already",
            "This contact is part of another one. Erase that one, or take the merge back first.",
        ));
    }
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
