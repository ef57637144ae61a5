//! HTTP for clients as files.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use access::audit;
use access::{Member, Permission};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use kernel::error::{Problem, invalid};
use kernel::extract::{Json, Query};
use kernel::ids::ClientId;
use kernel::{Error, Event, Result, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::rows::Colleague;
use super::{
    Action, ClientImport, ClientImportError, ClientImportPreview, ClientImportResult, Column, LARGEST_FILE,
    MOST_ROWS, MatchBy, OnDuplicate, columns, csv, rows, store,
};
use crate::clients::list::{self, ClientFilter, Filter};
use crate::clients::{self, Client, ClientPatch, Fields};
use crate::fields::{self, CustomField, Entity};
use crate::{Context, tags, text};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(import_clients))
        .routes(routes!(read_client_columns))
        // JSON writes some characters as several
        .layer(DefaultBodyLimit::max(LARGEST_FILE * 2))
        .routes(routes!(export_clients))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ClientFile {
    /// The file's text.
    csv: String,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ClientColumns {
    columns: Vec<Column>,
    rows: usize,
    /// `,`, `;` or a tab.
    separator: String,
}

/// Read which columns a file has, and what they probably mean.
#[utoipa::path(post, path = "/crm/clients/import/columns", operation_id = "read_client_columns", tag = "clients",
    request_body = ClientFile, responses((status = 200, body = ClientColumns), (status = 422, body = Problem)))]
async fn read_client_columns(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<ClientFile>,
) -> Result<Json<ClientColumns>> {
    member.require(Permission::EditCrm)?;
    let table = csv::read(&input.csv)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let own = fields::store::list(&mut tx, Some(Entity::Client)).await?;
    let columns = table.columns.iter().enumerate().map(|(place, name)| {
        let cells = table.rows.iter().filter_map(|(_, cells)| cells.get(place));
        let sample = cells.filter(|cell| !cell.is_empty()).take(3);
        Column {
            name: name.clone(),
            sample: sample.map(|cell| cell.chars().take(100).collect()).collect(),
            suggested: columns::suggest(name, &own),
        }
    });
    Ok(Json(ClientColumns {
        columns: columns.collect(),
        rows: table.rows.len(),
        separator: table.separator.to_string(),
    }))
}

/// A row by the names of its columns.
struct Row {
    line: u64,
    cells: Vec<(String, String)>,
}

fn rows_of(input: &mut ClientImport) -> Result<Vec<Row>> {
    match (input.csv.take(), input.rows.take()) {
        (Some(text), None) => {
            let table = csv::read(&text)?;
            let rows = table.rows.into_iter().map(|(line, cells)| Row {
                line,
                cells: table.columns.iter().cloned().zip(cells).collect(),
            });
            Ok(rows.collect())
        }
        (None, Some(rows)) if rows.len() <= MOST_ROWS => {
            let text = |value: Value| match value {
                Value::Null => String::new(),
                Value::String(text) => text,
                other => other.to_string(),
            };
            let rows = rows.into_iter().zip(1..).map(|(row, line)| Row {
                line,
                cells: row.into_iter().map(|(name, value)| (name, text(value))).collect(),
            });
            Ok(rows.collect())
        }
        (None, Some(_)) => Err(invalid(
            "too_many_rows",
            "At most 10,000 rows can be imported at once.",
        )),
        _ => Err(invalid("no_rows", "Send either `csv` or `rows`.")),
    }
}

/// What is known while a file is judged.
struct Import {
    colleagues: Vec<Colleague>,
    own: Vec<CustomField>,
    on_duplicate: OnDuplicate,
    match_by: Vec<MatchBy>,
    default_tags: Vec<String>,
    by_key: HashMap<(u8, String), ClientId>,
    /// Clients that are there, as they will be.
    known: HashMap<ClientId, Fields>,
    /// Clients of this file, in its order.
    new: Vec<(ClientId, Fields)>,
    /// In the order in which they are written.
    changed: BTreeSet<ClientId>,
}

/// Import clients from a file: all rows that can be used, in one transaction.
#[utoipa::path(post, path = "/crm/clients/import", operation_id = "import_clients", tag = "clients",
    request_body = ClientImport, responses((status = 200, body = ClientImportResult), (status = 422, body = Problem)))]
