//! Sites that mean no good, or nothing at all: every run ends, within its limits, and goes nowhere else.

use std::collections::HashSet;
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use testkit::{Site, SitePage, require_runtime};
use tokio::net::TcpListener;

use super::{add, pages, read, read_again, settled, text_of};
use crate::support::server;

/// Listens, and fails the test if anybody comes.
async fn forbidden_place() -> (u16, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let guard = tokio::spawn(async move {
        let came = listener.accept().await;
        panic!("somebody came to where nobody may go: {came:?}");
    });
    (port, guard)
}

fn packed(text: &str) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).expect("packed");
    packed.finish().expect("packed")
}

pub fn product(number: usize) -> SitePage {
    let (next, twice) = (number + 1, number * 2);
    let red = match number < 20 {
        true => format!("<a href='/p/{number}?color=red&amp;utm_source=x'>red</a>"),
        false => String::new(),
    };
    SitePage::article(
        &format!("Chair number {number}"),
        &format!(
            "<p>The chair number {number} costs {twice} euros and is made of oak.</p><a href='/p/{next}'>next</a>{red}"
        ),
    )
}

pub fn linked(title: &str, links: &str) -> SitePage {
    SitePage::article(
        title,
        &format!("<p>What {title} has to say stands here and nowhere else.</p>{links}"),
    )
}

/// Pages 0 to 449, and around them everything that has kept a crawler busy or led it astray.
fn make_traps(site: &Site, forbidden: u16) {
    let url = |path: &str| site.url(path);
    let private = format!("http://127.0.0.1:{forbidden}/");
    site.put(
        "/robots.txt",
        SitePage::new(
            200,
            format!(
                "User-agent: *\nDisallow: /private\nSitemap: {}\n",
                url("/index.xml")
            ),
        ),
    );
    let index = format!(
        "<sitemapindex><sitemap><loc>{}</loc></sitemap><sitemap><loc>{private}map.xml</loc></sitemap><sitemap><loc>{}</loc></sitemap></sitemapindex>",
        url("/products.xml.gz"),
        url("/index.xml"),
    );
    site.put("/index.xml", SitePage::new(200, index));
    let named: String = (0..300)
        .map(|n| format!("<url><loc>{}</loc></url>", url(&format!("/p/{n}"))))
        .collect();
    site.put(
        "/products.xml.gz",
        SitePage::new(200, packed(&format!("<urlset>{named}</urlset>"))),
    );
    let ways = [
        "/events/2031/1",
        "/ring/a",
        "/slow",
        "/private/a",
        "/hidden",
        "/copy/1",
        "/inside",
        "/inside/1",
        "/gopher",
        "/file",
        "/huge",
        "/loop/x/",
        "/brochure.pdf",
        "/image",
        "/nothing",
        "/away",
        "/on/1",
        "/p/300",
        "/gone",
        // takes all the room that is left
        "/many",
    ];
    let links: String = ways.map(|way| format!("<a href='{way}'>{way}</a> ")).concat();
    let links = format!(
        "{links}<a href='{private}'>inside</a> <a href='http://169.254.169.254/'>cloud</a><iframe src='{private}'></iframe>"
    );
    site.put("/", linked("Chairs", &links));
    site.put("/ring/a", SitePage::redirect("/ring/b"));
    site.put("/ring/b", SitePage::redirect("/ring/a"));
    site.put(
        "/slow",
        SitePage::html("<p>".repeat(1_000)).dripping(Duration::from_millis(50)),
    );
    let many: String = (0..100_000)
        .map(|n| format!("<a href='/m/{n}'>{n}</a> "))
        .collect();
    site.put("/many", linked("Many", &many));
    site.put(
        "/hidden",
        SitePage::html("<head><meta name=robots content=noindex></head><p>Hidden.</p>"),
    );
    site.put("/inside", SitePage::redirect(&private));
    // by the fifth redirect, the last one that is followed
    for hop in 1..5 {
        let next = if hop == 4 {
            private.clone()
        } else {
            format!("/inside/{}", hop + 1)
        };
        site.put(&format!("/inside/{hop}"), SitePage::redirect(&next));
    }
    site.put("/gopher", SitePage::redirect(&private.replace("http", "gopher")));
    site.put("/file", SitePage::redirect("file:///etc/passwd"));
    site.put("/huge", SitePage::html("a ".repeat(6 * 1024 * 1024)));
    site.put(
        "/image",
        SitePage::new(200, "GIF89a").with("content-type", "image/gif"),
    );
    site.put("/nothing", SitePage::html("<p> </p>"));
    site.put("/away", SitePage::redirect("https://elsewhere.example/"));
    site.make(|path| {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let number = |prefix: &str| {
            path.strip_prefix(prefix)
                .and_then(|rest| rest.parse::<usize>().ok())
        };
        if let Some(number) = number("/p/").filter(|number| *number < 450) {
            let page = product(number);
            let canonical = format!("<link rel=canonical href='/p/{number}'><p>In red.</p>");
            return Some(if query.is_empty() {
                page
            } else {
                SitePage::html(canonical)
            });
        }
        if let Some(rest) = path.strip_prefix("/events/") {
            let (year, month) = rest.split_once('/')?;
            let (year, month): (usize, usize) = (year.parse().ok()?, month.parse().ok()?);
            let next = format!(
                "<a href='/events/{}/{}'>next</a><a href='/events/{}/{month}'>year</a>",
                year + month / 12,
                month % 12 + 1,
                year + 1
            );
            return Some(linked(&format!("Events of {month}/{year}"), &next));
        }
        if let Some(number) = number("/copy/") {
            let text = "What a copy has to say stands on many pages, word for word.";
            let next = number + 1;
            return Some(SitePage::html(format!(
                "<title>A copy</title><nav><a href='/copy/{next}'>.</a></nav><main><p>{text}</p></main>"
            )));
        }
        if let Some(number) = number("/on/") {
            return Some(SitePage::redirect(&format!("/on/{}", number + 1)));
        }
        path.starts_with("/loop/")
            .then(|| linked(path, "<a href='x/'>deeper</a><a href='y/x/'>and deeper</a>"))
    });
}

