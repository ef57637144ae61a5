//! Topics: what visitors ask about, found day by day. Ids stay, late messages and erased visitors change the days, and
//! nobody's own words stay behind.

mod sayings;

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};
use testkit::fake::{FakeProvider, Reply};
use testkit::{EventStream, Tenant, require_runtime};
use uuid::Uuid;

use crate::quick_tenant;
use crate::support::server;
use sayings::{DELIVERY, HOURS, LIVRAISON, PASSWORD, REFUND, REMBOURSEMENT, said};

/// Until topics were found once more.
async fn found(events: &mut EventStream) {
    while events.next_named("workspace").await.json()["what"] != "topics" {}
}

async fn refresh(tenant: &Tenant) {
    let mut events = tenant.api.get("/api/v1/events").stream().await;
    events.next_named("ready").await;
    let asked = tenant
        .api
        .post("/api/v1/analytics/topics/refresh")
        .expect(202)
        .await;
    assert_eq!(asked["is_running"], true);
    found(&mut events).await;
}

async fn read(tenant: &Tenant, path: &str) -> Value {
    tenant
        .api
        .get(&format!("/api/v1/analytics/topics{path}"))
        .expect(200)
        .await
}

fn items(list: &Value) -> Vec<Value> {
    list["items"].as_array().expect("a list").clone()
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}

/// The topic of each message, as its id; none where it has none.
async fn homes(tenant: &Tenant, query: &str) -> Vec<(Uuid, String)> {
    let mut homes = Vec::new();
    for topic in items(&read(tenant, &format!("?{query}")).await) {
        let id = text(&topic["id"]);
        let messages = items(&read(tenant, &format!("/{id}/messages?limit=200&{query}")).await);
        assert_eq!(topic["messages"], messages.len(), "{topic}");
        let id_of = |message: &Value| text(&message["message_id"]).parse().expect("a UUID");
        homes.extend(messages.iter().map(|message| (id_of(message), id.clone())));
    }
    homes
}

/// The one topic that most of these messages are about.
fn home_of(homes: &[(Uuid, String)], messages: &[Uuid]) -> String {
    let theirs: Vec<&String> = messages
        .iter()
        .filter_map(|message| Some(&homes.iter().find(|(id, _)| id == message)?.1))
        .collect();
    let count = |home: &String| theirs.iter().filter(|other| **other == home).count();
    let most = theirs.iter().max_by_key(|home| count(home)).expect("a topic");
    assert!(count(most) * 4 >= messages.len() * 3, "{theirs:?}");
    (*most).clone()
}

async fn today(tenant: &Tenant) -> NaiveDate {
    text(&read(tenant, "").await["to"]).parse().expect("a date")
}

async fn on(tenant: &Tenant, days_ago: u64) -> String {
    let day = today(tenant).await - Days::new(days_ago);
    format!("from={day}&to={day}")
}

