//! Whatever happens to clients, deals and orders, in whatever order: nothing is lost, and every figure is what a plain recount
//! of the rows says. Dice make the histories; `CRM_SEED` tries others than those of every run.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sqlx::PgConnection;
use testkit::{Answer, Method, Server, Tenant, require_runtime};

use super::recount;
use super::sales::{DEALS, Dice, ORDERS};
use super::{id, writer};
use crate::quick_tenant;
use crate::support::server;

const CLIENTS: &str = "/api/v1/crm/clients";
pub const CURRENCIES: [&str; 3] = ["EUR", "USD", "CHF"];
const STATUSES: [&str; 6] = [
    "pending",
    "processing",
    "shipped",
    "delivered",
    "cancelled",
    "refunded",
];
const STAGES: [&str; 6] = [
    "prospecting",
    "qualification",
    "proposal",
    "negotiation",
    "closed_won",
    "closed_lost",
];
const LIFECYCLE: [&str; 7] = [
    "lead",
    "mql",
    "sql",
    "opportunity",
    "customer",
    "evangelist",
    "churned",
];
/// Long ago, today, and not for long.
const YEARS: [&str; 3] = ["2020", "", "2099"];

/// The seeds of this run.
pub fn seeds(usual: &[u64]) -> Vec<u64> {
    let given = std::env::var("CRM_SEED").ok().and_then(|seed| seed.parse().ok());
    given.map_or_else(|| usual.to_vec(), |seed| vec![seed])
}

/// A business, and what it was told to do so far.
struct World {
    tenant: Tenant,
    dice: Dice,
    clients: Vec<String>,
    contacts: Vec<String>,
    /// As they were last seen: whose, amount, currency and status.
    orders: BTreeMap<String, Value>,
    /// Columns that they were seen in, one after the other.
    deals: BTreeMap<String, Vec<Value>>,
    notes: BTreeSet<String>,
    told: Vec<String>,
}

impl World {
    async fn begin(server: &Server, seed: u64) -> Self {
        let tenant = quick_tenant(server).await;
        let mut world = Self {
            tenant,
            dice: Dice(seed),
            clients: Vec::new(),
            contacts: Vec::new(),
            orders: BTreeMap::new(),
            deals: BTreeMap::new(),
            notes: BTreeSet::new(),
            told: vec![format!("seed {seed}")],
        };
        for number in 0..3 {
            let (_, contact, client) = writer(&world.tenant, &format!("Hello {number}")).await;
            world.contacts.push(contact);
            world.clients.push(client);
        }
        world
    }

    async fn call(&mut self, method: Method, path: &str, body: Value) -> Answer {
        let answer = self
            .tenant
            .api
            .call(method.clone(), path)
            .json(&body)
            .send()
            .await;
        self.told
            .push(format!("{method} {path} {body} -> {}", answer.status));
        assert!(answer.status < 500, "{}\n{}", self.told.join("\n"), answer.text());
        answer
    }

    fn some<T: Clone>(&mut self, of: &[T]) -> T {
        self.dice.one_of(of).clone()
    }

    fn date(&mut self) -> Value {
        match self.some(&YEARS) {
            "" => Value::Null,
            year => json!(format!("{year}-03-0{}", 1 + self.dice.roll(9))),
        }
    }

    fn order(&mut self) -> Value {
        let client = self.some(&self.clients.clone());
        let mut body = json!({"currency": self.dice.one_of(&CURRENCIES), "status": self.dice.one_of(&STATUSES),
            "total": self.dice.amount()});
        if self.dice.roll(4) == 0 {
            body["client"] = json!({"email": format!("b{}@buyer.example", self.dice.roll(4))});
        } else {
            body["client_id"] = json!(client);
        }
        if let Some(day) = self.date().as_str() {
            body["order_date"] = json!(format!("{day}T10:00:00Z"));
        }
        body
    }

    fn saw_order(&mut self, order: &Value) {
        self.orders.insert(id(order), order.clone());
        let client = order["client_id"].as_str().expect("a client").to_owned();
        if !self.clients.contains(&client) {
            self.clients.push(client);
        }
    }

    /// Something that people do to a business.
    async fn step(&mut self, owner: &mut PgConnection) {
        match self.dice.roll(20) {
            0 | 1 => self.make_client().await,
            2..=5 => {
                let body = self.order();
                let made = self.call(Method::POST, ORDERS, body).await.expect(201);
                self.saw_order(&made);
            }
            6 | 7 => self.change_order().await,
            8 => self.import_orders().await,
            9 | 10 => self.make_deal().await,
            11 | 12 => self.move_deal().await,
            13..=15 => self.merge().await,
            16 | 17 => self.undo().await,
            18 => {
                let body = json!({"currency": self.dice.one_of(&CURRENCIES)});
                self.call(Method::PATCH, "/api/v1/crm/settings", body)
                    .await
                    .expect(200);
            }
            _ => self.something_else(owner).await,
        }
    }

