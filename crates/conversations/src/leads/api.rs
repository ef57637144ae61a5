//! HTTP for leads: list, write down, change, delete.

use access::audit::{self, Action};
use access::member::Actor;
use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, conflict, invalid, not_found};
use kernel::extract::{Json, Path, Query, present};
use kernel::ids::{ChannelId, ContactId, ConversationId, LeadId, UserId};
use kernel::page::{Page, PageQuery};
use kernel::{Result, TenantTx};
use serde::Deserialize;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::store::{self, Filter, NewLead, Sort};
use super::{Consent, ContactInfo, Lead, Source, Status, capture, check_intent};
use crate::Context;
use crate::inbox;
use crate::inbox::filter::Assignee;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_leads, create_lead))
        .routes(routes!(get_lead, update_lead, delete_lead))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct LeadQuery {
    /// One or several of `new`, `contacted`, `qualified`, `converted`, `lost`, with commas between them.
    status: Option<String>,
    /// One or several, with commas between them.
    intent: Option<String>,
    /// A member's user id, `me` or `none`.
    assigned_to: Option<String>,
    #[param(value_type = Option<ChannelId>)]
    channel_id: Option<ChannelId>,
    #[param(value_type = Option<ConversationId>)]
    conversation_id: Option<ConversationId>,
    #[param(value_type = Option<ContactId>)]
    contact_id: Option<ContactId>,
    /// Beginnings of words of the name, address, company or note, or of the telephone number.
    q: Option<String>,
    /// `-created_at` unless given; `created_at`, `updated_at`, `-updated_at`.
    sort: Option<String>,
    cursor: Option<String>,
    /// 1 to 200, 50 unless given.
    limit: Option<i64>,
}

impl LeadQuery {
    fn filter(self, member: &Member) -> Result<Filter> {
        let words = |text: Option<String>| -> Vec<String> {
            let text = text.unwrap_or_default();
            let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
            words.map(str::to_owned).collect()
        };
        let statuses = words(self.status).into_iter().map(|word| {
            let known = Status::ALL.into_iter().find(|status| status.as_str() == word);
            known.map(Status::as_str).ok_or_else(bad_status)
        });
        Ok(Filter {
            statuses: statuses.collect::<Result<_>>()?,
            intents: words(self.intent),
            assignee: match self.assigned_to.as_deref() {
                None => None,
                Some("me") => Some(member.user_id().map_or(Assignee::Nobody, Assignee::Member)),
                Some(text) => Some(Assignee::parse(text)?),
            },
            channel: self.channel_id,
            conversation: self.conversation_id,
            contact: self.contact_id,
            text: self.q.filter(|q| !q.trim().is_empty()),
            sort: self.sort.as_deref().map_or(Ok(Sort::default()), parse_sort)?,
        })
    }
}

fn bad_status() -> kernel::Error {
    invalid(
        "bad_status",
        "`status` holds `new`, `contacted`, `qualified`, `converted` or `lost`.",
    )
}

fn parse_sort(text: &str) -> Result<Sort> {
    let column = text.strip_prefix('-').unwrap_or(text);
    let by_update = match column {
        "created_at" => false,
        "updated_at" => true,
        _ => {
            let detail = "`sort` is `created_at` or `updated_at`, with a minus for the newest first.";
            return Err(invalid("bad_sort", detail));
        }
    };
    Ok(Sort {
        by_update,
        is_descending: text.starts_with('-'),
    })
}

/// List leads.
#[utoipa::path(get, path = "/leads", operation_id = "list_leads", tag = "leads",
    params(LeadQuery), responses((status = 200, body = Page<Lead>), (status = 422, body = Problem)))]
async fn list_leads(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<LeadQuery>,
) -> Result<Json<Page<Lead>>> {
    member.require(Permission::ReadCrm)?;
    let page = PageQuery {
        cursor: query.cursor.clone(),
        limit: query.limit,
    };
    let filter = query.filter(&member)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let rows = store::list(&mut tx, &filter, page.after()?, page.limit() + 1).await?;
    Ok(Json(Page::cut(rows, page.limit(), |row| {
        filter.sort.position(row)
    })))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = NewLead)]
struct LeadInput {
    /// Where they wrote. Name and addresses that are not given are taken from its contact.
    conversation_id: Option<ConversationId>,
    contact_id: Option<ContactId>,
    /// `price`, `quote`, `meeting`, `purchase`, or a word of your own, up to 50 characters.
    intent: String,
    #[serde(default)]
    contact_info: ContactInfo,
    /// What they agreed to, if they were asked.
    consent_text: Option<String>,
    #[serde(default)]
    note: String,
    /// A member's user id.
    assigned_to: Option<UserId>,
}

