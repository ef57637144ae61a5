//! Plans: what stops when it is used up, by how much at most, who is warned, and what never stops.

mod console;
mod telling;

use serde_json::{Value, json};
use testkit::fake::{FakeProvider, Reply};
use testkit::{Answer, Api, Server, Tenant, Visitor, require_runtime};
use tokio::task::JoinSet;

use crate::quick_tenant;
use crate::support::server;

const QUESTION: &str = "Do you ship to Belgium?";
const ANSWER: &str = "Yes, parcels to Belgium arrive within two working days.";

/// Limits what the plan of new tenants has.
async fn limit(server: &Server, resource: &str, most: &str, grace: &str) {
    let arguments = ["plan", "limit", "basic", resource, most, "--grace", grace];
    server.rapport(&arguments).await;
}

/// What is used of one thing.
async fn used(tenant: &Tenant, resource: &str) -> Value {
    let plan = tenant.api.get("/api/v1/plan").expect(200).await;
    let uses = plan["uses"].as_array().expect("a list");
    let found = uses.iter().find(|one| one["resource"] == resource);
    found.unwrap_or_else(|| panic!("{resource}: {plan}")).clone()
}

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

async fn at_once<F, T>(times: usize, call: impl Fn(usize) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let calls: JoinSet<T> = (0..times).map(call).collect();
    calls.join_all().await
}

#[tokio::test]
async fn under_load_no_more_replies_are_made_than_there_are_and_people_take_over() {
    require_runtime!();
    let server = server().start().await;
    limit(&server, "messages", "4", "25").await;
    let tenant = quick_tenant(&server).await;
    tenant.teach(QUESTION, ANSWER).await;
    let fake = FakeProvider::start().await;
    tenant
        .use_model(fake.base_url(llm::Provider::OpenAi).as_str())
        .await;
    fake.reply(Reply::text(
        "Parcels to Belgium arrive within two working days [1].",
    ));
    let mut visitors = Vec::new();
    for _ in 0..12 {
        visitors.push(tenant.visitor().await);
    }
    let said: Vec<(Visitor, Value)> = at_once(12, |place| {
        let visitor = visitors[place].clone();
        async move {
            let said = visitor.say(QUESTION).await;
            (visitor, said)
        }
    })
    .await;
    let handed_over: Vec<_> = said
        .iter()
        .filter(|(_, said)| said["conversation"]["status"] == "escalated")
        .collect();
    assert_eq!(handed_over.len(), 7, "four and one of grace are answered");
    assert_eq!(fake.calls(), 5, "a reply is taken before the model is asked");
    let messages = used(&tenant, "messages").await;
    assert_eq!(
        (
            &messages["used"],
            &messages["most"],
            &messages["stops_at"],
            &messages["level"]
        ),
        (&json!(5.0), &json!(4), &json!(5), &json!("used_up"))
    );

    let (visitor, told) = handed_over[0];
    let conversation = visitor.conversation_id;
    assert_eq!(
        told["answer"]["text"],
        "I have told the team. A person will answer you here."
    );
    let path = format!("/api/v1/conversations/{conversation}/escalations");
    let escalations = tenant.api.get(&path).expect(200).await;
    assert_eq!(escalations["items"][0]["reason"], "bot_limit");
    tenant.reply(conversation, "Yes, we do.").await;
    let thread = tenant.thread(conversation).await;
    assert_eq!(thread.last().expect("a reply")["text"], "Yes, we do.");
    let question = json!({"question": QUESTION});
    let asked = tenant.api.post("/api/v1/ask").json(&question).send().await;
    asked.problem(403, "plan_messages_used_up");

    let except = ["plan", "except", tenant.slug.as_str(), "messages", "none"];
    server.rapport(&except).await;
    let said = tenant.visitor().await.say(QUESTION).await;
    assert_eq!(said["conversation"]["status"], "open", "{said:#}");
    assert_eq!(used(&tenant, "messages").await["used"], 6.0);
}

