//! Which pages may use a channel: its allow-list, checked for every request, and told to browsers.
//!
//! A refusal may be read by the page that got it: it holds nothing but the reason, which helps whoever builds the page.
//! The preflight of a write is refused by its status.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kernel::error::forbidden;

use crate::Context;

/// Refuses foreign origins before any handler runs, and answers preflight requests.
pub async fn guard(State(ctx): State<Context>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let is_preflight = request.method() == Method::OPTIONS;
    // the path begins with the channel's key, whichever router this one is nested in
    let path = request.uri().path();
    let path = path.trim_start_matches("/api/widget").trim_start_matches('/');
    let (key, rest) = path.split_once('/').unwrap_or((path, ""));
    let found = match rest.is_empty() || is_preflight {
        // how the widget looks is told also while it is not available; a write is told so by its own answer
        true => ctx.endpoints.look_up(&ctx.db, key).await,
        false => ctx.endpoints.get(&ctx.db, key).await,
    };
    let mut response = match found {
        Err(error) => error.into_response(),
        Ok(endpoint) if !endpoint.allows_origin(origin.as_ref().and_then(|origin| origin.to_str().ok())) => {
            let error = forbidden(
                "origin_not_allowed",
                "This web site is not among the channel's allowed origins.",
            );
            error.into_response()
        }
        Ok(_) if is_preflight => StatusCode::NO_CONTENT.into_response(),
        Ok(_) => next.run(request).await,
    };
    if let Some(origin) = origin {
        allow(&mut response, origin);
    }
    response
}

fn allow(response: &mut Response, origin: HeaderValue) {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, POST"),
    );
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("authorization, content-type, accept, last-event-id"),
    );
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("retry-after"),
    );
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
}
