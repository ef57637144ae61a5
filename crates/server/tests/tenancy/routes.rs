//! Every route of the OpenAPI document: another tenant's id is answered like an id that nobody has, whoever asks, and
//! nothing of the other tenant is shown or changed (R25).

mod console;
mod models;
pub mod table;

use serde_json::{Value, json};
use testkit::{Answer, Api, Server, Visitor, require_runtime};
use uuid::Uuid;

use crate::support::{dump, server};
use crate::world::{Made, World};
use table::{Body, Door, Names, ROUTES, Route, Thing};

/// Stands in every text of the other tenant.
const CANARY: &str = "canarybird";

#[tokio::test]
async fn a_foreign_id_looks_like_no_id_on_every_route() {
    require_runtime!();
    let server = server().start().await;
    every_route_is_known(&server).await;
    let ours = World::make(&server, "Ours", "").await;
    let theirs = World::make(&server, "Theirs", CANARY).await;
    let callers = Callers::make(&server, &ours).await;
    let theirs_made = Foreign::make(&theirs).await;
    let mut owner = server.owner().await;
    server.user(&theirs.tenant, "theirs@b.example", "owner").await;
    theirs.settle(&mut owner).await;
    let before = dump(&mut owner, theirs.tenant.id).await;
    for route in ROUTES.iter().filter(|route| route.door == Door::Dashboard) {
        println!("{} {}", route.method, route.path);
        strangers_are_turned_away(route, &ours, &callers).await;
        for caller in callers.members() {
            foreign_looks_like_unknown(route, caller, &ours, &theirs_made).await;
        }
    }
    for route in ROUTES.iter().filter(|route| route.door == Door::Personal) {
        println!("{} {}", route.method, route.path);
        only_people_have_an_account(route, &ours, &callers).await;
    }
    for route in ROUTES.iter().filter(|route| route.door == Door::Instance) {
        println!("{} {}", route.method, route.path);
        nobody_in_a_tenant_finds_the_console(route, &ours, &callers).await;
    }
    ids_in_bodies_are_checked_too(&server, &ours, &theirs, &theirs_made).await;
    for route in ROUTES
        .iter()
        .filter(|route| matches!(route.door, Door::Visitor | Door::Public))
    {
        println!("{} {}", route.method, route.path);
        a_channel_is_entered_with_its_own_token_only(route, &ours, &theirs).await;
    }
    another_visitors_answer_looks_like_none(&ours, &theirs_made).await;
    assert_eq!(
        dump(&mut owner, theirs.tenant.id).await,
        before,
        "the other tenant's rows"
    );
}

/// The document and the table list the same routes.
async fn every_route_is_known(server: &Server) {
    let document = server.api.get("/openapi.json").expect(200).await;
    let mut documented: Vec<(String, String)> = Vec::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        let methods = operations.as_object().expect("operations").keys();
        documented.extend(methods.map(|method| (method.to_uppercase(), path.clone())));
    }
    let mut known: Vec<(String, String)> = ROUTES
        .iter()
        .map(|route| (route.method.into(), route.path.into()))
        .collect();
    documented.sort();
    known.sort();
    assert_eq!(
        documented, known,
        "add the route to tests/tenancy/routes/table.rs"
    );
}

/// Everybody who may call as a member of the tenant, and those who may not.
struct Callers {
    key: Api,
    owner: Api,
    agent: Api,
    viewer: Api,
    visitor: Api,
}

impl Callers {
    async fn make(server: &Server, world: &World) -> Self {
        let tenant = &world.tenant;
        Self {
            key: tenant.api.clone(),
            owner: server.member(tenant, "owner@a.example", "owner").await,
            agent: server.member(tenant, "agent@a.example", "agent").await,
            viewer: server.member(tenant, "viewer@a.example", "viewer").await,
            visitor: tenant.visitor().await.api,
        }
    }

    fn members(&self) -> [&Api; 4] {
        [&self.key, &self.owner, &self.agent, &self.viewer]
    }
}

/// One of each thing, of the other tenant.
struct Foreign(Vec<(Thing, Made)>);

