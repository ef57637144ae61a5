//! Keyword actions and collections: what is matched, what each action does, and what cannot be stored.

use serde_json::{Value, json};
use testkit::{Tenant, require_runtime};
use uuid::Uuid;

use super::{conversation, has_label, id, label, timeline};
use crate::quick_tenant;
use crate::support::server;

struct Shop {
    tenant: Tenant,
    channel: Uuid,
}

impl Shop {
    async fn keyword(&self, body: Value) -> Value {
        let mut body = body;
        body["channel_id"] = json!(self.channel);
        let made = self.tenant.api.post("/api/v1/automation/keyword-actions");
        made.json(&body).expect(201).await
    }

    async fn refused(&self, path: &str, body: Value, code: &str) {
        let mut body = body;
        body["channel_id"] = json!(self.channel);
        let status = if code.ends_with("_taken") { 409 } else { 422 };
        let call = self.tenant.api.post(path).json(&body);
        call.send().await.problem(status, code);
    }

    async fn drop_keyword(&self, made: &Value) {
        let path = format!("/api/v1/automation/keyword-actions/{}", id(made));
        self.tenant.api.delete(&path).send().await.expect(204);
    }
}

#[tokio::test]
async fn words_of_visitors_act_at_once() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant.teach("Where is the shop?", "In Ghent.").await;
    server.user(&tenant, "sam@shop.example", "agent").await;
    let channel = id(&tenant.channel().await);
    let shop = Shop { tenant, channel };
    the_bot_is_switched_off_and_on(&shop).await;
    words_are_compared_plainly(&shop).await;
    a_collection_answers_in_turn(&shop).await;
    people_are_called(&shop).await;
    labels_and_members_are_given_beside_the_answer(&shop).await;
    the_first_in_order_acts(&shop).await;
    what_cannot_act_is_refused(&shop).await;
    a_channel_has_its_own(&shop).await;
}

async fn the_bot_is_switched_off_and_on(shop: &Shop) {
    let off = shop
        .keyword(json!({"keyword": "arrête", "action_type": "DISABLE_AI"}))
        .await;
    let on = shop
        .keyword(json!({"keyword": "bot", "action_type": "ENABLE_AI", "match_type": "exact"}))
        .await;
    let visitor = shop.tenant.visitor().await;
    assert_eq!(
        visitor.say("Where is the shop?").await["answer"]["text"],
        "In Ghent."
    );
    let said = visitor.say("ARRETE, s'il te plaît").await;
    assert_eq!(said["answer"], Value::Null);
    assert_eq!(conversation(&shop.tenant, &visitor).await["ai_paused"], true);
    // silent, also to the word that is not the whole message
    assert_eq!(visitor.say("Where is the shop?").await["answer"], Value::Null);
    assert_eq!(visitor.say("is the bot there").await["answer"], Value::Null);
    let said = visitor.say(" Bot! ").await;
    assert_eq!(said["answer"]["text"], "I am back. What would you like to know?");
    assert_eq!(said["answer"]["mode"], "action");
    assert_eq!(said["conversation"]["ai_paused"], false);
    assert_eq!(
        visitor.say("Where is the shop?").await["answer"]["text"],
        "In Ghent."
    );
    let told = timeline(&shop.tenant, &visitor).await;
    assert_eq!(
        told,
        [
            ("taken_over".to_owned(), json!("arrête")),
            ("given_back".to_owned(), json!("bot"))
        ]
    );
    // a person who has taken over is replaced too: the team has set it up so
    shop.tenant
        .reply(visitor.conversation_id, "A person speaks.")
        .await;
    assert_eq!(visitor.say("bot").await["answer"]["mode"], "action");
    let path = format!("/api/v1/conversations/{}/messages", visitor.conversation_id);
    let thread = shop.tenant.api.get(&path).expect(200).await;
    let last = thread["items"]
        .as_array()
        .expect("a list")
        .last()
        .expect("a message")
        .clone();
    let trace = format!("{path}/{}/trace", id(&last));
    let trace = shop.tenant.api.get(&trace).expect(200).await;
    assert_eq!(trace["notes"]["keyword"]["keyword"], "bot", "{trace}");
    let list = shop
        .tenant
        .api
        .get("/api/v1/automation/keyword-actions")
        .expect(200)
        .await;
    assert_eq!(list["items"][0]["use_count"], 1);
    shop.drop_keyword(&off).await;
    shop.drop_keyword(&on).await;
}