#[tokio::test]
async fn topics_come_day_by_day_in_two_languages_and_keep_their_ids() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let mut owner = server.owner().await;
    let subjects = [DELIVERY, REFUND, PASSWORD, HOURS, LIVRAISON, REMBOURSEMENT];
    let mut first = Vec::new();
    for subject in subjects {
        first.push(said(&mut owner, &tenant, 3, &subject[..4]).await);
    }
    said(&mut owner, &tenant, 3, &["ok, thanks!", "Bonjour"]).await;
    refresh(&tenant).await;

    let day = on(&tenant, 3).await;
    let list = read(&tenant, &format!("?{day}")).await;
    assert_eq!(list["messages"], 24, "greetings are no questions: {list:#}");
    let before = homes(&tenant, &day).await;
    let ids: Vec<String> = first.iter().map(|messages| home_of(&before, messages)).collect();
    let mut different = ids.clone();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), subjects.len(), "{list:#}");
    let delivery = items(&list)
        .into_iter()
        .find(|topic| topic["id"] == ids[0].as_str())
        .expect("the topic");
    assert!(
        text(&delivery["label"]).to_lowercase().contains("parcel"),
        "{delivery:#}"
    );
    assert_eq!(delivery["languages"], json!(["en"]));
    let livraison = items(&list)
        .into_iter()
        .find(|topic| topic["id"] == ids[4].as_str())
        .expect("the topic");
    assert!(
        text(&livraison["label"]).to_lowercase().contains("colis"),
        "{livraison:#}"
    );
    assert_eq!(livraison["languages"], json!(["fr"]));

    // the day after, in other words
    let mut second = Vec::new();
    for subject in subjects {
        second.push(said(&mut owner, &tenant, 2, &subject[4..]).await);
    }
    refresh(&tenant).await;
    let after = homes(&tenant, &on(&tenant, 2).await).await;
    let again: Vec<String> = second.iter().map(|messages| home_of(&after, messages)).collect();
    assert_eq!(again, ids, "the same topics under the same ids");
    assert_eq!(
        homes(&tenant, &day).await,
        before,
        "the day before stays as it was"
    );

    // both days together, against the two before them
    let range = format!(
        "from={}&to={}",
        today(&tenant).await - Days::new(3),
        today(&tenant).await - Days::new(2)
    );
    let both = items(&read(&tenant, &format!("?{range}")).await);
    let delivery = both
        .iter()
        .find(|topic| topic["id"] == ids[0].as_str())
        .expect("the topic");
    assert_eq!(delivery["series"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        (&delivery["previous_messages"], &delivery["change"]),
        (&json!(0), &Value::Null)
    );
    let french = items(&read(&tenant, &format!("?{range}&language=fr")).await);
    assert!(
        french.iter().all(|topic| topic["languages"] == json!(["fr"])),
        "{french:#?}"
    );
    let nobody = read(&tenant, &format!("?{range}&channel_id={}", Uuid::now_v7())).await;
    assert_eq!((&nobody["messages"], items(&nobody).len()), (&json!(0), 0));
    let wrong = tenant
        .api
        .get("/api/v1/analytics/topics?from=2026-05-01&to=2026-04-01")
        .send()
        .await;
    assert_eq!(
        (wrong.status, wrong.json()["code"].clone()),
        (422, json!("bad_range"))
    );
}

#[tokio::test]
async fn a_late_message_changes_its_day_and_an_erased_visitor_takes_all_words_along() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let mut owner = server.owner().await;
    said(&mut owner, &tenant, 3, &DELIVERY[..3]).await;
    let theirs = ["My zyxonia parcel is late", "Is the zyxonia parcel lost?"];
    let telling = said(&mut owner, &tenant, 3, &theirs).await;
    refresh(&tenant).await;
    let day = on(&tenant, 3).await;
    let daily = async || items(&read(&tenant, &format!("/daily?{day}")).await);
    let counted = daily().await;
    assert_eq!(
        (counted.len(), &counted[0]["message_count"]),
        (1, &json!(5)),
        "{counted:#?}"
    );
    assert_eq!(counted[0]["percentage"], 100.0);
    let topic = items(&read(&tenant, &format!("?{day}")).await)[0].clone();
    assert_eq!(topic["number"], counted[0]["topic_id"]);
    let words = |topic: &Value| format!("{} {}", topic["label"], topic["keywords"]).to_lowercase();
    assert!(
        words(&topic).contains("zyxonia"),
        "two visitors have used it: {topic:#}"
    );

    // it arrives only now
    said(&mut owner, &tenant, 3, &DELIVERY[3..4]).await;
    refresh(&tenant).await;
    let counted = daily().await;
    assert_eq!(
        (counted.len(), &counted[0]["message_count"]),
        (1, &json!(6)),
        "{counted:#?}"
    );
    assert_eq!(counted[0]["topic_id"], topic["number"]);

    // nobody asks for it: who is erased does not wait for the night
    let mut events = tenant.api.get("/api/v1/events").stream().await;
    events.next_named("ready").await;
    let contact: Uuid = sqlx::query_scalar(
        "select c.contact_id from messages m join conversations c on c.id = m.conversation_id where m.id = $1",
    )
    .bind(telling[0])
    .fetch_one(&mut owner)
    .await
    .expect("the visitor");
    tenant
        .api
        .delete(&format!("/api/v1/contacts/{contact}"))
        .expect(204)
        .await;
    found(&mut events).await;
    let counted = daily().await;
    assert_eq!(counted[0]["message_count"], 5, "{counted:#?}");
    assert!(
        !counted[0]["sample_messages"]
            .to_string()
            .contains(&telling[0].to_string())
    );
    let id = text(&topic["id"]);
    let left = read(&tenant, &format!("/{id}?{day}")).await;
    assert!(
        !words(&left).contains("zyxonia"),
        "one visitor's word is no keyword: {left:#}"
    );
    assert!(!left["samples"].to_string().contains(theirs[0]), "{left:#}");
    let stored: i64 = sqlx::query_scalar(
        "select (select count(*) from topics t where t::text ilike '%zyxonia%')
            + (select count(*) from topics_daily d where d::text ilike '%zyxonia%')",
    )
    .fetch_one(&mut owner)
    .await
    .expect("a count");
    assert_eq!(stored, 0);
}