#[tokio::test]
async fn a_reply_that_did_not_come_about_is_not_counted() {
    require_runtime!();
    let server = server().start().await;
    limit(&server, "messages", "2", "0").await;
    let tenant = quick_tenant(&server).await;
    let channel = tenant.channel().await["id"].clone();
    let action = json!({"channel_id": channel, "keyword": "quiet", "action_type": "DISABLE_AI"});
    tenant
        .api
        .post("/api/v1/automation/keyword-actions")
        .json(&action)
        .expect(201)
        .await;
    tenant.visitor().await.say("quiet").await;
    assert_eq!(used(&tenant, "messages").await["used"], 0.0);
    tenant.visitor().await.say("thanks").await;
    assert_eq!(used(&tenant, "messages").await["used"], 1.0);
}

#[tokio::test]
async fn seats_are_kept_by_invitations_and_never_given_twice() {
    require_runtime!();
    let server = server().start().await;
    limit(&server, "seats", "3", "0").await;
    let tenant = server.tenant("Shop").await;
    let owner = server.member(&tenant, "owner@shop.example", "owner").await;
    let invite = || {
        let call = owner.post("/api/v1/invitations");
        call.json(&json!({"role": "viewer"})).send()
    };
    let made: Vec<Answer> = at_once(6, |_| invite()).await;
    assert_eq!((count(&made, 201), count(&made, 409)), (2, 4));
    let refused = made.iter().find(|answer| answer.status == 409).expect("one");
    refused.problem(409, "plan_seats_used_up");
    assert_eq!(used(&tenant, "seats").await["used"], 3.0);

    let links: Vec<Value> = made
        .iter()
        .filter(|answer| answer.status == 201)
        .map(Answer::json)
        .collect();
    accept(&server.api, &links[0], "kim").await.expect(201);
    assert_eq!(used(&tenant, "seats").await["used"], 3.0, "the seat was theirs");
    invite().await.problem(409, "plan_seats_used_up");
    let path = format!("/api/v1/invitations/{}", links[1]["id"].as_str().expect("an id"));
    owner.delete(&path).expect(204).await;
    let again = invite().await.expect(201);
    limit(&server, "seats", "2", "0").await;
    accept(&server.api, &again, "lee")
        .await
        .problem(409, "plan_seats_used_up");
    owner.get("/api/v1/members").expect(200).await;
    limit(&server, "seats", "3", "0").await;
    accept(&server.api, &again, "lee").await.expect(201);
}

async fn accept(api: &Api, invitation: &Value, name: &str) -> Answer {
    let url = invitation["url"].as_str().expect("a link");
    let token = url.strip_prefix("/app/join/").expect("an address");
    let account =
        json!({"name": name, "email": format!("{name}@shop.example"), "password": "a long password"});
    let call = api.post(&format!("/api/v1/invitations/by-token/{token}/accept"));
    call.json(&account).send().await
}

#[tokio::test]
async fn channels_stop_at_the_limit() {
    require_runtime!();
    let server = server().start().await;
    limit(&server, "channels", "3", "0").await;
    let tenant = server.tenant("Shop").await;
    let made = at_once(5, |number| {
        let call = tenant.api.post("/api/v1/channels");
        call.json(&json!({"name": format!("Widget {number}")})).send()
    })
    .await;
    assert_eq!(
        (count(&made, 201), count(&made, 409)),
        (2, 3),
        "one is there already"
    );
    let connection = json!({"kind": "telegram", "name": "Telegram", "values": {"bot_token": "1:abcdefghijklmnopqrstuvwxyzabcdefghi"}});
    let refused = tenant
        .api
        .post("/api/v1/connections")
        .json(&connection)
        .send()
        .await;
    refused.problem(409, "plan_channels_used_up");
    let channels = used(&tenant, "channels").await;
    assert_eq!(
        (&channels["used"], &channels["level"]),
        (&json!(3.0), &json!("used_up"))
    );
    tenant.configure(&json!({"name": "Still mine"})).await;
}

