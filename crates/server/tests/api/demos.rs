//! Demonstrations for the web sites of others: made in one call, open to whoever has the link, limited, and gone with everything
//! when their time is over.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sqlx::postgres::PgListener;
use sqlx::{AssertSqlSafe, PgConnection};
use testkit::{Api, Server, Site, SitePage, Visitor, require_runtime};
use uuid::Uuid;

use crate::support::server;

/// What changes is told here, see `kernel::events`.
const NEWS: &str = "rapport_live";

/// A shop that says how it looks.
async fn shop() -> Site {
    let site = Site::start().await;
    site.put(
        "/",
        SitePage::html(
            "<!doctype html><html lang=en-GB><head><title>Welcome</title><meta property=og:site_name content='Oak &amp; Ash'>\
             <meta name=theme-color content='#A1344E'><link rel=icon href=/favicon.svg>\
             <link rel=apple-touch-icon href=/icon.png></head><body><main><h1>Welcome</h1>\
             <p>We make tables and chairs of solid wood, by hand, in a small workshop.</p><a href=/delivery>Delivery</a></main></body></html>",
        ),
    );
    site.put(
        "/delivery",
        SitePage::article(
            "Delivery",
            "<h2>Belgium</h2><p>A chair is delivered to Belgium within five working days, by our own van.</p>",
        ),
    );
    site.put(
        "/icon.png",
        SitePage::new(200, png()).with("content-type", "image/png"),
    );
    site
}

/// As far as its header goes.
fn png() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(180_u32.to_be_bytes());
    bytes.extend(180_u32.to_be_bytes());
    bytes.extend(b"\x08\x06\0\0\0crc!\0\0\0\0IENDcrc!");
    bytes
}

async fn listen(server: &Server) -> PgListener {
    let printed = server.rapport(&["psql", "--url"]).await;
    let url = printed["url"].as_str().expect("a connection string");
    let mut news = PgListener::connect(url).await.expect("the database answers");
    news.listen(NEWS).await.expect("a channel");
    news
}

/// The public page, as soon as the widget and all of these are on it.
async fn ready_page(server: &Server, news: &mut PgListener, path: &str, named: &[String]) -> String {
    loop {
        let page = server.api.get(path).send().await;
        page.expect(200);
        let text = page.text();
        let is_ready = text.contains("data-channel=");
        let again = page.header("refresh");
        assert_eq!(again, (!is_ready).then_some("4"), "it is loaded again until then");
        if is_ready && named.iter().all(|one| text.contains(one)) {
            return text;
        }
        news.recv().await.expect("news while the site is read");
    }
}

fn channel_of(page: &str) -> &str {
    let (_, after) = page.split_once("data-channel=\"").expect("a widget");
    after.split('"').next().expect("a key")
}

async fn tenant_of(owner: &mut PgConnection, path: &str) -> Uuid {
    let token = path.rsplit('/').next().expect("a token");
    sqlx::query_scalar("select tenant_id from demos where token = $1")
        .bind(token)
        .fetch_one(owner)
        .await
        .expect("a demonstration")
}

/// As if its days had gone by.
async fn put_clock_forward(owner: &mut PgConnection, tenant: Uuid) {
    sqlx::query("update demos set expires_at = now() - interval '1 second' where tenant_id = $1")
        .bind(tenant)
        .execute(owner)
        .await
        .expect("the database answers");
}

/// Tables in which one of these words stands, the installation's own log left out.
async fn tables_with(owner: &mut PgConnection, words: &[String]) -> Vec<String> {
    let tables: Vec<String> = sqlx::query_scalar(
        "select c.oid::regclass::text from pg_class c
        where c.relkind in ('r', 'p') and c.relnamespace::regnamespace::text in ('public', 'platform', 'graphile_worker')
            and c.oid <> 'platform.operator_log'::regclass
        order by 1",
    )
    .fetch_all(&mut *owner)
    .await
    .expect("the catalogue");
    let mut found = Vec::new();
    for table in tables {
        let rows = format!("select exists (select from {table} t where to_jsonb(t)::text ~ $1)");
        let has_any: bool = sqlx::query_scalar(AssertSqlSafe(rows))
            .bind(words.join("|"))
            .fetch_one(&mut *owner)
            .await
            .expect("rows");
        if has_any {
            found.push(table);
        }
    }
    found
}

/// Files and folders whose name holds this, the database's own left out.
fn files_named(folder: &Path, name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.ends_with("cluster") {
            continue;
        }
        if path.to_string_lossy().contains(name) {
            found.push(path.clone());
        }
        if path.is_dir() {
            found.extend(files_named(&path, name));
        }
    }
    found
}

