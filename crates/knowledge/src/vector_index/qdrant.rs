//! The index in a Qdrant server, over its plain REST interface.
//!
//! One collection for each length of vectors, shared by all tenants. Every point carries its tenant, every request filters
//! by it. The address comes from the operator alone, so it may be a private one. Start at [`Qdrant`].

use std::collections::HashSet;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use kernel::db::JobTenant;
use kernel::error::{internal, invalid};
use kernel::{Result, TenantProof};
use reqwest::{Client, Method, StatusCode, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{Point, VectorIndex};

/// Where the server is, as the operator has set it.
#[derive(Clone)]
pub struct QdrantServer {
    pub url: String,
    pub api_key: Option<String>,
    /// What its collections are called; the length of the vectors follows.
    pub collection: String,
}

/// A Qdrant server.
pub struct Qdrant {
    client: Client,
    base: Url,
    api_key: Option<String>,
    collection: String,
    name: String,
    /// Lengths for which the collection is known to be there.
    ready: Mutex<HashSet<usize>>,
}

/// A visitor waits for it.
const LONGEST_SEARCH: Duration = Duration::from_secs(2);
const LONGEST_WRITE: Duration = Duration::from_secs(60);
/// No answer that is wanted comes near this.
const LARGEST_ANSWER: usize = 1024 * 1024;
/// Points in one request: about 2 MB.
const AT_ONCE: usize = 256;

impl Qdrant {
    pub fn new(server: QdrantServer) -> Result<Self> {
        let bad_url = || {
            invalid(
                "bad_qdrant_url",
                "RAPPORT_QDRANT_URL is not a complete address, such as http://127.0.0.1:6333.",
            )
        };
        let mut base = Url::parse(server.url.trim()).map_err(|_| bad_url())?;
        if !matches!(base.scheme(), "http" | "https") || base.cannot_be_a_base() {
            return Err(bad_url());
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if server.collection.is_empty() || !server.collection.chars().all(is_plain) {
            return Err(invalid(
                "bad_qdrant_collection",
                "RAPPORT_QDRANT_COLLECTION takes letters, digits, hyphens and underscores.",
            ));
        }
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(LONGEST_SEARCH)
            .build()
            .map_err(internal)?;
        Ok(Self {
            client,
            base,
            api_key: server.api_key.filter(|key| !key.is_empty()),
            name: format!("qdrant:{}", server.collection),
            collection: server.collection,
            ready: Mutex::default(),
        })
    }

    fn collection(&self, dimensions: usize) -> String {
        format!("collections/{}-{dimensions}", self.collection)
    }

    /// Makes the collection unless it is there.
    async fn prepare(&self, dimensions: usize) -> Result<()> {
        let mut ready = self.ready.lock().await;
        if ready.contains(&dimensions) {
            return Ok(());
        }
        let path = self.collection(dimensions);
        let (status, _) = self.send(Method::GET, &path, None, LONGEST_WRITE).await?;
        if status == StatusCode::NOT_FOUND {
            // graphs within each tenant alone, as Qdrant advises for many tenants in a collection
            let body = json!({
                "vectors": {"size": dimensions, "distance": "Cosine", "on_disk": true},
                "hnsw_config": {"m": 0, "payload_m": 16},
            });
            let (status, answer) = self.send(Method::PUT, &path, Some(&body), LONGEST_WRITE).await?;
            // another process may have made it at this moment
            if status != StatusCode::CONFLICT {
                accept(status, &answer)?;
            }
        } else if !status.is_success() {
            return Err(refused(status, ""));
        }
        let body = json!({"field_name": TENANT, "field_schema": {"type": "keyword", "is_tenant": true}});
        self.ask(
            Method::PUT,
            &format!("{path}/index?wait=true"),
            &body,
            LONGEST_WRITE,
        )
        .await?;
        ready.insert(dimensions);
        Ok(())
    }

    /// Deletes in every collection of ours: which lengths a tenant's vectors had is not known any more.
    async fn delete(&self, filter: &Value) -> Result<()> {
        let (status, answer) = self.send(Method::GET, "collections", None, LONGEST_WRITE).await?;
        accept(status, &answer)?;
        let known: Answer<Collections> = serde_json::from_slice(&answer).map_err(internal)?;
        for collection in known.result.collections {
            let length = collection
                .name
                .strip_prefix(&self.collection)
                .and_then(|rest| rest.strip_prefix('-'));
            if let Some(dimensions) = length.and_then(|length| length.parse().ok()) {
                let path = format!("{}/points/delete?wait=true", self.collection(dimensions));
                self.ask(Method::POST, &path, &json!({"filter": filter}), LONGEST_WRITE)
                    .await?;
            }
        }
        Ok(())
    }

    async fn ask(&self, method: Method, path: &str, body: &Value, longest: Duration) -> Result<Vec<u8>> {
        let (status, answer) = self.send(method, path, Some(body), longest).await?;
        accept(status, &answer)?;
        Ok(answer)
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        longest: Duration,
    ) -> Result<(StatusCode, Vec<u8>)> {
        let url = self.base.join(path).map_err(internal)?;
        let mut request = self.client.request(method, url).timeout(longest);
        if let Some(key) = &self.api_key {
            request = request.header("api-key", key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        // without the URL: it may hold what is nobody's business
        let broken = |error: reqwest::Error| internal(error.without_url());
        let mut response = request.send().await.map_err(broken)?;
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if answer.len() + chunk.len() > LARGEST_ANSWER {
                return Err(internal("Qdrant sent more than was asked for"));
            }
            answer.extend_from_slice(&chunk);
        }
        Ok((response.status(), answer))
    }
}

const TENANT: &str = "tenant_id";

fn of_tenant(tenant: JobTenant) -> Value {
    json!({"key": TENANT, "match": {"value": tenant.tenant_id().to_string()}})
}

fn accept(status: StatusCode, answer: &[u8]) -> Result<()> {
    if status.is_success() {
        return Ok(());
    }
    Err(refused(
        status,
        &String::from_utf8_lossy(&answer[..answer.len().min(300)]),
    ))
}

fn refused(status: StatusCode, answer: &str) -> kernel::Error {
    internal(format!("Qdrant answered {status}: {answer}"))
}

#[derive(Deserialize)]
struct Answer<T> {
    result: T,
}

#[derive(Deserialize)]
struct Collections {
    collections: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Points {
    points: Vec<Scored>,
}

#[derive(Deserialize)]
struct Scored {
    id: Uuid,
}

impl VectorIndex for Qdrant {
    fn name(&self) -> &str {
        &self.name
    }

    fn backend(&self) -> &'static str {
        "qdrant"
    }

    fn lengths(&self) -> Option<&'static [i32]> {
        None
    }

    fn nearest<'a>(
        &'a self,
        tenant: JobTenant,
        vector: &'a [f32],
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Uuid>>> {
        async move {
            let path = format!("{}/points/query", self.collection(vector.len()));
            let body = json!({
                "query": vector,
                "filter": {"must": [of_tenant(tenant)]},
                "limit": limit,
                "with_payload": false,
                "with_vector": false,
            });
            let answer = self.ask(Method::POST, &path, &body, LONGEST_SEARCH).await?;
            let found: Answer<Points> = serde_json::from_slice(&answer).map_err(internal)?;
            Ok(found.result.points.into_iter().map(|point| point.id).collect())
        }
        .boxed()
    }

    fn put<'a>(&'a self, tenant: JobTenant, points: &'a [Point]) -> BoxFuture<'a, Result<()>> {
        async move {
            let Some(first) = points.first() else {
                return Ok(());
            };
            self.prepare(first.vector.len()).await?;
            let path = format!("{}/points?wait=true", self.collection(first.vector.len()));
            for points in points.chunks(AT_ONCE) {
                let points: Vec<Value> = points
                    .iter()
                    .map(|point| {
                        let payload = json!({TENANT: tenant.tenant_id()});
                        json!({"id": point.id, "vector": point.vector, "payload": payload})
                    })
                    .collect();
                self.ask(Method::PUT, &path, &json!({"points": points}), LONGEST_WRITE)
                    .await?;
            }
            Ok(())
        }
        .boxed()
    }

    fn remove<'a>(&'a self, tenant: JobTenant, ids: &'a [Uuid]) -> BoxFuture<'a, Result<()>> {
        async move {
            for ids in ids.chunks(AT_ONCE) {
                self.delete(&json!({"must": [of_tenant(tenant), {"has_id": ids}]}))
                    .await?;
            }
            Ok(())
        }
        .boxed()
    }

    fn forget(&self, tenant: JobTenant) -> BoxFuture<'_, Result<()>> {
        async move { self.delete(&json!({"must": [of_tenant(tenant)]})).await }.boxed()
    }

    fn ping(&self) -> BoxFuture<'_, Result<()>> {
        async move {
            let (status, answer) = self
                .send(Method::GET, "collections", None, LONGEST_SEARCH)
                .await?;
            accept(status, &answer)
        }
        .boxed()
    }
}
