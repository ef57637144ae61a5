//! All SQL for reading the tables of days and months.

use chrono::{DateTime, Utc};
use kernel::page::Position;
use kernel::{Result, TenantTx};
use serde_json::Value;
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use crate::analytics::range::Days;

#[derive(Debug, Clone, Copy)]
pub struct Table {
    name: &'static str,
    /// When the row's period begins, in the time zone that is bound.
    begins: &'static str,
    pub is_of_sales: bool,
}

const TABLES: [Table; 6] = [
    Table {
        name: "daily",
        begins: "t.date::timestamp at time zone z.zone",
        is_of_sales: false,
    },
    Table {
        name: "chatbot_effectiveness",
        begins: "t.period_day",
        is_of_sales: false,
    },
    Table {
        name: "channel_performance",
        begins: "t.period_month",
        is_of_sales: false,
    },
    Table {
        name: "deal_metrics",
        begins: "t.period_month",
        is_of_sales: true,
    },
    Table {
        name: "client_metrics",
        begins: "t.period_month",
        is_of_sales: true,
    },
    Table {
        name: "revenue_metrics",
        begins: "t.period_day",
        is_of_sales: true,
    },
];

pub fn find(name: &str) -> Option<Table> {
    TABLES.into_iter().find(|table| table.name == name)
}

pub struct Row {
    pub position: Position,
    pub columns: Value,
}

/// The newest period first.
pub async fn list(
    tx: &mut TenantTx,
    table: Table,
    days: Days,
    zone: &str,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<Row>> {
    let (name, begins) = (table.name, table.begins);
    let mut query = QueryBuilder::<Postgres>::new(format!(
        "select {begins}, t.id, to_jsonb(t) - 'tenant_id' from analytics_{name} t cross join (select "
    ));
    query.push_bind(zone.to_owned()).push("::text as zone) z");
    query.push(format!(
        " where t.tenant_id = current_tenant_id() and {begins} >= "
    ));
    query
        .push_bind(days.from)
        .push("::date::timestamp at time zone z.zone");
    query.push(format!(" and {begins} < (")).push_bind(days.to);
    query.push("::date + 1)::timestamp at time zone z.zone");
    if let Some(position) = after {
        query
            .push(format!(" and ({begins}, t.id) < ("))
            .push_bind(position.at);
        query.push(", ").push_bind(position.id).push(")");
    }
    query.push(" order by 1 desc, 2 desc limit ").push_bind(limit);
    let rows: Vec<(DateTime<Utc>, Uuid, Value)> = query.build_query_as().fetch_all(&mut **tx).await?;
    let rows = rows.into_iter().map(|(at, id, columns)| Row {
        position: Position { at, id },
        columns,
    });
    Ok(rows.collect())
}