async fn import_clients(
    State(ctx): State<Context>,
    member: Member,
    Json(mut input): Json<ClientImport>,
) -> Result<Json<ClientImportResult>> {
    member.require(Permission::EditCrm)?;
    let found = rows_of(&mut input)?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::take_turn(&mut tx).await?;
    let own = fields::store::list(&mut tx, Some(Entity::Client)).await?;
    if let Some((column, target)) = input
        .mapping
        .iter()
        .find(|(_, target)| !columns::is_target(target, &own))
    {
        let detail = format!("The column `{column}` cannot fill `{target}`: there is no such field.");
        return Err(invalid("bad_mapping", detail));
    }
    let mut import = Import {
        colleagues: store::list_colleagues(&mut tx).await?,
        on_duplicate: input.on_duplicate,
        match_by: input.match_by,
        default_tags: text::tags(input.default_tags)?,
        by_key: HashMap::new(),
        known: HashMap::new(),
        new: Vec::new(),
        changed: BTreeSet::new(),
        own,
    };
    let mut result = ClientImportResult {
        rows: found.len(),
        ..ClientImportResult::default()
    };
    let patches = import.read(&found, &input.mapping);
    let keys = import.look_up(&mut tx, &patches).await?;
    let now = tx.now();
    for ((row, patch), keys) in found.iter().zip(patches).zip(keys) {
        let outcome = patch.and_then(|patch| import.take(patch, &keys, now).map_err(|error| (None, error)));
        let (action, id) = outcome.unwrap_or_else(|(column, error)| {
            result.refuse(row.line, column, &error);
            (Action::Fail, None)
        });
        match action {
            Action::Create => result.created += 1,
            Action::Update => result.updated += 1,
            Action::Skip => result.skipped += 1,
            Action::Fail => result.failed += 1,
        }
        if result.preview.len() < 20 {
            let id = id.filter(|_| action != Action::Create);
            result.preview.push(ClientImportPreview {
                row: row.line,
                action,
                id,
                client: said_of(row, &input.mapping, &import.own),
            });
        }
    }
    if input.dry_run {
        return Ok(Json(result));
    }
    import.write(&mut tx).await?;
    let details = json!({"created": result.created, "updated": result.updated, "skipped": result.skipped,
        "failed": result.failed});
    audit::record_by(
        &mut tx,
        &member,
        audit::Action::ClientsImported,
        "clients",
        details,
    )
    .await?;
    tx.emit(Event::ClientChanged { client_id: None });
    tx.commit().await?;
    Ok(Json(result))
}

impl ClientImportResult {
    fn refuse(&mut self, row: u64, column: Option<String>, error: &Error) {
        if self.errors.len() < 500 {
            self.errors.push(ClientImportError {
                row,
                column,
                code: error.code.into(),
                detail: error.detail.clone(),
            });
        }
    }
}

fn target_of(column: &str, mapping: &BTreeMap<String, String>, own: &[CustomField]) -> String {
    let named = mapping.get(column).cloned();
    named.unwrap_or_else(|| columns::suggest(column, own))
}

/// The row as it is shown.
fn said_of(row: &Row, mapping: &BTreeMap<String, String>, own: &[CustomField]) -> Value {
    let cells = row.cells.iter().filter(|(_, cell)| !cell.is_empty());
    let said = cells.map(|(column, cell)| (target_of(column, mapping, own), json!(cell)));
    Value::Object(said.filter(|(field, _)| field != "ignore").collect())
}

const EMAIL: u8 = 0;
const PHONE: u8 = 1;
const CUSTOMER: u8 = 2;

impl Import {
    fn read(
        &self,
        found: &[Row],
        mapping: &BTreeMap<String, String>,
    ) -> Vec<Result<ClientPatch, rows::Refused>> {
        let mut targets: HashMap<&str, String> = HashMap::new();
        for (column, _) in found.iter().flat_map(|row| &row.cells) {
            if !targets.contains_key(column.as_str()) {
                targets.insert(column, target_of(column, mapping, &self.own));
            }
        }
        let patches = found.iter().map(|row| {
            let cells = row.cells.iter().filter_map(|(column, cell)| {
                let target = targets.get(column.as_str())?;
                Some((column.clone(), target.clone(), cell.clone()))
            });
            rows::read(cells, &self.colleagues)
        });
        patches.collect()
    }

