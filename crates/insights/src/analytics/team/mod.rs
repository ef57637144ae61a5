//! Who has how much to do, and what waits for how long.

use std::collections::BTreeMap;

use kernel::{Result, TenantTx};

use super::conversations::store::{self, Formula, Group};
use super::filter::Question;
use super::metrics::{Items, Unit};
use super::report::{Chart, Row, Series, as_number};

/// Ages as keys, the youngest first.
const AGES: [&str; 6] = ["1h", "4h", "1d", "3d", "7d", "older"];

type OpenNow = [(Option<String>, String, i64)];

/// Who has handled how many conversations and has how many now, and what waits for how long.
pub async fn charts(tx: &mut TenantTx, question: &Question) -> Result<[Chart; 2]> {
    let open = store::open_now(tx, question).await?;
    Ok([load(tx, question, &open).await?, by_age(&open)])
}

async fn load(tx: &mut TenantTx, question: &Question, open: &OpenNow) -> Result<Chart> {
    let formulas = [
        Formula::Count { of: "true" },
        Formula::Percentile {
            value: "case when f.first_person = member then f.person_reply_seconds end",
            at: "0.5",
        },
    ];
    let handled = store::measure(tx, question, question.days, Group::Person, &formulas).await?;
    let names = store::names(tx, Group::Person).await?;
    let mut people: BTreeMap<String, [Option<f64>; 3]> = BTreeMap::new();
    for (who, _, count) in open {
        let row = people.entry(who.clone().unwrap_or_else(|| "none".into()));
        let row = row.or_insert([Some(0.0), Some(0.0), None]);
        row[1] = row[1].map(|sum| sum + as_number(*count));
    }
    for (who, measured) in handled {
        let row = people.entry(who).or_insert([Some(0.0), Some(0.0), None]);
        row[0] = measured[0].value;
        row[2] = measured[1].value;
    }
    let mut rows: Vec<Row> = people
        .into_iter()
        .map(|(who, values)| {
            Row::new(who.clone(), values.to_vec())
                .narrowed("person", who.clone())
                .labelled(names.get(&who).cloned())
        })
        .collect();
    rows.sort_by(|a, b| {
        b.values[0]
            .unwrap_or_default()
            .total_cmp(&a.values[0].unwrap_or_default())
    });
    let series = vec![
        Series::new("handled").of("handled"),
        Series::new("open_now").of("open_now"),
        Series::new("first_reply")
            .of("person_first_reply")
            .in_unit(Unit::Seconds),
    ];
    Ok(Chart::new("load", "member", Unit::Count, series, rows).opening("handled", Items::Conversations))
}

fn by_age(open: &OpenNow) -> Chart {
    let rows = AGES.iter().map(|age| {
        let of_age = open.iter().filter(|(_, found, _)| found == age);
        let count: i64 = of_age.map(|(_, _, count)| count).sum();
        Row::new(*age, vec![Some(as_number(count))]).narrowed("age", *age)
    });
    let series = vec![Series::new("conversations")];
    Chart::new("open_by_age", "age", Unit::Count, series, rows.collect())
        .opening("open_now", Items::Conversations)
}
