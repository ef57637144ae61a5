//! Requests to our own API, in this process, with the caller's key.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Method, Request, header};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::door::Key;

/// No answer of the API that a tool asks for is larger.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

/// Why a tool could not do what it was asked: the API's own words.
#[derive(Debug)]
pub struct Trouble {
    pub code: String,
    pub detail: String,
}

impl Trouble {
    pub fn new(code: &str, detail: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            detail: detail.into(),
        }
    }

    fn ours() -> Self {
        Self::new(
            "internal",
            "Something went wrong on our side. Please try again; if it stays, tell the operator.",
        )
    }
}

/// The API, as the caller may use it.
pub struct Requests {
    api: Router,
    key: HeaderValue,
}

impl Requests {
    pub fn new(api: Router, key: Key) -> Self {
        Self { api, key: key.0 }
    }

    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Trouble> {
        self.send(Method::GET, path, Body::empty()).await
    }

    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, Trouble> {
        self.send(Method::POST, path, Body::from(body.to_string())).await
    }

    async fn send<T: DeserializeOwned>(&self, method: Method, path: &str, body: Body) -> Result<T, Trouble> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = format!("/api/v1{path}").parse().map_err(|_| Trouble::ours())?;
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(header::CONTENT_TYPE, json);
        request
            .headers_mut()
            .insert(header::AUTHORIZATION, self.key.clone());
        let Ok(response) = self.api.clone().oneshot(request).await;
        let is_done = response.status().is_success();
        let body = to_bytes(response.into_body(), LARGEST_ANSWER).await;
        let body = body.map_err(|_| Trouble::ours())?;
        if is_done {
            return serde_json::from_slice(&body).map_err(|error| {
                tracing::error!(%error, path, "a tool does not understand the API");
                Trouble::ours()
            });
        }
        let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
        match (problem["code"].as_str(), problem["detail"].as_str()) {
            (Some(code), Some(detail)) => Err(Trouble::new(code, detail)),
            _ => Err(Trouble::ours()),
        }
    }
}
