//! The source: a database of others, read in one transaction that sees one moment and can write nothing.

pub mod store;

use std::collections::BTreeMap;

use super::mapping::{Belongs, Goes, Table};

/// The columns of each table that can be seen, by `schema.table`.
pub type Catalogue = BTreeMap<String, Vec<String>>;

/// How a table of the source is read, as far as it is there.
pub struct Plan {
    /// Columns that the specification does not have.
    pub unknown: Vec<String>,
    pub missing: Vec<&'static str>,
    select: String,
    order: String,
}

impl Table {
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }
}

/// How to read a table; none if it is not there, or cannot be told whose its rows are.
pub fn plan(table: &Table, catalogue: &Catalogue) -> Result<Plan, String> {
    let there = catalogue
        .get(&table.full_name())
        .ok_or_else(|| "there is no such table, or this account may not read it".to_owned())?;
    let is_there = |column: &str| there.iter().any(|name| name == column);
    let by = match table.belongs {
        Belongs::Itself => table.key,
        Belongs::By(column) | Belongs::Through { column, .. } => column,
    };
    for needed in [table.key, by] {
        if !is_there(needed) {
            return Err(format!("it has no column {needed}"));
        }
    }
    let is_read = |goes: &Goes| !matches!(goes, Goes::Out(_));
    let known = table.columns.iter();
    let columns: Vec<&str> = known
        .clone()
        .filter(|(name, goes)| is_there(name) && is_read(goes))
        .map(|(name, _)| *name)
        .collect();
    let missing = known
        .clone()
        .filter(|(name, _)| !is_there(name))
        .map(|(name, _)| *name);
    let is_known = |name: &String| table.columns.iter().any(|(known, _)| known == name);
    let unknown: Vec<String> = there.iter().filter(|name| !is_known(name)).cloned().collect();
    let extra = unknown
        .iter()
        .filter(|_| is_read(&table.others))
        .map(String::as_str);
    let mut read: Vec<String> = columns.iter().copied().chain(extra).map(quoted).collect();
    if !columns.contains(&table.key) {
        read.push(quoted(table.key));
    }
    let order: Vec<String> = table
        .order
        .iter()
        .filter(|name| is_there(name))
        .map(|name| quoted(name))
        .collect();
    Ok(Plan {
        select: read
            .iter()
            .map(|column| format!("t.{column}"))
            .collect::<Vec<_>>()
            .join(", "),
        order: order
            .iter()
            .map(|column| format!("t.{column}"))
            .collect::<Vec<_>>()
            .join(", "),
        missing: missing.collect(),
        unknown,
    })
}

impl Plan {
    /// All rows of one tenant, each as one JSON value, in a query for a cursor.
    fn query(&self, table: &Table, tenant: Option<&str>) -> String {
        let condition = tenant.map_or_else(String::new, |tenant| format!(" where {}", whose(table, tenant)));
        let order = if self.order.is_empty() {
            String::new()
        } else {
            format!(" order by {}", self.order)
        };
        format!(
            "select r._import_key, (to_jsonb(r) - '_import_key')::text from (select t.{}::text as _import_key, {} from {}.{} t{condition}{order}) r",
            quoted(table.key),
            self.select,
            quoted(table.schema),
            quoted(table.name)
        )
    }
}

fn whose(table: &Table, tenant: &str) -> String {
    let tenant = literal(tenant);
    match table.belongs {
        Belongs::Itself => format!("t.{} = {tenant}", quoted(table.key)),
        Belongs::By(column) => format!("t.{} = {tenant}", quoted(column)),
        Belongs::Through {
            column,
            table: parent,
            key,
            by,
        } => format!(
            "t.{} in (select p.{} from public.{} p where p.{} = {tenant})",
            quoted(column),
            quoted(key),
            quoted(parent),
            quoted(by)
        ),
    }
}

/// A name as SQL takes it, whatever is in it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A value as SQL takes it: the session has `standard_conforming_strings` on.
fn literal(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::{literal, quoted};

    #[test]
    fn names_and_values_of_others_stay_names_and_values() {
        assert_eq!(quoted("a\"; drop table x"), "\"a\"\"; drop table x\"");
        assert_eq!(literal("o'hara\\"), "'o''hara\\'");
    }
}
