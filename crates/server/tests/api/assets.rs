//! Files that people upload: what is taken, who may send and see it, and when it goes.

use serde_json::{Value, json};
use testkit::{Answer, Api, Visitor, require_runtime};

use crate::support::server;

/// A PNG of this size, as far as its header goes.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend(b"\x08\x06\0\0\0crc!\0\0\0\0IENDcrc!");
    bytes
}

async fn upload(api: &Api, path: &str, bytes: impl Into<Vec<u8>>) -> Answer {
    api.post(path).body("image/png", bytes).send().await
}

async fn say(visitor: &Visitor, text: &str, attachment: &Value) -> Answer {
    let id = uuid::Uuid::now_v7().to_string();
    let body = json!({"client_message_id": id, "text": text, "attachment_id": attachment["id"]});
    visitor
        .api
        .post(&visitor.path("messages"))
        .json(&body)
        .send()
        .await
}

#[tokio::test]
async fn a_file_goes_with_one_message_of_its_uploader_and_vanishes_with_the_conversation() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let visitor = tenant.visitor().await;
    let uploads = visitor.path("uploads?filename=..%2FMy%20table.svg");
    upload(&visitor.api, &uploads, png(40, 30))
        .await
        .problem(403, "uploads_disabled");
    tenant
        .configure(&json!({"settings": {"uploads_enabled": true}}))
        .await;

    let file = upload(&visitor.api, &uploads, png(40, 30)).await.expect(201);
    assert_eq!(
        (&file["name"], &file["mime_type"], &file["width"], &file["height"]),
        (
            &json!("My table.png"),
            &json!("image/png"),
            &json!(40),
            &json!(30)
        )
    );
    let other = tenant.visitor().await;
    say(&other, "mine now", &file)
        .await
        .problem(422, "bad_attachment");
    let said = say(&visitor, "", &file).await.expect(200);
    assert_eq!(said["message"]["attachment"], file);
    let reply = said["answer"]["text"].as_str().expect("a reply");
    assert!(reply.contains("cannot look into files"), "{reply}");
    say(&visitor, "again", &file).await.problem(422, "bad_attachment");
    assert_eq!(visitor.history().await["messages"][0]["attachment"], file);

    let list = tenant.api.get("/api/v1/conversations").expect(200).await;
    let conversation = list["items"][0]["id"].as_str().expect("a conversation");
    let thread = format!("/api/v1/conversations/{conversation}/messages");
    let body = json!({"client_message_id": "r1", "text": "", "attachment_id": file["id"]});
    tenant
        .api
        .post(&thread)
        .json(&body)
        .send()
        .await
        .problem(422, "bad_attachment");
    let terms = upload(&tenant.api, "/api/v1/assets?filename=terms.pdf", "%PDF-1.7 x")
        .await
        .expect(201);
    let body = json!({"client_message_id": "r2", "text": "", "attachment_id": terms["id"]});
    let replied = tenant.api.post(&thread).json(&body).expect(201).await;
    assert_eq!(replied["attachment"], terms);
    let again = tenant.api.post(&thread).json(&body).expect(201).await;
    assert_eq!(again["id"], replied["id"]);
    let list = tenant.api.get("/api/v1/conversations").expect(200).await;
    assert_eq!(list["items"][0]["last_message_preview"], "[file: terms.pdf]");

    let nobody = server.api.without_credential();
    let url = terms["url"].as_str().expect("an address");
    let served = nobody.get(url).send().await;
    assert_eq!(served.body, b"%PDF-1.7 x");
    for (header, value) in [
        ("content-type", "application/pdf"),
        ("content-disposition", "attachment; filename*=UTF-8''terms.pdf"),
        ("x-content-type-options", "nosniff"),
        (
            "content-security-policy",
            "default-src 'none'; sandbox; frame-ancestors 'none'",
        ),
        ("cache-control", "private, max-age=86400, immutable"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(served.header(header), Some(value), "{header}");
    }
    nobody
        .get(&url.replacen("/assets/A", "/assets/B", 1))
        .send()
        .await
        .problem(404, "not_found");

    let mut owner = server.owner().await;
    sqlx::query("delete from conversations")
        .execute(&mut owner)
        .await
        .expect("erased");
    nobody.get(url).send().await.problem(404, "not_found");
}

#[tokio::test]
async fn an_avatar_is_a_small_image_that_only_who_manages_channels_may_set() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let path = "/api/v1/assets?purpose=avatar&filename=me.png";
    for (bytes, status, code) in [
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
            422,
            "type_not_allowed",
        ),
        (
            b"<!doctype html><script>alert(1)</script>".to_vec(),
            422,
            "type_not_allowed",
        ),
        (
            [png(8, 8), b"<script>".to_vec()].concat(),
            422,
            "type_not_allowed",
        ),
        (vec![0; 2 * 1024 * 1024 + 1], 413, "file_too_large"),
        (vec![0; 12 * 1024 * 1024], 413, "body_too_large"),
        (png(9000, 8), 422, "image_too_large"),
    ] {
        upload(&tenant.api, path, bytes).await.problem(status, code);
    }
    let agent = server.member(&tenant, "agent@shop.example", "agent").await;
    upload(&agent, path, png(8, 8))
        .await
        .problem(403, "permission_missing");
    let avatar = upload(&tenant.api, path, png(8, 8)).await.expect(201);
    let settings = json!({"settings": {"avatar_url": avatar["url"]}});
    tenant.configure(&settings).await;
    let seen = server
        .api
        .get(&format!("/api/widget/{}", tenant.channel_key))
        .expect(200)
        .await;
    assert_eq!(seen["avatar_url"], avatar["url"]);
    let served = server
        .api
        .get(avatar["url"].as_str().expect("an address"))
        .send()
        .await;
    assert_eq!(served.header("content-type"), Some("image/png"));
    assert_eq!(
        served.header("cache-control"),
        Some("public, max-age=31536000, immutable")
    );
    assert_eq!(
        served.header("cross-origin-resource-policy"),
        Some("cross-origin")
    );
}
