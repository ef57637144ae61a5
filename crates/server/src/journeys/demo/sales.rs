//! The sales of the demonstration shop: what its team would have entered, sent through the API as a program of theirs
//! would send it. Nothing is written in any other way.

use std::collections::HashMap;

use axum::Router;
use axum::body::{self, Body};
use axum::http::{Method, Request, header};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use kernel::error::{Result, internal};
use serde::Deserialize;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::embedded::{DEMO_KNOWLEDGE, text};
use crate::http;
use crate::wiring::Domains;

const LARGEST_ANSWER: usize = 1024 * 1024;

/// A call of the API, as written down: one of `get`, `post` and `patch` is its path below `/api/v1`.
#[derive(Debug, Deserialize)]
struct Call {
    get: Option<String>,
    post: Option<String>,
    patch: Option<String>,
    #[serde(default)]
    body: Value,
    /// What later calls call the thing that was made, or found first.
    #[serde(rename = "as")]
    name: Option<String>,
}

/// Sends what is written in `sales.jsonl`. `people`: ids of colleagues by their names.
pub async fn enter(domains: &Domains, api_key: &str, people: HashMap<String, String>) -> Result<()> {
    let (router, _) = http::documented(domains).split_for_parts();
    let mut program = Program {
        router,
        authorization: format!("Bearer {api_key}"),
        now: domains.access.db.clock.now(),
        ids: people,
    };
    let lines = text(DEMO_KNOWLEDGE, "sales.jsonl").unwrap_or_default();
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        program.call(serde_json::from_str(line)?).await?;
    }
    Ok(())
}

struct Program {
    router: Router,
    authorization: String,
    now: DateTime<Utc>,
    ids: HashMap<String, String>,
}

impl Program {
    async fn call(&mut self, call: Call) -> Result<()> {
        let (method, path) = match (&call.get, &call.post, &call.patch) {
            (Some(path), None, None) => (Method::GET, path),
            (None, Some(path), None) => (Method::POST, path),
            (None, None, Some(path)) => (Method::PATCH, path),
            _ => {
                return Err(internal(
                    "a call of the demonstration has no path, or two of them",
                ));
            }
        };
        let path = self.path(path)?;
        let answer = self.send(method, &path, self.fill(call.body)?).await?;
        if let Some(name) = call.name {
            let id = answer.pointer("/id").or_else(|| answer.pointer("/items/0/id"));
            let id = id.and_then(Value::as_str);
            let id = id.ok_or_else(|| internal(format!("the demonstration found nothing at {path}")))?;
            self.ids.insert(name, id.to_owned());
        }
        Ok(())
    }

    async fn send(&self, method: Method, path: &str, body: Value) -> Result<Value> {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::AUTHORIZATION, &self.authorization)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .map_err(internal)?;
        let Ok(response) = self.router.clone().oneshot(request).await;
        let status = response.status();
        let bytes = body::to_bytes(response.into_body(), LARGEST_ANSWER)
            .await
            .map_err(internal)?;
        if !status.is_success() {
            let said = String::from_utf8_lossy(&bytes);
            return Err(internal(format!(
                "the demonstration was refused {path}: {status} {said}"
            )));
        }
        Ok(serde_json::from_slice(&bytes)?)
    }

    fn path(&self, path: &str) -> Result<String> {
        let parts = path.split('/').map(|part| match part.strip_prefix('$') {
            Some(name) => self.id(name),
            None => Ok(part.to_owned()),
        });
        Ok(parts.collect::<Result<Vec<_>>>()?.join("/"))
    }

    /// `$name` is an id, `@-30h` a time from now on, `@+12d` a day from today on.
    fn fill(&self, value: Value) -> Result<Value> {
        Ok(match value {
            Value::String(text) => Value::String(self.fill_text(text)?),
            Value::Array(items) => items
                .into_iter()
                .map(|item| self.fill(item))
                .collect::<Result<_>>()?,
            Value::Object(fields) => {
                let fields = fields
                    .into_iter()
                    .map(|(name, value)| Ok((name, self.fill(value)?)));
                Value::Object(fields.collect::<Result<_>>()?)
            }
            other => other,
        })
    }

    fn fill_text(&self, text: String) -> Result<String> {
        if let Some(name) = text.strip_prefix('$') {
            return self.id(name);
        }
        let Some(ahead) = text.strip_prefix('@') else {
            return Ok(text);
        };
        if let Some(hours) = ahead.strip_suffix('h') {
            let time = self.now + TimeDelta::hours(hours.parse().map_err(internal)?);
            return Ok(time.to_rfc3339_opts(SecondsFormat::Secs, true));
        }
        if let Some(days) = ahead.strip_suffix('d') {
            let time = self.now + TimeDelta::days(days.parse().map_err(internal)?);
            return Ok(time.date_naive().to_string());
        }
        Ok(text)
    }

    fn id(&self, name: &str) -> Result<String> {
        let id = self.ids.get(name).cloned();
        id.ok_or_else(|| internal(format!("the demonstration knows no {name}")))
    }
}
