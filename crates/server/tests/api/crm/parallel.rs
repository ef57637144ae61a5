//! All at once on one workspace: merges and what takes them back, another currency, erasure, moves of deals, orders from files.
//! Whatever crosses, each call ends with an answer that somebody can use, and afterwards everything fits together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};
use testkit::{Method, Tenant, require_runtime};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::histories::{CURRENCIES, seeds};
use super::recount;
use super::sales::{DEALS, Dice, ORDERS};
use super::{client, id, writer};
use crate::quick_tenant;
use crate::support::server;

const CLIENTS: &str = "/api/v1/crm/clients";
const STAGES: [&str; 4] = ["prospecting", "proposal", "closed_won", "closed_lost"];
const SIDES: u64 = 8;
const CALLS: usize = 50;

/// What all sides know from the beginning.
struct Shop {
    tenant: Tenant,
    clients: Vec<String>,
    contacts: Vec<String>,
    conversations: Vec<Uuid>,
    deals: Vec<String>,
    /// When these came into their first columns.
    begun: BTreeMap<String, BTreeSet<String>>,
}

/// One of those who work at the same time.
struct Side {
    shop: Arc<Shop>,
    dice: Dice,
    orders: Vec<String>,
    told: Vec<String>,
    busy: usize,
    /// By deal: when it came into each column.
    moves: BTreeMap<String, BTreeSet<String>>,
}

impl Side {
    /// The body of an answer that says that it was done.
    async fn call(&mut self, method: Method, path: &str, body: Value) -> Option<Value> {
        let call = self.shop.tenant.api.call(method.clone(), path).json(&body);
        let answer = call.send().await;
        self.told
            .push(format!("{method} {path} {body} -> {}", answer.status));
        let is_busy =
            answer.status == 503 && answer.json()["code"] == "busy" && answer.header("retry-after").is_some();
        self.busy += usize::from(is_busy);
        assert!(
            answer.status < 500 || is_busy,
            "{}\n{}",
            self.told.join("\n"),
            answer.text()
        );
        (answer.status < 300).then(|| answer.json())
    }

    async fn post(&mut self, path: &str, body: Value) -> Option<Value> {
        self.call(Method::POST, path, body).await
    }

    fn some(&mut self, of: fn(&Shop) -> &[String]) -> String {
        let shop = Arc::clone(&self.shop);
        self.dice.one_of(of(&shop)).clone()
    }

    fn client(&mut self) -> String {
        self.some(|shop| &shop.clients)
    }

    async fn step(&mut self) {
        match self.dice.roll(24) {
            0..=3 => self.merge().await,
            4..=7 => self.undo().await,
            8 => {
                let body = json!({"currency": self.dice.one_of(&CURRENCIES)});
                self.call(Method::PATCH, "/api/v1/crm/settings", body).await;
            }
            9 => self.erase().await,
            10..=13 => self.move_deal().await,
            14 => {
                let body = json!({"client_id": self.client(), "deal_value": self.dice.amount()});
                let path = format!("{DEALS}/{}", self.some(|shop| &shop.deals));
                self.call(Method::PATCH, &path, body).await;
            }
            15 => {
                let body = json!({"client_id": self.client(), "name": "Oak"});
                let made = self.post(DEALS, body).await;
                self.saw_deal(made);
            }
            16..=18 => self.import().await,
            19 | 20 => self.order().await,
            21 => self.lead().await,
            22 => self.write().await,
            _ => {
                let (one, other) = (self.client(), self.client());
                let body =
                    json!({"ids": [one, other], "change": {"add_tags": ["VIP"], "lifecycle_stage": "mql"}});
                self.post(&format!("{CLIENTS}/bulk"), body).await;
            }
        }
    }

    async fn merge(&mut self) {
        if self.dice.roll(3) == 0 {
            let (kept, merged) = (self.some(|shop| &shop.contacts), self.some(|shop| &shop.contacts));
            let path = format!("/api/v1/contacts/{kept}/merge/{merged}");
            self.post(&path, Value::Null).await;
            return;
        }
        let path = format!("{CLIENTS}/{}/merge", self.client());
        let body = json!({"merged_id": self.client()});
        self.post(&path, body).await;
    }

