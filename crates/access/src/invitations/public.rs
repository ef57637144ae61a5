//! What the invited person calls, with nothing but the link: what is this, and yes.

use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kernel::client_ip::ClientIp;
use kernel::error::{Problem, forbidden, gone, invalid, not_found};
use kernel::extract::{Json, Path};
use kernel::ids::UserId;
use kernel::{Result, TenantTx, secrets};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::api::subject;
use super::{Fate, FoundInvitation, PREFIX, is_inviter_entitled, store, used};
use crate::member::{refuse_cross_site, refuse_suspended};
use crate::sessions::api::{Session, describe, user_agent};
use crate::sessions::{self, FoundSession};
use crate::users::{self, NewUser};
use crate::{Context, Role, audit, members, plans, tenants};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(get_invitation))
        .routes(routes!(accept_invitation))
}

/// What the invited person may know.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct OpenInvitation {
    business_name: String,
    role: Role,
    /// Whom it is for; null: whoever has the link.
    email: Option<String>,
    inviter_name: String,
    /// There is an account with that address: sign in to accept.
    has_account: bool,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct AcceptInvitation {
    /// For a new account. Somebody who is signed in sends `{}`.
    name: Option<String>,
    /// 10 to 200 characters.
    password: Option<String>,
    /// For a new account, if the invitation names no address.
    email: Option<String>,
}

/// Read an invitation by its link's token.
#[utoipa::path(get, path = "/invitations/by-token/{token}", operation_id = "get_invitation", tag = "members",
    params(("token" = String, Path)),
    responses((status = 200, body = OpenInvitation), (status = 404, body = Problem), (status = 410, body = Problem), (status = 429, body = Problem)))]
async fn get_invitation(
    State(ctx): State<Context>,
    client: ClientIp,
    Path(token): Path<String>,
) -> Result<Json<OpenInvitation>> {
    let (found, fate) = find_open(&ctx, client, &token).await?;
    let mut tx = ctx.db.tenant_read(&found).await?;
    let business_name = tenants::store::get(&mut tx).await?.name;
    let has_account = match &fate.email {
        Some(email) => users::store::find_for_sign_in(&ctx.db, email).await?.is_some(),
        None => false,
    };
    Ok(Json(OpenInvitation {
        business_name,
        role: fate.role,
        email: fate.email,
        inviter_name: fate.inviter_name,
        has_account,
    }))
}

/// Accept an invitation: with a new account, or as whoever is signed in. The answer is the session in that workspace.
#[utoipa::path(post, path = "/invitations/by-token/{token}/accept", operation_id = "accept_invitation", tag = "members",
    params(("token" = String, Path)), request_body = AcceptInvitation,
    responses((status = 201, body = Session), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 410, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn accept_invitation(
    State(ctx): State<Context>,
    client: ClientIp,
    headers: HeaderMap,
    Path(token): Path<String>,
    Json(input): Json<AcceptInvitation>,
) -> Result<Response> {
    if headers.contains_key(header::COOKIE) || headers.contains_key(header::ORIGIN) {
        refuse_cross_site(&Method::POST, &headers)?;
    }
    let (found, fate) = find_open(&ctx, client, &token).await?;
    let cookie = sessions::cookie(&headers).unwrap_or_default();
    if let Some(session) = sessions::find(&ctx.db, cookie).await? {
        join(&ctx, &found, &fate, &session).await?;
        sessions::switch(&ctx.db, cookie, session.user_id, found.tenant_id).await?;
        let session = sessions::find(&ctx.db, cookie).await?;
        let session = session.ok_or_else(|| not_found("session"))?;
        return Ok((StatusCode::CREATED, Json(describe(&ctx, &session).await?)).into_response());
    }
    let user = prepare(&fate, &input).await?;
    let mut tx = ctx.db.tenant(&found).await?;
    plans::check_joining(&mut tx).await?;
    users::store::insert_with_membership(&mut tx, &user, fate.role).await?;
    finish(
        &ctx,
        tx,
        &found,
        user.id,
        json!({"name": user.name, "email": user.email, "role": fate.role}),
    )
    .await?;
    let started = sessions::start(&ctx.db, user.id, found.tenant_id, user_agent(&headers)).await?;
    let session = describe(&ctx, &started.session).await?;
    let cookie = [(header::SET_COOKIE, started.cookie)];
    Ok((StatusCode::CREATED, cookie, Json(session)).into_response())
}

/// The invitation behind a token, if it can still be accepted.
async fn find_open(ctx: &Context, client: ClientIp, token: &str) -> Result<(FoundInvitation, Fate)> {
    let now = ctx.db.clock.now();
    ctx.invitation_limit.check(client.network(), now)?;
    let found = match token.starts_with(PREFIX) {
        true => store::find_by_token(&ctx.db, &secrets::sha256(token.as_bytes())).await?,
        false => None,
    };
    let found = found.ok_or_else(|| not_found("invitation"))?;
    refuse_suspended(found.is_tenant_active)?;
    let mut tx = ctx.db.tenant_read(&found).await?;
    let fate = store::get_fate(&mut tx, found.id).await?;
    fate.check_open(now)?;
    if !is_inviter_entitled(&mut tx, &fate, now).await? {
        return Err(gone(
            "inviter_not_entitled",
            "Whoever sent this invitation may no longer let anybody in. Ask the business for a new one.",
        ));
    }
    drop(tx);
    Ok((found, fate))
}

/// A new account for the invited person.
async fn prepare(fate: &Fate, input: &AcceptInvitation) -> Result<NewUser> {
    let email = fate.email.as_deref().or(input.email.as_deref());
    let (Some(email), Some(name), Some(password)) = (email, &input.name, &input.password) else {
        return Err(invalid(
            "account_missing",
            "Joining needs a name, an e-mail address and a password; or sign in first.",
        ));
    };
    NewUser::prepare(email, name, password).await
}

/// Makes who is signed in a member.
async fn join(ctx: &Context, found: &FoundInvitation, fate: &Fate, session: &FoundSession) -> Result<()> {
    if let Some(email) = &fate.email
        && !email.eq_ignore_ascii_case(&session.email)
    {
        return Err(forbidden(
            "invitation_for_another",
            format!("This invitation is for {email}. Sign out, then open the link again."),
        ));
    }
    let mut tx = ctx.db.tenant(found).await?;
    plans::check_joining(&mut tx).await?;
    let (user, name, email) = (session.user_id, &session.name, &session.email);
    users::store::insert_membership(&mut tx, user, fate.role, name, email).await?;
    let details = json!({"name": name, "email": email, "role": fate.role});
    finish(ctx, tx, found, user, details).await
}

async fn finish(
    ctx: &Context,
    mut tx: TenantTx,
    found: &FoundInvitation,
    user: UserId,
    details: serde_json::Value,
) -> Result<()> {
    if !store::claim(&mut tx, found.id, user, ctx.db.clock.now()).await? {
        return Err(used());
    }
    let actor = members::subject(user);
    audit::record(
        &mut tx,
        &actor,
        audit::Action::InvitationAccepted,
        &subject(found.id),
        details,
    )
    .await?;
    tx.commit().await
}
