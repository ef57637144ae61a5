//! The playground shows everything that led to an answer and stores nothing; prompts are shared by channels.

use serde_json::{Value, json};
use testkit::fake::{FakeProvider, Reply};
use testkit::{Provider, Server, Tenant, require_runtime};

use crate::quick_tenant;
use crate::support::{dump, server};

#[tokio::test]
async fn settings_are_tried_out_before_visitors_meet_them() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant
        .teach("Do you ship to Belgium?", "Yes, for 12 euros.")
        .await;
    tenant.teach("Do you ship to Spain?", "Not yet.").await;
    the_whole_way_to_an_answer_is_shown(&server, &tenant).await;
    a_model_is_tried_with_other_settings(&server, &tenant).await;
    a_shared_prompt_is_what_the_model_gets(&tenant).await;
}

async fn play(tenant: &Tenant, body: Value) -> Value {
    tenant
        .api
        .post("/api/v1/playground")
        .json(&body)
        .expect(200)
        .await
}

const QUESTION: &str = "Do you ship to Belgium?";

async fn the_whole_way_to_an_answer_is_shown(server: &Server, tenant: &Tenant) {
    let mut owner = server.owner().await;
    let mut before = dump(&mut owner, tenant.id).await;
    let played = play(tenant, json!({"question": QUESTION})).await;
    assert_eq!(played["answer"]["text"], "Yes, for 12 euros.");
    assert_eq!(
        (&played["trace"]["mode"], &played["trace"]["threshold"]),
        (&json!("approved_text"), &json!(0.78))
    );
    let candidates = played["candidates"].as_array().expect("candidates");
    assert_eq!(candidates.len(), 2);
    for score in ["lexical", "vector", "fused", "calibrated"] {
        let of = |index: usize| {
            candidates[index][score]
                .as_f64()
                .unwrap_or_else(|| panic!("{score}: {played}"))
        };
        assert!(of(0) > of(1), "{score}: {played}");
    }
    assert_eq!(
        candidates[0]["calibrated"].as_f64().map(rounded),
        played["answer"]["confidence"].as_f64().map(rounded)
    );
    assert_eq!((&played["prompt"], &played["call"]), (&Value::Null, &Value::Null));
    let steps: Vec<&str> = played["trace"]["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .filter_map(|step| step["name"].as_str())
        .collect();
    assert_eq!(
        steps,
        [
            "knowledge",
            "understand",
            "embed",
            "retrieve",
            "compose",
            "decide"
        ]
    );
    let follow_up = json!({"question": "And to Spain?", "history": [{"role": "user", "text": QUESTION}, {"role": "assistant", "text": "Yes."}]});
    assert_eq!(play(tenant, follow_up).await["answer"]["text"], "Not yet.");
    let strict = json!({"question": "Shipping Belgium how?", "overrides": {"threshold": 0.95}});
    let loose = json!({"question": "Shipping Belgium how?", "overrides": {"threshold": 0.5, "max_suggestion_chips": 1}});
    let (strict, loose) = (play(tenant, strict).await, play(tenant, loose).await);
    assert_eq!(strict["answer"]["confidence"], loose["answer"]["confidence"]);
    assert_eq!(
        (&strict["trace"]["threshold"], &loose["trace"]["threshold"]),
        (&json!(0.95), &json!(0.5))
    );
    assert!(
        loose["answer"]["suggestion_chips"]
            .as_array()
            .is_some_and(|chips| chips.len() <= 1)
    );
    let mut after = dump(&mut owner, tenant.id).await;
    // onboarding counts that something was tried, and the plan what a program asks
    for counted in ["tenants", "plan_usage"] {
        before.remove(counted);
        after.remove(counted);
    }
    assert_eq!(after, before, "nothing is stored");
    for (overrides, code) in [
        (json!({"threshold": 0.2}), "bad_settings"),
        (json!({"temperature": 3}), "bad_temperature"),
        (json!({"max_suggestion_chips": 9}), "bad_settings"),
    ] {
        let body = json!({"question": QUESTION, "overrides": overrides});
        tenant
            .api
            .post("/api/v1/playground")
            .json(&body)
            .send()
            .await
            .problem(422, code);
    }
}

fn rounded(number: f64) -> i64 {
    (number * 1e4).round() as i64
}

async fn a_model_is_tried_with_other_settings(server: &Server, tenant: &Tenant) {
    let provider = FakeProvider::start().await;
    provider.reply(Reply::text("Yes, we ship there [1]."));
    let id = tenant
        .use_model(provider.base_url(Provider::OpenAi).as_str())
        .await;
    let overrides = json!({"temperature": 0.7, "personality_prompt": "You are {{bot.name}}. Speak {{visitor.language}}. It is {{today}}."});
    let played = play(tenant, json!({"question": QUESTION, "overrides": overrides})).await;
    assert_eq!(
        (&played["answer"]["text"], &played["trace"]["mode"]),
        (&json!("Yes, we ship there."), &json!("model"))
    );
    let prompt = &played["prompt"];
    let system = prompt["system"].as_str().expect("a prompt");
    assert!(
        system.contains("Speak en. It is 20") && system.contains("[1] Do you ship to Belgium?"),
        "{system}"
    );
    assert_eq!(prompt["messages"], json!([{"role": "user", "text": QUESTION}]));
    assert_eq!(prompt["temperature"], 0.7);
    let sent = provider.requests().last().expect("a call").body.clone();
    assert_eq!(
        sent["messages"][0]["content"], prompt["system"],
        "it is shown word for word"
    );
    assert_eq!(
        (&played["call"]["credential_id"], &played["call"]["cost"]),
        (&json!(id), &Value::Null)
    );
    assert!(played["call"]["output_tokens"].as_i64() > Some(0), "{played}");
    let credential = format!("/api/v1/llm-credentials/{id}");
    let prices = json!({"input_price": 1.0, "output_price": 2.0});
    tenant.api.patch(&credential).json(&prices).expect(200).await;
    let played = play(
        tenant,
        json!({"question": QUESTION, "overrides": {"credential_id": id}}),
    )
    .await;
    let call = &played["call"];
    let expected = call["input_tokens"].as_f64().unwrap_or(0.0) * 1e-6
        + call["output_tokens"].as_f64().unwrap_or(0.0) * 2e-6;
    assert!(
        (call["cost"].as_f64().expect("a cost") - expected).abs() < 1e-12,
        "{call}"
    );
    let booked: (i64, i64) =
        sqlx::query_as("select model_calls, unpriced_calls from usage_daily where tenant_id = $1")
            .bind(tenant.id)
            .fetch_one(&mut server.owner().await)
            .await
            .expect("the ledger");
    assert_eq!(booked, (2, 1), "what it costs is booked, and what had no price");
    let calls = provider.calls();
    let played = play(
        tenant,
        json!({"question": QUESTION, "overrides": {"credential_id": "none"}}),
    )
    .await;
    assert_eq!(
        (&played["answer"]["text"], provider.calls()),
        (&json!("Yes, for 12 euros."), calls)
    );
    provider.reply(Reply::status(401));
    let played = play(tenant, json!({"question": QUESTION})).await;
    assert_eq!(played["trace"]["mode"], "approved_text");
    assert!(played["fallback"].is_string(), "{played}");
    tenant.api.delete(&credential).expect(204).await;
}

async fn a_shared_prompt_is_what_the_model_gets(tenant: &Tenant) {
    let provider = FakeProvider::start().await;
    provider.reply(Reply::text("Yes, we ship there [1]."));
    tenant
        .use_model(provider.base_url(Provider::OpenAi).as_str())
        .await;
    let body = json!({"name": "Pirate", "description": "For fun", "system_prompt": "Talk like a pirate of {{business.name}}."});
    let made = tenant
        .api
        .post("/api/v1/agent-prompts")
        .json(&body)
        .expect(201)
        .await;
    tenant
        .api
        .post("/api/v1/agent-prompts")
        .json(&body)
        .send()
        .await
        .problem(409, "name_taken");
    let path = format!("/api/v1/agent-prompts/{}", made["id"].as_str().expect("an id"));
    tenant
        .configure(&json!({"settings": {"agent_prompt_id": made["id"]}}))
        .await;
    let asked = async || {
        tenant.visitor().await.say(QUESTION).await;
        provider.requests().last().expect("a call").body["messages"][0]["content"].to_string()
    };
    let system = asked().await;
    assert!(system.contains("Talk like a pirate of Shop."), "{system}");
    let listed = tenant.api.get("/api/v1/agent-prompts").expect(200).await;
    assert_eq!(
        listed["items"][0]["used_by"].as_array().map(Vec::len),
        Some(1),
        "{listed}"
    );
    tenant
        .api
        .delete(&path)
        .send()
        .await
        .problem(409, "prompt_in_use");
    let longer = json!({"system_prompt": " "});
    tenant
        .api
        .patch(&path)
        .json(&longer)
        .send()
        .await
        .problem(422, "bad_prompt");
    tenant
        .configure(&json!({"settings": {"agent_prompt_id": null, "credential_id": null}}))
        .await;
    let system = asked().await;
    assert!(!system.contains("pirate"), "{system}");
    tenant.api.delete(&path).expect(204).await;
}