/// Somebody who runs the installation, signed in.
async fn operator(server: &Server) -> Api {
    let tenant = server.tenant("Agency").await;
    let email = "ops@agency.example";
    let api = server.member(&tenant, email, "owner").await;
    server.rapport(&["operator", "add", email]).await;
    sqlx::query(
        "update platform.users set totp_secret = 'sealed', totp_confirmed_at = now() where email = $1",
    )
    .bind(email)
    .execute(&mut server.owner().await)
    .await
    .expect("a second factor");
    api
}

const DEMOS: &str = "/api/v1/instance/demos";
const BULK: &str = "/api/v1/instance/demos/bulk-delete";

async fn make(operator: &Api, site: &Site) -> Value {
    let body = json!({"website": site.url("/")});
    operator.post(DEMOS).json(&body).expect(201).await
}

fn path_of(demo: &Value) -> &str {
    demo["path"].as_str().expect("a path")
}

#[tokio::test]
async fn one_call_makes_a_page_that_answers_from_the_site_and_its_end_leaves_nothing() {
    require_runtime!();
    let mut server = server().start().await;
    let other = server.tenant("Shop").await;
    let site = shop().await;
    let mut news = listen(&server).await;
    let made = server
        .rapport(&["demo-site", &site.url("/"), "--messages-a-day", "2"])
        .await;
    assert_eq!(made["name"], "Oak & Ash", "{made}");
    let path = path_of(&made).to_owned();

    let pages = [site.url("/"), site.url("/delivery")];
    let page = ready_page(&server, &mut news, &path, &pages).await;
    assert!(page.contains("An assistant for Oak &amp; Ash"), "{page}");
    assert!(
        page.contains(">Demonstration<") && page.contains(&site.url("/delivery")),
        "{page}"
    );
    let french = server
        .api
        .get(&path)
        .header("accept-language", "fr-BE")
        .send()
        .await;
    assert!(
        french.text().contains("Un assistant pour Oak &amp; Ash"),
        "{}",
        french.text()
    );
    assert_eq!(french.header("x-robots-tag"), Some("noindex, nofollow"));

    let key = channel_of(&page);
    let settings = server.api.get(&format!("/api/widget/{key}")).expect(200).await;
    assert_eq!(settings["display_name"], "Oak & Ash (demo)", "{settings}");
    assert_eq!(settings["primary_color"], "#a1344e");
    assert_eq!(settings["escalation_enabled"], false);
    let avatar = settings["avatar_url"].as_str().expect("the site's icon");
    assert_eq!(server.api.get(avatar).send().await.body, png());

    let visitor = Visitor::start(&server.api, key, &json!({})).await;
    let said = visitor
        .say("How long does delivery of a chair to Belgium take?")
        .await;
    assert!(said["answer"].to_string().contains("five working days"), "{said}");
    assert_eq!(
        said["answer"]["sources"][0]["url"],
        site.url("/delivery"),
        "{said}"
    );
    visitor.say("Thank you").await;
    let third = visitor.say_as("third", "And to France?").await;
    third.problem(429, "demo_used_up");
    assert!(third.header("retry-after").is_some());

    let mut owner = server.owner().await;
    let tenant = tenant_of(&mut owner, &path).await;
    let words = [
        tenant.to_string(),
        path.rsplit('/').next().expect("a token").to_owned(),
    ];
    assert!(tables_with(&mut owner, &words).await.len() > 10);
    assert!(!files_named(server.data_dir(), &words[0]).is_empty(), "the icon");
    // before its time nothing goes
    let ended = server.rapport(&["demo-site", "--end-expired"]).await;
    assert_eq!(ended["removed"], 0);

    put_clock_forward(&mut owner, tenant).await;
    // closed at once, also where it is not removed yet; the widget within two seconds
    let page = server.api.get(&path).send().await;
    assert!([410, 404].contains(&page.status), "{}", page.text());
    assert!(
        page.text().contains("no demonstration here any more"),
        "{}",
        page.text()
    );
    // the server would do it within a minute
    server.stop().await;
    server.rapport(&["demo-site", "--end-expired"]).await;
    server.start_again().await;
    let mut owner = server.owner().await;
    assert_eq!(tables_with(&mut owner, &words).await, Vec::<String>::new());
    assert_eq!(files_named(server.data_dir(), &words[0]), Vec::<PathBuf>::new());
    server.api.get(&path).send().await.expect(404);
    server
        .api
        .get(&format!("/api/widget/{key}"))
        .send()
        .await
        .problem(404, "not_found");
    // a receipt stays, and so do the others
    let logged: Vec<(String, Value)> = sqlx::query_as(
        "select action, details from platform.operator_log where subject = $1 order by created_at",
    )
    .bind(format!("tenant:{tenant}"))
    .fetch_all(&mut owner)
    .await
    .expect("the log");
    let actions: Vec<&str> = logged.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(actions, ["demo_created", "demo_deleted"]);
    let removed = &logged[1].1["removed"];
    assert!(removed["rows"]["messages"].as_i64() >= Some(4), "{removed}");
    assert_eq!(removed["files"], 1, "{removed}");
    other.api.get("/api/v1/channels").expect(200).await;
}

