//! Several agents on a channel: which one speaks, what it changes, and where that is seen.

use serde_json::{Value, json};
use testkit::fake::{FakeProvider, Reply};
use testkit::{Answer, Method, Provider, Server, Tenant, Visitor, require_runtime};
use uuid::Uuid;

use crate::quick_tenant;
use crate::support::server;

const QUESTION: &str = "Do you ship to Belgium?";
const PRICE: &str = "How much is the oak table?";

/// A shop with a model whose instructions can be read.
struct Shop {
    tenant: Tenant,
    provider: FakeProvider,
    agents: String,
}

impl Shop {
    async fn new(server: &Server) -> Self {
        let tenant = quick_tenant(server).await;
        tenant
            .teach_all(&[
                (QUESTION, "Yes, within three days."),
                (PRICE, "The oak table costs 400 euros."),
                ("Livrez-vous en Belgique ?", "Oui, en trois jours."),
            ])
            .await;
        let provider = FakeProvider::start().await;
        provider.reply(Reply::text("Said [1]."));
        tenant
            .use_model(provider.base_url(Provider::OpenAi).as_str())
            .await;
        let agents = format!("/api/v1/channels/{}/agents", id(&tenant.channel().await));
        Self {
            tenant,
            provider,
            agents,
        }
    }

    async fn prompt(&self, name: &str) -> Value {
        let body = json!({"name": name, "system_prompt": format!("Be the {name} of {{{{business.name}}}}.")});
        let call = self.tenant.api.post("/api/v1/agent-prompts").json(&body);
        call.expect(201).await["id"].clone()
    }

    /// An agent with a prompt of its own.
    async fn agent(&self, name: &str, more: Value) -> Value {
        let mut body = json!({"agent_id": name, "name": name.to_uppercase(), "agent_prompt_id": self.prompt(name).await});
        for (key, value) in more.as_object().expect("an object") {
            body[key] = value.clone();
        }
        let call = self.tenant.api.post(&self.agents).json(&body);
        let made = call.expect(201).await;
        self.follow().await;
        made
    }

    async fn change(&self, agent: &Value, patch: Value) {
        let path = format!("{}/{}", self.agents, id(agent));
        self.tenant.api.patch(&path).json(&patch).expect(200).await;
        self.follow().await;
    }

    /// A channel that is set follows at once, others within seconds.
    async fn follow(&self) {
        self.tenant.configure(&json!({"settings": {}})).await;
    }

    /// What the model was told last by the business.
    fn told(&self) -> String {
        let sent = self.provider.requests().last().expect("a call").body.clone();
        let system = sent["messages"][0]["content"].as_str().expect("instructions");
        let (before, _) = system.split_once("\n\n### How to answer").expect("the rules");
        before.to_owned()
    }

    async fn refused(&self, body: Value, status: u16, code: &str) {
        let call = self.tenant.api.post(&self.agents).json(&body);
        call.send().await.problem(status, code);
    }
}

fn id(value: &Value) -> Uuid {
    let id = value["id"].as_str().and_then(|text| text.parse().ok());
    id.unwrap_or_else(|| panic!("no id: {value}"))
}

fn on(field: &str, op: &str, value: Value) -> Value {
    json!({"all": [{"field": field, "op": op, "value": value}]})
}

/// The `agent_id` of whoever has answered.
async fn speaker(visitor: &Visitor, text: &str) -> Value {
    let said = visitor.say(text).await;
    assert!(said["answer"]["text"].is_string(), "{said}");
    said["answer"]["agent"]["agent_id"].clone()
}

