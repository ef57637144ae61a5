//! Bringing rows in: what is new is written, what has changed there is written unless it was changed here too, and what
//! cannot be written is told. A batch is one transaction; if one of its rows is refused, the others go in by themselves.

pub mod store;

use std::collections::HashMap;

use kernel::error::Result;
use kernel::{TenantTx, secrets};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::mapping::{Mode, Out, Scope, Table, Target};
use super::report::TableReport;
use super::row::Row;
use store::{Known, Noted, Shape};

/// Of rows of ours, by table and key.
type Digests = HashMap<(&'static str, Uuid), String>;

/// A row of the source with what becomes of it.
pub struct Prepared {
    pub row: Row,
    pub out: Out,
    pub digest: [u8; 32],
    id: Uuid,
}

impl Prepared {
    pub fn new(scope: &Scope, table: &Table, row: Row, out: Out, digest: [u8; 32]) -> Self {
        let id = scope.id(table.name, &row.id, "read");
        Self { row, out, digest, id }
    }

    fn own(&self) -> impl Iterator<Item = &Target> {
        self.out
            .targets
            .iter()
            .filter(|target| target.mode != Mode::Shared)
    }

    fn main(&self) -> Option<&Target> {
        self.own().next().or_else(|| self.out.targets.first())
    }

    /// How it is noted, once `digests` of what it became are known.
    fn noted(&self, tenant: Uuid, digests: &Digests) -> Noted {
        let main = self.main();
        Noted {
            id: self.id,
            source_id: self.row.id.clone(),
            digest: hex(&self.digest),
            became_table: main.map(|target| target.table),
            became_id: main.map(|target| key(target, tenant)),
            became_digest: self.together(tenant, digests).map(|digest| hex(&digest)),
            left_over: Value::Object(self.row.left.clone()),
            notes: self.row.notes.clone(),
        }
    }

    /// One digest of all that is the row's own and is there; none where nothing is.
    fn together(&self, tenant: Uuid, digests: &Digests) -> Option<[u8; 32]> {
        let mut all = String::new();
        for target in self.own() {
            if let Some(digest) = digests.get(&(target.table, key(target, tenant))) {
                all.push_str(digest);
            }
        }
        (!all.is_empty()).then(|| secrets::sha256(all.as_bytes()))
    }
}

/// Brings in one batch of a table, in the caller's transaction. Gives the rows that are in force there and were new.
pub async fn write(
    tx: &mut TenantTx,
    scope: &Scope<'_>,
    table: &Table,
    batch: Vec<Prepared>,
    report: &mut TableReport,
) -> Result<Vec<Uuid>> {
    let ids: Vec<Uuid> = batch.iter().map(|prepared| prepared.id).collect();
    let known = store::list_known(tx, &ids).await?;
    let mut fresh = Vec::new();
    let mut activates = Vec::new();
    for prepared in batch {
        match known.get(&prepared.id) {
            None => fresh.push(prepared),
            Some(before) if before.digest == prepared.digest => report.unchanged += 1,
            Some(before) => change(tx, scope, table, &prepared, before, report).await?,
        }
    }
    if fresh.is_empty() {
        return Ok(activates);
    }
    store::mark(tx).await?;
    if let Err(error) = insert(tx, scope, table, &fresh).await {
        // what ends the import ends it here
        refusal(error)?;
        store::forget(tx).await?;
        let mut written = Vec::new();
        for mut prepared in fresh {
            match insert_alone(tx, scope, table, &mut prepared).await? {
                None => written.push(prepared),
                Some(reason) => report.refuse(&prepared.row.id, reason),
            }
        }
        fresh = written;
    } else {
        store::keep(tx).await?;
    }
    report.created += u64::try_from(fresh.len()).unwrap_or_default();
    for prepared in &fresh {
        tell_notes(prepared, report);
        activates.extend(prepared.out.activates);
    }
    Ok(activates)
}

/// Writes one row by itself; gives the reason if it is refused. A message under a name that another one has comes in without.
async fn insert_alone(
    tx: &mut TenantTx,
    scope: &Scope<'_>,
    table: &Table,
    prepared: &mut Prepared,
) -> Result<Option<String>> {
    for is_last in [false, true] {
        store::mark(tx).await?;
        let Err(error) = insert(tx, scope, table, std::slice::from_ref(prepared)).await else {
            store::keep(tx).await?;
            return Ok(None);
        };
        let is_twice = error.as_database_error().and_then(|db| db.constraint())
            == Some("messages_client_message_id_key");
        let reason = refusal(error)?;
        store::forget(tx).await?;
        if is_last || !is_twice {
            return Ok(Some(reason));
        }
        for target in prepared
            .out
            .targets
            .iter_mut()
            .filter(|target| target.table == "messages")
        {
            if let Some(name) = target.values.insert("client_message_id".to_owned(), Value::Null) {
                prepared.row.left.insert("client_message_id".to_owned(), name);
            }
        }
        prepared
            .row
            .notes
            .push("another message of its conversation has the same name there".to_owned());
    }
    Ok(None)
}

fn tell_notes(prepared: &Prepared, report: &mut TableReport) {
    for note in &prepared.row.notes {
        *report.notes.entry(note.clone()).or_default() += 1;
    }
}

async fn insert(tx: &mut TenantTx, scope: &Scope<'_>, table: &Table, batch: &[Prepared]) -> sqlx::Result<()> {
    let tenant = scope.tenant.0;
    for person in batch.iter().filter_map(|prepared| prepared.out.person.as_ref()) {
        store::add_account(tx, person.id, &person.email, &person.name).await?;
    }
    let mut digests = Digests::new();
    for group in grouped(batch) {
        let columns = group.columns();
        let shape = Shape {
            table: group.table,
            columns: &columns,
            once: group.once,
        };
        let rows = Value::Array(group.rows.into_iter().cloned().map(Value::Object).collect());
        let written = match group.mode {
            Mode::Own => store::insert(tx, &shape, &rows).await?,
            Mode::Over => store::insert_over(tx, &shape, &rows).await?,
            Mode::Shared => {
                store::insert_missing(tx, &shape, &rows).await?;
                Vec::new()
            }
        };
        digests.extend(named(group.table, written));
    }
    settle(tx, batch).await?;
    let noted: Vec<Noted> = batch
        .iter()
        .map(|prepared| prepared.noted(tenant, &digests))
        .collect();
    store::note(tx, scope.kind, scope.installation, table.name, &noted)
        .await
        .map_err(|error| sqlx::Error::Protocol(error.to_string()))
}

/// What follows from what was written: names of clients, words to be found by.
async fn settle(tx: &mut TenantTx, batch: &[Prepared]) -> sqlx::Result<()> {
    let targets = batch.iter().flat_map(|prepared| &prepared.out.targets);
    let clients: Vec<Uuid> = targets
        .filter(|target| target.table == "crm_clients")
        .filter_map(|target| target.values["id"].as_str()?.parse().ok())
        .collect();
    if !clients.is_empty() {
        store::name_clients(tx, &clients).await?;
    }
    let mut said: (Vec<Uuid>, Vec<String>) = (Vec::new(), Vec::new());
    for (conversation, text) in batch.iter().flat_map(|prepared| &prepared.out.said) {
        for word in conversations::search::words(text) {
            said.0.push(*conversation);
            said.1.push(word);
        }
    }
    if !said.0.is_empty() {
        store::add_words(tx, &said.0, &said.1).await?;
    }
    Ok(())
}

fn named(
    table: &'static str,
    digests: impl IntoIterator<Item = (Uuid, String)>,
) -> impl Iterator<Item = ((&'static str, Uuid), String)> {
    digests.into_iter().map(move |(id, digest)| ((table, id), digest))
}

/// A row that has changed in the source since it was brought in.
async fn change(
    tx: &mut TenantTx,
    scope: &Scope<'_>,
    table: &Table,
    prepared: &Prepared,
    before: &Known,
    report: &mut TableReport,
) -> Result<()> {
    store::mark(tx).await?;
    match try_change(tx, scope, table, prepared, before).await {
        Ok(true) => {
            store::keep(tx).await?;
            report.updated += 1;
            tell_notes(prepared, report);
        }
        Ok(false) => {
            store::keep(tx).await?;
            report.kept_ours += 1;
            let reason = "it has changed there and here since it was brought in, or is gone here: it stays as it is here";
            report.tell(&prepared.row.id, reason.to_owned());
        }
        Err(error) => {
            let reason = refusal(error)?;
            store::forget(tx).await?;
            report.refuse(&prepared.row.id, reason);
        }
    }
    Ok(())
}

/// False: it was changed here. What the row has become since, such as another message, is written as well.
async fn try_change(
    tx: &mut TenantTx,
    scope: &Scope<'_>,
    table: &Table,
    prepared: &Prepared,
    before: &Known,
) -> sqlx::Result<bool> {
    let tenant = scope.tenant.0;
    let mut now = Digests::new();
    for target in prepared.own() {
        let columns = columns_of(&target.values);
        let found = store::find_digest(tx, &shape_of(target, &columns), key(target, tenant)).await?;
        now.extend(named(target.table, found));
    }
    let stands = prepared.together(tenant, &now);
    if stands.map(|digest| digest.to_vec()) != before.became_digest {
        return Ok(false);
    }
    let mut written = Digests::new();
    for target in &prepared.out.targets {
        let columns = columns_of(&target.values);
        let shape = shape_of(target, &columns);
        let row = Value::Object(target.values.clone());
        let rows = json!([row]);
        let digests = if target.mode == Mode::Shared {
            store::insert_missing(tx, &shape, &rows).await?;
            Vec::new()
        } else if now.contains_key(&(target.table, key(target, tenant))) {
            store::update(tx, &shape, &row).await?
        } else {
            store::insert(tx, &shape, &rows).await?
        };
        written.extend(named(target.table, digests));
    }
    settle(tx, std::slice::from_ref(prepared)).await?;
    let noted = prepared.noted(tenant, &written);
    store::note(tx, scope.kind, scope.installation, table.name, &[noted])
        .await
        .map_err(|error| sqlx::Error::Protocol(error.to_string()))?;
    Ok(true)
}

fn shape_of<'a>(target: &Target, columns: &'a [String]) -> Shape<'a> {
    Shape {
        table: target.table,
        columns,
        once: target.once,
    }
}

