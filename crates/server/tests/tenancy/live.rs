//! Live streams: each carries only its own tenant's and its own conversation's events, and ends when its caller loses
//! access (R25).

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{EventStream, SseEvent, Tenant, require_runtime};

use crate::support::server;

/// Access is looked up again every five seconds; the rest is for a busy machine.
const LONGEST_AFTERLIFE: Duration = Duration::from_secs(50);

#[tokio::test]
async fn streams_stay_in_their_tenant_and_end_with_the_callers_access() {
    require_runtime!();
    let server = server().start().await;
    let (ours, theirs) = (server.tenant("Ours").await, server.tenant("Theirs").await);
    for tenant in [&ours, &theirs] {
        tenant
            .configure(&json!({"settings": {"join_messages": "never"}}))
            .await;
        tenant.teach("Where is the shop?", "In Ghent.").await;
    }
    events_stay_in_their_tenant(&ours, &theirs).await;

    let robin = server.member(&ours, "robin@ours.example", "agent").await;
    let sam = server.member(&ours, "sam@ours.example", "agent").await;
    let kim = server.member(&ours, "kim@ours.example", "agent").await;
    let made = ours
        .api
        .post("/api/v1/api-keys")
        .json(&json!({"name": "Screen", "scopes": ["conversations:read"]}));
    let made = made.expect(201).await;
    let key = ours.api.with_bearer(made["key"].as_str().expect("the key"));
    let callers = [&robin, &sam, &kim, &key];
    let mut streams = Vec::new();
    for caller in callers {
        caller.get("/api/v1/conversations").expect(200).await;
        streams.push(follow(caller).await);
    }

    server
        .rapport(&["user", "remove", "robin@ours.example", "--tenant", &ours.slug])
        .await;
    sam.delete("/api/v1/session").expect(204).await;
    server
        .rapport_with_input(&["user", "password", "kim@ours.example"], "another password")
        .await;
    let path = format!("/api/v1/api-keys/{}", made["id"].as_str().expect("an id"));
    ours.api.delete(&path).expect(204).await;
    let ended = Instant::now();
    for caller in callers {
        caller
            .get("/api/v1/conversations")
            .send()
            .await
            .problem(401, "unauthenticated");
        caller
            .get("/api/v1/events")
            .send()
            .await
            .problem(401, "unauthenticated");
    }
    for mut stream in streams {
        stream.rest().await;
        assert!(
            ended.elapsed() < LONGEST_AFTERLIFE,
            "a stream went on for {:?}",
            ended.elapsed()
        );
    }
}

#[tokio::test]
async fn a_stream_ends_with_the_membership_that_it_was_opened_in() {
    require_runtime!();
    let server = server().start().await;
    let (left, kept) = (server.tenant("Left").await, server.tenant("Kept").await);
    let owner = server.member(&left, "owner@left.example", "owner").await;
    let robin = server.member(&kept, "robin@kept.example", "agent").await;
    let invited = owner.post("/api/v1/invitations").json(&json!({"role": "agent"}));
    let url = invited.expect(201).await["url"].clone();
    let token = url.as_str().expect("a link").replace("/app/join/", "");
    let accept = robin.post(&format!("/api/v1/invitations/by-token/{token}/accept"));
    let joined = accept.json(&json!({})).expect(201).await;
    let mut stream = follow(&robin).await;

    // the session is good, but for another workspace
    let elsewhere = json!({"tenant_id": kept.id});
    robin
        .post("/api/v1/session/workspace")
        .json(&elsewhere)
        .expect(200)
        .await;
    let path = format!(
        "/api/v1/members/{}",
        joined["user"]["id"].as_str().expect("an id")
    );
    owner.delete(&path).expect(204).await;
    tokio::time::timeout(LONGEST_AFTERLIFE, stream.rest())
        .await
        .expect("the stream went on");
    robin.get("/api/v1/conversations").expect(200).await;
}

