//! A model provider on this machine for tests and benchmarks: speaks all wire formats, answers at
//! once or as badly as it is told to, and remembers what it was asked.
//!
//! Not a mock of [`crate::ChatModel`]: calls go over real HTTP. [`FakeProvider::start`] is the
//! beginning, [`Reply`] says how to answer.

mod reply;
mod serve;
mod wire;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::serve::ListenerExt;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::watch;
use url::Url;

use crate::http::ApiKey;
use crate::providers::{ModelConfig, Provider};

pub use reply::Reply;

/// A provider that listens on 127.0.0.1 until it is dropped.
pub struct FakeProvider {
    url: Url,
    state: Arc<State>,
    server: tokio::task::JoinHandle<()>,
}

/// A request that arrived.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Value,
}

impl Recorded {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.as_str())
    }
}

type Answering = Arc<dyn Fn(&Recorded) -> Reply + Send + Sync>;

struct State {
    usual: Mutex<Answering>,
    next: Mutex<VecDeque<Reply>>,
    requests: Mutex<Vec<Recorded>>,
    calls: watch::Sender<usize>,
    connections: AtomicUsize,
    dimensions: usize,
}

impl FakeProvider {
    /// Starts to listen on a free port. Every answer is "Hello from the fake model." until told otherwise.
    ///
    /// # Panics
    /// When no port can be opened.
    #[expect(clippy::expect_used, reason = "a test cannot go on without its provider")]
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            usual: Mutex::new(Arc::new(|_| Reply::text("Hello from the fake model."))),
            next: Mutex::default(),
            requests: Mutex::default(),
            calls: watch::channel(0).0,
            connections: AtomicUsize::new(0),
            dimensions: 8,
        });
        let app = serve::routes(Arc::clone(&state));
        let counted = Arc::clone(&state);
        let listener = listener.tap_io(move |_| {
            counted.connections.fetch_add(1, Ordering::SeqCst);
        });
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        Self {
            url: Url::parse(&format!("http://{address}")).expect("a URL"),
            state,
            server,
        }
    }

    /// The address to configure for this format.
    #[expect(clippy::expect_used, reason = "the parts are valid")]
    pub fn base_url(&self, provider: Provider) -> Url {
        self.url
            .join(match provider {
                Provider::OpenAi => "/v1",
                Provider::Anthropic => "/",
                Provider::Gemini => "/v1beta",
            })
            .expect("a URL")
    }

    /// A configuration that leads here, with the key `sk-fake-secret`.
    pub fn config(&self, provider: Provider) -> ModelConfig {
        ModelConfig {
            provider,
            base_url: Some(self.base_url(provider)),
            api_key: ApiKey::new("sk-fake-secret"),
            model: "fake-model".into(),
        }
    }

    /// How to answer from now on.
    pub fn reply(&self, reply: Reply) {
        self.answer_with(move |_| reply.clone());
    }

    /// Makes the answers from now on from what is asked: a model that does as it is told.
    pub fn answer_with(&self, answer: impl Fn(&Recorded) -> Reply + Send + Sync + 'static) {
        *self.state.usual.lock() = Arc::new(answer);
    }

    /// How to answer the next calls, one after the other; then as usual.
    pub fn reply_next(&self, replies: impl IntoIterator<Item = Reply>) {
        self.state.next.lock().extend(replies);
    }

    /// How many calls have arrived.
    pub fn calls(&self) -> usize {
        *self.state.calls.borrow()
    }

    /// How many connections have been opened.
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// Stops listening; from then on connections are refused.
    pub async fn stop(mut self) {
        self.server.abort();
        let _ = (&mut self.server).await;
    }

    /// Waits until so many calls have arrived in all.
    pub async fn wait_for_calls(&self, count: usize) {
        let _ = self
            .state
            .calls
            .subscribe()
            .wait_for(|calls| *calls >= count)
            .await;
    }

    /// Everything that was asked, in order.
    pub fn requests(&self) -> Vec<Recorded> {
        self.state.requests.lock().clone()
    }
}

impl Drop for FakeProvider {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl State {
    /// Notes a call and tells how to answer it.
    fn take(&self, recorded: Recorded) -> Reply {
        let usual = self.usual.lock().clone();
        let reply = self.next.lock().pop_front().unwrap_or_else(|| usual(&recorded));
        self.requests.lock().push(recorded);
        self.calls.send_modify(|calls| *calls += 1);
        reply
    }
}