    /// Reads the clients that the rows may be; gives the keys of each row.
    async fn look_up(
        &mut self,
        tx: &mut TenantTx,
        patches: &[Result<ClientPatch, rows::Refused>],
    ) -> Result<Vec<Vec<(u8, String)>>> {
        let of = |field: fn(&ClientPatch) -> &Option<Option<String>>| -> Vec<Option<String>> {
            let values = patches.iter().map(|patch| {
                patch
                    .as_ref()
                    .ok()
                    .and_then(|patch| field(patch).clone().flatten())
            });
            values.collect()
        };
        let keys = store::list_keys(tx, &of(|patch| &patch.email), &of(|patch| &patch.phone)).await?;
        let customers = of(|patch| &patch.ecommerce_customer_id);
        let keys: Vec<Vec<(u8, String)>> = keys
            .into_iter()
            .zip(customers)
            .map(|(keys, customer)| {
                let all = [(EMAIL, keys.email), (PHONE, keys.phone), (CUSTOMER, customer)];
                all.into_iter()
                    .filter_map(|(kind, key)| Some((kind, key?)))
                    .collect()
            })
            .collect();
        let all = |kind: u8| -> Vec<String> {
            let of_kind = keys.iter().flatten().filter(|(own, _)| *own == kind);
            of_kind.map(|(_, key)| key.clone()).collect()
        };
        let known = store::list_known(tx, &all(EMAIL), &all(PHONE), &all(CUSTOMER)).await?;
        let ids: Vec<Uuid> = known.iter().map(|known| known.id.0).collect();
        if self.on_duplicate == OnDuplicate::Update {
            store::lock(tx, &ids).await?;
        }
        for part in ids.chunks(1_000) {
            for client in store::list_full(tx, part).await? {
                self.known.insert(client.row.id, Fields::from(&client));
            }
        }
        for known in known {
            for (kind, key) in [
                (EMAIL, known.email),
                (PHONE, known.phone),
                (CUSTOMER, known.customer),
            ] {
                if let Some(key) = key {
                    self.by_key.entry((kind, key)).or_insert(known.id);
                }
            }
        }
        Ok(keys)
    }

    fn is_matched_by(&self, kind: u8) -> bool {
        let by = match kind {
            EMAIL => MatchBy::Email,
            PHONE => MatchBy::Phone,
            _ => MatchBy::EcommerceCustomerId,
        };
        self.match_by.contains(&by)
    }