/// Rows of one table with the same columns, in the order in which they came; tables in that of their first row.
struct Group<'a> {
    table: &'static str,
    mode: Mode,
    once: &'static [&'static str],
    rows: Vec<&'a Map<String, Value>>,
}

impl Group<'_> {
    fn columns(&self) -> Vec<String> {
        self.rows.first().map(|row| columns_of(row)).unwrap_or_default()
    }
}

fn columns_of(values: &Map<String, Value>) -> Vec<String> {
    values.keys().cloned().collect()
}

fn grouped(batch: &[Prepared]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group> = Vec::new();
    for target in batch.iter().flat_map(|prepared| &prepared.out.targets) {
        let is_same = |group: &&mut Group| {
            let columns = group.rows.first().map(|row| row.keys());
            group.table == target.table
                && group.mode == target.mode
                && group.once == target.once
                && columns.is_some_and(|columns| columns.eq(target.values.keys()))
        };
        match groups.iter_mut().find(is_same) {
            Some(group) => group.rows.push(&target.values),
            None => groups.push(Group {
                table: target.table,
                mode: target.mode,
                once: target.once,
                rows: vec![&target.values],
            }),
        }
    }
    groups
}

/// What a row of ours is known by.
fn key(target: &Target, tenant: Uuid) -> Uuid {
    let named = ["id", "channel_id"]
        .iter()
        .find_map(|name| target.values.get(*name)?.as_str()?.parse().ok());
    named.unwrap_or(tenant)
}

/// Why the database refuses a row, in words. What is no refusal ends the import.
fn refusal(error: sqlx::Error) -> Result<String> {
    match &error {
        // classes 22 and 23: values and constraints; P0001: raised by a trigger; 42501: what may not be changed
        sqlx::Error::Database(db)
            if db.code().is_some_and(|code| {
                code.starts_with("22")
                    || code.starts_with("23")
                    || ["P0001", "42501"].contains(&code.as_ref())
            }) =>
        {
            Ok(match db.constraint() {
                Some(constraint) => format!("{} ({constraint})", db.message()),
                None => db.message().to_owned(),
            })
        }
        _ => Err(error.into()),
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// What tells one state of a row from another.
pub fn digest_of(values: &Map<String, Value>) -> [u8; 32] {
    secrets::sha256(json!(values).to_string().as_bytes())
}
