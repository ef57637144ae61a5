//! A provider tunes a model, the version that came out answers, and one goes back. What goes wrong there is shown.

use serde_json::{Value, json};
use simulators::models::{Options, Simulator};
use simulators::{Fault, Reply};
use testkit::{Server, Tenant, require_runtime};

use super::{PAIRS, frozen_set, get, post, text};
use crate::quick_tenant;
use crate::support::server;

/// The version, once it fits.
async fn until(tenant: &Tenant, id: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let mut events = tenant.api.get("/api/v1/events").stream().await;
    events.next_named("ready").await;
    loop {
        let version = get(tenant, &format!("model-versions/{id}")).await;
        if fits(&version) {
            return version;
        }
        while events.next_named("workspace").await.json()["what"] != "models" {}
    }
}

async fn provider() -> Simulator {
    Simulator::start(Options::default()).await.expect("a provider")
}

async fn credential(tenant: &Tenant, provider: &Simulator) -> String {
    let body = json!({"provider": "openai_compatible", "model": "base-model", "key": provider.key(),
        "base_url": provider.base_url()});
    text(&post(tenant, "llm-credentials", &body, 201).await["id"])
}

async fn tune(tenant: &Tenant, set: &str, credential: &str) -> String {
    let body = json!({"training_set_id": set, "credential_id": credential, "suffix": "spring", "epochs": 2,
        "training_price": 10.0});
    let version = post(tenant, "model-versions/tune", &body, 201).await;
    assert_eq!(
        (&version["status"], &version["origin"], &version["base_model"]),
        (&json!("training"), &json!("tuned"), &json!("base-model"))
    );
    text(&version["id"])
}

/// A job that the provider has taken.
async fn begun(tenant: &Tenant, set: &str, credential: &str) -> String {
    let id = tune(tenant, set, credential).await;
    until(tenant, &id, |version| version["provider_job"].is_string()).await;
    id
}

async fn look_again(tenant: &Tenant, id: &str) {
    post(tenant, &format!("model-versions/{id}/refresh"), &json!({}), 202).await;
}

async fn ended(tenant: &Tenant, id: &str) -> Value {
    until(tenant, id, |version| version["status"] != "training").await
}

async fn stage(server: &Server) -> (Tenant, Simulator, String) {
    let tenant = quick_tenant(server).await;
    tenant.teach_all(&PAIRS).await;
    let provider = provider().await;
    let key = credential(&tenant, &provider).await;
    (tenant, provider, key)
}

const QUESTION: &str = "Do you ship to Belgium?";

#[tokio::test]
async fn a_model_that_was_tuned_answers_until_one_goes_back() {
    require_runtime!();
    let server = server().start().await;
    let (tenant, provider, key) = stage(&server).await;
    let set = what_cannot_be_tuned_is_refused(&tenant, &key).await;
    let estimate = get(
        &tenant,
        &format!("training-sets/{set}/estimate?epochs=2&price=10"),
    )
    .await;
    let tokens = estimate["tokens"].as_u64().expect("tokens");
    assert_eq!(estimate["trained_tokens"], tokens * 2, "{estimate}");
    let cost = estimate["cost"].as_f64().expect("a cost");
    assert!((cost - tokens as f64 * 2.0 * 1e-5).abs() < 1e-9, "{estimate}");

    let id = begun(&tenant, &set, &key).await;
    let [job] = provider.jobs().try_into().expect("one job");
    assert_eq!(
        (&job.request["suffix"], &job.request["metadata"]["reference"]),
        (&json!("spring"), &json!(id))
    );
    assert_eq!(
        job.request["method"]["supervised"]["hyperparameters"]["n_epochs"],
        2
    );
    let sent = tenant
        .api
        .get(&format!("/api/v1/training-sets/{set}/export"))
        .send()
        .await;
    assert_eq!(
        provider.files(),
        [sent.text()],
        "what is exported is what is trained on"
    );

    provider.runs(7, 0.25);
    look_again(&tenant, &id).await;
    let running = until(&tenant, &id, |version| version["provider_status"] == "running").await;
    let told = running["events"].as_array().expect("events");
    assert!(
        told.iter()
            .any(|event| event["message"] == "Step 7: training loss=0.25"),
        "{running}"
    );
    let early = tenant.api.post(&format!("/api/v1/model-versions/{id}/activate"));
    early.send().await.problem(409, "not_ready");

    let model = provider.succeeds();
    look_again(&tenant, &id).await;
    let ready = ended(&tenant, &id).await;
    assert_eq!(
        (&ready["status"], &ready["model_name"], &ready["version"]),
        (&json!("ready"), &json!(model), &json!("v1")),
        "{ready}"
    );
    assert_eq!(
        ready["training_dataset_id"],
        get(&tenant, &format!("training-sets/{set}")).await["digest"]
    );
    let metrics = &ready["metrics"];
    let trained = metrics["trained_tokens"].as_f64().expect("tokens");
    assert_eq!(metrics["train_loss"], 0.25, "{metrics}");
    assert!((metrics["training_cost"].as_f64().expect("a cost") - trained * 1e-5).abs() < 1e-9);
    let used = tenant.api.delete(&format!("/api/v1/training-sets/{set}"));
    used.send().await.problem(409, "set_in_use");

    it_answers_until_one_goes_back(&tenant, &provider, &key, &id, &model).await;
    assert_eq!(
        provider.files(),
        Vec::<String>::new(),
        "the examples do not stay there"
    );
}

