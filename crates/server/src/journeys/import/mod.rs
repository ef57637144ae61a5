//! `rapport import`: brings what another system holds into this one, out of its live database or a file that it gave out.
//!
//! The source is read in one read-only transaction, table after table ([`reading`]); what each column becomes says its
//! mapping ([`mapping`], `sources/`); rows are written in batches, each a transaction inside one tenant ([`writing`]).
//! Every row gets an id that follows from where it came from, and is noted in `import_rows`: the same import again finds
//! what it has done, one that was cut off goes on, and a row that was changed here is left alone. Nothing that was brought
//! in sets anything off: no webhook, mail or rule, and channels arrive switched off.

pub mod api;
mod exports;
mod mapping;
mod mending;
mod reading;
mod report;
mod row;
mod sources;
mod writing;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use access::audit;
use access::tenants::{NewTenant, Operator};
use kernel::error::{Result, invalid};
use kernel::ids::TenantId;
use kernel::{Database, TenantProof as _, TenantTx};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::wiring::Domains;
use mapping::{Belongs, Goes, Out, Scope, Source, Table};
use reading::store::Reader;
use reading::{Catalogue, Plan};
use report::{LeftOut, Report, TableReport, TenantReport};
use row::Row;
use writing::Prepared;

/// What the command line asks for.
pub struct Wish {
    /// `s0` to `s4`, or a vendor whose file it is.
    pub kind: String,
    /// The source's database,
    pub url: Option<String>,
    /// or the file.
    pub file: Option<PathBuf>,
    /// Tells two sources of one kind apart.
    pub installation: String,
    /// All goes into this tenant; otherwise each of the source's becomes one.
    pub into: Option<String>,
    /// Of these tenants of the source alone: ids or names.
    pub only: Vec<String>,
    pub is_dry_run: bool,
}

/// The kinds of sources, as the command line names them.
pub fn kinds() -> Vec<&'static str> {
    let databases = sources::all().into_iter().map(|source| source.kind);
    databases.chain(exports::kinds()).collect()
}

/// Brings it in, or says what would become of it.
pub async fn run(domains: &Domains, wish: &Wish, tell: impl Fn(&str)) -> Result<Report> {
    let into = match &wish.into {
        None => None,
        Some(slug) => {
            let found = Operator::find(&domains.access.db, slug).await?;
            Some(found.ok_or_else(|| {
                let detail = format!("There is no tenant `{slug}`. `rapport tenant list` shows them.");
                invalid("unknown_tenant", detail)
            })?)
        }
    };
    if exports::is_kind(&wish.kind) {
        let (Some(file), Some(into)) = (&wish.file, into) else {
            let detail = format!(
                "Say which file of {0} it is, and whose: `rapport import {0} --file FILE --tenant SLUG`.",
                wish.kind
            );
            return Err(invalid("file_missing", detail));
        };
        return exports::run(domains, wish, file, into, tell).await;
    }
    let source = sources::find(&wish.kind).ok_or_else(|| {
        let detail = format!(
            "`{}` is no source. Sources are {}.",
            wish.kind,
            kinds().join(", ")
        );
        invalid("unknown_source", detail)
    })?;
    let url = wish.url.as_deref().ok_or_else(|| {
        let detail = format!(
            "Say where it is: `rapport import {} --from postgres://…`.",
            source.kind
        );
        invalid("source_missing", detail)
    })?;
    let mut reader = Reader::open(url).await?;
    let catalogue = reader.catalogue().await?;
    let mut import = Import::begin(domains, source, wish, into, &catalogue)?;
    let outcome = import.all(&mut reader, tell).await;
    reader.close().await;
    outcome.map(|()| import.report)
}

/// One run.
struct Import<'a> {
    domains: &'a Domains,
    source: &'static Source,
    wish: &'a Wish,
    into: Option<Operator>,
    /// As many as the source has tables.
    plans: Vec<Option<Plan>>,
    report: Report,
}