impl Foreign {
    async fn make(world: &World) -> Self {
        let mut all = Vec::new();
        for route in ROUTES.iter() {
            if let Some(thing) = thing_of(route)
                && !all.iter().any(|(known, _)| *known == thing)
            {
                all.push((thing, world.make_thing(thing).await));
            }
        }
        Self(all)
    }

    fn get(&self, thing: Thing) -> &Made {
        &self
            .0
            .iter()
            .find(|(known, _)| *known == thing)
            .expect("one of each")
            .1
    }
}

fn thing_of(route: &Route) -> Option<Thing> {
    match route.names {
        Names::Nothing => None,
        Names::One(thing) => Some(thing),
        Names::AnswerOfConversation => Some(Thing::Answer),
        Names::NoteOfConversation => Some(Thing::Note),
        Names::PageOfWebsite => Some(Thing::WebsitePage),
        Names::ChangeOfDraft => Some(Thing::DraftChange),
        Names::CaseOfSet => Some(Thing::EvaluationCase),
        Names::Within(thing) => Some(thing),
    }
}

/// Without a credential, or with one of another kind, nothing is told apart.
async fn strangers_are_turned_away(route: &Route, world: &World, callers: &Callers) {
    let unknown = path_to(route, &Made::nothing());
    let garbage = world
        .tenant
        .api
        .with_bearer("rk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let own = match thing_of(route) {
        Some(thing) => path_to(route, &world.make_thing(thing).await),
        None => unknown.clone(),
    };
    for stranger in [&callers.key.without_credential(), &callers.visitor, &garbage] {
        for path in [&own, &unknown] {
            let answer = route.call(stranger, path, &world.model).send().await;
            answer.problem(401, "unauthenticated");
        }
    }
}

/// A key belongs to a tenant and to nobody in it. What people may do with their own account is tested with the accounts.
async fn only_people_have_an_account(route: &Route, world: &World, callers: &Callers) {
    let path = path_to(route, &Made::nothing());
    for (caller, status, code) in [
        (&callers.key.without_credential(), 401, "unauthenticated"),
        (&callers.visitor, 401, "unauthenticated"),
        (&callers.key, 403, "not_a_person"),
    ] {
        let answer = route.call(caller, &path, &world.model).send().await;
        answer.problem(status, code);
    }
}

/// Whatever their role. What operators may is tested with the console.
async fn nobody_in_a_tenant_finds_the_console(route: &Route, world: &World, callers: &Callers) {
    let path = path_to(route, &Made::nothing());
    let strangers = [&callers.key.without_credential(), &callers.visitor];
    for caller in callers.members().into_iter().chain(strangers) {
        let answer = route.call(caller, &path, &world.model).send().await;
        answer.problem(404, "not_found");
    }
}

async fn foreign_looks_like_unknown(route: &Route, caller: &Api, ours: &World, theirs: &Foreign) {
    let Some(thing) = thing_of(route) else {
        let text = match route.body {
            // the stream is followed in `live`
            Body::Stream => String::new(),
            _ => ours.call_anew(route, caller).await.text(),
        };
        assert!(!text.contains(CANARY), "{route:?}: {text}");
        return;
    };
    let own = ours.make_thing(thing).await;
    let nothing = Made::nothing();
    let unknown = normalised(route, caller, ours, &nothing).await;
    let foreign = theirs.get(thing);
    let mut strange = vec![foreign.clone()];
    if matches!(
        route.names,
        Names::AnswerOfConversation
            | Names::NoteOfConversation
            | Names::PageOfWebsite
            | Names::ChangeOfDraft
            | Names::CaseOfSet
            | Names::Within(_)
    ) {
        strange.push(Made {
            parent: own.parent,
            id: foreign.id,
        });
        strange.push(Made {
            parent: foreign.parent,
            id: own.id,
        });
        strange.push(Made {
            parent: own.parent,
            id: nothing.id,
        });
    }
    for made in strange {
        assert_eq!(
            normalised(route, caller, ours, &made).await,
            unknown,
            "{route:?} with {made:?}"
        );
    }
    let answer = route
        .call(caller, &path_to(route, &own), &ours.model)
        .send()
        .await;
    assert!(!answer.text().contains(CANARY), "{route:?}");
    match answer.status {
        // a colleague's, which the caller can read and not change
        403 if answer.json()["code"]
            .as_str()
            .is_some_and(|code| code.starts_with("not_your_")) => {}
        // not allowed at all, whatever the id
        403 => assert_eq!(unknown.0, 403, "{route:?}"),
        status => assert_eq!(
            (status, unknown.0),
            (route.success, 404),
            "{route:?}: {}",
            answer.text()
        ),
    }
}