/// Write a lead down.
#[utoipa::path(post, path = "/leads", operation_id = "create_lead", tag = "leads", request_body = LeadInput,
    responses((status = 201, body = Lead), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_lead(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<LeadInput>,
) -> Result<(StatusCode, Json<Lead>)> {
    member.require(Permission::EditCrm)?;
    let intent = check_intent(&input.intent)?;
    let note = check_note(&input.note)?;
    let consent_text = input.consent_text.map(check_consent).transpose()?.flatten();
    let given = input.contact_info.checked()?;
    let mut tx = ctx.db.tenant(&member).await?;
    let mut contact = input.contact_id;
    if let Some(conversation) = input.conversation_id {
        member.require(Permission::ReadConversations)?;
        // conversations before their contacts: the order in which messages lock them
        inbox::store::lock_all(&mut tx, &[conversation]).await?;
        let known = store::find_known(&mut tx, conversation)
            .await?
            .ok_or_else(|| crate::no_such("no_such_conversation", "conversation"))?;
        if contact.is_some_and(|contact| contact != known.contact_id) {
            return Err(crate::other_contact());
        }
        contact = Some(known.contact_id);
    }
    let known = match contact {
        Some(id) => store::find_contact(&mut tx, id)
            .await?
            .ok_or_else(|| crate::no_such("no_such_contact", "contact"))?,
        None => ContactInfo::default(),
    };
    let info = given.or(&known);
    if !info.says_something() {
        let detail =
            "Nothing is known of this person. Give at least a name, an e-mail address or a phone number.";
        return Err(invalid("no_contact_info", detail));
    }
    if let Some(contact) = contact {
        capture::keep(&mut tx, contact, &info).await?;
    }
    let channel = match input.conversation_id {
        Some(conversation) => store::channel_of(&mut tx, conversation).await?,
        None => None,
    };
    let new = NewLead {
        conversation: input.conversation_id,
        contact,
        channel,
        intent,
        info,
        said: ContactInfo::default(),
        source: match member.actor() {
            Actor::User { .. } | Actor::Operator { .. } => Source::Agent,
            Actor::ApiKey { .. } => Source::Api,
        },
        consent: consent_text.map(|text| Consent {
            given_at: tx.now(),
            text,
        }),
        note,
        assigned_to: input.assigned_to,
    };
    let id = store::insert(&mut tx, &new).await?;
    let lead = get(&mut tx, id).await?;
    capture::tell(&mut tx, lead.conversation_id);
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(lead)))
}

pub fn check_note(text: &str) -> Result<&str> {
    let text = text.trim();
    if text.chars().count() > 4000 {
        return Err(invalid("bad_note", "A lead's note has at most 4,000 characters."));
    }
    Ok(text)
}

/// # Errors
/// 422 for a text that is too long to have been read.
pub fn check_consent(text: String) -> Result<Option<String>> {
    let text = text.trim();
    if text.chars().count() > 2000 {
        return Err(invalid(
            "bad_consent",
            "`consent_text` has at most 2,000 characters.",
        ));
    }
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
}

async fn get(tx: &mut TenantTx, id: LeadId) -> Result<Lead> {
    store::find(tx, id).await?.ok_or_else(|| not_found("lead"))
}

/// Open a lead.
#[utoipa::path(get, path = "/leads/{id}", operation_id = "get_lead", tag = "leads",
    params(("id" = LeadId, Path)), responses((status = 200, body = Lead), (status = 404, body = Problem)))]
async fn get_lead(State(ctx): State<Context>, member: Member, Path(id): Path<LeadId>) -> Result<Json<Lead>> {
    member.require(Permission::ReadCrm)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(get(&mut tx, id).await?))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct LeadPatch {
    /// Not `converted`: that is what `POST /leads/{id}/convert` is for.
    status: Option<Status>,
    intent: Option<String>,
    /// Takes the place of all that is there.
    contact_info: Option<ContactInfo>,
    note: Option<String>,
    /// A member's user id; null: nobody.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<UserId>)]
    assigned_to: Option<Option<UserId>>,
}

/// Change a lead.
#[utoipa::path(patch, path = "/leads/{id}", operation_id = "update_lead", tag = "leads",
    params(("id" = LeadId, Path)), request_body = LeadPatch,
    responses((status = 200, body = Lead), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn update_lead(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<LeadId>,
    Json(patch): Json<LeadPatch>,
) -> Result<Json<Lead>> {
    member.require(Permission::EditCrm)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let found = store::lock(&mut tx, id).await?;
    let mut lead = found.ok_or_else(|| not_found("lead"))?;
    if let Some(status) = patch.status.filter(|status| *status != lead.status) {
        lead.status = change_status(lead.status, status)?;
    }
    if let Some(intent) = &patch.intent {
        lead.intent = check_intent(intent)?.to_owned();
    }
    if let Some(info) = patch.contact_info {
        lead.contact_info = info.checked()?;
        if !lead.contact_info.says_something() {
            let detail = "A lead needs at least a name, an e-mail address or a phone number.";
            return Err(invalid("no_contact_info", detail));
        }
    }
    if let Some(note) = &patch.note {
        lead.note = check_note(note)?.to_owned();
    }
    if let Some(user) = patch.assigned_to {
        lead.assigned_to = user;
    }
    store::update(&mut tx, &lead).await?;
    let lead = get(&mut tx, id).await?;
    capture::tell(&mut tx, lead.conversation_id);
    tx.commit().await?;
    Ok(Json(lead))
}

fn change_status(was: Status, status: Status) -> Result<Status> {
    match (was, status) {
        (Status::Converted, _) => Err(conflict(
            "converted_already",
            "This lead has become a client. Change the client instead.",
        )),
        (_, Status::Converted) => Err(invalid(
            "convert_instead",
            "A lead is converted with `POST /leads/{id}/convert`, which makes the client too.",
        )),
        (_, status) => Ok(status),
    }
}

/// Delete a lead. What was said in the conversation stays.
#[utoipa::path(delete, path = "/leads/{id}", operation_id = "delete_lead", tag = "leads",
    params(("id" = LeadId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn delete_lead(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<LeadId>,
) -> Result<StatusCode> {
    member.require(Permission::EditCrm)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let lead = get(&mut tx, id).await?;
    if !store::delete(&mut tx, id).await? {
        return Err(not_found("lead"));
    }
    let details = json!({"source": lead.source, "status": lead.status});
    audit::record_by(
        &mut tx,
        &member,
        Action::LeadDeleted,
        &format!("lead:{id}"),
        details,
    )
    .await?;
    capture::tell(&mut tx, lead.conversation_id);
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