#[tokio::test]
async fn a_run_through_a_site_of_traps_ends_within_its_limits() {
    require_runtime!();
    let site = Site::start().await;
    let (forbidden, guard) = forbidden_place().await;
    make_traps(&site, forbidden);
    let only_this = site.address().to_string();
    let server = server()
        .set("RAPPORT_OUTBOUND_ALLOW", &only_this)
        .set("RAPPORT_CRAWL__PAGE_MS", "10000")
        .start()
        .await;
    let tenant = crate::quick_tenant(&server).await;
    let website = read(&tenant, &site, json!({"max_pages": 500, "max_depth": 5})).await;
    assert_eq!(
        (&website["status"], &website["error"]),
        (&json!("completed"), &json!(null))
    );
    assert!(website["pages_crawled"].as_i64() <= Some(500), "{website}");
    assert!(!guard.is_finished(), "somebody came to a private address");

    let found = pages(&tenant, &website).await;
    for (path, state, reason) in [
        ("/p/7", "read", None),
        ("/p/299", "read", None),
        ("/p/7?color=red", "skipped", Some("canonical")),
        ("/ring/a", "failed", Some("redirect_loop")),
        ("/on/1", "failed", Some("redirect_loop")),
        ("/slow", "failed", Some("too_slow")),
        ("/huge", "failed", Some("too_large")),
        ("/gone", "failed", Some("http_status")),
        ("/hidden", "skipped", Some("noindex")),
        ("/private/a", "skipped", Some("robots")),
        ("/copy/2", "skipped", Some("duplicate")),
        ("/inside", "skipped", Some("not_allowed")),
        ("/inside/1", "skipped", Some("not_allowed")),
        ("/gopher", "skipped", Some("not_allowed")),
        ("/file", "skipped", Some("not_allowed")),
        ("/away", "skipped", Some("redirect")),
        ("/image", "skipped", Some("no_html")),
        ("/nothing", "skipped", Some("no_text")),
        ("/many", "skipped", Some("too_large")),
    ] {
        let page = found.get(path).unwrap_or_else(|| panic!("{path} was not found"));
        assert_eq!(
            (&page["state"], &page["reason"]),
            (&json!(state), &json!(reason)),
            "{page}"
        );
    }
    let paths = site.paths();
    let count = |beginning: &str| paths.iter().filter(|path| path.starts_with(beginning)).count();
    assert_eq!(count("/private"), 0, "robots.txt was not obeyed");
    assert_eq!((count("/brochure"), count("/index.xml")), (0, 1));
    assert!(
        count("/events/") <= 24,
        "{} pages of the calendar",
        count("/events/")
    );
    assert!(count("/loop/") <= 8, "{} pages of the loop", count("/loop/"));
    // nine pages of redirects with up to five hops, the start page twice, robots.txt and sitemaps
    assert!(paths.len() <= 530, "{} requests", paths.len());
    let twice: HashSet<&String> = paths.iter().filter(|path| path.starts_with("/p/")).collect();
    assert_eq!(twice.len(), count("/p/"), "a page was asked for twice");

    // and again: whatever has not changed stays
    let before = text_of(&tenant, &website, &found["/p/7"]).await["passages"].clone();
    let website = read_again(&tenant, &website).await;
    assert_eq!(website["status"], "completed");
    let found = pages(&tenant, &website).await;
    assert_eq!(
        text_of(&tenant, &website, &found["/p/7"]).await["passages"],
        before
    );
    assert!(!guard.is_finished(), "somebody came to a private address");
}

