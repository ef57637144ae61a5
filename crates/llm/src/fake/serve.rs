//! The fake provider's HTTP side.

use std::convert::Infallible;
use std::sync::Arc;

use async_stream::stream;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State as Shared};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use futures::Stream;
use serde_json::{Value, json};

use super::reply::{Ending, Reply};
use super::wire::{Events, error_body};
use super::{Recorded, State};
use crate::providers::Provider;

/// Largest request that is read, in bytes.
const MAX_REQUEST: usize = 16 << 20;

pub(super) fn routes(state: Arc<State>) -> Router {
    Router::new()
        .route(
            "/v1/chat/completions",
            post(|state, request| chat(Provider::OpenAi, state, request)),
        )
        .route(
            "/v1/messages",
            post(|state, request| chat(Provider::Anthropic, state, request)),
        )
        .route(
            "/v1beta/models/{call}",
            post(|state, request| chat(Provider::Gemini, state, request)),
        )
        .route("/v1/embeddings", post(embeddings))
        .with_state(state)
}

async fn chat(provider: Provider, Shared(state): Shared<Arc<State>>, request: Request) -> Response {
    let recorded = record(request).await;
    let input_tokens = recorded.body.to_string().len().div_ceil(4);
    let reply = opened(state.take(recorded)).await;
    if reply.status != 200 && reply.raw.is_none() {
        return failure(provider, &reply);
    }
    let (opening, pieces, closing) = match &reply.raw {
        Some(body) => (Vec::new(), vec![Bytes::from(body.clone())], Vec::new()),
        None => {
            let events = Events::of(provider, &reply, input_tokens);
            let bytes = |events: Vec<String>| events.into_iter().map(Bytes::from).collect::<Vec<_>>();
            (bytes(events.opening), bytes(events.pieces), bytes(events.closing))
        }
    };
    let content_type = reply
        .content_type
        .clone()
        .unwrap_or_else(|| "text/event-stream".into());
    let status = reply.status;
    let body = Body::from_stream(paced(reply, opening, pieces, closing));
    respond(status, &content_type, None, body)
}

/// Waits where the reply stands behind a gate.
async fn opened(mut reply: Reply) -> Reply {
    if let Some(gate) = &mut reply.gate {
        let _ = gate.wait_for(|is_open| *is_open).await;
    }
    reply
}

/// Sends the parts as the reply says: at once, slowly, or not to the end.
fn paced(
    reply: Reply,
    opening: Vec<Bytes>,
    pieces: Vec<Bytes>,
    closing: Vec<Bytes>,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    stream! {
        if let Some(beat) = reply.dribble {
            for byte in [opening, pieces, closing].concat().concat() {
                tokio::time::sleep(beat).await;
                yield Ok(Bytes::copy_from_slice(&[byte]));
            }
            return;
        }
        for event in opening {
            yield Ok(event);
        }
        if reply.ending == Ending::HangBefore {
            std::future::pending::<()>().await;
        }
        for piece in pieces {
            if !reply.delay.is_zero() {
                tokio::time::sleep(reply.delay).await;
            }
            yield Ok(piece);
            if reply.ending == Ending::HangAfter {
                std::future::pending::<()>().await;
            }
        }
        for event in closing {
            yield Ok(event);
        }
    }
}

/// Vectors that depend on the text alone, listed backwards to show that the order is in `index`.
async fn embeddings(Shared(state): Shared<Arc<State>>, request: Request) -> Response {
    let recorded = record(request).await;
    let input = recorded.body["input"].as_array().cloned().unwrap_or_default();
    let asked = recorded.body["dimensions"]
        .as_u64()
        .and_then(|count| usize::try_from(count).ok());
    let dimensions = asked.unwrap_or(state.dimensions);
    let reply = opened(state.take(recorded)).await;
    if reply.status != 200 && reply.raw.is_none() {
        return failure(Provider::OpenAi, &reply);
    }
    if let Some(body) = reply.raw {
        return respond(
            reply.status,
            &reply.content_type.unwrap_or_default(),
            None,
            Body::from(body),
        );
    }
    let vectors = input.iter().enumerate().rev().map(|(index, text)| {
        let text = text.as_str().unwrap_or_default();
        let vector: Vec<f32> = (0..dimensions).map(|at| component(text, at)).collect();
        json!({"object": "embedding", "index": index, "embedding": vector})
    });
    let body = json!({"object": "list", "data": vectors.collect::<Value>(), "model": "fake-model"});
    respond(200, "application/json", None, Body::from(body.to_string()))
}

fn component(text: &str, at: usize) -> f32 {
    let mixed = text
        .bytes()
        .chain([at as u8])
        .fold(17_u32, |sum, byte| sum.wrapping_mul(31) ^ u32::from(byte));
    f32::from((mixed >> 8) as u8) + 1.0
}

async fn record(request: Request) -> Recorded {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MAX_REQUEST).await.unwrap_or_default();
    let headers = parts.headers.iter().map(|(name, value)| {
        (
            name.as_str().to_owned(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    });
    Recorded {
        path: parts.uri.to_string(),
        headers: headers.collect(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    }
}

fn failure(provider: Provider, reply: &Reply) -> Response {
    let body = Body::from(error_body(provider, reply).to_string());
    respond(
        reply.status,
        "application/json",
        reply.retry_after.as_deref(),
        body,
    )
}

#[expect(
    clippy::expect_used,
    reason = "a test that asks for an impossible header should hear of it"
)]
fn respond(status: u16, content_type: &str, retry_after: Option<&str>, body: Body) -> Response {
    let response = Response::builder()
        .status(status)
        .header(CONTENT_TYPE, content_type);
    let response = match retry_after {
        Some(seconds) => response.header(RETRY_AFTER, seconds),
        None => response,
    };
    response.body(body).expect("a response")
}
