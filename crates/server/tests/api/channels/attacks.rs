//! Calls that want more than their share: of time, of room, of other people's words and secrets.

use serde_json::{Value, json};
use testkit::{Channel, Method, Receiver, Tenant, Vendor, require_runtime};

use super::conversing::answered_once;
use super::{ANSWER, OTHER_QUESTION, QUESTION, open_server, quick_channel, shop};

#[tokio::test]
async fn a_strangers_call_about_thousands_of_accounts_is_not_even_looked_up() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = answered_once(&server, "messenger").await;
    let stranger = channel.tenant.api.without_credential();
    for kind in ["messenger", "whatsapp"] {
        let entries: Vec<Value> = (0..5_000)
            .map(|number| {
                let metadata = json!({"phone_number_id": number.to_string()});
                json!({"id": number.to_string(), "changes": [{"value": {"metadata": metadata}}]})
            })
            .collect();
        let body = json!({"object": "page", "entry": entries});
        let call = stranger.post(&format!("/hooks/{kind}")).json(&body);
        call.send().await.problem(413, "too_many_accounts");
    }
    // the vendor's own are taken at the same address, whatever strangers did
    vendor
        .hooks()
        .set_url(Some(format!("{}/hooks/messenger", server.public_url())));
    for number in 2..6 {
        assert_eq!(vendor.person(number).says(QUESTION).await.status, Some(200));
    }
    // so often an address may be wrong
    let nobodys = json!({"object": "page", "entry": [{"id": "404"}]});
    let call = async || stranger.post("/hooks/messenger").json(&nobodys).send().await;
    for _ in 2..120 {
        call().await.problem(404, "not_found");
    }
    call().await.problem(429, "rate_limited");
}

#[tokio::test]
async fn a_thousand_events_in_one_call_are_taken_whole_and_once() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = quick_channel(&server, "whatsapp").await;
    channel.configure(&json!({"is_active": false})).await;
    let Vendor::Whatsapp(whatsapp) = &vendor else {
        unreachable!()
    };
    vendor.hooks().hold();
    for number in 0..1000 {
        let customer = whatsapp.customer(&format!("3247{number:07}"), "Ana");
        customer.says(QUESTION).await;
    }
    let first = vendor.hooks().release_together().await;
    taken(&vendor, &channel, first).await;
    // again: nothing is there twice
    let again = vendor.hooks().redeliver(1).await[0];
    taken(&vendor, &channel, again).await;
}

/// What a busy machine does not take in the vendor's time it refuses, and the vendor comes again: all of it is there or
/// nothing.
async fn taken(vendor: &Vendor, channel: &Channel, mut answer: Option<u16>) {
    let pending = async || channel.health().await["events"]["pending"].clone();
    for _ in 0..20 {
        if answer != Some(503) {
            break;
        }
        let pending = pending().await;
        assert!(pending == 0 || pending == 1000, "{pending}");
        answer = vendor.hooks().redeliver(1).await[0];
    }
    assert_eq!((answer, pending().await), (Some(200), json!(1000)));
}