async fn what_cannot_be_tuned_is_refused(tenant: &Tenant, key: &str) -> String {
    let small = json!({"name": "Small", "filter": {"languages": ["en"]}});
    let draft = text(&post(tenant, "training-sets", &small, 201).await["id"]);
    let refused = async |body: Value, status: u16, code: &str| {
        let call = tenant.api.post("/api/v1/model-versions/tune").json(&body);
        call.send().await.problem(status, code);
    };
    let body = json!({"training_set_id": draft, "credential_id": key});
    refused(body.clone(), 409, "set_not_frozen").await;
    let list = get(tenant, &format!("training-sets/{draft}/examples?limit=200")).await;
    for example in list["items"].as_array().expect("examples").iter().skip(9) {
        let path = format!("/api/v1/training-sets/{draft}/examples/{}", text(&example["id"]));
        let out = tenant.api.patch(&path).json(&json!({"is_left_out": true}));
        out.expect(200).await;
    }
    post(tenant, &format!("training-sets/{draft}/freeze"), &json!({}), 200).await;
    refused(body, 422, "too_few_examples").await;
    let set = frozen_set(tenant).await;
    let other = json!({"provider": "anthropic", "model": "m", "key": "sk-other", "is_default": false});
    let other = text(&post(tenant, "llm-credentials", &other, 201).await["id"]);
    refused(
        json!({"training_set_id": set, "credential_id": other}),
        422,
        "no_tuning",
    )
    .await;
    let body = json!({"training_set_id": set, "credential_id": key, "suffix": "no spaces"});
    refused(body, 422, "bad_suffix").await;
    let body = json!({"training_set_id": set, "credential_id": key, "epochs": 0});
    refused(body, 422, "bad_epochs").await;
    set
}

async fn asked(tenant: &Tenant, provider: &Simulator) -> String {
    let played = post(tenant, "playground", &json!({"question": QUESTION}), 200).await;
    assert_eq!(played["answer"]["mode"], "model", "{played}");
    provider.asked().pop().expect("a question")
}

async fn it_answers_until_one_goes_back(
    tenant: &Tenant,
    provider: &Simulator,
    key: &str,
    id: &str,
    model: &str,
) {
    assert_eq!(asked(tenant, provider).await, "base-model");
    let path = |what: &str| format!("model-versions/{id}/{what}");
    let patch = json!({"input_price": 1.0, "output_price": 2.0, "note": "Spring"});
    let priced = tenant
        .api
        .patch(&format!("/api/v1/model-versions/{id}"))
        .json(&patch);
    priced.expect(200).await;
    post(tenant, &path("activate"), &json!({}), 200).await;
    let played = post(tenant, "playground", &json!({"question": QUESTION}), 200).await;
    assert_eq!(provider.asked().pop().as_deref(), Some(model));
    let cost = played["call"]["cost"].as_f64().expect("a cost");
    assert!(
        (cost - (100.0 * 1e-6 + 10.0 * 2e-6)).abs() < 1e-12,
        "its own prices: {played}"
    );
    let said = tenant.visitor().await.say(QUESTION).await;
    assert_eq!(said["answer"]["text"], "Yes, for 12 euros.");
    assert_eq!(
        provider.asked().pop().as_deref(),
        Some(model),
        "visitors get it too"
    );
    let chosen = json!({"question": QUESTION, "overrides": {"credential_id": key}});
    post(tenant, "playground", &chosen, 200).await;
    assert_eq!(
        provider.asked().pop().as_deref(),
        Some("base-model"),
        "who chooses a key gets its model"
    );

    let by_hand = json!({"model_name": "base-model", "note": "As it was", "credential_id": key});
    let second = post(tenant, "model-versions", &by_hand, 201).await;
    assert_eq!(
        (&second["version"], &second["status"]),
        (&json!("v2"), &json!("ready"))
    );
    let second = text(&second["id"]);
    post(
        tenant,
        &format!("model-versions/{second}/activate"),
        &json!({}),
        200,
    )
    .await;
    assert_eq!(asked(tenant, provider).await, "base-model");
    let list = get(tenant, "model-versions?kind=chat").await;
    let active: Vec<&Value> = list["items"]
        .as_array()
        .expect("versions")
        .iter()
        .filter(|version| version["is_active"] == true)
        .map(|version| &version["id"])
        .collect();
    assert_eq!(active, [&json!(second)], "one at most");
    let busy = tenant.api.delete(&format!("/api/v1/model-versions/{second}"));
    busy.send().await.problem(409, "version_in_use");
    post(tenant, &path("activate"), &json!({}), 200).await;
    assert_eq!(asked(tenant, provider).await, model, "and back");
    let off = json!({"is_active": false});
    let patch = format!("/api/v1/llm-credentials/{key}");
    tenant.api.patch(&patch).json(&off).expect(200).await;
    let played = post(tenant, "playground", &json!({"question": QUESTION}), 200).await;
    assert_eq!(
        played["answer"]["mode"], "approved_text",
        "a key that is off calls nothing"
    );
    tenant
        .api
        .patch(&patch)
        .json(&json!({"is_active": true}))
        .expect(200)
        .await;
    post(tenant, &path("deactivate"), &json!({}), 200).await;
    assert_eq!(asked(tenant, provider).await, "base-model");
    let old = tenant.api.patch(&format!("/api/v1/model-versions/{id}"));
    let old = old.json(&json!({"is_deprecated": true})).expect(200).await;
    assert_eq!(old["status"], "deprecated");
    let call = tenant.api.post(&format!("/api/v1/{}", path("activate")));
    call.send().await.problem(409, "not_ready");
    let keyless = post(tenant, "model-versions", &json!({"model_name": "bought"}), 201).await;
    let call = tenant.api.post(&format!(
        "/api/v1/model-versions/{}/activate",
        text(&keyless["id"])
    ));
    call.send().await.problem(409, "no_credential");
    let log = get(tenant, "audit-log?subject=model_version&limit=200").await;
    let entries = log["items"].as_array().expect("entries");
    for action in [
        "model_tuning_started",
        "model_version_activated",
        "model_version_deactivated",
        "model_version_changed",
        "model_version_registered",
    ] {
        assert!(
            entries.iter().any(|entry| entry["action"] == action),
            "{action}: {log}"
        );
    }
}

