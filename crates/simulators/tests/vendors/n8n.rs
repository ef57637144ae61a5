//! n8n.

use serde_json::{Value, json};
use simulators::n8n::{Answer, Auth, Options, Simulator, Widget};

use crate::support::{answer, client};

async fn ask(vendor: &Simulator, text: &str) -> (u16, Value) {
    let body = json!({"action": "sendMessage", "sessionId": "c-1", "chatInput": text});
    answer(
        client()
            .post(vendor.chat_url())
            .header("webhook-id", "msg-42")
            .json(&body),
    )
    .await
}

#[tokio::test]
async fn the_workflow_answers_as_it_is_told() {
    let vendor = Simulator::start(Options::default()).await.expect("a port");
    assert_eq!(ask(&vendor, "Hi").await, (200, json!({"output": "You said: Hi"})));
    let cases = [
        (
            Answer::Under("text", "Hello".into()),
            200,
            json!({"text": "Hello"}),
        ),
        (
            Answer::List("Hello".into()),
            200,
            json!([{"output": "Hello"}, {"output": "another entry"}]),
        ),
        (
            Answer::Started(None),
            200,
            json!({"message": "Workflow was started"}),
        ),
        (
            Answer::WorkflowError,
            500,
            json!({"message": "Error in workflow"}),
        ),
        (Answer::Nothing, 200, Value::Null),
    ];
    for (told, status, body) in cases {
        vendor.set_answer(told);
        assert_eq!(ask(&vendor, "Hi").await, (status, body));
    }
    assert_eq!(vendor.record().count("c-1", "msg-42"), 6);
    vendor.set_answer(Answer::Inactive);
    let (status, body) = ask(&vendor, "Hi").await;
    assert_eq!((status, &body["code"]), (404, &json!(404)));
    assert!(
        body["message"]
            .as_str()
            .expect("a text")
            .ends_with("is not registered.")
    );
}

#[tokio::test]
async fn the_webhook_can_ask_for_a_header() {
    let auth = Auth::Header {
        name: "x-key".into(),
        value: "open".into(),
    };
    let vendor = Simulator::start(Options {
        auth,
        ..Options::default()
    })
    .await
    .expect("a port");
    assert_eq!(ask(&vendor, "Hi").await.0, 403);
    let body = json!({"action": "sendMessage", "sessionId": "c-1", "chatInput": "Hi"});
    let request = client()
        .post(vendor.webhook_url())
        .header("x-key", "open")
        .json(&body);
    assert_eq!(answer(request).await.0, 200);
}

#[tokio::test]
async fn the_widget_reads_answers_streams_and_errors() {
    let vendor = Simulator::start(Options::default()).await.expect("a port");
    let widget = Widget::new(&vendor.chat_url());
    assert_eq!(widget.says("Hi").await.text, "You said: Hi");
    vendor.set_answer(Answer::Stream(vec!["Hel".into(), "lo".into()]));
    assert_eq!(widget.says_streaming("Hi").await.text, "Hello");
    vendor.set_answer(Answer::BrokenStream("Hel".into(), "no model".into()));
    assert_eq!(widget.says_streaming("Hi").await.text, "Error: no model");
    vendor.set_answer(Answer::Text("plain".into()));
    assert_eq!(widget.says("Hi").await.text, "plain");
    assert_eq!(widget.loads_history().await, []);
    assert_eq!(vendor.record().to(widget.session()).len(), 4);
}
