//! One page of a site: ask for it, read it, and say what is to become of what was known of it. Writes nothing.

use documents::{Error, robots_words};
use kernel::error::internal;
use kernel::{Result, secrets};
use url::{Position, Url};

use super::PageReason;
use super::address::Site;
use super::fetch::{Known, LARGEST_PAGE, Request, Response, Trouble};
use super::robots::Robots;
use super::store::Queued;
use crate::Context;

/// The text of a long book. More would keep everybody waiting for its vectors.
const LONGEST_TEXT: usize = 500_000;

/// What a page turned out to be.
pub enum Verdict {
    Read(Box<Reading>),
    Unchanged,
    Skipped {
        reason: PageReason,
        leads_to: Option<String>,
    },
    Failed(PageReason),
    Vanished,
}

/// A text that is new or has changed.
pub struct Reading {
    pub title: String,
    pub text: String,
    pub language: Option<String>,
    pub hash: Vec<u8>,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

/// What one visit has found.
pub struct Visit {
    pub verdict: Verdict,
    pub status: Option<i32>,
    /// As they stand on the page, with what they are relative to.
    pub links: Vec<String>,
    pub base: Url,
    /// The page that stands in its place, as far from the start as this one.
    pub instead: Option<Url>,
    pub bytes: usize,
}

/// Whatever a run knows that a visit needs.
pub struct Guide<'a> {
    pub ctx: &'a Context,
    pub site: &'a Site,
    pub robots: &'a Robots,
}

pub async fn visit(guide: &Guide<'_>, page: &Queued) -> Result<Visit> {
    let url = Url::parse(&page.url).map_err(internal)?;
    if !guide
        .robots
        .allows(&url[Position::BeforePath..Position::AfterQuery])
    {
        return Ok(Visit::skipped(&url, PageReason::Robots));
    }
    // what is not served has to be read anew, whatever the server says of its age
    let known = match page.is_serving {
        true => Known {
            etag: page.etag.as_deref(),
            last_modified: page.last_modified.as_deref(),
        },
        false => Known::default(),
    };
    let request = Request {
        url: &url,
        known,
        interval: guide
            .ctx
            .crawler
            .interval
            .max(guide.robots.delay.unwrap_or_default()),
        largest: LARGEST_PAGE,
        may_be_cut: false,
    };
    let may_follow = |next: &Url| {
        guide.site.is_same(next)
            && guide
                .robots
                .allows(&next[Position::BeforePath..Position::AfterQuery])
    };
    match guide.ctx.crawler.get(&request, may_follow).await {
        Ok(response) => judge(guide, page, &url, response).await,
        Err(trouble) => Ok(Visit::of_trouble(&url, trouble)),
    }
}

async fn judge(guide: &Guide<'_>, page: &Queued, url: &Url, response: Response) -> Result<Visit> {
    let mut visit = Visit::skipped(&response.url, PageReason::NoHtml);
    visit.status = Some(i32::from(response.status.as_u16()));
    visit.bytes = response.body.len();
    match response.status.as_u16() {
        200 | 203 => {}
        304 => {
            visit.verdict = Verdict::Unchanged;
            visit.links.clone_from(&page.links);
            return Ok(visit);
        }
        404 | 410 if page.was_read => {
            visit.verdict = Verdict::Vanished;
            return Ok(visit);
        }
        301 | 302 | 303 | 307 | 308 => {
            let location = response.header(axum::http::header::LOCATION).unwrap_or_default();
            let leads_to = response
                .url
                .join(location)
                .ok()
                .map(|url| url.as_str().chars().take(1_000).collect());
            visit.verdict = Verdict::Skipped {
                reason: PageReason::Redirect,
                leads_to,
            };
            return Ok(visit);
        }
        _ => {
            visit.verdict = Verdict::Failed(PageReason::HttpStatus);
            return Ok(visit);
        }
    }
    match guide.site.admit(&response.url) {
        Some(own) if own == *url => {}
        other => {
            visit.leads_to(PageReason::Redirect, other.unwrap_or(response.url));
            return Ok(visit);
        }
    }
    if !is_html(&response) {
        return Ok(visit);
    }
    read(guide, page, url, &response, visit).await
}

