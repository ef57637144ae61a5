//! n8n: a workflow of it as the brain of a channel, and its chat widget in front of ours.

use std::time::Duration;

use serde_json::{Value, json};
use simulators::n8n::{Answer, Auth, Options, Simulator, Widget};
use simulators::{Fault, Reply};
use testkit::{Api, Method, Tenant, require_runtime};
use uuid::Uuid;

use super::{ANSWER, QUESTION, open_server, quick_channel, shop};

async fn workflow(auth: Auth) -> Simulator {
    let options = Options {
        auth,
        ..Options::default()
    };
    Simulator::start(options).await.expect("a free port")
}

async fn set(api: &Api, channel: Uuid, brain: &Value) -> Value {
    let path = format!("/api/v1/channels/{channel}/brain");
    api.call(Method::PUT, &path).json(brain).expect(200).await
}

async fn errors(api: &Api, channel: Uuid) -> Value {
    api.get(&format!("/api/v1/channels/{channel}/webhook-errors"))
        .expect(200)
        .await
}

#[tokio::test]
async fn a_workflow_answers_in_the_widget_and_what_goes_wrong_is_told() {
    require_runtime!();
    let server = open_server().await;
    let tenant = shop(&server, "Widget").await;
    tenant
        .configure(&json!({"settings": {"join_messages": "never"}}))
        .await;
    let channel: Uuid = tenant.channel().await["id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .expect("an id");
    let n8n = workflow(Auth::Header {
        name: "X-Shared".into(),
        value: "canary-header-0000".into(),
    })
    .await;
    let brain = json!({"kind": "webhook", "url": n8n.chat_url(), "header": "X-Shared: canary-header-0000", "timeout_seconds": 5});
    let shown = set(&tenant.api, channel, &brain).await;
    assert_eq!(
        (&shown["has_header"], shown.to_string().contains("canary")),
        (&json!(true), false)
    );
    let test = format!("/api/v1/channels/{channel}/brain/test");
    let told = tenant
        .api
        .post(&test)
        .json(&json!({"question": "ping"}))
        .expect(200)
        .await;
    assert_eq!(told["text"], "You said: ping", "{told:#}");

    let visitor = tenant.visitor().await;
    let said = visitor.say("Where is my order?").await;
    assert_eq!(said["answer"]["text"], "You said: Where is my order?", "{said:#}");
    assert_eq!(said["answer"]["mode"], "webhook");
    let asked = n8n.record().messages().pop().expect("a question");
    assert_eq!(asked.body["chatInput"], "Where is my order?");
    assert_eq!(asked.body["sessionId"], said["conversation"]["id"]);
    assert_eq!(
        asked.correlation,
        said["message"]["id"].as_str().map(str::to_owned)
    );

    n8n.set_answer(Answer::Stream(vec!["Piece ".into(), "by piece".into()]));
    let mut stream = visitor.stream("And now?").await;
    let answer = stream.next_named("answer").await.json();
    assert_eq!(answer["answer"]["text"], "Piece by piece", "{answer:#}");

    for (broken, kind) in [
        (Answer::WorkflowError, "status"),
        (Answer::Inactive, "status"),
        (Answer::Nothing, "no_answer"),
        (
            Answer::BrokenStream("Half an".into(), "out of memory".into()),
            "no_answer",
        ),
    ] {
        n8n.set_answer(broken.clone());
        let said = visitor.say(QUESTION).await;
        assert_eq!(
            said["answer"]["text"], ANSWER,
            "{broken:?}: the built-in bot answers"
        );
        let newest = errors(&tenant.api, channel).await["items"][0].clone();
        assert_eq!(newest["error_type"], kind, "{broken:?}: {newest:#}");
        assert!(!newest.to_string().contains("canary"), "{newest:#}");
    }
    n8n.set_answer(Answer::Output("late".into()));
    n8n.faults().set_latency(Duration::from_secs(3600));
    assert_eq!(visitor.say(QUESTION).await["answer"]["text"], ANSWER);
    let told = tenant.api.post(&test).json(&json!({})).expect(200).await;
    assert_eq!(
        (&told["error_type"], &told["text"]),
        (&json!("timeout"), &json!(null))
    );
    n8n.faults().clear();
    let all = errors(&tenant.api, channel).await;
    let count = |kind: &str| {
        let counts = all["counts"].as_array().expect("a list");
        counts
            .iter()
            .find(|count| count["error_type"] == kind)
            .map(|count| count["count"].clone())
    };
    assert_eq!(
        (count("status"), count("no_answer"), count("timeout")),
        (Some(json!(2)), Some(json!(2)), Some(json!(1)))
    );

    // without the built-in bot a person is asked
    set(
        &tenant.api,
        channel,
        &json!({"kind": "webhook", "falls_back": false}),
    )
    .await;
    n8n.set_answer(Answer::WorkflowError);
    let said = answer_that(&tenant, |answer| answer["text"] != ANSWER).await;
    assert_eq!(said["actions"][0]["kind"], "hand_off", "{said:#}");
    // and back to the built-in one
    let builtin = set(&tenant.api, channel, &json!({"kind": "builtin"})).await;
    assert_eq!(builtin["kind"], "builtin");
    answer_that(&tenant, |answer| answer["text"] == ANSWER).await;
}

#[tokio::test]
async fn a_workflow_that_may_have_run_is_not_asked_again() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = quick_channel(&server, "api").await;
    let n8n = workflow(Auth::None).await;
    let brain = json!({"kind": "webhook", "url": n8n.chat_url()});
    set(&channel.tenant.api, channel.id, &brain).await;
    let refusal = |status: u16| Fault::Refuse(Reply::json(status, &json!({})));
    // a gateway that gave up waiting, and one that broke off: the workflow may have run
    for (number, fault, message) in [
        (1, refusal(504), "504"),
        (2, refusal(502), "502"),
        (3, Fault::CloseBefore, "may have run"),
    ] {
        n8n.faults().next(1, &fault);
        vendor.person(number).says(QUESTION).await;
        let said = vendor.said(number as usize).await;
        assert_eq!(said[number as usize - 1].text, ANSWER, "{fault:?}");
        let newest = errors(&channel.tenant.api, channel.id).await["items"][0].clone();
        assert!(newest.to_string().contains(message), "{fault:?}: {newest:#}");
    }
    assert_eq!(n8n.record().messages().len(), 0);
    // this one has surely not
    n8n.faults().next(1, &refusal(503));
    vendor.person(4).says(QUESTION).await;
    assert_eq!(vendor.said(4).await[3].text, format!("You said: {QUESTION}"));
}

