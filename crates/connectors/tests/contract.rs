//! What holds for every vendor: nothing unproven comes in, nothing that comes in breaks anything, the same event has the
//! same id, and no secret comes out.

mod samples;

use std::collections::BTreeSet;

use connectors::inbound::{Media, MediaKind, Reception, Refused};
use connectors::outbound::{Part, Piece};
use connectors::{Account, Event, FieldKind, Http, SendError};
use kernel::outbound::Outbound;
use samples::{CANARY, VENDORS, Vendor, request};
use serde_json::{Value, json};

impl Vendor {
    fn receive(&self, account: &Account, body: &[u8]) -> Result<Reception, Refused> {
        let headers = (self.headers)(account, body);
        self.connector().receive(account, &request(&headers, body))
    }

    /// Everything that can be done with a call that is signed.
    fn take_in(&self, body: &[u8]) {
        let account = (self.account)();
        self.connector().accounts_in(body);
        let reception = match self.receive(&account, body) {
            Err(_) if self.refuses_others => return,
            received => received.expect("it is signed"),
        };
        for event in reception.events {
            let _ = self.connector().read(&account, &event.body);
        }
    }
}

#[test]
fn every_vendor_has_samples_here() {
    let known: BTreeSet<&str> = VENDORS.iter().map(|vendor| vendor.kind).collect();
    let all: BTreeSet<&str> = connectors::all()
        .iter()
        .map(|connector| connector.kind())
        .collect();
    assert_eq!(known, all);
}

#[test]
fn every_form_is_complete_in_both_languages() {
    for connector in connectors::all() {
        let about = connector.about();
        let form = &about.form;
        let keys: Vec<&str> = form.fields.iter().map(|field| field.key).collect();
        let different: BTreeSet<&&str> = keys.iter().collect();
        assert_eq!(different.len(), keys.len(), "{}: a key stands twice", about.name);
        assert!(form.account_field.is_none_or(|field| keys.contains(&field)));
        let labels = form.fields.iter().flat_map(|field| [field.label, field.help]);
        for text in form
            .steps
            .iter()
            .map(|step| step.text)
            .chain(labels)
            .chain([about.summary])
        {
            assert!(
                !text.en.is_empty() && !text.fr.is_empty(),
                "{}: {text:?}",
                about.name
            );
            for mark in ["{{webhook_url}}", "{{verify_token}}"] {
                assert_eq!(text.en.contains(mark), text.fr.contains(mark), "{text:?}");
            }
        }
        for chosen in form.steps.iter().filter_map(|step| step.only_with) {
            let field = form.fields.iter().find(|field| field.key == chosen.field);
            let is_offered = field.is_some_and(|field| match field.kind {
                FieldKind::Choice { options } => options.iter().any(|option| option.value == chosen.value),
                _ => false,
            });
            assert!(is_offered, "{}: {chosen:?}", about.name);
        }
        let told = |mark| form.steps.iter().any(|step| step.text.en.contains(mark));
        assert!(
            !form.has_verify_token || told("{{verify_token}}"),
            "{}",
            about.name
        );
    }
}

#[test]
fn a_call_is_refused_unless_it_is_proven() {
    for vendor in VENDORS {
        let account = (vendor.account)();
        for (name, body) in vendor.fixtures() {
            let headers = (vendor.headers)(&account, &body);
            let receive = |account: &Account, headers: &[(String, String)], body: &[u8]| {
                vendor.connector().receive(account, &request(headers, body))
            };
            assert!(
                receive(&account, &headers, &body).is_ok(),
                "{}/{name}",
                vendor.kind
            );
            assert!(receive(&account, &[], &body).is_err(), "{}/{name}", vendor.kind);

            let twice = [headers.clone(), headers.clone()].concat();
            assert!(
                receive(&account, &twice, &body).is_err(),
                "{}: twice",
                vendor.kind
            );
            for secret in ["", " ", "another secret"] {
                let other = vendor.with_secret(&account, Some(secret));
                assert!(
                    receive(&other, &headers, &body).is_err(),
                    "{}: `{secret}`",
                    vendor.kind
                );
            }
            let without = vendor.with_secret(&account, None);
            assert!(
                receive(&without, &headers, &body).is_err(),
                "{}: no secret",
                vendor.kind
            );
            let as_if_empty = (vendor.headers)(&without, &body);
            assert!(
                receive(&without, &as_if_empty, &body).is_err(),
                "{}: empty",
                vendor.kind
            );
        }
    }
}

#[test]
fn nobody_is_told_that_the_address_is_ours_without_the_verify_token() {
    let query = |token: &str| {
        let asked = [
            ("hub.mode", "subscribe"),
            ("hub.challenge", "1158201444"),
            ("hub.verify_token", token),
        ];
        asked.map(|(key, value)| (key.to_owned(), value.to_owned()))
    };
    for vendor in VENDORS {
        let account = (vendor.account)();
        let nameless = Account {
            verify_token: String::new(),
            ..account.clone()
        };
        for (account, token) in [(&account, "another"), (&account, ""), (&nameless, "")] {
            let query = query(token);
            let request = connectors::Request {
                query: &query,
                ..request(&[], b"")
            };
            let answer = vendor.connector().challenge(account, &request);
            assert!(answer.is_none_or(|answer| answer.is_err()), "{}", vendor.kind);
        }
    }
}

