//! Search over messages and notes, and contacts: blocked, erased.

use conversations::live::Streams;
use kernel::Clock;
use kernel::secrets::MasterKey;
use serde_json::{Value, json};
use testkit::{Api, Server, require_runtime};
use uuid::Uuid;

use super::{Team, change, details, follow, id, kinds, path, reply};
use crate::support::server;

#[tokio::test]
async fn what_was_said_is_found_and_who_is_erased_is_gone() {
    require_runtime!();
    let server = server().start().await;
    let team = Team::make(&server).await;
    everything_is_found(&server, &team).await;
    what_is_older_than_the_search_is_found_after_a_start(&server, &team).await;
    a_search_reads_so_far_back_and_no_further(&team).await;
    a_blocked_contact_is_refused_and_an_erased_one_gone(&server, &team).await;
}

async fn what_is_older_than_the_search_is_found_after_a_start(server: &Server, team: &Team) {
    let visitor = team.tenant.visitor().await;
    visitor.say("My quokka chewed the armrest").await;
    let forget = sqlx::query("delete from conversation_words where conversation_id = $1");
    forget
        .bind(visitor.conversation_id)
        .execute(&mut team.database().await)
        .await
        .expect("forgotten");
    assert!(search(&team.robin, "quokka").await.is_empty());
    let ctx = conversations::Context {
        db: server.database(Clock::system()).await,
        streams: Streams::default(),
        master_key: MasterKey::random(),
        public_url: None,
    };
    conversations::search::catch_up(&ctx).await.expect("caught up");
    let found = search(&team.robin, "quokka").await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, visitor.conversation_id);
}

async fn a_search_reads_so_far_back_and_no_further(team: &Team) {
    let visitor = team.visitor().await;
    visitor.say("The numbat sleeps in the drawer").await;
    let mut database = team.database().await;
    for (more, is_read) in [(1_500, true), (600, false)] {
        let said = sqlx::query(
            "insert into messages (tenant_id, conversation_id, sender_type, text_content)
            select tenant_id, id, 'user', 'Again' from conversations, generate_series(1, $2) where id = $1",
        );
        said.bind(visitor.conversation_id)
            .bind(more)
            .execute(&mut database)
            .await
            .expect("many messages");
        let found = search(&team.robin, "numbat").await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].1.contains("«numbat»"), is_read, "{found:?}");
    }
}

async fn search(api: &Api, words: &str) -> Vec<(Uuid, String)> {
    let words = words.replace(' ', "%20");
    let found = api.get(&format!("/api/v1/search?q={words}")).expect(200).await;
    let items = found["items"].as_array().expect("a list").iter();
    items
        .map(|hit| {
            let snippet = hit["snippet"].as_str().expect("a snippet").to_owned();
            (id(&hit["conversation"]["id"]), snippet)
        })
        .collect()
}

async fn everything_is_found(server: &Server, team: &Team) {
    let visitor = team.tenant.visitor().await;
    visitor
        .say("Ma crème brûlée est arrivée cassée, commande XK-4711")
        .await;
    reply(
        &team.robin,
        &visitor,
        json!({"text": "We are sorry about the Porzellan bowl."}),
    )
    .await
    .expect(201);
    let body = json!({"client_note_id": "n", "text": "Zebrawood is out of stock."});
    team.robin
        .post(&path(&visitor, "/notes"))
        .json(&body)
        .expect(201)
        .await;
    let conversation = visitor.conversation_id;
    for (words, snippet) in [
        ("creme brulee", "Ma «crème» «brûlée» est"),
        ("CRÈME", "Ma «crème» brûlée"),
        ("commande xk-4711", "«commande» «XK»-«4711»"),
        ("porz", "the «Porzellan» bowl"),
        ("zebraw", "«Zebrawood» is out"),
        // spread over a question, an answer and a note
        ("creme porzellan zebra", "«"),
    ] {
        let found = search(&team.sam, words).await;
        assert_eq!(found.len(), 1, "{words}: {found:?}");
        assert_eq!(found[0].0, conversation, "{words}");
        assert!(found[0].1.contains(snippet), "{words}: {}", found[0].1);
    }
    for words in ["zebrawood ", "porzellan"] {
        assert_eq!(search(&team.sam, words).await.len(), 1, "{words}");
    }
    for words in [
        "zebra ",
        "creme nothing",
        "orzellan",
        "%",
        "",
        "'; drop table labels; --",
    ] {
        assert_eq!(search(&team.sam, words).await, [], "{words}");
    }
    // newest activity first, page by page
    let later = team.tenant.visitor().await;
    later.say("Another zebrawood question").await;
    let first = team
        .sam
        .get("/api/v1/search?q=zebrawood&limit=1")
        .expect(200)
        .await;
    assert_eq!(
        id(&first["items"][0]["conversation"]["id"]),
        later.conversation_id
    );
    assert_eq!(first["items"][0]["seq"], 1);
    let cursor = first["next_cursor"].as_str().expect("a cursor");
    let second = team
        .sam
        .get(&format!("/api/v1/search?q=zebrawood&limit=1&cursor={cursor}"))
        .expect(200)
        .await;
    assert_eq!(id(&second["items"][0]["conversation"]["id"]), conversation);
    assert!(second["items"][0]["note_id"].is_string() && second["items"][0]["message_id"].is_null());
    // another tenant finds its own only
    let neighbour = server.tenant("Neighbour").await;
    let stranger = neighbour.visitor().await;
    stranger.say("zebrawood there").await;
    let found = search(&neighbour.api, "zebrawood").await;
    assert_eq!(
        found.iter().map(|hit| hit.0).collect::<Vec<_>>(),
        [stranger.conversation_id]
    );
    assert_eq!(search(&team.sam, "zebrawood").await.len(), 2);
}

