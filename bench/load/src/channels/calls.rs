//! The calls: each at its planned time, whatever became of those before it. Its time counts from that moment, so that a
//! server that keeps one call waiting is charged for those behind it too.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::Result;
use crate::http::{Connection, Request};

/// A signed call, ready to be made.
pub struct Webhook {
    pub path: String,
    /// One line each.
    pub headers: String,
    pub body: String,
}

/// What the caller saw.
pub struct Answers {
    /// Sorted.
    pub milliseconds: Vec<f64>,
    pub accepted: usize,
}

/// The server lets go of connections that are idle for ten seconds.
const FRESH: Duration = Duration::from_secs(5);

/// Kept-alive connections, each used by one call at a time.
#[derive(Clone)]
struct Connections {
    address: SocketAddr,
    idle: Arc<Mutex<Vec<(Instant, Connection)>>>,
}

impl Connections {
    async fn take(&self) -> Result<Connection> {
        let idle = self.idle.lock().map_err(|_| "a call panicked")?.pop();
        match idle {
            Some((since, connection)) if since.elapsed() < FRESH => Ok(connection),
            _ => Connection::open(self.address).await,
        }
    }

    fn give_back(&self, connection: Connection) {
        if let Ok(mut idle) = self.idle.lock() {
            idle.push((Instant::now(), connection));
        }
    }

    async fn call(&self, webhook: &Webhook) -> Result<u16> {
        let mut connection = self.take().await?;
        let request = Request {
            extra: &webhook.headers,
            ..Request::post(&webhook.path, &webhook.body)
        };
        let answer = connection.call(request).await?;
        self.give_back(connection);
        Ok(answer.status)
    }
}

pub async fn make(address: SocketAddr, webhooks: Vec<Webhook>, every: Duration) -> Result<Answers> {
    let connections = Connections {
        address,
        idle: Arc::default(),
    };
    let (started, mut calls) = (Instant::now(), JoinSet::new());
    for (number, webhook) in (0_u32..).zip(webhooks) {
        let planned = started + every * number;
        tokio::time::sleep_until(planned.into()).await;
        let connections = connections.clone();
        calls.spawn(async move {
            let status = connections.call(&webhook).await.ok();
            (planned.elapsed().as_secs_f64() * 1000.0, status)
        });
    }
    let all = calls.join_all().await;
    let accepted = all.iter().filter(|(_, status)| *status == Some(200)).count();
    let mut milliseconds: Vec<f64> = all.into_iter().map(|(time, _)| time).collect();
    milliseconds.sort_by(f64::total_cmp);
    Ok(Answers {
        milliseconds,
        accepted,
    })
}
