//! Data that leaves: a person's file, the workspace as a file by a click, and what is deleted because it is old.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read as _};
use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Api, Server, require_runtime};
use zip::ZipArchive;

use crate::erasure::{self, WORD};
use crate::quick_tenant;
use crate::support::server;

/// The entries of a zip archive.
fn entries(bytes: Vec<u8>) -> BTreeMap<String, Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).expect("a zip archive");
    let mut entries = BTreeMap::new();
    for place in 0..archive.len() {
        let mut entry = archive.by_index(place).expect("an entry");
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("its bytes");
        entries.insert(entry.name().to_owned(), bytes);
    }
    entries
}

async fn person_of(api: &Api, contact: &str) -> (Value, BTreeMap<String, Vec<u8>>) {
    let answer = api
        .get(&format!("/api/v1/contacts/{contact}/export"))
        .send()
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/zip"));
    let entries = entries(answer.body);
    let person = serde_json::from_slice(&entries["person.json"]).expect("JSON");
    (person, entries)
}

/// The tables that can hold something of a person: those that name one, or what belongs to one.
async fn tables_about_people(server: &Server) -> BTreeSet<String> {
    let names: Vec<String> = sqlx::query_scalar(
        "select distinct c.relname::text from pg_class c
        join pg_attribute t on t.attrelid = c.oid and t.attname = 'tenant_id' and not t.attisdropped
        join pg_attribute a on a.attrelid = c.oid and not a.attisdropped
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
            and (a.attname in ('contact_id', 'conversation_id', 'client_id', 'deal_id', 'lead_id', 'message_id', 'answer_id',
                    'question_message_id', 'became_id')
                or c.relname in ('contacts', 'contact_merges', 'conversations', 'messages', 'crm_clients', 'crm_client_merges'))",
    )
    .fetch_all(&mut server.owner().await)
    .await
    .expect("the catalogue");
    names.into_iter().collect()
}

#[tokio::test]
async fn whoever_would_be_erased_gets_everything_that_would_go() {
    require_runtime!();
    let server = server().start().await;
    let (tenant, _receiver) = erasure::shop(&server).await;
    tenant
        .configure(&json!({"settings": {"uploads_enabled": true}}))
        .await;
    let visitor = erasure::write(&tenant).await;
    let upload = visitor.api.post(&visitor.path("uploads?filename=face.png"));
    let file = upload.body("image/png", PICTURE).expect(201).await;
    let message = json!({"client_message_id": uuid::Uuid::now_v7(), "text": "", "attachment_id": file["id"]});
    let sent = visitor.api.post(&visitor.path("messages")).json(&message);
    sent.expect(200).await;
    let contact = erasure::contact_of(&tenant, &visitor).await;
    let client = erasure::client_of(&tenant, &contact).await;
    erasure::note(&tenant, &visitor, &contact, &client).await;
    erasure::sell(&tenant, &client).await;
    let stranger = tenant.visitor().await;
    stranger.say("I am quite another one.").await;

    let (person, files) = person_of(&tenant.api, &contact).await;
    let picture = files.iter().find(|(name, _)| name.starts_with("files/"));
    assert_eq!(picture.map(|(_, bytes)| bytes.as_slice()), Some(PICTURE));
    assert!(!person.to_string().contains("another one"), "{person}");
    let left_out = person["left_out"].as_object().expect("tables with reasons");
    let about_people = tables_about_people(&server).await;
    for table in &about_people {
        assert!(
            person[table].is_array() != left_out.contains_key(table),
            "{table}: neither in the file nor named as left out, or both"
        );
    }
    let holding = erasure::columns_with(&server, WORD).await;
    let holding: BTreeSet<&str> = holding
        .iter()
        .filter_map(|column| column.strip_prefix("public.")?.split('.').next())
        .filter(|table| !left_out.contains_key(*table))
        .collect();
    for table in holding {
        // what they made others write down stands elsewhere too: tags that a shop has, its log
        if about_people.contains(table) {
            let rows = person[table].to_string().to_lowercase();
            assert!(rows.contains(WORD), "{table}: {rows}");
        }
    }
    for secret in ["embedding", "tenant_id", "trace", "public_id"] {
        assert!(!person.to_string().contains(&format!("\"{secret}\"")), "{secret}");
    }
    let log = tenant.api.get("/api/v1/audit-log?action=contact_exported");
    let log = log.expect(200).await;
    assert_eq!(log["items"][0]["subject"], format!("contact:{contact}"));

    let agent = server.member(&tenant, "agent@shop.example", "agent").await;
    let path = format!("/api/v1/contacts/{contact}/export");
    agent.get(&path).send().await.problem(403, "permission_missing");
    let other = erasure::contact_of(&tenant, &stranger).await;
    let merge = format!("/api/v1/contacts/{contact}/merge/{other}");
    tenant.api.post(&merge).expect(200).await;
    let merged = format!("/api/v1/contacts/{other}/export");
    tenant
        .api
        .get(&merged)
        .send()
        .await
        .problem(409, "merged_already");
    let (whole, _) = person_of(&tenant.api, &contact).await;
    assert!(whole.to_string().contains("another one"), "{whole}");
}

/// A PNG, as far as its header goes.
const PICTURE: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x40\0\0\0\x40\x08\x06\0\0\0crc!\0\0\0\0IENDcrc!";