#[tokio::test]
async fn a_run_goes_on_where_it_was_when_the_server_stopped() {
    require_runtime!();
    let mut server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let site = Site::start().await;
    let links: String = (0..12).map(|n| format!("<a href='/p/{n}'>{n}</a> ")).collect();
    site.put("/", linked("Chairs", &links));
    for number in 0..12 {
        site.put(&format!("/p/{number}"), product(number));
    }
    site.put(
        "/p/6",
        SitePage::html("<p>".repeat(1_000)).dripping(Duration::from_millis(100)),
    );
    let website = add(&tenant, &site, json!({"max_depth": 1})).await;
    site.asked_for("/p/6").await;
    server.stop().await;
    site.put("/p/6", product(6));
    let before = site.paths();
    site.forget_hits();
    server.start_again().await;
    let website = settled(&tenant, &website).await;
    assert_eq!(
        (&website["status"], &website["pages_serving"]),
        (&json!("completed"), &json!(13))
    );
    let after: HashSet<String> = site.paths().into_iter().collect();
    let again: Vec<&String> = before.iter().filter(|path| after.contains(*path)).collect();
    assert_eq!(again, ["/p/6"], "pages that had been read were asked for again");
}

#[tokio::test]
async fn a_site_is_asked_at_its_pace() {
    require_runtime!();
    let server = server().set("RAPPORT_CRAWL__INTERVAL_MS", "200").start().await;
    let tenant = crate::quick_tenant(&server).await;
    let site = Site::start().await;
    site.put(
        "/robots.txt",
        SitePage::new(200, "User-agent: Rapport\nCrawl-delay: 0.4"),
    );
    site.put("/", linked("Chairs", "<a href='/busy'>busy</a>"));
    let busy = AtomicUsize::new(0);
    site.make(move |path| {
        let is_busy = path == "/busy" && busy.fetch_add(1, Ordering::Relaxed) == 0;
        (path == "/busy").then(|| match is_busy {
            true => SitePage::new(429, "").with("retry-after", "1"),
            false => linked("Busy", ""),
        })
    });
    let begun = Instant::now();
    let website = read(&tenant, &site, json!({})).await;
    assert_eq!(website["pages_serving"], 2, "{website}");
    let hits = site.hits();
    // robots.txt itself is asked for before anybody can know of the longer pause
    // one that was held up on its way is no reason to keep the next one back: each has its time from the beginning on
    let mut earliest = begun;
    for pair in hits[1..].windows(2) {
        earliest += Duration::from_millis(if pair[0].path == "/busy" { 1_000 } else { 400 });
        assert!(
            pair[1].at >= earliest,
            "{} came too early: {hits:?}",
            pair[1].path
        );
    }
}