#[tokio::test]
async fn the_server_removes_by_itself_what_is_over() {
    require_runtime!();
    let mut server = server().start().await;
    let site = shop().await;
    let made = server.rapport(&["demo-site", &site.url("/")]).await;
    let path = path_of(&made);
    let mut owner = server.owner().await;
    let tenant = tenant_of(&mut owner, path).await;
    put_clock_forward(&mut owner, tenant).await;
    drop(owner);
    // it looks when it starts, and every minute
    server.stop().await;
    server.start_again().await;
    let mut news = listen(&server).await;
    loop {
        let page = server.api.get(path).send().await;
        if page.status == 404 {
            break;
        }
        page.expect(410);
        // whoever still has the workspace open is told
        news.recv().await.expect("news");
    }
    let is_left: bool = sqlx::query_scalar("select exists (select from tenants where tenant_id = $1)")
        .bind(tenant)
        .fetch_one(&mut server.owner().await)
        .await
        .expect("the database answers");
    assert!(!is_left);
}

#[tokio::test]
async fn a_site_that_cannot_be_read_makes_no_demonstration() {
    require_runtime!();
    let server = server().start().await;
    let operator = operator(&server).await;
    let site = Site::start().await;
    let ask = |website: String| {
        let body = json!({"website": website});
        let call = operator.post(DEMOS).json(&body);
        async move { call.send().await }
    };
    ask("not a site".into()).await.problem(422, "bad_url");
    ask("http://10.0.0.1/".into())
        .await
        .problem(422, "address_not_allowed");
    ask(site.url("/")).await.problem(422, "website_without_page");
    site.put("/robots.txt", SitePage::new(200, "User-agent: *\nDisallow: /\n"));
    ask(site.url("/")).await.problem(422, "website_forbids");
    site.put("/robots.txt", SitePage::new(500, ""));
    ask(site.url("/")).await.problem(422, "website_forbids");
    let far = json!({"website": site.url("/"), "days": 91});
    operator
        .post(DEMOS)
        .json(&far)
        .send()
        .await
        .problem(422, "bad_days");
    let list = operator.get(DEMOS).expect(200).await;
    assert_eq!(list["items"], json!([]));
    let tenants = server.rapport(&["tenant", "list"]).await;
    assert_eq!(tenants["tenants"].as_array().map(Vec::len), Some(1), "{tenants}");
}

#[tokio::test]
async fn many_go_at_once_and_never_more_than_was_told() {
    require_runtime!();
    let server = server().start().await;
    let operator = operator(&server).await;
    let site = shop().await;
    let first = make(&operator, &site).await;
    assert_eq!(first["messages_a_day"], 100, "{first}");
    let second = make(&operator, &site).await;
    let filter = json!({"search": "oak & ASH"});
    let dry = json!({"filter": filter, "dry_run": true});
    let told = operator.post(BULK).json(&dry).expect(200).await;
    assert_eq!(
        (&told["demos"], &told["conversations"]),
        (&json!(2), &json!(0)),
        "{told}"
    );
    let nothing = json!({"filter": {"search": "elsewhere"}, "dry_run": true});
    assert_eq!(operator.post(BULK).json(&nothing).expect(200).await["demos"], 0);
    let over = json!({"filter": {"is_over": true}, "dry_run": true});
    assert_eq!(operator.post(BULK).json(&over).expect(200).await["demos"], 0);

    // fits as well, and was not told
    let third = make(&operator, &site).await;
    operator
        .post(BULK)
        .json(&json!({"filter": filter}))
        .send()
        .await
        .problem(422, "not_confirmed");
    let fewer = json!({"filter": filter, "seen_at": told["seen_at"], "at_most": 1});
    operator
        .post(BULK)
        .json(&fewer)
        .send()
        .await
        .problem(409, "more_than_told");
    let all = json!({"filter": filter, "seen_at": told["seen_at"], "at_most": told["demos"]});
    let gone = operator.post(BULK).json(&all).expect(200).await;
    assert_eq!(gone["demos"], 2, "{gone}");
    let list = operator.get(DEMOS).expect(200).await;
    let ids: Vec<&Value> = list["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|demo| &demo["id"])
        .collect();
    assert_eq!(ids, [&third["id"]]);
    for demo in [&first, &second] {
        server.api.get(path_of(demo)).send().await.expect(404);
    }

    let one = format!("{DEMOS}/{}", third["id"].as_str().expect("an id"));
    operator.get(&one).expect(200).await;
    operator.delete(&one).expect(204).await;
    operator.get(&one).send().await.problem(404, "not_found");
    operator.delete(&one).send().await.problem(404, "not_found");
    let left = tables_with(&mut server.owner().await, &["Oak & Ash".into()]).await;
    assert_eq!(left, Vec::<String>::new());
}