#[tokio::test]
async fn however_many_are_added_at_once_a_channel_has_twenty_agents_at_most() {
    require_runtime!();
    let server = server().start().await;
    let shop = Shop::new(&server).await;
    let prompt = shop.prompt("desk").await;
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..26 {
        let body = json!({"agent_id": format!("a{number}"), "name": "Desk", "agent_prompt_id": prompt});
        let call = shop.tenant.api.post(&shop.agents).json(&body);
        calls.spawn(async move { call.send().await });
    }
    let answers = calls.join_all().await;
    let (made, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    for answer in &refused {
        answer.problem(409, "too_many_agents");
    }
    assert_eq!((made.len(), refused.len()), (20, 6));
    let list = shop.tenant.api.get(&shop.agents).expect(200).await;
    let places: std::collections::BTreeSet<i64> = list["items"]
        .as_array()
        .expect("agents")
        .iter()
        .map(|agent| agent["position"].as_i64().expect("a place"))
        .collect();
    assert_eq!(places.len(), 20, "each has a place of its own: {list:#}");
}

#[tokio::test]
async fn the_first_agent_whose_rule_holds_speaks_and_stays() {
    require_runtime!();
    let server = server().start().await;
    let shop = Shop::new(&server).await;
    let visitor = shop.tenant.visitor().await;
    assert_eq!(speaker(&visitor, QUESTION).await, Value::Null);

    let sales = shop
        .agent(
            "sales",
            json!({"conditions": on("intent", "is", json!(["price", "quote"])), "ai_temperature": 0.9}),
        )
        .await;
    let french = shop
        .agent("french", json!({"conditions": on("language", "is", json!("fr"))}))
        .await;
    // no rule holds, and nobody has spoken
    assert_eq!(speaker(&visitor, QUESTION).await, Value::Null);
    assert!(shop.told().starts_with("### Role"), "{}", shop.told());
    assert_eq!(speaker(&visitor, PRICE).await, "sales");
    assert_eq!(shop.told(), "Be the sales of Shop.");
    let sent = shop.provider.requests().last().expect("a call").body.clone();
    let temperature = sent["temperature"].as_f64().expect("a number");
    assert!((temperature - 0.9).abs() < 0.001, "{sent}");
    // it stays, until another one's rule holds
    assert_eq!(speaker(&visitor, QUESTION).await, "sales");
    assert_eq!(shop.told(), "Be the sales of Shop.");
    assert_eq!(speaker(&visitor, "Livrez-vous en Belgique ?").await, "french");
    assert_eq!(shop.told(), "Be the french of Shop.");
    assert_eq!(speaker(&visitor, QUESTION).await, "french");

    // which one it was, and why, is told where answers are explained
    let path = format!("/api/v1/conversations/{}/messages", visitor.conversation_id);
    let thread = shop.tenant.thread(visitor.conversation_id).await;
    let last = thread.last().expect("a message");
    assert_eq!(
        last["answer"]["agent"],
        json!({"agent_id": "french", "name": "FRENCH"})
    );
    let trace = shop.tenant.api.get(&format!("{path}/{}/trace", id(last)));
    let trace = trace.expect(200).await;
    assert_eq!(
        trace["notes"]["agent"],
        json!({"agent_id": "french", "name": "FRENCH", "because": "stays"})
    );
    // the text is the library's: changed there, it is changed here
    let prompt = french["agent_prompt_id"].as_str().expect("an id");
    let path = format!("/api/v1/agent-prompts/{prompt}");
    let change = json!({"system_prompt": "Be very French."});
    shop.tenant.api.patch(&path).json(&change).expect(200).await;
    shop.follow().await;
    assert_eq!(speaker(&visitor, QUESTION).await, "french");
    assert_eq!(shop.told(), "Be very French.");
    shop.tenant
        .api
        .delete(&path)
        .send()
        .await
        .problem(409, "prompt_in_use");

    // one that is off or gone leaves its conversations to the channel
    shop.change(&french, json!({"is_active": false})).await;
    assert_eq!(speaker(&visitor, QUESTION).await, Value::Null);
    shop.change(&sales, json!({"conditions": {}})).await;
    assert_eq!(
        speaker(&visitor, QUESTION).await,
        "sales",
        "without conditions it always speaks"
    );
    let path = format!("{}/{}", shop.agents, id(&sales));
    shop.tenant.api.delete(&path).send().await.expect(204);
    shop.follow().await;
    assert_eq!(speaker(&visitor, QUESTION).await, Value::Null);
    // what was said stays said by whom it was
    let thread = shop.tenant.thread(visitor.conversation_id).await;
    let by_sales = thread
        .iter()
        .filter(|message| message["answer"]["agent"]["name"] == "SALES");
    assert_eq!(by_sales.count(), 3);
}

#[tokio::test]
async fn rules_look_at_what_is_known_of_the_conversation() {
    require_runtime!();
    let server = server().start().await;
    let shop = Shop::new(&server).await;
    let api = &shop.tenant.api;
    let body = json!({"name": "VIP", "color": "red"});
    let label = id(&api.post("/api/v1/labels").json(&body).expect(201).await);
    let body = json!({"channel_id": id(&shop.tenant.channel().await), "keyword": "club", "action_type": "TAG",
        "argument": {"label_id": label}});
    api.post("/api/v1/automation/keyword-actions")
        .json(&body)
        .expect(201)
        .await;
    let words = shop
        .agent(
            "words",
            json!({"conditions": on("text", "has_words", json!("table costs"))}),
        )
        .await;
    let vip = shop
        .agent("vip", json!({"conditions": on("labels", "has", json!(label))}))
        .await;
    let regulars = shop
        .agent(
            "regulars",
            json!({"conditions": on("lifecycle_stage", "is", json!("customer"))}),
        )
        .await;
    let night = shop
        .agent("night", json!({"conditions": on("is_open", "is", json!(false))}))
        .await;

    let visitor = shop.tenant.visitor().await;
    assert_eq!(speaker(&visitor, QUESTION).await, Value::Null);
    // a keyword's label is given before it is decided who speaks
    let text = "I am in the club. Do you ship to Belgium?";
    assert_eq!(speaker(&visitor, text).await, "vip");

    let regular = shop.tenant.visitor().await;
    assert_eq!(speaker(&regular, QUESTION).await, Value::Null);
    let path = format!("/api/v1/conversations/{}", regular.conversation_id);
    let contact = api.get(&path).expect(200).await["contact"]["id"].clone();
    let clients = api.get("/api/v1/crm/clients").expect(200).await;
    let clients = clients["items"].as_array().expect("a list").clone();
    let of_contact = |client: &&Value| client["contact_id"] == contact;
    let client = clients.iter().find(of_contact).expect("a client");
    let path = format!("/api/v1/crm/clients/{}", id(client));
    let stage = json!({"lifecycle_stage": "customer"});
    api.patch(&path).json(&stage).expect(200).await;
    assert_eq!(speaker(&regular, QUESTION).await, "regulars");

    // somebody is there on one day of the week only, and it is not today
    let mut owner = server.owner().await;
    let day: String = sqlx::query_scalar("select trim(to_char(now() + interval '2 days', 'day'))")
        .fetch_one(&mut owner)
        .await
        .expect("a weekday");
    let mut settings = api.get("/api/v1/inbox-settings").expect(200).await;
    settings["business_hours"] = json!({day: [["09:00", "17:00"]]});
    api.call(Method::PUT, "/api/v1/inbox-settings")
        .json(&settings)
        .expect(200)
        .await;
    let late = shop.tenant.visitor().await;
    assert_eq!(speaker(&late, QUESTION).await, "night");

    // who is asked first is decided by the order
    let try_it = async |body: Value| {
        let call = api.post(&format!("{}/try", shop.agents)).json(&body);
        call.expect(200).await
    };
    let both = json!({"text": "The table costs what?", "is_open": false});
    assert_eq!(try_it(both.clone()).await["agent"]["agent_id"], "words");
    let order_path = format!("{}/order", shop.agents);
    for ids in [
        json!([night["id"], words["id"]]),
        json!([night["id"], words["id"], vip["id"], vip["id"]]),
    ] {
        let part = api.post(&order_path).json(&json!({"ids": ids})).send().await;
        part.problem(422, "not_all_agents");
    }
    let order = json!({"ids": [night["id"], words["id"], vip["id"], regulars["id"]]});
    let ordered = api.post(&order_path).json(&order);
    let ordered = ordered.expect(200).await;
    assert_eq!(ordered["items"][0]["agent_id"], "night");
    let tried = try_it(both).await;
    assert_eq!(
        (&tried["agent"]["agent_id"], &tried["because"]),
        (&json!("night"), &json!("rule"))
    );
    let open = json!({"text": "Where is my order?", "is_open": true, "before": "vip"});
    let tried = try_it(open).await;
    assert_eq!(
        (
            &tried["agent"]["agent_id"],
            &tried["because"],
            &tried["facts"]["intent"]
        ),
        (&json!("vip"), &json!("stays"), &json!("order"))
    );
    let tried = try_it(json!({"text": "Where is my order?", "is_open": true})).await;
    assert_eq!((&tried["agent"], &tried["because"]), (&Value::Null, &Value::Null));
    let vip = json!({"text": "Hello", "is_open": true, "labels": [label]});
    assert_eq!(try_it(vip).await["agent"]["agent_id"], "vip");
}

#[tokio::test]
async fn without_a_model_an_agent_narrows_and_changes_no_text() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant.teach(QUESTION, "Yes, within three days.").await;
    tenant
        .configure(&json!({"settings": {"booking_url": "https://cal.example/shop"}}))
        .await;
    let prompt = json!({"name": "Shouting", "system_prompt": "Shout."});
    let prompt = tenant.api.post("/api/v1/agent-prompts").json(&prompt);
    let prompt = prompt.expect(201).await["id"].clone();
    let agents = format!("/api/v1/channels/{}/agents", id(&tenant.channel().await));
    let visitor = tenant.visitor().await;
    let offered = async |visitor: &Visitor| {
        let said = visitor.say("Can I book a call?").await;
        said["answer"]["actions"].as_array().expect("a list").len()
    };
    assert_eq!(offered(&visitor).await, 1);
    let body =
        json!({"agent_id": "brief", "name": "Brief", "agent_prompt_id": prompt, "offers_booking": false});
    tenant.api.post(&agents).json(&body).expect(201).await;
    tenant.configure(&json!({"settings": {}})).await;
    assert_eq!(offered(&visitor).await, 0);
    let said = visitor.say(QUESTION).await;
    assert_eq!(said["answer"]["text"], "Yes, within three days.");
    assert_eq!(said["answer"]["agent"]["agent_id"], "brief");
}