/// Status, kind and body of an answer, with the ids that were asked for taken out.
async fn normalised(route: &Route, caller: &Api, world: &World, made: &Made) -> (u16, String, String) {
    let answer = route
        .call(caller, &path_to(route, made), &world.model)
        .send()
        .await;
    let kind = answer.header("content-type").unwrap_or_default().to_owned();
    let mut text = answer.text();
    for id in [made.id, made.parent] {
        text = text.replace(&id.to_string(), "ID");
    }
    (answer.status, kind, text)
}

pub fn path_to(route: &Route, made: &Made) -> String {
    let (id, inner) = match route.names {
        Names::AnswerOfConversation
        | Names::NoteOfConversation
        | Names::PageOfWebsite
        | Names::ChangeOfDraft
        | Names::CaseOfSet
        | Names::Within(_) => (made.parent, made.id),
        _ => (made.id, made.id),
    };
    let metric = match route.path.rsplit('/').next() {
        Some("answers") => "helpful_rate",
        Some("deals") => "deals_won",
        Some("gaps") => "gaps_opened",
        _ => "conversations",
    };
    let path = route
        .path
        .replace("{metric}", metric)
        .replace("{name}", "daily")
        .replace("{id}", &id.to_string())
        .replace("{user_id}", &id.to_string());
    // what else it names stands within
    match (path.find('{'), path.find('}')) {
        (Some(from), Some(to)) => format!("{}{inner}{}", &path[..from], &path[to + 1..]),
        _ => path,
    }
}

/// Ids outside the path: a colleague to assign, a channel to ask as.
/// Another tenant's pair, channel or credential in a body is like one that nobody has.
async fn knowledge_ids_in_bodies_are_ours(ours: &World, theirs: &Foreign) {
    let (pair, gap) = (
        ours.make_thing(Thing::QaPair).await.id,
        ours.make_thing(Thing::Gap).await.id,
    );
    let question = "Where is the shop?";
    for (path, key, thing) in [
        (format!("/api/v1/qa-pairs/{pair}/merge"), "into_id", Thing::QaPair),
        (format!("/api/v1/gaps/{gap}/link"), "qa_id", Thing::QaPair),
        (format!("/api/v1/gap-clusters/{gap}/link"), "qa_id", Thing::QaPair),
        ("/api/v1/playground".to_owned(), "channel_id", Thing::Channel),
        ("/api/v1/playground".to_owned(), "credential", Thing::Credential),
    ] {
        let foreign = theirs.get(thing).id;
        let mut bodies = Vec::new();
        for id in [foreign, Uuid::now_v7()] {
            let body = match key {
                "credential" => json!({"question": question, "overrides": {"credential_id": id}}),
                _ => json!({"question": question, key: id}),
            };
            let answer = ours.tenant.api.post(&path).json(&body).send().await;
            answer.problem(404, "not_found");
            bodies.push(answer.body);
        }
        assert_eq!(bodies[0], bodies[1], "{path} {key}");
    }
    let foreign = theirs.get(Thing::QaPair).id;
    let body = json!({"changes": [{"ids": [foreign], "change": {"category": "taken"}}]});
    let changed = ours
        .tenant
        .api
        .post("/api/v1/qa-pairs/bulk")
        .json(&body)
        .expect(200)
        .await;
    assert_eq!(changed["changed"], 0);
    let body = json!({"question": "Is it canarybird?", "exclude_id": foreign});
    let similar = ours
        .tenant
        .api
        .post("/api/v1/qa-pairs/similar")
        .json(&body)
        .expect(200)
        .await;
    assert!(!similar.to_string().contains(&foreign.to_string()), "{similar}");
}

