//! The embedded web pages: the widget's script and the dashboard.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;

use crate::embedded::{self, WEB};

const DASHBOARD_CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; \
    img-src 'self' data: blob:; media-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types svelte-trusted-html";

const BUILD: HeaderName = HeaderName::from_static("rapport-build");

const NOT_BUILT: &str =
    "The web pages are not part of this build. Run `npm ci && npm run build` in web/, then build again.\n";

pub fn routes() -> Router {
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/app/") }))
        .route("/widget.js", get(widget))
        .route("/widget-extras.js", get(widget))
        .route("/app", get(dashboard))
        .route("/app/", get(dashboard))
        .route("/app/{*path}", get(dashboard))
}

/// Tells a dashboard that has been open for long that the server brings a newer one.
pub async fn name_build<B>(mut response: Response<B>) -> Response<B> {
    if let Some(page) = embedded::find(WEB, "dashboard/index.html") {
        response
            .headers_mut()
            .insert(BUILD, HeaderValue::from_static(page.etag));
    }
    response
}

async fn widget(request: Request) -> Response<Body> {
    let name = request.uri().path().trim_start_matches('/');
    let Some(file) = embedded::find(WEB, name) else {
        return not_built();
    };
    let extra = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "cross-origin",
        ),
    ];
    embedded::respond(
        file,
        request.headers(),
        "public, max-age=300, stale-while-revalidate=86400",
        &extra,
    )
}

async fn dashboard(request: Request) -> Response<Body> {
    let path = request
        .uri()
        .path()
        .trim_start_matches("/app")
        .trim_start_matches('/')
        .to_owned();
    match embedded::find(WEB, &format!("dashboard/{path}")) {
        Some(file) if path.starts_with("assets/") => embedded::respond(
            file,
            request.headers(),
            "public, max-age=31536000, immutable",
            &[],
        ),
        Some(file) if path != "index.html" => embedded::respond(file, request.headers(), "no-cache", &[]),
        // a chunk of an older version must be missing, never the HTML page
        None if path.starts_with("assets/") => StatusCode::NOT_FOUND.into_response(),
        _ => match embedded::find(WEB, "dashboard/index.html") {
            Some(file) => {
                let extra = [
                    (header::CONTENT_SECURITY_POLICY, DASHBOARD_CSP),
                    (header::REFERRER_POLICY, "same-origin"),
                ];
                embedded::respond(file, request.headers(), "no-cache", &extra)
            }
            None => not_built(),
        },
    }
}

fn not_built() -> Response<Body> {
    (StatusCode::NOT_FOUND, NOT_BUILT).into_response()
}
