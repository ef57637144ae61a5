//! R17: whoever is told of events is away for a while. Everything arrives afterwards under its old id, signed anew, and
//! somebody else who is told does not notice. `RAPPORT_RELIABILITY_SCALE=100` is 10,000 events; at ten a second that
//! takes a quarter of an hour.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{Received, Receiver, Server, Tenant, Visitor, require_runtime};
use tokio::net::TcpSocket;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{scale, shop};

const UNTRIED: &str = "select count(*) from webhook_deliveries where endpoint_id = $1 and status = 'pending' and attempt_count = 0";
const LEFT: &str = "select count(*) from webhook_deliveries where endpoint_id = $1 and status <> 'delivered'";
const IDS: &str =
    "select 'msg_' || replace(event_id::text, '-', '') from webhook_deliveries where endpoint_id = $1";
const TRIED: &str =
    "select 'msg_' || replace(d.event_id::text, '-', ''), extract(epoch from min(a.started_at))::bigint
    from webhook_deliveries d join webhook_attempts a on a.tenant_id = d.tenant_id and a.delivery_id = d.id
    where d.endpoint_id = $1 group by 1";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_away_gets_everything_later_and_nobody_else_waits_for_it() {
    require_runtime!();
    let server = shop::server().start().await;
    let tenant = server.tenant("Away").await;
    tenant.configure(&json!({"is_bot_active": false})).await;
    let closed = closed_port();
    let address = closed.local_addr().expect("an address");
    let healthy = Receiver::start().await;
    let (away, secret) = endpoint(&tenant, &format!("http://{address}/hook")).await;
    let (there, _) = endpoint(&tenant, &healthy.url()).await;
    let wanted = 100 * scale();
    write(&tenant, wanted).await;
    // they are written faster than they are told: two attempts each, of which one fails
    until(&server, LEFT, there, Duration::from_secs(60 + wanted as u64 / 10)).await;
    until(&server, UNTRIED, away, Duration::from_secs(60 + wanted as u64)).await;
    assert_eq!(
        distinct(&healthy.rest().await).len(),
        wanted,
        "those who are there are told"
    );

    let tried = tried(&server, away).await;
    let back = Instant::now();
    let receiver = Receiver::start_on(closed.listen(1024).expect("a listener"));
    let slowest = probe(&tenant, &healthy, 20).await;
    // each waits for its next attempt, five minutes at most, and then they come ten a second
    let patience = Duration::from_secs(420 + wanted as u64 / 5);
    until(&server, LEFT, away, patience).await;
    let took = back.elapsed();
    let came = receiver.rest().await;
    println!(
        "{} requests for {wanted} events and 20 more in {took:?}; another endpoint waited {slowest:?}",
        came.len()
    );
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    let expected: BTreeSet<String> = ids(&server, away).await;
    assert_eq!(expected.len(), wanted + 20);
    assert_eq!(distinct(&came), expected);
    for received in &came {
        assert!(received.is_signed_with(&secret));
        let first = tried.get(received.id());
        assert!(
            first.is_none_or(|first| received.timestamp() > *first),
            "{received:?}"
        );
    }
    let per_second = came.len() as f64 / took.as_secs_f64();
    assert!(per_second < 13.0, "{per_second} a second");
}

/// A port of our own at which nobody listens.
fn closed_port() -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket");
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    socket.bind(any).expect("a free port");
    socket
}

async fn endpoint(tenant: &Tenant, url: &str) -> (Uuid, String) {
    let body = json!({"url": url, "event_types": ["message.created"]});
    let made = tenant.api.post("/api/v1/webhook-endpoints").json(&body);
    let made = made.expect(201).await;
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let id = text(&made["endpoint"]["id"]).parse().expect("a UUID");
    (id, text(&made["secret"]))
}

/// So many messages, by visitors who write at the same time.
async fn write(tenant: &Tenant, messages: usize) {
    let mut writing = JoinSet::new();
    for part in 0..4 {
        let visitor = tenant.visitor().await;
        writing.spawn(say(visitor, (messages + part) / 4));
    }
    writing.join_all().await;
}

async fn say(visitor: Visitor, messages: usize) {
    for number in 0..messages {
        visitor.say(&format!("Message {number}")).await;
    }
}

/// The longest time from a message until the one who is there was told of it.
async fn probe(tenant: &Tenant, healthy: &Receiver, messages: usize) -> Duration {
    let (visitor, mut slowest) = (tenant.visitor().await, Duration::ZERO);
    for number in 0..messages {
        let said = Instant::now();
        visitor.say(&format!("Are you there, {number}?")).await;
        healthy.next().await;
        slowest = slowest.max(said.elapsed());
    }
    slowest
}

fn distinct(all: &[Received]) -> BTreeSet<String> {
    all.iter().map(|received| received.id().to_owned()).collect()
}

async fn ids(server: &Server, endpoint: Uuid) -> BTreeSet<String> {
    let ids: Result<Vec<String>, _> = sqlx::query_scalar(IDS)
        .bind(endpoint)
        .fetch_all(&mut server.owner().await)
        .await;
    ids.expect("the log").into_iter().collect()
}

/// When each was tried first, in Unix seconds.
async fn tried(server: &Server, endpoint: Uuid) -> BTreeMap<String, i64> {
    let tried: Result<Vec<(String, i64)>, _> = sqlx::query_as(TRIED)
        .bind(endpoint)
        .fetch_all(&mut server.owner().await)
        .await;
    tried.expect("the log").into_iter().collect()
}

/// Looks until nothing is counted any more.
async fn until(server: &Server, sql: &'static str, endpoint: Uuid, patience: Duration) {
    let mut owner = server.owner().await;
    let deadline = tokio::time::Instant::now() + patience;
    let mut look = tokio::time::interval(Duration::from_millis(500));
    loop {
        look.tick().await;
        let left: i64 = sqlx::query_scalar(sql)
            .bind(endpoint)
            .fetch_one(&mut owner)
            .await
            .expect("a number");
        if left == 0 {
            return;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "{left} after {patience:?}"
        );
    }
}