    async fn undo(&mut self) {
        let path = format!("{CLIENTS}/{}/merges", self.client());
        let list = self.call(Method::GET, &path, Value::Null).await;
        let merges: Vec<Value> = list.map_or(Vec::new(), |list| {
            list["items"].as_array().expect("merges").clone()
        });
        if !merges.is_empty() {
            let merge = id(self.dice.one_of(&merges));
            self.post(&format!("{path}/{merge}/undo"), Value::Null).await;
        }
    }

    /// Few enough that there is something left to work on.
    async fn erase(&mut self) {
        let path = match self.dice.roll(3) {
            0 => format!("/api/v1/contacts/{}", self.some(|shop| &shop.contacts)),
            1 => format!("{CLIENTS}/{}", self.client()),
            _ => return,
        };
        self.call(Method::DELETE, &path, Value::Null).await;
    }

    fn saw_deal(&mut self, deal: Option<Value>) {
        if let Some(deal) = deal {
            let at = deal["stage_changed_at"].as_str().expect("a time").to_owned();
            self.moves.entry(id(&deal)).or_default().insert(at);
        }
    }

    async fn move_deal(&mut self) {
        let deal = self.some(|shop| &shop.deals);
        let body = json!({"stage": self.dice.one_of(&STAGES), "lost_reason": "Time"});
        let moved = self.post(&format!("{DEALS}/{deal}/move"), body).await;
        self.saw_deal(moved);
    }

    /// Of buyers and under numbers that others bring as well.
    async fn import(&mut self) {
        let mut csv = String::from("ecommerce_order_id,email,currency,total\n");
        for _ in 0..5 {
            let (number, buyer) = (self.dice.roll(40), self.dice.roll(6));
            let (currency, total) = (self.dice.one_of(&CURRENCIES), self.dice.amount());
            csv += &format!("s{number},b{buyer}@buyer.example,{currency},{total}\n");
        }
        self.post(&format!("{ORDERS}/import"), json!({"csv": csv})).await;
    }

    async fn order(&mut self) {
        let client = self.client();
        if self.orders.is_empty() || self.dice.roll(2) == 0 {
            let body = json!({"client_id": client, "total": self.dice.amount()});
            let made = self.post(ORDERS, body).await;
            self.orders.extend(made.as_ref().map(id));
            return;
        }
        let path = format!("{ORDERS}/{}", self.dice.one_of(&self.orders).clone());
        let body = match self.dice.roll(3) {
            0 => json!({"client_id": client}),
            1 => json!({"status": "cancelled"}),
            _ => json!({"subtotal": self.dice.amount(), "status": "processing"}),
        };
        self.call(Method::PATCH, &path, body).await;
    }

    async fn lead(&mut self) {
        let shop = Arc::clone(&self.shop);
        let conversation = self.dice.one_of(&shop.conversations);
        let body =
            json!({"conversation_id": conversation, "intent": "quote", "contact_info": {"name": "Kim"}});
        let Some(lead) = self.post("/api/v1/leads", body).await else {
            return;
        };
        let path = format!("/api/v1/leads/{}/convert", id(&lead));
        self.post(&path, json!({"create_deal": {"name": "Quote"}})).await;
    }

    async fn write(&mut self) {
        let body = json!({"client_id": self.client(), "activity_type": "call", "subject": "Ring", "status": "completed"});
        self.post("/api/v1/crm/activities", body).await;
        let body = json!({"client_id": self.client(), "content": "Look."});
        self.post("/api/v1/crm/notes", body).await;
    }
}

