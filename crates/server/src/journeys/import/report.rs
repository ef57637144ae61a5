//! What an import did, or would do: table by table, column by column, and every row that could not be brought in.

use std::collections::BTreeMap;

use serde::Serialize;
use uuid::Uuid;

use super::mapping::{Goes, Table};
use super::reading::Plan;

/// Problems beyond this many of a table are only counted.
const MOST_PROBLEMS: usize = 200;

#[derive(Debug, Serialize)]
pub struct Report {
    pub source: &'static str,
    pub installation: String,
    pub is_dry_run: bool,
    pub tenants: Vec<TenantReport>,
    pub tables: Vec<TableReport>,
    /// Tables and views that are not read, each with the reason.
    pub not_read: Vec<LeftOut>,
    /// Texts that were encoded twice, and are now as they were meant.
    pub mended_texts: usize,
}

#[derive(Debug, Serialize)]
pub struct TenantReport {
    pub source_id: String,
    pub tenant_id: Uuid,
    pub slug: Option<String>,
    pub is_new: bool,
}

#[derive(Debug, Serialize)]
pub struct LeftOut {
    pub name: String,
    pub reason: String,
}

#[derive(Debug, Serialize)]
pub struct TableReport {
    pub table: String,
    /// Why it was not read at all.
    pub missing: Option<String>,
    /// In the source, whoever they belong to.
    pub rows: u64,
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    /// Changed there and here since: left as they are here.
    pub kept_ours: u64,
    pub refused: u64,
    pub columns: Vec<ColumnReport>,
    pub problems: Vec<Problem>,
    /// What could not be taken over as it was, with the number of rows.
    pub notes: BTreeMap<String, u64>,
}

#[derive(Debug, Serialize)]
pub struct ColumnReport {
    pub column: String,
    /// `to`, `kept`, `left_out`, or `missing` in the source.
    pub outcome: &'static str,
    /// Where it goes, or why it goes nowhere.
    pub detail: String,
    /// Rows in which it has a value.
    pub filled: u64,
}

#[derive(Debug, Serialize)]
pub struct Problem {
    pub row: String,
    pub reason: String,
}

impl TableReport {
    pub fn of(table: &Table, plan: Result<&Plan, &String>) -> Self {
        let describe = |column: &str, goes: Goes| {
            let (outcome, detail) = match goes {
                Goes::To(place) | Goes::Both(place) => ("to", place),
                Goes::Kept(reason) => ("kept", reason),
                Goes::Out(reason) => ("left_out", reason),
            };
            ColumnReport {
                column: column.to_owned(),
                outcome,
                detail: detail.to_owned(),
                filled: 0,
            }
        };
        let mut columns: Vec<ColumnReport> = table
            .columns
            .iter()
            .map(|(name, goes)| describe(name, *goes))
            .collect();
        let mut missing = None;
        match plan {
            Ok(plan) => {
                for column in columns
                    .iter_mut()
                    .filter(|column| plan.missing.contains(&column.column.as_str()))
                {
                    column.outcome = "missing";
                }
                columns.extend(plan.unknown.iter().map(|name| describe(name, table.others)));
            }
            Err(reason) => missing = Some(reason.clone()),
        }
        Self {
            table: table.full_name(),
            missing,
            rows: 0,
            created: 0,
            updated: 0,
            unchanged: 0,
            kept_ours: 0,
            refused: 0,
            columns,
            problems: Vec::new(),
            notes: BTreeMap::new(),
        }
    }

    /// Rows that were looked at.
    pub fn seen(&self) -> u64 {
        self.created + self.updated + self.unchanged + self.kept_ours + self.refused
    }

    pub fn refuse(&mut self, row: &str, reason: String) {
        self.refused += 1;
        self.tell(row, reason);
    }

    pub fn tell(&mut self, row: &str, reason: String) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(Problem {
                row: row.to_owned(),
                reason,
            });
        }
    }
}

impl Report {
    pub fn has_changed(&self) -> bool {
        self.tables.iter().any(|table| table.created + table.updated > 0)
    }

    pub fn has_problems(&self) -> bool {
        self.tables.iter().any(|table| !table.problems.is_empty())
    }

    /// For people.
    pub fn print(&self) {
        let verb = if self.is_dry_run { "would be" } else { "were" };
        for tenant in &self.tenants {
            let slug = tenant.slug.as_deref().unwrap_or("–");
            let what = if tenant.is_new { "new tenant" } else { "tenant" };
            println!("{what} {slug} for {}", tenant.source_id);
        }
        for table in &self.tables {
            if let Some(reason) = &table.missing {
                println!("\n{}: not read: {reason}", table.table);
                continue;
            }
            println!(
                "\n{}: {} rows; {} {verb} created, {} updated, {} unchanged, {} left as changed here, {} refused",
                table.table,
                table.rows,
                table.created,
                table.updated,
                table.unchanged,
                table.kept_ours,
                table.refused
            );
            for column in &table.columns {
                let sign = match column.outcome {
                    "to" => "→",
                    "kept" => "kept:",
                    "missing" => "is not there:",
                    _ => "left out:",
                };
                println!(
                    "  {:<24} {:>8}  {sign} {}",
                    column.column, column.filled, column.detail
                );
            }
            table
                .notes
                .iter()
                .for_each(|(note, count)| println!("  note, {count} rows: {note}"));
            for problem in &table.problems {
                println!("  problem, row {}: {}", problem.row, problem.reason);
            }
        }
        for left in &self.not_read {
            println!("\n{}: not read: {}", left.name, left.reason);
        }
        if self.mended_texts > 0 {
            println!(
                "\n{} texts that were encoded twice have been mended.",
                self.mended_texts
            );
        }
        if !self.is_dry_run && !self.has_changed() {
            println!("\nNothing has changed since the last import.");
        }
    }
}