impl<'a> Import<'a> {
    fn begin(
        domains: &'a Domains,
        source: &'static Source,
        wish: &'a Wish,
        into: Option<Operator>,
        catalogue: &Catalogue,
    ) -> Result<Self> {
        let plans: Vec<_> = source
            .tables
            .iter()
            .map(|table| reading::plan(table, catalogue))
            .collect();
        if let Some((table, Err(reason))) = source.tables.iter().zip(&plans).nth(source.tenants()) {
            let detail = format!(
                "This is no database of {}: {}: {reason}.",
                source.kind,
                table.full_name()
            );
            return Err(invalid("wrong_source", detail));
        }
        let tables = source.tables.iter().zip(&plans);
        let tables = tables
            .map(|(table, plan)| TableReport::of(table, plan.as_ref()))
            .collect();
        let report = Report {
            source: source.kind,
            installation: wish.installation.clone(),
            is_dry_run: wish.is_dry_run,
            tenants: Vec::new(),
            tables,
            not_read: left_out(source, catalogue),
            mended_texts: 0,
        };
        Ok(Self {
            domains,
            source,
            wish,
            into,
            plans: plans.into_iter().map(Result::ok).collect(),
            report,
        })
    }

    async fn all(&mut self, reader: &mut Reader, tell: impl Fn(&str)) -> Result<()> {
        for (place, table) in self.source.tables.iter().enumerate() {
            if self.plans[place].is_some() {
                self.report.tables[place].rows = reader.count(table).await?;
            }
        }
        let slugs = writing::store::list_slugs(&self.domains.access.db).await?;
        for (id, row) in self.tenants(reader).await? {
            self.tenant(reader, &id, &row, &slugs, &tell).await?;
        }
        if self.wish.only.is_empty() {
            self.tell_of_strays();
        }
        Ok(())
    }

    /// The source's tenants that are wanted.
    async fn tenants(&self, reader: &mut Reader) -> Result<Vec<(String, Map<String, Value>)>> {
        let place = self.source.tenants();
        let (Some(table), Some(Some(plan))) = (self.source.tables.get(place), self.plans.get(place)) else {
            return Ok(Vec::new());
        };
        reader.begin(table, plan, None).await?;
        let mut found = Vec::new();
        loop {
            let rows = reader.next().await?;
            if rows.is_empty() {
                break;
            }
            found.extend(rows);
        }
        let is_wanted = |id: &str, row: &Map<String, Value>| {
            let names = ["name", "slug"].map(|name| row.get(name).and_then(Value::as_str));
            self.wish.only.is_empty()
                || self
                    .wish
                    .only
                    .iter()
                    .any(|only| only == id || names.contains(&Some(only)))
        };
        found.retain(|(id, row)| is_wanted(id, row));
        if found.is_empty() && !self.wish.only.is_empty() {
            let detail = "The source has no tenant of this id or name.";
            return Err(invalid("nothing_wanted", detail));
        }
        Ok(found)
    }

