//! HTTP for the mail server, its test, and the address for escalations.

use access::audit::{self, Action};
use access::{Member, Permission, tenants, users};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, conflict, invalid, not_found, rate_limited};
use kernel::extract::Json;
use kernel::{Result, TenantProof, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{MailServer, NewMailServer, Source, check, find_server, seal, store};
use crate::outbox::{self, Email, Kind, NewEmail};
use crate::{Context, wording};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(get_email_settings, set_mail_server, delete_mail_server))
        .routes(routes!(send_test_email))
        .routes(routes!(set_escalation_address))
}

/// How this workspace sends mail.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct EmailSettings {
    source: Source,
    /// In whose name mails are sent now; null when none are.
    from_address: Option<String>,
    /// The workspace's own mail server.
    own: Option<MailServer>,
    /// Hears of every escalation at once.
    escalation_address: Option<String>,
    /// Whether mails hold links into the dashboard: the operator has to say where it is reached.
    has_links: bool,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewEscalationAddress {
    /// Null: nobody but those who chose to.
    address: Option<String>,
    /// From the mail that was sent to the address. Not needed for one that a member signs in with.
    code: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct EscalationAddress {
    /// The one that is used.
    address: Option<String>,
    /// A code was sent to the new address: send it again with the code.
    is_code_needed: bool,
}

/// Read how mail is sent.
#[utoipa::path(get, path = "/email-settings", operation_id = "get_email_settings", tag = "email",
    responses((status = 200, body = EmailSettings)))]
async fn get_email_settings(State(ctx): State<Context>, member: Member) -> Result<Json<EmailSettings>> {
    member.require(Permission::ManageWorkspace)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(view(&ctx, &mut tx).await?))
}

async fn view(ctx: &Context, tx: &mut TenantTx) -> Result<EmailSettings> {
    let own = store::find(tx).await?;
    let source = match (&own, &ctx.installation) {
        (Some(_), _) => Source::Workspace,
        (None, Some(_)) => Source::Installation,
        (None, None) => Source::None,
    };
    let of_installation = || ctx.installation.as_ref().map(|server| server.from.to_string());
    Ok(EmailSettings {
        source,
        from_address: own
            .as_ref()
            .map(|own| own.from_address.clone())
            .or_else(of_installation),
        own,
        escalation_address: store::find_escalation_address(tx).await?,
        has_links: ctx.public_url.is_some(),
    })
}

/// Send by a mail server of one's own. The password is sealed and never shown again.
#[utoipa::path(put, path = "/email-settings", operation_id = "set_mail_server", tag = "email", request_body = NewMailServer,
    responses((status = 200, body = EmailSettings), (status = 422, body = Problem)))]
async fn set_mail_server(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewMailServer>,
) -> Result<Json<EmailSettings>> {
    member.require(Permission::ManageWorkspace)?;
    member.require_own()?;
    let before = store::find(&mut ctx.db.tenant_read(&member).await?).await?;
    let server = check(&ctx, &input, before.as_ref()).await?;
    // another server without a password has none, instead of the one that was typed for the old one
    let password = match &input.password {
        Some(password) => Some(password.as_str()),
        None if server.has_password => None,
        None => Some(""),
    };
    let sealed = password
        .map(|password| seal(&ctx.master_key, member.tenant_id(), password))
        .transpose()?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::set(&mut tx, &server, sealed).await?;
    let details = json!({"host": server.host, "port": server.port, "from": server.from_address});
    record(&mut tx, &member, Action::MailServerChanged, details).await?;
    let settings = view(&ctx, &mut tx).await?;
    tx.commit().await?;
    Ok(Json(settings))
}

/// Go back to the installation's mail server.
#[utoipa::path(delete, path = "/email-settings", operation_id = "delete_mail_server", tag = "email",
    responses((status = 200, body = EmailSettings), (status = 404, body = Problem)))]
async fn delete_mail_server(State(ctx): State<Context>, member: Member) -> Result<Json<EmailSettings>> {
    member.require(Permission::ManageWorkspace)?;
    let mut tx = ctx.db.tenant(&member).await?;
    if !store::delete(&mut tx).await? {
        return Err(not_found("mail server"));
    }
    record(&mut tx, &member, Action::MailServerRemoved, json!({})).await?;
    let settings = view(&ctx, &mut tx).await?;
    tx.commit().await?;
    Ok(Json(settings))
}

async fn record(
    tx: &mut TenantTx,
    member: &Member,
    action: Action,
    details: serde_json::Value,
) -> Result<()> {
    let subject = format!("tenant:{}", member.tenant_id());
    audit::record_by(tx, member, action, &subject, details).await
}

/// Send a mail to oneself, now, and say what became of it in the mail server's words.
#[utoipa::path(post, path = "/email-settings/test", operation_id = "send_test_email", tag = "email",
    responses((status = 200, body = Email), (status = 403, body = Problem), (status = 409, body = Problem), (status = 429, body = Problem)))]