async fn open_shop(tenant: Tenant) -> Shop {
    let mut shop = Shop {
        clients: Vec::new(),
        contacts: Vec::new(),
        conversations: Vec::new(),
        deals: Vec::new(),
        begun: BTreeMap::new(),
        tenant,
    };
    for number in 0..10 {
        let (visitor, contact, writes) = writer(&shop.tenant, &format!("Hello {number}")).await;
        let body = json!({"name": format!("C{number}"), "email": format!("b{}@buyer.example", number % 6)});
        let bought = id(&client(&shop.tenant, body).await);
        shop.contacts.push(contact);
        shop.conversations.push(visitor.conversation_id);
        for client in [writes, bought] {
            let body = json!({"client_id": client, "name": "Chairs"});
            let deal = shop.tenant.api.post(DEALS).json(&body).expect(201).await;
            let at = deal["stage_changed_at"].as_str().expect("a time").to_owned();
            shop.begun.insert(id(&deal), BTreeSet::from([at]));
            shop.deals.push(id(&deal));
            shop.clients.push(client);
        }
    }
    shop
}

/// What belongs to somebody belongs to one who is there and is no part of another.
fn check_owners(rows: &Value, told: &[String]) {
    let clients = rows["clients"].as_array().expect("clients").iter();
    let whole: BTreeSet<&str> = clients
        .filter(|client| client["merged_into"].is_null())
        .filter_map(|client| client["id"].as_str())
        .collect();
    for what in ["orders", "deals", "notes", "activities"] {
        for row in rows[what].as_array().expect("rows") {
            let owner = row["client_id"].as_str().unwrap_or_default();
            assert!(whole.contains(owner), "{what}: {row}\n{}", told.join("\n"));
        }
    }
}

/// Each column that a deal came into is written down once, and each follows from the one before.
async fn check_history(tenant: &Tenant, deal: &Value, moves: &BTreeMap<String, BTreeSet<String>>) {
    let path = format!("{DEALS}/{}", id(deal));
    let now = tenant.api.get(&path).expect(200).await;
    let history = tenant.api.get(&format!("{path}/history")).expect(200).await;
    let (mut at, mut count) = (Value::Null, 0);
    for entry in history["items"].as_array().expect("a history") {
        assert_eq!(entry["from_stage"], at, "{history:#}");
        at = entry["to_stage"].clone();
        count += 1;
    }
    assert_eq!(at, now["stage"], "{history:#}\n{now:#}");
    if let Some(seen) = moves.get(&id(deal)) {
        assert_eq!(count, seen.len(), "{history:#}\n{seen:?}");
    }
}

#[tokio::test]
async fn whoever_changes_the_same_at_the_same_moment_is_answered_and_everything_fits_together() {
    require_runtime!();
    let server = server().start().await;
    let mut owner = server.owner().await;
    for seed in seeds(&[0x5EED_0201]) {
        let shop = Arc::new(open_shop(quick_tenant(&server).await).await);
        let mut sides = JoinSet::new();
        for number in 0..SIDES {
            let mut side = Side {
                shop: Arc::clone(&shop),
                dice: Dice(seed ^ ((number + 1) << 40)),
                orders: Vec::new(),
                told: vec![format!("seed {seed}, side {number}")],
                busy: 0,
                moves: BTreeMap::new(),
            };
            sides.spawn(async move {
                for _ in 0..CALLS {
                    side.step().await;
                }
                side
            });
        }
        let (mut told, mut busy) = (Vec::new(), 0);
        let mut moves = shop.begun.clone();
        for side in sides.join_all().await {
            busy += side.busy;
            told.extend(side.told);
            for (deal, times) in side.moves {
                moves.entry(deal).or_default().extend(times);
            }
        }
        let rows = recount::rows(&mut owner, &shop.tenant).await;
        recount::check(&rows, &told);
        check_owners(&rows, &told);
        for deal in rows["deals"].as_array().expect("deals") {
            check_history(&shop.tenant, deal, &moves).await;
        }
        let done = told.iter().filter(|line| line.contains("-> 2")).count();
        assert!(
            done > told.len() / 3,
            "{done} of {} were done\n{}",
            told.len(),
            told.join("\n")
        );
        assert!(
            busy <= told.len() / 20,
            "{busy} of {}\n{}",
            told.len(),
            told.join("\n")
        );
    }
}
