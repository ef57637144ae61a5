//! Asks web sites for their pages: politely, within limits of time and size, and never where this server must not go.
//!
//! Each address, and each one that it redirects to, goes through [`Outbound::check`]; names are checked once more when
//! they are resolved. All failures of a connection look alike, so that nobody can learn from here what listens where.

use std::collections::HashMap;
use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode, header};
use flate2::read::MultiGzDecoder;
use kernel::outbound::Outbound;
use parking_lot::Mutex;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use url::Url;

pub const LARGEST_PAGE: usize = 10 * 1024 * 1024;
const MOST_HOPS: usize = 5;
/// A site that asks to wait is asked again this often, and waited for no longer than that.
const MOST_WAITS: usize = 2;
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Hosts are forgotten when there are more.
const MOST_HOSTS: usize = 1_000;

/// What the operator decides, and what all runs of this process share.
#[derive(Clone)]
pub struct Crawler {
    pub outbound: Outbound,
    /// Between two requests to one host.
    pub interval: Duration,
    /// For one request, from the first byte to the last.
    pub page_timeout: Duration,
    /// For one run, pauses of this server left out.
    pub run_limit: Duration,
    /// `Rapport/1.0 (+https://chat.example.com)`.
    pub user_agent: Arc<str>,
    hosts: Arc<Mutex<HashMap<String, Instant>>>,
}

/// An answer that has come whole.
#[derive(Debug)]
pub struct Response {
    /// Where it came from in the end.
    pub url: Url,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    Unreachable,
    TooSlow,
    TooLarge,
    /// Packed in a way that was not asked for, or damaged.
    Unreadable,
    RedirectLoop,
    NotAllowed,
}

/// What is known of a page, so that one that has not changed need not come again.
#[derive(Debug, Default)]
pub struct Known<'a> {
    pub etag: Option<&'a str>,
    pub last_modified: Option<&'a str>,
}

/// One thing to ask for.
pub struct Request<'a> {
    pub url: &'a Url,
    pub known: Known<'a>,
    /// Waits at least this long after the last request to the host.
    pub interval: Duration,
    pub largest: usize,
    /// Whether the beginning of what is larger will do.
    pub may_be_cut: bool,
}

impl Crawler {
    pub fn new(
        outbound: Outbound,
        interval: Duration,
        page_timeout: Duration,
        run_limit: Duration,
        home: Option<&str>,
    ) -> Self {
        let about = home.map(|home| format!(" (+{home})")).unwrap_or_default();
        Self {
            outbound,
            interval,
            page_timeout,
            run_limit,
            user_agent: format!("Rapport/{}{about}", env!("CARGO_PKG_VERSION")).into(),
            hosts: Arc::default(),
        }
    }

    /// Follows redirects, as long as `may_follow` agrees with where they lead; the answer of the one that it does not
    /// agree with is given as it is.
    pub async fn get(
        &self,
        request: &Request<'_>,
        may_follow: impl Fn(&Url) -> bool,
    ) -> Result<Response, Trouble> {
        let mut url = request.url.clone();
        let mut hops = 0;
        let mut waits = 0;
        loop {
            let response = self.ask(&url, request).await?;
            if let Some(pause) = pause(&response, self.interval)
                && waits < MOST_WAITS
            {
                waits += 1;
                sleep(pause).await;
                continue;
            }
            let Some(next) = target(&response) else {
                return Ok(response);
            };
            if self.outbound.check(next.as_str()).is_err() {
                return Err(Trouble::NotAllowed);
            }
            if !may_follow(&next) {
                return Ok(response);
            }
            hops += 1;
            if hops > MOST_HOPS || next == url {
                return Err(Trouble::RedirectLoop);
            }
            url = next;
        }
    }

    async fn ask(&self, url: &Url, request: &Request<'_>) -> Result<Response, Trouble> {
        let url = self
            .outbound
            .check(url.as_str())
            .map_err(|_| Trouble::NotAllowed)?;
        self.wait_for_turn(url.host_str().unwrap_or_default(), request.interval)
            .await;
        let fetching = self.fetch(url, request);
        timeout(self.page_timeout, fetching)
            .await
            .unwrap_or(Err(Trouble::TooSlow))
    }

