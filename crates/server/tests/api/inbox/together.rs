//! Two agents at one conversation: replies, notes and mentions, who is looking, and what each may do.

use serde_json::{Value, json};
use testkit::fake::FakeProvider;
use testkit::{Api, Method, Provider, Server, require_runtime};
use uuid::Uuid;

use super::{Team, change, details, follow, id, kinds, listed, path, reply};
use crate::support::server;

#[tokio::test]
async fn two_agents_share_a_conversation() {
    require_runtime!();
    let server = server().start().await;
    let team = Team::make(&server).await;
    two_cannot_both_reply_unawares(&team).await;
    a_note_reaches_whom_it_mentions_and_nobody_outside(&team).await;
    who_else_is_looking_is_seen(&team).await;
    roles_decide_who_may_write(&server, &team).await;
}

async fn two_cannot_both_reply_unawares(team: &Team) {
    let visitor = team.waiting().await;
    let seq = details(&team.robin, &visitor).await["last_seq"].clone();
    let seen = json!({"seen_seq": seq});
    let (first, second) = tokio::join!(
        reply(&team.robin, &visitor, seen.clone()),
        reply(&team.sam, &visitor, seen.clone())
    );
    let (stored, refused) = if first.status == 201 {
        (first, second)
    } else {
        (second, first)
    };
    let message = stored.expect(201);
    let problem = refused.problem(409, "newer_reply");
    let author = message["sender_name"].as_str().expect("a name");
    assert!(
        problem["detail"].as_str().expect("a sentence").contains(author),
        "{problem}"
    );
    // one's own reply is no news, nor is the visitor's
    let (writer, other) = if author == "Sam" {
        (&team.sam, &team.robin)
    } else {
        (&team.robin, &team.sam)
    };
    visitor.say("And on Sundays?").await;
    reply(writer, &visitor, seen.clone()).await.expect(201);
    // who has read it, or does not ask, can write
    let now = details(&team.robin, &visitor).await["last_seq"].clone();
    reply(other, &visitor, json!({"seen_seq": now})).await.expect(201);
    reply(writer, &visitor, json!({})).await.expect(201);
    // a repeated one is the same one, whatever came after it
    let body = json!({"client_message_id": "again", "seen_seq": 1000});
    let once = reply(writer, &visitor, body.clone()).await.expect(201);
    reply(other, &visitor, json!({})).await.expect(201);
    let twice = reply(
        writer,
        &visitor,
        json!({"client_message_id": "again", "seen_seq": seq}),
    )
    .await;
    assert_eq!(twice.expect(201)["id"], once["id"]);
    reply(other, &visitor, json!({"resolve": true})).await.expect(201);
    let resolved = details(&team.robin, &visitor).await;
    assert_eq!(
        (&resolved["status"], &resolved["escalation"]),
        (&json!("resolved"), &Value::Null)
    );
    assert_eq!(
        kinds(&team.robin, &visitor).await,
        ["escalated", "assigned", "resolved"]
    );
}

const SECRET: &str = "grumpycanary";

async fn a_note_reaches_whom_it_mentions_and_nobody_outside(team: &Team) {
    let visitor = team.waiting().await;
    let (mut to_sam, mut to_robin) = (follow(&team.sam).await, follow(&team.robin).await);
    let mut to_visitor = visitor.events(Some(0)).await;
    let body = json!({"client_note_id": "one", "text": format!("Careful: {SECRET}"), "mentions": [team.sam_id, team.sam_id]});
    let notes = path(&visitor, "/notes");
    let note = team.robin.post(&notes).json(&body).expect(201).await;
    assert_eq!(note["mentions"], json!([team.sam_id]));
    let again = team.robin.post(&notes).json(&body).expect(201).await;
    assert_eq!(again["id"], note["id"]);
    let told = to_sam.next_named("mention").await.json();
    assert_eq!(told["note_id"], note["id"]);
    let counts = team.sam.get("/api/v1/inbox/counts").expect(200).await;
    assert_eq!(counts["mentions"], 1);
    assert_eq!(
        listed(&team.sam, "view=mentions").await,
        [visitor.conversation_id]
    );
    let seen = team.sam.get(&path(&visitor, "/timeline")).expect(200).await;
    assert_eq!(
        (&seen["notes"][0]["author"]["name"], &seen["notes"][0]["is_mine"]),
        (&json!("Robin"), &json!(false))
    );
    team.sam.post(&path(&visitor, "/read")).expect(204).await;
    assert_eq!(
        team.sam.get("/api/v1/inbox/counts").expect(200).await["mentions"],
        0
    );
    let stranger = json!({"client_note_id": "two", "text": "?", "mentions": [Uuid::now_v7()]});
    let answer = team.robin.post(&notes).json(&stranger).send().await;
    answer.problem(422, "not_a_member");

    // nobody outside: not the visitor, not the bot, no export
    change(&team.robin, &visitor, json!({"ai_paused": false})).await;
    let provider = FakeProvider::start().await;
    let credential = team
        .tenant
        .use_model(provider.base_url(Provider::OpenAi).as_str())
        .await;
    let said = visitor.say("Where is the shop, and who is careful?").await;
    assert!(!said.to_string().contains(SECRET));
    assert!(provider.calls() > 0, "the model was asked");
    assert!(
        provider
            .requests()
            .iter()
            .all(|call| !call.body.to_string().contains(SECRET))
    );
    let credential = format!("/api/v1/llm-credentials/{credential}");
    team.tenant.api.delete(&credential).expect(204).await;
    assert!(!visitor.history().await.to_string().contains(SECRET));
    let session = json!({});
    let resumed = visitor
        .api
        .post(&visitor.path("sessions"))
        .json(&session)
        .expect(200)
        .await;
    assert!(!resumed.to_string().contains(SECRET));
    team.tenant.reply(visitor.conversation_id, "The end.").await;
    loop {
        let event = to_visitor.next().await.expect("the stream goes on");
        assert!(!event.data.contains(SECRET), "{event:?}");
        assert!(
            matches!(event.name.as_str(), "message" | "conversation" | "typing"),
            "{event:?}"
        );
        if event.data.contains("The end.") {
            break;
        }
    }
    for export in ["/api/v1/qa-pairs/export", "/api/v1/gaps"] {
        assert!(
            !team.owner.get(export).send().await.text().contains(SECRET),
            "{export}"
        );
    }
    // a mention is for the one who is mentioned
    loop {
        let event = to_robin.next().await.expect("the stream goes on");
        assert_ne!(event.name, "mention");
        if event.data.contains("The end.") {
            break;
        }
    }
    let note = path(&visitor, &format!("/notes/{}", id(&note["id"])));
    team.sam.delete(&note).send().await.problem(403, "not_your_note");
    team.robin.delete(&note).expect(204).await;
}

