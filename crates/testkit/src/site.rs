//! A web site on this machine, whose pages the test writes and takes away, and which tells who asked for what.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, header};
use tokio::sync::Notify;

type Make = dyn Fn(&str) -> Option<SitePage> + Send + Sync;

/// A running site. It ends with the test.
pub struct Site {
    address: SocketAddr,
    pages: Arc<Pages>,
}

#[derive(Default)]
struct Pages {
    written: Mutex<HashMap<String, SitePage>>,
    made: Mutex<Option<Box<Make>>>,
    hits: Mutex<Vec<Hit>>,
    was_asked: Notify,
}

/// Somebody asked for a page.
#[derive(Debug, Clone)]
pub struct Hit {
    /// With its query.
    pub path: String,
    pub headers: HeaderMap,
    pub at: Instant,
}

#[derive(Debug, Clone)]
pub struct SitePage {
    status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
    /// Between two bytes.
    drip: Option<Duration>,
}

impl SitePage {
    pub fn html(body: impl Into<String>) -> Self {
        Self::new(200, body.into()).with("content-type", "text/html; charset=utf-8")
    }

    /// With a title, a heading and a main part.
    pub fn article(title: &str, body: &str) -> Self {
        Self::html(format!(
            "<!doctype html><html lang=en><head><title>{title}</title></head><body><nav><a href=/>Home</a></nav><main><h1>{title}</h1>{body}</main></body></html>"
        ))
    }

    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
            drip: None,
        }
    }

    pub fn redirect(to: &str) -> Self {
        Self::new(302, "").with("location", to)
    }

    pub fn with(mut self, header: &str, value: &str) -> Self {
        self.headers.push((header.into(), value.into()));
        self
    }

    /// Byte by byte.
    pub fn dripping(mut self, pause: Duration) -> Self {
        self.drip = Some(pause);
        self
    }
}

impl Site {
    pub async fn start() -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    pub async fn start_at(address: SocketAddr) -> Self {
        let listener = tokio::net::TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let pages = Arc::new(Pages::default());
        let router = Router::new().fallback(answer).with_state(pages.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, pages }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn put(&self, path: &str, page: SitePage) {
        held(&self.pages.written).insert(path.into(), page);
    }

    pub fn remove(&self, path: &str) {
        held(&self.pages.written).remove(path);
    }

    /// Makes the pages that nobody has written.
    pub fn make(&self, make: impl Fn(&str) -> Option<SitePage> + Send + Sync + 'static) {
        *held(&self.pages.made) = Some(Box::new(make));
    }

    /// In the order in which they came.
    pub fn hits(&self) -> Vec<Hit> {
        held(&self.pages.hits).clone()
    }

    pub fn paths(&self) -> Vec<String> {
        self.hits().into_iter().map(|hit| hit.path).collect()
    }

    /// Waits until somebody asks for a page.
    pub async fn asked_for(&self, path: &str) {
        loop {
            let next = self.pages.was_asked.notified();
            if self.paths().iter().any(|asked| asked == path) {
                return;
            }
            next.await;
        }
    }

    pub fn forget_hits(&self) {
        held(&self.pages.hits).clear();
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("a lock that no test has broken")
}

async fn answer(State(pages): State<Arc<Pages>>, request: Request) -> Response<Body> {
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", |path| path.as_str())
        .to_owned();
    held(&pages.hits).push(Hit {
        path: path.clone(),
        headers: request.headers().clone(),
        at: Instant::now(),
    });
    pages.was_asked.notify_one();
    let written = held(&pages.written).get(&path).cloned();
    let made = || held(&pages.made).as_ref().and_then(|make| make(&path));
    let page = written
        .or_else(made)
        .unwrap_or_else(|| SitePage::new(404, "no such page"));
    let etag = page
        .headers
        .iter()
        .find(|(name, _)| name == "etag")
        .map(|(_, value)| value.as_str());
    let known = request
        .headers()
        .get(header::IF_NONE_MATCH)
        .and_then(|known| known.to_str().ok());
    if etag.is_some() && etag == known {
        return Response::builder()
            .status(304)
            .body(Body::empty())
            .expect("a response");
    }
    let mut response = Response::builder().status(page.status);
    for (name, value) in &page.headers {
        response = response.header(name, value);
    }
    let body = match page.drip {
        None => Body::from(page.body),
        Some(pause) => Body::from_stream(futures::stream::unfold(page.body, move |mut rest| async move {
            tokio::time::sleep(pause).await;
            let next = (!rest.is_empty()).then(|| rest.split_to(1))?;
            Some((Ok::<_, std::io::Error>(next), rest))
        })),
    };
    response.body(body).expect("a response")
}
