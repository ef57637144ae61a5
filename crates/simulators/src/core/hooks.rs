//! Posts events to the webhook: one by one, several at once, again, in another order.

use std::time::Duration;

use parking_lot::Mutex;
use serde_json::Value;

use super::Clock;

/// No vendor waits longer.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// Servers hang up on whoever is idle for long: an event must not meet that.
const LONGEST_IDLE: Duration = Duration::from_secs(5);

/// How a vendor puts events on the wire.
pub trait Wire: Send + Sync + 'static {
    /// The payloads of these events; vendors that know batches make one of them.
    fn payloads(&self, events: Vec<Value>) -> Vec<Value> {
        events
    }

    fn bytes(&self, payload: &Value) -> Vec<u8> {
        payload.to_string().into_bytes()
    }

    /// The headers of attempt number `attempt`, the first being 1, with the signature over these bytes.
    fn headers(&self, body: &[u8], attempt: u32, clock: &Clock) -> Vec<(&'static str, String)>;
}

/// What became of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sent {
    /// The vendor's id of the event, for edits, reactions and replies.
    pub id: String,
    /// What the webhook answered; none while the event is held back, and where no answer came.
    pub status: Option<u16>,
    /// The body of that answer.
    pub answer: String,
}

/// A payload that was posted.
#[derive(Debug, Clone)]
pub struct Post {
    pub bytes: Vec<u8>,
    /// Of the last attempt.
    pub headers: Vec<(&'static str, String)>,
    pub attempts: u32,
    pub status: Option<u16>,
    /// Of the last answer.
    pub answer: String,
    /// It has been sent, and not answered yet.
    pub is_waiting: bool,
}

impl Post {
    pub fn is_received(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Kept,
    Reversed,
}

pub struct Hooks {
    client: reqwest::Client,
    clock: Clock,
    url: Mutex<Option<String>>,
    wire: Box<dyn Wire>,
    posts: Mutex<Vec<Post>>,
    held: Mutex<Option<Vec<Value>>>,
}

impl Hooks {
    pub(super) fn new(url: Option<String>, wire: Box<dyn Wire>, clock: Clock) -> Self {
        Self {
            client: client(),
            clock,
            url: Mutex::new(url),
            wire,
            posts: Mutex::default(),
            held: Mutex::default(),
        }
    }

    pub fn url(&self) -> Option<String> {
        self.url.lock().clone()
    }

    pub fn set_url(&self, url: Option<String>) {
        *self.url.lock() = url;
    }

    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// Everything that was posted so far.
    pub fn posts(&self) -> Vec<Post> {
        self.posts.lock().clone()
    }

    /// Events wait from now on, until [`Hooks::release_together`] or [`Hooks::release`].
    pub fn hold(&self) {
        self.held.lock().get_or_insert_default();
    }

    /// Posts what was held back at once, as the vendor batches.
    pub async fn release_together(&self) -> Option<u16> {
        let events = self.held.lock().take().unwrap_or_default();
        self.post(events).await.0
    }

    /// Posts what was held back one by one.
    pub async fn release(&self, order: Order) -> Vec<Option<u16>> {
        let mut events = self.held.lock().take().unwrap_or_default();
        if order == Order::Reversed {
            events.reverse();
        }
        let mut statuses = Vec::new();
        for event in events {
            statuses.push(self.post(vec![event]).await.0);
        }
        statuses
    }

    /// Posts the last payload again, byte for byte.
    pub async fn redeliver(&self, times: usize) -> Vec<Option<u16>> {
        let mut statuses = Vec::new();
        let last = self.posts.lock().len().checked_sub(1);
        for _ in 0..last.map_or(0, |_| times) {
            statuses.push(self.attempt(last.unwrap_or_default()).await.0);
        }
        statuses
    }

    /// Posts all payloads again, whether they arrived or not.
    pub async fn redeliver_all(&self, order: Order) -> Vec<Option<u16>> {
        let mut places: Vec<usize> = (0..self.posts.lock().len()).collect();
        if order == Order::Reversed {
            places.reverse();
        }
        self.attempt_all(places).await
    }

    /// Posts what has not been received yet once more, as the vendor does after a while.
    pub async fn redeliver_failed(&self) -> Vec<Option<u16>> {
        let places = {
            let posts = self.posts.lock();
            let has_failed = |post: &Post| !post.is_received() && !post.is_waiting;
            let failed = posts.iter().enumerate().filter(|(_, post)| has_failed(post));
            failed.map(|(place, _)| place).collect()
        };
        self.attempt_all(places).await
    }

    async fn attempt_all(&self, places: Vec<usize>) -> Vec<Option<u16>> {
        let mut statuses = Vec::new();
        for place in places {
            statuses.push(self.attempt(place).await.0);
        }
        statuses
    }

    /// Posts one event, or keeps it while events are held back.
    pub(crate) async fn emit(&self, id: impl Into<String>, event: Value) -> Sent {
        let id = id.into();
        let event = match self.held.lock().as_mut() {
            Some(held) => {
                held.push(event);
                return Sent {
                    id,
                    ..Sent::default()
                };
            }
            None => event,
        };
        let (status, answer) = self.post(vec![event]).await;
        Sent { id, status, answer }
    }

    /// What the last payload was answered.
    async fn post(&self, events: Vec<Value>) -> (Option<u16>, String) {
        let mut answer = (None, String::new());
        for payload in self.wire.payloads(events) {
            answer = self.post_new(self.wire.bytes(&payload)).await;
        }
        answer
    }

    /// Posts these bytes with the vendor's signature over them.
    pub async fn post_bytes(&self, bytes: Vec<u8>) -> Option<u16> {
        self.post_new(bytes).await.0
    }

    async fn post_new(&self, bytes: Vec<u8>) -> (Option<u16>, String) {
        let place = {
            let mut posts = self.posts.lock();
            posts.push(Post {
                bytes,
                headers: Vec::new(),
                attempts: 0,
                status: None,
                answer: String::new(),
                is_waiting: false,
            });
            posts.len() - 1
        };
        self.attempt(place).await
    }

    async fn attempt(&self, place: usize) -> (Option<u16>, String) {
        let (bytes, attempt) = {
            let mut posts = self.posts.lock();
            posts[place].attempts += 1;
            posts[place].is_waiting = true;
            (posts[place].bytes.clone(), posts[place].attempts)
        };
        let headers = self.wire.headers(&bytes, attempt, &self.clock);
        let answer = self.post_forged(bytes, &headers).await;
        let (status, answer) =
            answer.map_or_else(Default::default, |(status, answer)| (Some(status), answer));
        let mut posts = self.posts.lock();
        posts[place].headers = headers;
        posts[place].is_waiting = false;
        posts[place].status = status;
        posts[place].answer.clone_from(&answer);
        (status, answer)
    }

    /// Posts as somebody who is not the vendor: any bytes under any headers. Not among the [`Hooks::posts`].
    pub async fn post_forged(&self, bytes: Vec<u8>, headers: &[(&str, String)]) -> Option<(u16, String)> {
        let mut request = self.client.post(self.url()?).timeout(LONGEST_WAIT);
        request = request.header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let response = request.body(bytes).send().await.ok()?;
        Some((
            response.status().as_u16(),
            response.text().await.unwrap_or_default(),
        ))
    }
}

fn client() -> reqwest::Client {
    // fails where somebody has chosen one already, which is as good
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .pool_idle_timeout(LONGEST_IDLE)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client without special options")
}
