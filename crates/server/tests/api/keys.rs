//! API keys and roles: what each may do, and that neither a key nor a provider's secret is ever shown again.

use serde_json::{Value, json};
use testkit::{Api, Call, Method, Server, Tenant, require_runtime};

use crate::support::{dump, server};

/// One call for each permission, and the roles that have it.
#[rustfmt::skip]
const PROBES: [(&str, &str, &str, &str, &[&str]); 10] = [
    ("conversations:read", "GET", "/api/v1/conversations", "", &["owner", "admin", "agent", "viewer"]),
    ("conversations:write", "PATCH", "/api/v1/conversations/CONVERSATION", r#"{"ai_paused": true}"#, &["owner", "admin", "agent"]),
    ("knowledge:read", "GET", "/api/v1/qa-pairs", "", &["owner", "admin", "agent", "viewer"]),
    ("knowledge:write", "POST", "/api/v1/qa-pairs", r#"{"question": "Open?", "answer": "Yes."}"#, &["owner", "admin", "agent"]),
    ("ask", "POST", "/api/v1/ask", r#"{"question": "Open?"}"#, &["owner", "admin", "agent"]),
    ("crm:read", "GET", "/api/v1/crm/clients", "", &["owner", "admin", "agent", "viewer"]),
    ("crm:write", "POST", "/api/v1/crm/clients", r#"{"name": "NAME"}"#, &["owner", "admin", "agent"]),
    ("channels:manage", "POST", "/api/v1/channels", r#"{"name": "NAME"}"#, &["owner", "admin"]),
    ("credentials:manage", "GET", "/api/v1/llm-credentials", "", &["owner", "admin"]),
    ("api_keys:manage", "GET", "/api/v1/api-keys", "", &["owner", "admin"]),
];

#[tokio::test]
async fn a_key_does_what_its_scopes_say_until_it_is_revoked() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let visitor = tenant.visitor().await;
    visitor.say("thanks").await;
    let probes = Probes {
        conversation: visitor.conversation_id.to_string(),
    };
    for (scope, ..) in PROBES {
        let key = tenant.api.with_bearer(&make_key(&tenant, &[scope]).await.1);
        for (index, (needed, ..)) in PROBES.iter().enumerate() {
            probes.check(&key, index, scope == *needed).await;
        }
    }
    for role in ["owner", "admin", "agent", "viewer"] {
        let member = server
            .member(&tenant, &format!("{role}@shop.example"), role)
            .await;
        for (index, (_, _, _, _, roles)) in PROBES.iter().enumerate() {
            probes.check(&member, index, roles.contains(&role)).await;
        }
    }
    nobody_hands_out_more_than_they_have(&tenant).await;
    a_key_ends(&server, &tenant).await;
    a_key_is_renewed(&server, &tenant).await;
    who_renews_a_key_may_do_all_that_it_may(&tenant).await;
    an_old_secret_ends_with_whose_it_was(&server, &tenant).await;
    a_revoked_key_hears_nothing_more(&tenant).await;
    a_key_is_shown_once(&server, &tenant).await;
    a_providers_key_is_never_shown(&server, &tenant).await;
    nothing_is_done_in_a_suspended_tenant(&server, &tenant).await;
}

struct Probes {
    conversation: String,
}

impl Probes {
    async fn check(&self, caller: &Api, index: usize, is_allowed: bool) {
        let (scope, method, path, ..) = PROBES[index];
        let answer = self.call(caller, index).send().await;
        if is_allowed {
            assert!(
                (200..300).contains(&answer.status),
                "{method} {path}: {} {}",
                answer.status,
                answer.text()
            );
        } else {
            let problem = answer.problem(403, "permission_missing");
            assert!(
                problem["detail"]
                    .as_str()
                    .is_some_and(|detail| detail.contains(scope)),
                "{problem}"
            );
        }
    }

    fn call(&self, caller: &Api, index: usize) -> Call {
        let (_, method, path, body, _) = PROBES[index];
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let call = caller.call(method, &path.replace("CONVERSATION", &self.conversation));
        match body.replace("NAME", &uuid::Uuid::now_v7().to_string()) {
            body if body.is_empty() => call,
            body => call.json(&serde_json::from_str(&body).expect("JSON")),
        }
    }
}

/// Its id and the key.
async fn make_key(tenant: &Tenant, scopes: &[&str]) -> (String, String) {
    let body = json!({"name": "Test", "scopes": scopes});
    let made = tenant.api.post("/api/v1/api-keys").json(&body).expect(201).await;
    let text = |name: &str| made[name].as_str().expect("a text").to_owned();
    assert_eq!(made["scopes"], json!(scopes));
    (text("id"), text("key"))
}

async fn nobody_hands_out_more_than_they_have(tenant: &Tenant) {
    let keeper = tenant
        .api
        .with_bearer(&make_key(tenant, &["api_keys:manage", "ask"]).await.1);
    let ask_for = |scopes: Value| {
        keeper
            .post("/api/v1/api-keys")
            .json(&json!({"name": "More", "scopes": scopes}))
            .send()
    };
    ask_for(json!(["ask"])).await.expect(201);
    ask_for(json!(["ask", "credentials:manage"]))
        .await
        .problem(403, "permission_missing");
    ask_for(json!(["everything"])).await.problem(422, "unknown_scope");
}

async fn a_key_ends(server: &Server, tenant: &Tenant) {
    let (id, key) = make_key(tenant, &["knowledge:read"]).await;
    let caller = tenant.api.with_bearer(&key);
    caller.get("/api/v1/qa-pairs").expect(200).await;
    let path = format!("/api/v1/api-keys/{id}");
    tenant.api.delete(&path).expect(204).await;
    caller
        .get("/api/v1/qa-pairs")
        .send()
        .await
        .problem(401, "unauthenticated");
    tenant.api.delete(&path).send().await.problem(404, "not_found");
    let list = tenant.api.get("/api/v1/api-keys").expect(200).await;
    assert!(!list.to_string().contains(&id), "{list}");

    let past = json!({"name": "Old", "scopes": ["knowledge:read"], "expires_at": "2020-01-01T00:00:00Z"});
    let refused = tenant.api.post("/api/v1/api-keys").json(&past).send().await;
    refused.problem(422, "bad_expiry");
    let nothing = tenant
        .api
        .post("/api/v1/api-keys")
        .json(&json!({"name": "None", "scopes": []}));
    nothing.send().await.problem(422, "no_scopes");
    let body = json!({"name": "Old", "scopes": ["knowledge:read"], "expires_at": "2120-01-01T00:00:00Z"});
    let made = tenant.api.post("/api/v1/api-keys").json(&body).expect(201).await;
    let expired = tenant.api.with_bearer(made["key"].as_str().expect("a key"));
    expired.get("/api/v1/qa-pairs").expect(200).await;
    sqlx::query(
        "update api_keys set expires_at = now() - interval '1 second' where tenant_id = $1 and name = 'Old'",
    )
    .bind(tenant.id)
    .execute(&mut server.owner().await)
    .await
    .expect("time passes");
    let problem = expired.get("/api/v1/qa-pairs").send().await;
    let problem = problem.problem(401, "api_key_expired");
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains("expired on")),
        "{problem}"
    );
    for wrong in ["", "rk_", &key[..key.len() - 1], &key.to_uppercase(), &key[3..]] {
        let caller = tenant.api.with_bearer(wrong);
        caller
            .get("/api/v1/qa-pairs")
            .send()
            .await
            .problem(401, "unauthenticated");
    }
}

/// What renewing gives.
async fn renew(caller: &Api, id: &str, body: &Value) -> Value {
    let path = format!("/api/v1/api-keys/{id}/rotate");
    caller.post(&path).json(body).expect(200).await
}

async fn is_heard(tenant: &Tenant, key: &str) {
    let caller = tenant.api.with_bearer(key);
    caller.get("/api/v1/qa-pairs").expect(200).await;
}

async fn is_refused(tenant: &Tenant, key: &str, code: &str) {
    let caller = tenant.api.with_bearer(key);
    caller.get("/api/v1/qa-pairs").send().await.problem(401, code);
}

async fn a_key_is_renewed(server: &Server, tenant: &Tenant) {
    let (id, first) = make_key(tenant, &["knowledge:read"]).await;
    let renewed = renew(&tenant.api, &id, &json!({"overlap_hours": 24})).await;
    let second = renewed["key"].as_str().expect("a key");
    assert_ne!(second, first);
    assert_eq!(
        (&renewed["id"], &renewed["scopes"]),
        (&json!(id), &json!(["knowledge:read"]))
    );
    assert_eq!(renewed["previous_last4"], first[first.len() - 4..]);
    is_heard(tenant, &first).await;
    is_heard(tenant, second).await;

    // the first one is forgotten, the second one goes on for a while
    let third = renew(&tenant.api, &id, &json!({"overlap_hours": 1})).await;
    let third = third["key"].as_str().expect("a key");
    is_refused(tenant, &first, "unauthenticated").await;
    is_heard(tenant, second).await;
    let pass = async |what: &str| {
        let statement = format!(
            "update api_keys set {what} = now() - interval '1 second' where tenant_id = $1 and id = $2::uuid"
        );
        sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(tenant.id)
            .bind(&id)
            .execute(&mut server.owner().await)
            .await
            .expect("time passes");
    };
    pass("previous_expires_at").await;
    is_refused(tenant, second, "api_key_replaced").await;
    is_heard(tenant, third).await;
    let list = tenant.api.get("/api/v1/api-keys").expect(200).await;
    let items = list["items"].as_array().expect("a list");
    let shown = items
        .iter()
        .find(|key| key["id"] == id.as_str())
        .expect("the key");
    assert_eq!(shown["previous_last4"], Value::Null);
    assert!(shown["rotated_at"].is_string());

    let fourth = renew(&tenant.api, &id, &json!({"overlap_hours": 0})).await;
    is_refused(tenant, third, "unauthenticated").await;
    let fourth = fourth["key"].as_str().expect("a key");
    // an expired key is renewed only with a new end, and its old secret stays dead
    pass("expires_at").await;
    let path = format!("/api/v1/api-keys/{id}/rotate");
    let rotate = |body: Value| tenant.api.post(&path).json(&body).send();
    rotate(json!({})).await.problem(409, "api_key_expired");
    rotate(json!({"overlap_hours": 169}))
        .await
        .problem(422, "bad_overlap");
    rotate(json!({"expires_at": "2020-01-01T00:00:00Z"}))
        .await
        .problem(422, "bad_expiry");
    let fifth = renew(
        &tenant.api,
        &id,
        &json!({"overlap_hours": 24, "expires_at": null}),
    )
    .await;
    assert_eq!(
        (&fifth["expires_at"], &fifth["previous_last4"]),
        (&Value::Null, &Value::Null)
    );
    is_heard(tenant, fifth["key"].as_str().expect("a key")).await;
    is_refused(tenant, fourth, "unauthenticated").await;

    tenant
        .api
        .delete(&format!("/api/v1/api-keys/{id}"))
        .expect(204)
        .await;
    rotate(json!({})).await.problem(404, "not_found");
    let logged = tenant
        .api
        .get("/api/v1/audit-log?action=api_key_rotated")
        .expect(200)
        .await;
    assert_eq!(logged["items"].as_array().map(Vec::len), Some(4));
    assert_eq!(logged["items"][0]["subject"], format!("api_key:{id}"));
}

async fn who_renews_a_key_may_do_all_that_it_may(tenant: &Tenant) {
    let keeper = make_key(tenant, &["api_keys:manage", "ask"]).await.1;
    let keeper = tenant.api.with_bearer(&keeper);
    let (narrow, _) = make_key(tenant, &["ask"]).await;
    renew(&keeper, &narrow, &json!({})).await;
    let (wide, _) = make_key(tenant, &["ask", "knowledge:read"]).await;
    let path = format!("/api/v1/api-keys/{wide}/rotate");
    let refused = keeper.post(&path).json(&json!({})).send().await;
    refused.problem(403, "permission_missing");
}

async fn an_old_secret_ends_with_whose_it_was(server: &Server, tenant: &Tenant) {
    let owner = server.member(tenant, "keeper@shop.example", "owner").await;
    let admin = server.member(tenant, "leaver@shop.example", "admin").await;
    let body = json!({"name": "Theirs", "scopes": ["knowledge:read"]});
    let made = admin.post("/api/v1/api-keys").json(&body).expect(201).await;
    let (id, old) = (
        made["id"].as_str().expect("an id"),
        made["key"].as_str().expect("a key"),
    );
    let renewed = renew(&owner, id, &json!({"overlap_hours": 168})).await;
    is_heard(tenant, old).await;
    let members = owner.get("/api/v1/members").expect(200).await;
    let items = members["items"].as_array().expect("a list");
    let leaver = items
        .iter()
        .find(|member| member["email"] == "leaver@shop.example")
        .expect("the admin");
    let path = format!("/api/v1/members/{}", leaver["user_id"].as_str().expect("an id"));
    owner.delete(&path).expect(204).await;
    is_refused(tenant, old, "unauthenticated").await;
    is_heard(tenant, renewed["key"].as_str().expect("a key")).await;
}

async fn a_revoked_key_hears_nothing_more(tenant: &Tenant) {
    let (id, key) = make_key(tenant, &["conversations:read"]).await;
    let mut events = tenant.api.with_bearer(&key).get("/api/v1/events").stream().await;
    events.next_named("ready").await;
    tenant
        .api
        .delete(&format!("/api/v1/api-keys/{id}"))
        .expect(204)
        .await;
    let told = events.rest().await;
    assert!(told.is_empty(), "told after it was revoked: {told:?}");
}

async fn a_key_is_shown_once(server: &Server, tenant: &Tenant) {
    let (id, key) = make_key(tenant, &["ask"]).await;
    assert!(key.starts_with("rk_") && key.len() > 40, "{key}");
    let list = tenant.api.get("/api/v1/api-keys").expect(200).await;
    let shown = list["items"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|shown| shown["id"] == id.as_str());
    let shown = shown.expect("the key");
    assert_eq!(shown["key_last4"], key[key.len() - 4..]);
    assert_eq!(shown["last_used_at"], Value::Null);
    tenant.api.with_bearer(&key).get("/api/v1/session").send().await;
    let list = tenant.api.get("/api/v1/api-keys").expect(200).await;
    let used = list["items"].as_array().expect("a list").iter();
    let used = used.filter(|shown| shown["last_used_at"].is_string());
    assert!(used.clone().any(|shown| shown["id"] == id.as_str()), "{list}");
    let stored = format!(
        "{list} {:?} {}",
        dump(&mut server.owner().await, tenant.id).await,
        server.log()
    );
    assert!(!stored.contains(&key[3..]), "the key itself is kept somewhere");
}

async fn a_providers_key_is_never_shown(server: &Server, tenant: &Tenant) {
    let secret = "sk-canary-0123456789-wxyz";
    let body = json!({"provider": "openai_compatible", "model": "m", "key": secret, "base_url": "http://127.0.0.1:9/v1"});
    let made = tenant
        .api
        .post("/api/v1/llm-credentials")
        .json(&body)
        .expect(201)
        .await;
    assert_eq!(made["key_last4"], "wxyz");
    let path = format!("/api/v1/llm-credentials/{}", made["id"].as_str().expect("an id"));
    let patched = tenant
        .api
        .patch(&path)
        .json(&json!({"label": "ours"}))
        .expect(200)
        .await;
    let list = tenant.api.get("/api/v1/llm-credentials").expect(200).await;
    let tested = tenant.api.post(&format!("{path}/test")).expect(200).await;
    assert_eq!(tested["works"], false);
    let metrics = server.api.get("/metrics").send().await.text();
    let stored = dump(&mut server.owner().await, tenant.id).await;
    let everything = format!(
        "{made} {patched} {list} {tested} {metrics} {stored:?} {}",
        server.log()
    );
    assert!(
        !everything.contains("canary-0123"),
        "the provider's key is in the open"
    );
}

async fn nothing_is_done_in_a_suspended_tenant(server: &Server, tenant: &Tenant) {
    let owner = server.member(tenant, "chief@shop.example", "owner").await;
    let set_status = async |status: &str| {
        sqlx::query("update tenants set subscription_status = $2 where tenant_id = $1")
            .bind(tenant.id)
            .bind(status)
            .execute(&mut server.owner().await)
            .await
            .expect("a status");
    };
    set_status("suspended").await;
    let asked = tenant.api.get("/api/v1/qa-pairs").send().await;
    asked.problem(403, "tenant_suspended");
    // people read on
    owner.get("/api/v1/qa-pairs").expect(200).await;
    let patch = serde_json::json!({"name": "Shop 2"});
    let changed = owner.patch("/api/v1/workspace").json(&patch).send().await;
    changed.problem(403, "tenant_suspended");
    set_status("active").await;
    for caller in [&tenant.api, &owner] {
        caller.get("/api/v1/qa-pairs").expect(200).await;
    }
}
