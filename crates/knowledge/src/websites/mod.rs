//! Web sites: read page by page, within limits that protect both the site and this server, and read again when asked or
//! by the clock.
//!
//! A run is a chain of short jobs ([`crawl`]); what it has still to do stands in the database, so that a stop loses
//! nothing. A page serves when all of its passages are ready, and until then with what was read before. Where an
//! address may lead is decided by [`address`], [`robots`] and [`frontier`]; the way out is [`fetch`].

pub mod address;
pub mod api;
pub mod brand;
pub mod crawl;
pub mod fetch;
pub mod frontier;
mod opening;
mod pages;
pub mod robots;
pub mod schedule;
pub mod sitemap;
pub mod store;
mod visit;

use chrono::{DateTime, TimeDelta, Utc};
use kernel::error::{conflict, invalid};
use kernel::ids::{WebsiteId, WebsitePageId};
use kernel::{Result, TenantProof, TenantTx};
use serde::{Deserialize, Serialize};

use crate::documents::DocumentPassage;
use crate::{Context, embedding};
use crawl::CrawlSite;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WebsiteStatus)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Status {
    Pending,
    Crawling,
    Completed,
    /// Nothing was taken away: what was read before answers.
    Failed,
    Cancelled,
}

#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum CrawlFrequency {
    #[default]
    Manual,
    Daily,
    Weekly,
}

impl CrawlFrequency {
    fn after(self, last: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Manual => None,
            Self::Daily => Some(last + TimeDelta::days(1)),
            Self::Weekly => Some(last + TimeDelta::weeks(1)),
        }
    }
}

/// Why a run failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum CrawlError {
    /// The start page did not answer, or with a fault of its server.
    Unreachable,
    /// The start page is not there, or is for those who sign in.
    NoStartPage,
    /// The start page leads to another site.
    LeadsElsewhere,
    /// robots.txt forbids to read the start page.
    Forbidden,
    /// robots.txt could not be read, so nothing may be.
    RobotsUnreachable,
    /// This server does not call addresses that are not public.
    NotAllowed,
    /// Several pages in a row could not be had.
    StoppedAnswering,
    /// A fault of this server.
    ServerFault,
}

/// What ended a run before everything was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum CrawlLimit {
    /// `max_pages`.
    Pages,
    /// 100 MB.
    Bytes,
    /// A quarter of an hour, unless the operator has set another.
    Time,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum PageState {
    /// Found, and not read yet.
    Waiting,
    /// It answers.
    Read,
    /// There is nothing to learn from it; `reason` says why.
    Skipped,
    /// It could not be read this time; what was read before answers.
    Failed,
    /// The site has it no more. It does not answer; its text is kept to be looked at.
    Vanished,
    /// Somebody does not want it.
    Excluded,
}

/// Why a page was skipped, or could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum PageReason {
    /// The page asks not to be found.
    Noindex,
    /// robots.txt forbids it.
    Robots,
    /// Its text is that of another page: `leads_to`.
    Duplicate,
    /// It names another page as the right one: `leads_to`.
    Canonical,
    /// It leads to another page: `leads_to`.
    Redirect,
    /// It leads around in a circle, or on and on.
    RedirectLoop,
    /// It leads to where this server does not go.
    NotAllowed,
    /// It is an image, a file, or some such.
    NoHtml,
    NoText,
    /// More than 10 MB, or 500 kB of text.
    TooLarge,
    /// It did not come in time.
    TooSlow,
    Unreachable,
    /// `status_code` says more.
    HttpStatus,
    /// It cannot be read as a web page.
    Unreadable,
}