#[test]
fn a_changed_bit_in_a_signed_body_is_noticed() {
    for vendor in VENDORS.iter().filter(|vendor| vendor.signs_body) {
        let account = (vendor.account)();
        for (name, body) in vendor.fixtures() {
            let headers = (vendor.headers)(&account, &body);
            for at in (0..body.len()).step_by(97) {
                let mut changed = body.clone();
                changed[at] ^= 1;
                let outcome = vendor.connector().receive(&account, &request(&headers, &changed));
                assert!(outcome.is_err(), "{}/{name}: byte {at}", vendor.kind);
            }
        }
    }
}

#[test]
fn a_call_that_breaks_off_or_is_none_breaks_nothing() {
    for vendor in VENDORS {
        for strange in [
            "",
            "null",
            "[]",
            "7",
            "{}",
            "\"x\"",
            "{\"object\":7,\"entry\":[7,null,{}]}",
        ] {
            vendor.take_in(strange.as_bytes());
        }
        vendor.take_in(b"\xff\xfe{\x00");
        vendor.take_in("[".repeat(100_000).as_bytes());
        for (_, body) in vendor.fixtures() {
            for end in (0..body.len()).step_by(61) {
                vendor.take_in(&body[..end]);
            }
        }
    }
}

#[test]
fn a_value_of_another_type_anywhere_breaks_nothing() {
    let others = [
        json!(null),
        json!(-7.5),
        json!("\u{1F600}~/"),
        json!([{}]),
        json!({"id": {}}),
    ];
    for vendor in VENDORS {
        for (_, body) in vendor.fixtures() {
            let whole: Value = serde_json::from_slice(&body).expect("a fixture is JSON");
            let mut paths = Vec::new();
            collect_paths(&whole, String::new(), &mut paths);
            for (index, path) in paths.into_iter().enumerate() {
                for other in [&others[index % others.len()], &others[(index + 2) % others.len()]] {
                    let mut changed = whole.clone();
                    *changed.pointer_mut(&path).expect("the path leads somewhere") = other.clone();
                    vendor.take_in(changed.to_string().as_bytes());
                }
            }
        }
    }
}

fn collect_paths(value: &Value, path: String, paths: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                collect_paths(value, format!("{path}/{key}"), paths);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                collect_paths(value, format!("{path}/{index}"), paths);
            }
        }
        _ => {}
    }
    paths.push(path);
}

#[test]
fn the_same_event_has_the_same_id_and_another_one_has_another() {
    for vendor in VENDORS {
        let account = (vendor.account)();
        let mut seen = std::collections::BTreeMap::new();
        for (name, body) in vendor.fixtures() {
            let first = vendor.receive(&account, &body).expect("it is signed");
            let again = vendor.receive(&account, &body).expect("it is signed");
            assert_eq!(first, again, "{}/{name}", vendor.kind);
            for event in first.events {
                assert!(!event.id.is_empty());
                let key = (event.account_id.clone(), event.id.clone());
                let before = seen.insert(key, event.body.clone());
                assert!(
                    !vendor.is_one_history || before.is_none_or(|body| body == event.body),
                    "{}/{name}: {}",
                    vendor.kind,
                    event.id
                );
            }
        }
    }
}

#[test]
fn a_body_that_nobody_can_read_is_kept_as_it_came() {
    for vendor in VENDORS {
        let reception = vendor
            .receive(&(vendor.account)(), b"hello { there")
            .expect("it is signed");
        let [event] = reception.events.as_slice() else {
            panic!("{}: {:?}", vendor.kind, reception.events)
        };
        assert_eq!((event.kind, event.body.as_str()), ("other", "hello { there"));
        let read = vendor.connector().read(&(vendor.account)(), &event.body);
        assert!(
            matches!(read, Err(_) | Ok(Event::Unknown { .. })),
            "{}: {read:?}",
            vendor.kind
        );
    }
}

#[tokio::test]
async fn no_secret_is_told() {
    let http = Http::new(Outbound::new("127.0.0.1:9".parse().expect("an address")).expect("a client"));
    for vendor in VENDORS {
        let (account, connector) = ((vendor.account)(), vendor.connector());
        let is_secret = |field: &&connectors::Field| field.kind == FieldKind::Secret;
        for field in connector.about().form.fields.iter().filter(is_secret) {
            assert!(
                !field.is_required || account.value(field.key).contains(CANARY),
                "{}",
                field.key
            );
        }
        let part = Part::Text {
            text: "Hello".into(),
            choices: Vec::new(),
        };
        let sent = connector
            .send(&http, &account, &piece(vendor.thread, &part))
            .await;
        assert!(
            matches!(sent, Err(SendError::Later { .. })),
            "{}: {sent:?}",
            vendor.kind
        );
        let media = Media {
            kind: MediaKind::Image,
            source: format!("{}/file", samples::NOBODY),
            mime_type: None,
            file_name: None,
            size: None,
        };
        let told = format!(
            "{account:?} {sent:?} {:?} {:?} {:?}",
            connector
                .check(&http, &account)
                .await
                .expect_err("nobody is there"),
            connector
                .fetch(&http, &account, &media, 10 * 1024 * 1024)
                .await
                .expect_err("nobody is there"),
            connector.read(&account, "{}"),
        );
        assert!(!told.contains(CANARY), "{told}");
    }
}

fn piece<'a>(thread: &'a str, part: &'a Part) -> Piece<'a> {
    Piece {
        delivery_id: "msg-42",
        thread,
        part,
        bytes: b"",
        link: "",
        reply_to: None,
        is_human: false,
        sender_name: None,
        is_outside_window: false,
    }
}
