//! The choice of embedding model: what is refused, and what becomes of texts while it changes.

use serde_json::{Value, json};
use testkit::fake::{FakeProvider, Reply};
use testkit::{Method, Provider, Tenant, require_runtime};

use crate::evaluation::{embed_by_another_model_of, until_it_serves};
use crate::quick_tenant;
use crate::support::server;

async fn embedder(tenant: &Tenant) -> Value {
    tenant.api.get("/api/v1/knowledge/embedder").expect(200).await
}

/// Follows the live stream until the state of embedding is as wanted.
async fn until(tenant: &Tenant, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut events = tenant.api.get("/api/v1/events").stream().await;
    loop {
        let state = embedder(tenant).await;
        if wanted(&state) {
            return state;
        }
        events
            .next()
            .await
            .expect("an event when embedding goes on or fails");
    }
}

#[tokio::test]
async fn a_change_that_fails_says_why_and_can_be_given_up() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant.teach("Where is the shop?", "In Ghent.").await;
    let provider = FakeProvider::start().await;
    // it answers while it is chosen, and no more
    provider.reply(Reply::status(401));
    provider.reply_next([Reply::text(""), Reply::text("")]);
    let choice = json!({"kind": "endpoint", "base_url": provider.base_url(Provider::OpenAi).as_str(), "model": "other"});
    let change = tenant.api.call(Method::PUT, "/api/v1/knowledge/embedder");
    change.json(&choice).expect(200).await;

    let failed = until(&tenant, |state| state["failure"].is_object()).await;
    let reason = failed["failure"]["reason"].to_string();
    assert!(reason.contains("does not accept the API key"), "{failed}");
    assert_eq!(failed["failure"]["is_tried_again"], true);
    assert_eq!(
        (&failed["next"]["model"], &failed["current"]["kind"]),
        (&json!("other"), &json!("local"))
    );
    assert_eq!(
        (&failed["texts"], &failed["waiting_next"]),
        (&json!(1), &json!(1))
    );

    tenant
        .api
        .delete("/api/v1/knowledge/embedder/next")
        .expect(204)
        .await;
    let now = embedder(&tenant).await;
    assert_eq!(
        (&now["next"], &now["failure"], &now["waiting"]),
        (&json!(null), &json!(null), &json!(0))
    );
    assert!(
        tenant
            .ask("Where is the shop?")
            .await
            .to_string()
            .contains("In Ghent.")
    );
}

#[tokio::test]
async fn a_model_that_answers_no_more_can_be_left() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant.teach("Where is the shop?", "In Ghent.").await;
    let provider = FakeProvider::start().await;
    embed_by_another_model_of(&tenant, &provider).await;
    provider.reply(Reply::status(401));
    tenant.teach("When do you open?", "At nine.").await;
    let failed = until(&tenant, |state| state["failure"].is_object()).await;
    assert_eq!((&failed["waiting"], &failed["next"]), (&json!(1), &json!(null)));

    let change = tenant.api.call(Method::PUT, "/api/v1/knowledge/embedder");
    change.json(&json!({"kind": "local"})).expect(200).await;
    until_it_serves(&tenant).await;
    let now = embedder(&tenant).await;
    assert_eq!(
        (&now["current"]["kind"], &now["waiting"], &now["failure"]),
        (&json!("local"), &json!(0), &json!(null))
    );
}

#[tokio::test]
async fn vectors_that_cannot_be_kept_or_say_nothing_are_refused() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let provider = FakeProvider::start().await;
    let mut choice = json!({"kind": "endpoint", "base_url": provider.base_url(Provider::OpenAi).as_str(), "model": "other"});
    for (vector, status, code) in [
        (vec![0.5; 20_000], 422, "vectors_too_long"),
        (vec![0.0; 8], 503, "unavailable"),
        (vec![1e30; 8], 503, "unavailable"),
    ] {
        let answer = json!({"data": [{"index": 0, "embedding": vector}]}).to_string();
        provider.reply(Reply::raw("application/json", answer));
        let change = tenant.api.call(Method::PUT, "/api/v1/knowledge/embedder");
        change.json(&choice).send().await.problem(status, code);
    }
    provider.reply(Reply::text(""));
    choice["dimensions"] = json!(20_000);
    let change = tenant.api.call(Method::PUT, "/api/v1/knowledge/embedder");
    change.json(&choice).send().await.problem(422, "vectors_too_long");
    assert_eq!(embedder(&tenant).await["next"], json!(null));
}
