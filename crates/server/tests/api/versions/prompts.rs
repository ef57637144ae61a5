//! Prompts, the library's and a channel's own: versions like everything else that the bot is told.

use serde_json::{Value, json};
use testkit::fake::{FakeProvider, Reply};
use testkit::{Api, Method, Provider, Server, Tenant, require_runtime};

use super::{HOURS, draft, path, publish, set_rule, versions};
use crate::quick_tenant;
use crate::support::server;

/// A tenant with one pair, and a model whose instructions can be read.
struct Told {
    tenant: Tenant,
    provider: FakeProvider,
}

impl Told {
    async fn new(server: &Server) -> Self {
        let tenant = quick_tenant(server).await;
        tenant.teach(HOURS.0, HOURS.1).await;
        let provider = FakeProvider::start().await;
        provider.reply(Reply::text("From nine to six [1]."));
        tenant
            .use_model(provider.base_url(Provider::OpenAi).as_str())
            .await;
        Self { tenant, provider }
    }

    /// What the business tells the model when a visitor asks.
    async fn told(&self) -> String {
        // a channel that is set follows at once, others within seconds
        self.tenant.configure(&json!({"settings": {}})).await;
        let said = self.tenant.visitor().await.say(HOURS.0).await;
        assert_eq!(said["answer"]["text"], "From nine to six.");
        let sent = self.provider.requests().last().expect("a call").body.clone();
        let system = sent["messages"][0]["content"].as_str().expect("instructions");
        let (before, _) = system.split_once("\n\n### How to answer").expect("the rules");
        before.to_owned()
    }
}

async fn instruct(tenant: &Tenant, prompt: &str) {
    tenant
        .configure(&json!({"settings": {"personality_prompt": prompt}}))
        .await;
}

fn channel_prompt(channel: &Value, prompt: &str, of_library: Option<&Value>) -> Value {
    let after = json!({"personality_prompt": prompt, "agent_prompt_id": of_library});
    json!({"subject": "channel_prompt", "id": channel["id"], "after": after})
}

async fn new_prompt(tenant: &Tenant, name: &str) -> Value {
    let prompt = json!({"name": name, "system_prompt": format!("Be {name}.")});
    let call = tenant.api.post("/api/v1/agent-prompts").json(&prompt);
    call.expect(201).await
}

async fn send_patch(api: &Api, channel: &Value, settings: Value) -> testkit::Answer {
    let address = format!("/api/v1/channels/{}", channel["id"].as_str().expect("an id"));
    api.patch(&address)
        .json(&json!({"settings": settings}))
        .send()
        .await
}

#[tokio::test]
async fn what_a_channel_tells_the_model_is_kept_and_can_be_taken_back() {
    require_runtime!();
    let server = server().start().await;
    let shop = Told::new(&server).await;
    let tenant = &shop.tenant;
    let before = versions(tenant, "published").await.len();
    instruct(tenant, "Speak like a sailor.").await;
    instruct(tenant, "Speak like a poet.").await;
    // neither another setting nor the same prompt is a version
    tenant
        .configure(
            &json!({"settings": {"confidence_threshold": 0.6, "personality_prompt": "Speak like a poet."}}),
        )
        .await;
    let kept = versions(tenant, "published").await;
    assert_eq!(kept.len(), before + 2, "{kept:?}");
    let channel = tenant.channel().await;
    assert_eq!(kept[0]["example"], channel["name"]);
    let id = kept[0]["id"].as_str().expect("an id");
    let newest = tenant
        .api
        .get(&format!("/api/v1/versions/{id}"))
        .expect(200)
        .await;
    let change = &newest["changes"][0];
    assert_eq!(
        (&change["subject"], &change["subject_id"], &change["channel"]),
        (&json!("channel_prompt"), &channel["id"], &channel["name"])
    );
    let prompts = ["before", "after"].map(|side| change[side]["personality_prompt"].clone());
    assert_eq!(prompts, ["Speak like a sailor.", "Speak like a poet."]);

    let undo = tenant.api.post(&format!("/api/v1/versions/{id}/undo"));
    let back = undo.expect(201).await;
    assert_eq!(shop.told().await, "Speak like a poet.", "a draft does not serve");
    publish(tenant, &back).await.expect(200);
    assert_eq!(shop.told().await, "Speak like a sailor.");
    let after = tenant.channel().await;
    assert_eq!(after["settings"]["confidence_threshold"], 0.6, "only the prompt");
}

