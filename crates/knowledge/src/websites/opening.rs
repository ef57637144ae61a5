//! The beginning of a run: is the site there, what does it allow, what does it name by itself. Until this is done
//! nothing of what was read before is touched.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use axum::http::StatusCode;
use kernel::Result;
use kernel::error::internal;
use tokio::time::timeout;
use url::Url;

use super::CrawlError;
use super::address::{self, Site};
use super::crawl::{CrawlSite, MOST_BYTES};
use super::fetch::{Known, LARGEST_PAGE, Request, Response, Trouble};
use super::frontier::Frontier;
use super::robots::{self, Robots};
use super::sitemap;
use super::store::{self, Run};
use crate::{Context, embedding};

const MOST_SITEMAPS: usize = 10;
/// The rest of what a run may take is for pages.
const MOST_BEFORE: usize = MOST_BYTES / 2;

/// What has come so far.
#[derive(Default)]
pub(super) struct Bytes(AtomicUsize);

impl Bytes {
    fn add(&self, more: usize) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    fn sum(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a run begins with.
struct Opened {
    site: Site,
    robots: String,
    /// Pages that the site names by itself.
    named: Vec<String>,
}

/// True: the run can go on. False: it cannot, which is noted.
pub async fn open(ctx: &Context, job: &CrawlSite, run: &Run) -> Result<bool> {
    let (begun, bytes) = (Instant::now(), Bytes::default());
    let looked = timeout(ctx.crawler.run_limit, look(ctx, run, &bytes)).await;
    let opened = match looked.unwrap_or(Ok(Err(CrawlError::Unreachable)))? {
        Ok(opened) => opened,
        Err(error) => {
            job.fail(ctx, error).await?;
            return Ok(false);
        }
    };
    let spent = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
    let bytes = i64::try_from(bytes.sum()).unwrap_or(i64::MAX);
    let mut tx = ctx.db.tenant(&job.tenant).await?;
    embedding::store::lock(&mut tx).await?;
    let site = &opened.site;
    if !store::set_opened(&mut tx, run, site.home().as_str(), &opened.robots, bytes, spent).await? {
        return Ok(false);
    }
    store::queue_known(&mut tx, run.id).await?;
    let (kept, gone): (Vec<_>, Vec<_>) =
        store::list_known(&mut tx, run.id)
            .await?
            .into_iter()
            .partition(|known| {
                let address = Url::parse(&known.url).ok();
                let own = address.and_then(|url| site.admit(&url)).map(String::from);
                known.depth <= run.max_depth && own.as_ref() == Some(&known.url)
            });
    store::delete_pages(&mut tx, &gone.iter().map(|known| known.id).collect::<Vec<_>>()).await?;
    let mut frontier = Frontier::new(run.max_pages, kept.into_iter().map(|known| known.url));
    if frontier.add(site.home()) {
        store::insert_found(&mut tx, run.id, &[site.home().as_str().to_owned()], 0).await?;
    }
    if run.max_depth > 0 {
        let named = frontier.add_all(site, site.home(), opened.named.iter().map(String::as_str));
        store::insert_found(&mut tx, run.id, &named, 1).await?;
    }
    tx.commit().await?;
    Ok(true)
}

async fn look(ctx: &Context, run: &Run, bytes: &Bytes) -> Result<Result<Opened, CrawlError>> {
    let base = Url::parse(&run.base_url).map_err(internal)?;
    let front = match front_page(ctx, &base, bytes).await {
        Ok(front) => front,
        Err(error) => return Ok(Err(error)),
    };
    let site = Site::new(front.home, run.include_paths.clone(), run.exclude_paths.clone());
    let named = named_pages(ctx, &site, &front.robots, bytes).await;
    Ok(Ok(Opened {
        site,
        robots: front.robots,
        named,
    }))
}

/// The start page as it came.
pub(super) struct FrontPage {
    pub home: Url,
    pub response: Response,
    pub robots: String,
}

/// Asks for the start page, if the site allows that.
pub(super) async fn front_page(ctx: &Context, base: &Url, bytes: &Bytes) -> Result<FrontPage, CrawlError> {
    let mut robots = ask_robots(ctx, base, bytes).await?;
    if !is_allowed(&robots, base) {
        return Err(CrawlError::Forbidden);
    }
    let site = Site::new(base.clone(), Vec::new(), Vec::new());
    let (home, response) = find_home(ctx, &site, &robots, bytes).await?;
    if address::origin(&home) != address::origin(base) {
        robots = ask_robots(ctx, &home, bytes).await?;
        if !is_allowed(&robots, &home) {
            return Err(CrawlError::Forbidden);
        }
    }
    Ok(FrontPage {
        home,
        response,
        robots,
    })
}

fn is_allowed(rules: &str, url: &Url) -> bool {
    Robots::parse(rules).allows(&url[url::Position::BeforePath..url::Position::AfterQuery])
}

async fn get(
    ctx: &Context,
    url: &Url,
    rules: &str,
    (largest, may_be_cut): (usize, bool),
    bytes: &Bytes,
    may_follow: impl Fn(&Url) -> bool,
) -> Result<Response, Trouble> {
    let delay = Robots::parse(rules).delay.unwrap_or_default();
    let request = Request {
        url,
        known: Known::default(),
        interval: ctx.crawler.interval.max(delay),
        largest,
        may_be_cut,
    };
    let answer = ctx.crawler.get(&request, may_follow).await;
    match &answer {
        Ok(answer) => bytes.add(answer.body.len()),
        Err(Trouble::TooLarge) => bytes.add(largest),
        Err(_) => {}
    }
    answer
}

/// RFC 9309: none is freedom, one that cannot be had forbids everything, and of a long one the beginning counts.
async fn ask_robots(ctx: &Context, url: &Url, bytes: &Bytes) -> Result<String, CrawlError> {
    let place = url
        .join("/robots.txt")
        .map_err(|_| CrawlError::RobotsUnreachable)?;
    let answer = get(ctx, &place, "", (robots::LONGEST, true), bytes, |_| true).await;
    match answer {
        Ok(answer) if answer.status.is_success() => {
            // PostgreSQL's text knows no zero byte
            Ok(String::from_utf8_lossy(whole_lines(&answer.body)).replace('\0', ""))
        }
        Ok(answer) if answer.status.is_server_error() || answer.status == StatusCode::TOO_MANY_REQUESTS => {
            Err(CrawlError::RobotsUnreachable)
        }
        // none there, or one that leads around in a circle
        Ok(_) | Err(Trouble::RedirectLoop) => Ok(String::new()),
        Err(Trouble::NotAllowed) => Err(CrawlError::NotAllowed),
        Err(Trouble::Unreadable | Trouble::TooLarge) => Err(CrawlError::RobotsUnreachable),
        Err(Trouble::Unreachable | Trouble::TooSlow) => Err(CrawlError::Unreachable),
    }
}

/// Half a rule could forbid, or allow, what the whole one does not.
fn whole_lines(rules: &[u8]) -> &[u8] {
    if rules.len() < robots::LONGEST {
        return rules;
    }
    let end = rules.iter().rposition(|byte| matches!(byte, b'\n' | b'\r'));
    &rules[..end.unwrap_or(0)]
}

/// Where the start page is in the end: with or without www, in a folder for a language.
async fn find_home(
    ctx: &Context,
    site: &Site,
    rules: &str,
    bytes: &Bytes,
) -> Result<(Url, Response), CrawlError> {
    let answer = get(ctx, site.home(), rules, (LARGEST_PAGE, false), bytes, |next| {
        site.is_same(next)
    })
    .await;
    let answer = answer.map_err(|trouble| match trouble {
        Trouble::NotAllowed => CrawlError::NotAllowed,
        Trouble::RedirectLoop | Trouble::Unreadable => CrawlError::NoStartPage,
        Trouble::Unreachable | Trouble::TooSlow | Trouble::TooLarge => CrawlError::Unreachable,
    })?;
    if answer.status.is_redirection() {
        return Err(CrawlError::LeadsElsewhere);
    }
    if answer.status.is_server_error() || answer.status == StatusCode::TOO_MANY_REQUESTS {
        return Err(CrawlError::Unreachable);
    }
    if !answer.status.is_success() {
        return Err(CrawlError::NoStartPage);
    }
    let mut home = answer.url.clone();
    home.set_fragment(None);
    let home = Site::new(home.clone(), Vec::new(), Vec::new())
        .admit(&home)
        .ok_or(CrawlError::NoStartPage)?;
    Ok((home, answer))
}

/// From the sitemaps that robots.txt names, or the one that lies where most are. They help; without them links do.
async fn named_pages(ctx: &Context, site: &Site, rules: &str, bytes: &Bytes) -> Vec<String> {
    let robots = Robots::parse(rules);
    let said = robots
        .sitemaps
        .iter()
        .filter_map(|place| site.home().join(place).ok());
    let mut waiting: Vec<Url> = said.filter(|place| site.is_same(place)).collect();
    if waiting.is_empty() {
        waiting.extend(site.home().join("/sitemap.xml"));
    }
    let mut named = Vec::new();
    let mut seen = Vec::new();
    while let Some(place) = waiting.pop() {
        if seen.len() == MOST_SITEMAPS || bytes.sum() + sitemap::LONGEST > MOST_BEFORE {
            break;
        }
        if seen.contains(&place) || !is_allowed(rules, &place) {
            continue;
        }
        let answer = get(ctx, &place, rules, (sitemap::LONGEST, false), bytes, |next| {
            site.is_same(next)
        })
        .await;
        seen.push(place);
        let Some(answer) = answer.ok().filter(|answer| answer.status == StatusCode::OK) else {
            continue;
        };
        let found = sitemap::read(&answer.body);
        named.extend(found.pages);
        let further = found
            .sitemaps
            .iter()
            .filter_map(|place| site.home().join(place).ok());
        waiting.extend(further.filter(|place| site.is_same(place)).take(MOST_SITEMAPS));
    }
    named
}
