//! Telegram.

use serde_json::{Value, json};
use simulators::telegram::{Customer, Options, Simulator};
use simulators::{File, Kind};

use crate::support::{Receiver, answer, client};

async fn start() -> (Simulator, Customer, Receiver) {
    let receiver = Receiver::start().await;
    let vendor = Simulator::start(Options::default()).await.expect("a port");
    let ana = vendor.customer(400_000_001, "Ana").named("ana_t", "pt-br");
    let hook = json!({"url": receiver.url, "secret_token": "s3cret_-", "allowed_updates": ["message", "edited_message", "callback_query", "my_chat_member"]});
    assert_eq!(call(&vendor, "setWebhook", hook).await.0, 200);
    (vendor, ana, receiver)
}

async fn call(vendor: &Simulator, method: &str, body: Value) -> (u16, Value) {
    let url = format!("{}/bot{}/{method}", vendor.base(), vendor.options().token);
    answer(client().post(url).json(&body)).await
}

fn text(text: &str) -> Value {
    json!({"chat_id": 400_000_001, "text": text})
}

#[tokio::test]
async fn updates_carry_the_secret_and_ascending_ids() {
    let (_vendor, ana, receiver) = start().await;
    let hello = ana.says("Olá").await;
    ana.edits(&hello.id, "Oi").await;
    ana.sends_file(File::new("a.jpg", "image/jpeg", "picture"), Some("Look"))
        .await;
    ana.shares_location(-23.5, -46.6, None).await;
    assert_eq!(
        ana.reacts(&hello.id, "👍").await.status,
        None,
        "nobody asked for reactions"
    );
    ana.blocks().await;
    let posts = receiver.all();
    assert!(
        posts
            .iter()
            .all(|post| post.header("x-telegram-bot-api-secret-token") == "s3cret_-")
    );
    let ids: Vec<_> = posts
        .iter()
        .filter_map(|post| post.json()["update_id"].as_i64())
        .collect();
    assert_eq!(ids.len(), 5);
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    let message = posts[0].json()["message"].clone();
    assert_eq!(message["message_id"].to_string(), hello.id);
    assert_eq!(
        message["chat"],
        json!({"id": 400_000_001, "type": "private", "first_name": "Ana", "username": "ana_t"})
    );
    assert_eq!(
        posts[4].json()["my_chat_member"]["new_chat_member"]["status"],
        "kicked"
    );
}

#[tokio::test]
async fn tokens_and_methods_that_do_not_exist_are_refused() {
    let (vendor, _ana, _receiver) = start().await;
    let ask = async |path: &str| answer(client().get(format!("{}{path}", vendor.base()))).await;
    let unauthorised = json!({"ok": false, "error_code": 401, "description": "Unauthorized"});
    assert_eq!(ask("/bot1:wrong/getMe").await, (401, unauthorised));
    assert_eq!(ask("/botwrong/getMe").await.0, 404);
    assert_eq!(call(&vendor, "sing", json!({})).await.0, 404);
    let (_, me) = call(&vendor, "getMe", json!({})).await;
    assert_eq!((&me["ok"], &me["result"]["is_bot"]), (&json!(true), &json!(true)));
}

