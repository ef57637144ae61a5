//! What ends a run: its limits of pages, bytes and time, and whoever cancels it.

use std::time::Duration;

use serde_json::json;
use testkit::{Site, SitePage, require_runtime};

use super::traps::{linked, product};
use super::{add, pages, path_of, read, read_again, settled};
use crate::support::server;

#[tokio::test]
async fn limits_end_a_run_and_say_so() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let site = Site::start().await;
    site.make(|path| {
        path.strip_prefix("/p/")
            .and_then(|number| number.parse().ok())
            .map(product)
    });
    site.put("/", linked("Chairs", "<a href='/p/1'>first</a>"));
    let website = read(&tenant, &site, json!({"max_pages": 3, "max_depth": 5})).await;
    assert_eq!(
        (
            &website["pages_crawled"],
            &website["limit_reached"],
            &website["pages_queued"]
        ),
        (&json!(3), &json!("pages"), &json!(0))
    );
    let deeper = json!({"max_pages": 100, "max_depth": 2});
    tenant
        .api
        .patch(&path_of(&website))
        .json(&deeper)
        .expect(200)
        .await;
    let website = read_again(&tenant, &website).await;
    assert_eq!(website["limit_reached"], json!(null));
    assert_eq!(website["pages_serving"], 3, "the start page and two clicks");
}

/// The size of a page that is just small enough.
const LARGE: usize = 99 * 1024 * 1024 / 10;

#[tokio::test]
async fn a_run_takes_no_more_than_a_hundred_megabytes() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let site = Site::start().await;
    let links: String = (0..20)
        .map(|n| format!("<a href='/picture/{n}'>{n}</a> "))
        .collect();
    site.put("/", linked("Chairs", &links));
    let picture = SitePage::new(200, vec![0; LARGE]).with("content-type", "image/png");
    for number in 0..20 {
        site.put(&format!("/picture/{number}"), picture.clone());
    }
    let website = read(&tenant, &site, json!({})).await;
    assert_eq!(
        (&website["status"], &website["limit_reached"]),
        (&json!("completed"), &json!("bytes"))
    );
    let taken = site
        .paths()
        .iter()
        .filter(|path| path.starts_with("/picture"))
        .count();
    assert_eq!(taken, 10, "{} MB", taken * LARGE / 1024 / 1024);
    assert_eq!(website["pages_crawled"], 1 + taken, "{website}");
    assert_eq!(website["pages_serving"], 1, "{website}");
}

#[tokio::test]
async fn sitemaps_and_redirects_count_in_what_a_run_takes() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let site = Site::start().await;
    let sitemaps: String = (0..10)
        .map(|n| format!("Sitemap: {}\n", site.url(&format!("/map/{n}.xml"))))
        .collect();
    site.put("/robots.txt", SitePage::new(200, sitemaps));
    let map = SitePage::new(200, vec![b' '; LARGE]);
    for number in 0..10 {
        site.put(&format!("/map/{number}.xml"), map.clone());
    }
    let links: String = (0..20)
        .map(|n| format!("<a href='/picture/{n}'>{n}</a> "))
        .collect();
    site.put(
        "/",
        linked("Chairs", &format!("<a href='/moved'>moved</a>{links}")),
    );
    let picture = SitePage::new(200, vec![0; LARGE]).with("content-type", "image/png");
    for number in 0..20 {
        site.put(&format!("/picture/{number}"), picture.clone());
    }
    // what stands in a redirect is not read at all
    let endless = SitePage::new(302, vec![b' '; 64]).with("location", "/gone");
    site.put("/moved", endless.dripping(Duration::from_secs(60)));
    let website = read(&tenant, &site, json!({})).await;
    assert_eq!(website["limit_reached"], "bytes", "{website}");
    let count = |beginning: &str| {
        site.paths()
            .iter()
            .filter(|path| path.starts_with(beginning))
            .count()
    };
    assert_eq!((count("/map"), count("/picture")), (5, 5), "{:?}", site.paths());
    assert_eq!(pages(&tenant, &website).await["/moved"]["reason"], "http_status");
}

#[tokio::test]
async fn a_run_ends_when_its_time_is_over_in_the_middle_of_a_page() {
    require_runtime!();
    let server = server().set("RAPPORT_CRAWL__PAGE_MS", "600000").start().await;
    let tenant = crate::quick_tenant(&server).await;
    let site = Site::start().await;
    site.put(
        "/",
        linked("Chairs", "<a href='/a'>a</a> <a href='/slow'>slow</a>"),
    );
    let drip = |page: SitePage, pause| page.dripping(Duration::from_millis(pause));
    site.put("/a", drip(SitePage::html("<p>A chair is made of oak.</p>"), 150));
    site.put("/slow", drip(SitePage::html("<p>".repeat(10_000)), 100));
    let mut owner = server.owner().await;
    let website = add(&tenant, &site, json!({})).await;
    site.asked_for("/a").await;
    // a quarter of an hour passes, but for some seconds
    for sql in [
        "alter table website_sources no force row level security",
        "update website_sources set run_ms = 15 * 60 * 1000 - 20000",
        "alter table website_sources force row level security",
    ] {
        sqlx::query(sql).execute(&mut owner).await.expect(sql);
    }
    let website = settled(&tenant, &website).await;
    assert_eq!(
        (&website["status"], &website["limit_reached"]),
        (&json!("completed"), &json!("time"))
    );
    assert!(site.paths().contains(&"/slow".to_owned()));
    let read = pages(&tenant, &website).await;
    assert_eq!(read["/a"]["state"], "read", "{read:?}");
}

#[tokio::test]
async fn a_run_is_cancelled_in_the_middle_of_a_page_and_its_place_is_free_at_once() {
    require_runtime!();
    let server = server().set("RAPPORT_CRAWL__PAGE_MS", "600000").start().await;
    let tenant = crate::quick_tenant(&server).await;
    let site = Site::start().await;
    site.put("/", linked("Chairs", "<a href='/slow'>slow</a>"));
    let endless = SitePage::html("<p>".repeat(10_000)).dripping(Duration::from_millis(100));
    site.put("/slow", endless);
    let website = add(&tenant, &site, json!({})).await;
    site.asked_for("/slow").await;
    let path = path_of(&website);
    let cancelled = tenant.api.post(&format!("{path}/cancel")).expect(200).await;
    assert_eq!(cancelled["status"], "cancelled");
    // the page would take a quarter of an hour, and a site is read by one run at a time
    site.put("/slow", linked("Quick", ""));
    let website = read_again(&tenant, &website).await;
    assert_eq!(
        (&website["status"], &website["pages_serving"]),
        (&json!("completed"), &json!(2))
    );
}
