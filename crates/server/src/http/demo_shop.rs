//! The demonstration shop: a page such as a customer's own, with the widget on it.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;

use super::Outer;
use crate::embedded::{self, DEMO_SHOP};

/// Strict on purpose: the widget must work on the most careful page.
const CSP: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'self'; font-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

pub async fn page(state: State<Outer>, request: Request) -> Response<Body> {
    file(state, Path("index.html".into()), request).await
}

/// A file of the shop; pages get the script tag.
pub async fn file(State(outer): State<Outer>, Path(name): Path<String>, request: Request) -> Response<Body> {
    let (Some(channel), Some(file)) = (outer.demo_channel.as_deref(), embedded::find(DEMO_SHOP, &name))
    else {
        return kernel::error::not_found("page (the demonstration runs with `rapport demo`)").into_response();
    };
    if !name.ends_with(".html") {
        return embedded::respond(file, request.headers(), "no-cache", &[]);
    }
    let Some(html) = embedded::text(DEMO_SHOP, &name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let snippet = format!("<script async src=\"/widget.js\" data-channel=\"{channel}\"></script>");
    let mut response = html.replace("{{WIDGET_SNIPPET}}", &snippet).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP));
    response
}
