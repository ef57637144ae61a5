//! Conversations that are not needed any more: counted first, then deleted, and never more than was told.

use serde_json::{Value, json};
use testkit::{Tenant, Visitor, require_runtime};

use crate::support::server;

const BULK: &str = "/api/v1/conversations/bulk-delete";

async fn bulk(tenant: &Tenant, body: Value) -> Value {
    tenant.api.post(BULK).json(&body).expect(200).await
}

async fn left(tenant: &Tenant) -> Vec<String> {
    let list = tenant.api.get("/api/v1/conversations?view=all").expect(200).await;
    let ids = list["items"].as_array().expect("a list").iter();
    ids.map(|one| one["id"].as_str().expect("an id").to_owned())
        .collect()
}

async fn resolve(tenant: &Tenant, visitor: &Visitor) {
    let path = format!("/api/v1/conversations/{}", visitor.conversation_id);
    let patch = json!({"status": "resolved"});
    tenant.api.patch(&path).json(&patch).expect(200).await;
}

#[tokio::test]
async fn what_fitted_when_it_was_counted_goes_and_nothing_else() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let (old, touched, open) = (
        tenant.visitor().await,
        tenant.visitor().await,
        tenant.visitor().await,
    );
    for visitor in [&old, &touched, &open] {
        visitor.say("Where is the shop?").await;
    }
    resolve(&tenant, &old).await;
    resolve(&tenant, &touched).await;
    let filter = json!({"status": "resolved"});
    let told = bulk(&tenant, json!({"filter": filter, "dry_run": true})).await;
    assert_eq!(
        (&told["conversations"], &told["messages"]),
        (&json!(2), &json!(4)),
        "{told}"
    );
    assert_eq!(left(&tenant).await.len(), 3, "a dry run deletes nothing");
    let none = json!({"filter": {"quiet_since": "2020-01-01T00:00:00Z"}, "dry_run": true});
    assert_eq!(bulk(&tenant, none).await["conversations"], 0);

    let refused = async |body: Value, status, code| {
        tenant
            .api
            .post(BULK)
            .json(&body)
            .send()
            .await
            .problem(status, code);
    };
    refused(json!({"filter": filter}), 422, "not_confirmed").await;
    let fewer = json!({"filter": filter, "seen_at": told["seen_at"], "at_most": 1});
    refused(fewer, 409, "more_than_told").await;

    // was told, and is needed again; and one that fits by now, and was not told
    touched.say("And when does it open?").await;
    resolve(&tenant, &touched).await;
    resolve(&tenant, &open).await;
    let confirmed = json!({"filter": filter, "seen_at": told["seen_at"], "at_most": told["conversations"]});
    let gone = bulk(&tenant, confirmed).await;
    assert_eq!(
        (&gone["conversations"], &gone["messages"]),
        (&json!(1), &json!(2)),
        "{gone}"
    );
    let left = left(&tenant).await;
    assert!(!left.contains(&old.conversation_id.to_string()), "{left:?}");
    assert!(left.contains(&touched.conversation_id.to_string()), "{left:?}");
    assert!(left.contains(&open.conversation_id.to_string()), "{left:?}");
    assert_eq!(
        old.history().await["messages"],
        json!([]),
        "the visitor begins anew"
    );
    let log = tenant.api.get("/api/v1/audit-log").expect(200).await;
    assert_eq!(log["items"][0]["action"], "conversations_deleted", "{log}");
    assert_eq!(log["items"][0]["details"], json!({"conversations": 1}), "{log}");
}

#[tokio::test]
async fn only_who_manages_the_workspace_deletes_and_only_in_their_own() {
    require_runtime!();
    let server = server().start().await;
    let (ours, theirs) = (
        crate::quick_tenant(&server).await,
        crate::quick_tenant(&server).await,
    );
    let visitor = theirs.visitor().await;
    visitor.say("Where is the shop?").await;
    let agent = server.member(&ours, "ana@shop.example", "agent").await;
    let dry = json!({"dry_run": true});
    agent
        .post(BULK)
        .json(&dry)
        .send()
        .await
        .problem(403, "permission_missing");
    let told = bulk(&ours, dry).await;
    assert_eq!(told["conversations"], 0);
    let channels = theirs.api.get("/api/v1/channels").expect(200).await;
    let filter = json!({"channel_id": channels["items"][0]["id"]});
    let confirmed = json!({"filter": filter, "seen_at": told["seen_at"], "at_most": 100});
    assert_eq!(bulk(&ours, confirmed).await["conversations"], 0);
    assert_eq!(left(&theirs).await.len(), 1);
}