#[tokio::test]
async fn ids_that_no_index_holds_are_kept_and_never_asked_for_again() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = quick_channel(&server, "api").await;
    channel.configure(&json!({"is_bot_active": false})).await;
    let Vendor::Program(program) = &vendor else {
        unreachable!()
    };
    // nothing that the database could make shorter
    let long: String = (1_u64..300)
        .map(|number| format!("{:x}", number.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
        .collect();
    let tells = async |content: Value| program.tells(content).await.status;
    let from = json!({"id": "ana"});
    let said = json!({"id": long, "thread": "ana", "from": from, "text": "A long id"});
    assert_eq!(tells(said.clone()).await, Some(200));
    assert_eq!(tells(said).await, Some(200));
    let thread = channel.thread_until(|thread| !thread.is_empty()).await;
    assert_eq!((thread.len(), &thread[0]["text"]), (1, &json!("A long id")));
    for strange in [
        json!({"id": "a\u{0}b", "thread": "ana", "from": from, "text": "Hello"}),
        json!({"id": "2", "thread": "a\u{0}na", "from": from, "text": "Hello"}),
        json!({"id": "3", "thread": long, "from": from, "text": "Hello"}),
    ] {
        assert_eq!(tells(strange).await, Some(200));
    }
    let kept = channel.ledger("status=quarantined").await;
    assert_eq!(kept.len(), 3, "{kept:#?}");
    assert!(
        kept.iter().all(|event| event["note"]["text"].is_string()),
        "{kept:#?}"
    );
    // a person whom no index holds: said at once, and nobody waits for it
    let nobody = json!({"id": "4", "thread": "ana", "from": {"id": long}, "text": "Hello"});
    assert_eq!(tells(nobody).await, Some(200));
    let dead = channel
        .ledger_until("status=dead", |events| events.len() == 1)
        .await;
    assert_eq!(dead[0]["attempts"], 1, "{dead:#?}");
}

#[tokio::test]
async fn what_cannot_be_stored_or_fetched_does_not_take_the_words_along() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = quick_channel(&server, "api").await;
    channel.configure(&json!({"is_bot_active": false})).await;
    let Vendor::Program(program) = &vendor else {
        unreachable!()
    };
    let inside =
        json!({"url": "http://169.254.169.254/latest", "name": "a\u{0}.txt", "mime_type": "text/plain"});
    let from =
        json!({"id": "ana", "name": "A\u{0}na", "email": "a\u{0}na@shop.example", "is_verified": true});
    let said = json!({"id": "1", "from": from, "text": "My \u{0}order", "attachments": [inside]});
    assert_eq!(program.tells(said).await.status, Some(200));
    let thread = channel.thread_until(|thread| !thread.is_empty()).await;
    assert_eq!(thread[0]["text"], "My order");
    assert!(thread[0]["extras"]["missing_file"].is_string(), "{thread:#?}");
    let events = channel.ledger("").await;
    assert_eq!(
        (&events[0]["status"], &events[0]["attempts"]),
        (&json!("processed"), &json!(1)),
        "{events:#?}"
    );
    let contact = channel.conversations().await[0]["contact"].clone();
    assert_eq!(contact["name"], "Ana", "{contact:#}");
    // a name that leads nowhere is asked for some times, and the words come without the file
    let nowhere =
        json!({"url": "https://no-such-host.invalid/a.txt", "name": "a.txt", "mime_type": "text/plain"});
    let said = json!({"id": "2", "from": {"id": "ana"}, "text": "And this", "attachments": [nowhere]});
    program.tells(said).await;
    let thread = channel.thread_until(|thread| thread.len() == 2).await;
    assert!(thread[1]["extras"]["missing_file"].is_string(), "{thread:#?}");
}

async fn put(tenant: &Tenant, path: &str, body: &Value) -> testkit::Answer {
    tenant.api.call(Method::PUT, path).json(body).send().await
}

#[tokio::test]
async fn a_stored_secret_is_not_sent_to_another_address() {
    require_runtime!();
    let server = open_server().await;
    let (tenant, vendor) = (shop(&server, "Moved").await, Vendor::start("whatsapp").await);
    let channel = tenant.connect(&server, &vendor).await;
    let thief = Receiver::start().await;
    let path = format!("/api/v1/channels/{}/connection", channel.id);
    for values in [
        json!({"api_url": thief.url()}),
        json!({"api_url": thief.url(), "app_secret": "another_secret_0000"}),
        json!({"api_url": thief.url(), "access_token": "", "app_secret": "another_secret_0000"}),
        // the vendor's own address is another one too
        json!({"api_url": ""}),
    ] {
        let answer = put(&tenant, &path, &json!({"values": values})).await;
        let problem = answer.problem(422, "secrets_needed");
        assert!(
            problem["detail"]
                .as_str()
                .is_some_and(|why| why.contains("access_token")),
            "{problem:#}"
        );
    }
    let slash =
        json!({"values": {"api_url": format!("{}/", vendor.values()["api_url"].as_str().expect("a text"))}});
    put(&tenant, &path, &slash).await.expect(200);
    put(&tenant, &path, &json!({"values": vendor.values()}))
        .await
        .expect(200);
    channel.check().await.expect(200);

    let path = format!("/api/v1/channels/{}/brain", channel.id);
    let brain = |url: &str| json!({"kind": "webhook", "url": url});
    let first = Receiver::start().await;
    let mut set = brain(&first.url());
    set["header"] = json!("X-Key: canary");
    put(&tenant, &path, &set).await.expect(200);
    put(&tenant, &path, &brain(&first.url())).await.expect(200);
    put(&tenant, &path, &brain(&thief.url()))
        .await
        .problem(422, "header_needed");
    let mut builtin = brain(&thief.url());
    builtin["kind"] = json!("builtin");
    put(&tenant, &path, &builtin).await.problem(422, "header_needed");
    let mut without = brain(&thief.url());
    without["header"] = json!("");
    let shown = put(&tenant, &path, &without).await.expect(200);
    assert_eq!(shown["has_header"], false);
}

