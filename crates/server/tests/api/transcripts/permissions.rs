//! Past chats and backtests quote visitors: they are for those who may read conversations.

use serde_json::json;
use testkit::{Server, require_runtime};

use crate::support::server;

#[tokio::test]
async fn who_may_not_read_conversations_reads_none_here() {
    require_runtime!();
    let server: Server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let owner = server.member(&tenant, "owner@shop.example", "owner").await;
    let body = json!({"name": "Sync", "scopes": ["knowledge:read", "knowledge:write"]});
    let made = owner.post("/api/v1/api-keys").json(&body).expect(201).await;
    let key = owner.with_bearer(made["key"].as_str().expect("a key"));
    key.get("/api/v1/qa-proposals")
        .send()
        .await
        .problem(403, "permission_missing");
    key.post("/api/v1/transcripts/resolved")
        .send()
        .await
        .problem(403, "permission_missing");
    let chat = "Marie: Do you ship?\nAnna: Yes, everywhere.\nMarie: Thanks\nAnna: Bye\n";
    let waiting = tenant.api.post("/api/v1/transcripts").body("text/plain", chat);
    let waiting = waiting.expect(202).await;
    let path = format!("/api/v1/transcripts/{}", waiting["id"].as_str().expect("an id"));
    assert!(
        tenant
            .api
            .get(&path)
            .expect(200)
            .await
            .to_string()
            .contains("Do you ship?")
    );
    let list = key.get("/api/v1/transcripts").expect(200).await;
    assert!(list["items"][0]["id"] == waiting["id"] && !list.to_string().contains("Do you ship?"));
    let draft = tenant
        .api
        .post("/api/v1/drafts")
        .json(&json!({"title": "New"}))
        .expect(201)
        .await;
    let backtest = format!("/api/v1/drafts/{}/backtest", draft["id"].as_str().expect("an id"));
    let start = key
        .post(&format!("{path}/start"))
        .json(&json!({"business": ["Anna"]}));
    for call in [key.get(&path), start, key.get(&backtest), key.post(&backtest)] {
        call.send().await.problem(403, "permission_missing");
    }
}