#[tokio::test]
async fn people_name_hide_and_merge_topics_and_nobody_else_sees_them() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let other = server.tenant("Other").await;
    let mut owner = server.owner().await;
    let (parcels, refunds) = (
        said(&mut owner, &tenant, 2, &DELIVERY).await,
        said(&mut owner, &tenant, 2, &REFUND).await,
    );
    refresh(&tenant).await;
    let day = on(&tenant, 2).await;
    let homes_then = homes(&tenant, &day).await;
    let (parcel, refund) = (home_of(&homes_then, &parcels), home_of(&homes_then, &refunds));
    let path = |id: &str| format!("/api/v1/analytics/topics/{id}");

    let named = tenant
        .api
        .patch(&path(&parcel))
        .json(&json!({"label": "=Where is it?"}))
        .expect(200)
        .await;
    assert_eq!(
        (&named["label"], &named["label_origin"]),
        (&json!("=Where is it?"), &json!("person"))
    );
    refresh(&tenant).await;
    assert_eq!(
        read(&tenant, &format!("/{parcel}")).await["label"],
        "=Where is it?",
        "it stays"
    );
    let file = tenant
        .api
        .get(&format!("/api/v1/analytics/topics?format=csv&{day}"))
        .send()
        .await;
    assert!(file.text().contains("'=Where is it?"), "{}", file.text());
    let automatic = tenant
        .api
        .patch(&path(&parcel))
        .json(&json!({"label": null}))
        .expect(200)
        .await;
    assert_eq!(automatic["label_origin"], "keywords");
    let empty = tenant
        .api
        .patch(&path(&parcel))
        .json(&json!({"label": " "}))
        .send()
        .await;
    assert_eq!(empty.json()["code"], "bad_label");

    let merge = json!({"into": parcel});
    let both = tenant
        .api
        .post(&format!("{}/merge", path(&refund)))
        .json(&merge)
        .expect(200)
        .await;
    assert_eq!(
        (&both["id"], &both["messages"]),
        (&json!(parcel), &json!(homes_then.len()))
    );
    assert_eq!(both["parts"][0]["id"], refund.as_str());
    assert_eq!(read(&tenant, &format!("/{refund}")).await["id"], parcel.as_str());
    let counted = items(&read(&tenant, &format!("/daily?{day}")).await);
    assert_eq!(
        (counted.len(), &counted[0]["message_count"]),
        (1, &json!(homes_then.len())),
        "{counted:#?}"
    );
    let again = tenant
        .api
        .post(&format!("{}/merge", path(&refund)))
        .json(&merge)
        .send()
        .await;
    assert_eq!(
        (again.status, again.json()["code"].clone()),
        (409, json!("merged_already"))
    );
    tenant
        .api
        .post(&format!("{}/separate", path(&refund)))
        .expect(200)
        .await;
    refresh(&tenant).await;
    assert_eq!(homes(&tenant, &day).await, homes_then, "as it was before");
    let whole = tenant
        .api
        .post(&format!("{}/separate", path(&refund)))
        .send()
        .await;
    assert_eq!(whole.json()["code"], "not_merged");

    tenant
        .api
        .patch(&path(&refund))
        .json(&json!({"is_hidden": true}))
        .expect(200)
        .await;
    assert_eq!(items(&read(&tenant, &format!("?{day}")).await).len(), 1);
    assert_eq!(
        items(&read(&tenant, &format!("?{day}&include_hidden=true")).await).len(),
        2
    );

    assert_eq!(items(&read(&other, "").await).len(), 0);
    assert_eq!(other.api.get(&path(&parcel)).send().await.status, 404);
    let viewer = server.member(&tenant, "viewer@shop.example", "viewer").await;
    viewer.get(&path(&parcel)).expect(200).await;
    let refused = viewer
        .patch(&path(&parcel))
        .json(&json!({"is_hidden": true}))
        .send()
        .await;
    assert_eq!(refused.status, 403);
}

