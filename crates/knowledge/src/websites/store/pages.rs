//! All SQL for the pages of web sites.

use kernel::error::not_found;
use kernel::ids::{PassageId, WebsiteId, WebsitePageId};
use kernel::page::Position;
use kernel::{Result, TenantTx};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use crate::documents::DocumentPassage;
use crate::learning::{self, Owner};
use crate::websites::visit::Reading;
use crate::websites::{PageReason, PageState, WebsitePage};

/// A page that a run has still to visit, with what was known of it.
#[derive(Debug)]
pub struct Queued {
    pub id: WebsitePageId,
    pub url: String,
    pub depth: i32,
    pub links: Vec<String>,
    pub content_hash: Option<Vec<u8>>,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    pub revision: i32,
    pub is_serving: bool,
    /// Whether it ever was there.
    pub was_read: bool,
}

/// An address of the site.
pub struct KnownPage {
    pub id: WebsitePageId,
    pub url: String,
    pub depth: i32,
}

pub async fn list_known(tx: &mut TenantTx, website: WebsiteId) -> Result<Vec<KnownPage>> {
    let known = sqlx::query_as!(
        KnownPage,
        r#"select id as "id: WebsitePageId", url, depth from website_pages
        where tenant_id = current_tenant_id() and website_id = $1"#,
        website.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(known)
}

/// With their passages.
pub async fn delete_pages(tx: &mut TenantTx, ids: &[WebsitePageId]) -> Result<()> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    sqlx::query!(
        "delete from knowledge_chunks where tenant_id = current_tenant_id() and website_page_id = any($1)",
        &ids,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "delete from website_pages where tenant_id = current_tenant_id() and id = any($1)",
        &ids,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Every page that was ever read is asked for again, but those that are not wanted; one that vanished may be back. What
/// never gave a text is forgotten, so that dead links do not take the places of pages; it is found again if it is linked.
pub async fn queue_known(tx: &mut TenantTx, website: WebsiteId) -> Result<()> {
    sqlx::query!(
        "delete from website_pages
        where tenant_id = current_tenant_id() and website_id = $1 and serving_revision is null
            and state in ('waiting', 'skipped', 'failed')",
        website.0,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update website_pages set is_queued = true
        where tenant_id = current_tenant_id() and website_id = $1 and state <> 'excluded'",
        website.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn insert_found(tx: &mut TenantTx, website: WebsiteId, urls: &[String], depth: i32) -> Result<()> {
    if urls.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant_id();
    let ids: Vec<Uuid> = urls.iter().map(|_| WebsitePageId::new().0).collect();
    sqlx::query!(
        "insert into website_pages (tenant_id, id, website_id, url, depth)
        select $1, p.id, $2, p.url, $3 from unnest($4::uuid[], $5::text[]) as p (id, url)
        on conflict (tenant_id, website_id, url) do nothing",
        tenant.0,
        website.0,
        depth,
        &ids,
        urls,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The nearest to the start page; those that vanished after all others, so that they take nobody's place.
pub async fn find_next(tx: &mut TenantTx, website: WebsiteId) -> Result<Option<Queued>> {
    let page = sqlx::query_as!(
        Queued,
        r#"select id as "id: WebsitePageId", url, depth, links, content_hash, etag, last_modified, revision,
            serving_revision is not null as "is_serving!", revision > 0 as "was_read!"
        from website_pages
        where tenant_id = current_tenant_id() and website_id = $1 and is_queued
        order by state = 'vanished', depth, id
        limit 1"#,
        website.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(page)
}

/// How many of the last `count` pages could not be had at all.
pub async fn count_failures(tx: &mut TenantTx, website: WebsiteId, count: i32) -> Result<i32> {
    let failures = sqlx::query_scalar!(
        r#"select count(*)::int as "count!" from (
            select state, reason, status_code from website_pages
            where tenant_id = current_tenant_id() and website_id = $1 and crawled_at is not null
            order by crawled_at desc
            limit $2
        ) p
        where state = 'failed' and (reason = 'unreachable' or reason = 'http_status' and status_code >= 500)"#,
        website.0,
        i64::from(count),
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(failures)
}

/// Another page of the site that answers with the very same text.
pub async fn find_same(
    tx: &mut TenantTx,
    website: WebsiteId,
    page: WebsitePageId,
    hash: &[u8],
) -> Result<Option<String>> {
    let url = sqlx::query_scalar!(
        "select url from website_pages
        where tenant_id = current_tenant_id() and website_id = $1 and id <> $2 and content_hash = $3
            and serving_revision is not null
        limit 1",
        website.0,
        page.0,
        hash,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(url)
}

/// From now on what was read answers, and what was read before is gone. Its passages are written.
pub async fn set_read(
    tx: &mut TenantTx,
    page: &Queued,
    reading: &Reading,
    links: &[String],
    status: Option<i32>,
) -> Result<()> {
    let (revision, now) = (page.revision + 1, tx.now());
    sqlx::query!(
        "update website_pages p
        set state = 'read', is_queued = false, reason = null, leads_to = null, title = $2, content = $3, links = $4,
            language = $5, content_hash = $6, etag = $7, last_modified = $8, status_code = $9, revision = $10,
            serving_revision = $10, crawled_at = $11, changed_at = $11, vanished_at = null,
            chunk_count = (
                select count(*) from knowledge_chunks k
                where k.tenant_id = p.tenant_id and k.website_page_id = p.id and k.revision = $10
            )
        where p.tenant_id = current_tenant_id() and p.id = $1",
        page.id.0,
        reading.title,
        reading.text,
        links,
        reading.language,
        reading.hash,
        reading.etag,
        reading.last_modified,
        status,
        revision,
        now,
    )
    .execute(&mut **tx)
    .await?;
    learning::store::forget_others(tx, Owner::WebsitePage(page.id), revision).await
}

pub async fn set_unchanged(tx: &mut TenantTx, page: WebsitePageId, status: Option<i32>) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update website_pages
        set state = 'read', is_queued = false, reason = null, leads_to = null, status_code = $2, crawled_at = $3
        where tenant_id = current_tenant_id() and id = $1",
        page.0,
        status,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What was read before answers. A page that had vanished and cannot be had stays vanished.
pub async fn set_failed(
    tx: &mut TenantTx,
    page: WebsitePageId,
    reason: PageReason,
    status: Option<i32>,
) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update website_pages
        set state = case state when 'vanished' then state else 'failed' end, is_queued = false, reason = $2, leads_to = null,
            status_code = $3, crawled_at = $4
        where tenant_id = current_tenant_id() and id = $1",
        page.0,
        reason as PageReason,
        status,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn set_skipped(
    tx: &mut TenantTx,
    page: WebsitePageId,
    reason: PageReason,
    leads_to: Option<&str>,
    status: Option<i32>,
) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update website_pages
        set state = 'skipped', is_queued = false, reason = $2, leads_to = $3, status_code = $4, crawled_at = $5,
            vanished_at = null, serving_revision = null, content = '', content_hash = null, etag = null,
            last_modified = null, links = '{}', chunk_count = 0
        where tenant_id = current_tenant_id() and id = $1",
        page.0,
        reason as PageReason,
        leads_to,
        status,
        now,
    )
    .execute(&mut **tx)
    .await?;
    forget_passages(tx, page).await
}

/// Its text is kept to be looked at; nobody is answered from it.
pub async fn set_vanished(tx: &mut TenantTx, page: WebsitePageId, status: Option<i32>) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update website_pages
        set state = 'vanished', is_queued = false, reason = null, leads_to = null, status_code = $2, crawled_at = $3,
            vanished_at = coalesce(vanished_at, $3), serving_revision = null, chunk_count = 0
        where tenant_id = current_tenant_id() and id = $1",
        page.0,
        status,
        now,
    )
    .execute(&mut **tx)
    .await?;
    forget_passages(tx, page).await
}

/// Says whether somebody wants the page. One that is wanted again is read with the next run.
pub async fn set_excluded(
    tx: &mut TenantTx,
    website: WebsiteId,
    page: WebsitePageId,
    is_excluded: bool,
) -> Result<()> {
    let found = get_page(tx, website, page).await?;
    if is_excluded == (found.state == PageState::Excluded) {
        return Ok(());
    }
    let state = if is_excluded {
        PageState::Excluded
    } else {
        PageState::Waiting
    };
    sqlx::query!(
        "update website_pages
        set state = $2, is_queued = not $3 and exists (
                select from website_sources s
                where s.tenant_id = current_tenant_id() and s.id = website_id and s.status = 'crawling'
            ),
            reason = null, leads_to = null, serving_revision = null, chunk_count = 0, vanished_at = null
        where tenant_id = current_tenant_id() and id = $1",
        page.0,
        state as PageState,
        is_excluded,
    )
    .execute(&mut **tx)
    .await?;
    forget_passages(tx, page).await
}

async fn forget_passages(tx: &mut TenantTx, page: WebsitePageId) -> Result<()> {
    sqlx::query!(
        "delete from knowledge_chunks where tenant_id = current_tenant_id() and website_page_id = $1",
        page.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

const SELECT: &str =
    "select id, url, title, state, is_queued, serving_revision is not null as is_serving, reason, leads_to,
        status_code, depth, language, chunk_count, crawled_at, changed_at, vanished_at, created_at
    from website_pages
    where tenant_id = current_tenant_id() and website_id = ";

/// Those that were found last come first.
pub async fn list_pages(
    tx: &mut TenantTx,
    website: WebsiteId,
    state: Option<PageState>,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<WebsitePage>> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push_bind(website);
    if let Some(state) = state {
        query.push(" and state = ").push_bind(state);
    }
    if let Some(after) = after {
        query
            .push(" and (coalesce(crawled_at, created_at), id) < (")
            .push_bind(after.at);
        query.push(", ").push_bind(after.id).push(")");
    }
    query.push(" order by coalesce(crawled_at, created_at) desc, id desc limit ");
    query.push_bind(limit);
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}

pub async fn get_page(tx: &mut TenantTx, website: WebsiteId, page: WebsitePageId) -> Result<WebsitePage> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push_bind(website).push(" and id = ").push_bind(page);
    let found = query.build_query_as().fetch_optional(&mut **tx).await?;
    found.ok_or_else(|| not_found("page"))
}

/// Text and links.
pub async fn get_text(tx: &mut TenantTx, page: WebsitePageId) -> Result<(String, Vec<String>)> {
    let row = sqlx::query!(
        "select content, links from website_pages where tenant_id = current_tenant_id() and id = $1",
        page.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.content, row.links))
}

/// The passages that answer.
pub async fn list_page_passages(tx: &mut TenantTx, page: WebsitePageId) -> Result<Vec<DocumentPassage>> {
    let passages = sqlx::query_as!(
        DocumentPassage,
        r#"select k.id as "id: PassageId", k.position, k.page, k.heading, k.content as text
        from knowledge_chunks k
        join website_pages p on p.tenant_id = k.tenant_id and p.id = k.website_page_id and p.serving_revision = k.revision
        where k.tenant_id = current_tenant_id() and k.website_page_id = $1
        order by k.position"#,
        page.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(passages)
}
