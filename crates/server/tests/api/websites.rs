//! Web sites: read page by page, cited with their address, read again with only what changed changing.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{Answer, Server, Site, SitePage, Tenant, require_runtime};

use crate::support::server;

mod limits;
mod traps;

/// A shop of a few pages, found by links and by its sitemap.
fn shop(site: &Site) {
    site.put(
        "/",
        SitePage::article(
            "Oak & Ash",
            "<p>We make tables and chairs of solid wood, by hand, in a small workshop.</p><a href='/delivery'>Delivery</a> <a href='/care#oil'>Care</a>",
        ),
    );
    site.put("/delivery", delivery("five working days"));
    site.put(
        "/care",
        SitePage::article(
            "Care",
            "<h2>Oil</h2><p>Oil the oak table with linseed oil once a year, and wipe spilt wine off at once.</p>",
        )
        .with("etag", "\"care-1\""),
    );
    site.put(
        "/sitemap.xml",
        SitePage::new(
            200,
            format!("<urlset><url><loc>{}</loc></url></urlset>", site.url("/warranty")),
        ),
    );
    site.put(
        "/warranty",
        SitePage::article(
            "Warranty",
            "<p>Our furniture has a warranty of ten years against cracks in the wood.</p>",
        ),
    );
}

fn delivery(time: &str) -> SitePage {
    SitePage::article(
        "Delivery",
        &format!("<h2>Belgium</h2><p>A chair is delivered to Belgium within {time}, by our own van.</p>"),
    )
}

async fn add(tenant: &Tenant, site: &Site, settings: Value) -> Value {
    let mut body = json!({"base_url": site.url("/")});
    for (name, value) in settings.as_object().expect("an object") {
        body[name] = value.clone();
    }
    tenant.api.post("/api/v1/websites").json(&body).expect(202).await
}

fn path_of(website: &Value) -> String {
    format!("/api/v1/websites/{}", website["id"].as_str().expect("an id"))
}

/// Follows the live stream until the site is not being read any more.
async fn settled(tenant: &Tenant, website: &Value) -> Value {
    let mut events = tenant.api.get("/api/v1/events").stream().await;
    loop {
        let website = tenant.api.get(&path_of(website)).expect(200).await;
        if website["status"] != "crawling" {
            return website;
        }
        events.next().await.expect("an event when the reading goes on");
    }
}

async fn read(tenant: &Tenant, site: &Site, settings: Value) -> Value {
    settled(tenant, &add(tenant, site, settings).await).await
}

async fn read_again(tenant: &Tenant, website: &Value) -> Value {
    let path = format!("{}/crawl", path_of(website));
    tenant.api.post(&path).expect(202).await;
    settled(tenant, website).await
}

/// Its pages, each by its path.
async fn pages(tenant: &Tenant, website: &Value) -> serde_json::Map<String, Value> {
    let mut pages = serde_json::Map::new();
    let mut cursor = String::new();
    loop {
        let path = format!("{}/pages?limit=100{cursor}", path_of(website));
        let list = tenant.api.get(&path).expect(200).await;
        for page in list["items"].as_array().expect("a list") {
            let url = page["url"].as_str().expect("an address");
            let path = url.splitn(4, '/').last().unwrap_or_default();
            assert!(
                pages.insert(format!("/{path}"), page.clone()).is_none(),
                "{url} twice"
            );
        }
        match list["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return pages,
        }
    }
}

async fn text_of(tenant: &Tenant, website: &Value, page: &Value) -> Value {
    let path = format!(
        "{}/pages/{}",
        path_of(website),
        page["id"].as_str().expect("an id")
    );
    tenant.api.get(&path).expect(200).await
}

fn states(pages: &serde_json::Map<String, Value>) -> Vec<(&str, &str)> {
    let mut states: Vec<_> = pages
        .iter()
        .map(|(path, page)| (path.as_str(), page["state"].as_str().expect("a state")))
        .collect();
    states.sort_unstable();
    states
}