#[tokio::test]
async fn a_topic_says_who_answered_and_leads_to_gaps_and_knowledge() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant.teach("How long does a refund take?", "Five days.").await;
    for question in REFUND {
        tenant.visitor().await.say(question).await;
    }
    for question in PASSWORD {
        tenant.visitor().await.say(question).await;
    }
    refresh(&tenant).await;
    let list = read(&tenant, "").await;
    assert_eq!(
        (&list["messages"], &list["waiting"]),
        (&json!(12), &json!(0)),
        "{list:#}"
    );
    let topic = |word: &str| {
        let topics = items(&list);
        let found = topics
            .iter()
            .find(|topic| topic["keywords"].to_string().contains(word));
        found.unwrap_or_else(|| panic!("{word}: {list:#}")).clone()
    };
    let (refund, password) = (topic("refund"), topic("password"));
    for topic in [&refund, &password] {
        let parts = &topic["answered"];
        let sum: i64 = ["bot", "declined", "person", "nobody"]
            .iter()
            .filter_map(|part| parts[part].as_i64())
            .sum();
        assert_eq!(topic["messages"], sum);
        let id = text(&topic["id"]);
        for part in ["bot", "declined"] {
            let behind = items(&read(&tenant, &format!("/{id}/messages?answered={part}")).await);
            assert_eq!(parts[part], behind.len(), "{part} of {topic:#}");
        }
    }
    assert!(refund["answered"]["bot"].as_i64() > Some(0), "{refund:#}");
    assert!(
        password["answered"]["declined"].as_i64() > Some(0),
        "{password:#}"
    );
    assert!(password["open_gaps"].as_i64() > Some(0), "{password:#}");
    let refund = read(&tenant, &format!("/{}", text(&refund["id"]))).await;
    assert_eq!(refund["qa_pairs"][0]["question"], "How long does a refund take?");
    let password = read(&tenant, &format!("/{}", text(&password["id"]))).await;
    let gap = text(&password["gaps"][0]["id"]);
    tenant
        .api
        .get(&format!("/api/v1/gap-clusters/{gap}"))
        .expect(200)
        .await;
    assert!(
        PASSWORD.contains(&text(&password["samples"][0]["text"]).as_str()),
        "{password:#}"
    );
}

