//! As much of Qdrant as the product uses, in memory, by exact comparison; it tells what it was asked, and breaks on demand.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::sync::watch;

/// A running server. It ends with the test.
pub struct FakeQdrant {
    address: SocketAddr,
    held: Arc<Held>,
}

struct Held {
    collections: Mutex<HashMap<String, Vec<Value>>>,
    asked: Mutex<Vec<QdrantRequest>>,
    is_broken: AtomicBool,
    is_blind: AtomicBool,
    /// Requests to take points in that are still answered.
    room: watch::Sender<usize>,
}

impl Default for Held {
    fn default() -> Self {
        Self {
            collections: Mutex::default(),
            asked: Mutex::default(),
            is_broken: AtomicBool::new(false),
            is_blind: AtomicBool::new(false),
            room: watch::channel(usize::MAX).0,
        }
    }
}

/// What was asked.
#[derive(Debug, Clone)]
pub struct QdrantRequest {
    pub method: String,
    /// With its query.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Value,
}

impl FakeQdrant {
    pub async fn start() -> Self {
        let held = Arc::new(Held::default());
        let router = Router::new().fallback(answer).with_state(held.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, held }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// In the order in which they came.
    pub fn requests(&self) -> Vec<QdrantRequest> {
        lock(&self.held.asked).clone()
    }

    /// The ids of all points, of whichever tenant.
    pub fn points(&self) -> Vec<String> {
        let collections = lock(&self.held.collections);
        let points = collections.values().flatten();
        points.map(|point| text(&point["id"]).to_owned()).collect()
    }

    /// Answers everything with an error from now on, or no longer.
    pub fn set_broken(&self, is_broken: bool) {
        self.held.is_broken.store(is_broken, Ordering::SeqCst);
    }

    /// Takes points in so many times more; whoever comes after that is kept waiting.
    pub fn set_room(&self, requests: usize) {
        self.held.room.send_replace(requests);
    }

    /// Waits until nobody is let in any more.
    pub async fn is_full(&self) {
        let _ = self.held.room.subscribe().wait_for(|room| *room == 0).await;
    }

    /// Forgets to filter by tenant when it searches: what must never happen.
    pub fn set_blind(&self, is_blind: bool) {
        self.held.is_blind.store(is_blind, Ordering::SeqCst);
    }
}

impl Held {
    async fn enter(&self) {
        let mut changes = self.room.subscribe();
        let take = |room: &mut usize| {
            let has_room = *room > 0;
            *room = room.saturating_sub(1);
            has_room
        };
        while !self.room.send_if_modified(take) {
            let _ = changes.changed().await;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("a lock that no test has broken")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

async fn answer(State(held): State<Arc<Held>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 64 << 20).await.unwrap_or_default();
    let asked = QdrantRequest {
        method: head.method.to_string(),
        path: head
            .uri
            .path_and_query()
            .map_or("/", |path| path.as_str())
            .to_owned(),
        headers: head.headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    lock(&held.asked).push(asked.clone());
    if asked.method == "PUT" && asked.path.contains("/points?") {
        held.enter().await;
    }
    if held.is_broken.load(Ordering::SeqCst) {
        return (StatusCode::INTERNAL_SERVER_ERROR, "broken").into_response();
    }
    match work(&held, &asked) {
        Some(result) => Json(json!({"result": result, "status": "ok"})).into_response(),
        None => (StatusCode::NOT_FOUND, "no such collection").into_response(),
    }
}

fn work(held: &Held, asked: &QdrantRequest) -> Option<Value> {
    let path = asked.path.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let mut collections = lock(&held.collections);
    match (asked.method.as_str(), &parts[..]) {
        ("GET", ["collections"]) => {
            let names: Vec<Value> = collections.keys().map(|name| json!({"name": name})).collect();
            Some(json!({"collections": names}))
        }
        ("PUT", ["collections", name]) => {
            collections.entry((*name).to_owned()).or_default();
            Some(json!(true))
        }
        (_, ["collections", name, rest @ ..]) => {
            let points = collections.get_mut(*name)?;
            Some(in_collection(
                points,
                &asked.method,
                rest,
                &asked.body,
                held.is_blind.load(Ordering::SeqCst),
            ))
        }
        _ => None,
    }
}

fn in_collection(
    points: &mut Vec<Value>,
    method: &str,
    rest: &[&str],
    body: &Value,
    is_blind: bool,
) -> Value {
    match (method, rest) {
        ("PUT", ["points"]) => {
            for point in body["points"].as_array().into_iter().flatten() {
                points.retain(|known| known["id"] != point["id"]);
                points.push(point.clone());
            }
        }
        ("POST", ["points", "delete"]) => points.retain(|point| !fits(point, &body["filter"])),
        ("POST", ["points", "query"]) => {
            let filter = if is_blind { &Value::Null } else { &body["filter"] };
            let mut found: Vec<(f64, &Value)> = points
                .iter()
                .filter(|point| fits(point, filter))
                .map(|point| (cosine(&point["vector"], &body["query"]), &point["id"]))
                .collect();
            found.sort_by(|a, b| b.0.total_cmp(&a.0));
            let limit = body["limit"].as_u64().unwrap_or(10) as usize;
            let found = found.into_iter().take(limit);
            let found: Vec<Value> = found
                .map(|(score, id)| json!({"id": id, "score": score}))
                .collect();
            return json!({"points": found});
        }
        _ => {}
    }
    json!({"status": "completed"})
}

fn fits(point: &Value, filter: &Value) -> bool {
    let conditions = filter["must"].as_array().into_iter().flatten();
    conditions
        .into_iter()
        .all(|condition| match &condition["has_id"] {
            Value::Array(ids) => ids.contains(&point["id"]),
            _ => point["payload"][text(&condition["key"])] == condition["match"]["value"],
        })
}

fn cosine(a: &Value, b: &Value) -> f64 {
    let numbers = |value: &Value| -> Vec<f64> {
        value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_f64)
            .collect()
    };
    let (a, b) = (numbers(a), numbers(b));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt().max(1e-9)
}
