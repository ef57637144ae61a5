//! The recorded calls of WhatsApp, Messenger and Instagram, taken apart and read.

use connectors::Event;
use serde_json::{Value, json};

use crate::samples::{VENDORS, Vendor, request};

fn is_metas(vendor: &&Vendor) -> bool {
    matches!(vendor.kind, "whatsapp" | "messenger" | "instagram")
}

impl Vendor {
    fn events(&self, body: &[u8]) -> Vec<connectors::RawEvent> {
        let account = (self.account)();
        let headers = (self.headers)(&account, body);
        let request = request(&headers, body);
        self.connector()
            .receive(&account, &request)
            .expect("it is signed")
            .events
    }

    fn read(&self, body: &str) -> Result<Event, String> {
        self.connector().read(&(self.account)(), body)
    }
}

#[test]
fn recorded_calls_are_read() {
    for vendor in VENDORS.iter().filter(is_metas) {
        for (name, body) in vendor.fixtures() {
            let told: Vec<Value> = vendor
                .events(&body)
                .into_iter()
                .map(|mut event| {
                    let read = vendor.read(&std::mem::take(&mut event.body));
                    let mut told = json!({"raw": event, "read": read});
                    told["raw"].as_object_mut().expect("an object").remove("body");
                    told
                })
                .collect();
            let accounts = vendor.connector().accounts_in(&body);
            insta::assert_json_snapshot!(
                format!("{}_{name}", vendor.kind),
                json!({"accounts": accounts, "events": told})
            );
        }
    }
}

#[test]
fn each_event_of_a_call_is_a_call_of_the_same_form() {
    for vendor in VENDORS.iter().filter(is_metas) {
        for (name, body) in vendor.fixtures() {
            for event in vendor.events(&body) {
                let again = vendor.events(event.body.as_bytes());
                assert_eq!(again, [event], "{}/{name}", vendor.kind);
            }
        }
    }
}

#[test]
fn reacting_twice_is_two_events_and_one_event_twice_is_one() {
    let messenger = VENDORS
        .iter()
        .find(|vendor| vendor.kind == "messenger")
        .expect("there");
    let reaction = |at: i64, action: &str| {
        let event = json!({"sender": {"id": "7"}, "recipient": {"id": "200000000000001"}, "timestamp": at,
            "reaction": {"mid": "m_1", "action": action, "emoji": "x"}});
        let body = json!({"object": "page", "entry": [{"id": "200000000000001", "messaging": [event]}]});
        messenger.events(body.to_string().as_bytes()).remove(0).id
    };
    assert_eq!(reaction(1, "react"), reaction(1, "react"));
    let ids = [reaction(1, "react"), reaction(2, "unreact"), reaction(3, "react")];
    let different: std::collections::BTreeSet<&String> = ids.iter().collect();
    assert_eq!(different.len(), 3);
}

#[test]
fn with_the_apps_id_it_is_known_who_has_the_conversation() {
    let messenger = VENDORS
        .iter()
        .find(|vendor| vendor.kind == "messenger")
        .expect("there");
    let mut account = (messenger.account)();
    account.values.insert("app_id".into(), "1".into());
    let pass = |owner: &str| {
        let event = json!({"sender": {"id": "7"}, "recipient": {"id": "200000000000001"}, "timestamp": 1,
            "pass_thread_control": {"new_owner_app_id": owner}});
        let body = json!({"object": "page", "entry": [{"id": "200000000000001", "messaging": [event]}]});
        let event = messenger
            .connector()
            .read(&account, &body.to_string())
            .expect("it can be read");
        serde_json::to_value(event).expect("JSON")["to"].clone()
    };
    assert_eq!((pass("1"), pass("2")), (json!("bot"), json!("person")));
}
