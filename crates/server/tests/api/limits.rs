//! How much visitors, addresses and tenants may write, and that a client's own claims change nothing (R38).

use std::time::{Duration, Instant};

use serde_json::json;
use testkit::{Answer, Server, Tenant, Visitor, require_runtime};

use crate::quick_tenant;
use crate::support::server;

#[tokio::test]
async fn a_visitor_and_an_address_write_so_much_and_no_more() {
    require_runtime!();
    let server = server().with_usual_limits().start().await;
    a_visitor_writes_ten_messages_a_minute(&quick_tenant(&server).await).await;
    an_address_begins_thirty_conversations_an_hour(&quick_tenant(&server).await).await;
    an_address_writes_sixty_messages_a_minute(&quick_tenant(&server).await).await;
    a_visitor_holds_ten_streams(&quick_tenant(&server).await).await;
    a_member_holds_twenty_streams(&server).await;
    a_message_has_four_thousand_characters(&quick_tenant(&server).await).await;
    an_address_signs_up_ten_times_an_hour(&server).await;
}

#[tokio::test]
async fn a_configured_proxy_is_believed_and_a_tenants_own_limit_holds() {
    require_runtime!();
    let server = server()
        .with_usual_limits()
        .set("RAPPORT_TRUSTED_PROXIES", "[\"127.0.0.1\"]")
        .set("RAPPORT_LIMITS__MESSAGES_PER_VISITOR_MINUTE", "0")
        .set("RAPPORT_LIMITS__MESSAGES_PER_VISITOR_HOUR", "12")
        .set("RAPPORT_LIMITS__NEW_CONVERSATIONS_PER_ADDRESS_HOUR", "3")
        .set("RAPPORT_LIMITS__MESSAGES_PER_TENANT_MINUTE", "20")
        .start()
        .await;
    let tenant = quick_tenant(&server).await;
    // the right-most address is what the proxy saw; the rest was written by the client
    for begun in 0..3 {
        begin_from(&tenant, &format!("198.51.100.{begun}, 203.0.113.7"))
            .await
            .expect(200);
    }
    refused(&begin_from(&tenant, "198.51.100.9, 203.0.113.7").await, 3600);
    begin_from(&tenant, "203.0.113.8").await.expect(200);
    // one IPv6 network is one address
    for host in 1..=3 {
        begin_from(&tenant, &format!("2001:db8:1:2::{host}"))
            .await
            .expect(200);
    }
    refused(&begin_from(&tenant, "2001:db8:1:2:ffff::9").await, 3600);

    let visitor = tenant.visitor().await;
    for number in 0..12 {
        visitor.say_as(&number.to_string(), "thanks").await.expect(200);
    }
    let wait = refused(&visitor.say_as("thirteen", "thanks").await, 3600);
    assert!(wait > 60, "an hour's limit, not a minute's: {wait}");
    // 7 + 12 messages so far
    begin_from(&tenant, "203.0.113.10").await.expect(200);
    refused(&begin_from(&tenant, "203.0.113.11").await, 60);
    begin_from(&quick_tenant(&server).await, "203.0.113.12")
        .await
        .expect(200);
}

/// Checks a refusal and gives the seconds to wait.
fn refused(answer: &Answer, longest: u64) -> u64 {
    answer.problem(429, "rate_limited");
    let wait = answer
        .header("retry-after")
        .and_then(|wait| wait.parse().ok())
        .expect("seconds to wait");
    assert!((1..=longest).contains(&wait), "{wait}");
    wait
}

async fn say_from(visitor: &Visitor, id: &str, address: &str) -> Answer {
    visitor
        .message(id, "thanks")
        .header("x-forwarded-for", address)
        .send()
        .await
}

async fn begin_from(tenant: &Tenant, address: &str) -> Answer {
    say_from(&tenant.visitor().await, "first", address).await
}

async fn a_visitor_writes_ten_messages_a_minute(tenant: &Tenant) {
    let visitor = tenant.visitor().await;
    for number in 0..10 {
        say_from(&visitor, &number.to_string(), &format!("203.0.113.{number}"))
            .await
            .expect(200);
    }
    for claimed in ["203.0.113.11", "203.0.113.12"] {
        refused(&say_from(&visitor, claimed, claimed).await, 60);
    }
    let rating = visitor.api.post(&visitor.path("rating"));
    refused(&rating.json(&json!({"rating": 5})).send().await, 60);
    // a new token of the same visitor is the same visitor
    let renewed = Visitor::start(&visitor.api, &tenant.channel_key, &json!({})).await;
    assert_ne!(renewed.token, visitor.token);
    refused(&renewed.say_as("renewed", "thanks").await, 60);
    let mut stream = visitor
        .message("streamed", "thanks")
        .header("accept", "text/event-stream")
        .send()
        .await;
    refused(&stream, 60);
    stream = visitor
        .api
        .post(&visitor.path("escalations"))
        .json(&json!({}))
        .send()
        .await;
    refused(&stream, 60);
    let messages = tenant.thread(visitor.conversation_id).await;
    assert_eq!(messages.len(), 20, "what was refused is not stored");
    // somebody else is not in the way
    tenant.visitor().await.say("thanks").await;
}