async fn send_test_email(State(ctx): State<Context>, member: Member) -> Result<Json<Email>> {
    member.require(Permission::ManageWorkspace)?;
    let user = member.person()?.user_id;
    let mut tx = ctx.db.tenant_read(&member).await?;
    require_server(&ctx, &mut tx).await?;
    let (name, address) = store::find_member(&mut tx, user)
        .await?
        .ok_or_else(|| not_found("member"))?;
    let tenant = tenants::store::get(&mut tx).await?;
    drop(tx);
    require_room(&ctx, Kind::Test, &address).await?;
    let (subject, body) = wording::test(&tenant.language, &tenant.name);
    let mail = NewEmail {
        kind: Kind::Test,
        dedupe_key: format!("test/{}", kernel::secrets::random_token("")),
        user: Some(user),
        conversation: None,
        to_address: address,
        to_name: Some(name),
        subject,
        body,
        unsubscribe_url: None,
        calendar: None,
    };
    Ok(Json(outbox::send_now(&ctx, &member, &mail).await?))
}

pub async fn require_server(ctx: &Context, tx: &mut TenantTx) -> Result<()> {
    if find_server(ctx, tx).await?.is_some() {
        return Ok(());
    }
    Err(conflict(
        "no_mail_server",
        "No mail server is set. Set one under Settings, E-mail, or ask the operator.",
    ))
}

/// So that nobody waits for a mail that will not be sent.
pub async fn require_room(ctx: &Context, kind: Kind, address: &str) -> Result<()> {
    if outbox::has_room(ctx, kind, address).await? {
        return Ok(());
    }
    let mut error = rate_limited(24 * 60 * 60);
    error.detail =
        "This address was sent as many mails today as it may be. Please try again tomorrow.".into();
    Err(error)
}

/// Choose the address that hears of every escalation. One that no member signs in with is confirmed by a code first, so
/// that nobody is written to who did not ask for it.
#[utoipa::path(put, path = "/email-settings/escalation-address", operation_id = "set_escalation_address", tag = "email",
    request_body = NewEscalationAddress,
    responses((status = 200, body = EscalationAddress), (status = 202, body = EscalationAddress), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn set_escalation_address(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewEscalationAddress>,
) -> Result<(StatusCode, Json<EscalationAddress>)> {
    member.require(Permission::ManageWorkspace)?;
    let address = input
        .address
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty());
    let mut tx = ctx.db.tenant(&member).await?;
    let present = store::find_escalation_address(&mut tx).await?;
    let answer = |address: Option<String>, is_code_needed| EscalationAddress {
        address,
        is_code_needed,
    };
    if let Some(address) = address {
        users::check_email(address)?;
        let is_known = present.as_deref() == Some(address) || store::is_members(&mut tx, address).await?;
        if !is_known && !is_confirmed(&ctx, &member, address, input.code.as_deref())? {
            send_code(&ctx, &member, tx, address).await?;
            return Ok((StatusCode::ACCEPTED, Json(answer(present, true))));
        }
    }
    if present.as_deref() != address {
        store::set_escalation_address(&mut tx, address).await?;
        let details = json!({"from": present, "to": address});
        record(&mut tx, &member, Action::EscalationAddressChanged, details).await?;
    }
    tx.commit().await?;
    Ok((StatusCode::OK, Json(answer(address.map(str::to_owned), false))))
}

fn is_confirmed(ctx: &Context, member: &Member, address: &str, code: Option<&str>) -> Result<bool> {
    let Some(code) = code.filter(|code| !code.trim().is_empty()) else {
        return Ok(false);
    };
    ctx.code_limit.check(member.tenant_id(), ctx.db.clock.now())?;
    if outbox::is_confirmation_code(ctx, member, address, code) {
        return Ok(true);
    }
    Err(invalid(
        "wrong_code",
        "This is not the code that was sent to the address. Look again, or ask for a new mail.",
    ))
}

async fn send_code(ctx: &Context, member: &Member, mut tx: TenantTx, address: &str) -> Result<()> {
    require_server(ctx, &mut tx).await?;
    require_room(ctx, Kind::Confirmation, address).await?;
    ctx.confirmation_limit
        .check(member.tenant_id(), ctx.db.clock.now())?;
    let tenant = tenants::store::get(&mut tx).await?;
    let code = outbox::confirmation_code(ctx, member, address);
    let (subject, body) = wording::confirmation(&tenant.language, &tenant.name, &code);
    let mail = NewEmail {
        kind: Kind::Confirmation,
        dedupe_key: format!("confirmation/{}", kernel::secrets::random_token("")),
        user: None,
        conversation: None,
        to_address: address.to_owned(),
        to_name: None,
        subject,
        body,
        unsubscribe_url: None,
        calendar: None,
    };
    outbox::put(&mut tx, &mail).await?;
    tx.commit().await
}
