//! Sign in, sign out, who am I.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kernel::Result;
use kernel::client_ip::ClientIp;
use kernel::error::{Problem, forbidden, unauthenticated};
use kernel::extract::Json;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::FoundSession;
use crate::member::refuse_cross_site;
use crate::tenants::{self, Tenant};
use crate::users::{self, User};
use crate::{Context, Member, Role};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(sign_in, get_session, sign_out))
}

/// Who is signed in, and where.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Session {
    pub user: User,
    pub tenant: Tenant,
    pub role: Role,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct SignIn {
    pub email: String,
    pub password: String,
}

/// Sign in.
#[utoipa::path(post, path = "/session", operation_id = "sign_in", tag = "session", request_body = SignIn,
    responses((status = 200, body = Session), (status = 401, body = Problem), (status = 429, body = Problem)))]
async fn sign_in(
    State(ctx): State<Context>,
    client: ClientIp,
    headers: HeaderMap,
    Json(input): Json<SignIn>,
) -> Result<Response> {
    if headers.contains_key(header::COOKIE) || headers.contains_key(header::ORIGIN) {
        refuse_cross_site(&axum::http::Method::POST, &headers)?;
    }
    if input.email.len() > 254 || input.password.len() > 1000 {
        return Err(unauthenticated("The address or the password is not right."));
    }
    let now = ctx.db.clock.now();
    ctx.address_limit.check(client.network(), now)?;
    ctx.sign_in_limit.check(input.email.trim().to_lowercase(), now)?;
    let found = users::store::find_for_sign_in(&ctx.db, input.email.trim()).await?;
    let hash = found.as_ref().map(|user| user.password_hash.clone());
    let fits = users::verify_password(&input.password, hash).await?;
    let Some(user) = found.filter(|_| fits) else {
        return Err(unauthenticated("The address or the password is not right."));
    };
    let tenant = user
        .tenant_id
        .ok_or_else(|| forbidden("no_membership", "This account is not a member of any business."))?;
    if let Some(old) = super::cookie(&headers) {
        super::end(&ctx.db, old).await?;
    }
    let started = super::start(&ctx.db, user.id, tenant, user_agent(&headers)).await?;
    let session = describe(&ctx, &started.session).await?;
    Ok(([(header::SET_COOKIE, started.cookie)], Json(session)).into_response())
}

/// Who am I?
#[utoipa::path(get, path = "/session", operation_id = "get_session", tag = "session",
    responses((status = 200, body = Session), (status = 401, body = Problem)))]
async fn get_session(State(ctx): State<Context>, _: Member, headers: HeaderMap) -> Result<Json<Session>> {
    let token = super::cookie(&headers).unwrap_or_default();
    let found = super::find(&ctx.db, token).await?;
    let found =
        found.ok_or_else(|| forbidden("not_a_person", "An API key has no session. Use it directly."))?;
    Ok(Json(describe(&ctx, &found).await?))
}

/// Sign out.
#[utoipa::path(delete, path = "/session", operation_id = "sign_out", tag = "session", responses((status = 204)))]
async fn sign_out(State(ctx): State<Context>, headers: HeaderMap) -> Result<Response> {
    let token = super::cookie(&headers).unwrap_or_default();
    let cleared = super::end(&ctx.db, token).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cleared)]).into_response())
}

/// The session in the words of the API.
pub async fn describe(ctx: &Context, found: &FoundSession) -> Result<Session> {
    let mut tx = ctx.db.tenant_read(found).await?;
    let tenant = tenants::store::get(&mut tx).await?;
    let user = User {
        id: found.user_id,
        email: found.email.clone(),
        name: found.name.clone(),
    };
    Ok(Session {
        user,
        tenant,
        role: found.role,
    })
}

pub fn user_agent(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
}