#[tokio::test]
async fn the_playground_and_programs_meet_the_agents_too() {
    require_runtime!();
    let server = server().start().await;
    let shop = Shop::new(&server).await;
    shop.agent("sales", json!({"conditions": on("intent", "is", json!("price"))}))
        .await;
    let play = async |body: Value| {
        let call = shop.tenant.api.post("/api/v1/playground").json(&body);
        call.expect(200).await
    };
    let played = play(json!({"question": PRICE})).await;
    assert_eq!(played["answer"]["agent"]["agent_id"], "sales");
    assert_eq!(played["trace"]["notes"]["agent"]["because"], "rule");
    let system = played["prompt"]["system"].as_str().expect("a prompt");
    assert!(system.starts_with("Be the sales of Shop."), "{system}");
    // who has answered before is known from what was said before
    let history = json!([{"role": "user", "text": PRICE}, {"role": "assistant", "text": "400 euros."}]);
    let played = play(json!({"question": QUESTION, "history": history})).await;
    assert_eq!(played["trace"]["notes"]["agent"]["because"], "stays");
    let played = play(json!({"question": QUESTION})).await;
    assert_eq!(played["answer"]["agent"], Value::Null);
    // a prompt that is tried counts, whoever would have spoken
    let tried =
        play(json!({"question": PRICE, "overrides": {"personality_prompt": "Be somebody else."}})).await;
    assert_eq!(tried["answer"]["agent"], Value::Null);
    let asked = shop.tenant.ask(PRICE).await;
    assert_eq!(asked["answer"]["agent"]["agent_id"], "sales");
}