#[tokio::test]
async fn a_site_is_read_answers_with_its_pages_and_is_forgotten() {
    require_runtime!();
    let server = server()
        .set("RAPPORT_PUBLIC_URL", "https://help.example")
        .start()
        .await;
    let tenant = crate::quick_tenant(&server).await;
    let site = Site::start().await;
    shop(&site);
    let website = read(&tenant, &site, json!({})).await;
    let expected = json!({"status": "completed", "error": null, "limit_reached": null, "pages_crawled": 4, "pages_serving": 4,
        "pages_queued": 0, "max_pages": 100, "max_depth": 3, "crawl_frequency": "manual", "next_crawl_at": null});
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&website[name], value, "{name} of {website}");
    }
    let pages = pages(&tenant, &website).await;
    assert_eq!(
        states(&pages),
        [
            ("/", "read"),
            ("/care", "read"),
            ("/delivery", "read"),
            ("/warranty", "read")
        ]
    );
    let home = text_of(&tenant, &website, &pages["/"]).await;
    assert_eq!(
        home["links"],
        json!([site.url("/"), site.url("/delivery"), site.url("/care")])
    );
    assert_eq!(home["page"]["title"], "Oak & Ash");
    let whole = format!("[Delivery]({})", site.url("/delivery"));
    assert!(
        home["text"].as_str().is_some_and(|text| text.contains(&whole)),
        "{home}"
    );
    let care = text_of(&tenant, &website, &pages["/care"]).await;
    assert_eq!(care["passages"][0]["heading"], "Care › Oil");
    assert!(
        care["text"]
            .as_str()
            .is_some_and(|text| text.starts_with("# Care")),
        "{care}"
    );

    let answered = tenant
        .ask("How long does delivery of a chair to Belgium take?")
        .await;
    let source = &answered["answer"]["sources"][0];
    assert!(
        answered.to_string().contains("within five working days"),
        "{answered}"
    );
    assert_eq!(
        (&source["title"], &source["url"]),
        (&json!("Delivery › Belgium"), &json!(site.url("/delivery"))),
        "{answered}"
    );

    let visitor = tenant.visitor().await;
    let said = visitor
        .say("How long does delivery of a chair to Belgium take?")
        .await;
    assert_eq!(said["answer"]["gap_detected"], false, "{said}");
    let page = pages["/delivery"]["id"].as_str().expect("an id");
    let path = format!("{}/pages/{page}/answers", path_of(&website));
    let from_page = tenant.api.get(&path).expect(200).await;
    assert_eq!(from_page["items"][0]["id"], said["answer"]["id"], "{from_page}");

    let asked_by = site.hits()[0].headers["user-agent"].clone();
    assert!(
        asked_by
            .to_str()
            .is_ok_and(|name| name.starts_with("Rapport/") && name.ends_with("(+https://help.example)")),
        "{asked_by:?}"
    );
    let twice = tenant
        .api
        .post("/api/v1/websites")
        .json(&json!({"base_url": site.url("/#top")}));
    twice.send().await.problem(409, "website_exists");

    tenant.api.delete(&path_of(&website)).expect(204).await;
    let answered = tenant
        .ask("How long does delivery of a chair to Belgium take?")
        .await;
    assert_eq!(answered["answer"]["gap_detected"], true);
}

#[tokio::test]
async fn a_site_that_is_read_again_changes_only_where_it_changed() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let site = Site::start().await;
    shop(&site);
    let website = read(&tenant, &site, json!({})).await;
    let before = pages(&tenant, &website).await;
    let mut passages = Vec::new();
    for path in ["/", "/care", "/warranty"] {
        passages.push(text_of(&tenant, &website, &before[path]).await["passages"].clone());
    }

    site.forget_hits();
    site.put("/delivery", delivery("two working days"));
    let website = read_again(&tenant, &website).await;
    assert_eq!(
        (&website["status"], &website["pages_serving"]),
        (&json!("completed"), &json!(4))
    );
    let after = pages(&tenant, &website).await;
    for (at, path) in ["/", "/care", "/warranty"].into_iter().enumerate() {
        assert_eq!(
            text_of(&tenant, &website, &after[path]).await["passages"],
            passages[at],
            "{path}"
        );
        assert_eq!(after[path]["changed_at"], before[path]["changed_at"], "{path}");
        assert_ne!(after[path]["crawled_at"], before[path]["crawled_at"], "{path}");
    }
    assert_eq!(after["/care"]["status_code"], 304);
    assert_ne!(
        after["/delivery"]["changed_at"],
        before["/delivery"]["changed_at"]
    );
    let answered = tenant
        .ask("How long does delivery of a chair to Belgium take?")
        .await
        .to_string();
    assert!(
        answered.contains("two working days") && !answered.contains("five working"),
        "{answered}"
    );

    // a page that is gone is flagged and answers no more; its text can still be looked at
    site.remove("/delivery");
    let website = read_again(&tenant, &website).await;
    assert_eq!(
        (&website["pages_vanished"], &website["pages_serving"]),
        (&json!(1), &json!(3))
    );
    let gone = &pages(&tenant, &website).await["/delivery"];
    assert_eq!(
        (&gone["state"], &gone["is_serving"]),
        (&json!("vanished"), &json!(false))
    );
    assert!(gone["vanished_at"].is_string());
    let text = text_of(&tenant, &website, gone).await;
    assert_eq!(text["passages"], json!([]));
    assert!(
        text["text"]
            .as_str()
            .is_some_and(|text| text.contains("two working days"))
    );
    let answered = tenant
        .ask("How long does delivery of a chair to Belgium take?")
        .await;
    assert!(!answered.to_string().contains("two working days"), "{answered}");
    let vanished = format!("{}/pages?state=vanished", path_of(&website));
    let vanished = tenant.api.get(&vanished).expect(200).await;
    assert_eq!(vanished["items"].as_array().map(Vec::len), Some(1));
    let to_do = async || tenant.api.get("/api/v1/upkeep").expect(200).await["vanished_pages"].clone();
    assert_eq!(to_do().await, 1);

    // and it comes back when the site has it again
    site.put("/delivery", delivery("three working days"));
    let website = read_again(&tenant, &website).await;
    assert_eq!(
        (&website["pages_vanished"], &website["pages_serving"]),
        (&json!(0), &json!(4))
    );
    assert_eq!(to_do().await, 0);
}

