//! Mass assignment: what a body may not decide (tenant, id, role, another's credential) is refused or ignored on every
//! route that takes one (R26).

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testkit::{Api, Server, require_runtime};
use uuid::Uuid;

use crate::routes::table::{Door, Names, ROUTES, Route, Thing};
use crate::support::{dump, server};
use crate::world::World;

#[tokio::test]
async fn no_body_decides_what_is_not_its_to_decide() {
    require_runtime!();
    let server = server().start().await;
    let ours = World::make(&server, "Ours", "").await;
    let theirs = World::make(&server, "Theirs", "").await;
    server.user(&theirs.tenant, "owner@b.example", "owner").await;
    let agent = server.member(&ours.tenant, "owner@a.example", "agent").await;
    let planted = Planted::make(&server, &theirs).await;
    let mut owner = server.owner().await;
    let their_rows = dump(&mut owner, theirs.tenant.id).await;
    let roles = roles_of(&dump(&mut owner, ours.tenant.id).await["memberships"]);

    let takes_a_body = |route: &&Route| route.json(&ours.model).is_some();
    for route in ROUTES.iter().filter(takes_a_body) {
        println!("{} {}", route.method, route.path);
        for caller in callers(route, &ours, &agent).await {
            offer(route, &caller, &ours, &planted).await;
        }
    }
    assert_eq!(
        dump(&mut owner, theirs.tenant.id).await,
        their_rows,
        "the other tenant's rows"
    );
    let our_rows = dump(&mut owner, ours.tenant.id).await;
    let after = roles_of(&our_rows["memberships"]);
    for (user, role) in roles {
        assert_eq!(after.get(&user), Some(&role), "{user} has another role");
    }
    assert!(!after.values().any(|role| role == "owner"), "nobody rose");
    for (table, rows) in our_rows {
        for id in planted.ids() {
            assert!(
                !rows.to_string().contains(&id.to_string()),
                "{id} came into {table}: {rows}"
            );
        }
    }
    let session = agent.get("/api/v1/session").send().await;
    assert_eq!(session.expect(200)["role"], "agent");
    a_new_account_is_its_own_tenants(&mut owner, &planted).await;
}

/// What a body tries to bring in.
struct Planted {
    /// An id that the caller chose.
    id: Uuid,
    tenant: Uuid,
    credential: Uuid,
    conversation: Uuid,
    user: Uuid,
}

impl Planted {
    async fn make(server: &Server, theirs: &World) -> Self {
        let user: Uuid = sqlx::query_scalar("select user_id from memberships where tenant_id = $1")
            .bind(theirs.tenant.id)
            .fetch_one(&mut server.owner().await)
            .await
            .expect("their user");
        Self {
            id: Uuid::now_v7(),
            tenant: theirs.tenant.id,
            credential: theirs.make_thing(Thing::Credential).await.id,
            conversation: theirs.make_thing(Thing::Conversation).await.id,
            user,
        }
    }

    fn ids(&self) -> [Uuid; 5] {
        [
            self.id,
            self.tenant,
            self.credential,
            self.conversation,
            self.user,
        ]
    }

    /// The route's own body with all of it added.
    fn body_within(&self, mut body: Value) -> Value {
        let added = json!({
            "id": self.id,
            "tenant_id": self.tenant,
            "tenant": {"id": self.tenant},
            "role": "owner",
            "permissions": ["api_keys:manage"],
            "user_id": self.user,
            "sender_user_id": self.user,
            "credential_id": self.credential,
            "conversation_id": self.conversation,
            "contact_id": self.id,
            "channel_id": self.id,
            "resolved_qa_id": self.id,
            "best_match_id": self.id,
            "sender_type": "agent",
            "seq": 4000,
            "source": "gap",
            "is_verified": true,
            "key_hash": "00",
            "key_last4": "0000",
            "encrypted_key": "00",
            "channel_key": format!("ch_{}", self.id),
            "created_at": "2001-01-01T00:00:00Z",
            "updated_at": "2001-01-01T00:00:00Z",
        });
        let body = body.as_object_mut().expect("an object");
        for (key, value) in added.as_object().expect("an object") {
            body.entry(key).or_insert_with(|| value.clone());
        }
        body.clone().into()
    }
}

fn roles_of(memberships: &Value) -> BTreeMap<String, Value> {
    let rows = memberships.as_array().expect("rows").iter();
    rows.map(|row| (row["user_id"].to_string(), row["role"].clone()))
        .collect()
}