#[tokio::test]
async fn what_is_no_agent_is_refused_and_changes_are_written_down() {
    require_runtime!();
    let server = server().start().await;
    let (shop, other) = (Shop::new(&server).await, quick_tenant(&server).await);
    let made = shop.agent("sales", json!({})).await;
    let prompt = made["agent_prompt_id"].clone();
    let valid = json!({"agent_id": "help", "name": "Help", "agent_prompt_id": prompt});
    let with = |key: &str, value: Value| {
        let mut body = valid.clone();
        body[key] = value;
        body
    };
    for (body, status, code) in [
        (with("agent_id", json!("Help desk")), 422, "bad_agent_id"),
        (with("agent_id", json!("")), 422, "bad_agent_id"),
        (with("agent_id", json!("sales")), 409, "agent_taken"),
        (with("name", json!(" ")), 422, "bad_name"),
        (
            with("agent_prompt_id", json!(Uuid::now_v7())),
            422,
            "unknown_prompt",
        ),
        (with("ai_temperature", json!(1.5)), 422, "bad_temperature"),
        (
            with("conditions", on("moon", "is", json!("full"))),
            422,
            "unknown_field",
        ),
        (
            with("conditions", on("intent", "is", json!("love"))),
            422,
            "bad_value",
        ),
        (
            with("conditions", on("text", "has_words", json!("?!"))),
            422,
            "bad_value",
        ),
        (
            with("conditions", on("text", "matches", json!(".*"))),
            422,
            "bad_pattern",
        ),
    ] {
        shop.refused(body, status, code).await;
    }
    // another workspace's prompt, channel and agent are not there
    let call = other.api.get(&shop.agents).send().await;
    call.problem(404, "not_found");
    let elsewhere = format!("/api/v1/channels/{}/agents", id(&other.channel().await));
    let call: Answer = other.api.post(&elsewhere).json(&valid).send().await;
    call.problem(422, "unknown_prompt");
    let call = shop.tenant.api.delete(&format!("{elsewhere}/{}", id(&made)));
    call.send().await.problem(404, "not_found");
    let viewer = server.member(&shop.tenant, "agent@shop.example", "agent").await;
    viewer.get(&shop.agents).expect(200).await;
    let call = viewer.post(&shop.agents).json(&valid).send().await;
    call.problem(403, "permission_missing");

    let path = format!("{}/{}", shop.agents, id(&made));
    shop.tenant
        .api
        .patch(&path)
        .json(&json!({"name": "Offers"}))
        .expect(200)
        .await;
    shop.tenant.api.delete(&path).send().await.expect(204);
    for action in [
        "channel_agent_created",
        "channel_agent_changed",
        "channel_agent_deleted",
    ] {
        let log = shop.tenant.api.get(&format!("/api/v1/audit-log?action={action}"));
        assert_ne!(log.expect(200).await["items"], json!([]), "{action}");
    }
}
