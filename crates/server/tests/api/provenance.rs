//! Where an answer came from: kept with it, found from the knowledge's side, and the same when it is asked again.

use serde_json::{Value, json};
use testkit::fake::{FakeProvider, Reply};
use testkit::{Provider, Tenant, require_runtime};

use crate::quick_tenant;
use crate::support::server;

const PAIRS: [(&str, &str); 4] = [
    ("Do you ship to Belgium?", "Yes, to Belgium within three days."),
    ("Can I return a table?", "You may return a table within 30 days."),
    ("When is the shop open?", "The shop is open from nine to six."),
    (
        "Comment puis-je payer ?",
        "Vous pouvez payer par carte ou par virement.",
    ),
];
const CARE: &str = "# Oak\nWipe an oak table with a damp cloth and oil it twice a year.\n\n# Linen\nWash linen at forty degrees.";

async fn answers_from(tenant: &Tenant, path: &str) -> Vec<Value> {
    let list = tenant.api.get(path).expect(200).await;
    list["items"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn an_answer_is_found_from_what_it_rests_on() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let pair = tenant.teach(PAIRS[0].0, PAIRS[0].1).await;
    let document = tenant.learn("Care", CARE, None).await;
    let visitor = tenant.visitor().await;
    visitor.say(PAIRS[0].0).await;
    let other = tenant.visitor().await;
    let said = other.say("How often should I oil an oak table?").await;
    assert_eq!(said["answer"]["gap_detected"], false, "{said}");

    let of_pair = answers_from(&tenant, &format!("/api/v1/qa-pairs/{pair}/answers")).await;
    assert_eq!(of_pair.len(), 1);
    assert_eq!(
        (&of_pair[0]["text"], &of_pair[0]["conversation_id"]),
        (&json!(PAIRS[0].1), &json!(visitor.conversation_id))
    );
    let path = format!("/api/v1/documents/{document}/answers");
    let of_document = answers_from(&tenant, &path).await;
    assert_eq!(of_document.len(), 1);
    let found = &of_document[0];
    assert_eq!(
        (
            &found["id"],
            &found["mode"],
            found["passage_ids"].as_array().map(Vec::len)
        ),
        (&said["answer"]["id"], &json!("approved_text"), Some(1))
    );
    assert!(found["knowledge_revision"].is_i64(), "{found}");
}

#[tokio::test]
async fn without_a_model_the_same_question_gets_the_same_answer_to_the_last_byte() {
    require_runtime!();
    let mut server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant.teach_all(&PAIRS).await;
    tenant.learn("Care", CARE, None).await;
    let questions = [
        "Do you ship to Belgium?",
        "do you deliver in belgium",
        "Can I send a table back?",
        "opening hours",
        "Comment payer ?",
        "How do I clean oak?",
        "At how many degrees do I wash linen?",
        "Who won the cup in 1998?",
        "Hello",
    ];
    let mut first = Vec::new();
    for question in questions {
        let said = tenant.visitor().await.say(question).await;
        first.push(alike(&said["answer"]));
    }
    let again = async |first: &[Value]| {
        for (question, first) in questions.iter().zip(first) {
            let answer = alike(&tenant.ask(question).await["answer"]);
            assert_eq!(answer.to_string(), first.to_string(), "{question}");
        }
    };
    again(&first).await;
    // another process, another index in memory
    server.stop().await;
    server.start_again().await;
    again(&first).await;
}

#[tokio::test]
async fn the_digest_of_what_the_model_was_sent_tells_equal_prompts_from_others() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant.teach_all(&PAIRS).await;
    let provider = FakeProvider::start().await;
    provider.reply(Reply::text("Within three days [1]."));
    tenant
        .use_model(provider.base_url(Provider::OpenAi).as_str())
        .await;
    let digest = async |question: &str| {
        let visitor = tenant.visitor().await;
        let said = visitor.say(question).await;
        let (conversation, answer) = (visitor.conversation_id, &said["answer"]["id"]);
        let answer = answer.as_str().expect("an answer");
        let path = format!("/api/v1/conversations/{conversation}/messages/{answer}/trace");
        let trace = tenant.api.get(&path).expect(200).await;
        let sent = provider.requests().last().expect("a call").body["messages"].clone();
        assert_eq!(trace["notes"]["prompt"]["system"], sent[0]["content"]);
        let digest = trace["notes"]["prompt"]["sha256"].as_str().expect("a digest");
        assert_eq!(digest.len(), 16, "{trace}");
        (digest.to_owned(), sent)
    };
    let first = digest(PAIRS[0].0).await;
    assert_eq!(digest(PAIRS[0].0).await, first);
    let reworded = digest("Do you ship to Belgium too?").await;
    assert!(reworded.0 != first.0 && reworded.1 != first.1);
    let settings = json!({"settings": {"personality_prompt": "Speak like a sailor."}});
    tenant.configure(&settings).await;
    assert_ne!(digest(PAIRS[0].0).await.0, first.0);
}

/// All but the id, which every answer has of its own.
fn alike(answer: &Value) -> Value {
    let mut answer = answer.clone();
    answer.as_object_mut().expect("an answer").remove("id");
    answer
}