#[tokio::test]
async fn files_and_documents_share_the_plans_room_and_stay_readable() {
    require_runtime!();
    let server = server().start().await;
    limit(&server, "storage", "1", "0").await;
    let tenant = quick_tenant(&server).await;
    let pdf = || format!("%PDF-1.7 {}", "x".repeat(600 * 1024));
    let upload = |_: usize| {
        let call = tenant.api.post("/api/v1/assets?filename=terms.pdf");
        call.body("application/pdf", pdf()).send()
    };
    let kept = at_once(4, upload).await;
    assert_eq!((count(&kept, 201), count(&kept, 409)), (1, 3));
    let refused = kept.iter().find(|answer| answer.status == 409).expect("one");
    refused.problem(409, "plan_storage_used_up");
    let text = json!({"title": "Yard", "text": "The yard is open. ".repeat(600 * 1024 / 18)});
    let refused = tenant.api.post("/api/v1/documents").json(&text).send().await;
    refused.problem(409, "plan_storage_used_up");
    let file = kept
        .iter()
        .find(|answer| answer.status == 201)
        .expect("one")
        .json();
    let url = file["url"].as_str().expect("an address");
    assert_eq!(tenant.api.get(url).send().await.status, 200);
    let small = json!({"title": "Hall", "text": "The hall is open."});
    tenant
        .api
        .post("/api/v1/documents")
        .json(&small)
        .expect(201)
        .await;
}

#[tokio::test]
async fn a_spent_budget_of_the_month_asks_no_model_and_says_the_approved_text() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant.teach(QUESTION, ANSWER).await;
    let fake = FakeProvider::start().await;
    let id = tenant
        .use_model(fake.base_url(llm::Provider::OpenAi).as_str())
        .await;
    fake.reply(Reply::text(
        "Parcels to Belgium arrive within two working days [1].",
    ));
    let prices = json!({"input_price": 1.0, "output_price": 2.0});
    let credential = format!("/api/v1/llm-credentials/{id}");
    tenant.api.patch(&credential).json(&prices).expect(200).await;
    tenant.visitor().await.say(QUESTION).await;
    assert_eq!(fake.calls(), 1);
    assert!(used(&tenant, "ai_spend").await["used"].as_f64() > Some(0.0));

    limit(&server, "ai_spend", "5", "10").await;
    spend(&server, &tenant, 5.9995).await;
    tenant.visitor().await.say(QUESTION).await;
    assert_eq!(fake.calls(), 1, "the call would go beyond the grace");
    let said = tenant.visitor().await.say(QUESTION).await;
    assert_eq!(said["answer"]["text"], ANSWER);
    let spent = used(&tenant, "ai_spend").await;
    assert_eq!(
        (&spent["most"], &spent["level"]),
        (&json!(5), &json!("grace")),
        "{spent}"
    );
    limit(&server, "ai_spend", "6", "10").await;
    tenant.visitor().await.say(QUESTION).await;
    assert_eq!(fake.calls(), 2);
}

/// Something was spent this month.
async fn spend(server: &Server, tenant: &Tenant, cost: f64) {
    sqlx::query("update usage_daily set cost = $2::float8::numeric where tenant_id = $1")
        .bind(tenant.id)
        .bind(cost)
        .execute(&mut server.owner().await)
        .await
        .expect("the ledger");
}

#[tokio::test]
async fn without_a_limit_nothing_stops_and_a_bad_one_is_refused() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let plan = tenant.api.get("/api/v1/plan").expect(200).await;
    assert_eq!(
        (&plan["plan"], &plan["status"]),
        (&json!("basic"), &json!("trial"))
    );
    for one in plan["uses"].as_array().expect("a list") {
        assert_eq!(
            (&one["most"], &one["level"]),
            (&Value::Null, &json!("fine")),
            "{one}"
        );
    }
    for arguments in [
        ["plan", "limit", "gold", "messages", "4"],
        ["plan", "limit", "basic", "words", "4"],
        ["plan", "limit", "basic", "messages", "-4"],
        ["plan", "limit", "basic", "messages", "many"],
    ] {
        let done = server.try_rapport(&arguments, "").await;
        assert!(!done.status.success(), "{arguments:?}");
    }
}