    async fn tenant(
        &mut self,
        reader: &mut Reader,
        source_id: &str,
        row: &Map<String, Value>,
        slugs: &[(String, TenantId)],
        tell: &impl Fn(&str),
    ) -> Result<()> {
        let db = &self.domains.access.db;
        let tenant = match &self.into {
            Some(operator) => operator.tenant_id(),
            None => TenantId(mapping::derived(&[
                self.source.kind,
                &self.wish.installation,
                "tenant",
                source_id,
            ])),
        };
        let proof = NewTenant::named(tenant);
        let mut tx = writing::store::begin(db, &proof).await?;
        let was_there = writing::store::has_tenant(&mut tx).await?;
        let time_zones = writing::store::list_time_zones(&mut tx).await?;
        let channel_names = writing::store::list_channel_names(&mut tx).await?;
        let labels = writing::store::list_labels(&mut tx).await?;
        let taken: HashSet<String> = slugs
            .iter()
            .filter(|(_, owner)| *owner != tenant)
            .map(|(slug, _)| slug.clone())
            .collect();
        let master_key = &self.domains.channels.master_key;
        let mut scope = Scope::new(
            self.source.kind,
            &self.wish.installation,
            tenant,
            self.into.is_some(),
            master_key,
            &time_zones,
            &taken,
        );
        scope.channel_names = channel_names;
        scope.labels = labels;
        let name = row.get("name").and_then(Value::as_str).unwrap_or(source_id);
        self.hear_who_is_who(reader, &mut scope, source_id).await?;
        let mut open = Some(tx);
        let mut activates = Vec::new();
        let before = self.written();
        for (place, table) in self.source.tables.iter().enumerate() {
            if self.plans[place].is_none() {
                continue;
            }
            tell(&format!("{name}: {}", table.name));
            let done = self
                .table(reader, &mut scope, place, table, source_id, &proof, open.take())
                .await?;
            activates.extend(done.activates);
            open = done.tx;
        }
        let mut tx = match open {
            Some(tx) => tx,
            None => writing::store::begin(db, &proof).await?,
        };
        let slug = writing::store::find_slug(&mut tx).await?;
        if !self.wish.is_dry_run && self.written() > before {
            knowledge::embedding::jobs::enqueue(&mut tx).await?;
            let details = json!({"source": self.source.kind, "rows": self.written() - before});
            let subject = format!("import:{}", self.source.kind);
            audit::record(
                &mut tx,
                audit::OPERATOR,
                audit::Action::DataImported,
                &subject,
                details,
            )
            .await?;
            tx.commit().await?;
            for base in activates {
                knowledge::bases::activate(&self.domains.knowledge, &proof, base.into()).await?;
            }
        }
        self.report.tenants.push(TenantReport {
            source_id: source_id.to_owned(),
            tenant_id: tenant.0,
            slug,
            is_new: !was_there,
        });
        Ok(())
    }

    /// Addresses of people, which the rows of other tables need.
    async fn hear_who_is_who(
        &self,
        reader: &mut Reader,
        scope: &mut Scope<'_>,
        source_id: &str,
    ) -> Result<()> {
        for (table, plan) in self.source.tables.iter().zip(&self.plans) {
            let Some(plan) = plan.as_ref().filter(|_| table.schema == "auth") else {
                continue;
            };
            reader.begin(table, plan, Some(source_id)).await?;
            loop {
                let rows = reader.next().await?;
                if rows.is_empty() {
                    break;
                }
                for (id, values) in rows {
                    // what is wrong with it is told when its turn comes
                    let _ = (table.map)(scope, &mut Row::new(id, values), &mut Out::default());
                }
            }
        }
        find_accounts(&self.domains.access.db, scope).await
    }

    fn written(&self) -> u64 {
        self.report
            .tables
            .iter()
            .map(|table| table.created + table.updated)
            .sum()
    }

    /// One table of one tenant, a batch at a time. A dry run stays in one transaction, which is never committed.
    #[expect(clippy::too_many_arguments, reason = "each is one thing that a table needs")]
    async fn table(
        &mut self,
        reader: &mut Reader,
        scope: &mut Scope<'_>,
        place: usize,
        table: &'static Table,
        source_id: &str,
        proof: &NewTenant,
        open: Option<TenantTx>,
    ) -> Result<Done> {
        let db = &self.domains.access.db;
        let Some(plan) = &self.plans[place] else {
            return Ok(Done {
                tx: open,
                activates: Vec::new(),
            });
        };
        let report = &mut self.report.tables[place];
        let mut done = Done {
            tx: open,
            activates: Vec::new(),
        };
        reader.begin(table, plan, Some(source_id)).await?;
        loop {
            let rows = reader.next().await?;
            if rows.is_empty() {
                return Ok(done);
            }
            let batch = prepare(scope, table, rows, report, &mut self.report.mended_texts);
            let mut tx = match done.tx.take() {
                Some(tx) => tx,
                None => writing::store::begin(db, proof).await?,
            };
            let activates = writing::write(&mut tx, scope, table, batch, report).await?;
            if self.wish.is_dry_run {
                done.tx = Some(tx);
            } else {
                tx.commit().await?;
            }
            done.activates.extend(activates);
        }
    }