async fn words_are_compared_plainly(shop: &Shop) {
    let reply = |keyword: &str, how: &str| json!({"keyword": keyword, "action_type": "REPLY", "match_type": how, "argument": {"text": "Heard."}});
    for (keyword, how, heard, unheard) in [
        (
            "Où êtes-vous",
            "word",
            "dites, OU ETES VOUS donc ?",
            "ou donc etes vous",
        ),
        ("stop", "word", "please stop now", "nonstop music"),
        ("👍", "exact", " 👍 ", "👍👍"),
        (
            r"(?:order|commande) *#?\d{3}",
            "pattern",
            "my ORDER #123 is late",
            "my order is late",
        ),
    ] {
        let made = shop.keyword(reply(keyword, how)).await;
        let visitor = shop.tenant.visitor().await;
        assert_eq!(visitor.say(heard).await["answer"]["text"], "Heard.", "{keyword}");
        assert_ne!(
            visitor.say(unheard).await["answer"]["text"],
            "Heard.",
            "{keyword}"
        );
        shop.drop_keyword(&made).await;
    }
}

async fn a_collection_answers_in_turn(shop: &Shop) {
    let collection = json!({"channel_id": shop.channel, "collection_id": "tips", "name": "Tips", "items": [" Oil it. ", "", "Dust it."]});
    let api = &shop.tenant.api;
    let made = api
        .post("/api/v1/automation/collections")
        .json(&collection)
        .expect(201)
        .await;
    assert_eq!(made["items"], json!(["Oil it.", "Dust it."]));
    let turn = shop
        .keyword(json!({"keyword": "tip", "action_type": "REPLY", "argument": {"collection_id": "tips"}}))
        .await;
    let fixed = shop
        .keyword(
            json!({"keyword": "last tip", "match_type": "exact", "action_type": "REPLY",
            "argument": {"collection_id": "tips", "item": 2}}),
        )
        .await;
    let order = json!({"channel_id": shop.channel, "ids": [fixed["id"], turn["id"]]});
    let ordered = api
        .post("/api/v1/automation/keyword-actions/order")
        .json(&order)
        .expect(200)
        .await;
    assert_eq!(ordered["items"][0]["keyword"], "last tip");
    let visitor = shop.tenant.visitor().await;
    for expected in ["Oil it.", "Dust it.", "Oil it."] {
        assert_eq!(visitor.say("a tip, please").await["answer"]["text"], expected);
    }
    assert_eq!(visitor.say("last tip").await["answer"]["text"], "Dust it.");
    shop.refused(
        "/api/v1/automation/keyword-actions",
        json!({"keyword": "x", "action_type": "REPLY", "argument": {"collection_id": "tips", "item": 3}}),
        "no_such_item",
    )
    .await;
    let path = format!("/api/v1/automation/collections/{}", id(&made));
    api.delete(&path).send().await.problem(409, "collection_in_use");
    shop.drop_keyword(&turn).await;
    shop.drop_keyword(&fixed).await;
    api.delete(&path).send().await.expect(204);
    for action in [
        "keyword_action_created",
        "keyword_action_changed",
        "keyword_action_deleted",
        "collection_created",
        "collection_deleted",
    ] {
        let log = api
            .get(&format!("/api/v1/audit-log?action={action}"))
            .expect(200)
            .await;
        assert_ne!(log["items"], json!([]), "{action}");
    }
}

async fn people_are_called(shop: &Shop) {
    let made = shop
        .keyword(json!({"keyword": "humain", "action_type": "ESCALATE"}))
        .await;
    let visitor = shop.tenant.visitor().await;
    let said = visitor.say("un humain").await;
    assert_eq!(said["answer"]["escalation_offered"], true);
    let seen = conversation(&shop.tenant, &visitor).await;
    assert_eq!(
        (&seen["status"], &seen["ai_paused"]),
        (&json!("escalated"), &json!(true))
    );
    assert_eq!(seen["escalation"]["reason"], "visitor_asked");
    assert_eq!(
        timeline(&shop.tenant, &visitor).await,
        [("escalated".to_owned(), json!("humain"))]
    );
    shop.drop_keyword(&made).await;
}