async fn a_blocked_contact_is_refused_and_an_erased_one_gone(server: &Server, team: &Team) {
    let visitor = team.visitor().await;
    let contact = format!(
        "/api/v1/contacts/{}",
        id(&details(&team.robin, &visitor).await["contact"]["id"])
    );
    let patch = json!({"name": "Kim", "email": "kim@example.com", "phone": "  ", "note": "Rude.", "is_blocked": true});
    let known = team.robin.patch(&contact).json(&patch).expect(200).await;
    assert_eq!((&known["name"], &known["phone"]), (&json!("Kim"), &Value::Null));
    assert_eq!(id(&known["conversations"][0]["id"]), visitor.conversation_id);
    assert_eq!(kinds(&team.robin, &visitor).await, ["blocked"]);
    assert_eq!(details(&team.robin, &visitor).await["is_blocked"], true);
    let refused = visitor.say_as("blocked", "Hello?").await;
    let problem = refused.problem(403, "blocked");
    assert!(!problem["detail"].as_str().expect("a sentence").contains("block"));
    let call = visitor.api.post(&visitor.path("escalations")).json(&json!({}));
    call.send().await.problem(403, "blocked");
    assert_eq!(team.tenant.thread(visitor.conversation_id).await.len(), 2);
    // nor in a new conversation
    change(&team.robin, &visitor, json!({"status": "resolved"})).await;
    visitor.say_as("blocked", "Hello?").await.problem(403, "blocked");
    team.robin
        .patch(&contact)
        .json(&json!({"is_blocked": false}))
        .expect(200)
        .await;
    assert_eq!(
        visitor.say("Where is the shop?").await["answer"]["text"],
        "In Ghent."
    );
    assert_eq!(
        search(&team.sam, "hello")
            .await
            .iter()
            .filter(|hit| hit.0 == visitor.conversation_id)
            .count(),
        0
    );

    team.robin
        .delete(&contact)
        .send()
        .await
        .problem(403, "permission_missing");
    let mut live = follow(&team.sam).await;
    team.owner.delete(&contact).expect(204).await;
    live.next_named("resync").await;
    team.owner.get(&contact).send().await.problem(404, "not_found");
    let left: Vec<i64> = vec![
        count(server, "messages", visitor.conversation_id).await,
        count(server, "conversation_words", visitor.conversation_id).await,
        count(server, "conversation_events", visitor.conversation_id).await,
    ];
    assert_eq!(left, [0, 0, 0]);
    let log = team.owner.get("/api/v1/audit-log").expect(200).await.to_string();
    for action in ["contact_blocked", "contact_unblocked", "contact_erased"] {
        assert!(log.contains(action), "{action}: {log}");
    }
}

async fn count(server: &Server, table: &str, conversation: Uuid) -> i64 {
    let statement = format!("select count(*) from {table} where conversation_id = '{conversation}'");
    sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
        .fetch_one(&mut server.owner().await)
        .await
        .expect("a count")
}
