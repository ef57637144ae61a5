//! What is said besides plain words: files, places, reactions, changes, quotes, buttons, and answers too long for one
//! message.

use serde_json::{Value, json};
use simulators::{Entry, File, Kind};
use testkit::{Channel, Person, require_runtime};

use super::conversing::answered_once;
use super::{ANSWER, OTHER_QUESTION, QUESTION, open_server, quick_channel};

/// A picture of 8 by 8, as far as its header goes.
fn png() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend([0, 0, 0, 8, 0, 0, 0, 8]);
    bytes.extend(b"\x08\x06\0\0\0crc!\0\0\0\0IENDcrc!");
    bytes
}

#[tokio::test]
async fn files_come_in_and_go_out() {
    require_runtime!();
    let server = open_server().await;
    for kind in ["whatsapp", "messenger", "instagram", "telegram", "crisp", "api"] {
        println!("{kind}");
        let (vendor, channel) = quick_channel(&server, kind).await;
        let picture = File::new("table.png", "image/png", png());
        let sent = vendor
            .person(1)
            .sends_file(picture, Some("Is this one oak?"))
            .await;
        assert_eq!(sent.expect("files are passed on").status, Some(200));
        let thread = channel.thread_until(|thread| !thread.is_empty()).await;
        assert_eq!(
            thread[0]["attachment"]["mime_type"], "image/png",
            "{kind}: {thread:#?}"
        );
        let url = thread[0]["attachment"]["url"].as_str().expect("an address");
        let stored = channel.tenant.api.get(url).send().await;
        assert_eq!((stored.status, stored.body), (200, png()), "{kind}");

        let upload = channel
            .tenant
            .api
            .post("/api/v1/assets?purpose=attachment&filename=oak.png");
        let asset = upload.body("image/png", png()).expect(201).await;
        let path = format!("/api/v1/conversations/{}/messages", channel.conversation().await);
        let reply =
            json!({"client_message_id": "with-file", "text": "Like this?", "attachment_id": asset["id"]});
        channel.tenant.api.post(&path).json(&reply).expect(201).await;
        let is_there = |message: &Value| message["attachment"]["name"] == "oak.png";
        let thread = channel
            .thread_until(|thread| {
                let gone = |message: &Value| {
                    matches!(
                        message["delivery"]["status"].as_str(),
                        Some("sent" | "read" | "failed" | "unknown")
                    )
                };
                thread.iter().any(|message| is_there(message) && gone(message))
            })
            .await;
        let told = thread
            .iter()
            .find(|message| is_there(message))
            .expect("it was there");
        assert_ne!(told["delivery"]["status"], "failed", "{kind}: {told:#}");
        let said = vendor.record().messages();
        assert!(
            said.iter().any(|entry| entry.text.contains("Like this?")),
            "{kind}: {said:#?}"
        );
    }
}

#[tokio::test]
async fn a_place_is_kept_with_its_coordinates() {
    require_runtime!();
    let server = open_server().await;
    for kind in ["whatsapp", "messenger", "telegram"] {
        let (vendor, channel) = quick_channel(&server, kind).await;
        match vendor.person(1) {
            Person::Whatsapp(ana) => ana.shares_location(50.85, 4.35, Some("Grand-Place")).await,
            Person::Messaging(ana) => ana.shares_location(50.85, 4.35, None).await,
            Person::Telegram(ana) => ana.shares_location(50.85, 4.35, Some("Grand-Place")).await,
            _ => unreachable!(),
        };
        let thread = channel.thread_until(|thread| !thread.is_empty()).await;
        let place = &thread[0]["extras"]["location"];
        assert_eq!(
            (&place["latitude"], &place["longitude"]),
            (&json!(50.85), &json!(4.35)),
            "{kind}: {thread:#?}"
        );
    }
}

/// The first message of the person, once it fits.
async fn first(channel: &Channel, fits: impl Fn(&Value) -> bool) -> Value {
    let thread = channel
        .thread_until(|thread| thread.first().is_some_and(&fits))
        .await;
    thread[0].clone()
}