    /// What becomes of a row.
    fn take(
        &mut self,
        mut patch: ClientPatch,
        keys: &[(u8, String)],
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<(Action, Option<ClientId>)> {
        let matching = keys.iter().filter(|(kind, _)| self.is_matched_by(*kind));
        let found = matching.filter_map(|key| self.by_key.get(key)).next().copied();
        let customer = keys.iter().find(|(kind, _)| *kind == CUSTOMER);
        let of_customer = customer.and_then(|key| self.by_key.get(key)).copied();
        if let Some(id) = found.filter(|_| self.on_duplicate != OnDuplicate::Create) {
            if self.on_duplicate == OnDuplicate::Skip {
                return Ok((Action::Skip, Some(id)));
            }
            if of_customer.is_some_and(|other| other != id) {
                return Err(clients::exists(None));
            }
            if of_customer == Some(id) {
                // it has the number already, or what became part of it has
                patch.ecommerce_customer_id = None;
            }
            let known = self.fields_of(id).ok_or_else(|| clients::exists(None))?.clone();
            patch.tags = patch.tags.map(|tags| [known.tags.clone(), tags].concat());
            let fields = self.settle(patch, known)?;
            if let Some(place) = self.fields_of(id) {
                *place = fields;
            }
            if self.known.contains_key(&id) {
                self.changed.insert(id);
            }
            self.remember(keys, id);
            return Ok((Action::Update, Some(id)));
        }
        if of_customer.is_some() {
            return Err(clients::exists(None));
        }
        let mut tags = self.default_tags.clone();
        tags.extend(patch.tags.take().unwrap_or_default());
        patch.tags = Some(tags);
        let mut unknown = Fields::unknown(now);
        unknown.source = Some("import".into());
        let fields = self.settle(patch, unknown)?;
        if fields.is_nobody() {
            return Err(clients::no_name());
        }
        let id = ClientId::new();
        self.new.push((id, fields));
        self.remember(keys, id);
        Ok((Action::Create, Some(id)))
    }

    fn settle(&self, patch: ClientPatch, known: Fields) -> Result<Fields> {
        let before = known.custom_fields.clone();
        let mut fields = patch.apply(known)?;
        fields::check_against(&self.own, &mut fields.custom_fields, &before)?;
        Ok(fields)
    }

    fn fields_of(&mut self, id: ClientId) -> Option<&mut Fields> {
        if self.known.contains_key(&id) {
            return self.known.get_mut(&id);
        }
        let new = self.new.iter_mut().find(|(new, _)| *new == id);
        new.map(|(_, fields)| fields)
    }

    fn remember(&mut self, keys: &[(u8, String)], id: ClientId) {
        for key in keys {
            self.by_key.entry(key.clone()).or_insert(id);
        }
    }

    async fn write(self, tx: &mut TenantTx) -> Result<()> {
        let mut all = Vec::new();
        let changed = self.changed.iter().filter_map(|id| self.known.get(id));
        for fields in self.new.iter().map(|(_, fields)| fields).chain(changed) {
            all.extend(fields.tags.iter().cloned());
        }
        all.sort();
        all.dedup();
        tags::store::ensure(tx, &all).await?;
        for id in &self.changed {
            if let Some(fields) = self.known.get(id) {
                clients::store::update(tx, *id, fields).await?;
            }
        }
        store::insert_many(tx, &self.new).await
    }
}

const MOST_EXPORTED: i64 = 100_000;

/// The columns of an export, which an import understands again.
const EXPORTED: [&str; 26] = [
    "id",
    "name",
    "company_name",
    "email",
    "phone",
    "secondary_phone",
    "client_type",
    "lifecycle_stage",
    "lead_score",
    "lead_quality",
    "source",
    "assigned_to",
    "tags",
    "total_orders",
    "total_revenue",
    "average_order_value",
    "currency",
    "address.street",
    "address.city",
    "address.zip",
    "address.country",
    "ecommerce_customer_id",
    "first_contact_date",
    "last_contact_date",
    "next_follow_up_date",
    "created_at",
];

/// Export clients as CSV: all, or those of a filter.
#[utoipa::path(get, path = "/crm/clients/export.csv", operation_id = "export_clients", tag = "clients", params(ClientFilter),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 422, body = Problem)))]
async fn export_clients(
    State(ctx): State<Context>,
    member: Member,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response> {
    member.require(Permission::ReadCrm)?;
    let filter = Filter::of_query(pairs, &member)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let own = fields::store::list(&mut tx, Some(Entity::Client)).await?;
    let colleagues = store::list_colleagues(&mut tx).await?;
    let ids = list::store::list_ids(&mut tx, &filter, MOST_EXPORTED).await?;
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let mut lines = Vec::with_capacity(ids.len());
    for part in ids.chunks(1_000) {
        let clients = store::list_full(&mut tx, part).await?;
        lines.extend(clients.iter().map(|client| line_of(client, &own, &colleagues)));
    }
    let heading = EXPORTED.iter().map(|name| (*name).to_owned());
    let heading: Vec<String> = heading
        .chain(own.iter().map(|field| format!("custom.{}", field.key)))
        .collect();
    let file = csv::write(&heading, lines.into_iter())?;
    let details = json!({"count": ids.len()});
    audit::record_by(
        &mut tx,
        &member,
        audit::Action::ClientsExported,
        "clients",
        details,
    )
    .await?;
    tx.commit().await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"clients.csv\"",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, file).into_response())
}

fn line_of(client: &Client, own: &[CustomField], colleagues: &[Colleague]) -> Vec<String> {
    let known = serde_json::to_value(client).unwrap_or_default();
    let nothing = Map::new();
    let known = known.as_object().unwrap_or(&nothing);
    let cell = |value: Option<&Value>| match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(several)) => {
            let texts = several.iter().filter_map(Value::as_str);
            texts.collect::<Vec<_>>().join("; ")
        }
        Some(other) => other.to_string(),
    };
    let cells = EXPORTED.iter().map(|name| match *name {
        "assigned_to" => {
            let found = colleagues
                .iter()
                .find(|colleague| Some(colleague.id) == client.row.assigned_to);
            found.map(|colleague| colleague.email.clone()).unwrap_or_default()
        }
        name => match name.strip_prefix("address.") {
            Some(part) => cell(client.address.as_ref().and_then(|address| address.get(part))),
            None => cell(known.get(name)),
        },
    });
    let own = own
        .iter()
        .map(|field| cell(client.row.custom_fields.get(&field.key)));
    cells.chain(own).collect()
}
