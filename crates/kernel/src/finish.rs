//! A future that comes to its end even if nobody waits for it any more.
//!
//! For steps that must not be cut in the middle, such as BEGIN on a pooled connection. Costs nothing unless it is
//! dropped early; then a task of its own finishes it and drops the result.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

pub struct Finish<T: Send + 'static>(Option<Work<T>>);

impl<T: Send + 'static> Finish<T> {
    pub fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Some(Box::pin(work)))
    }
}

impl<T: Send + 'static> Future for Finish<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let Some(work) = self.0.as_mut() else {
            return Poll::Pending;
        };
        let result = work.as_mut().poll(context);
        if result.is_ready() {
            self.0 = None;
        }
        result
    }
}

impl<T: Send + 'static> Drop for Finish<T> {
    fn drop(&mut self) {
        // at the end of the process there is no runtime, and nothing left to protect
        if let (Some(work), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(async move { drop(work.await) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn what_is_dropped_halfway_still_ends() {
        let (go, begun) = oneshot::channel::<()>();
        let (ended, end) = oneshot::channel::<()>();
        let work = Finish::new(async move {
            let _ = begun.await;
            let _ = ended.send(());
        });
        let cut = tokio::time::timeout(std::time::Duration::ZERO, work).await;
        assert!(cut.is_err(), "it waits for the signal");
        go.send(()).expect("the work goes on without its caller");
        end.await.expect("and comes to its end");
    }

    #[tokio::test]
    async fn what_is_waited_for_gives_its_result() {
        assert_eq!(Finish::new(async { 7 }).await, 7);
    }
}