    /// Rows that no tenant of the source has.
    fn tell_of_strays(&mut self) {
        for table in self
            .report
            .tables
            .iter_mut()
            .filter(|table| table.missing.is_none())
        {
            if table.rows > table.seen() {
                let stray = table.rows - table.seen();
                table.tell(
                    "–",
                    format!("{stray} rows belong to none of the source's tenants: they were not brought in"),
                );
            }
        }
    }
}

/// Where a table has ended.
struct Done {
    tx: Option<TenantTx>,
    activates: Vec<Uuid>,
}

/// What each row becomes. Those that their mapping refuses are told.
fn prepare(
    scope: &mut Scope,
    table: &Table,
    rows: Vec<(String, Map<String, Value>)>,
    report: &mut TableReport,
    mended: &mut usize,
) -> Vec<Prepared> {
    let mut batch = Vec::with_capacity(rows.len());
    for (id, values) in rows {
        let digest = writing::digest_of(&values);
        for column in &mut report.columns {
            let is_filled = values.get(&column.column).is_some_and(|value| !value.is_null());
            column.filled += u64::from(is_filled);
        }
        let mut row = Row::new(id, values);
        *mended += row.mended;
        let mut out = Out::default();
        match (table.map)(scope, &mut row, &mut out) {
            Ok(()) => {
                keep_the_rest(table, &mut row, scope.is_into);
                batch.push(Prepared::new(scope, table, row, out, digest));
            }
            Err(reason) => report.refuse(&row.id, reason),
        }
    }
    batch
}

/// What has no column is kept beside the row. Of a tenant that goes into another one that is all.
fn keep_the_rest(table: &Table, row: &mut Row, is_into: bool) {
    let is_named = |column: &str| {
        table
            .columns
            .iter()
            .find(|(name, _)| *name == column)
            .map(|(_, goes)| *goes)
    };
    let is_all = is_into && matches!(table.belongs, Belongs::Itself);
    for column in row.columns() {
        let goes = is_named(&column).unwrap_or(table.others);
        if matches!(goes, Goes::Kept(_) | Goes::Both(_)) || (is_all && !matches!(goes, Goes::Out(_))) {
            row.keep_silently(&column);
        }
    }
}

/// Finds out which of the addresses that were read have an account.
async fn find_accounts(db: &Database, scope: &mut Scope<'_>) -> Result<()> {
    if scope.asked.is_empty() {
        return Ok(());
    }
    let emails: Vec<String> = scope.asked.drain().collect();
    let found: HashMap<String, Uuid> = writing::store::list_accounts(db, &emails)
        .await?
        .into_iter()
        .collect();
    scope.accounts.extend(found);
    Ok(())
}

/// What the source has beside its mapping.
fn left_out(source: &Source, catalogue: &Catalogue) -> Vec<LeftOut> {
    let known: HashSet<String> = source.tables.iter().map(Table::full_name).collect();
    let unknown = catalogue
        .keys()
        .filter(|name| name.starts_with("public.") && !known.contains(*name));
    let reason_of = |name: &str| {
        let short = name.trim_start_matches("public.");
        source
            .not_read
            .iter()
            .find(|(known, _)| *known == short)
            .map(|(_, reason)| *reason)
    };
    let unknown = unknown.map(|name| LeftOut {
        name: name.clone(),
        reason: reason_of(name)
            .unwrap_or("a table that the specification does not have")
            .to_owned(),
    });
    let elsewhere = source.not_read.iter().filter(|(name, _)| name.contains('.'));
    let elsewhere = elsewhere.map(|(name, reason)| LeftOut {
        name: (*name).to_owned(),
        reason: (*reason).to_owned(),
    });
    unknown.chain(elsewhere).collect()
}