async fn who_else_is_looking_is_seen(team: &Team) {
    let visitor = team.visitor().await;
    let mut live = follow(&team.sam).await;
    let viewing = path(&visitor, "/viewing");
    team.robin
        .post(&viewing)
        .json(&json!({"is_typing": false}))
        .expect(204)
        .await;
    let told = live.next_named("presence").await.json();
    assert_eq!(
        told["people"],
        json!([{"user_id": team.robin_id, "name": "Robin", "is_typing": false}])
    );
    team.robin
        .post(&viewing)
        .json(&json!({"is_typing": true}))
        .expect(204)
        .await;
    assert_eq!(
        live.next_named("presence").await.json()["people"][0]["is_typing"],
        true
    );
    team.robin.delete(&viewing).expect(204).await;
    assert_eq!(live.next_named("presence").await.json()["people"], json!([]));
    // one who has not been heard of for half a minute is gone
    team.robin.post(&viewing).json(&json!({})).expect(204).await;
    live.next_named("presence").await;
    let silent = "update conversation_viewers set seen_at = seen_at - interval '26 seconds'";
    sqlx::query(silent)
        .execute(&mut team.database().await)
        .await
        .expect("silence");
    team.sam.post(&viewing).json(&json!({})).expect(204).await;
    let told = live.next_named("presence").await.json();
    assert_eq!(
        told["people"],
        json!([{"user_id": team.sam_id, "name": "Sam", "is_typing": false}])
    );
    let answer = team.tenant.api.post(&viewing).json(&json!({})).send().await;
    answer.problem(403, "not_a_person");
    let all = team.sam.get("/api/v1/team").expect(200).await;
    let robin = all["items"].as_array().expect("a list").iter();
    let mut robin = robin.filter(|item| item["user_id"] == json!(team.robin_id));
    assert_eq!(robin.next().expect("Robin")["is_online"], true);
}

async fn roles_decide_who_may_write(server: &Server, team: &Team) {
    let viewer = server.member(&team.tenant, "vic@shop.example", "viewer").await;
    let visitor = team.visitor().await;
    let label = json!({"name": "Mine", "color": "red"});
    team.robin
        .post("/api/v1/labels")
        .json(&label)
        .send()
        .await
        .problem(403, "permission_missing");
    let settings = team.robin.get("/api/v1/inbox-settings").expect(200).await;
    let put = |api: &Api| api.call(Method::PUT, "/api/v1/inbox-settings").json(&settings);
    put(&team.robin).send().await.problem(403, "permission_missing");
    put(&team.owner).expect(200).await;
    for (what, body) in [
        ("/unread", json!({})),
        ("/notes", json!({"client_note_id": "v", "text": "?"})),
        ("/escalations", json!({})),
        ("/messages", json!({"client_message_id": "v", "text": "?"})),
    ] {
        let answer = viewer.post(&path(&visitor, what)).json(&body).send().await;
        answer.problem(403, "permission_missing");
    }
    for (what, body) in [
        ("/api/v1/conversations/bulk", json!({"changes": []})),
        (
            "/api/v1/saved-replies",
            json!({"shortcut": "v", "title": "v", "text": "v"}),
        ),
        ("/api/v1/inbox-views", json!({"name": "v", "query": ""})),
    ] {
        viewer
            .post(what)
            .json(&body)
            .send()
            .await
            .problem(403, "permission_missing");
    }
    let reader = json!({"name": "Screen", "scopes": ["conversations:read"]});
    let reader = team
        .owner
        .post("/api/v1/api-keys")
        .json(&reader)
        .expect(201)
        .await;
    let reader = team.owner.with_bearer(reader["key"].as_str().expect("a key"));
    // who cannot answer does not take the mark from those who can
    visitor.say("Is anybody there?").await;
    let unread = details(&team.robin, &visitor).await["unread_count"].clone();
    assert_ne!(unread, 0);
    for caller in [&viewer, &reader] {
        caller.post(&path(&visitor, "/read")).expect(204).await;
        assert_eq!(details(&team.robin, &visitor).await["unread_count"], unread);
    }
    team.robin.post(&path(&visitor, "/read")).expect(204).await;
    assert_eq!(details(&team.robin, &visitor).await["unread_count"], 0);
    for what in [
        "/api/v1/team",
        "/api/v1/labels",
        "/api/v1/inbox/counts",
        "/api/v1/search?q=shop",
    ] {
        viewer.get(what).expect(200).await;
    }
}