async fn read(
    guide: &Guide<'_>,
    page: &Queued,
    url: &Url,
    response: &Response,
    mut visit: Visit,
) -> Result<Visit> {
    let read =
        documents::read_web_page(&guide.ctx.reader, &response.body, url.as_str(), charset(response)).await;
    let read = match read {
        Ok(read) => read,
        Err(Error::Unreadable(_)) => {
            visit.verdict = Verdict::Failed(PageReason::Unreadable);
            return Ok(visit);
        }
        Err(Error::Machine(error)) => return Err(internal(error)),
    };
    let said = response
        .headers
        .get_all("x-robots-tag")
        .iter()
        .filter_map(|value| value.to_str().ok());
    let (is_noindex, is_nofollow) = said.map(robots_words).fold(
        (read.is_noindex, read.is_nofollow),
        |(noindex, nofollow), (more, other)| (noindex || more, nofollow || other),
    );
    if let Some(base) = read.base.as_deref().and_then(|base| url.join(base).ok()) {
        visit.base = base;
    }
    if !is_nofollow {
        visit.links = read.links;
    }
    let canonical = read
        .canonical
        .as_deref()
        .and_then(|link| visit.base.join(link).ok());
    let canonical = canonical
        .and_then(|link| guide.site.admit(&link))
        .filter(|link| link != url);
    if is_noindex {
        visit.skip(PageReason::Noindex);
    } else if let Some(canonical) = canonical {
        visit.leads_to(PageReason::Canonical, canonical);
    } else if read.text.is_empty() {
        visit.skip(PageReason::NoText);
    } else if read.text.len() > LONGEST_TEXT {
        visit.skip(PageReason::TooLarge);
    } else {
        let title = read.title.unwrap_or_else(|| address_as_title(url));
        // PostgreSQL's text knows no zero byte
        let text = read.text.replace('\0', "");
        let hash = secrets::sha256(format!("{title}\n{text}").as_bytes()).to_vec();
        let is_same = page.is_serving && page.content_hash.as_ref() == Some(&hash);
        let header = |name| response.header(name).map(str::to_owned);
        visit.verdict = match is_same {
            true => Verdict::Unchanged,
            false => Verdict::Read(Box::new(Reading {
                title: title.replace('\0', ""),
                text,
                language: read.language,
                hash,
                etag: header(axum::http::header::ETAG),
                last_modified: header(axum::http::header::LAST_MODIFIED),
            })),
        };
    }
    Ok(visit)
}

impl Visit {
    fn skipped(base: &Url, reason: PageReason) -> Self {
        Self {
            verdict: Verdict::Skipped {
                reason,
                leads_to: None,
            },
            status: None,
            links: Vec::new(),
            base: base.clone(),
            instead: None,
            bytes: 0,
        }
    }

    fn of_trouble(base: &Url, trouble: Trouble) -> Self {
        let mut visit = Self::skipped(base, PageReason::NotAllowed);
        visit.verdict = match trouble {
            Trouble::NotAllowed => return visit,
            Trouble::Unreachable => Verdict::Failed(PageReason::Unreachable),
            Trouble::TooSlow => Verdict::Failed(PageReason::TooSlow),
            Trouble::Unreadable => Verdict::Failed(PageReason::Unreadable),
            Trouble::RedirectLoop => Verdict::Failed(PageReason::RedirectLoop),
            Trouble::TooLarge => {
                visit.bytes = LARGEST_PAGE;
                Verdict::Failed(PageReason::TooLarge)
            }
        };
        visit
    }

    fn skip(&mut self, reason: PageReason) {
        self.verdict = Verdict::Skipped {
            reason,
            leads_to: None,
        };
    }

    fn leads_to(&mut self, reason: PageReason, instead: Url) {
        self.verdict = Verdict::Skipped {
            reason,
            leads_to: Some(instead.as_str().to_owned()),
        };
        self.instead = Some(instead);
    }
}

fn content_type(response: &Response) -> &str {
    response
        .header(axum::http::header::CONTENT_TYPE)
        .unwrap_or("text/html")
}

fn is_html(response: &Response) -> bool {
    let kind = content_type(response).to_ascii_lowercase();
    kind.starts_with("text/html") || kind.starts_with("application/xhtml+xml")
}

pub(super) fn charset(response: &Response) -> Option<&str> {
    let (_, after) = content_type(response).split_once("charset=")?;
    let label = after.split(';').next()?.trim();
    Some(label.trim_matches('"'))
}

/// `/help/returns-and-refunds.html` → `returns and refunds`.
fn address_as_title(url: &Url) -> String {
    let last = url
        .path()
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let name = last
        .split('.')
        .next()
        .unwrap_or_default()
        .replace(['-', '_'], " ");
    match name.trim() {
        "" => url.host_str().unwrap_or_default().to_owned(),
        name => name.to_owned(),
    }
}