#[tokio::test]
async fn what_people_do_to_messages_is_seen() {
    require_runtime!();
    let server = open_server().await;
    for kind in ["whatsapp", "messenger", "telegram"] {
        println!("{kind}");
        let (vendor, channel) = quick_channel(&server, kind).await;
        // Telegram tells of reactions only when it was asked to, by the test button
        channel.check().await.expect(200);
        let person = vendor.person(1);
        let asked = person.says(QUESTION).await;
        let answer = vendor.said(1).await.remove(0);
        match &person {
            Person::Whatsapp(ana) => ana.reacts(&answer.id, "👍").await,
            Person::Messaging(ana) => ana.reacts(&answer.id, "👍").await,
            Person::Telegram(ana) => ana.reacts(&answer.id, "👍").await,
            _ => unreachable!(),
        };
        channel
            .thread_until(|thread| thread.len() == 2 && thread[1]["extras"]["reaction"] == "👍")
            .await;
        match &person {
            Person::Whatsapp(ana) => ana.replies(&answer.id, "This one?").await,
            Person::Messaging(ana) => ana.replies(&answer.id, "This one?").await,
            Person::Telegram(ana) => ana.replies(&answer.id, "This one?").await,
            _ => unreachable!(),
        };
        let thread = channel.thread_until(|thread| thread.len() >= 3).await;
        assert_eq!(
            thread[2]["extras"]["reply_to"], thread[1]["id"],
            "{kind}: {thread:#?}"
        );
        match &person {
            Person::Whatsapp(ana) => ana.edits(&asked.id, "Do you ship to Spain?").await,
            Person::Messaging(ana) => ana.edits(&asked.id, "Do you ship to Spain?").await,
            Person::Telegram(ana) => ana.edits(&asked.id, "Do you ship to Spain?").await,
            _ => unreachable!(),
        };
        let edited = first(&channel, |message| message["extras"]["is_edited"] == true).await;
        assert_eq!(edited["text"], "Do you ship to Spain?");
        match &person {
            Person::Whatsapp(ana) => ana.deletes(&asked.id).await,
            Person::Messaging(ana) => ana.deletes(&asked.id).await,
            // Telegram tells no bot
            _ => continue,
        };
        let gone = first(&channel, |message| message["extras"]["is_deleted"] == true).await;
        assert_eq!(gone["text"], "");
    }
}

#[tokio::test]
async fn suggestions_are_buttons_and_pressing_one_asks_its_whole_question() {
    require_runtime!();
    let server = open_server().await;
    for kind in ["whatsapp", "messenger", "instagram", "telegram", "crisp"] {
        println!("{kind}");
        let (vendor, channel) = quick_channel(&server, kind).await;
        let person = vendor.person(1);
        person.says("Hello").await;
        let greeting = vendor.said(1).await.remove(0);
        let labels: Vec<_> = greeting
            .buttons
            .iter()
            .map(|button| button.title.clone())
            .collect();
        if kind == "whatsapp" {
            // no label is cut: longer ones are a list, which shows them whole
            let rows = &greeting.body["interactive"]["action"]["sections"][0]["rows"];
            let row = |label: &str| {
                let mut rows = rows.as_array().expect("rows").iter();
                rows.find(|row| {
                    row["title"]
                        .as_str()
                        .is_some_and(|title| title.starts_with(label))
                })
                .unwrap_or_else(|| panic!("{label}: {rows:#?}"))
            };
            assert_eq!(row("Do you ship")["title"], QUESTION);
            assert_eq!(row("What are")["description"], OTHER_QUESTION);
        }
        let which = labels.iter().position(|label| label.starts_with("Do you ship"));
        let which = (which.unwrap_or_else(|| panic!("{kind}: {greeting:#?}")) + 1).to_string();
        match &person {
            Person::Whatsapp(ana) => ana.presses(&which).await,
            Person::Messaging(ana) => ana.presses(&which).await,
            Person::Telegram(ana) => ana.presses(&which).await,
            Person::Crisp(ana) => ana.presses(&which).await,
            _ => unreachable!(),
        };
        let said = vendor.said(2).await;
        assert!(said[1].text.contains(ANSWER), "{kind}: {said:#?}");
        let thread = channel.thread_until(|thread| thread.len() == 4).await;
        assert_eq!(thread[2]["text"], QUESTION, "{kind}");
    }
}

