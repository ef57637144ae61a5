//! Answers that end something, sending once more, and a server that dies in between.

use serde_json::json;
use testkit::{Receiver, Reply, require_runtime};

use super::{Hook, id};
use crate::quick_tenant;
use crate::support::server;

#[tokio::test]
async fn who_answers_gone_is_not_called_again() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let receiver = Receiver::start().await;
    let hook = Hook::make(&tenant, &receiver, &["conversation.created"]).await;
    receiver.reply(Reply::Status(410));
    tenant.visitor().await.say("Hello").await;
    receiver.next().await;
    let over = hook.after_attempts(1).await;
    assert_eq!(
        (&over["delivery"]["status"], &over["delivery"]["error"]),
        (&json!("failed"), &json!("gone"))
    );
    let off = hook.show().await;
    assert_eq!(
        (&off["is_enabled"], &off["disabled_reason"]),
        (&json!(false), &json!("gone"))
    );
    assert_eq!(hook.audit().await[0]["action"], "webhook_disabled");
    tenant.visitor().await.say("Hello").await;
    assert_eq!(hook.deliveries().await.len(), 1);
    receiver.reply(Reply::Status(200));
    let on = hook.change(json!({"is_enabled": true})).await;
    assert_eq!(
        (&on["disabled_reason"], &on["failing_since"]),
        (&json!(null), &json!(null))
    );
    tenant.visitor().await.say("Hello").await;
    receiver.next().await;
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_leads_nowhere() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let (receiver, elsewhere) = (Receiver::start().await, Receiver::start().await);
    let hook = Hook::make(&tenant, &receiver, &["message.created"]).await;
    for status in [301, 302, 307, 308] {
        receiver.reply(Reply::With(status, "location", elsewhere.url()));
        let tested = tenant.api.post(&hook.path("/test")).expect(200).await;
        let told = (
            &tested["delivery"]["error"],
            &tested["attempts"][0]["response_status"],
        );
        assert_eq!(told, (&json!("redirect"), &json!(status)));
    }
    assert!(elsewhere.rest().await.is_empty());
}

#[tokio::test]
async fn a_replay_is_the_same_event_again() {
    require_runtime!();
    let server = server().start().await;
    let (tenant, other) = (quick_tenant(&server).await, quick_tenant(&server).await);
    let receiver = Receiver::start().await;
    let hook = Hook::make(&tenant, &receiver, &["conversation.created"]).await;
    tenant.visitor().await.say("Hello").await;
    let first = receiver.next().await;
    let delivered = hook.after_attempts(1).await;
    assert_eq!(delivered["delivery"]["status"], "delivered");
    assert_eq!(
        delivered["body"].as_str().map(str::as_bytes),
        Some(&first.body[..])
    );
    assert_eq!(delivered["delivery"]["webhook_id"], first.id());
    let path = format!("/api/v1/webhook-deliveries/{}/replay", id(&delivered["delivery"]));
    other.api.post(&path).send().await.problem(404, "not_found");
    tenant.api.post(&path).expect(200).await;
    let again = receiver.next().await;
    assert_eq!((again.id(), &again.body), (first.id(), &first.body));
    assert!(again.is_signed_with(&hook.secret));
    let log = hook.after_attempts(2).await;
    assert_eq!(
        (&log["delivery"]["status"], &log["delivery"]["attempt_count"]),
        (&json!("delivered"), &json!(1))
    );
}

#[tokio::test]
async fn what_a_killed_server_was_telling_is_told_again_under_the_same_id() {
    require_runtime!();
    let mut server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let receiver = Receiver::start().await;
    let hook = Hook::make(&tenant, &receiver, &["conversation.created"]).await;
    receiver.reply(Reply::Nothing);
    tenant.visitor().await.say("Hello").await;
    let first = receiver.next().await;
    server.kill().await;
    receiver.reply(Reply::Status(200));
    server.start_again().await;
    let again = receiver.next().await;
    assert_eq!((again.id(), &again.body), (first.id(), &first.body));
    let log = hook.after_attempts(1).await;
    assert_eq!(log["delivery"]["status"], "delivered");
}
