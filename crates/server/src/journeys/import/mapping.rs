//! What a source is made of, and where each of its columns goes. A mapping is data beside one function a table: the data is
//! what the report shows, the function does it. Start with [`Source`]; the sources are in `sources/`.

use std::collections::{HashMap, HashSet};

use kernel::ids::{ChannelId, TenantId};
use kernel::secrets::{self, MasterKey};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::row::{Row, as_text};

/// A kind of system that data comes from.
pub struct Source {
    /// As the command line names it.
    pub kind: &'static str,
    /// Its tenants first, then in an order in which every row finds what it points at. Those of the schema `auth`, which say
    /// who people are, are also looked at before all others.
    pub tables: &'static [Table],
    /// Tables, views and stores that are not read, each with the reason.
    pub not_read: &'static [(&'static str, &'static str)],
}

impl Source {
    /// Where its tenants stand.
    pub fn tenants(&self) -> usize {
        let is_home = |table: &Table| matches!(table.belongs, Belongs::Itself);
        self.tables.iter().position(is_home).unwrap_or_default()
    }
}

pub struct Table {
    pub schema: &'static str,
    pub name: &'static str,
    /// The column whose value names a row.
    pub key: &'static str,
    pub belongs: Belongs,
    /// Rows are read in this order.
    pub order: &'static [&'static str],
    pub columns: &'static [(&'static str, Goes)],
    /// Columns that the specification does not have.
    pub others: Goes,
    pub map: fn(&mut Scope, &mut Row, &mut Out) -> Result<(), String>,
}

