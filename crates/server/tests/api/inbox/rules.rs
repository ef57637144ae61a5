//! What goes by rule: who gets what, when a snooze ends, when a target is missed. The background's work is called here
//! with a clock that the test moves.

use chrono::{DateTime, TimeDelta, Utc};
use conversations::inbox::sweep;
use conversations::live::Streams;
use kernel::secrets::MasterKey;
use kernel::{Clock, Database};
use serde_json::{Value, json};
use testkit::{Api, Method, Visitor, require_runtime};
use uuid::Uuid;

use super::{Team, ask_for_a_person, change, details, events, follow, id, kinds, listed, path, reply};
use crate::support::server;

#[tokio::test]
async fn rules_give_out_wake_and_count() {
    require_runtime!();
    let server = server().start().await;
    let team = Team::make(&server).await;
    let clock = Clock::manual(Clock::system().now());
    let db = server.database(clock.clone()).await;
    a_snoozed_one_comes_back_when_its_time_has_come(&team, &db, &clock).await;
    targets_count_business_hours(&team).await;
    work_is_given_out_in_turn_and_never_beyond_capacity(&team).await;
    who_is_away_gets_nothing_and_coming_back_brings_work(&team).await;
    a_message_where_the_bot_is_silent_finds_somebody(&team).await;
}

async fn set(team: &Team, change: impl FnOnce(&mut Value)) -> Value {
    let mut settings = team.owner.get("/api/v1/inbox-settings").expect(200).await;
    change(&mut settings);
    let put = team.owner.call(Method::PUT, "/api/v1/inbox-settings");
    put.json(&settings).expect(200).await
}

async fn availability(api: &Api, availability: &str) {
    let put = api.call(Method::PUT, "/api/v1/availability");
    put.json(&json!({"availability": availability})).expect(200).await;
}

async fn a_snoozed_one_comes_back_when_its_time_has_come(team: &Team, db: &Database, clock: &Clock) {
    let visitor = team.visitor().await;
    team.robin.post(&path(&visitor, "/read")).expect(204).await;
    let until = clock.now() + TimeDelta::days(3);
    change(&team.robin, &visitor, json!({"snoozed_until": until})).await;
    let ctx = conversations::Context {
        db: db.clone(),
        streams: Streams::default(),
        master_key: MasterKey::random(),
        public_url: None,
    };
    clock.advance(TimeDelta::days(2));
    sweep::look_after(&ctx).await.expect("a sweep");
    assert_eq!(
        listed(&team.robin, "view=snoozed").await,
        [visitor.conversation_id]
    );
    clock.advance(TimeDelta::days(1));
    sweep::look_after(&ctx).await.expect("a sweep");
    let awake = details(&team.robin, &visitor).await;
    assert_eq!(
        (&awake["snoozed_until"], &awake["unread_count"]),
        (&Value::Null, &json!(1))
    );
    let events = events(&team.robin, &visitor).await;
    assert_eq!(
        (events[1].0.as_str(), &events[1].1["data"]),
        ("woken", &json!({"by": "time"}))
    );
    sweep::look_after(&ctx).await.expect("a sweep");
    assert_eq!(kinds(&team.robin, &visitor).await, ["snoozed", "woken"]);
}

fn time(value: &Value) -> DateTime<Utc> {
    let time = value.as_str().and_then(|text| text.parse().ok());
    time.unwrap_or_else(|| panic!("no time: {value}"))
}