#[tokio::test]
async fn a_stream_ends_when_its_key_expires() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Ours").await;
    let body =
        json!({"name": "Screen", "scopes": ["conversations:read"], "expires_at": "2120-01-01T00:00:00Z"});
    let made = tenant.api.post("/api/v1/api-keys").json(&body).expect(201).await;
    let key = tenant.api.with_bearer(made["key"].as_str().expect("the key"));
    let mut stream = follow(&key).await;
    sqlx::query(
        "update api_keys set expires_at = now() - interval '1 second' where tenant_id = $1 and name = 'Screen'",
    )
    .bind(tenant.id)
    .execute(&mut server.owner().await)
    .await
    .expect("time passes");
    tokio::time::timeout(LONGEST_AFTERLIFE, stream.rest())
        .await
        .expect("the stream went on");
}

/// The tenant's stream, once it stands.
async fn follow(api: &testkit::Api) -> EventStream {
    let mut stream = api.get("/api/v1/events").stream().await;
    stream.next_named("ready").await;
    stream
}

async fn events_stay_in_their_tenant(ours: &Tenant, theirs: &Tenant) {
    let (mut our_stream, mut their_stream) = (follow(&ours.api).await, follow(&theirs.api).await);
    let (visitor, neighbour) = (ours.visitor().await, ours.visitor().await);
    visitor.say("Where is the shop?").await;
    let mut visitor_stream = visitor.events(Some(0)).await;
    let own = (visitor.conversation_id, neighbour.conversation_id);

    // everything that can happen, in the other tenant first and then next door
    let stranger = theirs.visitor().await;
    stranger.say("Who invented the zipper?").await;
    theirs.reply(stranger.conversation_id, "A person speaks.").await;
    neighbour.say("How loud is thunder?").await;
    ours.reply(neighbour.conversation_id, "A person speaks.").await;
    visitor.say("Where is the shop?").await;
    ours.reply(visitor.conversation_id, "The end.").await;
    theirs.reply(stranger.conversation_id, "The end.").await;

    let seen = until_the_end(&mut our_stream).await;
    assert_eq!(
        conversations_in(&seen),
        [own.0, own.1].map(|id| id.to_string()).into()
    );
    let gaps: BTreeSet<String> = ids(ours.api.get("/api/v1/gaps").expect(200).await);
    let told = seen
        .iter()
        .filter(|event| event.name == "gap")
        .map(|event| event.json()["id"].clone());
    assert_eq!(
        told.filter_map(|id| id.as_str().map(str::to_owned))
            .collect::<BTreeSet<_>>(),
        gaps
    );

    let seen = until_the_end(&mut their_stream).await;
    assert_eq!(
        conversations_in(&seen),
        [stranger.conversation_id.to_string()].into()
    );

    let seen = until_the_end(&mut visitor_stream).await;
    assert_eq!(conversations_in(&seen), [own.0.to_string()].into());
    let numbers: Vec<&str> = seen.iter().filter_map(|event| event.id.as_deref()).collect();
    assert_eq!(numbers, ["1", "2", "3", "4", "5"]);
}

async fn until_the_end(stream: &mut EventStream) -> Vec<SseEvent> {
    let mut seen = Vec::new();
    loop {
        let event = stream.next().await.expect("the stream goes on");
        let is_last = event.data.contains("The end.");
        seen.push(event);
        if is_last {
            return seen;
        }
    }
}

/// Every conversation that the events speak of.
fn conversations_in(events: &[SseEvent]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for event in events {
        let data = event.json();
        let id = match event.name.as_str() {
            "conversation" => &data["id"],
            "message" if data["conversation"].is_object() => &data["conversation"]["id"],
            "message" => &data["conversation_id"],
            _ => continue,
        };
        found.insert(id.as_str().expect("an id").to_owned());
    }
    found
}

fn ids(list: Value) -> BTreeSet<String> {
    let items = list["items"].as_array().expect("a list");
    items
        .iter()
        .filter_map(|item| item["id"].as_str().map(str::to_owned))
        .collect()
}
