//! A tenant as one file: every table of the catalogue comes along or is named as left out, and what came out goes in
//! and out again as the same.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read as _, Write as _};
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgConnection};
use testkit::{Server, Visitor, require_runtime};
use uuid::Uuid;
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::rows::generate::Generator;
use crate::support::server;

const DIGEST: &str = "digest";

/// Another installation, with a master key of its own.
async fn elsewhere() -> Server {
    Server::of(env!("CARGO_BIN_EXE_rapport")).start().await
}

/// Its entries, by name.
fn entries(file: &Path) -> BTreeMap<String, Vec<u8>> {
    let bytes = fs::read(file).expect("the archive");
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

fn manifest(file: &Path) -> Value {
    serde_json::from_slice(&entries(file)["manifest.json"]).expect("a manifest")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

/// The name of each table with a `tenant_id`.
async fn tables(owner: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar(
        "select c.relname::text from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
        where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace order by 1",
    )
    .fetch_all(owner)
    .await
    .expect("the catalogue")
}

/// A tenant with a row in every table, made from the catalogue.
async fn filled(server: &Server, slug: &str) -> Uuid {
    let mut owner = server.owner().await;
    let tenant = Uuid::now_v7();
    let generator = Generator::read(&mut owner).await;
    // at once, so that nothing that runs beside sees it before it is switched off
    sqlx::query("begin")
        .execute(&mut owner)
        .await
        .expect("a transaction");
    generator.fill(&mut owner, tenant).await;
    // switched off, so that what runs beside changes nothing in it
    let names = format!(
        "update tenants set slug = '{slug}', name = 'Filled', is_active = false where tenant_id = '{tenant}'"
    );
    sqlx::query("set session_replication_role = replica")
        .execute(&mut owner)
        .await
        .expect("without triggers");
    for statement in [
        names,
        // as the application writes them
        format!(
            "update memberships m set email = u.email, name = u.name from platform.users u
            where m.tenant_id = '{tenant}' and u.id = m.user_id"
        ),
        format!("update deliveries set status = 'sent' where tenant_id = '{tenant}'"),
        format!(
            "update platform.channel_index i set channel_key = c.channel_key, channel_id = c.id from channels c
            where i.tenant_id = '{tenant}' and c.tenant_id = i.tenant_id"
        ),
        format!("update demos set expires_at = '2999-01-01' where tenant_id = '{tenant}'"),
        format!("update platform.demo_index set expires_at = '2999-01-01' where tenant_id = '{tenant}'"),
        format!("delete from platform.tenant_index where tenant_id = '{tenant}'"),
        format!(
            "insert into platform.tenant_index (tenant_id, slug, name, is_active) values ('{tenant}', '{slug}', 'Filled', false)"
        ),
        "commit".to_owned(),
    ] {
        sqlx::query(AssertSqlSafe(statement.as_str()))
            .execute(&mut owner)
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    tenant
}

#[tokio::test]
async fn every_table_comes_along_or_is_named_and_comes_back_as_it_was() {
    require_runtime!();
    let here = server().start().await;
    filled(&here, "filled").await;
    let folder = tempfile::tempdir().expect("a folder");
    let first = folder.path().join("first.zip");
    let written = here.rapport(&["tenant", "export", "filled", text(&first)]).await;

    let said_to_be_there = manifest(&first);
    let left_out: Vec<&str> = said_to_be_there["left_out"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|left| left["column"].is_null())
        .map(|left| left["table"].as_str().expect("a table"))
        .collect();
    for table in tables(&mut here.owner().await).await {
        let rows = &said_to_be_there["tables"][&table]["rows"];
        let is_left_out = left_out.contains(&table.as_str());
        assert!(
            rows == 1 || is_left_out,
            "{table}: neither in the archive nor named as left out ({rows})"
        );
    }
    let lines: String = entries(&first)
        .into_iter()
        .filter(|(name, _)| name != "manifest.json")
        .map(|(_, bytes)| String::from_utf8(bytes).expect("text"))
        .collect();
    assert!(
        !lines.contains("encrypted_secret") && !lines.contains("key_hash"),
        "{lines}"
    );

    let there = elsewhere().await;
    let taken_in = there.rapport(&["tenant", "import", text(&first)]).await;
    assert_eq!(taken_in[DIGEST], written[DIGEST]);
    assert_eq!(taken_in["without_password"].as_array().map(Vec::len), Some(1));
    let second = folder.path().join("second.zip");
    let again = there
        .rapport(&["tenant", "export", "filled", text(&second)])
        .await;
    same(&first, &second);
    assert_eq!(again[DIGEST], written[DIGEST]);

    // beside itself: another tenant, whose rows have the same ids
    let copied = here
        .rapport(&["tenant", "import", text(&first), "--slug", "copy"])
        .await;
    assert_eq!(copied["new_channel_keys"], 1, "{copied}");
    assert_eq!(copied["without_password"].as_array().map(Vec::len), Some(0));
    let third = folder.path().join("third.zip");
    let beside = here.rapport(&["tenant", "export", "copy", text(&third)]).await;
    same(&first, &third);
    assert_eq!(beside[DIGEST], written[DIGEST]);
}

/// Names the first entry that differs, where there is one.
fn same(one: &Path, other: &Path) {
    let (one, other) = (entries(one), entries(other));
    for (name, bytes) in one.iter().filter(|(name, _)| *name != "manifest.json") {
        let theirs = other.get(name).map(|bytes| String::from_utf8_lossy(bytes));
        assert_eq!(theirs, Some(String::from_utf8_lossy(bytes)), "{name}");
    }
    assert_eq!(one.len(), other.len());
}

/// A PNG, as far as its header goes.
const PICTURE: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x40\0\0\0\x40\x08\x06\0\0\0crc!\0\0\0\0IENDcrc!";

#[tokio::test]
async fn a_workspace_moves_with_its_people_its_talk_and_its_files() {
    require_runtime!();
    let here = server().start().await;
    let tenant = here.tenant("Moving").await;
    let password = here.user(&tenant, "ana@example.com", "owner").await;
    let upload = tenant.api.post("/api/v1/assets?filename=face.png&purpose=avatar");
    let picture = upload.body("image/png", PICTURE).expect(201).await;
    tenant
        .configure(&json!({"settings": {"avatar_url": picture["url"]}}))
        .await;
    tenant.teach("Do you ship to Belgium?", "Yes, in two days.").await;
    let visitor = tenant.visitor().await;
    visitor.say("Do you ship to Belgium?").await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("moving.zip");
    here.rapport(&["tenant", "export", &tenant.slug, text(&file)])
        .await;

    let there = elsewhere().await;
    let taken_in = there.rapport(&["tenant", "import", text(&file)]).await;
    assert_eq!(taken_in["without_password"], json!(["ana@example.com"]));
    let refused = there.api.post("/api/v1/session");
    let signing_in = json!({"email": "ana@example.com", "password": password});
    refused.json(&signing_in).expect(401).await;
    there
        .rapport_with_input(&["user", "password", "ana@example.com"], password)
        .await;
    let ana = there.api.sign_in("ana@example.com", password).await;
    let path = format!("/api/v1/conversations/{}/messages", visitor.conversation_id);
    let messages = ana.get(&path).expect(200).await.to_string();
    assert!(messages.contains("Yes, in two days."), "{messages}");
    // whoever has the script tag goes on with it, and sees the picture under an address of this installation
    let newcomer = Visitor::start(&there.api, &tenant.channel_key, &json!({})).await;
    let answer = newcomer.say("Do you ship to Belgium?").await;
    assert!(answer.to_string().contains("Yes, in two days."), "{answer}");
    let channels = ana.get("/api/v1/channels").expect(200).await;
    let address = channels["items"][0]["settings"]["avatar_url"]
        .as_str()
        .expect("an address");
    assert_ne!(address, picture["url"].as_str().expect("an address"));
    assert_eq!(there.api.get(address).send().await.body, PICTURE);
    let log = ana
        .get("/api/v1/audit-log?action=workspace_imported")
        .expect(200)
        .await;
    assert_eq!(log["items"].as_array().map(Vec::len), Some(1), "{log}");
}

#[tokio::test]
async fn what_is_damaged_taken_or_there_already_changes_nothing() {
    require_runtime!();
    let server = server().start().await;
    filled(&server, "filled").await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("filled.zip");
    server.rapport(&["tenant", "export", "filled", text(&file)]).await;
    let again = server
        .try_rapport(&["tenant", "export", "filled", text(&file)], "")
        .await;
    assert!(said(&again).contains("is there already"), "{}", said(&again));

    let refused = async |file: &Path, slug: &str, because: &str| {
        let output = server
            .try_rapport(&["tenant", "import", text(file), "--slug", slug], "")
            .await;
        assert!(!output.status.success());
        assert!(said(&output).contains(because), "{}", said(&output));
        let tenants = server.rapport(&["tenant", "list"]).await;
        assert_eq!(tenants["tenants"].as_array().map(Vec::len), Some(1), "{tenants}");
    };
    refused(&file, "filled", "--slug").await;
    refused(&file, "Not a name", "small letters").await;
    let whole = fs::read(&file).expect("the archive");
    let torn = folder.path().join("torn.zip");
    fs::write(&torn, &whole[..whole.len() / 2]).expect("half of it");
    refused(&torn, "copy", "not a whole archive").await;
    let changed = folder.path().join("changed.zip");
    rewrite(&file, &changed, |name, bytes| match name {
        "data/contacts.jsonl" => bytes.replace("generated", "forged"),
        _ => bytes,
    });
    refused(&changed, "copy", "not what was written").await;
    let newer = folder.path().join("newer.zip");
    rewrite(&file, &newer, |name, bytes| match name {
        "manifest.json" => bytes.replace("\"schema\": ", "\"schema\": 9"),
        _ => bytes,
    });
    refused(&newer, "copy", "newer Rapport").await;
}

/// The archive with other bytes in some of its entries.
fn rewrite(file: &Path, target: &Path, change: impl Fn(&str, String) -> String) {
    let mut zip = ZipWriter::new(fs::File::create(target).expect("a file"));
    for (name, bytes) in entries(file) {
        zip.start_file(name.as_str(), SimpleFileOptions::default())
            .expect("an entry");
        let bytes = change(&name, String::from_utf8(bytes).expect("text"));
        zip.write_all(bytes.as_bytes()).expect("its bytes");
    }
    zip.finish().expect("the archive");
}