async fn targets_count_business_hours(team: &Team) {
    let plain = team.waiting().await;
    assert_eq!(
        details(&team.robin, &plain).await["first_reply_due_at"],
        Value::Null
    );
    set(team, |settings| {
        settings["targets"] = json!({"first_reply_minutes": 30, "resolution_minutes": 600});
    })
    .await;
    let visitor = team.waiting().await;
    let waiting = details(&team.robin, &visitor).await;
    let since = time(&waiting["waiting_since"]);
    let first = time(&waiting["first_reply_due_at"]) - since;
    assert!(
        (first - TimeDelta::minutes(30)).abs() < TimeDelta::seconds(5),
        "{first}"
    );
    assert_eq!(waiting["is_breached"], false);
    // a bot that answers has no target
    assert_eq!(
        details(&team.robin, &team.visitor().await).await["resolution_due_at"],
        Value::Null
    );
    // the same, an hour ago
    move_back(team, &visitor).await;
    let late = details(&team.robin, &visitor).await;
    assert_eq!(late["is_breached"], true);
    assert_eq!(
        listed(&team.robin, "view=open&breached=true").await,
        [visitor.conversation_id]
    );
    reply(&team.robin, &visitor, json!({})).await.expect(201);
    let replied = details(&team.robin, &visitor).await;
    assert_eq!(
        (&replied["waiting_since"], &replied["is_breached"]),
        (&Value::Null, &json!(true))
    );
    // open only on a day that is a holiday this week and the next: the target is two weeks away, whatever the clocks do
    let today = Clock::system().now().date_naive();
    let day = today + TimeDelta::days(1);
    let name = day.format("%A").to_string().to_lowercase();
    let changed = set(team, |settings| {
        settings["time_zone"] = "Europe/Paris".into();
        settings["business_hours"] = json!({});
        settings["business_hours"][name.as_str()] = json!([["09:00", "17:00"]]);
        settings["holidays"] = json!([day, day + TimeDelta::days(7)]);
    })
    .await;
    assert_eq!(changed["holidays"].as_array().map(Vec::len), Some(2));
    let visitor = team.waiting().await;
    let due = time(&details(&team.robin, &visitor).await["first_reply_due_at"]);
    let paris = due.with_timezone(&chrono_tz::Europe::Paris);
    assert_eq!(paris.date_naive(), day + TimeDelta::days(14));
    assert_eq!(paris.format("%H:%M").to_string(), "09:30");
    for (field, wrong, code) in [
        ("time_zone", json!("Mars/Olympus"), "unknown_time_zone"),
        (
            "business_hours",
            json!({"monday": [["17:00", "09:00"]]}),
            "bad_hours",
        ),
        (
            "business_hours",
            json!({"monday": [["+1:+5", "09:00"]]}),
            "bad_hours",
        ),
        (
            "business_hours",
            json!({"monday": (0..7).map(|hour| [format!("0{hour}:00"), format!("0{hour}:30")]).collect::<Vec<_>>()}),
            "too_many_hours",
        ),
        ("business_hours", json!({}), "never_open"),
        (
            "assignment",
            json!({"mode": "manual", "capacity": 0}),
            "bad_capacity",
        ),
    ] {
        let mut settings = changed.clone();
        settings[field] = wrong;
        let put = team.owner.call(Method::PUT, "/api/v1/inbox-settings");
        put.json(&settings).send().await.problem(422, code);
    }
    set(team, |settings| {
        settings["business_hours"] = Value::Null;
        settings["targets"] = json!({"first_reply_minutes": null, "resolution_minutes": null});
    })
    .await;
    for visitor in [&plain, &visitor] {
        change(&team.robin, visitor, json!({"status": "resolved"})).await;
    }
}

/// As if everything had happened an hour earlier.
async fn move_back(team: &Team, visitor: &Visitor) {
    let statement = "update conversations
        set waiting_since = waiting_since - interval '1 hour', first_reply_due_at = first_reply_due_at - interval '1 hour'
        where id = $1";
    let moved = sqlx::query(statement).bind(visitor.conversation_id);
    moved
        .execute(&mut team.database().await)
        .await
        .expect("moved back");
}

async fn load(team: &Team) -> Vec<(Uuid, i64)> {
    let all = team.owner.get("/api/v1/team").expect(200).await;
    let all = all["items"].as_array().expect("a list").iter();
    all.map(|item| {
        (
            id(&item["user_id"]),
            item["open_conversations"].as_i64().expect("a number"),
        )
    })
    .filter(|(user, _)| [team.robin_id, team.sam_id].contains(user))
    .collect()
}

async fn assignee(team: &Team, visitor: &Visitor) -> Value {
    details(&team.owner, visitor).await["assigned_to"].clone()
}

