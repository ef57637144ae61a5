//! What a channel's bot may do.

use serde_json::json;
use testkit::{Method, require_runtime};

use super::Shop;
use crate::support::server;

#[tokio::test]
async fn permissions_begin_safe_and_what_cannot_be_taken_back_is_never_allowed() {
    require_runtime!();
    let server = server().start().await;
    let shop = Shop::open(&server, "Shop").await;
    let path = format!("/api/v1/channels/{}/tools", shop.channel);
    let api = &shop.tenant.api;
    let permissions = async || {
        let list = api.get(&path).expect(200).await;
        let items = list["items"].as_array().expect("a list").clone();
        let pairs = items.iter().map(|item| {
            let text = |name: &str| item[name].as_str().expect("a text").to_owned();
            (text("tool"), text("permission"))
        });
        pairs.collect::<Vec<_>>()
    };
    let usual = [
        ("find_order", "allowed"),
        ("offer_booking", "allowed"),
        ("capture_lead", "allowed"),
        ("escalate", "allowed"),
        ("tag", "off"),
        ("cancel_order", "off"),
    ];
    let usual = usual.map(|(tool, permission)| (tool.to_owned(), permission.to_owned()));
    assert_eq!(permissions().await, usual);

    let put = |items: serde_json::Value| api.call(Method::PUT, &path).json(&json!({"items": items}));
    put(json!([{"tool": "cancel_order", "permission": "allowed"}]))
        .send()
        .await
        .problem(422, "irreversible_tool");
    put(json!([{"tool": "tag", "permission": "ask"}, {"tool": "tag", "permission": "off"}]))
        .send()
        .await
        .problem(422, "tool_twice");
    assert_eq!(
        put(json!([{"tool": "drop_tables", "permission": "ask"}]))
            .send()
            .await
            .status,
        422
    );
    assert_eq!(permissions().await, usual);
    let agent = server.member(&shop.tenant, "kim@shop.example", "agent").await;
    let body = json!({"items": [{"tool": "tag", "permission": "ask"}]});
    agent
        .call(Method::PUT, &path)
        .json(&body)
        .send()
        .await
        .problem(403, "permission_missing");
    let other = Shop::open(&server, "Other").await;
    other.tenant.api.get(&path).send().await.problem(404, "not_found");
    let call = other.tenant.api.call(Method::PUT, &path).json(&body);
    call.send().await.problem(404, "not_found");

    put(json!([{"tool": "cancel_order", "permission": "ask"}, {"tool": "find_order", "permission": "off"}]))
        .expect(200)
        .await;
    let now = permissions().await;
    assert_eq!((now[0].1.as_str(), now[5].1.as_str()), ("off", "ask"));
    let audit = api.get("/api/v1/audit-log").expect(200).await;
    let entry = &audit["items"][0];
    assert_eq!(entry["action"], "channel_tools_changed", "{audit:#}");
    assert_eq!(
        entry["details"]["tools"],
        json!({"from": {"cancel_order": "off", "find_order": "allowed"}, "to": {"cancel_order": "ask", "find_order": "off"}})
    );
    // what is left out has its default again
    put(json!([])).expect(200).await;
    assert_eq!(permissions().await, usual);
}