async fn labels_and_members_are_given_beside_the_answer(shop: &Shop) {
    let label = label(&shop.tenant, "Shop visit").await;
    let members = shop.tenant.api.get("/api/v1/members").expect(200).await;
    let user = members["items"][0]["user_id"].clone();
    let tag = shop
        .keyword(json!({"keyword": "shop", "action_type": "TAG", "argument": {"label_id": label}}))
        .await;
    let visitor = shop.tenant.visitor().await;
    assert_eq!(
        visitor.say("Where is the shop?").await["answer"]["text"],
        "In Ghent."
    );
    assert!(has_label(&conversation(&shop.tenant, &visitor).await, label));
    let path = format!("/api/v1/automation/keyword-actions/{}", id(&tag));
    let patch =
        json!({"action_type": "ASSIGN", "argument": {"user_id": user, "text": "Somebody looks after you."}});
    let changed = shop.tenant.api.patch(&path).json(&patch).expect(200).await;
    assert_eq!(changed["argument"]["label_id"], Value::Null);
    let visitor = shop.tenant.visitor().await;
    let said = visitor.say("Where is the shop?").await;
    assert_eq!(said["answer"]["text"], "Somebody looks after you.");
    let seen = conversation(&shop.tenant, &visitor).await;
    assert_eq!((&seen["assigned_to"], &seen["ai_paused"]), (&user, &json!(false)));
    shop.drop_keyword(&tag).await;
}

async fn the_first_in_order_acts(shop: &Shop) {
    let reply =
        |keyword: &str| json!({"keyword": keyword, "action_type": "REPLY", "argument": {"text": keyword}});
    let one = shop.keyword(reply("price")).await;
    let two = shop.keyword(reply("table")).await;
    let visitor = shop.tenant.visitor().await;
    assert_eq!(visitor.say("the table's price").await["answer"]["text"], "price");
    let path = format!("/api/v1/automation/keyword-actions/{}", id(&one));
    shop.tenant
        .api
        .patch(&path)
        .json(&json!({"is_active": false}))
        .expect(200)
        .await;
    assert_eq!(visitor.say("the table's price").await["answer"]["text"], "table");
    shop.drop_keyword(&one).await;
    shop.drop_keyword(&two).await;
}

async fn what_cannot_act_is_refused(shop: &Shop) {
    let path = "/api/v1/automation/keyword-actions";
    let nobody = Uuid::now_v7();
    for (body, code) in [
        (
            json!({"keyword": " ", "action_type": "DISABLE_AI"}),
            "bad_keyword",
        ),
        (
            json!({"keyword": "!?", "action_type": "DISABLE_AI"}),
            "bad_keyword",
        ),
        (
            json!({"keyword": "(", "match_type": "pattern", "action_type": "DISABLE_AI"}),
            "bad_pattern",
        ),
        (
            json!({"keyword": ".*", "match_type": "pattern", "action_type": "DISABLE_AI"}),
            "bad_pattern",
        ),
        (json!({"keyword": "x", "action_type": "TAG"}), "no_such_label"),
        (
            json!({"keyword": "x", "action_type": "TAG", "argument": {"label_id": nobody}}),
            "no_such_label",
        ),
        (
            json!({"keyword": "x", "action_type": "ASSIGN", "argument": {"user_id": nobody}}),
            "not_a_member",
        ),
        (json!({"keyword": "x", "action_type": "REPLY"}), "nothing_to_say"),
        (
            json!({"keyword": "x", "action_type": "REPLY", "argument": {"collection_id": "none"}}),
            "no_such_collection",
        ),
        (json!({"keyword": "x", "action_type": "DANCE"}), "invalid_body"),
    ] {
        shop.refused(path, body, code).await;
    }
    let made = shop
        .keyword(json!({"keyword": "twice", "action_type": "DISABLE_AI"}))
        .await;
    shop.refused(
        path,
        json!({"keyword": "twice", "action_type": "ENABLE_AI"}),
        "keyword_taken",
    )
    .await;
    shop.drop_keyword(&made).await;
    let collections = "/api/v1/automation/collections";
    for (id, name, code) in [("Tips", "Tips", "bad_collection_id"), ("tips", "", "bad_name")] {
        shop.refused(collections, json!({"collection_id": id, "name": name}), code)
            .await;
    }
}

async fn a_channel_has_its_own(shop: &Shop) {
    let api = &shop.tenant.api;
    let other = api
        .post("/api/v1/channels")
        .json(&json!({"name": "Second site"}))
        .expect(201)
        .await;
    let body = json!({"channel_id": other["id"], "keyword": "shop", "action_type": "DISABLE_AI"});
    api.post("/api/v1/automation/keyword-actions")
        .json(&body)
        .expect(201)
        .await;
    let visitor = shop.tenant.visitor().await;
    assert_eq!(
        visitor.say("Where is the shop?").await["answer"]["text"],
        "In Ghent."
    );
    let path = format!("/api/v1/automation/keyword-actions?channel_id={}", shop.channel);
    let own = api.get(&path).expect(200).await;
    assert_eq!(own["items"], json!([]));
}