#[tokio::test]
async fn of_a_long_robots_file_the_beginning_is_obeyed() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let site = Site::start().await;
    let mut rules = "User-agent: *\nDisallow: /private\n".to_owned();
    rules.push_str(&"# nothing to see here\n".repeat(40_000));
    site.put("/robots.txt", SitePage::new(200, rules));
    site.put("/", linked("Chairs", "<a href='/private'>private</a>"));
    site.put("/private", linked("Private", ""));
    let website = read(&tenant, &site, json!({})).await;
    assert_eq!(website["pages_serving"], 1, "{website}");
    assert!(!site.paths().contains(&"/private".to_owned()));
}

#[tokio::test]
async fn what_is_no_text_is_not_learned_and_what_was_packed_is_unpacked() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let site = Site::start().await;
    let ways = ["/packed", "/broken", "/brotli", "/bomb", "/noise", "/pdf"];
    let links: String = ways
        .iter()
        .map(|way| format!("<a href='{way}'>{way}</a> "))
        .collect();
    site.put("/", linked("Chairs", &links));
    let html = |body: Vec<u8>| SitePage::new(200, body).with("content-type", "text/html");
    let text = "<title>Oil</title><main><p>Oil the oak table with linseed oil once a year.</p></main>";
    site.put("/packed", html(packed(text)).with("content-encoding", "gzip"));
    let broken = packed(text).split_at(40).0.to_vec();
    site.put("/broken", html(broken).with("content-encoding", "gzip"));
    site.put("/brotli", html(packed(text)).with("content-encoding", "br"));
    let bomb = packed(&" ".repeat(11 * 1024 * 1024));
    site.put("/bomb", html(bomb).with("content-encoding", "gzip"));
    site.put(
        "/noise",
        html(packed(&text.repeat(9)).iter().map(|byte| byte ^ 0x5a).collect()),
    );
    site.put(
        "/pdf",
        html(b"%PDF-1.4\n1 0 obj << /Length 5 >> stream\nOil it.\nendstream endobj".to_vec()),
    );
    let website = read(&tenant, &site, json!({})).await;
    let pages = pages(&tenant, &website).await;
    let reasons = ways.map(|way| (pages[way]["state"].as_str(), pages[way]["reason"].as_str()));
    let failed = |reason| (Some("failed"), Some(reason));
    let unreadable = failed("unreadable");
    let read = (Some("read"), None);
    assert_eq!(
        reasons,
        [
            read,
            unreadable,
            unreadable,
            failed("too_large"),
            unreadable,
            unreadable
        ]
    );
    let learned = text_of(&tenant, &website, &pages["/packed"]).await;
    assert!(learned.to_string().contains("linseed"), "{learned}");
}

#[tokio::test]
async fn what_a_page_hides_is_not_learned() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let site = Site::start().await;
    let tags: String = "secret"
        .chars()
        .filter_map(|c| char::from_u32(0xe0000 + c as u32))
        .collect();
    let hidden = format!(
        "<p hidden>secret</p><p style='display:none'>secret <a href='/folded'>folded</a></p><p style='position:absolute;left:-9999px'>secret</p>Lin\u{200b}seed{tags}"
    );
    site.put("/", linked("Chairs", &hidden));
    site.put("/folded", linked("Folded", ""));
    let website = read(&tenant, &site, json!({})).await;
    let pages = pages(&tenant, &website).await;
    assert_eq!(pages["/folded"]["state"], "read", "hidden links are followed");
    let learned = text_of(&tenant, &website, &pages["/"]).await.to_string();
    assert!(
        learned.contains("Linseed") && !learned.contains("secret"),
        "{learned}"
    );
    assert!(!learned.chars().any(|c| ('\u{e0000}'..='\u{e0fff}').contains(&c)));
}