#[tokio::test]
async fn an_answer_too_long_for_one_message_comes_in_pieces_in_order() {
    require_runtime!();
    let server = open_server().await;
    let sentences: Vec<String> = (0..120)
        .map(|number| {
            format!("Sentence number {number} tells a little more about our delivery to the islands.")
        })
        .collect();
    for kind in ["whatsapp", "instagram", "telegram", "api"] {
        let (vendor, channel) = quick_channel(&server, kind).await;
        channel
            .tenant
            .teach("Do you deliver to the islands?", &sentences.join(" "))
            .await;
        vendor.person(1).says("Do you deliver to the islands?").await;
        channel
            .thread_until(|thread| {
                thread.len() == 2 && matches!(thread[1]["delivery"]["status"].as_str(), Some("sent" | "read"))
            })
            .await;
        let said = vendor.record().messages();
        assert!(kind == "api" || said.len() > 1, "{kind}: {}", said.len());
        let whole: Vec<_> = said.iter().map(|piece| piece.text.trim().to_owned()).collect();
        assert!(
            whole.join(" ").contains(&sentences.join(" ")),
            "{kind}: {whole:#?}"
        );
        assert_eq!(vendor.record().doubled(), []);
    }
}

#[tokio::test]
async fn what_a_vendor_does_not_give_out_is_shown_as_such() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = answered_once(&server, "whatsapp").await;
    let Person::Whatsapp(ana) = vendor.person(1) else {
        unreachable!()
    };
    ana.sends_unsupported().await;
    let thread = channel.thread_until(|thread| thread.len() >= 3).await;
    assert_eq!(thread[2]["extras"]["is_unsupported"], true);
    // another kind of file than we take: the agent is told, the message is there
    let program = File::new(
        "setup.exe",
        "application/x-msdownload",
        vec![b'M', b'Z', 0, 0, 1, 2],
    );
    Person::Whatsapp(ana)
        .sends_file(program, Some("Is this yours?"))
        .await;
    let thread = channel
        .thread_until(|thread| thread.iter().any(|message| message["text"] == "Is this yours?"))
        .await;
    let with_file = thread
        .iter()
        .find(|message| message["text"] == "Is this yours?")
        .expect("it was there");
    assert!(
        with_file["attachment"].is_null() && with_file["extras"]["missing_file"].is_string(),
        "{with_file:#}"
    );
}

#[tokio::test]
async fn a_person_who_types_in_the_inbox_is_seen_typing_at_the_vendors() {
    require_runtime!();
    let server = open_server().await;
    for kind in ["whatsapp", "messenger", "instagram", "telegram", "crisp"] {
        println!("{kind}");
        let (vendor, channel) = answered_once(&server, kind).await;
        let person = vendor.person(1);
        let shows = |entry: &&Entry| entry.kind == Kind::Typing && entry.text != "stop";
        let count = async |count: usize| {
            let is_typing = vendor
                .record()
                .wait_until(|all| all.iter().filter(shows).count() >= count);
            let waited = tokio::time::timeout(std::time::Duration::from_secs(30), is_typing).await;
            waited.unwrap_or_else(|_| panic!("{kind}: {:#?}", vendor.record().all()));
        };
        // the bot was first; from here on it is silent
        count(1).await;
        channel.reply("Robin here.").await;
        person.says(OTHER_QUESTION).await;
        channel.thread_until(|thread| thread.len() == 4).await;
        let path = format!("/api/v1/conversations/{}/typing", channel.conversation().await);
        for _ in 0..3 {
            channel.tenant.api.post(&path).json(&json!({})).expect(204).await;
        }
        count(2).await;
        channel.reply("You are welcome.").await;
        vendor.said(3).await;
        let all = vendor.record().all();
        let shown: Vec<&Entry> = all.iter().filter(shows).collect();
        assert_eq!(shown.len(), 2, "{kind}: {shown:#?}");
        assert_eq!(Some(&shown[1].recipient), person.address().as_ref(), "{kind}");
    }
}
