//! Who comes in: a program with an API key, and not too often.

use access::Member;
use access::member::{self, Actor};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use kernel::Result;
use kernel::error::unauthenticated;

use crate::Context;

/// The `Authorization` of a request. It does not stand among the headers any more, so that no library can print them with
/// it.
#[derive(Clone)]
pub struct Key(pub HeaderValue);

/// Recognises the key and counts the request. A browser's cookie does not count here, so that no page of somebody else's
/// can use it.
pub async fn enter(State(ctx): State<Context>, mut request: Request, next: Next) -> Result<Response> {
    request.headers_mut().remove(header::COOKIE);
    let found = member::recognise(
        &ctx.access,
        request.method(),
        request.uri().path(),
        request.headers(),
    )
    .await?;
    let Some(member) = found else {
        return Err(unauthenticated(
            "Send an API key of the workspace: `Authorization: Bearer rk_…`.",
        ));
    };
    if let Actor::ApiKey { id, .. } = member.actor() {
        ctx.key_limit.check(*id, ctx.db.clock.now())?;
    }
    if let Some(mut key) = request.headers_mut().remove(header::AUTHORIZATION) {
        key.set_sensitive(true);
        request.extensions_mut().insert(Key(key));
    }
    request.extensions_mut().insert::<Member>(member);
    Ok(next.run(request).await)
}

/// Tells a client of HTTP authentication what is missing.
pub async fn ask_for_key(mut response: Response) -> Response {
    if response.status() == StatusCode::UNAUTHORIZED {
        let scheme = HeaderValue::from_static("Bearer");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
    }
    response
}
