//! Webhooks of vendors: `/hooks/{kind}/{key}` for one channel, `/hooks/{kind}` for all accounts of a vendor's
//! application. Nothing is answered with success before it is in the ledger.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRef, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::TimeDelta;
use connectors::{Reception, Refused, Request};
use kernel::client_ip::ClientIp;
use kernel::error::{Error, Kind, Result, internal, not_found};
use kernel::extract::Json;
use kernel::limits::Limiter;
use tokio::sync::Semaphore;

use super::inline::inline;
use crate::Context;
use crate::connections::{self, Connection};

/// The largest body: a batch of events.
const LARGEST_BODY: usize = 4 * 1024 * 1024;
/// The same at the address that accounts share, where it is read before anybody has vouched for it: Meta sends 3 MB at
/// most.
const LARGEST_SHARED_BODY: usize = 3 * 1024 * 1024;
/// So many accounts one call is about.
const MOST_ACCOUNTS: usize = 100;
/// So many calls that nobody has vouched for are read at a time.
const MOST_READINGS: usize = 2;
/// So many calls of one address may turn out to be nobody's in a minute.
const MOST_REFUSED: usize = 120;
/// A database that does not answer is reported in this time: vendors wait no longer than four seconds.
const LONGEST_WRITE: Duration = Duration::from_millis(2500);

/// What the routes know: besides the context, how much the shared address has to do with strangers.
#[derive(Clone)]
struct Hooks {
    ctx: Context,
    refused: Arc<Limiter<IpAddr>>,
    readings: Arc<Semaphore>,
}

impl FromRef<Hooks> for Context {
    fn from_ref(hooks: &Hooks) -> Self {
        hooks.ctx.clone()
    }
}

pub fn routes(ctx: Context) -> Router {
    let hooks = Hooks {
        ctx,
        refused: Arc::new(Limiter::new(MOST_REFUSED, TimeDelta::minutes(1))),
        readings: Arc::new(Semaphore::new(MOST_READINGS)),
    };
    let shared = get(challenge_all)
        .post(receive_all)
        .layer(DefaultBodyLimit::max(LARGEST_SHARED_BODY));
    Router::new()
        .route("/hooks/{kind}", shared)
        .route("/hooks/{kind}/{key}", get(challenge).post(receive))
        .route(
            "/hooks/{kind}/{key}/{*path}",
            get(challenge_below).post(receive_below),
        )
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(hooks)
}

type Parameters = Query<Vec<(String, String)>>;

/// A call, taken out of the request.
struct Call {
    headers: Vec<(String, String)>,
    query: Vec<(String, String)>,
    path: String,
    body: Bytes,
}

impl Call {
    fn new(headers: &HeaderMap, query: Parameters, path: String, body: Bytes) -> Self {
        let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Self {
            headers: headers
                .iter()
                .map(|(name, value)| (name.as_str().to_owned(), text(value)))
                .collect(),
            query: query.0,
            path,
            body,
        }
    }

    fn request(&self, ctx: &Context) -> Request<'_> {
        Request {
            headers: &self.headers,
            query: &self.query,
            path: &self.path,
            body: &self.body,
            now: ctx.db.clock.now(),
        }
    }
}

