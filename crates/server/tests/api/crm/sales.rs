//! What the tests of sales begin with.

use serde_json::{Value, json};
use sqlx::PgConnection;
use testkit::{Api, Tenant};
use uuid::Uuid;

pub const DEALS: &str = "/api/v1/crm/deals";
pub const ORDERS: &str = "/api/v1/crm/orders";
pub const PIPELINES: &str = "/api/v1/crm/pipelines";
pub const PRODUCTS: &str = "/api/v1/crm/products";

pub fn id_of(thing: &Value) -> Uuid {
    let id = thing["id"].as_str().and_then(|id| id.parse().ok());
    id.unwrap_or_else(|| panic!("no id: {thing}"))
}

pub fn items(list: &Value) -> &Vec<Value> {
    list["items"]
        .as_array()
        .unwrap_or_else(|| panic!("no list: {list}"))
}

pub async fn create(api: &Api, path: &str, body: Value) -> Value {
    api.post(path).json(&body).expect(201).await
}

/// A client who has bought nothing: an order that counts for nothing makes them.
pub async fn client(tenant: &Tenant, email: &str) -> Uuid {
    let body = json!({"client": {"email": email, "name": email}, "status": "cancelled"});
    let order = create(&tenant.api, ORDERS, body).await;
    let path = format!("{ORDERS}/{}", id_of(&order));
    tenant.api.delete(&path).expect(204).await;
    let id = order["client_id"].as_str().and_then(|id| id.parse().ok());
    id.expect("a client's id")
}

/// The columns of the default pipeline, in their order.
pub async fn columns(tenant: &Tenant) -> Vec<(Uuid, String)> {
    let pipelines = tenant.api.get(PIPELINES).expect(200).await;
    let default = items(&pipelines)
        .iter()
        .find(|pipeline| pipeline["is_default"] == true);
    let stages = default.expect("a default pipeline")["stages"].clone();
    let stages = stages.as_array().expect("stages").iter();
    let column = |stage: &Value| (id_of(stage), stage["stage"].as_str().expect("a stage").to_owned());
    stages.map(column).collect()
}

/// One row as JSON, by SQL that counts for itself.
pub async fn row(owner: &mut PgConnection, sql: &'static str, tenant: &Tenant) -> Value {
    sqlx::query_scalar(sql)
        .bind(tenant.id)
        .fetch_one(owner)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// What comes next, the same in every run.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    pub fn one_of<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.roll(of.len() as u64)).expect("an index")]
    }

    /// An amount of up to a thousand, with cents.
    pub fn amount(&mut self) -> String {
        format!("{}.{:02}", self.roll(1_000), self.roll(100))
    }
}