/// How a row is known to be a tenant's.
pub enum Belongs {
    /// It is the tenant.
    Itself,
    /// This column names the tenant.
    By(&'static str),
    /// `column` names the row whose `key` it is in `table`, which belongs to the tenant that `by` names.
    Through {
        column: &'static str,
        table: &'static str,
        key: &'static str,
        by: &'static str,
    },
}

/// Where the values of a column go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goes {
    /// To a column of ours, or into a row's settings.
    To(&'static str),
    /// The same, and it is kept beside the row as well: nothing shows that column as it was.
    Both(&'static str),
    /// There is no column for it: it is kept with the row, for `GET /api/v1/import-rows`. The reason.
    Kept(&'static str),
    /// Not read at all. The reason.
    Out(&'static str),
}

/// A row of ours that a row of the source becomes.
#[derive(Debug)]
pub struct Target {
    pub table: &'static str,
    pub values: Map<String, Value>,
    /// Columns that are written once and then belong to us.
    pub once: &'static [&'static str],
    pub mode: Mode,
}

/// What happens where there is such a row already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// It cannot be: the row of the source is the only one that makes it.
    Own,
    /// Several rows of the source make it: whoever comes first.
    Shared,
    /// It was made with something else, with what is usual; now it is known better.
    Over,
}

/// A user whom a membership needs.
#[derive(Debug)]
pub struct Person {
    pub id: Uuid,
    pub email: String,
    pub name: String,
}

/// What one row becomes.
#[derive(Debug, Default)]
pub struct Out {
    pub targets: Vec<Target>,
    pub person: Option<Person>,
    /// What was said in a conversation, to be found by its words.
    pub said: Vec<(Uuid, String)>,
    /// A version of a text that is in force there.
    pub activates: Option<Uuid>,
}

impl Out {
    /// `values` without the tenant, which is added. A row of one table always names the same columns.
    pub fn put(&mut self, table: &'static str, values: Value) {
        self.add(table, values, &[], Mode::Own);
    }

    /// The same; the columns `once` are not written a second time.
    pub fn put_once(&mut self, table: &'static str, values: Value, once: &'static [&'static str]) {
        self.add(table, values, once, Mode::Own);
    }

    pub fn put_shared(&mut self, table: &'static str, values: Value) {
        self.add(table, values, &[], Mode::Shared);
    }

    pub fn put_over(&mut self, table: &'static str, values: Value) {
        self.add(table, values, &[], Mode::Over);
    }

    fn add(&mut self, table: &'static str, values: Value, once: &'static [&'static str], mode: Mode) {
        if let Value::Object(values) = values {
            self.targets.push(Target {
                table,
                values,
                once,
                mode,
            });
        }
    }

    pub fn say(&mut self, conversation: Uuid, text: &str) {
        if !text.is_empty() {
            self.said.push((conversation, text.to_owned()));
        }
    }
}

/// A business as its source knows it.
#[derive(Default)]
pub struct Business {
    pub name: String,
    pub slug: Option<String>,
    pub email: Option<String>,
    pub website_url: Option<String>,
    pub time_zone: Option<String>,
    pub status: Option<&'static str>,
    pub plan: Option<&'static str>,
    pub is_active: bool,
}

/// One tenant's import: what the rows that were read so far have said.
pub struct Scope<'a> {
    pub kind: &'static str,
    pub installation: &'a str,
    pub tenant: TenantId,
    /// All goes into a tenant that was there before.
    pub is_into: bool,
    pub master_key: &'a MasterKey,
    /// Names that PostgreSQL knows.
    pub time_zones: &'a HashSet<String>,
    /// Short names of other tenants.
    pub slugs: &'a HashSet<String>,
    /// E-mail address in small letters → user, of those who have an account.
    pub accounts: HashMap<String, Uuid>,
    /// Addresses that may have one.
    pub asked: HashSet<String>,
    /// A person of the source → user here.
    pub people: HashMap<String, Uuid>,
    /// Names of channels → which one has it.
    pub channel_names: HashMap<String, Uuid>,
    /// Labels by their names in small letters.
    pub labels: HashMap<String, Uuid>,
    facts: HashMap<(&'static str, String), Value>,
}

impl<'a> Scope<'a> {
    pub fn new(
        kind: &'static str,
        installation: &'a str,
        tenant: TenantId,
        is_into: bool,
        master_key: &'a MasterKey,
        time_zones: &'a HashSet<String>,
        slugs: &'a HashSet<String>,
    ) -> Self {
        Self {
            kind,
            installation,
            tenant,
            is_into,
            master_key,
            time_zones,
            slugs,
            accounts: HashMap::new(),
            asked: HashSet::new(),
            people: HashMap::new(),
            channel_names: HashMap::new(),
            labels: HashMap::new(),
            facts: HashMap::new(),
        }
    }

    /// The id that a row of the source has here: the same in every run.
    pub fn id(&self, table: &str, source_id: &str, part: &str) -> Uuid {
        derived(&[
            &self.tenant.to_string(),
            self.kind,
            self.installation,
            table,
            source_id,
            part,
        ])
    }

    pub fn find_id(&self, table: &str, source_id: Option<String>, part: &str) -> Option<Uuid> {
        source_id.map(|id| self.id(table, &id, part))
    }

    pub fn remember(&mut self, what: &'static str, id: &str, fact: Value) {
        self.facts.insert((what, id.to_owned()), fact);
    }

    pub fn fact(&self, what: &'static str, id: &str) -> &Value {
        self.facts.get(&(what, id.to_owned())).unwrap_or(&Value::Null)
    }

    /// The member whom a column names. Who is none is kept by name.
    pub fn member(&self, row: &mut Row, column: &str) -> Option<Uuid> {
        let found = self.people.get(&row.text(column)?).copied();
        if found.is_none() {
            row.keep(column, "nobody of this name is a member");
        }
        found
    }

    /// Puts labels on a conversation, under names that may be there already.
    pub fn label(&mut self, out: &mut Out, conversation: Uuid, names: impl Iterator<Item = String>) {
        let mut known = HashSet::new();
        for name in names {
            let name: String = name.trim().chars().take(60).collect();
            if name.is_empty() || !known.insert(name.to_lowercase()) {
                continue;
            }
            let made = self.id("labels", &name.to_lowercase(), "");
            let id = *self.labels.entry(name.to_lowercase()).or_insert(made);
            if id == made {
                out.put_shared("labels", json!({"id": id, "name": name, "color": "gray"}));
            }
            out.put_shared(
                "conversation_labels",
                json!({"conversation_id": conversation, "label_id": id}),
            );
        }
    }

    /// Notes that these addresses will be asked for.
    pub fn ask_for(&mut self, email: &str) {
        self.asked.insert(email.trim().to_lowercase());
    }

    /// Makes somebody a member: with the account that they have, or one without a password.
    pub fn add_member(
        &mut self,
        out: &mut Out,
        source_id: &str,
        email: Option<&str>,
        name: Option<&str>,
        role: &str,
    ) {
        let email = email.map_or_else(
            || format!("{source_id}@imported.invalid"),
            |email| email.trim().to_owned(),
        );
        let key = email.to_lowercase();
        let user = self.accounts.get(&key).copied();
        let user = user.unwrap_or_else(|| derived(&[self.kind, self.installation, "user", &key]));
        let name = name.map_or_else(
            || email.split('@').next().unwrap_or_default().to_owned(),
            |name| name.trim().chars().take(120).collect(),
        );
        self.people.insert(source_id.to_owned(), user);
        out.put_shared(
            "memberships",
            json!({"id": self.id("memberships", source_id, ""), "user_id": user, "role": role, "name": &name, "email": &email}),
        );
        out.person = Some(Person {
            id: user,
            email,
            name,
        });
    }

    /// The tenant itself. Into one that is there nothing of it is written.
    pub fn begin(&self, out: &mut Out, row: &mut Row, business: &Business) {
        if self.is_into {
            return;
        }
        let wanted = business.slug.as_deref().unwrap_or(&business.name);
        let wanted = Some(access::tenants::slug_of(wanted)).filter(|slug| !slug.is_empty());
        let short: String = self.tenant.to_string().chars().take(6).collect();
        let mut slug = wanted.unwrap_or_else(|| format!("t-{short}"));
        if self.slugs.contains(&slug) {
            slug = format!("{slug}-{short}");
        }
        let zone = business
            .time_zone
            .clone()
            .filter(|zone| self.time_zones.contains(zone));
        let name: String = business.name.trim().chars().take(120).collect();
        let (created_at, updated_at) = times(row);
        out.put_once(
            "tenants",
            json!({
                "name": if name.is_empty() { &slug } else { &name }, "slug": &slug, "email": business.email,
                "website_url": business.website_url, "time_zone": zone.as_deref().unwrap_or("UTC"),
                "subscription_status": business.status.unwrap_or("trial"), "subscription_plan": business.plan.unwrap_or("basic"),
                "is_active": business.is_active, "created_at": created_at, "updated_at": updated_at,
            }),
            &["slug", "updated_at"],
        );
        out.put_shared("knowledge_state", json!({}));
    }

    /// A channel, switched off: it neither answers nor sends until somebody has looked at it. Gives its id.
    pub fn add_channel(&mut self, out: &mut Out, row: &mut Row, channel: NewChannel) -> Result<Uuid, String> {
        let id = self.id("channels", &channel.source_id, "");
        let mut name: String = channel.name.trim().chars().take(90).collect();
        if name.is_empty() {
            channel.kind.clone_into(&mut name);
        }
        let taken = |name: &str| self.channel_names.get(name).is_some_and(|owner| *owner != id);
        if taken(&name) {
            name = format!("{name} {}", &id.simple().to_string()[..4]);
        }
        self.channel_names.insert(name.clone(), id);
        let secret = channel.secret.unwrap_or_else(|| secrets::random_token("ws_"));
        let context = channels::accounts::store::secret_context(self.tenant, ChannelId(id));
        let sealed = self
            .master_key
            .seal(&context, &secret)
            .map_err(|error| error.detail)?;
        let (created_at, updated_at) = times(row);
        let brain = if channel.brain_url.is_some() {
            "webhook"
        } else {
            "builtin"
        };
        out.put_once(
            "channels",
            json!({
                "id": id, "kind": channel.kind, "name": name, "channel_key": secrets::random_name("ch_"), "settings": channel.settings,
                "encrypted_secret": sealed, "is_active": false, "platform_channel_id": channel.platform_id,
                "account_name": channel.account_name, "token_expires_at": channel.token_expires_at, "brain": brain,
                "brain_url": channel.brain_url, "created_at": created_at, "updated_at": updated_at,
            }),
            &["channel_key", "encrypted_secret", "updated_at"],
        );
        out.put_shared("channel_configurations", json!({"channel_id": id}));
        let fact = json!({"id": id, "kind": channel.kind});
        self.remember("channel", &channel.source_id, fact);
        Ok(id)
    }
}

/// A channel as its source knows it.
#[derive(Default)]
pub struct NewChannel {
    pub source_id: String,
    pub kind: &'static str,
    pub name: String,
    pub settings: Value,
    pub platform_id: Option<String>,
    pub account_name: Option<String>,
    pub token_expires_at: Option<String>,
    pub brain_url: Option<String>,
    pub secret: Option<String>,
}

/// `created_at` and `updated_at`; where one is missing the other stands in its place.
pub fn times(row: &mut Row) -> (String, String) {
    let (created, updated) = (row.time("created_at"), row.time("updated_at"));
    let begin = || "1970-01-01T00:00:00Z".to_owned();
    let created_at = created.clone().or_else(|| updated.clone()).unwrap_or_else(begin);
    let updated_at = updated.unwrap_or_else(|| created_at.clone());
    (created_at, updated_at)
}

/// The kind of channel for what a source calls its platform.
pub fn channel_kind(platform: &str) -> Option<&'static str> {
    Some(match platform.trim().to_lowercase().as_str() {
        "whatsapp" | "whatsapp_business" | "wa" => "whatsapp",
        "facebook" | "messenger" | "facebook_messenger" | "fb" => "messenger",
        "instagram" | "ig" => "instagram",
        "telegram" => "telegram",
        "crisp" => "crisp",
        "tidio" => "tidio",
        "widget" | "web" | "website" | "webchat" | "web_chat" | "chat" => "widget",
        "api" => "api",
        _ => return None,
    })
}

/// Lines of a deal or an order as they are stored here, and whether all of each was understood.
pub fn lines(scope: &Scope, value: &Value, has_sku: bool) -> (Vec<Value>, bool) {
    const NAMES: [&str; 4] = ["name", "title", "product_name", "product"];
    const PRICES: [&str; 4] = ["unit_price", "price", "unitPrice", "amount"];
    const COUNTS: [&str; 3] = ["quantity", "qty", "count"];
    const IDS: [&str; 2] = ["product_id", "productId"];
    let Value::Array(items) = value else {
        return (Vec::new(), value.is_null());
    };
    let mut is_whole = true;
    let mut lines = Vec::new();
    for item in items {
        let first = |names: &[&str]| names.iter().find_map(|name| as_text(&item[*name]));
        let name = first(&NAMES)
            .or_else(|| first(&["sku"]))
            .or_else(|| as_text(item));
        let Some(name) = name else {
            is_whole = false;
            continue;
        };
        let mut line = json!({
            "name": name,
            "quantity": first(&COUNTS).and_then(|count| count.parse::<f64>().ok()).map_or(json!(1), quantity),
            "unit_price": format!("{:.2}", first(&PRICES).and_then(|price| price.parse::<f64>().ok()).unwrap_or(0.0).max(0.0)),
        });
        if let Some(product) = first(&IDS) {
            line["product_id"] = json!(scope.id("crm_products", &product, ""));
        }
        if has_sku && let Some(sku) = first(&["sku"]) {
            line["sku"] = json!(sku);
        }
        let known = |key: &String| {
            let key = key.as_str();
            NAMES.contains(&key)
                || PRICES.contains(&key)
                || COUNTS.contains(&key)
                || IDS.contains(&key)
                || key == "sku"
        };
        is_whole &= item.as_object().is_some_and(|item| item.keys().all(known))
            && (has_sku || item.get("sku").is_none());
        lines.push(line);
    }
    (lines, is_whole)
}

fn quantity(count: f64) -> Value {
    if count.fract() == 0.0 {
        json!(count.max(0.0) as i64)
    } else {
        json!((count.max(0.0) * 1000.0).round() / 1000.0)
    }
}

/// An id that is made of a name alone, of the version that is meant for such.
pub fn derived(parts: &[&str]) -> Uuid {
    let mut name = Vec::new();
    for part in parts {
        name.extend_from_slice(&part.len().to_le_bytes());
        name.extend_from_slice(part.as_bytes());
    }
    let hash = secrets::sha256(&name);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    Uuid::from_bytes(bytes)
}