#[tokio::test]
async fn a_site_that_is_down_loses_nothing() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let site = Site::start().await;
    shop(&site);
    let website = read(&tenant, &site, json!({})).await;
    let before = states_owned(&tenant, &website).await;
    let fails = |error: &'static str| {
        let (tenant, website) = (&tenant, &website);
        async move {
            let failed = read_again(tenant, website).await;
            assert_eq!(
                (&failed["status"], &failed["error"]),
                (&json!("failed"), &json!(error))
            );
            assert_eq!(failed["pages_serving"], 4);
        }
    };
    site.put("/", SitePage::new(500, "oh no"));
    fails("unreachable").await;
    site.put("/", SitePage::new(404, "under construction"));
    fails("no_start_page").await;
    site.put("/", SitePage::redirect("https://parked.example/"));
    fails("leads_elsewhere").await;
    shop(&site);
    site.put("/robots.txt", SitePage::new(503, "").with("retry-after", "0"));
    fails("robots_unreachable").await;
    site.put("/robots.txt", SitePage::new(200, "User-agent: *\nDisallow: /"));
    fails("forbidden").await;
    site.remove("/robots.txt");
    assert_eq!(states_owned(&tenant, &website).await, before);
    // only the pages are broken: they go on answering with what was read
    for path in ["/delivery", "/care", "/warranty"] {
        site.put(path, SitePage::new(500, ""));
    }
    let website = read_again(&tenant, &website).await;
    assert_eq!(
        (
            &website["status"],
            &website["pages_serving"],
            &website["pages_failed"]
        ),
        (&json!("completed"), &json!(4), &json!(3))
    );
    let answered = tenant
        .ask("How long does delivery of a chair to Belgium take?")
        .await;
    assert!(answered.to_string().contains("five working days"), "{answered}");
}

async fn states_owned(tenant: &Tenant, website: &Value) -> Vec<(String, String)> {
    let pages = pages(tenant, website).await;
    let own = |(path, state): (&str, &str)| (path.to_owned(), state.to_owned());
    states(&pages).into_iter().map(own).collect()
}

#[tokio::test]
async fn a_page_that_nobody_wants_is_left_out_until_it_is_wanted_again() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let site = Site::start().await;
    shop(&site);
    let website = read(&tenant, &site, json!({})).await;
    let care = pages(&tenant, &website).await["/care"].clone();
    let path = format!(
        "{}/pages/{}",
        path_of(&website),
        care["id"].as_str().expect("an id")
    );
    let exclude = |is_excluded: bool| {
        tenant
            .api
            .patch(&path)
            .json(&json!({"is_excluded": is_excluded}))
            .expect(200)
    };
    assert_eq!(exclude(true).await["state"], "excluded");
    let question = "How often should I oil the oak table?";
    assert!(!tenant.ask(question).await.to_string().contains("linseed"));
    site.forget_hits();
    read_again(&tenant, &website).await;
    assert!(!site.paths().contains(&"/care".to_owned()), "{:?}", site.paths());
    assert_eq!(exclude(false).await["state"], "waiting");
    read_again(&tenant, &website).await;
    assert!(tenant.ask(question).await.to_string().contains("linseed"));

    // a narrower site forgets what lies outside
    let narrow = json!({"exclude_paths": ["/care"], "max_depth": 1});
    tenant
        .api
        .patch(&path_of(&website))
        .json(&narrow)
        .expect(200)
        .await;
    read_again(&tenant, &website).await;
    assert!(!pages(&tenant, &website).await.contains_key("/care"));
}