/// Asks until it is so, for a minute.
async fn until(api: &Api, path: &str, is_so: impl Fn(u16, &Value) -> bool) -> Value {
    let mut look = tokio::time::interval(Duration::from_millis(100));
    for _ in 0..600 {
        look.tick().await;
        let answer = api.get(path).send().await;
        let body = answer.json();
        if is_so(answer.status, &body) {
            return body;
        }
    }
    panic!("{path} stays as it is");
}

#[tokio::test]
async fn an_owner_exports_the_workspace_with_a_click_and_nobody_else_does() {
    require_runtime!();
    let mut here = server().start().await;
    let tenant = quick_tenant(&here).await;
    tenant.teach("Where is the shop?", "In Ghent.").await;
    let owner = here.member(&tenant, "owner@shop.example", "owner").await;
    let admin = here.member(&tenant, "admin@shop.example", "admin").await;
    let (state, file) = ("/api/v1/workspace/export", "/api/v1/workspace/export/file");
    for caller in [&admin, &tenant.api] {
        caller.get(state).send().await.problem(403, "owners_only");
        caller.post(state).send().await.problem(403, "owners_only");
        caller.get(file).send().await.problem(403, "owners_only");
    }
    assert_eq!(owner.get(state).expect(200).await, json!({"export": null}));
    owner.get(file).send().await.problem(404, "not_found");

    owner.post(state).expect(201).await;
    let done = until(&owner, state, |_, body| body["export"]["status"] == "done").await;
    let fetched = owner.get(file).send().await;
    assert_eq!(fetched.status, 200);
    assert_eq!(done["export"]["size"], fetched.body.len());
    let elsewhere = tempfile::tempdir().expect("a folder");
    let path = elsewhere.path().join("shop.zip");
    std::fs::write(&path, &fetched.body).expect("the file");
    let path = path.to_str().expect("a path");
    let taken_in = here
        .rapport(&["tenant", "import", path, "--slug", "shop-again"])
        .await;
    assert_eq!(taken_in["digest"], done["export"]["digest"]);

    // a week later
    let mut database = here.owner().await;
    sqlx::query("update workspace_exports set expires_at = now() - interval '1 minute'")
        .execute(&mut database)
        .await
        .expect("another time");
    drop(database);
    owner.get(file).send().await.problem(404, "not_found");
    let folder = here.data_dir().join("exports").join(tenant.id.to_string());
    assert_eq!(std::fs::read_dir(&folder).expect("the folder").count(), 1);
    here.stop().await;
    here.start_again().await;
    until(&owner, state, |_, body| body["export"].is_null()).await;
    let mut look = tokio::time::interval(Duration::from_millis(100));
    for _ in 0..600 {
        look.tick().await;
        if std::fs::read_dir(&folder).expect("the folder").count() == 0 {
            return;
        }
    }
    panic!("the file stays");
}

#[tokio::test]
async fn conversations_that_were_resolved_long_ago_go_with_their_files_when_the_workspace_says_so() {
    require_runtime!();
    let mut server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant
        .configure(&json!({"settings": {"uploads_enabled": true}}))
        .await;
    let (old, recent, open) = (
        tenant.visitor().await,
        tenant.visitor().await,
        tenant.visitor().await,
    );
    for visitor in [&old, &recent, &open] {
        visitor.say("Zyxonia?").await;
    }
    let upload = old.api.post(&old.path("uploads?filename=face.png"));
    let file = upload.body("image/png", PICTURE).expect(201).await;
    let message = json!({"client_message_id": uuid::Uuid::now_v7(), "text": "", "attachment_id": file["id"]});
    old.api
        .post(&old.path("messages"))
        .json(&message)
        .expect(200)
        .await;
    let path = |id: uuid::Uuid| format!("/api/v1/conversations/{id}");
    for visitor in [&old, &recent] {
        let resolved = json!({"status": "resolved"});
        tenant
            .api
            .patch(&path(visitor.conversation_id))
            .json(&resolved)
            .expect(200)
            .await;
    }
    let mut database = server.owner().await;
    sqlx::query("update conversations set resolved_at = now() - interval '31 days' where id = any ($1)")
        .bind([old.conversation_id, open.conversation_id])
        .execute(&mut database)
        .await
        .expect("another time");

    let retention = "/api/v1/retention";
    let off = tenant.api.get(retention).expect(200).await;
    assert_eq!(off, json!({"conversation_days": null}));
    let preview = format!("{retention}/preview?conversation_days=30");
    let due = tenant.api.get(&preview).expect(200).await;
    assert_eq!(due, json!({"conversations": 1, "files": 1}));
    let put = |body: Value| tenant.api.call(testkit::Method::PUT, retention).json(&body);
    put(json!({"conversation_days": 0}))
        .send()
        .await
        .problem(422, "bad_retention");
    put(json!({"conversation_days": 30})).expect(200).await;
    drop(database);
    // a round goes at each start
    server.stop().await;
    server.start_again().await;
    until(&tenant.api, &path(old.conversation_id), |status, _| status == 404).await;
    for visitor in [&recent, &open] {
        tenant.api.get(&path(visitor.conversation_id)).expect(200).await;
    }
    let url = file["url"].as_str().expect("an address");
    server.api.get(url).send().await.problem(404, "not_found");
    let log = tenant.api.get("/api/v1/audit-log?action=conversations_expired");
    let log = log.expect(200).await;
    assert_eq!(
        log["items"][0]["details"],
        json!({"conversations": 1, "days": 30})
    );
    let log = tenant.api.get("/api/v1/audit-log?action=retention_changed");
    assert_eq!(log.expect(200).await["items"].as_array().map(Vec::len), Some(1));
}
