//! The routes of the server, as one readable list, and what every request passes through.

mod assets;
mod body;
mod demo_shop;
mod demo_site;
mod docs;
pub mod download;
mod guard;
mod health;
mod listen;
pub mod openapi;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};
use kernel::error::{Error, Kind};
use metrics_exporter_prometheus::PrometheusHandle;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;

use crate::canary::Canary;
use crate::journeys::{archive, import, instance, onboarding, person, sign_up};
use crate::wiring::Domains;

/// The largest JSON body, unless a route says otherwise.
const LARGEST_BODY: usize = 1024 * 1024;

/// What the outer routes need.
#[derive(Clone)]
pub struct Outer {
    pub db: kernel::Database,
    /// The job runner's connections.
    pub jobs: sqlx::PgPool,
    pub metrics: PrometheusHandle,
    pub canary: Canary,
    /// The channel shown on the demonstration page, if there is one.
    pub demo_channel: Option<Arc<str>>,
    /// Requests that have no answer yet.
    pub in_flight: Arc<AtomicUsize>,
    pub trusted_proxies: Arc<[std::net::IpAddr]>,
}

/// Every documented route, with its description.
pub fn documented(domains: &Domains) -> OpenApiRouter {
    let dashboard = OpenApiRouter::new()
        .merge(sign_up::routes(domains.clone()))
        .merge(onboarding::routes(domains.clone()))
        .merge(import::api::routes(domains.access.clone()))
        .merge(person::routes(domains.clone()))
        .merge(archive::requests::routes(domains.clone()))
        .merge(access::routes(domains.access.clone()))
        .merge(::assets::routes(domains.assets.clone()))
        .merge(conversations::routes(domains.conversations.clone()))
        .merge(knowledge::routes(domains.knowledge.clone()))
        .merge(answering::routes(domains.answering.clone()))
        .merge(channels::routes(domains.channels.clone()))
        .merge(automation::routes(domains.automation.clone()))
        .merge(notifications::routes(domains.notifications.clone()))
        .merge(crm::routes(domains.crm.clone()))
        .merge(insights::routes(domains.insights.clone()))
        .layer(middleware::from_fn_with_state(
            domains.access.clone(),
            access::member::authenticate,
        ))
        .merge(instance::routes(domains))
        .layer(middleware::map_response(assets::name_build));
    OpenApiRouter::with_openapi(openapi::base())
        .nest("/api/v1", dashboard)
        .nest("/api/widget", channels::public_routes(domains.channels.clone()))
}

pub fn router(domains: &Domains, outer: Outer) -> Router {
    let (api, openapi) = documented(domains).split_for_parts();
    let openapi = Arc::new(openapi);
    let pages = health_routes()
        .route("/demo", get(demo_shop::page))
        .with_state(outer.clone());
    Router::new()
        .merge(programs::routes(&domains.programs, api.clone()))
        .merge(api)
        .merge(pages)
        .merge(demo_site::routes(domains.clone(), outer.clone()))
        .merge(docs::routes(openapi))
        .merge(assets::routes())
        .merge(::assets::serve::routes(domains.assets.clone()))
        .merge(channels::webhook_routes(domains.channels.clone()))
        .merge(answering::webhook_routes(domains.answering.clone()))
        .merge(conversations::webhook_routes(domains.conversations.clone()))
        .merge(notifications::public_routes(domains.notifications.clone()))
        .fallback(|| async { kernel::error::not_found("page").into_response() })
        .layer(middleware::map_response(explain_method_not_allowed))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(middleware::from_fn(body::limit))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            kernel::error::internal("a handler panicked").into_response()
        }))
        .layer(middleware::from_fn_with_state(outer, guard::observe))
}

/// All that a process answers which only works for others.
pub fn worker_router(outer: Outer) -> Router {
    let found_elsewhere = || async { kernel::error::not_found("page").into_response() };
    health_routes()
        .with_state(outer.clone())
        .fallback(found_elsewhere)
        .layer(middleware::map_response(explain_method_not_allowed))
        .layer(middleware::from_fn_with_state(outer, guard::observe))
}

fn health_routes() -> Router<Outer> {
    Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
}

/// Says in words what a bare 405 means. Not a fallback of the router: that would take the place of the guards around
/// the routes, and one of them answers the questions that browsers ask before they write (preflight requests).
async fn explain_method_not_allowed(response: Response) -> Response {
    let is_explained = response.headers().contains_key(header::CONTENT_TYPE);
    if response.status() != StatusCode::METHOD_NOT_ALLOWED || is_explained {
        return response;
    }
    let detail = "This address does not know this method.";
    let mut problem = Error::new(Kind::Invalid, "method_not_allowed", detail).problem();
    problem.status = StatusCode::METHOD_NOT_ALLOWED.as_u16();
    problem.title = "Method Not Allowed";
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    let content_type = HeaderValue::from_static("application/problem+json");
    parts.headers.insert(header::CONTENT_TYPE, content_type);
    Response::from_parts(parts, serde_json::json!(problem).to_string().into())
}

/// Serves until `stop` resolves, then lets the requests that are under way finish.
pub async fn serve(
    listener: tokio::net::TcpListener,
    router: Router,
    trusted_proxies: Arc<[std::net::IpAddr]>,
    in_flight: Arc<AtomicUsize>,
    turns: answering::turns::Turns,
    stop: impl Future<Output = ()> + Send + 'static,
) {
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let signal = async move {
        stop.await;
        let _ = stopping.send(());
    };
    tokio::select! {
        () = listen::accept(listener, router, trusted_proxies, signal) => {}
        () = drain(stopped, in_flight, turns) => {}
    }
}

/// Live streams never end by themselves: once no request waits for its answer and no reply is being made, they may be
/// cut.
async fn drain(
    stopped: tokio::sync::oneshot::Receiver<()>,
    in_flight: Arc<AtomicUsize>,
    turns: answering::turns::Turns,
) {
    if stopped.await.is_err() {
        std::future::pending::<()>().await;
    }
    for _ in 0..250 {
        if in_flight.load(std::sync::atomic::Ordering::SeqCst) == 0 && turns.is_idle() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
}