    async fn fetch(&self, url: Url, request: &Request<'_>) -> Result<Response, Trouble> {
        let accept = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1";
        let mut call = self
            .outbound
            .client()
            .get(url.clone())
            .header(header::USER_AGENT, &*self.user_agent)
            .header(header::ACCEPT, accept);
        if let Some(etag) = request.known.etag {
            call = call.header(header::IF_NONE_MATCH, etag);
        }
        if let Some(date) = request.known.last_modified {
            call = call.header(header::IF_MODIFIED_SINCE, date);
        }
        let mut answer = call.send().await.map_err(|_| Trouble::Unreachable)?;
        let mut body = Vec::new();
        // nobody reads what else a redirect or an error has to say
        let is_wanted = answer.status().is_success();
        while is_wanted && let Some(chunk) = answer.chunk().await.map_err(|_| Trouble::Unreachable)? {
            let room = request.largest - body.len();
            if chunk.len() > room && !request.may_be_cut {
                return Err(Trouble::TooLarge);
            }
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                break;
            }
        }
        let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
        if is_wanted {
            body = unpack(body, &headers, request)?;
        }
        Ok(Response {
            url,
            status,
            headers,
            body,
        })
    }

    /// One request a host and interval, however many runs of however many tenants ask.
    async fn wait_for_turn(&self, host: &str, interval: Duration) {
        let now = Instant::now();
        let turn = {
            let mut hosts = self.hosts.lock();
            if hosts.len() > MOST_HOSTS {
                hosts.retain(|_, next| *next > now);
            }
            let next = hosts.entry(host.to_owned()).or_insert(now);
            let turn = (*next).max(now);
            *next = turn + interval;
            turn
        };
        sleep_until(turn).await;
    }
}

impl Response {
    pub fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers
            .get(name)?
            .to_str()
            .ok()
            .filter(|value| value.len() <= 500)
    }
}

/// Nothing packed is asked for; some servers send it all the same.
fn unpack(body: Vec<u8>, headers: &HeaderMap, request: &Request<'_>) -> Result<Vec<u8>, Trouble> {
    let coding = headers.get(header::CONTENT_ENCODING);
    let coding = coding.map(|coding| coding.as_bytes().trim_ascii().to_ascii_lowercase());
    match coding.as_deref() {
        None | Some(b"" | b"identity") => Ok(body),
        Some(b"gzip" | b"x-gzip") => gunzip(&body, request),
        Some(_) => Err(Trouble::Unreadable),
    }
}

fn gunzip(packed: &[u8], request: &Request<'_>) -> Result<Vec<u8>, Trouble> {
    let mut body = Vec::new();
    let mut unpacked = MultiGzDecoder::new(packed).take(request.largest as u64 + 1);
    if unpacked.read_to_end(&mut body).is_err() && !request.may_be_cut {
        return Err(Trouble::Unreadable);
    }
    if body.len() > request.largest && !request.may_be_cut {
        return Err(Trouble::TooLarge);
    }
    body.truncate(request.largest);
    Ok(body)
}

/// Where a redirect leads.
fn target(response: &Response) -> Option<Url> {
    let is_redirect = matches!(response.status.as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = response.header(header::LOCATION).filter(|_| is_redirect)?;
    response.url.join(location).ok()
}

/// How long a site wants to be left alone; none if it does not, or longer than anybody waits.
fn pause(response: &Response, interval: Duration) -> Option<Duration> {
    if !matches!(response.status.as_u16(), 429 | 503) {
        return None;
    }
    let asked = response.header(header::RETRY_AFTER).map(str::trim);
    let pause = match asked.map(str::parse) {
        Some(Ok(seconds)) => Duration::from_secs(seconds),
        // a date, or nothing
        _ => interval * 5,
    };
    (pause <= LONGEST_PAUSE).then_some(pause)
}