#[tokio::test]
async fn what_goes_wrong_at_the_provider_is_shown() {
    require_runtime!();
    let server = server().start().await;
    let (tenant, provider, key) = stage(&server).await;
    let set = frozen_set(&tenant).await;

    // no account for it: the provider's own words
    let closed = json!({"error": {"message": "Fine-tuning is closed to new customers.", "code": "closed"}});
    let file = Reply::ok(&json!({"id": "file-1"}));
    provider.faults().next(1, &Fault::Refuse(file));
    provider
        .faults()
        .next(1, &Fault::Refuse(Reply::json(403, &closed)));
    let id = tune(&tenant, &set, &key).await;
    let failed = ended(&tenant, &id).await;
    assert_eq!(
        (&failed["status"], &failed["error"]),
        (
            &json!("failed"),
            &json!("the provider refused (HTTP 403): Fine-tuning is closed to new customers.")
        )
    );

    // the answer is lost: nobody knows, and nobody starts again
    provider
        .faults()
        .next(1, &Fault::Refuse(Reply::ok(&json!({"id": "file-2"}))));
    provider.faults().next(1, &Fault::CloseBefore);
    let id = tune(&tenant, &set, &key).await;
    let failed = ended(&tenant, &id).await;
    assert!(
        text(&failed["error"]).contains("not known whether the provider has begun"),
        "{failed}"
    );
    assert_eq!(
        (provider.faults().left(), provider.jobs().len()),
        (0, 0),
        "it was asked once"
    );

    // too busy: it is told, and tried again
    provider.faults().next(
        1,
        &Fault::Refuse(Reply::json(429, &json!({"error": {"message": "Slow down."}}))),
    );
    let id = tune(&tenant, &set, &key).await;
    let waiting = until(&tenant, &id, |version| version["events"][0]["level"] == "warn").await;
    assert!(
        text(&waiting["events"][0]["message"]).contains("Slow down."),
        "{waiting}"
    );
    look_again(&tenant, &id).await;
    until(&tenant, &id, |version| version["provider_job"].is_string()).await;
    assert_eq!(provider.jobs().len(), 1);

    // the training fails
    provider.fails("The examples contradict each other.");
    look_again(&tenant, &id).await;
    let failed = ended(&tenant, &id).await;
    assert_eq!(
        (&failed["status"], &failed["error"]),
        (&json!("failed"), &json!("The examples contradict each other."))
    );
    assert_eq!(provider.files(), Vec::<String>::new());
    let over = tenant.api.post(&format!("/api/v1/model-versions/{id}/cancel"));
    over.send().await.problem(409, "not_training");

    // somebody thinks better of it
    let id = begun(&tenant, &set, &key).await;
    post(&tenant, &format!("model-versions/{id}/cancel"), &json!({}), 202).await;
    let cancelled = ended(&tenant, &id).await;
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(provider.jobs().pop().expect("the job").status, "cancelled");
    tenant
        .api
        .delete(&format!("/api/v1/model-versions/{id}"))
        .expect(204)
        .await;
    let log = get(&tenant, "audit-log?subject=model_version&limit=200").await;
    let entries = log["items"].as_array().expect("entries");
    for action in ["model_tuning_cancelled", "model_version_deleted"] {
        assert!(
            entries.iter().any(|entry| entry["action"] == action),
            "{action}: {log}"
        );
    }
}