#[tokio::test]
async fn who_may_manage_channels_alone_does_not_read_what_customers_write() {
    require_runtime!();
    let server = open_server().await;
    let (_vendor, channel) = answered_once(&server, "whatsapp").await;
    let event = channel.ledger("kind=message").await.remove(0);
    let id = event["id"].as_str().expect("an id");
    let api = &channel.tenant.api;
    let key = async |scopes: Value| {
        let made = api
            .post("/api/v1/api-keys")
            .json(&json!({"name": "Test", "scopes": scopes}))
            .expect(201)
            .await;
        api.with_bearer(made["key"].as_str().expect("a key"))
    };
    let alone = key(json!(["channels:manage"])).await;
    let both = key(json!(["channels:manage", "conversations:read"])).await;
    let one = format!("/api/v1/channels/{}/inbound-events/{id}", channel.id);
    let brain = format!("/api/v1/channels/{}/brain", channel.id);
    let builtin = json!({"kind": "builtin"});
    for (method, path, body) in [
        (Method::GET, "/api/v1/inbound-events".to_owned(), None),
        (Method::GET, one.clone(), None),
        (Method::POST, format!("{one}/replay"), None),
        (Method::PUT, brain, Some(&builtin)),
    ] {
        let call = |caller: &testkit::Api| {
            let call = caller.call(method.clone(), &path);
            match body {
                Some(body) => call.json(body),
                None => call,
            }
        };
        let refused = call(&alone).send().await;
        assert_eq!(refused.status, 403, "{path}: {}", refused.text());
        call(&both).expect(200).await;
    }
}

/// As if everything had happened so much earlier.
async fn let_seconds_pass(server: &testkit::Server, channel: &Channel, seconds: i32) {
    sqlx::query("update messages set sent_at = sent_at - make_interval(secs => $2) where tenant_id = $1")
        .bind(channel.tenant.id)
        .bind(f64::from(seconds))
        .execute(&mut server.owner().await)
        .await
        .expect("times");
}

#[tokio::test]
async fn a_slow_program_at_the_other_end_is_handed_to_a_person() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = quick_channel(&server, "api").await;
    let ana = vendor.person(1);
    for (count, word) in ["one", "two", "three", "four", "five"]
        .into_iter()
        .cycle()
        .take(20)
        .enumerate()
    {
        ana.says(&format!("{word}: {OTHER_QUESTION}")).await;
        vendor.said(count + 1).await;
        let_seconds_pass(&server, &channel, 20).await;
    }
    ana.says(QUESTION).await;
    channel
        .ledger_until("kind=message", |events| {
            events.len() == 21 && events.iter().all(|event| event["status"] == "processed")
        })
        .await;
    let conversation = channel.conversation().await;
    let escalations = channel
        .tenant
        .api
        .get(&format!("/api/v1/conversations/{conversation}/escalations"))
        .expect(200)
        .await;
    assert_eq!(escalations["items"][0]["reason"], "bot_limit", "{escalations:#}");
    let thread = channel.tenant.thread(conversation).await;
    assert!(thread.iter().all(|message| message["text"] != ANSWER));
}

#[tokio::test]
async fn what_nobody_looked_at_is_forgotten_after_ninety_days() {
    require_runtime!();
    let mut server = open_server().await;
    let (vendor, channel) = quick_channel(&server, "api").await;
    let Vendor::Program(program) = &vendor else {
        unreachable!()
    };
    for number in 0..2 {
        program.tells(json!({"carrier": "pigeon", "seen": number})).await;
    }
    let kept = channel
        .ledger_until("status=quarantined", |events| events.len() == 2)
        .await;
    for (event, days) in kept.iter().zip([91, 89]) {
        sqlx::query("update inbound_events set received_at = received_at - make_interval(days => $2) where id = $1::uuid")
            .bind(event["id"].as_str().expect("an id"))
            .bind(days)
            .execute(&mut server.owner().await)
            .await
            .expect("times");
    }
    server.stop().await;
    server.start_again().await;
    let left = channel
        .ledger_until("status=quarantined", |events| events.len() < 2)
        .await;
    assert_eq!((left.len(), &left[0]["id"]), (1, &kept[1]["id"]));
}
