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
    assert_eq!(embedder(&tenant).await["waiting"], 1);

    let change = tenant.api.call(Method::PUT, "/api/v1/knowledge/embedder");
    change.json(&json!({"kind": "local"})).expect(200).await;
    until_it_serves(&tenant).await;
    let now = embedder(&tenant).await;
    assert_eq!(
        (&now["current"]["kind"], &now["waiting"], &now["waiting_next"]),
        (&json!("local"), &json!(0), &json!(0))
    );
}
