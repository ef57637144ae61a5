//! All SQL for web sites. With that for their [`pages`](super::pages), so that a run has to look in one place.

pub use super::pages::store::*;

use chrono::{DateTime, TimeDelta, Utc};
use kernel::error::{conflict, not_found};
use kernel::ids::WebsiteId;
use kernel::{Result, TenantTx};
use sqlx::{Postgres, QueryBuilder};

use super::{CrawlError, CrawlFrequency, CrawlLimit, Status, Website, WebsiteChange};

/// What a run has to know of its site.
#[derive(Debug, Clone)]
pub struct Run {
    pub id: WebsiteId,
    pub run: i32,
    pub status: Status,
    pub base_url: String,
    pub home_url: Option<String>,
    pub max_pages: i32,
    pub max_depth: i32,
    pub crawl_frequency: CrawlFrequency,
    pub include_paths: Vec<String>,
    pub exclude_paths: Vec<String>,
    /// None: no page has been asked for yet.
    pub robots: Option<String>,
    pub run_bytes: i64,
    pub run_ms: i64,
    pub pages_crawled: i32,
    pub last_crawled_at: Option<DateTime<Utc>>,
    pub next_crawl_at: Option<DateTime<Utc>>,
}

pub async fn count(tx: &mut TenantTx) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from website_sources where tenant_id = current_tenant_id()"#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

/// `limits` are pages and depth.
pub async fn insert(
    tx: &mut TenantTx,
    base_url: &str,
    limits: (i32, i32),
    frequency: CrawlFrequency,
    include: &[String],
    exclude: &[String],
) -> Result<WebsiteId> {
    let (tenant, id) = (tx.tenant_id(), WebsiteId::new());
    let inserted = sqlx::query!(
        "insert into website_sources
            (tenant_id, id, base_url, max_pages, max_depth, crawl_frequency, include_paths, exclude_paths)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (tenant_id, base_url) do nothing",
        tenant.0,
        id.0,
        base_url,
        limits.0,
        limits.1,
        frequency as CrawlFrequency,
        include,
        exclude,
    )
    .execute(&mut **tx)
    .await?;
    match inserted.rows_affected() {
        0 => Err(conflict(
            "website_exists",
            "This web site is already in the list. Read it again there, or change its settings.",
        )),
        _ => Ok(id),
    }
}

const SELECT: &str = "select s.id, s.base_url, s.max_pages, s.max_depth, s.crawl_frequency, s.include_paths, s.exclude_paths,
        s.status, s.error, s.limit_reached, s.pages_crawled, s.last_crawled_at, s.next_crawl_at, s.created_at, p.*
    from website_sources s
    cross join lateral (
        select count(*) filter (where is_queued) as pages_queued,
            count(*) filter (where serving_revision is not null) as pages_serving,
            count(*) filter (where state = 'failed') as pages_failed,
            count(*) filter (where state = 'vanished') as pages_vanished,
            coalesce(sum(chunk_count) filter (where serving_revision is not null), 0)::bigint as chunk_count
        from website_pages p
        where p.tenant_id = s.tenant_id and p.website_id = s.id
    ) p
    where s.tenant_id = current_tenant_id()";

/// Newest first.
pub async fn list(tx: &mut TenantTx) -> Result<Vec<Website>> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push(" order by s.created_at desc, s.id");
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}

pub async fn get(tx: &mut TenantTx, id: WebsiteId) -> Result<Website> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push(" and s.id = ").push_bind(id);
    let found = query.build_query_as().fetch_optional(&mut **tx).await?;
    found.ok_or_else(|| not_found("website"))
}

