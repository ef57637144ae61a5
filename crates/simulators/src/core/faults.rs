//! What goes wrong on purpose. A fault meets calls that send; what only reads is left alone.

use std::collections::VecDeque;
use std::time::Duration;

use axum::body::Bytes;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::watch;

/// An answer of the vendor.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

impl Reply {
    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json; charset=utf-8", body.to_string())
    }

    pub fn ok(body: &Value) -> Self {
        Self::json(200, body)
    }

    pub fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: vec![("content-type".into(), content_type.into())],
            body: body.into(),
        }
    }

    pub fn with(mut self, header: &str, value: &str) -> Self {
        self.headers.push((header.into(), value.into()));
        self
    }
}

#[derive(Debug, Clone)]
pub enum Fault {
    /// The call is refused with this answer.
    Refuse(Reply),
    /// The call is accepted, and answered with this.
    Answer(Reply),
    /// The connection closes before the call was looked at.
    CloseBefore,
    /// The call is accepted, and the connection closes without an answer.
    CloseAfter,
}

impl Fault {
    /// Accepted, but the answer is the page of some proxy.
    pub fn garbage() -> Self {
        let page = "<html><body><h1>It works!</h1></body></html>";
        Self::Answer(Reply::new(200, "text/html", page))
    }
}

#[derive(Default)]
pub struct Faults {
    next: Mutex<VecDeque<Fault>>,
    latency: Mutex<Duration>,
    door: watch::Sender<Door>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Door {
    is_shut: bool,
    waiting: usize,
}

impl Faults {
    /// The next calls that send meet this fault, after those that wait already.
    pub fn next(&self, times: usize, fault: &Fault) {
        self.next
            .lock()
            .extend(std::iter::repeat_with(|| fault.clone()).take(times));
    }

    /// Every answer takes this much longer.
    pub fn set_latency(&self, latency: Duration) {
        *self.latency.lock() = latency;
    }

    /// Calls that come wait until [`Self::release`].
    pub fn hold(&self) {
        self.door.send_modify(|door| door.is_shut = true);
    }

    /// Comes back when so many calls wait.
    pub async fn held(&self, calls: usize) {
        let mut door = self.door.subscribe();
        let held = door.wait_for(|door| door.waiting >= calls).await;
        held.expect("the door is ours");
    }

    pub fn release(&self) {
        self.door.send_replace(Door::default());
    }

    pub fn clear(&self) {
        self.next.lock().clear();
        self.set_latency(Duration::ZERO);
        self.release();
    }

    /// How many have not happened yet.
    pub fn left(&self) -> usize {
        self.next.lock().len()
    }

    /// As long as it takes to answer.
    pub(super) async fn wait(&self) {
        let latency = *self.latency.lock();
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let mut door = self.door.subscribe();
        if !door.borrow().is_shut {
            return;
        }
        self.door.send_modify(|door| door.waiting += 1);
        let opened = door.wait_for(|door| !door.is_shut).await;
        opened.expect("the door is ours");
    }

    pub(super) fn take(&self) -> Option<Fault> {
        self.next.lock().pop_front()
    }
}
