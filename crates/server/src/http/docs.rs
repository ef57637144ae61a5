//! Readable documentation of the API at `/docs`, written from the OpenAPI document. No script, no third party.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::Value;
use utoipa::openapi::OpenApi;

/// Error codes worth an explanation of their own; the others explain themselves in `detail`.
const CODES: &[(&str, &str)] = &[
    (
        "unauthenticated",
        "No valid session, API key or visitor token came with the request.",
    ),
    (
        "permission_missing",
        "The member's role or the API key's scopes do not allow this.",
    ),
    (
        "not_found",
        "There is no such thing, or it belongs to somebody else: the two look the same.",
    ),
    (
        "rate_limited",
        "Too many requests. `Retry-After` tells the seconds to wait.",
    ),
    (
        "database_unavailable",
        "The database is away for a moment. Nothing was stored; try again.",
    ),
    (
        "took_too_long",
        "A query was stopped after 30 seconds. Nothing was stored; ask for less at once.",
    ),
    (
        "cross_site_request",
        "A write with the session cookie came from another page. Programs use an API key.",
    ),
    (
        "origin_not_allowed",
        "The web site is not among the channel's allowed origins.",
    ),
    (
        "address_not_allowed",
        "The URL leads to a private address that the operator has not opened.",
    ),
];

const CSP: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STYLE: &str = "body{font:15px/1.6 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#1b1b18;background:#fff}\
h2{margin-top:2.5rem;border-bottom:1px solid #e3e3de}code{background:#f1f1ee;padding:.1em .3em;border-radius:4px}\
.m{display:inline-block;min-width:4rem;font-weight:600;color:#2747b8}table{border-collapse:collapse;width:100%}\
td,th{text-align:left;vertical-align:top;padding:.25rem .5rem;border-bottom:1px solid #e3e3de}\
@media(prefers-color-scheme:dark){body{color:#ececea;background:#121315}code{background:#25272b}.m{color:#a3b8ff}td,th,h2{border-color:#2c2e33}}";

pub fn routes(openapi: Arc<OpenApi>) -> Router {
    Router::new()
        .route(
            "/openapi.json",
            get(|State(openapi): State<Arc<OpenApi>>| async move { Json((*openapi).clone()) }),
        )
        .route("/docs", get(page))
        .route(
            "/docs/style.css",
            get(|| async { ([(header::CONTENT_TYPE, "text/css")], STYLE) }),
        )
        .with_state(openapi)
}

async fn page(State(openapi): State<Arc<OpenApi>>) -> Response {
    let document = serde_json::to_value(&*openapi).unwrap_or_default();
    let mut response = render(&document).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP));
    response
}

fn render(document: &Value) -> String {
    let mut html = String::from(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>Rapport API</title><link rel=\"stylesheet\" href=\"/docs/style.css\"><main><h1>Rapport API</h1>\
         <p>Machine readable: <a href=\"/openapi.json\">openapi.json</a>. Below <code>/api/v1</code> send an API key as \
         <code>Authorization: Bearer rk_…</code>; below <code>/api/widget</code> a visitor token. Errors are \
         <code>application/problem+json</code> with a stable <code>code</code>.</p>",
    );
    for (path, operations) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            operation_section(&mut html, path, method, operation);
        }
    }
    html.push_str("<h2>Error codes</h2><table>");
    for (code, text) in CODES {
        let _ = write!(
            html,
            "<tr id=\"error-{code}\"><td><code>{code}</code></td><td>{}</td></tr>",
            escape(text)
        );
    }
    html.push_str("</table></main></html>");
    html
}

fn operation_section(html: &mut String, path: &str, method: &str, operation: &Value) {
    let summary = operation["summary"]
        .as_str()
        .or(operation["description"].as_str())
        .unwrap_or_default();
    let id = operation["operationId"].as_str().unwrap_or_default();
    let _ = write!(
        html,
        "<h2 id=\"{id}\">{}</h2><p><span class=\"m\">{}</span> <code>{}</code></p>",
        escape(summary.lines().next().unwrap_or_default()),
        method.to_uppercase(),
        escape(path)
    );
    if let Some(description) = operation["description"]
        .as_str()
        .filter(|description| *description != summary)
    {
        let _ = write!(html, "<p>{}</p>", escape(description));
    }
    let parameters = operation["parameters"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    if !parameters.is_empty() {
        html.push_str("<table><tr><th>Parameter</th><th>In</th><th>Meaning</th></tr>");
        for parameter in parameters {
            let text = |key: &str| escape(parameter[key].as_str().unwrap_or_default());
            let _ = write!(
                html,
                "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
                text("name"),
                text("in"),
                text("description")
            );
        }
        html.push_str("</table>");
    }
    let schema = operation["requestBody"]["content"]
        .as_object()
        .and_then(|content| content.iter().next());
    if let Some((kind, body)) = schema {
        let _ = write!(
            html,
            "<p>Body: <code>{}</code> {}</p>",
            escape(kind),
            schema_name(&body["schema"])
        );
    }
    html.push_str("<p>Answers: ");
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let body = response["content"]
            .as_object()
            .and_then(|content| content.values().next());
        let name = body.map(|body| schema_name(&body["schema"])).unwrap_or_default();
        let _ = write!(html, "<code>{}</code> {name} ", escape(status));
    }
    html.push_str("</p>");
}

fn schema_name(schema: &Value) -> String {
    let name = schema["$ref"]
        .as_str()
        .and_then(|reference| reference.rsplit('/').next())
        .or(schema["type"].as_str());
    name.map(|name| format!("<i>{}</i>", escape(name)))
        .unwrap_or_default()
}

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
