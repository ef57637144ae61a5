//! Files that other help desks give out.

use serde_json::{Value, json};
use testkit::{Server, Tenant, require_runtime};

use crate::old::{problems, sum};
use crate::support::{dump, server};

async fn import(server: &Server, tenant: &Tenant, kind: &str, text: &str, more: &[&str]) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("export.json");
    std::fs::write(&file, text).expect("a file");
    let mut arguments = vec![
        "import",
        kind,
        "--file",
        file.to_str().expect("a path"),
        "--tenant",
        &tenant.slug,
    ];
    arguments.extend(more);
    server.rapport(&arguments).await
}

/// What the inbox shows of the conversation of this contact: sender and text of each message.
async fn said(tenant: &Tenant, contact: &str) -> Vec<(String, String)> {
    let list = tenant
        .api
        .get("/api/v1/conversations?status=all&limit=200")
        .expect(200)
        .await;
    let items = list["items"].as_array().expect("a list");
    let found = items.iter().find(|item| item["contact"]["name"] == contact);
    let id = found.unwrap_or_else(|| panic!("{contact}: {list}"))["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let messages = tenant
        .api
        .get(&format!("/api/v1/conversations/{id}/messages"))
        .expect(200)
        .await;
    let items = messages["items"].as_array().expect("messages").iter();
    items
        .map(|message| {
            let text = |key: &str| message[key].as_str().unwrap_or_default().to_owned();
            (text("sender_type"), text("text"))
        })
        .collect()
}

fn lines(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected
        .iter()
        .map(|(sender, text)| ((*sender).to_owned(), (*text).to_owned()))
        .collect()
}

fn chatwoot() -> Value {
    json!({"data": {"meta": {"all_count": 1}, "payload": [{
        "id": 100, "inbox_id": 3, "status": "open", "created_at": 1_700_000_000, "labels": ["urgent", "billing"],
        "meta": {"sender": {"id": 10, "name": "Alice Moreau", "email": "alice@example.com", "phone_number": "+33102030405"}},
        "custom_attributes": {"plan": "gold"},
        "messages": [
            {"id": 1, "content": "OÃ¹ est ma commande ?", "message_type": 0, "created_at": 1_700_000_000, "private": false,
                "sender": {"id": 10, "name": "Alice Moreau", "type": "contact"}},
            {"id": 2, "content": "Client is important", "message_type": 1, "created_at": 1_700_000_050, "private": true,
                "sender": {"name": "Bob", "type": "user"}},
            {"id": 3, "content": "It left today.", "message_type": 1, "created_at": 1_700_000_100, "private": false,
                "sender": {"name": "Bob", "type": "user"}},
            {"id": 4, "content": null, "message_type": 0, "created_at": 1_700_000_200,
                "attachments": [{"data_url": "https://files.example/photo.png"}]}
        ]
    }]}})
}

#[tokio::test]
async fn conversations_of_other_help_desks_come_in_once() {
    require_runtime!();
    let server = server().start().await;
    let shop = server.tenant("Shop").await;
    chatwoot_comes_in(&server, &shop).await;
    intercom_comes_in(&server, &shop).await;
    crisp_comes_in(&server, &shop).await;
    tidio_comes_in(&server, &shop).await;
    let channels = shop.api.get("/api/v1/channels").expect(200).await;
    let items = channels["items"].as_array().expect("channels");
    let imported = items.iter().filter(|channel| {
        channel["name"]
            .as_str()
            .is_some_and(|name| name.ends_with("(imported)"))
    });
    let states: Vec<&Value> = imported.map(|channel| &channel["is_active"]).collect();
    assert_eq!(states, [&json!(false); 4], "{channels}");
}

async fn chatwoot_comes_in(server: &Server, shop: &Tenant) {
    let mut owner = server.owner().await;
    let before = dump(&mut owner, shop.id).await;
    let plan = import(server, shop, "chatwoot", &chatwoot().to_string(), &["--dry-run"]).await;
    assert_eq!(
        (sum(&plan, "created"), problems(&plan)),
        (1, String::new()),
        "{plan}"
    );
    assert_eq!(
        dump(&mut owner, shop.id).await,
        before,
        "a dry run writes nothing"
    );
    import(server, shop, "chatwoot", &chatwoot().to_string(), &[]).await;
    let expected = [
        ("user", "Où est ma commande ?"),
        ("agent", "It left today."),
        ("user", ""),
    ];
    assert_eq!(said(shop, "Alice Moreau").await, lines(&expected));
    let once = dump(&mut owner, shop.id).await;
    let again = import(server, shop, "chatwoot", &chatwoot().to_string(), &[]).await;
    assert_eq!(
        (sum(&again, "unchanged"), sum(&again, "created")),
        (1, 0),
        "{again}"
    );
    assert_eq!(
        dump(&mut owner, shop.id).await,
        once,
        "the same again changes nothing"
    );
    let rows = shop
        .api
        .get("/api/v1/import-rows?source_table=conversations&source_id=100")
        .expect(200)
        .await;
    assert_eq!(
        rows["items"][0]["left_over"]["custom_attributes"]["plan"], "gold",
        "{rows}"
    );
    let notes = serde_json::to_string(&once["conversation_notes"]).expect("JSON");
    assert!(notes.contains("Client is important"), "{notes}");

    // a later file has one more message
    let mut later = chatwoot();
    let messages = later["data"]["payload"][0]["messages"]
        .as_array_mut()
        .expect("messages");
    messages.push(json!({"id": 5, "content": "Merci !", "message_type": 0, "created_at": 1_700_000_300}));
    let report = import(server, shop, "chatwoot", &later.to_string(), &[]).await;
    assert_eq!(sum(&report, "updated"), 1, "{report}");
    assert_eq!(said(shop, "Alice Moreau").await.len(), 4);
}

async fn intercom_comes_in(server: &Server, shop: &Tenant) {
    let export = json!({"type": "conversation.list", "conversations": [{
        "type": "conversation", "id": "9", "created_at": 1_700_001_000, "state": "closed",
        "source": {"id": "1", "body": "<p>Do you ship to Spain?</p>", "author": {"type": "lead", "id": "l1", "name": "Marie Curie"}},
        "contacts": {"contacts": [{"type": "contact", "id": "l1"}]}, "tags": {"tags": [{"name": "shipping"}]},
        "conversation_parts": {"conversation_parts": [
            {"id": "2", "part_type": "assignment", "body": null, "created_at": 1_700_001_005, "author": {"type": "bot", "id": "b"}},
            {"id": "3", "part_type": "comment", "body": "<p>Yes, in 3 &amp; 4 days.</p>", "created_at": 1_700_001_010,
                "author": {"type": "admin", "id": "a", "name": "Tom"}}
        ]}
    }]});
    let report = import(server, shop, "intercom", &export.to_string(), &[]).await;
    assert_eq!(problems(&report), "");
    let expected = [
        ("user", "Do you ship to Spain?"),
        ("agent", "Yes, in 3 & 4 days."),
    ];
    assert_eq!(said(shop, "Marie Curie").await, lines(&expected));
}

/// Messages by themselves, one a line.
async fn crisp_comes_in(server: &Server, shop: &Tenant) {
    let message = |fingerprint: u64, from: &str, text: &str| {
        let user = if from == "user" { "Paul Durand" } else { "Support" };
        json!({"session_id": "session_1", "from": from, "type": "text", "content": text, "timestamp": 1_700_002_000_000_u64 + fingerprint,
            "fingerprint": fingerprint, "user": {"nickname": user}})
        .to_string()
    };
    let text = [
        message(1, "user", "Hello?"),
        message(2, "operator", "Hello Paul."),
    ]
    .join("\n");
    import(server, shop, "crisp", &text, &[]).await;
    assert_eq!(
        said(shop, "Paul Durand").await,
        lines(&[("user", "Hello?"), ("agent", "Hello Paul.")])
    );
}

async fn tidio_comes_in(server: &Server, shop: &Tenant) {
    let export = json!([{"id": "t1", "contact": {"id": "7c", "name": "Zoé Petit", "email": "zoe@example.com"}, "messages": [
        {"id": "m1", "author_type": "contact", "content": "Is it in stock?", "created_at": "2024-01-02T03:04:05Z"},
        {"id": "m2", "author_type": "bot", "content": "Yes.", "created_at": "2024-01-02T03:04:06Z"}
    ]}]);
    import(server, shop, "tidio", &export.to_string(), &[]).await;
    assert_eq!(
        said(shop, "Zoé Petit").await,
        lines(&[("user", "Is it in stock?"), ("ai", "Yes.")])
    );
}
