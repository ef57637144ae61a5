//! The console of those who run the installation: who comes in, what they see, and what becomes of the tenants.

mod suspension;
mod visits;

use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use testkit::{Api, Server, Tenant, require_runtime};
use uuid::Uuid;

use crate::support::{dump, server};

pub const TENANTS: &str = "/api/v1/instance/tenants";

/// Somebody with a workspace of their own who runs the installation, signed in with a second factor.
pub async fn operator(server: &Server) -> Api {
    let own = server.tenant("Agency").await;
    let api = server.member(&own, "ops@agency.example", "owner").await;
    server.rapport(&["operator", "add", "ops@agency.example"]).await;
    confirm_second_factor(server, "ops@agency.example").await;
    api
}

/// As setting it up does; that is tested with the accounts.
async fn confirm_second_factor(server: &Server, email: &str) {
    sqlx::query(
        "update platform.users set totp_secret = 'sealed', totp_confirmed_at = now() where email = $1",
    )
    .bind(email)
    .execute(&mut server.owner().await)
    .await
    .expect("a second factor");
}

pub fn path(tenant: &Tenant, rest: &str) -> String {
    format!("{TENANTS}/{}{rest}", tenant.id)
}

#[tokio::test]
async fn the_console_opens_to_operators_with_a_second_factor_alone() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let password = server.user(&tenant, "chief@shop.example", "owner").await;
    let sign_in = json!({"email": "chief@shop.example", "password": password});
    let signed_in = server.api.post("/api/v1/session").json(&sign_in).send().await;
    let cookie = signed_in.cookie().expect("signed in");
    let owner = server.api.with_cookie(&cookie);
    for stranger in [&owner, &tenant.api, &server.api.without_credential()] {
        stranger.get(TENANTS).send().await.problem(404, "not_found");
    }
    let session = owner.get("/api/v1/session").expect(200).await;
    assert_eq!(session["is_operator"], false);

    server.rapport(&["operator", "add", "chief@shop.example"]).await;
    owner
        .get(TENANTS)
        .send()
        .await
        .problem(403, "second_factor_missing");
    confirm_second_factor(&server, "chief@shop.example").await;
    owner.get(TENANTS).expect(200).await;
    let session = owner.get("/api/v1/session").expect(200).await;
    assert_eq!(session["is_operator"], true);
    // a key of the same person's workspace is no person
    tenant.api.get(TENANTS).send().await.problem(404, "not_found");
    // nor does a page of somebody else's write with their cookie
    let foreign = server.api.post(TENANTS).header("cookie", &cookie);
    let foreign = foreign.header("sec-fetch-site", "cross-site");
    let refused = foreign.json(&json!({"name": "Planted"})).send().await;
    refused.problem(403, "cross_site_request");

    let listed = server.rapport(&["operator", "list"]).await;
    assert_eq!(listed["operators"][0]["email"], "chief@shop.example", "{listed}");
    let log = owner.get("/api/v1/instance/log").expect(200).await;
    assert_eq!(log["items"][0]["action"], "operator_added", "{log}");
    assert_eq!(log["items"][0]["actor"], "command_line");

    server
        .rapport(&["operator", "remove", "chief@shop.example"])
        .await;
    owner.get(TENANTS).send().await.problem(404, "not_found");
    owner.get("/api/v1/workspace").expect(200).await;
    let unknown = server
        .try_rapport(&["operator", "add", "nobody@shop.example"], "")
        .await;
    assert!(!unknown.status.success());
}

#[tokio::test]
async fn tenants_are_listed_with_their_figures_and_nothing_of_their_content() {
    require_runtime!();
    let server = server().start().await;
    let operator = operator(&server).await;
    let quiet = server.tenant("Aloe").await;
    let busy = server.tenant("Birch").await;
    busy.teach("Do you ship canaries to Belgium?", "Yes, canaries too.")
        .await;
    let visitor = busy.visitor().await;
    visitor.say("Do you ship canaries to Belgium?").await;
    server.member(&busy, "agent@birch.example", "agent").await;

    let row = operator.get(&path(&busy, "")).expect(200).await;
    assert_eq!(row["name"], "Birch");
    assert_eq!(row["status"], "trial");
    assert_eq!(row["figures"]["messages"], 2, "{row}");
    assert_eq!(row["figures"]["members"], 1, "{row}");
    assert_eq!(row["figures"]["channels"], 1, "{row}");
    assert!(row["figures"]["last_activity_at"].is_string(), "{row}");
    operator.get(&path(&quiet, "")).expect(200).await;

    let all = operator.get(TENANTS).expect(200).await;
    assert_eq!(names(&all), ["Agency", "Aloe", "Birch"]);
    assert!(!all.to_string().contains("canaries"), "{all}");
    for (query, wanted) in [
        ("?sort=-messages&limit=1", vec!["Birch"]),
        ("?q=ALO", vec!["Aloe"]),
        ("?q=nothing", vec![]),
        ("?status=suspended", vec![]),
        ("?plan=basic&sort=-name", vec!["Birch", "Aloe", "Agency"]),
        ("?is_failing=true", vec![]),
    ] {
        let page = operator.get(&format!("{TENANTS}{query}")).expect(200).await;
        assert_eq!(names(&page), wanted, "{query}");
    }
    every_order_can_be_paged(&operator).await;
    for (query, code) in [
        ("?sort=password_hash", "bad_sort"),
        ("?cursor=AAAA", "bad_cursor"),
    ] {
        let refused = operator.get(&format!("{TENANTS}{query}")).send().await;
        refused.problem(422, code);
    }

    a_job_that_was_given_up_is_seen(&server, &operator, &quiet).await;
}

