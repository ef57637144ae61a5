//! The doors for other people's programs: [`chat`], the workspace's bot in the format of OpenAI's chat completions, and
//! [`mcp`], tools for assistants that speak the Model Context Protocol. Both are entered with an API key ([`door`]).
//!
//! Not here: what is answered and what may be done. A chat is answered by `answering`, as `POST /api/v1/ask` is, and each
//! tool is a request to `/api/v1` with the same key.

pub mod chat;
pub mod door;
pub mod mcp;
pub mod models;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::{Router, middleware};
use chrono::TimeDelta;
use kernel::Database;
use kernel::ids::ApiKeyId;
use kernel::limits::Limiter;

/// What this domain needs to work.
#[derive(Clone)]
pub struct Context {
    pub db: Database,
    pub access: access::Context,
    pub answering: answering::Context,
    /// Requests of a key: 120 a minute.
    pub key_limit: Arc<Limiter<ApiKeyId>>,
    /// Where the server is reached from outside, if it knows.
    pub public_url: Option<String>,
}

impl Context {
    pub fn new(
        db: Database,
        access: access::Context,
        answering: answering::Context,
        public_url: Option<String>,
    ) -> Self {
        Self {
            db,
            access,
            answering,
            key_limit: Arc::new(Limiter::new(120, TimeDelta::minutes(1))),
            public_url,
        }
    }
}

/// A conversation of two hundred messages fits; a book does not.
const LARGEST_BODY: usize = 256 * 1024;

/// `/v1` and `/mcp`. `api` is everything below `/api/v1`, which the tools use.
pub fn routes(ctx: &Context, api: Router) -> Router {
    let chat = Router::new()
        .merge(chat::routes())
        .merge(models::routes())
        .fallback(|| async { chat::refusal::Refusal::nothing_here() })
        .with_state(ctx.clone())
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(middleware::from_fn_with_state(ctx.clone(), door::enter))
        // outside of the door: what it refuses is said in the same words
        .layer(middleware::map_response(chat::refusal::speak));
    let mcp = mcp::service(ctx, api, LARGEST_BODY)
        .layer(middleware::from_fn_with_state(ctx.clone(), door::enter))
        .layer(middleware::map_response(door::ask_for_key));
    Router::new().nest("/v1", chat).merge(mcp)
}
