//! Who may work in a workspace: roles, invitations by link, several workspaces, and what the audit log keeps of it.

use serde_json::{Value, json};
use testkit::{Answer, Api, Server, Tenant, require_runtime};

use crate::support::server;

const PASSWORD: &str = "a long password";

#[tokio::test]
async fn a_workspace_is_entered_by_invitation_and_ruled_by_its_owners() {
    require_runtime!();
    let server = server().start().await;
    let shop = server.tenant("Shop").await;
    let owner = server.member(&shop, "owner@shop.example", "owner").await;
    let admin = server.member(&shop, "admin@shop.example", "admin").await;
    let agent = server.member(&shop, "agent@shop.example", "agent").await;
    agents_and_viewers_manage_nobody(&server, &shop, &agent).await;
    only_owners_touch_owners(&shop, &owner, &admin).await;
    an_invitation_makes_one_member(&server, &owner).await;
    an_invitation_for_somebody_is_for_nobody_else(&server, &owner, &agent).await;
    a_withdrawn_or_old_invitation_says_so(&server, &shop, &owner).await;
    a_removed_member_is_out_at_once(&server, &owner).await;
    somebody_in_two_workspaces_switches_between_them(&server, &owner).await;
    the_workspace_is_changed_by_those_who_may(&owner, &agent).await;
    everything_privileged_is_in_the_audit_log(&owner, &agent).await;
}

async fn members(api: &Api) -> Vec<Value> {
    let list = api.get("/api/v1/members").expect(200).await;
    list["items"].as_array().expect("a list").clone()
}