/// A change of the brain acts within seconds: what new visitors are answered then.
async fn answer_that(tenant: &Tenant, fits: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..100 {
        let visitor = tenant.visitor().await;
        let answer = visitor.say(QUESTION).await["answer"].clone();
        if fits(&answer) {
            return answer;
        }
    }
    panic!("the change did not act");
}

#[tokio::test]
async fn a_workflow_answers_on_a_messaging_channel_and_a_person_may_still_take_over() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = quick_channel(&server, "whatsapp").await;
    let n8n = workflow(Auth::None).await;
    let api = &channel.tenant.api;
    set(
        api,
        channel.id,
        &json!({"kind": "webhook", "url": n8n.chat_url(), "timeout_seconds": 60}),
    )
    .await;
    let ana = vendor.person(1);
    ana.says("Where is my order?").await;
    let said = vendor.said(1).await;
    assert_eq!(said[0].text, "You said: Where is my order?");
    channel.delivered("You said", "read").await;
    let asked = n8n.record().messages().pop().expect("a question");
    assert_eq!(
        asked.body["metadata"]["contact"]["name"], "Ana 1",
        "{:#}",
        asked.body
    );
    assert_eq!(asked.body["metadata"]["channel"], "whatsapp");
    n8n.set_answer(Answer::WorkflowError);
    ana.says(QUESTION).await;
    assert!(vendor.said(2).await[1].text.contains(ANSWER));
    assert_eq!(
        errors(api, channel.id).await["items"].as_array().map(Vec::len),
        Some(1)
    );
    channel.reply("Robin here.").await;
    ana.says("Thank you").await;
    let processed =
        |events: &[Value]| events.len() == 3 && events.iter().all(|event| event["status"] == "processed");
    channel.ledger_until("kind=message", processed).await;
    assert_eq!(n8n.record().messages().len(), 2);
    // an address inside is refused when it is set
    let path = format!("/api/v1/channels/{}/brain", channel.id);
    let inside = json!({"kind": "webhook", "url": "http://169.254.169.254/latest"});
    api.call(Method::PUT, &path)
        .json(&inside)
        .send()
        .await
        .problem(422, "address_not_allowed");
}