async fn work_is_given_out_in_turn_and_never_beyond_capacity(team: &Team) {
    clear_the_desk(team).await;
    availability(&team.owner, "away").await;
    set(team, |settings| {
        settings["assignment"] = json!({"mode": "round_robin", "capacity": 2})
    })
    .await;
    availability(&team.robin, "available").await;
    availability(&team.sam, "available").await;
    let mut visitors = Vec::new();
    for _ in 0..3 {
        visitors.push(team.waiting().await);
    }
    let mut got = Vec::new();
    for visitor in &visitors {
        got.push(assignee(team, visitor).await);
    }
    assert!(got[0] != got[1] && got[0] == got[2], "in turn: {got:?}");
    let given = events(&team.owner, &visitors[0]).await;
    assert_eq!(
        (given[1].0.as_str(), &given[1].1["data"]["by"]),
        ("assigned", &json!("rule"))
    );
    // four at once for the one place that is left
    let crowd = [
        team.visitor().await,
        team.visitor().await,
        team.visitor().await,
        team.visitor().await,
    ];
    tokio::join!(
        ask_for_a_person(&crowd[0]),
        ask_for_a_person(&crowd[1]),
        ask_for_a_person(&crowd[2]),
        ask_for_a_person(&crowd[3])
    );
    assert!(
        load(team).await.iter().all(|(_, open)| *open == 2),
        "{:?}",
        load(team).await
    );
    assert_eq!(listed(&team.owner, "view=unassigned").await.len(), 3);
    // whoever has finished one gets the one that waits longest
    let longest = listed(&team.owner, "view=unassigned&sort=waiting").await[0];
    change(&team.robin, &visitors[0], json!({"status": "resolved"})).await;
    let path = format!("/api/v1/conversations/{longest}");
    let next = team.owner.get(&path).expect(200).await;
    assert_eq!(next["assigned_to"], got[0]);
    assert!(load(team).await.iter().all(|(_, open)| *open == 2));
}

async fn who_is_away_gets_nothing_and_coming_back_brings_work(team: &Team) {
    availability(&team.robin, "away").await;
    let robins = listed(&team.robin, "view=mine").await;
    for id in &robins {
        let path = format!("/api/v1/conversations/{id}");
        team.robin
            .patch(&path)
            .json(&json!({"status": "resolved"}))
            .expect(200)
            .await;
    }
    assert_eq!(
        listed(&team.robin, "view=mine").await.len(),
        0,
        "nothing for who is away"
    );
    assert_eq!(listed(&team.owner, "view=unassigned").await.len(), 2);
    let mut live = follow(&team.sam).await;
    availability(&team.robin, "available").await;
    assert_eq!(listed(&team.robin, "view=mine").await.len(), 2);
    assert_eq!(listed(&team.owner, "view=unassigned").await.len(), 0);
    let told = live.next_named("conversation").await.json();
    assert_eq!(told["assigned_to"], json!(team.robin_id));
    // one who has not been seen for long is not there
    let gone = "update member_states set last_seen_at = now() - interval '1 hour'";
    sqlx::query(gone)
        .execute(&mut team.database().await)
        .await
        .expect("gone");
    let late = team.waiting().await;
    assert_eq!(assignee(team, &late).await, Value::Null);
}

async fn a_message_where_the_bot_is_silent_finds_somebody(team: &Team) {
    clear_the_desk(team).await;
    let visitor = team.visitor().await;
    change(&team.owner, &visitor, json!({"ai_paused": true})).await;
    change(&team.owner, &visitor, json!({"assigned_to": null})).await;
    assert_eq!(
        assignee(team, &visitor).await,
        Value::Null,
        "nobody is needed yet"
    );
    availability(&team.robin, "away").await;
    availability(&team.sam, "available").await;
    visitor.say("Is anybody there?").await;
    assert_eq!(assignee(team, &visitor).await, json!(team.sam_id));
}

async fn clear_the_desk(team: &Team) {
    let open = listed(&team.owner, "view=open").await;
    let changes: Vec<Value> = open
        .iter()
        .map(|id| json!({"id": id, "status": "resolved"}))
        .collect();
    let bulk = team.owner.post("/api/v1/conversations/bulk");
    bulk.json(&json!({"changes": changes})).expect(200).await;
}