    async fn make_client(&mut self) {
        let number = self.dice.roll(1_000);
        let body = json!({"name": format!("C{number}"), "lifecycle_stage": self.dice.one_of(&LIFECYCLE),
            "email": format!("c{}@x.example", number % 7)});
        let made = self.call(Method::POST, CLIENTS, body).await.expect(201);
        self.clients.push(id(&made));
        let note = json!({"client_id": id(&made), "content": "Look."});
        let note = self
            .call(Method::POST, "/api/v1/crm/notes", note)
            .await
            .expect(201);
        self.notes.insert(id(&note));
    }

    async fn change_order(&mut self) {
        let known: Vec<String> = self.orders.keys().cloned().collect();
        if known.is_empty() {
            return;
        }
        let path = format!("{ORDERS}/{}", self.some(&known));
        if self.dice.roll(5) == 0 {
            self.call(Method::DELETE, &path, Value::Null).await.expect(204);
            let gone = path.rsplit('/').next().unwrap_or_default().to_owned();
            self.orders.remove(&gone);
            return;
        }
        let body = match self.dice.roll(4) {
            0 => json!({"client_id": self.some(&self.clients.clone())}),
            1 => json!({"currency": self.dice.one_of(&CURRENCIES)}),
            2 => json!({"status": self.dice.one_of(&STATUSES)}),
            _ => json!({"subtotal": self.dice.amount()}),
        };
        let changed = self.call(Method::PATCH, &path, body).await.expect(200);
        self.saw_order(&changed);
    }

    /// Two that may be known and one that is not, from a shop.
    async fn import_orders(&mut self) {
        let mut csv = String::from("ecommerce_order_id,order_number,email,currency,status,total\n");
        for _ in 0..3 {
            let (number, buyer) = (self.dice.roll(8), self.dice.roll(4));
            csv += &format!(
                "s{number},S{number},b{buyer}@buyer.example,{},{},{}\n",
                self.dice.one_of(&CURRENCIES),
                self.dice.one_of(&STATUSES),
                self.dice.amount()
            );
        }
        let body = json!({"csv": csv, "dry_run": self.dice.roll(4) == 0});
        self.call(Method::POST, &format!("{ORDERS}/import"), body)
            .await
            .expect(200);
        for number in 0..8 {
            let path = format!("{ORDERS}?q=S{number}");
            let found = self.tenant.api.get(&path).expect(200).await;
            for order in found["items"].as_array().expect("orders") {
                self.saw_order(order);
            }
        }
    }

    async fn make_deal(&mut self) {
        let stage = self.some(&STAGES);
        let body = json!({"client_id": self.some(&self.clients.clone()), "name": "Chairs", "stage": stage,
            "lost_reason": "Price", "deal_value": self.dice.amount(), "currency": self.dice.one_of(&CURRENCIES),
            "probability": self.dice.roll(101), "actual_close_date": self.date()});
        let made = self.call(Method::POST, DEALS, body).await.expect(201);
        self.deals.insert(id(&made), vec![made]);
        let due = self.date().as_str().map(|day| format!("{day}T10:00:00Z"));
        let body = json!({"client_id": self.some(&self.clients.clone()), "activity_type": "call", "subject": "Ring",
            "due_date": due, "status": self.dice.one_of(&["pending", "completed"])});
        self.call(Method::POST, "/api/v1/crm/activities", body)
            .await
            .expect(201);
    }

    async fn move_deal(&mut self) {
        let known: Vec<String> = self.deals.keys().cloned().collect();
        if known.is_empty() {
            return;
        }
        let deal = self.some(&known);
        let path = format!("{DEALS}/{deal}");
        match self.dice.roll(8) {
            0 => {
                self.call(Method::DELETE, &path, Value::Null).await.expect(204);
                self.deals.remove(&deal);
            }
            1 => {
                let body = json!({"deal_value": self.dice.amount(), "client_id": self.some(&self.clients.clone()),
                    "currency": self.dice.one_of(&CURRENCIES)});
                self.call(Method::PATCH, &path, body).await.expect(200);
            }
            _ => {
                let stage = self.some(&STAGES);
                let body = json!({"stage": stage, "lost_reason": "Time"});
                let moved = self
                    .call(Method::POST, &format!("{path}/move"), body)
                    .await
                    .expect(200);
                let seen = self.deals.get_mut(&deal).expect("a deal that was made");
                if seen.last().expect("where it began")["pipeline_stage_id"] != moved["pipeline_stage_id"] {
                    seen.push(moved);
                }
            }
        }
    }