#[tokio::test]
async fn the_night_finds_topics_by_itself_and_a_model_names_them() {
    require_runtime!();
    let mut server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let mut owner = server.owner().await;
    // where it is neither night nor nearly midnight now
    let is_day: bool =
        sqlx::query_scalar("select extract(hour from now() at time zone 'UTC') between 3 and 20")
            .fetch_one(&mut owner)
            .await
            .expect("the hour");
    let zone = if is_day { "UTC" } else { "Asia/Tokyo" };
    tenant
        .api
        .patch("/api/v1/workspace")
        .json(&json!({"time_zone": zone}))
        .expect(200)
        .await;
    said(&mut owner, &tenant, 2, &DELIVERY).await;
    said(&mut owner, &tenant, 2, &HOURS).await;
    let provider = FakeProvider::start().await;
    provider.answer_with(|asked| {
        let is_of_parcels = asked.body.to_string().contains("Keywords: parcel");
        Reply::text(match is_of_parcels {
            true => r#"{"label": "Parcel tracking"}"#,
            // neither a keyword nor a name
            false => r#"{"label": "Buy at https://evil.example"}"#,
        })
    });
    tenant
        .use_model(provider.base_url(testkit::Provider::OpenAi).as_str())
        .await;
    server.stop().await;
    server.start_again().await;
    let mut events = tenant.api.get("/api/v1/events").stream().await;
    events.next_named("ready").await;
    let list = loop {
        let list = read(&tenant, "").await;
        if list["made_at"] != Value::Null {
            break list;
        }
        found(&mut events).await;
    };
    let mut labels: Vec<(String, String)> = items(&list)
        .iter()
        .map(|topic| (text(&topic["label"]), text(&topic["label_origin"])))
        .collect();
    labels.sort();
    assert_eq!(labels.len(), 2, "{list:#}");
    assert!(
        labels.contains(&("Parcel tracking".into(), "model".into())),
        "{labels:?}"
    );
    assert!(
        labels
            .iter()
            .any(|(label, origin)| origin == "keywords" && !label.contains("evil")),
        "{labels:?}"
    );

    // nothing is left to do, and nothing is asked of the model twice
    let asked = provider.calls();
    refresh(&tenant).await;
    assert_eq!(provider.calls(), asked);
}

#[tokio::test]
async fn without_budget_topics_are_called_by_their_keywords() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let mut owner = server.owner().await;
    said(&mut owner, &tenant, 2, &DELIVERY).await;
    let provider = FakeProvider::start().await;
    provider.reply(Reply::text(r#"{"label": "Parcel tracking"}"#));
    tenant
        .use_model(provider.base_url(testkit::Provider::OpenAi).as_str())
        .await;
    sqlx::query("update tenants set daily_token_budget = 0 where tenant_id = $1")
        .bind(tenant.id)
        .execute(&mut owner)
        .await
        .expect("a budget");
    let calls = provider.calls();
    refresh(&tenant).await;
    let list = read(&tenant, "").await;
    assert_eq!(items(&list)[0]["label_origin"], "keywords", "{list:#}");
    assert_eq!(provider.calls(), calls);
}

/// The time zone moves messages from one day to another.
#[tokio::test]
async fn another_time_zone_cuts_the_days_anew() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let mut owner = server.owner().await;
    let messages = said(&mut owner, &tenant, 2, &DELIVERY).await;
    sqlx::query("update messages set sent_at = date_trunc('day', sent_at) + interval '30 minutes' where id = any ($1)")
        .bind(&messages)
        .execute(&mut owner)
        .await
        .expect("half past midnight");
    refresh(&tenant).await;
    let counted = items(&read(&tenant, "/daily").await);
    let zone = json!({"time_zone": "America/New_York"});
    tenant
        .api
        .patch("/api/v1/workspace")
        .json(&zone)
        .expect(200)
        .await;
    refresh(&tenant).await;
    let moved = items(&read(&tenant, "/daily").await);
    let date = |rows: &[Value]| text(&rows[0]["date"]).parse::<NaiveDate>().expect("a date");
    assert_eq!(date(&moved), date(&counted) - Days::new(1), "{moved:#?}");
    assert_eq!((moved.len(), &moved[0]["message_count"]), (1, &json!(6)));
    assert_eq!(moved[0]["topic_id"], counted[0]["topic_id"]);
}
