//! For load balancers and monitoring: is the process alive, can it work, what has it done.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::Outer;
use crate::gauges;

/// The process runs.
pub async fn live() -> &'static str {
    "ok\n"
}

/// The database answers within a second; 503 otherwise. Whoever is ready may have something to warn of.
pub async fn ready(State(outer): State<Outer>) -> Response {
    match tokio::time::timeout(Duration::from_secs(1), outer.db.ping()).await {
        Ok(Ok(())) => match outer.canary.warning() {
            None => "ready\n".into_response(),
            Some(warning) => format!("ready\nwarning: {warning}\n").into_response(),
        },
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response(),
    }
}

/// Counters for Prometheus.
pub async fn metrics(State(outer): State<Outer>) -> String {
    gauges::note_pools(&outer.db, &outer.jobs);
    outer.metrics.render()
}
