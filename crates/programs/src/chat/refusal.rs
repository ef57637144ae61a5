//! Errors in the words of OpenAI's API: `{"error": {"message", "type", "param", "code"}}`, with the status that its
//! clients know.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kernel::Error;
use serde_json::{Value, json};

/// Why a request is not answered.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    code: String,
    message: String,
    /// The field that is meant.
    param: Option<String>,
    retry_after_seconds: Option<u64>,
}

/// A field holds what cannot be used.
pub fn bad(param: &str, code: &str, message: impl Into<String>) -> Refusal {
    Refusal {
        status: StatusCode::BAD_REQUEST,
        code: code.to_owned(),
        message: message.into(),
        param: Some(param.to_owned()),
        retry_after_seconds: None,
    }
}

impl Refusal {
    pub fn no_such_model(id: &str) -> Self {
        let shown: String = id.chars().take(100).collect();
        Self {
            status: StatusCode::NOT_FOUND,
            code: "model_not_found".into(),
            message: format!(
                "There is no model `{shown}`. `GET /v1/models` names those that there are; `rapport` always is."
            ),
            param: Some("model".into()),
            retry_after_seconds: None,
        }
    }

    pub fn nothing_here() -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            code: "unknown_url".into(),
            message: "There is nothing at this address. `/v1/chat/completions` and `/v1/models` there are."
                .into(),
            param: None,
            retry_after_seconds: None,
        }
    }

    fn wrong_method() -> Self {
        Self {
            status: StatusCode::METHOD_NOT_ALLOWED,
            code: "method_not_allowed".into(),
            message: "This address does not know this method.".into(),
            param: None,
            retry_after_seconds: None,
        }
    }

    pub fn body(&self) -> Value {
        let kind = match self.status.as_u16() {
            401 => "authentication_error",
            403 => "permission_error",
            429 => "rate_limit_error",
            500.. => "server_error",
            _ => "invalid_request_error",
        };
        json!({"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}})
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        error.log();
        let retry_after_seconds = match error.kind {
            kernel::error::Kind::RateLimited { retry_after_seconds } => Some(retry_after_seconds),
            kernel::error::Kind::Unavailable => Some(2),
            _ => None,
        };
        Self {
            status: known_status(error.status()),
            code: known_code(error.code).to_owned(),
            message: error.detail,
            param: None,
            retry_after_seconds,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, axum::Json(self.body())).into_response();
        if let Some(seconds) = self.retry_after_seconds {
            let seconds = HeaderValue::from(seconds);
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

/// What is understood and wrong is 400 there.
fn known_status(status: StatusCode) -> StatusCode {
    match status {
        StatusCode::UNPROCESSABLE_ENTITY => StatusCode::BAD_REQUEST,
        other => other,
    }
}

fn known_code(code: &str) -> &str {
    match code {
        "unauthenticated" => "invalid_api_key",
        "rate_limited" => "rate_limit_exceeded",
        other => other,
    }
}

/// No problem has more.
const LARGEST_PROBLEM: usize = 64 * 1024;

/// Says in these words what was refused before a handler was asked, such as at the door.
pub async fn speak(response: Response) -> Response {
    let status = response.status();
    let is_ours = |value: &HeaderValue| value == "application/problem+json";
    let is_problem = response.headers().get(header::CONTENT_TYPE).is_some_and(is_ours);
    if status == StatusCode::METHOD_NOT_ALLOWED && !is_problem {
        return Refusal::wrong_method().into_response();
    }
    if !is_problem {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let problem: Value = match to_bytes(body, LARGEST_PROBLEM).await {
        Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
        Err(_) => Value::Null,
    };
    let text = |field: &str| problem[field].as_str().unwrap_or_default();
    let refusal = Refusal {
        status: known_status(status),
        code: known_code(text("code")).to_owned(),
        message: text("detail").to_owned(),
        param: None,
        retry_after_seconds: None,
    };
    parts.status = refusal.status;
    parts.headers.remove(header::CONTENT_LENGTH);
    let json = HeaderValue::from_static("application/json");
    parts.headers.insert(header::CONTENT_TYPE, json);
    Response::from_parts(parts, Body::from(refusal.body().to_string()))
}
