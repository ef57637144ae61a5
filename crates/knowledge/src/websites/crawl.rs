//! A run, as a chain of short jobs: each visits pages for a while and queues the next, so that sites take turns and a
//! stop of the server loses at most one page. What has still to be visited is in the database.

use std::time::{Duration, Instant};

use kernel::db::JobTenant;
use kernel::error::internal;
use kernel::ids::WebsiteId;
use kernel::{Result, TenantTx};
use queue::{Attempt, Job, Options};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use url::Url;

use super::address::Site;
use super::fetch::LARGEST_PAGE;
use super::frontier::Frontier;
use super::robots::Robots;
use super::store::{self, Queued, Run};
use super::visit::{Guide, Reading, Verdict, Visit, visit};
use super::{CrawlError, CrawlLimit, PageReason, Status, opening, schedule};
use crate::learning::{self, Owner};
use crate::{Context, embedding, vector_index};

/// Visits pages of a site for a while, in the run with this number.
#[derive(Debug, Serialize, Deserialize)]
pub struct CrawlSite {
    pub(super) tenant: JobTenant,
    pub(super) website: WebsiteId,
    pub(super) run: i32,
}

impl Job for CrawlSite {
    const NAME: &'static str = "crawl_site";
    const MAX_ATTEMPTS: u16 = 5;
}

/// How long one job goes on.
const SHIFT: Duration = Duration::from_secs(20);
pub(super) const MOST_BYTES: usize = 100 * 1024 * 1024;
/// How soon a run that was cancelled is noticed.
const LOOK: Duration = Duration::from_millis(500);
/// So many pages in a row that could not be had: the site is down.
const MOST_FAILURES: i32 = 5;

impl CrawlSite {
    /// Queues the work in the caller's transaction. A tenant's sites take turns.
    pub async fn enqueue(tx: &mut TenantTx, website: WebsiteId, run: i32) -> Result<()> {
        let job = Self {
            tenant: JobTenant::of(tx),
            website,
            run,
        };
        let options = Options::default()
            .replacing(format!("crawl_site/{website}"))
            .in_series(format!("crawl_site/{}", tx.tenant_id()));
        queue::enqueue(tx, &job, options).await.map_err(internal)?;
        Ok(())
    }

    /// The run ends; what was read before answers.
    pub(super) async fn fail(&self, ctx: &Context, error: CrawlError) -> Result<()> {
        self.end(ctx, Status::Failed, Some(error), None).await
    }

    async fn end(
        &self,
        ctx: &Context,
        status: Status,
        error: Option<CrawlError>,
        limit: Option<CrawlLimit>,
    ) -> Result<()> {
        let mut tx = ctx.db.tenant(&self.tenant).await?;
        embedding::store::lock(&mut tx).await?;
        if let Some(run) = self.find_run(&mut tx).await? {
            store::end_run(&mut tx, &run, status, error, limit).await?;
            schedule::plan(&mut tx, self.website).await?;
        }
        tx.commit().await
    }

    /// None: it was cancelled, another one has begun, or the site is gone.
    async fn find_run(&self, tx: &mut TenantTx) -> Result<Option<Run>> {
        let run = store::find_run(tx, self.website).await?;
        Ok(run.filter(|run| run.status == Status::Crawling && run.run == self.run))
    }
}

pub async fn crawl_site(ctx: &Context, job: CrawlSite, attempt: Attempt) -> Result<()> {
    let outcome = tokio::select! {
        outcome = shift(ctx, &job) => outcome,
        () = until_cancelled(ctx, &job) => Ok(()),
    };
    if outcome.is_err() && attempt.is_last() {
        give_up_crawl(ctx, &job).await?;
    }
    vector_index::jobs::follow(ctx, &job.tenant).await;
    outcome
}

/// After the last try, or when the tries killed the server.
pub async fn give_up_crawl(ctx: &Context, job: &CrawlSite) -> Result<()> {
    job.fail(ctx, CrawlError::ServerFault).await
}