#[tokio::test]
async fn a_webhook_is_checked_and_described() {
    let (vendor, ana, receiver) = start().await;
    let (_, refused) = call(
        &vendor,
        "setWebhook",
        json!({"url": receiver.url, "secret_token": "no spaces"}),
    )
    .await;
    assert_eq!(
        refused["description"],
        "Bad Request: secret token contains unallowed characters"
    );
    assert_eq!(call(&vendor, "getUpdates", json!({})).await.0, 409);
    receiver.answer(500, "");
    ana.says("Hi").await;
    let (_, info) = call(&vendor, "getWebhookInfo", json!({})).await;
    assert_eq!(info["result"]["pending_update_count"], 1);
    assert_eq!(
        info["result"]["last_error_message"],
        "Wrong response from the webhook: 500"
    );
    let official = Simulator::start(Options {
        is_official: true,
        ..Options::default()
    });
    let official = official.await.expect("a port");
    assert_eq!(
        call(&official, "setWebhook", json!({"url": receiver.url}))
            .await
            .0,
        400
    );
    assert_eq!(
        call(&official, "setWebhook", json!({"url": "https://x.example/hook"}))
            .await
            .0,
        200
    );
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_in_telegrams_words() {
    let (vendor, ana, _receiver) = start().await;
    assert_eq!(
        call(&vendor, "sendMessage", text("Hi")).await.1["description"],
        "Bad Request: chat not found"
    );
    ana.says("Hi").await;
    let formatted =
        |mode: &str, text: &str| json!({"chat_id": 400_000_001, "text": text, "parse_mode": mode});
    let keyboard = |data: &str| json!({"chat_id": 400_000_001, "text": "Pick", "reply_markup": {"inline_keyboard": [[{"text": "Yes", "callback_data": data}]]}});
    let cases = [
        (text(&"😀".repeat(2048)), None),
        (text(&"😀".repeat(2049)), Some("message is too long")),
        (text(" "), Some("message text is empty")),
        (formatted("HTML", &format!("<b>{}</b>", "a".repeat(4096))), None),
        (
            formatted("HTML", "1 < 2"),
            Some("can't parse entities: Unclosed start tag at byte offset 2"),
        ),
        (
            formatted("HTML", "<h1>x</h1>"),
            Some("can't parse entities: Unsupported start tag \"h1\" at byte offset 0"),
        ),
        (
            formatted("MarkdownV2", "*Hello* [you](https://x.example) `a.b` 1\\.5"),
            None,
        ),
        (
            formatted("MarkdownV2", "Hello."),
            Some(
                "can't parse entities: Character '.' is reserved and must be escaped with the preceding '\\'",
            ),
        ),
        (formatted("poem", "x"), Some("unsupported parse_mode")),
        (keyboard(&"é".repeat(32)), None),
        (keyboard(&"é".repeat(33)), Some("BUTTON_DATA_INVALID")),
        (
            json!({"chat_id": 400_000_001, "text": "x", "reply_parameters": {"message_id": 1}}),
            Some("message to be replied not found"),
        ),
    ];
    for (body, error) in cases {
        let (status, answer) = call(&vendor, "sendMessage", body.clone()).await;
        let expected = error.map(|error| json!(format!("Bad Request: {error}")));
        assert_eq!(answer.get("description").cloned(), expected, "{body}");
        assert_eq!(status, if error.is_some() { 400 } else { 200 });
    }
    ana.blocks().await;
    let (status, body) = call(&vendor, "sendMessage", text("Hi")).await;
    assert_eq!(
        (status, &body["description"]),
        (403, &json!("Forbidden: bot was blocked by the user"))
    );
}

#[tokio::test]
async fn marks_become_entities_counted_in_utf16() {
    let (vendor, ana, _receiver) = start().await;
    ana.says("Hi").await;
    let body = json!({"chat_id": 400_000_001, "text": "😀 <b>b &amp; <i>c</i></b>", "parse_mode": "HTML"});
    let (_, sent) = call(&vendor, "sendMessage", body).await;
    assert_eq!(sent["result"]["text"], "😀 b & c");
    let entities =
        json!([{"type": "italic", "offset": 7, "length": 1}, {"type": "bold", "offset": 3, "length": 5}]);
    let mut found = sent["result"]["entities"].as_array().expect("entities").clone();
    found.sort_by_key(|entity| std::cmp::Reverse(entity["offset"].as_u64()));
    assert_eq!(json!(found), entities);
}

#[tokio::test]
async fn a_pressed_button_spins_until_it_is_answered() {
    let (vendor, ana, receiver) = start().await;
    ana.says("Hi").await;
    let mut body = text("Pick");
    body["reply_markup"] = json!({"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}]]});
    let (_, sent) = call(&vendor, "sendMessage", body).await;
    let pressed = ana.presses("Yes").await;
    let query = receiver.last().json()["callback_query"].clone();
    assert_eq!(
        (&query["data"], &query["message"]["message_id"]),
        (&json!("yes"), &sent["result"]["message_id"])
    );
    let done = json!({"callback_query_id": pressed.id});
    assert_eq!(call(&vendor, "answerCallbackQuery", done.clone()).await.0, 200);
    assert_eq!(call(&vendor, "answerCallbackQuery", done).await.0, 400);
}

#[tokio::test]
async fn messages_are_edited_and_deleted_once() {
    let (vendor, ana, _receiver) = start().await;
    ana.says("Hi").await;
    let (_, sent) = call(&vendor, "sendMessage", text("One")).await;
    let edit = |text: &str| json!({"chat_id": 400_000_001, "message_id": sent["result"]["message_id"], "text": text});
    assert_eq!(
        call(&vendor, "editMessageText", edit("Two")).await.1["result"]["text"],
        "Two"
    );
    let (_, same) = call(&vendor, "editMessageText", edit("Two")).await;
    assert!(
        same["description"]
            .as_str()
            .expect("a text")
            .starts_with("Bad Request: message is not modified")
    );
    assert_eq!(call(&vendor, "deleteMessage", edit("")).await.0, 200);
    assert_eq!(
        call(&vendor, "deleteMessage", edit("")).await.1["description"],
        "Bad Request: message to delete not found"
    );
}

#[tokio::test]
async fn files_can_be_fetched_and_an_answer_may_be_a_call() {
    let (vendor, ana, receiver) = start().await;
    receiver.answer(
        200,
        r#"{"method":"sendMessage","chat_id":400000001,"text":"At once"}"#,
    );
    ana.sends_file(File::new("note.ogg", "audio/ogg", "OggS"), None)
        .await;
    assert_eq!(vendor.record().messages()[0].text, "At once");
    let id = receiver.last().json()["message"]["voice"]["file_id"].clone();
    let (_, file) = call(&vendor, "getFile", json!({"file_id": id})).await;
    let path = file["result"]["file_path"].as_str().expect("a path");
    let url = format!("{}/file/bot{}/{path}", vendor.base(), vendor.options().token);
    assert_eq!(
        client()
            .get(url)
            .send()
            .await
            .expect("an answer")
            .bytes()
            .await
            .expect("bytes"),
        "OggS"
    );
}

#[tokio::test]
async fn typing_is_no_message_and_too_much_says_when_to_come_again() {
    let (vendor, ana, _receiver) = start().await;
    ana.says("Hi").await;
    vendor.rate_limit(1, 7);
    let typing = json!({"chat_id": 400_000_001, "action": "typing"});
    assert_eq!(call(&vendor, "sendChatAction", typing).await.0, 200);
    let (status, body) = call(&vendor, "sendMessage", text("Hi")).await;
    assert_eq!(status, 429);
    assert_eq!(
        body,
        json!({"ok": false, "error_code": 429, "description": "Too Many Requests: retry after 7", "parameters": {"retry_after": 7}})
    );
    assert_eq!(call(&vendor, "sendMessage", text("Hi")).await.0, 200);
    assert_eq!(vendor.record().of(Kind::Typing).len(), 1);
    assert_eq!(vendor.record().to("400000001").len(), 1);
}