#[tokio::test]
async fn n8ns_chat_widget_talks_to_a_channel() {
    require_runtime!();
    let server = open_server().await;
    let tenant = shop(&server, "Chat").await;
    tenant
        .configure(&json!({"settings": {"join_messages": "never"}}))
        .await;
    let url = format!("{}/api/widget/{}/n8n", server.url(), tenant.channel_key);
    let widget = Widget::new(&url);
    let (status, headers) = widget.preflight().await.expect("an answer");
    assert!(
        (200..300).contains(&status) && headers.to_lowercase().contains("content-type"),
        "{status} {headers}"
    );
    assert!(widget.loads_history().await.is_empty());
    let told = widget.says(QUESTION).await;
    assert_eq!((told.status, told.text.as_str()), (Some(200), ANSWER));
    assert!(told.allowed_origin.is_some());
    assert_eq!(widget.says_streaming(QUESTION).await.text, ANSWER);
    let history = widget.loads_history().await;
    let expected = [
        (true, QUESTION),
        (false, ANSWER),
        (true, QUESTION),
        (false, ANSWER),
    ];
    assert_eq!(
        history,
        expected.map(|(is_human, text)| (is_human, text.to_owned()))
    );
    // a session is nobody else's
    assert!(Widget::new(&url).loads_history().await.is_empty());
    let back = Widget::new(&url).with_session(widget.session());
    assert_eq!(back.loads_history().await.len(), 4);
    // nor is it the same one at another tenant's channel
    let other = shop(&server, "Other").await;
    let elsewhere = format!("{}/api/widget/{}/n8n", server.url(), other.channel_key);
    assert!(
        Widget::new(&elsewhere)
            .with_session(widget.session())
            .loads_history()
            .await
            .is_empty()
    );
}

/// A shop whose web chat is answered by a workflow, which is given `seconds`.
async fn answered_by(n8n: &Simulator, tenant: &Tenant, seconds: u32) -> Uuid {
    tenant
        .configure(&json!({"settings": {"join_messages": "never"}}))
        .await;
    let id = tenant.channel().await["id"]
        .as_str()
        .and_then(|id| id.parse().ok());
    let channel: Uuid = id.expect("an id");
    let brain = json!({"kind": "webhook", "url": n8n.chat_url(), "timeout_seconds": seconds});
    set(&tenant.api, channel, &brain).await;
    channel
}

/// Where the workflow was told to send its answer to its newest question.
fn reply_url(n8n: &Simulator) -> String {
    let asked = n8n.record().messages().pop().expect("a question");
    let url = asked.body["metadata"]["replyUrl"].as_str();
    url.expect("an address for the answer").to_owned()
}

#[tokio::test]
async fn a_workflow_may_answer_later_once_and_in_time() {
    require_runtime!();
    let server = open_server().await;
    let tenant = shop(&server, "Later").await;
    let n8n = workflow(Auth::None).await;
    let channel = answered_by(&n8n, &tenant, 60).await;
    n8n.set_answer(Answer::Started(Some("Later: {}".into())));
    let visitor = tenant.visitor().await;
    let said = visitor.say("Where is my order?").await;
    assert_eq!(said["answer"]["text"], "Later: Where is my order?", "{said:#}");
    assert_eq!(said["answer"]["mode"], "webhook");
    let plan = tenant.api.get("/api/v1/plan").expect(200).await;
    assert_eq!(plan["uses"][0]["used"], 1.0, "the plan counts it like any other");

    // the same once more is not said again; something else is too late
    let url = reply_url(&n8n);
    let repeated = n8n.answers_late(&url, "Later: Where is my order?").await;
    assert_eq!(repeated.status, Some(200), "{repeated:?}");
    for _ in 0..2 {
        let other = n8n.answers_late(&url, "And another thing").await;
        assert_eq!(other.status, Some(409), "{other:?}");
    }
    let history = visitor.history().await;
    assert_eq!(
        history["messages"].as_array().map(Vec::len),
        Some(2),
        "{history:#}"
    );
    let kept = errors(&tenant.api, channel).await;
    assert_eq!(kept["items"].as_array().map(Vec::len), Some(1), "{kept:#}");
    assert_eq!(kept["items"][0]["error_type"], "late");
    assert_eq!(kept["items"][0]["reason"]["said"], "And another thing");

    // a changed address, none, too much and no words
    let (start, signature) = url.rsplit_once('.').expect("a signature");
    let forged = format!("{start}x.{signature}");
    assert_eq!(n8n.answers_late(&forged, "Forged").await.status, Some(404));
    assert_eq!(n8n.answers_late(&url, "").await.status, Some(422));
    let long = "long ".repeat(100_000);
    assert_eq!(n8n.answers_late(&url, &long).await.status, Some(413));
}