async fn every_order_can_be_paged(operator: &Api) {
    for sort in [
        "name", "created", "members", "channels", "messages", "storage", "cost", "activity", "failures",
    ] {
        for way in ["", "-"] {
            let mut found = Vec::new();
            let mut next = format!("{TENANTS}?sort={way}{sort}&limit=1");
            loop {
                let page = operator.get(&next).expect(200).await;
                found.extend(names(&page));
                let Some(cursor) = page["next_cursor"].as_str() else {
                    break;
                };
                next = format!("{TENANTS}?limit=1&cursor={cursor}");
                assert!(found.len() < 10, "{sort}: the pages do not end");
            }
            found.sort();
            assert_eq!(found, ["Agency", "Aloe", "Birch"], "{way}{sort}");
        }
    }
}

async fn a_job_that_was_given_up_is_seen(server: &Server, operator: &Api, tenant: &Tenant) {
    let sql =
        "select graphile_worker.add_job('greet', json_build_object('tenant', $1::text), max_attempts => 1)";
    let mut owner = server.owner().await;
    sqlx::query(sql)
        .bind(tenant.id.to_string())
        .execute(&mut owner)
        .await
        .expect("a job");
    sqlx::query(
        "update graphile_worker._private_jobs set attempts = max_attempts where payload ->> 'tenant' = $1",
    )
    .bind(tenant.id.to_string())
    .execute(&mut owner)
    .await
    .expect("it is dead");
    let row = operator.get(&path(tenant, "")).expect(200).await;
    assert_eq!(row["figures"]["failed_jobs"], 1, "{row}");
    let failing = operator
        .get(&format!("{TENANTS}?is_failing=true"))
        .expect(200)
        .await;
    assert_eq!(names(&failing), ["Aloe"]);
}

fn names(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().expect("a page").iter();
    items
        .map(|item| item["name"].as_str().expect("a name").to_owned())
        .collect()
}

#[tokio::test]
async fn a_tenant_is_made_with_a_link_for_its_owner() {
    require_runtime!();
    let server = server().start().await;
    let operator = operator(&server).await;
    let body = json!({"name": "Crème Brûlée", "language": "fr", "owner_email": "chef@creme.example"});
    let made = operator.post(TENANTS).json(&body).expect(201).await;
    assert_eq!(made["slug"], "creme-brulee");
    let again = operator
        .post(TENANTS)
        .json(&json!({"name": "Other", "slug": "creme-brulee"}))
        .send()
        .await;
    again.problem(409, "slug_taken");
    let token = made["invitation_path"]
        .as_str()
        .expect("a link")
        .rsplit('/')
        .next()
        .expect("a token");
    let accept = format!("/api/v1/invitations/by-token/{token}/accept");
    let account = json!({"name": "Chef", "password": "a long password"});
    let stranger = server.api.without_credential();
    let session = stranger.post(&accept).json(&account).send().await;
    let owner = stranger.with_cookie(&session.cookie().expect("signed in"));
    let session = owner.get("/api/v1/session").expect(200).await;
    assert_eq!(session["role"], "owner");
    assert_eq!(session["tenant"]["language"], "fr");
    // the maker of the workspace is not in it
    let members = owner.get("/api/v1/members").expect(200).await;
    assert_eq!(
        members["items"].as_array().expect("members").len(),
        1,
        "{members}"
    );
    let log = operator.get("/api/v1/instance/log").expect(200).await;
    assert_eq!(log["items"][0]["action"], "tenant_created", "{log}");
    assert_eq!(log["items"][0]["actor_name"], "Robin");
}