    async fn merge(&mut self) {
        let (kept, merged) = (self.some(&self.clients.clone()), self.some(&self.clients.clone()));
        if self.dice.roll(4) == 0 {
            let (kept, merged) = (
                self.some(&self.contacts.clone()),
                self.some(&self.contacts.clone()),
            );
            let path = format!("/api/v1/contacts/{kept}/merge/{merged}");
            self.call(Method::POST, &path, Value::Null).await;
            return;
        }
        let path = format!("{CLIENTS}/{kept}/merge");
        self.call(Method::POST, &path, json!({"merged_id": merged})).await;
    }

    /// Any that can be undone, not only the last one.
    async fn undo(&mut self) {
        let mut all = Vec::new();
        for client in &self.clients {
            let path = format!("{CLIENTS}/{client}/merges");
            let list = self.tenant.api.get(&path).expect(200).await;
            for merge in list["items"].as_array().expect("merges") {
                all.push(format!("{path}/{}/undo", id(merge)));
            }
        }
        if !all.is_empty() {
            let path = self.some(&all);
            let answer = self.call(Method::POST, &path, Value::Null).await;
            assert!([200, 409].contains(&answer.status), "{}", self.told.join("\n"));
        }
    }

    async fn something_else(&mut self, owner: &mut PgConnection) {
        let client = self.some(&self.clients.clone());
        let path = format!("{CLIENTS}/{client}");
        if self.dice.roll(3) > 0 {
            let stage = self.some(&LIFECYCLE);
            let kind = self.some(&["lead", "prospect", "partner"]);
            let body = json!({"lifecycle_stage": stage, "client_type": kind});
            self.call(Method::PATCH, &path, body).await;
            return;
        }
        // whoever became part of it goes with it, and what they all have
        let rows = recount::rows(owner, &self.tenant).await;
        let gone = recount::parts_of(&rows, &client);
        let theirs = |row: &&Value| gone.contains(row["client_id"].as_str().expect("whose it is"));
        for order in rows["orders"].as_array().expect("orders").iter().filter(theirs) {
            self.orders.remove(&id(order));
        }
        for deal in rows["deals"].as_array().expect("deals").iter().filter(theirs) {
            self.deals.remove(&id(deal));
        }
        for note in rows["notes"].as_array().expect("notes").iter().filter(theirs) {
            self.notes.remove(&id(note));
        }
        self.clients.retain(|client| !gone.contains(client.as_str()));
        self.call(Method::DELETE, &path, Value::Null).await.expect(204);
        if self.clients.len() < 3 {
            self.make_client().await;
        }
    }

    /// Every row that was made and not deleted is there, as it was last seen, and belongs to somebody.
    fn check_nothing_is_lost(&self, rows: &Value) {
        let trace = || self.told.join("\n");
        let orders = rows["orders"].as_array().expect("orders");
        let there: BTreeSet<String> = orders.iter().map(id).collect();
        assert_eq!(there, self.orders.keys().cloned().collect(), "{}", trace());
        for order in orders {
            let seen = &self.orders[&id(order)];
            for key in ["total", "currency", "status"] {
                assert_eq!(order[key], seen[key], "{order}\n{}", trace());
            }
        }
        let there = |what: &str| -> BTreeSet<String> {
            rows[what].as_array().expect("rows").iter().map(id).collect()
        };
        assert_eq!(
            there("deals"),
            self.deals.keys().cloned().collect(),
            "{}",
            trace()
        );
        assert_eq!(there("notes"), self.notes, "{}", trace());
        for what in ["orders", "deals", "notes", "activities"] {
            for row in rows[what].as_array().expect("rows") {
                let client = row["client_id"].as_str().expect("whose it is");
                let parts = recount::parts_of(rows, client);
                assert!(!parts.is_empty(), "{what} of nobody: {row}\n{}", trace());
                let is_part = rows["clients"]
                    .as_array()
                    .expect("clients")
                    .iter()
                    .any(|row| row["id"] == client && !row["merged_into"].is_null());
                assert!(
                    !is_part,
                    "{what} of one who is part of another: {row}\n{}",
                    trace()
                );
            }
        }
    }

    async fn check_histories(&self) {
        for (deal, seen) in &self.deals {
            let path = format!("{DEALS}/{deal}/history");
            let history = self.tenant.api.get(&path).expect(200).await;
            let deal = self.tenant.api.get(&format!("{DEALS}/{deal}")).expect(200).await;
            recount::replay(&history, &deal, seen);
        }
    }
}

#[tokio::test]
async fn figures_are_what_a_recount_says_and_nothing_is_lost() {
    require_runtime!();
    let server = server().start().await;
    let mut owner = server.owner().await;
    for seed in seeds(&[0x5EED_0101, 0x5EED_0102, 0x5EED_0103]) {
        let mut world = World::begin(&server, seed).await;
        for _ in 0..90 {
            world.step(&mut owner).await;
            let rows = recount::rows(&mut owner, &world.tenant).await;
            world.check_nothing_is_lost(&rows);
            recount::check(&rows, &world.told);
        }
        world.check_histories().await;
        recount::check_summary(&mut owner, &world.tenant, &world.told).await;
    }
}