#[tokio::test]
async fn where_only_tried_drafts_count_a_channels_prompt_needs_an_administrator() {
    require_runtime!();
    let server = server().start().await;
    let shop = Told::new(&server).await;
    let tenant = &shop.tenant;
    set_rule(tenant, "tested").await;
    let channel = tenant.channel().await;
    let refused = send_patch(
        &tenant.api,
        &channel,
        json!({"personality_prompt": "Promise the moon."}),
    )
    .await;
    refused.problem(409, "publish_by_draft");
    tenant
        .configure(&json!({"settings": {"confidence_threshold": 0.6}}))
        .await;

    let ready = draft(
        tenant,
        json!([channel_prompt(&channel, "Speak like a sailor.", None)]),
    )
    .await;
    tenant.api.post(&path(&ready, "/backtest")).expect(201).await;
    publish(tenant, &ready).await.problem(409, "prompt_untried");
    let editor = server.member(tenant, "agent@shop.example", "agent").await;
    let change = json!({"changes": [channel_prompt(&channel, "Speak like a poet.", None)]});
    let add = editor.post(&path(&ready, "/changes")).json(&change).send().await;
    add.problem(403, "permission_missing");
    let despite = json!({"despite_regressions": true});
    let call = tenant.api.post(&path(&ready, "/publish")).json(&despite);
    call.expect(200).await;
    assert_eq!(shop.told().await, "Speak like a sailor.");
}

#[tokio::test]
async fn a_prompt_that_a_channel_uses_is_not_deleted_by_a_draft_either() {
    require_runtime!();
    let server = server().start().await;
    let shop = Told::new(&server).await;
    let tenant = &shop.tenant;
    let (formal, brief) = (
        new_prompt(tenant, "formal").await,
        new_prompt(tenant, "brief").await,
    );
    tenant
        .configure(&json!({"settings": {"agent_prompt_id": formal["id"]}}))
        .await;
    let gone = json!({"subject": "agent_prompt", "id": formal["id"], "after": null});
    let ready = draft(tenant, json!([gone])).await;
    publish(tenant, &ready).await.problem(409, "prompt_in_use");
    assert_eq!(shop.told().await, "Be formal.");
    let channel = tenant.channel().await;
    let other = channel_prompt(&channel, "Never used.", Some(&brief["id"]));
    let add = json!({"changes": [other]});
    let call = tenant.api.post(&path(&ready, "/changes")).json(&add);
    call.expect(200).await;
    publish(tenant, &ready).await.expect(200);
    assert_eq!(shop.told().await, "Be brief.");
    let left = tenant.api.get("/api/v1/agent-prompts").expect(200).await;
    assert_eq!(left["items"].as_array().map(Vec::len), Some(1), "{left}");
}

#[tokio::test]
async fn a_channel_takes_its_own_librarys_prompts_only() {
    require_runtime!();
    let server = server().start().await;
    let (one, other) = (quick_tenant(&server).await, quick_tenant(&server).await);
    let foreign = new_prompt(&other, "formal").await;
    let own = one.channel().await;
    let refused = send_patch(&one.api, &own, json!({"agent_prompt_id": foreign["id"]})).await;
    refused.problem(422, "unknown_prompt");
    let named = draft(
        &one,
        json!([channel_prompt(&own, "Hello.", Some(&foreign["id"]))]),
    )
    .await;
    publish(&one, &named).await.problem(422, "unknown_prompt");
    let theirs = other.channel().await;
    let changes = json!({"changes": [channel_prompt(&theirs, "Promise the moon.", None)]});
    let refused = one.api.post("/api/v1/drafts").json(&changes).send().await;
    refused.problem(404, "not_found");
}

#[tokio::test]
async fn the_system_prompt_in_force_goes_before_what_the_channel_tells_the_model() {
    require_runtime!();
    let server = server().start().await;
    let shop = Told::new(&server).await;
    let tenant = &shop.tenant;
    instruct(tenant, "Speak like a sailor.").await;
    let write = async |content: &str, is_active: bool| {
        let body = json!({"content_type": "system_prompt", "content": content, "is_active": is_active});
        let call = tenant.api.post("/api/v1/knowledge-bases").json(&body);
        let base = call.expect(201).await;
        let id = base["id"].as_str().expect("an id");
        format!("/api/v1/knowledge-bases/{id}/active")
    };
    assert_eq!(shop.told().await, "Speak like a sailor.");
    write("Never name a {{business.name}} of others.", true).await;
    let second = write("Say that we are closed in August.", false).await;
    assert_eq!(
        shop.told().await,
        "Never name a Shop of others.\n\nSpeak like a sailor."
    );
    tenant.api.call(Method::PUT, &second).expect(200).await;
    assert_eq!(
        shop.told().await,
        "Say that we are closed in August.\n\nSpeak like a sailor."
    );
    tenant.api.delete(&second).expect(204).await;
    assert_eq!(shop.told().await, "Speak like a sailor.");
}
