//! A form on the business's own page sends what a visitor has filled in, with the visitor's token.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use conversations::leads::capture::{self, Form, FormVisitor};
use conversations::leads::{self, ContactInfo};
use kernel::client_ip::ClientIp;
use kernel::error::{Problem, invalid};
use kernel::extract::{Json, Path};
use kernel::{Result, TenantProof};
use serde::Deserialize;

use super::api::{enter, find_conversation};
use crate::Context;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = NewWidgetLead)]
pub struct NewLead {
    name: Option<String>,
    /// The e-mail address or the phone number must be there.
    email: Option<String>,
    phone: Option<String>,
    company: Option<String>,
    /// What it is about, such as `quote`; `form` unless given.
    intent: Option<String>,
    /// In the visitor's words, up to 4,000 characters.
    message: Option<String>,
    /// The text that the visitor agreed to, as it stood on the form. Kept with the time.
    consent_text: Option<String>,
}

/// Leave a name and an address for somebody to get back to. Sent again, it completes what was left before.
#[utoipa::path(post, path = "/{channel_key}/leads", operation_id = "create_widget_lead", tag = "widget",
    params(("channel_key" = String, Path)), request_body = NewLead,
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn create_widget_lead(
    State(ctx): State<Context>,
    Path(key): Path<String>,
    client: ClientIp,
    headers: HeaderMap,
    Json(input): Json<NewLead>,
) -> Result<StatusCode> {
    let (endpoint, visitor) = enter(&ctx, &key, &headers).await?;
    let form = read(input)?;
    ctx.limits
        .check(endpoint.tenant_id(), client, &visitor, ctx.db.clock.now())?;
    let mut tx = ctx.db.tenant(endpoint.as_ref()).await?;
    let conversation = find_conversation(&mut tx, &visitor).await?;
    let conversation = conversation.map(|conversation| conversation.id);
    if let Some(id) = conversation {
        // conversations before their contacts: the order in which messages lock them
        conversations::inbox::store::lock_all(&mut tx, &[id]).await?;
    }
    let sender = FormVisitor {
        contact: visitor.contact_id,
        channel: visitor.channel_id,
        conversation,
        language: visitor.language.as_deref(),
    };
    capture::from_form(&mut tx, sender, &form).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn read(input: NewLead) -> Result<Form> {
    let info = ContactInfo {
        name: input.name,
        email: input.email,
        phone: input.phone,
        company: input.company,
    }
    .checked()?;
    if !info.is_reachable() {
        let detail = "Leave an e-mail address or a phone number, so that somebody can get back to you.";
        return Err(invalid("no_contact_info", detail));
    }
    let intent = input.intent.unwrap_or_default();
    let intent = match intent.trim() {
        "" => "form",
        _ => leads::check_intent(&intent)?,
    };
    Ok(Form {
        intent: intent.to_owned(),
        message: leads::api::check_note(&input.message.unwrap_or_default())?.to_owned(),
        consent_text: input
            .consent_text
            .map(leads::api::check_consent)
            .transpose()?
            .flatten(),
        info,
    })
}
