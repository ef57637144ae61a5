//! R22: what was backed up comes back on an empty machine as it was, or nothing is changed and it is said why.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};
use testkit::{Api, Server, Tenant, Visitor};

use crate::{book, shop};

const TERMS: &[u8] = b"%PDF-1.7 terms of delivery";

#[tokio::test]
async fn a_backup_taken_from_a_running_server_comes_back_as_it_was() {
    testkit::require_runtime!();
    let mut server = shop::server().start().await;
    let (tenant, visitor, terms) = lived_in(&server).await;
    let before = digests(&mut server.owner().await).await;
    let elsewhere = tempfile::tempdir().expect("a folder");
    let file = elsewhere.path().join("all.rapport");
    let taken = server.rapport(&["backup", text(&file)]).await;
    assert_eq!(taken["files"], 1, "{taken}");
    let again = server.try_rapport(&["backup", text(&file)], "").await;
    assert!(said(&again).contains("is there already") && !again.status.success());

    server.stop().await;
    let gone = elsewhere.path().join("gone");
    fs::rename(server.data_dir(), &gone).expect("another machine");
    let key = fs::read_to_string(gone.join("master.key")).expect("the key");
    refused(&server, &file, "There is no master key").await;
    put_key(&server, &"ab".repeat(32));
    refused(&server, &file, "another master key").await;
    put_key(&server, &key);
    refused_when_damaged(&server, &file).await;

    let restored = server.rapport(&["restore", text(&file)]).await;
    assert_eq!(
        (&restored["rows"], &restored["files"]),
        (&taken["rows"], &taken["files"])
    );
    server.start_again().await;
    assert_eq!(digests(&mut server.owner().await).await, before);
    assert_eq!(bytes(&tenant.api, &terms).await, TERMS);
    let history = visitor.history().await.to_string();
    assert!(history.contains("parcels to Belgium"), "{history}");
    let here = server.try_rapport(&["restore", text(&file)], "").await;
    assert!(
        said(&here).contains("already") && !here.status.success(),
        "{}",
        said(&here)
    );
}

#[tokio::test]
async fn with_its_secrets_a_backup_needs_nothing_else() {
    testkit::require_runtime!();
    let mut server = shop::server().start().await;
    let (tenant, ..) = lived_in(&server).await;
    let elsewhere = tempfile::tempdir().expect("a folder");
    let file = elsewhere.path().join("all.rapport");
    server.stop().await;
    server.rapport(&["backup", text(&file), "--with-secrets"]).await;
    fs::rename(server.data_dir(), elsewhere.path().join("gone")).expect("another machine");
    server.rapport(&["restore", text(&file), "--check"]).await;
    assert!(!server.data_dir().exists());
    server.rapport(&["restore", text(&file)]).await;
    server.start_again().await;
    let answer = tenant.ask(shop::KNOWN[0].0).await;
    assert!(answer.to_string().contains(shop::KNOWN[0].1), "{answer}");
}

/// A workspace with a talk and a file, in which nothing goes on any more.
async fn lived_in(server: &Server) -> (Tenant, Visitor, Value) {
    let tenant = shop::open(server, "Backed up").await;
    let visitor = tenant.visitor().await;
    visitor.say(shop::KNOWN[0].0).await;
    let upload = tenant.api.post("/api/v1/assets?filename=terms.pdf");
    let terms = upload.body("application/pdf", TERMS).expect(201).await;
    book::wait_until_nobody_waits(server, &tenant).await;
    no_jobs(&mut server.owner().await).await;
    count(&mut server.owner().await, &tenant).await;
    (tenant, visitor, terms)
}

async fn no_jobs(owner: &mut PgConnection) {
    let mut look = tokio::time::interval(std::time::Duration::from_millis(50));
    for _ in 0..600 {
        look.tick().await;
        let jobs: i64 = sqlx::query_scalar(
            "select count(*) from graphile_worker._private_jobs where run_at <= now() and attempts < max_attempts",
        )
        .fetch_one(&mut *owner)
        .await
        .expect("the database answers");
        if jobs == 0 {
            return;
        }
    }
    panic!("jobs go on for ever");
}

/// What a job would count a minute later.
async fn count(owner: &mut PgConnection, tenant: &Tenant) {
    let sql = format!(
        "set app.current_tenant_id = '{}'; select refresh_all_analytics()",
        tenant.id
    );
    let counted = sqlx::raw_sql(AssertSqlSafe(sql)).execute(owner).await;
    counted.expect("the database counts");
}

/// Of the rows of each table that tenants have.
async fn digests(owner: &mut PgConnection) -> BTreeMap<String, String> {
    let tables: Vec<String> =
        sqlx::query_scalar("select oid::regclass::text from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace")
            .fetch_all(&mut *owner)
            .await
            .expect("the catalogue");
    let mut digests = BTreeMap::new();
    for table in tables {
        let query = format!(
            "select count(*) || ' ' || md5(string_agg(t::text, '|' order by t::text)) from {table} t"
        );
        let digest: Option<String> = sqlx::query_scalar(AssertSqlSafe(query))
            .fetch_one(&mut *owner)
            .await
            .expect("a digest");
        digests.insert(table, digest.unwrap_or_default());
    }
    assert!(
        digests.values().filter(|digest| !digest.is_empty()).count() > 10,
        "{digests:?}"
    );
    digests
}

async fn refused_when_damaged(server: &Server, file: &Path) {
    let whole = fs::read(file).expect("the backup");
    let torn = file.with_extension("torn");
    fs::write(&torn, &whole[..whole.len() / 2]).expect("a torn file");
    refused(server, &torn, "not a whole backup").await;
    let mut flipped = whole.clone();
    flipped[whole.len() / 3] ^= 1;
    fs::write(&torn, &flipped).expect("a file with another bit");
    refused(server, &torn, "not a whole backup").await;
}

/// And nothing is there that was not before.
async fn refused(server: &Server, file: &Path, because: &str) {
    let there = || {
        let Ok(folder) = fs::read_dir(server.data_dir()) else {
            return Vec::new();
        };
        let mut names: Vec<_> = folder.map(|entry| entry.expect("an entry").file_name()).collect();
        names.sort();
        names
    };
    let before = there();
    let output = server.try_rapport(&["restore", text(file)], "").await;
    assert!(!output.status.success());
    assert!(said(&output).contains(because), "{}", said(&output));
    assert_eq!(there(), before, "{because}");
}

fn put_key(server: &Server, key: &str) {
    fs::create_dir_all(server.data_dir()).expect("a folder");
    fs::write(server.data_dir().join("master.key"), key).expect("a key");
}

async fn bytes(api: &Api, asset: &Value) -> Vec<u8> {
    let url = asset["url"].as_str().expect("an address");
    api.get(url).send().await.body
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}