pub async fn find_run(tx: &mut TenantTx, id: WebsiteId) -> Result<Option<Run>> {
    let run = sqlx::query_as!(
        Run,
        r#"select id as "id: WebsiteId", run, status as "status: Status", base_url, home_url, max_pages, max_depth,
            crawl_frequency as "crawl_frequency: CrawlFrequency", include_paths, exclude_paths, robots, run_bytes, run_ms,
            pages_crawled, last_crawled_at, next_crawl_at
        from website_sources
        where tenant_id = current_tenant_id() and id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(run)
}

pub async fn get_run(tx: &mut TenantTx, id: WebsiteId) -> Result<Run> {
    find_run(tx, id).await?.ok_or_else(|| not_found("website"))
}

/// Gives the number of the run; none if one is going on. One that has not moved for an hour has lost its job, and another
/// takes its place. The caller holds the lock on the tenant's knowledge.
pub async fn begin_run(tx: &mut TenantTx, id: WebsiteId) -> Result<Option<i32>> {
    get_run(tx, id).await?;
    let lost = tx.now() - TimeDelta::hours(1);
    let run = sqlx::query_scalar!(
        "update website_sources
        set status = 'crawling', run = run + 1, error = null, limit_reached = null, robots = null, run_bytes = 0, run_ms = 0,
            pages_crawled = 0
        where tenant_id = current_tenant_id() and id = $1 and (status <> 'crawling' or updated_at < $2)
        returning run",
        id.0,
        lost,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(run)
}

/// The site is there and has said what may be read. False: the run is over already.
pub async fn set_opened(
    tx: &mut TenantTx,
    run: &Run,
    home_url: &str,
    robots: &str,
    bytes: i64,
    milliseconds: i64,
) -> Result<bool> {
    let done = sqlx::query!(
        "update website_sources set home_url = $3, robots = $4, run_bytes = $5, run_ms = $6
        where tenant_id = current_tenant_id() and id = $1 and run = $2 and status = 'crawling'",
        run.id.0,
        run.run,
        home_url,
        robots,
        bytes,
        milliseconds,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Counts one page. False: the run is over already.
pub async fn note_visit(tx: &mut TenantTx, run: &Run, bytes: i64, milliseconds: i64) -> Result<bool> {
    let done = sqlx::query!(
        "update website_sources
        set pages_crawled = pages_crawled + 1, run_bytes = run_bytes + $3, run_ms = run_ms + $4
        where tenant_id = current_tenant_id() and id = $1 and run = $2 and status = 'crawling'",
        run.id.0,
        run.run,
        bytes,
        milliseconds,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Nothing waits any more; what was only found is forgotten, and found again the next time.
pub async fn end_run(
    tx: &mut TenantTx,
    run: &Run,
    status: Status,
    error: Option<CrawlError>,
    limit: Option<CrawlLimit>,
) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update website_sources set status = $3, error = $4, limit_reached = $5, last_crawled_at = $6
        where tenant_id = current_tenant_id() and id = $1 and run = $2",
        run.id.0,
        run.run,
        status as Status,
        error as Option<CrawlError>,
        limit as Option<CrawlLimit>,
        now,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "delete from website_pages where tenant_id = current_tenant_id() and website_id = $1 and state = 'waiting'",
        run.id.0,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update website_pages set is_queued = false where tenant_id = current_tenant_id() and website_id = $1 and is_queued",
        run.id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn change(
    tx: &mut TenantTx,
    id: WebsiteId,
    change: &WebsiteChange,
    include: Option<Vec<String>>,
    exclude: Option<Vec<String>>,
) -> Result<()> {
    let done = sqlx::query!(
        "update website_sources
        set max_pages = coalesce($2, max_pages), max_depth = coalesce($3, max_depth),
            crawl_frequency = coalesce($4, crawl_frequency), include_paths = coalesce($5, include_paths),
            exclude_paths = coalesce($6, exclude_paths)
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        change.max_pages,
        change.max_depth,
        change.crawl_frequency as Option<CrawlFrequency>,
        include.as_deref(),
        exclude.as_deref(),
    )
    .execute(&mut **tx)
    .await?;
    match done.rows_affected() {
        0 => Err(not_found("website")),
        _ => Ok(()),
    }
}

pub async fn set_next(tx: &mut TenantTx, id: WebsiteId, next: Option<DateTime<Utc>>) -> Result<()> {
    sqlx::query!(
        "update website_sources set next_crawl_at = $2 where tenant_id = current_tenant_id() and id = $1",
        id.0,
        next,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// With its pages and their passages. Gives the address that it had, if there was such a site.
pub async fn delete(tx: &mut TenantTx, id: WebsiteId) -> Result<Option<String>> {
    sqlx::query!(
        "delete from knowledge_chunks k using website_pages p
        where k.tenant_id = current_tenant_id() and p.tenant_id = k.tenant_id and p.id = k.website_page_id and p.website_id = $1",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    let base_url = sqlx::query_scalar!(
        "delete from website_sources where tenant_id = current_tenant_id() and id = $1 returning base_url",
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(base_url)
}