/// With all rights, and with few.
async fn callers(route: &Route, ours: &World, agent: &Api) -> Vec<Api> {
    match route.door {
        Door::Dashboard => vec![ours.tenant.api.clone(), agent.clone()],
        Door::Personal => vec![agent.clone()],
        Door::Session | Door::Public | Door::Invited => vec![agent.without_credential()],
        // nobody in a tenant comes in there
        Door::Instance => Vec::new(),
        Door::Visitor => vec![ours.tenant.visitor().await.api],
    }
}

async fn offer(route: &Route, caller: &Api, ours: &World, planted: &Planted) {
    let mut body = planted.body_within(route.json(&ours.model).expect("a body"));
    if body["name"].is_string() && route.door == Door::Dashboard {
        body["name"] = Uuid::now_v7().to_string().into();
    }
    if body["shortcut"].is_string() {
        body["shortcut"] = Uuid::now_v7().to_string().into();
    }
    if route.path == "/api/v1/websites" {
        body["base_url"] = format!("https://{}.example", Uuid::now_v7()).into();
    }
    // asking as another channel is the one key that these routes take; it is tested with the routes
    if route.path == "/api/v1/ask" {
        body.as_object_mut().expect("an object").remove("channel_key");
    }
    if route.path == "/api/v1/playground" {
        body.as_object_mut().expect("an object").remove("channel_id");
    }
    // when the proposal was read, so that nobody accepts what has changed since
    if route.path == "/api/v1/qa-proposals/{id}/accept" {
        body.as_object_mut().expect("an object").remove("updated_at");
    }
    let path = path_to(route, caller, ours).await;
    let answer = route.call(caller, &path, &ours.model).json(&body).send().await;
    let text = answer.text();
    assert!(
        answer.status == route.success
            || matches!(answer.status, 403 | 422)
            || (route.door == Door::Personal && matches!(answer.status, 404 | 409))
            // nothing to rate yet: this visitor has not written
            || (route.path.ends_with("/rating") && answer.status == 404),
        "{route:?}: {} {text}",
        answer.status
    );
    for id in planted.ids() {
        assert!(!text.contains(&id.to_string()), "{route:?} took {id}: {text}");
    }
    assert!(!text.contains("2001-01-01"), "{route:?} took the time: {text}");
    if route.path.ends_with("/messages") && route.door == Door::Visitor {
        assert_eq!(
            (
                &answer.json()["message"]["sender_type"],
                &answer.json()["message"]["seq"]
            ),
            (&json!("user"), &json!(1))
        );
    }
}

async fn path_to(route: &Route, caller: &Api, ours: &World) -> String {
    let path = route.path.replace("{channel_key}", &ours.tenant.channel_key);
    let path = match route.door {
        Door::Invited => path.replace("{token}", &ours.invite().await),
        _ => path,
    };
    match route.names {
        Names::One(Thing::Answer) => {
            let body = json!({"client_message_id": "first", "text": "Where is the shop?"});
            let messages = format!("/api/widget/{}/messages", ours.tenant.channel_key);
            let said = caller.post(&messages).json(&body).expect(200).await;
            path.replace("{id}", said["answer"]["id"].as_str().expect("an answer"))
        }
        Names::One(thing) => {
            let id = ours.make_thing(thing).await.id.to_string();
            path.replace("{id}", &id).replace("{user_id}", &id)
        }
        Names::PageOfWebsite => {
            let made = ours.make_thing(Thing::WebsitePage).await;
            path.replace("{id}", &made.parent.to_string())
                .replace("{page_id}", &made.id.to_string())
        }
        Names::Within(thing) => {
            let made = ours.make_thing(thing).await;
            crate::routes::path_to(route, &made)
        }
        _ => path,
    }
}

/// Signing up with another's tenant in the body makes a tenant of one's own.
async fn a_new_account_is_its_own_tenants(owner: &mut sqlx::PgConnection, planted: &Planted) {
    let memberships: Vec<(Uuid, Uuid, String)> = sqlx::query_as(
        "select m.tenant_id, m.user_id, m.role from memberships m where m.email = 'new@c.example'",
    )
    .fetch_all(owner)
    .await
    .expect("memberships");
    let [(tenant, user, role)] = memberships.as_slice() else {
        panic!("{memberships:?}")
    };
    assert!(!planted.ids().contains(tenant) && !planted.ids().contains(user));
    assert_eq!(role, "owner");
}