#[tokio::test]
async fn a_deleted_tenant_leaves_no_row_and_no_file_and_a_receipt() {
    require_runtime!();
    let server = server().start().await;
    let operator = operator(&server).await;
    let kept = server.tenant("Kept").await;
    let gone = server.tenant("Gone").await;
    fill(&server, &gone).await;
    fill(&server, &kept).await;
    let owner = server.member(&gone, "owner@gone.example", "owner").await;
    let both = server.member(&gone, "both@gone.example", "agent").await;
    server
        .rapport_with_input(
            &[
                "user",
                "create",
                "kept@kept.example",
                "--name",
                "Kim",
                "--tenant",
                &kept.slug,
            ],
            "a long password",
        )
        .await;
    for tenant in [&gone, &kept] {
        settle(&server, tenant).await;
    }
    let before = kept_rows(&server, &kept).await;
    assert!(!places_of(&server, gone.id).await.is_empty());

    let wrong = operator
        .delete(&path(&gone, ""))
        .json(&json!({"slug": "gon"}))
        .send()
        .await;
    wrong.problem(409, "slug_differs");
    let receipt = operator
        .delete(&path(&gone, ""))
        .json(&json!({"slug": gone.slug}))
        .expect(200)
        .await;

    assert_eq!(places_of(&server, gone.id).await, Vec::<String>::new());
    assert_eq!(kept_rows(&server, &kept).await, before);
    assert!(
        receipt["rows"]["messages"]
            .as_i64()
            .is_some_and(|count| count > 0),
        "{receipt}"
    );
    assert_eq!(receipt["accounts"], 2, "{receipt}");
    assert!(
        receipt["files"].as_i64().is_some_and(|count| count > 0),
        "{receipt}"
    );
    for former in [&owner, &both] {
        former
            .get("/api/v1/session")
            .send()
            .await
            .problem(401, "unauthenticated");
    }
    gone.api
        .get("/api/v1/qa-pairs")
        .send()
        .await
        .problem(401, "unauthenticated");
    operator
        .get(&path(&gone, ""))
        .send()
        .await
        .problem(404, "not_found");
    let log = operator
        .get(&format!("/api/v1/instance/log?tenant_id={}", gone.id))
        .expect(200)
        .await;
    assert_eq!(log["items"][0]["action"], "tenant_deleted", "{log}");
    assert_eq!(log["items"][0]["details"]["digest"], receipt["digest"]);
    assert_eq!(log["items"][0]["details"]["slug"], gone.slug);

    let told = server.rapport(&["tenant", "delete", &kept.slug, "--yes"]).await;
    assert_eq!(told["deleted"], kept.slug);
    assert_eq!(places_of(&server, kept.id).await, Vec::<String>::new());
}

/// Something of many kinds: a conversation, knowledge, a document, a file.
async fn fill(server: &Server, tenant: &Tenant) {
    tenant
        .teach("Do you ship to Belgium?", "Yes, in three days.")
        .await;
    tenant.learn("Prices", "A pot costs nine euros.", None).await;
    let visitor = tenant.visitor().await;
    visitor.say("Do you ship to Belgium?").await;
    visitor.say("What is the meaning of all this?").await;
    let folder = server.data_dir().join("assets").join(tenant.id.to_string());
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join(Uuid::now_v7().to_string()), "bytes").expect("a file");
}

/// Rows that nothing changes by itself.
async fn kept_rows(server: &Server, tenant: &Tenant) -> Vec<Value> {
    let mut rows = dump(&mut server.owner().await, tenant.id).await;
    let tables = ["memberships", "messages", "channels", "api_keys"];
    tables.iter().filter_map(|table| rows.remove(*table)).collect()
}

/// Returns once no job of the tenant is at work or due.
async fn settle(server: &Server, tenant: &Tenant) {
    let mut owner = server.owner().await;
    let sql = "select not exists (select from graphile_worker._private_jobs
        where payload ->> 'tenant' = $1 and (locked_at is not null or run_at <= now()))";
    loop {
        let is_quiet: bool = sqlx::query_scalar(sql)
            .bind(tenant.id.to_string())
            .fetch_one(&mut owner)
            .await
            .expect("the jobs");
        if is_quiet {
            return;
        }
    }
}

/// Every table of whatever schema that names the tenant, and every file and folder, but for the log that keeps the receipt.
async fn places_of(server: &Server, tenant: Uuid) -> Vec<String> {
    let mut owner = server.owner().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select c.oid::regclass::text from pg_class c
        where c.relkind in ('r', 'p') and c.relnamespace::regnamespace::text in ('public', 'platform', 'graphile_worker')
            and c.oid <> 'platform.operator_log'::regclass
        order by 1",
    )
    .fetch_all(&mut owner)
    .await
    .expect("the catalogue");
    let mut places = Vec::new();
    for table in tables {
        let any = format!("select exists (select from {table} t where to_jsonb(t)::text like '%{tenant}%')");
        let has_any: bool = sqlx::query_scalar(AssertSqlSafe(any))
            .fetch_one(&mut owner)
            .await
            .expect("rows");
        if has_any {
            places.push(table);
        }
    }
    if server.data_dir().join("assets").join(tenant.to_string()).exists() {
        places.push("files".to_owned());
    }
    places
}