async fn receive(
    State(ctx): State<Context>,
    Path((kind, key)): Path<(String, String)>,
    query: Parameters,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response> {
    receive_at(&ctx, &kind, &key, Call::new(&headers, query, String::new(), body)).await
}

async fn receive_below(
    State(ctx): State<Context>,
    Path((kind, key, path)): Path<(String, String, String)>,
    query: Parameters,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response> {
    receive_at(&ctx, &kind, &key, Call::new(&headers, query, path, body)).await
}

async fn receive_at(ctx: &Context, kind: &str, key: &str, call: Call) -> Result<Response> {
    let work = async {
        let connection = ctx.connections.get(ctx, kind, key).await?;
        let (reader, own) = (ctx.clone(), connection.clone());
        let read = move || own.connector.receive(&own.account, &call.request(&reader));
        let reception = aside(read).await?.map_err(|why| unauthenticated(kind, &why))?;
        record(ctx, &connection, &reception).await?;
        Ok((connection, reception))
    };
    let (connection, reception) = in_time(work).await?;
    match reception.reply_within {
        Some(limit) => Ok(Json(inline(ctx, &connection, &reception, limit).await?).into_response()),
        None => Ok(StatusCode::OK.into_response()),
    }
}

/// Reading a large call takes a while, which nothing else has to wait for.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(internal)
}

/// One address for all accounts of a vendor's application. A stranger can call it too: what turns out to be nobody's is
/// counted against the caller.
async fn receive_all(
    State(hooks): State<Hooks>,
    Path(kind): Path<String>,
    client: ClientIp,
    query: Parameters,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response> {
    let network = client.network();
    hooks.refused.check(network, hooks.ctx.db.clock.now())?;
    let call = Arc::new(Call::new(&headers, query, String::new(), body));
    let outcome = in_time(take_all(&hooks, &kind, call)).await;
    let is_nobodys = outcome.as_ref().is_err_and(|error| {
        matches!(
            error.kind,
            Kind::NotFound | Kind::Unauthenticated | Kind::TooLarge
        )
    });
    if !is_nobodys {
        hooks.refused.take_back(&network);
    }
    outcome
}

/// The accounts that the call names are looked up, and each takes what its own secret vouches for.
async fn take_all(hooks: &Hooks, kind: &str, call: Arc<Call>) -> Result<Response> {
    let ctx = &hooks.ctx;
    let connector = connectors::find(kind).ok_or_else(|| not_found("channel"))?;
    // held until the signatures are checked
    let place = hooks.readings.clone().acquire_owned().await.map_err(internal)?;
    let named = call.clone();
    let accounts = aside(move || connector.accounts_in(&named.body)).await?;
    if accounts.len() > MOST_ACCOUNTS {
        return Err(Error::new(
            Kind::TooLarge,
            "too_many_accounts",
            format!("One call is about {MOST_ACCOUNTS} accounts at most."),
        ));
    }
    let found = ctx.connections.find_by_accounts(ctx, kind, &accounts).await?;
    if found.is_empty() {
        return Err(not_found("channel"));
    }
    let reader = ctx.clone();
    let believed = aside(move || {
        let _place = place;
        let request = call.request(&reader);
        let believe = |connection: Connection| {
            let mut reception = connector.receive(&connection.account, &request).ok()?;
            // what is for others is theirs to take
            let own =
                |account: &Option<String>| account.as_ref().is_none_or(|id| *id == connection.account.id);
            reception.events.retain(|event| own(&event.account_id));
            Some((connection, reception))
        };
        found.into_iter().filter_map(believe).collect::<Vec<_>>()
    });
    let believed = believed.await?;
    if believed.is_empty() {
        return Err(unauthenticated(kind, &Refused("no account's secret fits")));
    }
    for (connection, reception) in &believed {
        record(ctx, connection, reception).await?;
    }
    Ok(StatusCode::OK.into_response())
}

/// The raw events are committed when this returns.
async fn record(ctx: &Context, connection: &Connection, reception: &Reception) -> Result<()> {
    if reception.events.is_empty() {
        return Ok(());
    }
    let mut tx = ctx.db.tenant(connection).await?;
    let now = ctx.db.clock.now();
    let new = super::record(&mut tx, connection, &reception.events, now).await?;
    tx.commit().await?;
    let kind = connection.connector.kind();
    metrics::counter!("rapport_inbound_events_total", "kind" => kind).increment(new as u64);
    let repeated = reception.events.len() - new;
    metrics::counter!("rapport_inbound_repeated_total", "kind" => kind).increment(repeated as u64);
    Ok(())
}

async fn in_time<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout(LONGEST_WRITE, work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Error::new(
            Kind::Unavailable,
            "database_unavailable",
            "The event could not be stored in time. Please send it again.",
        )),
    }
}

fn unauthenticated(kind: &str, why: &Refused) -> Error {
    tracing::warn!(kind, why = why.0, "a webhook call was refused");
    metrics::counter!("rapport_inbound_refused_total").increment(1);
    Error::new(
        Kind::Unauthenticated,
        "bad_signature",
        "This call is not signed as it should be.",
    )
}

async fn challenge(
    State(ctx): State<Context>,
    Path((kind, key)): Path<(String, String)>,
    query: Parameters,
    headers: HeaderMap,
) -> Result<Response> {
    let connection = ctx.connections.get(&ctx, &kind, &key).await?;
    let call = Call::new(&headers, query, String::new(), Bytes::new());
    answer(&ctx, &connection, &call).unwrap_or_else(|| Err(not_found("page")))
}

async fn challenge_below(
    state: State<Context>,
    Path((kind, key, _)): Path<(String, String, String)>,
    query: Parameters,
    headers: HeaderMap,
) -> Result<Response> {
    challenge(state, Path((kind, key)), query, headers).await
}

/// The shared address is asked about before any account is named: whichever channel's token is shown.
async fn challenge_all(
    State(ctx): State<Context>,
    Path(kind): Path<String>,
    query: Parameters,
    headers: HeaderMap,
) -> Result<Response> {
    let call = Call::new(&headers, query, String::new(), Bytes::new());
    let connector = connectors::find(&kind).ok_or_else(|| not_found("channel"))?;
    let token = connector.token_in(&call.request(&ctx));
    let key = connections::key_of(token.ok_or_else(|| not_found("page"))?);
    let connection = ctx.connections.get(&ctx, &kind, key).await?;
    answer(&ctx, &connection, &call).unwrap_or_else(|| Err(not_found("page")))
}

fn answer(ctx: &Context, connection: &Connection, call: &Call) -> Option<Result<Response>> {
    let challenge = connection
        .connector
        .challenge(&connection.account, &call.request(ctx))?;
    Some(match challenge {
        Ok(text) => Ok(([(header::CONTENT_TYPE, "text/plain")], text).into_response()),
        Err(Refused(why)) => {
            tracing::warn!(
                kind = connection.connector.kind(),
                why,
                "a webhook's address was not confirmed"
            );
            Err(kernel::error::forbidden(
                "bad_verify_token",
                "The verify token is not the one of this channel.",
            ))
        }
    })
}