/// A site as lists show it.
#[derive(Debug, Clone, Serialize, sqlx::FromRow, utoipa::ToSchema)]
pub struct Website {
    pub id: WebsiteId,
    pub base_url: String,
    pub max_pages: i32,
    /// How many clicks away from the start page are read.
    pub max_depth: i32,
    pub crawl_frequency: CrawlFrequency,
    /// Only pages whose path begins with one of these; all if there are none.
    pub include_paths: Vec<String>,
    pub exclude_paths: Vec<String>,
    pub status: Status,
    pub error: Option<CrawlError>,
    pub limit_reached: Option<CrawlLimit>,
    /// Asked for in this run, or in the last one.
    pub pages_crawled: i32,
    /// Found and not asked for yet in this run.
    pub pages_queued: i64,
    /// That answer.
    pub pages_serving: i64,
    pub pages_failed: i64,
    pub pages_vanished: i64,
    pub chunk_count: i64,
    pub last_crawled_at: Option<DateTime<Utc>>,
    /// Null: when somebody asks for it.
    pub next_crawl_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

/// A page as lists show it.
#[derive(Debug, Clone, Serialize, sqlx::FromRow, utoipa::ToSchema)]
pub struct WebsitePage {
    pub id: WebsitePageId,
    pub url: String,
    pub title: Option<String>,
    pub state: PageState,
    /// Whether this run has still to read it.
    pub is_queued: bool,
    /// Whether visitors are answered from it.
    pub is_serving: bool,
    pub reason: Option<PageReason>,
    pub leads_to: Option<String>,
    pub status_code: Option<i32>,
    pub depth: i32,
    pub language: Option<String>,
    pub chunk_count: i32,
    /// When it was asked for last.
    pub crawled_at: Option<DateTime<Utc>>,
    /// Since when its text is what it is.
    pub changed_at: Option<DateTime<Utc>>,
    pub vanished_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

/// A page with what was read from it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WebsitePageText {
    pub page: WebsitePage,
    /// Markdown.
    pub text: String,
    /// To pages of the same site.
    pub links: Vec<String>,
    pub passages: Vec<DocumentPassage>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct NewWebsite {
    /// Of the start page: `https://example.com`.
    pub base_url: String,
    /// 1 to 500; 100 unless given.
    pub max_pages: Option<i32>,
    /// 0 to 5; 3 unless given.
    pub max_depth: Option<i32>,
    #[serde(default)]
    pub crawl_frequency: CrawlFrequency,
    #[serde(default)]
    pub include_paths: Vec<String>,
    #[serde(default)]
    pub exclude_paths: Vec<String>,
}

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
pub struct WebsiteChange {
    pub max_pages: Option<i32>,
    pub max_depth: Option<i32>,
    pub crawl_frequency: Option<CrawlFrequency>,
    pub include_paths: Option<Vec<String>>,
    pub exclude_paths: Option<Vec<String>>,
}

pub const MOST_PAGES: i32 = 500;
const DEEPEST: i32 = 5;
const MOST_SITES: i64 = 100;
const MOST_PATHS: usize = 20;

/// Adds a site, which is read at once.
pub async fn add(ctx: &Context, tx: &mut TenantTx, new: &NewWebsite) -> Result<WebsiteId> {
    let home = address::parse_home(&new.base_url)?;
    ctx.crawler.outbound.check(home.as_str())?;
    let limits = (new.max_pages.unwrap_or(100), new.max_depth.unwrap_or(3));
    check_limits(Some(limits.0), Some(limits.1))?;
    let (include, exclude) = (plain_paths(&new.include_paths)?, plain_paths(&new.exclude_paths)?);
    embedding::store::lock(tx).await?;
    if store::count(tx).await? >= MOST_SITES {
        return Err(conflict(
            "too_many_websites",
            format!("A workspace has at most {MOST_SITES} web sites. Delete one that is not needed."),
        ));
    }
    let id = store::insert(tx, home.as_str(), limits, new.crawl_frequency, &include, &exclude).await?;
    start(tx, id).await?;
    Ok(id)
}

/// Begins a run, unless one is going on.
pub async fn start(tx: &mut TenantTx, id: WebsiteId) -> Result<()> {
    match try_start(tx, id).await? {
        true => Ok(()),
        false => Err(conflict(
            "already_crawling",
            "This web site is being read right now. Wait until it is done, or cancel it.",
        )),
    }
}

/// False: a run is going on.
async fn try_start(tx: &mut TenantTx, id: WebsiteId) -> Result<bool> {
    embedding::store::lock(tx).await?;
    let Some(run) = store::begin_run(tx, id).await? else {
        return Ok(false);
    };
    CrawlSite::enqueue(tx, id, run).await?;
    Ok(true)
}

/// Ends a run that is going on. Its job notices at once.
pub async fn cancel(tx: &mut TenantTx, id: WebsiteId) -> Result<()> {
    embedding::store::lock(tx).await?;
    let run = store::get_run(tx, id).await?;
    if run.status != Status::Crawling {
        return Err(conflict(
            "not_crawling",
            "This web site is not being read right now.",
        ));
    }
    store::end_run(tx, &run, Status::Cancelled, None, None).await?;
    schedule::plan(tx, id).await
}

pub async fn change(tx: &mut TenantTx, id: WebsiteId, change: &WebsiteChange) -> Result<()> {
    check_limits(change.max_pages, change.max_depth)?;
    let include = change.include_paths.as_deref().map(plain_paths).transpose()?;
    let exclude = change.exclude_paths.as_deref().map(plain_paths).transpose()?;
    embedding::store::lock(tx).await?;
    store::change(tx, id, change, include, exclude).await?;
    match change.crawl_frequency {
        Some(_) => schedule::plan(tx, id).await,
        None => Ok(()),
    }
}

/// Whether a site is still there and the run still the present one.
pub async fn is_running(ctx: &Context, proof: &impl TenantProof, id: WebsiteId, run: i32) -> Result<bool> {
    let mut tx = ctx.db.tenant_read(proof).await?;
    let found = store::find_run(&mut tx, id).await?;
    Ok(found.is_some_and(|found| found.status == Status::Crawling && found.run == run))
}

fn check_limits(pages: Option<i32>, depth: Option<i32>) -> Result<()> {
    if pages.is_some_and(|pages| !(1..=MOST_PAGES).contains(&pages)) {
        return Err(invalid(
            "bad_max_pages",
            "Between 1 and 500 pages of a web site can be read.",
        ));
    }
    if depth.is_some_and(|depth| !(0..=DEEPEST).contains(&depth)) {
        return Err(invalid("bad_max_depth", "The depth is between 0 and 5 clicks."));
    }
    Ok(())
}

/// Each begins with a slash, once.
fn plain_paths(paths: &[String]) -> Result<Vec<String>> {
    let given = paths
        .iter()
        .map(|path| path.trim())
        .filter(|path| !path.is_empty());
    let paths: Vec<String> = given
        .map(|path| format!("/{}", path.trim_start_matches('/')))
        .collect();
    if paths.len() > MOST_PATHS || paths.iter().any(|path| path.len() > 200) {
        return Err(invalid(
            "bad_paths",
            "Give at most 20 paths of up to 200 characters, such as /help/.",
        ));
    }
    Ok(paths)
}