#[tokio::test]
async fn a_run_is_cancelled_at_once_and_planned_by_the_clock() {
    require_runtime!();
    let server = server().set("RAPPORT_CRAWL__INTERVAL_MS", "60000").start().await;
    let tenant = crate::quick_tenant(&server).await;
    let site = Site::start().await;
    shop(&site);
    let website = add(&tenant, &site, json!({"crawl_frequency": "daily"})).await;
    let path = path_of(&website);
    tenant
        .api
        .post(&format!("{path}/crawl"))
        .send()
        .await
        .problem(409, "already_crawling");
    let begun = Instant::now();
    let cancelled = tenant.api.post(&format!("{path}/cancel")).expect(200).await;
    assert_eq!(cancelled["status"], "cancelled");
    assert!(cancelled["next_crawl_at"].is_string(), "{cancelled}");
    tenant
        .api
        .post(&format!("{path}/cancel"))
        .send()
        .await
        .problem(409, "not_crawling");
    // its job ends, although it waits a minute for its turn
    while jobs(&server, "crawl_site").await > 0 {
        assert!(begun.elapsed() < Duration::from_secs(30), "the job goes on");
        tokio::task::yield_now().await;
    }
    let weekly = tenant
        .api
        .patch(&path)
        .json(&json!({"crawl_frequency": "weekly"}))
        .expect(200)
        .await;
    assert!(
        weekly["next_crawl_at"].as_str() > cancelled["next_crawl_at"].as_str(),
        "{weekly}"
    );
    assert_eq!(jobs(&server, "start_crawl").await, 1);
    let by_hand = tenant
        .api
        .patch(&path)
        .json(&json!({"crawl_frequency": "manual"}))
        .expect(200)
        .await;
    assert_eq!(by_hand["next_crawl_at"], Value::Null);
}

async fn jobs(server: &Server, name: &str) -> i64 {
    let sql = "select count(*) from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
        where t.identifier = $1";
    sqlx::query_scalar(sql)
        .bind(name)
        .fetch_one(&mut server.owner().await)
        .await
        .expect("a count")
}

#[tokio::test]
async fn a_site_is_read_again_when_its_day_has_come() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let site = Site::start().await;
    shop(&site);
    let website = read(&tenant, &site, json!({"crawl_frequency": "daily"})).await;
    assert_eq!(jobs(&server, "start_crawl").await, 1);
    site.put("/delivery", delivery("two working days"));
    let mut owner = server.owner().await;
    // the clock was put back: its job comes before its time, and is not lost
    let now = "update graphile_worker._private_jobs set run_at = now()";
    sqlx::query(now).execute(&mut owner).await.expect(now);
    let began = Instant::now();
    let planned =
        "select count(*) from graphile_worker.jobs where task_identifier = 'start_crawl' and run_at > now()";
    while sqlx::query_scalar::<_, i64>(planned)
        .fetch_one(&mut owner)
        .await
        .expect("a count")
        == 0
    {
        assert!(began.elapsed() < Duration::from_secs(120), "the plan is lost");
    }
    // a day passes
    for sql in [
        "alter table website_sources no force row level security",
        "update website_sources set next_crawl_at = now() - interval '1 minute'",
        "alter table website_sources force row level security",
        "update graphile_worker._private_jobs set run_at = now()",
    ] {
        sqlx::query(sql).execute(&mut owner).await.expect(sql);
    }
    let mut events = tenant.api.get("/api/v1/events").stream().await;
    while tenant.api.get(&path_of(&website)).expect(200).await["last_crawled_at"]
        == website["last_crawled_at"]
    {
        events.next().await.expect("an event when the reading goes on");
    }
    let answered = tenant
        .ask("How long does delivery of a chair to Belgium take?")
        .await;
    assert!(answered.to_string().contains("two working days"), "{answered}");
    assert_eq!(jobs(&server, "start_crawl").await, 1, "and tomorrow again");
}

#[tokio::test]
async fn what_is_no_public_site_is_refused_at_once() {
    require_runtime!();
    let server = server().set("RAPPORT_OUTBOUND_ALLOW", "").start().await;
    let tenant = crate::quick_tenant(&server).await;
    let refuse = |body: Value| {
        let call = tenant.api.post("/api/v1/websites").json(&body);
        async move { call.send().await }
    };
    let told = |answer: Answer, code: &str| answer.problem(422, code);
    for address in [
        "http://127.0.0.1:8080/",
        "localhost",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/",
        "http://2130706433",
    ] {
        told(refuse(json!({"base_url": address})).await, "address_not_allowed");
    }
    for address in [
        "",
        "ftp://example.com",
        "https://user:secret@example.com",
        "no address",
    ] {
        told(refuse(json!({"base_url": address})).await, "bad_url");
    }
    told(
        refuse(json!({"base_url": "https://example.com", "max_pages": 501})).await,
        "bad_max_pages",
    );
    told(
        refuse(json!({"base_url": "https://example.com", "max_depth": 6})).await,
        "bad_max_depth",
    );
}
