//! Sign in, sign out, who am I.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kernel::client_ip::ClientIp;
use kernel::error::{Error, Kind, Problem, forbidden, not_found, unauthenticated};
use kernel::extract::{Json, Path};
use kernel::ids::{SessionId, TenantId, UserId};
use kernel::{Result, TenantProof as _};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Browser, FoundSession, Workspace, list_workspaces, store};
use crate::member::refuse_cross_site;
use crate::profile::{self, api::Profile, api::profile};
use crate::tenants::standing::Suspension;
use crate::tenants::{self, Tenant};
use crate::users::{self, User};
use crate::visits::{self, OperatorAccess};
use crate::{Context, Member, Role, two_factor};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(sign_in, get_session, sign_out))
        .routes(routes!(switch_workspace))
        .routes(routes!(list_sessions, end_other_sessions))
        .routes(routes!(end_session))
}

/// Who is signed in, and where.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Session {
    pub user: User,
    pub tenant: Tenant,
    pub role: Role,
    pub profile: Profile,
    /// All that this person is a member of.
    pub workspaces: Vec<Workspace>,
    /// Whether they run the installation, so that its console opens to them.
    pub is_operator: bool,
    /// Null: the workspace may act.
    pub suspension: Option<Suspension>,
    /// That operators may come into this workspace; null: they stay outside.
    pub operator_access: Option<OperatorAccess>,
    /// Whether this person is in the workspace as an operator.
    pub is_visiting: bool,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct SignIn {
    pub email: String,
    pub password: String,
    /// Of the authenticator app, or a recovery code; only for accounts with a second factor.
    pub code: Option<String>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct SwitchWorkspace {
    tenant_id: TenantId,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct BrowserList {
    items: Vec<Browser>,
}

/// Sign in. An account with a second factor answers 401 `two_factor_required` until a code is sent along.
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
    let email = input.email.trim().to_lowercase();
    ctx.sign_in_limit.check((email.clone(), client.network()), now)?;
    ctx.account_limit.check(email, now)?;
    let found = users::store::find_for_sign_in(&ctx.db, input.email.trim()).await?;
    let hash = found.as_ref().map(|user| user.password_hash.clone());
    let fits = users::verify_password(&input.password, hash).await?;
    let Some(user) = found.filter(|_| fits) else {
        return Err(unauthenticated("The address or the password is not right."));
    };
    if user.has_two_factor {
        check_second_factor(&ctx, user.id, input.code.as_deref()).await?;
    }
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

/// Guesses are counted with the passwords, and once more for the account alone: who comes here knows the password.
async fn check_second_factor(ctx: &Context, user: UserId, code: Option<&str>) -> Result<()> {
    let Some(code) = code.filter(|code| !code.trim().is_empty()) else {
        return Err(Error::new(
            Kind::Unauthenticated,
            "two_factor_required",
            "Type the code that your authenticator app shows, or a recovery code.",
        ));
    };
    ctx.code_limit.check(user, ctx.db.clock.now())?;
    if two_factor::accept_code(ctx, user, code).await? {
        return Ok(());
    }
    Err(Error::new(
        Kind::Unauthenticated,
        "two_factor_wrong",
        "This code is not right, or it was used already. Wait for the next one.",
    ))
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

/// Go to another workspace.
#[utoipa::path(post, path = "/session/workspace", operation_id = "switch_workspace", tag = "session",
    request_body = SwitchWorkspace, responses((status = 200, body = Session), (status = 404, body = Problem)))]
async fn switch_workspace(
    State(ctx): State<Context>,
    member: Member,
    headers: HeaderMap,
    Json(input): Json<SwitchWorkspace>,
) -> Result<Json<Session>> {
    let user = member.person()?.user_id;
    let workspaces = list_workspaces(&ctx.db, user).await?;
    if !workspaces
        .iter()
        .any(|workspace| workspace.tenant_id() == input.tenant_id && workspace.is_active)
    {
        return Err(not_found("workspace"));
    }
    let token = super::cookie(&headers).unwrap_or_default();
    super::switch(&ctx.db, token, user, input.tenant_id).await?;
    let found = super::find(&ctx.db, token).await?;
    let found = found.ok_or_else(|| not_found("workspace"))?;
    Ok(Json(describe(&ctx, &found).await?))
}

/// List one's own sessions, this one first.
#[utoipa::path(get, path = "/sessions", operation_id = "list_sessions", tag = "profile",
    responses((status = 200, body = BrowserList), (status = 403, body = Problem)))]
async fn list_sessions(State(ctx): State<Context>, member: Member) -> Result<Json<BrowserList>> {
    let person = member.person()?;
    let now = ctx.db.clock.now();
    Ok(Json(BrowserList {
        items: store::list_of_user(&ctx.db, person.user_id, person.token_hash, now).await?,
    }))
}

/// End one of one's own sessions.
#[utoipa::path(delete, path = "/sessions/{id}", operation_id = "end_session", tag = "profile",
    params(("id" = SessionId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn end_session(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<SessionId>,
) -> Result<StatusCode> {
    let person = member.person()?;
    if !store::end_one(&ctx.db, person.user_id, id).await? {
        return Err(not_found("session"));
    }
    Ok(StatusCode::NO_CONTENT)
}

/// End all of one's own sessions but this one.
#[utoipa::path(delete, path = "/sessions", operation_id = "end_other_sessions", tag = "profile",
    responses((status = 204), (status = 403, body = Problem)))]
async fn end_other_sessions(State(ctx): State<Context>, member: Member) -> Result<StatusCode> {
    let person = member.person()?;
    super::end_all_others(&ctx.db, person.user_id, person.token_hash).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The session in the words of the API.
pub async fn describe(ctx: &Context, found: &FoundSession) -> Result<Session> {
    let mut tx = match &found.visit {
        Some(visit) => ctx.db.tenant_read(visit).await?,
        None => ctx.db.tenant_read(found).await?,
    };
    let tenant = tenants::store::get(&mut tx).await?;
    let suspension = tenants::store::find_suspension(&mut tx).await?;
    let operator_access = visits::find(&mut tx).await?;
    drop(tx);
    let user = User {
        id: found.user_id,
        email: found.email.clone(),
        name: found.name.clone(),
    };
    let role = match (&found.visit, &operator_access) {
        (None, _) => found.role,
        (Some(_), Some(access)) if access.may_change => Role::Admin,
        (Some(_), _) => Role::Viewer,
    };
    Ok(Session {
        user,
        tenant,
        role,
        profile: profile(profile::store::get(&ctx.db, found.user_id).await?),
        workspaces: list_workspaces(&ctx.db, found.user_id).await?,
        is_operator: found.is_operator,
        suspension,
        operator_access,
        is_visiting: found.visit.is_some(),
    })
}

pub fn user_agent(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
}