#[tokio::test]
async fn an_answer_after_the_built_in_one_or_a_person_is_kept_and_not_said() {
    require_runtime!();
    let server = open_server().await;
    let tenant = shop(&server, "Quick").await;
    let n8n = workflow(Auth::None).await;
    let channel = answered_by(&n8n, &tenant, 5).await;
    n8n.set_answer(Answer::Started(None));
    let visitor = tenant.visitor().await;
    let said = visitor.say(QUESTION).await;
    assert_eq!(said["answer"]["text"], ANSWER, "the built-in bot took over");
    assert_eq!(
        n8n.answers_late(&reply_url(&n8n), "Said in vain").await.status,
        Some(409)
    );
    let history = visitor.history().await;
    assert!(!history.to_string().contains("Said in vain"), "{history:#}");
    let kept = errors(&tenant.api, channel).await;
    let kinds = ["late", "timeout"].map(|kind| {
        let items = kept["items"].as_array().expect("a list");
        items.iter().filter(|item| item["error_type"] == kind).count()
    });
    assert_eq!(kinds, [1, 1], "{kept:#}");
    assert_eq!(kept["items"][1]["reason"]["code"], "nothing_later");

    // a person takes over while the workflow thinks
    let patient = shop(&server, "Patient").await;
    answered_by(&n8n, &patient, 60).await;
    let other = answer_while_asked(&patient, &n8n).await;
    assert_eq!(n8n.answers_late(&other, "Said in vain").await.status, Some(409));
}

/// A visitor writes, the workflow is asked, and a person replies before it does. Where it would have replied.
async fn answer_while_asked(tenant: &Tenant, n8n: &Simulator) -> String {
    let before = n8n.record().messages().len();
    let visitor = tenant.visitor().await;
    let asking = tokio::spawn(async move { visitor.say("Is somebody there?").await });
    n8n.record().wait_for(before + 1).await;
    let url = reply_url(n8n);
    let asked = n8n.record().messages().pop().expect("a question");
    let path = format!(
        "/api/v1/conversations/{}/messages",
        asked.body["sessionId"].as_str().expect("an id")
    );
    let reply = json!({"client_message_id": "person", "text": "Robin here."});
    tenant.api.post(&path).json(&reply).expect(201).await;
    let said = asking.await.expect("no panic");
    assert!(said["answer"].is_null(), "{said:#}");
    url
}

#[tokio::test]
async fn files_of_n8ns_chat_widget_are_checked_and_kept() {
    require_runtime!();
    let server = open_server().await;
    let tenant = shop(&server, "Files").await;
    let settings = json!({"join_messages": "never", "uploads_enabled": true});
    tenant.configure(&json!({"settings": settings})).await;
    let url = format!("{}/api/widget/{}/n8n", server.url(), tenant.channel_key);
    let widget = Widget::new(&url);
    let told = widget
        .says_with(
            QUESTION,
            &[
                ("one.txt", "text/plain", b"The first."),
                ("two.txt", "text/plain", b"The second."),
            ],
        )
        .await;
    assert_eq!((told.status, told.text.as_str()), (Some(200), ANSWER), "{told:?}");
    let list = tenant.api.get("/api/v1/conversations?view=all").expect(200).await;
    let id = list["items"][0]["id"].as_str().expect("an id");
    let path = format!("/api/v1/conversations/{id}/messages");
    let messages = tenant.api.get(&path).expect(200).await;
    let items = messages["items"].as_array().expect("a list");
    let names: Vec<_> = items
        .iter()
        .map(|message| message["attachment"]["name"].as_str())
        .collect();
    assert_eq!(names, [Some("one.txt"), Some("two.txt"), None], "{messages:#}");
    assert_eq!(items[1]["text"], QUESTION);
    assert_eq!(
        widget.loads_history().await[0],
        (true, "one.txt".to_owned()),
        "a file is seen again"
    );

    // what it is called does not decide what it is
    let page = b"<!doctype html><script>alert(1)</script>".as_slice();
    let refused = widget
        .says_with("Look", &[("photo.png", "image/png", page)])
        .await;
    assert_eq!(refused.status, Some(422), "{refused:?}");
    let six = [("one.txt", "text/plain", b"One.".as_slice()); 6];
    assert_eq!(widget.says_with("Look", &six).await.status, Some(422));
    let large = vec![b'a'; 11 * 1024 * 1024];
    let too_large = widget
        .says_with("Look", &[("large.txt", "text/plain", &large)])
        .await;
    assert_eq!(too_large.status, Some(413));
    tenant
        .configure(&json!({"settings": {"uploads_enabled": false}}))
        .await;
    let off = Widget::new(&url);
    let file = [("one.txt", "text/plain", b"The first.".as_slice())];
    assert_eq!(off.says_with("Look", &file).await.status, Some(403));
}
