//! Request bodies as they come from strangers: however small the pieces, a body takes no more memory than it has bytes,
//! and it ends in time. How large it may be is for its route to say; what is too large is read to its end and thrown away,
//! because a connection that is closed on unread bytes takes the answer with it.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body as AnyBody, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use parking_lot::Mutex;
use tokio::time::{Instant, Sleep, sleep_until};

/// A body that has not ended by then is cut off.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Pieces are joined up to this size before they are handed on.
const PIECE: usize = 64 * 1024;

/// So much of a body that is too large is thrown away before its sender is cut off after all.
const MOST_THROWN_AWAY: u64 = 64 * 1024 * 1024;

/// Puts [`Body`] around the request's.
pub async fn limit(request: Request, next: Next) -> Response {
    let (parts, inner) = request.into_parts();
    if inner.is_end_stream() {
        return next.run(Request::from_parts(parts, inner)).await;
    }
    let body = Shared(Arc::new(Mutex::new(Body {
        inner,
        joined: Vec::new(),
        deadline: Box::pin(sleep_until(Instant::now() + TIMEOUT)),
    })));
    let request = Request::from_parts(parts, AnyBody::new(body.clone()));
    let response = next.run(request).await;
    if response.status() == StatusCode::PAYLOAD_TOO_LARGE {
        throw_away(body).await;
    }
    response
}

async fn throw_away(mut body: Shared) {
    let mut thrown_away = 0;
    while thrown_away < MOST_THROWN_AWAY {
        let frame = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
        let Some(Ok(frame)) = frame else { return };
        thrown_away += frame.data_ref().map_or(0, |data| data.len() as u64);
    }
}

/// The request holds one, and [`limit`] another.
#[derive(Clone)]
struct Shared(Arc<Mutex<Body>>);

impl HttpBody for Shared {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut *self.0.lock()).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().size_hint()
    }
}

struct Body {
    inner: AnyBody,
    /// Copied out of the connection's buffers: each piece would keep a whole one alive.
    joined: Vec<u8>,
    deadline: Pin<Box<Sleep>>,
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        loop {
            let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(cx) else {
                ready!(self.deadline.as_mut().poll(cx));
                return Poll::Ready(Some(Err("the body took too long".into())));
            };
            match frame {
                Some(Ok(frame)) => {
                    // trailers are of no use here
                    if let Ok(data) = frame.into_data() {
                        self.joined.extend_from_slice(&data);
                    }
                    if self.joined.len() < PIECE {
                        continue;
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                None if self.joined.is_empty() => return Poll::Ready(None),
                None => {}
            }
            let piece = std::mem::take(&mut self.joined);
            return Poll::Ready(Some(Ok(Frame::data(piece.into()))));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.joined.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let waiting = self.joined.len() as u64;
        let inner = self.inner.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower() + waiting);
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + waiting);
        }
        hint
    }
}