async fn until_cancelled(ctx: &Context, job: &CrawlSite) {
    loop {
        tokio::time::sleep(LOOK).await;
        // a database that is away for a moment has cancelled nothing
        if let Ok(false) = super::is_running(ctx, &job.tenant, job.website, job.run).await {
            return;
        }
    }
}

async fn shift(ctx: &Context, job: &CrawlSite) -> Result<()> {
    let begun = Instant::now();
    let Some(run) = job.find_run(&mut ctx.db.tenant_read(&job.tenant).await?).await? else {
        return Ok(());
    };
    if run.robots.is_none() && !opening::open(ctx, job, &run).await? {
        return Ok(());
    }
    let mut known = {
        let mut tx = ctx.db.tenant_read(&job.tenant).await?;
        let known = store::list_known(&mut tx, job.website).await?;
        Frontier::new(run.max_pages, known.into_iter().map(|known| known.url))
    };
    while begun.elapsed() < SHIFT {
        if !step(ctx, job, &mut known).await? {
            return Ok(());
        }
    }
    let mut tx = ctx.db.tenant(&job.tenant).await?;
    CrawlSite::enqueue(&mut tx, job.website, job.run).await?;
    tx.commit().await
}

/// Visits one page. False: the run has ended.
async fn step(ctx: &Context, job: &CrawlSite, known: &mut Frontier) -> Result<bool> {
    let begun = Instant::now();
    let mut tx = ctx.db.tenant_read(&job.tenant).await?;
    let Some(run) = job.find_run(&mut tx).await? else {
        return Ok(false);
    };
    let next = store::find_next(&mut tx, job.website).await?;
    let is_down = run.pages_crawled >= MOST_FAILURES
        && store::count_failures(&mut tx, job.website, MOST_FAILURES).await? >= MOST_FAILURES;
    drop(tx);
    if is_down {
        job.fail(ctx, CrawlError::StoppedAnswering).await?;
        return Ok(false);
    }
    let Some(page) = next else {
        job.end(ctx, Status::Completed, None, None).await?;
        return Ok(false);
    };
    if let Some(limit) = limit(ctx, &run) {
        job.end(ctx, Status::Completed, None, Some(limit)).await?;
        return Ok(false);
    }
    let home = Url::parse(run.home_url.as_deref().unwrap_or(&run.base_url)).map_err(internal)?;
    let site = Site::new(home, run.include_paths.clone(), run.exclude_paths.clone());
    let robots = Robots::parse(run.robots.as_deref().unwrap_or_default());
    let guide = Guide {
        ctx,
        site: &site,
        robots: &robots,
    };
    let Ok(visit) = timeout(time_left(ctx, &run), visit(&guide, &page)).await else {
        job.end(ctx, Status::Completed, None, Some(CrawlLimit::Time))
            .await?;
        return Ok(false);
    };
    let desk = Desk {
        ctx,
        job,
        run: &run,
        site: &site,
        page: &page,
        begun,
    };
    desk.conclude(visit?, known).await
}

/// The next page may be a large one, and no run takes more than it should.
fn limit(ctx: &Context, run: &Run) -> Option<CrawlLimit> {
    if run.pages_crawled >= run.max_pages {
        return Some(CrawlLimit::Pages);
    }
    if usize::try_from(run.run_bytes).unwrap_or(0) > MOST_BYTES - LARGEST_PAGE {
        return Some(CrawlLimit::Bytes);
    }
    time_left(ctx, run).is_zero().then_some(CrawlLimit::Time)
}

fn time_left(ctx: &Context, run: &Run) -> Duration {
    let spent = Duration::from_millis(run.run_ms.try_into().unwrap_or(0));
    ctx.crawler.run_limit.saturating_sub(spent)
}

/// Where what a visit has found is written down.
struct Desk<'a> {
    ctx: &'a Context,
    job: &'a CrawlSite,
    run: &'a Run,
    site: &'a Site,
    page: &'a Queued,
    begun: Instant,
}

