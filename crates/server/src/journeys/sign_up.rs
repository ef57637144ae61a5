//! Sign up: user, tenant, membership and first widget in one transaction; then signed in.

use access::sessions::{self, api::Session};
use access::users::NewUser;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use channels::WidgetSettings;
use chrono::TimeDelta;
use kernel::client_ip::ClientIp;
use kernel::error::{Problem, Result};
use kernel::extract::Json;
use kernel::limits::Limiter;
use serde::Deserialize;
use std::net::IpAddr;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::tenant;
use crate::wiring::Domains;

/// What signing up needs.
#[derive(Clone)]
struct Context {
    domains: Domains,
    /// New accounts an address: 10 in an hour.
    limit: Arc<Limiter<IpAddr>>,
}

pub fn routes(domains: Domains) -> OpenApiRouter {
    let limit = Arc::new(Limiter::new(10, TimeDelta::hours(1)));
    OpenApiRouter::new()
        .routes(routes!(sign_up))
        .with_state(Context { domains, limit })
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct SignUp {
    email: String,
    /// 10 to 200 characters.
    password: String,
    name: String,
    business_name: String,
    /// `en` unless given.
    language: Option<String>,
}

/// Sign up: a new account with a new business.
#[utoipa::path(post, path = "/sign-up", operation_id = "sign_up", tag = "session", request_body = SignUp,
    responses((status = 201, body = Session), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn sign_up(
    State(ctx): State<Context>,
    client: ClientIp,
    headers: HeaderMap,
    Json(input): Json<SignUp>,
) -> Result<Response> {
    if headers.contains_key(header::COOKIE) || headers.contains_key(header::ORIGIN) {
        access::member::refuse_cross_site(&Method::POST, &headers)?;
    }
    let access = &ctx.domains.access;
    ctx.limit.check(client.network(), access.db.clock.now())?;
    let user = NewUser::prepare(&input.email, &input.name, &input.password).await?;
    let language = input
        .language
        .as_deref()
        .filter(|code| code.len() == 2)
        .unwrap_or("en");
    let mut made = tenant::begin(
        &ctx.domains,
        &input.business_name,
        None,
        Some(&user.email),
        language,
        WidgetSettings::default(),
    )
    .await?;
    made.with_owner(&user).await?;
    let tenant = made.tenant.id;
    made.tx.commit().await?;
    let started = sessions::start(&access.db, user.id, tenant, sessions::api::user_agent(&headers)).await?;
    let session = sessions::api::describe(access, &started.session).await?;
    Ok((
        StatusCode::CREATED,
        [(header::SET_COOKIE, started.cookie)],
        Json(session),
    )
        .into_response())
}