async fn an_address_begins_thirty_conversations_an_hour(tenant: &Tenant) {
    let first = tenant.visitor().await;
    first.say("thanks").await;
    for begun in 1..30 {
        begin_from(tenant, &format!("203.0.113.{begun}"))
            .await
            .expect(200);
    }
    for claimed in ["198.51.100.1", "2001:db8::1", "127.0.0.1"] {
        refused(&begin_from(tenant, claimed).await, 3600);
    }
    let stranger = tenant.visitor().await;
    let escalation = stranger
        .api
        .post(&stranger.path("escalations"))
        .json(&json!({}))
        .send()
        .await;
    refused(&escalation, 3600);
    // a conversation that has begun goes on
    first.say("thanks").await;
    let list = tenant
        .api
        .get("/api/v1/conversations?limit=200")
        .expect(200)
        .await;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(30));
}

async fn an_address_writes_sixty_messages_a_minute(tenant: &Tenant) {
    // nobody has to wait for an answer: all of it is to happen within the minute
    tenant.configure(&json!({"is_bot_active": false})).await;
    let mut visitors = Vec::new();
    for _ in 0..7 {
        visitors.push(tenant.visitor().await);
    }
    for number in 0..60 {
        let visitor = &visitors[number % visitors.len()];
        say_from(visitor, &number.to_string(), &format!("203.0.113.{number}"))
            .await
            .expect(200);
    }
    for visitor in &visitors {
        refused(&visitor.say_as("one more", "thanks").await, 60);
    }
}

async fn a_message_has_four_thousand_characters(tenant: &Tenant) {
    let visitor = tenant.visitor().await;
    visitor.say_as("1", &"é".repeat(4000)).await.expect(200);
    visitor
        .say_as("2", &"é".repeat(4001))
        .await
        .problem(422, "bad_text");
    visitor.say_as("3", " \n ").await.problem(422, "bad_text");
    visitor
        .say_as("", "thanks")
        .await
        .problem(422, "bad_client_message_id");
    visitor
        .say_as(&"x".repeat(101), "thanks")
        .await
        .problem(422, "bad_client_message_id");
    assert_eq!(visitor.history().await["conversation"]["last_seq"], 2);
}

async fn an_address_signs_up_ten_times_an_hour(server: &Server) {
    for number in 0..=10 {
        let account = json!({"email": format!("{number}@shop.example"), "password": "a long password", "name": "A", "business_name": "A"});
        let call = server
            .api
            .post("/api/v1/sign-up")
            .header("x-forwarded-for", &format!("203.0.113.{number}"));
        let answer = call.json(&account).send().await;
        match number {
            0..10 => drop(answer.expect(201)),
            _ => drop(refused(&answer, 3600)),
        }
    }
}

async fn a_visitor_holds_ten_streams(tenant: &Tenant) {
    let visitor = tenant.visitor().await;
    let mut streams = Vec::new();
    for _ in 0..10 {
        streams.push(visitor.events(None).await);
    }
    let one_more = visitor.api.get(&visitor.path("events")).send().await;
    one_more.problem(429, "rate_limited");
    tenant.visitor().await.events(None).await;
}

async fn a_member_holds_twenty_streams(server: &Server) {
    let tenant = quick_tenant(server).await;
    let sam = server.member(&tenant, "sam@streams.example", "agent").await;
    let mut streams = Vec::new();
    for _ in 0..20 {
        streams.push(sam.get("/api/v1/events").stream().await);
    }
    let one_more = sam.get("/api/v1/events").send().await;
    let problem = one_more.problem(429, "rate_limited");
    assert!(
        problem["detail"].to_string().contains("Please close one"),
        "{problem}"
    );
    assert_eq!(one_more.header("retry-after"), Some("10"));
    tenant.api.get("/api/v1/events").stream().await;

    streams.pop();
    // The server learns of it when it next writes to the stream that was left.
    tenant.visitor().await.say("Hello").await;
    let freed = Instant::now();
    while sam.get("/api/v1/events").try_stream().await.is_err() {
        assert!(freed.elapsed() < Duration::from_secs(90), "a place is given back");
    }
}