async fn id_of(api: &Api, email: &str) -> String {
    let members = members(api).await;
    let found = members.iter().find(|member| member["email"] == email);
    found.unwrap_or_else(|| panic!("{email}: {members:?}"))["user_id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

async fn set_role(api: &Api, user: &str, role: &str) -> Answer {
    let call = api.patch(&format!("/api/v1/members/{user}"));
    call.json(&json!({"role": role})).send().await
}

async fn remove(api: &Api, user: &str) -> Answer {
    api.delete(&format!("/api/v1/members/{user}")).send().await
}

async fn invite(api: &Api, body: Value) -> Answer {
    api.post("/api/v1/invitations").json(&body).send().await
}

/// The path below the API for the link that was made.
fn link(answer: &Answer) -> String {
    let url = answer.expect(201)["url"].as_str().expect("a link").to_owned();
    let token = url
        .strip_prefix("/app/join/")
        .expect("an address of the dashboard");
    format!("/api/v1/invitations/by-token/{token}")
}

async fn accept(api: &Api, link: &str, body: Value) -> Answer {
    api.post(&format!("{link}/accept")).json(&body).send().await
}

async fn agents_and_viewers_manage_nobody(server: &Server, shop: &Tenant, agent: &Api) {
    let viewer = server.member(shop, "viewer@shop.example", "viewer").await;
    for caller in [agent, &viewer] {
        let own = caller.get("/api/v1/session").expect(200).await;
        let own = own["user"]["id"].as_str().expect("an id").to_owned();
        invite(caller, json!({"role": "viewer"}))
            .await
            .problem(403, "permission_missing");
        set_role(caller, &own, "owner")
            .await
            .problem(403, "permission_missing");
        remove(caller, &own).await.problem(403, "permission_missing");
        for path in ["members", "invitations", "audit-log"] {
            let answer = caller.get(&format!("/api/v1/{path}")).send().await;
            answer.problem(403, "permission_missing");
        }
    }
}

async fn only_owners_touch_owners(shop: &Tenant, owner: &Api, admin: &Api) {
    let [owners_id, admins_id] = [
        id_of(owner, "owner@shop.example").await,
        id_of(owner, "admin@shop.example").await,
    ];
    for caller in [admin, &shop.api] {
        set_role(caller, &admins_id, "owner")
            .await
            .problem(403, "owners_only");
        set_role(caller, &owners_id, "agent")
            .await
            .problem(403, "owners_only");
        remove(caller, &owners_id).await.problem(403, "owners_only");
        invite(caller, json!({"role": "owner"}))
            .await
            .problem(403, "owners_only");
    }
    // the last owner stays one, even if it is their own wish
    set_role(owner, &owners_id, "admin")
        .await
        .problem(409, "last_owner");
    remove(owner, &owners_id).await.problem(409, "last_owner");
    assert_eq!(
        set_role(owner, &admins_id, "owner").await.expect(200)["role"],
        "owner"
    );
    assert_eq!(
        set_role(admin, &owners_id, "admin").await.expect(200)["role"],
        "admin"
    );
    set_role(owner, &owners_id, "owner")
        .await
        .problem(403, "owners_only");
    set_role(admin, &admins_id, "agent")
        .await
        .problem(409, "last_owner");
    set_role(admin, &owners_id, "owner").await.expect(200);
    set_role(owner, &admins_id, "admin").await.expect(200);
    set_role(owner, &admins_id, "king")
        .await
        .problem(422, "invalid_body");
}

#[tokio::test]
async fn a_key_gives_no_role_that_may_do_more_than_the_key() {
    require_runtime!();
    let server = server().start().await;
    let shop = server.tenant("Shop").await;
    let owner = server.member(&shop, "owner@shop.example", "owner").await;
    server.user(&shop, "agent@shop.example", "agent").await;
    let agents_id = id_of(&owner, "agent@shop.example").await;
    let key = async |scopes: Value| make_key(&owner, scopes).await.1;

    let keeper = key(json!(["members:manage"])).await;
    for role in ["admin", "agent", "viewer"] {
        invite(&keeper, json!({"role": role}))
            .await
            .problem(403, "permission_missing");
        set_role(&keeper, &agents_id, role)
            .await
            .problem(403, "permission_missing");
    }
    let reader = key(json!([
        "members:manage",
        "conversations:read",
        "knowledge:read",
        "crm:read"
    ]))
    .await;
    invite(&reader, json!({"role": "viewer"})).await.expect(201);
    invite(&reader, json!({"role": "agent"}))
        .await
        .problem(403, "permission_missing");
    set_role(&reader, &agents_id, "admin")
        .await
        .problem(403, "permission_missing");
    // what it may not give it may not take away either
    set_role(&reader, &agents_id, "viewer")
        .await
        .problem(403, "permission_missing");
    remove(&reader, &agents_id)
        .await
        .problem(403, "permission_missing");
    let agents = json!([
        "members:manage",
        "conversations:read",
        "conversations:write",
        "knowledge:read",
        "knowledge:write",
        "ask",
        "crm:read",
        "crm:write"
    ]);
    set_role(&key(agents).await, &agents_id, "viewer")
        .await
        .expect(200);
    remove(&reader, &agents_id).await.expect(204);
}

/// Its id, and who comes with it.
async fn make_key(owner: &Api, scopes: Value) -> (String, Api) {
    let body = json!({"name": "Sync", "scopes": scopes});
    let made = owner.post("/api/v1/api-keys").json(&body).expect(201).await;
    let text = |name: &str| made[name].as_str().expect("a text").to_owned();
    (text("id"), owner.with_bearer(&text("key")))
}

#[tokio::test]
async fn nobody_comes_back_by_what_they_left_behind() {
    require_runtime!();
    let server = server().start().await;
    let shop = server.tenant("Shop").await;
    let owner = server.member(&shop, "owner@shop.example", "owner").await;
    let second = server.member(&shop, "second@shop.example", "owner").await;
    let admin = server.member(&shop, "admin@shop.example", "admin").await;
    let everything = json!([
        "members:manage",
        "api_keys:manage",
        "conversations:read",
        "knowledge:read",
        "crm:read"
    ]);
    let (first_id, first_key) = make_key(&admin, everything).await;
    let (keys_id, keys_key) = make_key(&first_key, json!(["knowledge:read"])).await;
    let (kept_id, kept_key) = make_key(&owner, json!(["knowledge:read"])).await;
    let admins = link(&invite(&admin, json!({"role": "admin"})).await);
    let keys = link(&invite(&first_key, json!({"role": "viewer"})).await);
    let kept = link(&invite(&owner, json!({"role": "viewer"})).await);

    // an owner who is not one any more lets no owner in; what an admin may give stands
    let owners = link(&invite(&second, json!({"role": "owner"})).await);
    let agents = link(&invite(&second, json!({"role": "agent"})).await);
    let seconds_id = id_of(&owner, "second@shop.example").await;
    set_role(&owner, &seconds_id, "admin").await.expect(200);
    let is_gone = async |link: &str| {
        let answer = server.api.get(link).send().await;
        answer.problem(410, "invitation_revoked");
        let account = json!({"name": "Back", "email": "back@shop.example", "password": PASSWORD});
        let answer = accept(&server.api, link, account).await;
        answer.problem(410, "invitation_revoked");
    };
    is_gone(&owners).await;
    server.api.get(&agents).expect(200).await;

    // a key that may do more than its maker may do now goes, with its invitations
    let third = server.member(&shop, "third@shop.example", "admin").await;
    let high = json!([
        "members:manage",
        "conversations:read",
        "knowledge:read",
        "crm:read"
    ]);
    let (_, high_key) = make_key(&third, high).await;
    let (_, low_key) = make_key(&third, json!(["knowledge:read"])).await;
    let highs = link(&invite(&high_key, json!({"role": "viewer"})).await);
    let thirds_id = id_of(&owner, "third@shop.example").await;
    set_role(&owner, &thirds_id, "agent").await.expect(200);
    let answer = high_key.get("/api/v1/qa-pairs").send().await;
    answer.problem(401, "unauthenticated");
    is_gone(&highs).await;
    low_key.get("/api/v1/qa-pairs").expect(200).await;

    remove(&owner, &id_of(&owner, "admin@shop.example").await)
        .await
        .expect(204);
    is_gone(&admins).await;
    is_gone(&keys).await;
    for key in [&first_key, &keys_key] {
        let answer = key.get("/api/v1/qa-pairs").send().await;
        answer.problem(401, "unauthenticated");
    }
    server.api.get(&kept).expect(200).await;
    kept_key.get("/api/v1/qa-pairs").expect(200).await;
    let logged = owner
        .get("/api/v1/audit-log?action=api_key_revoked")
        .expect(200)
        .await;
    let logged = logged.to_string();
    assert!(
        logged.contains(&first_id) && logged.contains(&keys_id) && !logged.contains(&kept_id),
        "{logged}"
    );

    // the operator's command line takes away the same
    server
        .rapport(&["user", "remove", "second@shop.example", "--tenant", &shop.slug])
        .await;
    is_gone(&agents).await;
}

#[tokio::test]
async fn an_invitation_is_as_good_as_whoever_made_it() {
    require_runtime!();
    let server = server().start().await;
    let shop = server.tenant("Shop").await;
    let owner = server.member(&shop, "owner@shop.example", "owner").await;
    let admin = server.member(&shop, "admin@shop.example", "admin").await;
    let scopes = json!([
        "members:manage",
        "conversations:read",
        "knowledge:read",
        "crm:read"
    ]);
    let (id, key) = make_key(&owner, scopes).await;
    let keys = link(&invite(&key, json!({"role": "viewer"})).await);
    let admins = link(&invite(&admin, json!({"role": "admin"})).await);
    for link in [&keys, &admins] {
        server.api.get(link).expect(200).await;
    }
    // taken away past the application, as by a request that was under way
    sqlx::query(
        "update memberships set role = 'agent' where tenant_id = $1 and email = 'admin@shop.example'",
    )
    .bind(shop.id)
    .execute(&mut server.owner().await)
    .await
    .expect("another role");
    owner.delete(&format!("/api/v1/api-keys/{id}")).expect(204).await;
    for link in [&keys, &admins] {
        let account = json!({"name": "Kim", "email": "kim@shop.example", "password": PASSWORD});
        accept(&server.api, link, account)
            .await
            .problem(410, "inviter_not_entitled");
    }
}

async fn an_invitation_makes_one_member(server: &Server, owner: &Api) {
    let made = invite(owner, json!({"role": "agent"})).await;
    let link = link(&made);
    let open = owner.get("/api/v1/invitations").expect(200).await;
    assert_eq!(open["items"][0]["id"], made.json()["id"]);
    assert!(
        !open.to_string().contains("inv_"),
        "the link is shown once: {open}"
    );
    let shown = server.api.get(&link).expect(200).await;
    let expected = json!({"business_name": "Shop", "role": "agent", "email": null, "inviter_name": "Robin", "has_account": false});
    assert_eq!(shown, expected);
    accept(&server.api, &link, json!({}))
        .await
        .problem(422, "account_missing");
    let short = json!({"name": "Kim", "email": "kim@shop.example", "password": "short"});
    accept(&server.api, &link, short)
        .await
        .problem(422, "bad_password");
    let account = |email: &str| json!({"name": "Kim", "email": email, "password": PASSWORD});
    accept(&server.api, &link, account("owner@shop.example"))
        .await
        .problem(409, "email_taken");
    // two at once: one comes in
    let (one, other) = tokio::join!(
        accept(&server.api, &link, account("kim@shop.example")),
        accept(&server.api, &link, account("lee@shop.example")),
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 410], "{} {}", one.text(), other.text());
    let winner = if one.status == 201 { one } else { other };
    assert_eq!(winner.json()["role"], "agent");
    let browser = server.api.with_cookie(&winner.cookie().expect("signed in"));
    browser.get("/api/v1/conversations").expect(200).await;
    server.api.get(&link).send().await.problem(410, "invitation_used");
    accept(&server.api, &link, account("max@shop.example"))
        .await
        .problem(410, "invitation_used");
    let open = owner.get("/api/v1/invitations").expect(200).await;
    assert_eq!(open["items"], json!([]));
    server
        .api
        .get("/api/v1/invitations/by-token/inv_nothing")
        .send()
        .await
        .problem(404, "not_found");
}

async fn an_invitation_for_somebody_is_for_nobody_else(server: &Server, owner: &Api, agent: &Api) {
    let link = link(&invite(owner, json!({"role": "viewer", "email": " nia@shop.example "})).await);
    assert_eq!(
        server.api.get(&link).expect(200).await["email"],
        "nia@shop.example"
    );
    accept(agent, &link, json!({}))
        .await
        .problem(403, "invitation_for_another");
    // the address is the invitation's, whatever is sent
    let account = json!({"name": "Nia", "email": "agent@shop.example", "password": PASSWORD});
    let session = accept(&server.api, &link, account).await.expect(201);
    assert_eq!(session["user"]["email"], "nia@shop.example");
    invite(owner, json!({"role": "viewer", "email": "nia"}))
        .await
        .problem(422, "bad_email");
    let foreign = server
        .api
        .post(&format!("{link}/accept"))
        .header("origin", "https://evil.example");
    foreign
        .json(&json!({}))
        .send()
        .await
        .problem(403, "cross_site_request");
}

async fn a_withdrawn_or_old_invitation_says_so(server: &Server, shop: &Tenant, owner: &Api) {
    let made = invite(owner, json!({"role": "viewer"})).await;
    let link_one = link(&made);
    let path = format!(
        "/api/v1/invitations/{}",
        made.json()["id"].as_str().expect("an id")
    );
    owner.delete(&path).expect(204).await;
    owner.delete(&path).send().await.problem(404, "not_found");
    server
        .api
        .get(&link_one)
        .send()
        .await
        .problem(410, "invitation_revoked");
    let link_two = link(&invite(owner, json!({"role": "viewer"})).await);
    let mut database = server.owner().await;
    sqlx::query("update invitations set expires_at = now() - interval '1 second' where tenant_id = $1 and accepted_at is null")
        .bind(shop.id)
        .execute(&mut database)
        .await
        .expect("time passes");
    let account = json!({"name": "Old", "email": "old@shop.example", "password": PASSWORD});
    accept(&server.api, &link_two, account)
        .await
        .problem(410, "invitation_expired");
}

async fn a_removed_member_is_out_at_once(server: &Server, owner: &Api) {
    let browser = server.api.sign_in("nia@shop.example", PASSWORD).await;
    let id = id_of(owner, "nia@shop.example").await;
    remove(owner, &id).await.expect(204);
    browser
        .get("/api/v1/session")
        .send()
        .await
        .problem(401, "unauthenticated");
    remove(owner, &id).await.problem(404, "not_found");
    // an account without a workspace can still be invited, and signs in to accept
    let call = server.api.post("/api/v1/session");
    let answer = call
        .json(&json!({"email": "nia@shop.example", "password": PASSWORD}))
        .send()
        .await;
    answer.problem(403, "no_membership");
}

async fn somebody_in_two_workspaces_switches_between_them(server: &Server, owner: &Api) {
    let account =
        json!({"email": "bo@bakery.example", "password": PASSWORD, "name": "Bo", "business_name": "Bakery"});
    let signed_up = server.api.post("/api/v1/sign-up").json(&account).send().await;
    let home = signed_up.expect(201)["tenant"]["id"].clone();
    let bo = server.api.with_cookie(&signed_up.cookie().expect("a cookie"));
    let made = invite(owner, json!({"role": "agent", "email": "BO@bakery.example"})).await;
    assert_eq!(
        server.api.get(&link(&made)).expect(200).await["has_account"],
        true
    );
    let joined = accept(&bo, &link(&made), json!({})).await.expect(201);
    assert_eq!(
        (&joined["tenant"]["name"], &joined["role"]),
        (&json!("Shop"), &json!("agent"))
    );
    let names: Vec<&Value> = joined["workspaces"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(names, ["Bakery", "Shop"]);
    bo.get("/api/v1/members")
        .send()
        .await
        .problem(403, "permission_missing");
    let again = invite(owner, json!({"role": "admin"})).await;
    accept(&bo, &link(&again), json!({}))
        .await
        .problem(409, "already_member");
    let switch = async |tenant: &Value| {
        bo.post("/api/v1/session/workspace")
            .json(&json!({"tenant_id": tenant}))
            .send()
            .await
    };
    let back = switch(&home).await.expect(200);
    assert_eq!(
        (&back["tenant"]["name"], &back["role"]),
        (&json!("Bakery"), &json!("owner"))
    );
    assert_eq!(members(&bo).await.len(), 1);
    let stranger = server.tenant("Elsewhere").await;
    switch(&json!(stranger.id)).await.problem(404, "not_found");
    switch(&joined["tenant"]["id"]).await.expect(200);
    // signing in leads to where they were last
    let next = server.api.sign_in("bo@bakery.example", PASSWORD).await;
    assert_eq!(
        next.get("/api/v1/session").expect(200).await["tenant"]["name"],
        "Shop"
    );
    // out of one workspace is not out of the other
    remove(owner, &id_of(owner, "bo@bakery.example").await)
        .await
        .expect(204);
    next.get("/api/v1/session")
        .send()
        .await
        .problem(401, "unauthenticated");
    let home = server.api.sign_in("bo@bakery.example", PASSWORD).await;
    assert_eq!(
        home.get("/api/v1/session").expect(200).await["tenant"]["name"],
        "Bakery"
    );
}

async fn the_workspace_is_changed_by_those_who_may(owner: &Api, agent: &Api) {
    let patch = async |api: &Api, body: Value| api.patch("/api/v1/workspace").json(&body).send().await;
    patch(agent, json!({"name": "Mine"}))
        .await
        .problem(403, "permission_missing");
    assert_eq!(agent.get("/api/v1/workspace").expect(200).await["name"], "Shop");
    for (body, code) in [
        (json!({"name": " "}), "bad_name"),
        (json!({"email": "nobody"}), "bad_email"),
        (json!({"website_url": "javascript:alert(1)"}), "bad_website_url"),
        (json!({"privacy_url": "shop.example"}), "bad_privacy_url"),
        (json!({"time_zone": "Europe/Atlantis"}), "bad_time_zone"),
        (json!({"language": "english"}), "bad_language"),
    ] {
        patch(owner, body).await.problem(422, code);
    }
    let body = json!({"name": "Shop & Son", "time_zone": "Europe/Brussels", "privacy_url": "https://shop.example/privacy"});
    let changed = patch(owner, body).await.expect(200);
    assert_eq!(changed["time_zone"], "Europe/Brussels");
    let session = owner.get("/api/v1/session").expect(200).await;
    assert_eq!(
        (&session["tenant"]["name"], &session["workspaces"][0]["name"]),
        (&changed["name"], &changed["name"])
    );
    let cleared = patch(owner, json!({"privacy_url": null})).await.expect(200);
    assert_eq!(
        (&cleared["privacy_url"], &cleared["name"]),
        (&Value::Null, &changed["name"])
    );
}

async fn everything_privileged_is_in_the_audit_log(owner: &Api, agent: &Api) {
    let mut actions = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = owner
            .get(&format!("/api/v1/audit-log?limit=5{cursor}"))
            .expect(200)
            .await;
        for entry in page["items"].as_array().expect("a list") {
            assert!(
                entry["actor"].is_string() && entry["created_at"].is_string(),
                "{entry}"
            );
            actions.push(entry["action"].as_str().expect("an action").to_owned());
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    for action in [
        "invitation_created",
        "invitation_accepted",
        "invitation_revoked",
        "member_role_changed",
        "member_removed",
        "workspace_changed",
    ] {
        assert!(
            actions.iter().any(|known| known == action),
            "{action}: {actions:?}"
        );
    }
    let removed = owner
        .get("/api/v1/audit-log?action=member_removed")
        .expect(200)
        .await;
    let removed = removed["items"].as_array().expect("a list");
    assert_eq!(removed.len(), 2);
    assert_eq!(
        (&removed[0]["details"]["email"], &removed[0]["actor_name"]),
        (&json!("bo@bakery.example"), &json!("Robin"))
    );
    agent
        .get("/api/v1/audit-log")
        .send()
        .await
        .problem(403, "permission_missing");
}