async fn ids_in_bodies_are_checked_too(server: &Server, ours: &World, theirs: &World, made: &Foreign) {
    let mut owner = server.owner().await;
    let their_user: Uuid = sqlx::query_scalar("select user_id from memberships where tenant_id = $1 limit 1")
        .bind(theirs.tenant.id)
        .fetch_one(&mut owner)
        .await
        .expect("their user");
    let conversation = ours.make_thing(Thing::Conversation).await.id;
    let path = format!("/api/v1/conversations/{conversation}");
    let mut answers = Vec::new();
    for user in [their_user, Uuid::now_v7()] {
        let answer = ours
            .tenant
            .api
            .patch(&path)
            .json(&json!({"assigned_to": user}))
            .send()
            .await;
        answer.problem(422, "not_a_member");
        answers.push(answer.body);
    }
    for key in [theirs.tenant.channel_key.as_str(), "ch_nothing"] {
        let body = json!({"question": "Where is the shop?", "channel_key": key});
        let answer = ours.tenant.api.post("/api/v1/ask").json(&body).send().await;
        answer.problem(404, "not_found");
        answers.push(answer.body);
    }
    assert_eq!((&answers[0], &answers[2]), (&answers[1], &answers[3]));
    knowledge_ids_in_bodies_are_ours(ours, made).await;
}

/// The key of a channel is public; a visitor token is not, and opens its own channel only.
async fn a_channel_is_entered_with_its_own_token_only(route: &Route, ours: &World, theirs: &World) {
    let answer = ours.make_thing(Thing::Answer).await;
    let address = |key: &str| {
        route
            .path
            .replace("{channel_key}", key)
            .replace("{id}", &answer.id.to_string())
    };
    let stranger = theirs.tenant.visitor().await;
    let nobody = stranger.api.without_credential();
    let here = address(&ours.tenant.channel_key);
    for caller in [
        &stranger.api,
        &nobody,
        &ours.tenant.api,
        &nobody.with_bearer("v1.e30.AAAA"),
    ] {
        let unknown = route.call(caller, &address("ch_nothing"), "").send().await;
        unknown.problem(404, "not_found");
        let answer = route.call(caller, &here, "").send().await;
        assert!(!answer.text().contains(CANARY), "{route:?}");
        match route.door {
            Door::Public => assert_eq!(answer.status, route.success, "{route:?}: {}", answer.text()),
            _ => drop(answer.problem(401, "unauthenticated")),
        }
    }
    // a session that is started with a foreign token is a new one
    let resumed = Visitor::start(&stranger.api, &ours.tenant.channel_key, &json!({})).await;
    assert_ne!(resumed.conversation_id, stranger.conversation_id);
    assert_eq!(resumed.history().await["messages"], json!([]));
}

/// Within one channel visitors are strangers to each other as well.
async fn another_visitors_answer_looks_like_none(ours: &World, theirs: &Foreign) {
    let (visitor, other) = (ours.tenant.visitor().await, ours.tenant.visitor().await);
    let own = answer_id(&visitor.say("Where is the shop?").await);
    let others = answer_id(&other.say("Where is the shop?").await);
    let mut refused: Vec<Answer> = Vec::new();
    for id in [others, theirs.get(Thing::Answer).id, Uuid::now_v7()] {
        refused.push(rate(&visitor, id).await);
    }
    for answer in &refused {
        answer.problem(404, "not_found");
        assert_eq!(answer.body, refused[0].body);
    }
    assert_eq!(rate(&visitor, own).await.expect(200)["value"], "up");
    for (reader, conversation) in [
        (&visitor, visitor.conversation_id),
        (&other, other.conversation_id),
    ] {
        let history = reader.history().await;
        let messages = history["messages"].as_array().expect("messages");
        assert_eq!(messages.len(), 2);
        assert!(
            messages
                .iter()
                .all(|message| message["conversation_id"] == conversation.to_string())
        );
    }
}

async fn rate(visitor: &Visitor, id: Uuid) -> Answer {
    let path = visitor.path(&format!("messages/{id}/feedback"));
    visitor.api.post(&path).json(&json!({"value": "up"})).send().await
}

fn answer_id(said: &Value) -> Uuid {
    said["answer"]["id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .expect("an answer")
}