impl Desk<'_> {
    /// False: the run has ended meanwhile, and nothing was written.
    async fn conclude(&self, mut visit: Visit, known: &mut Frontier) -> Result<bool> {
        if let Verdict::Read(reading) = &visit.verdict {
            let mut tx = self.ctx.db.tenant_read(&self.job.tenant).await?;
            let same = store::find_same(&mut tx, self.job.website, self.page.id, &reading.hash).await?;
            drop(tx);
            if same.is_some() {
                visit.verdict = Verdict::Skipped {
                    reason: PageReason::Duplicate,
                    leads_to: same,
                };
            }
        }
        let is_embedded = match &visit.verdict {
            Verdict::Read(reading) => match self.learn(reading).await? {
                Some(is_embedded) => is_embedded,
                None => return Ok(false),
            },
            _ => true,
        };
        let mut tx = self.ctx.db.tenant(&self.job.tenant).await?;
        let choice = embedding::current(&mut tx).await?;
        let change = embedding::begin_change(&mut tx, &choice).await?;
        let spent = i64::try_from(self.begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        if !store::note_visit(
            &mut tx,
            self.run,
            i64::try_from(visit.bytes).unwrap_or(i64::MAX),
            spent,
        )
        .await?
        {
            return Ok(false);
        }
        self.follow(&mut tx, &visit, known).await?;
        self.write(&mut tx, &visit).await?;
        change.finish(&mut tx, is_embedded).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Passages and vectors beside those that serve; says whether all vectors are there. None: the run has ended.
    async fn learn(&self, reading: &Reading) -> Result<Option<bool>> {
        let (title, text) = (reading.title.clone(), reading.text.clone());
        let cut = tokio::task::spawn_blocking(move || learning::cut(&title, &[(None, text.as_str())]));
        let (_, passages) = cut.await.map_err(internal)?;
        let (owner, revision) = (Owner::WebsitePage(self.page.id), self.page.revision + 1);
        let mut tx = self.ctx.db.tenant(&self.job.tenant).await?;
        embedding::store::lock(&mut tx).await?;
        if self.job.find_run(&mut tx).await?.is_none() {
            return Ok(None);
        }
        learning::store::insert(&mut tx, owner, revision, &passages).await?;
        tx.commit().await?;
        learning::embed(self.ctx, &self.job.tenant, owner, revision)
            .await
            .map(Some)
    }

    /// Queues what the page leads to.
    async fn follow(&self, tx: &mut TenantTx, visit: &Visit, known: &mut Frontier) -> Result<()> {
        let depth = self.page.depth;
        if let Some(instead) = &visit.instead
            && let Some(instead) = self.site.admit(instead)
            && known.add(&instead)
        {
            store::insert_found(tx, self.job.website, &[instead.into()], depth).await?;
        }
        if depth >= self.run.max_depth {
            return Ok(());
        }
        let links = visit.links.iter().map(String::as_str);
        let found = known.add_all(self.site, &visit.base, links);
        store::insert_found(tx, self.job.website, &found, depth + 1).await
    }

    async fn write(&self, tx: &mut TenantTx, visit: &Visit) -> Result<()> {
        let page = self.page;
        match &visit.verdict {
            Verdict::Read(reading) => {
                let links = self.own_links(visit);
                store::set_read(tx, page, reading, &links, visit.status).await
            }
            Verdict::Unchanged => store::set_unchanged(tx, page.id, visit.status).await,
            Verdict::Failed(reason) => store::set_failed(tx, page.id, *reason, visit.status).await,
            Verdict::Skipped { reason, leads_to } => {
                store::set_skipped(tx, page.id, *reason, leads_to.as_deref(), visit.status).await
            }
            Verdict::Vanished => store::set_vanished(tx, page.id, visit.status).await,
        }
    }

    /// What a page that has not changed next time still leads to.
    fn own_links(&self, visit: &Visit) -> Vec<String> {
        const MOST: usize = 500;
        let resolved = visit.links.iter().filter_map(|link| visit.base.join(link).ok());
        let mut own: Vec<String> = Vec::new();
        for link in resolved.filter_map(|url| self.site.admit(&url)).map(String::from) {
            if own.len() < MOST && !own.contains(&link) {
                own.push(link);
            }
        }
        own
    }
}
