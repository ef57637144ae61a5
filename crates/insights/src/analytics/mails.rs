//! The report of figures by mail: the overview of the last week or month, for members who want it. It holds numbers alone.

use access::tenants::{self, Operator};
use chrono::{Datelike as _, Days as Ahead, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use kernel::{Database, Result, TenantProof};
use notifications::choices::Report;
use notifications::{Context as Notifications, reports};

use super::filter::{Filter, Question};
use super::metrics::{self, Unit};
use super::range::{Compare, Days};
use super::report::{ChangeUnit, Figure};
use super::{counting, pages};

/// A report that could not be written for so long after it was due is not written any more.
const LATEST: TimeDelta = TimeDelta::days(2);

/// Writes the reports that are due, in every active tenant; one that fails does not keep the others waiting.
pub async fn tell_everywhere(db: &Database, notifications: &Notifications) -> Result<()> {
    for operator in Operator::for_all_active(db).await? {
        if let Err(error) = tell(db, notifications, &operator).await {
            error.log();
        }
    }
    Ok(())
}

async fn tell(db: &Database, notifications: &Notifications, proof: &impl TenantProof) -> Result<()> {
    let mut tx = db.tenant_read(proof).await?;
    let workspace = counting::store::workspace(&mut tx).await?;
    let readers = reports::list_readers(notifications, &mut tx).await?;
    drop(tx);
    let due: Vec<_> = readers
        .iter()
        .filter_map(|reader| Some((reader, period(reports::wanted(reader), workspace.now)?)))
        .collect();
    if due.is_empty() {
        return Ok(());
    }
    // a mail is written once: everything is counted before
    while !counting::catch_up(db, proof).await? {}
    let mut tx = db.tenant(proof).await?;
    let language = tenants::store::get(&mut tx).await?.language;
    for (reader, days) in due {
        let question = Question {
            days,
            compare: Some(Compare::Previous),
            previous: Some(days.before(Compare::Previous)),
            grain: days.usual_grain(),
            zone: workspace.time_zone.clone(),
            currency: workspace.currency.clone(),
            filter: Filter::default(),
        };
        let figures = pages::overview_figures(&mut tx, &question).await?;
        let is_french = language.starts_with("fr");
        let lines = figures.iter().map(|figure| line(figure, is_french));
        let lines: Vec<String> = lines.collect::<Result<_>>()?;
        let name = format!("{} – {}", day(days.from, is_french), day(days.to, is_french));
        let key = format!("{}/{}", days.from, days.to);
        reports::put(notifications, &mut tx, reader, (&name, &key), &lines).await?;
    }
    tx.commit().await
}

/// What a report that is due now is about; none: none is.
fn period(report: Report, now: NaiveDateTime) -> Option<Days> {
    let today = now.date();
    let first = match report {
        Report::Never => return None,
        Report::Weekly => today - TimeDelta::days(i64::from(today.weekday().num_days_from_monday())),
        Report::Monthly => today.with_day(1)?,
    };
    let due = first.and_time(NaiveTime::from_hms_opt(8, 0, 0)?);
    if now < due || now >= due + LATEST {
        return None;
    }
    let to = first.checked_sub_days(Ahead::new(1))?;
    let from = match report {
        Report::Monthly => to.with_day(1)?,
        _ => first - TimeDelta::days(7),
    };
    Some(Days { from, to })
}

fn day(day: NaiveDate, is_french: bool) -> String {
    day.format(if is_french { "%d/%m/%Y" } else { "%Y-%m-%d" })
        .to_string()
}

/// `Automation rate: 62% (+3.5 points)`.
fn line(figure: &Figure, is_french: bool) -> Result<String> {
    let title = metrics::get(figure.metric)?.title;
    let (title, separator) = if is_french {
        (title.fr, " :")
    } else {
        (title.en, ":")
    };
    let value = figure
        .value
        .map_or_else(|| "–".to_owned(), |value| shown(value, figure.unit, is_french));
    let change = figure.change.map_or_else(String::new, |change| {
        let number = decimal(change, is_french);
        let sign = if change > 0.0 { "+" } else { "" };
        match figure.change_unit {
            ChangeUnit::Points => format!(" ({sign}{number} points)"),
            ChangeUnit::Percent if is_french => format!(" ({sign}{number} %)"),
            ChangeUnit::Percent => format!(" ({sign}{number}%)"),
        }
    });
    Ok(format!("{title}{separator} {value}{change}"))
}

fn shown(value: f64, unit: Unit, is_french: bool) -> String {
    match unit {
        Unit::Percent if is_french => format!("{} %", decimal(value, true)),
        Unit::Percent => format!("{}%", decimal(value, false)),
        Unit::Seconds if value < 90.0 => format!("{} s", decimal(value, is_french)),
        Unit::Seconds if value < 5_400.0 => format!("{} min", decimal(value / 60.0, is_french)),
        Unit::Seconds => format!("{} h", decimal(value / 3_600.0, is_french)),
        _ => decimal(value, is_french),
    }
}

/// One decimal at most.
fn decimal(value: f64, is_french: bool) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    let text = (rounded + 0.0).to_string();
    if is_french { text.replace('.', ",") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_due_on_mondays_and_on_the_first_at_eight() {
        let days = |from: &str, to: &str| {
            Some(Days {
                from: from.parse().unwrap(),
                to: to.parse().unwrap(),
            })
        };
        let week = days("2026-11-16", "2026-11-22");
        for (report, now, wanted) in [
            (Report::Weekly, "2026-11-23T07:59:59", None),
            (Report::Weekly, "2026-11-23T08:00:00", week),
            (Report::Weekly, "2026-11-24T23:00:00", week),
            (Report::Weekly, "2026-11-25T08:00:00", None),
            (
                Report::Monthly,
                "2026-12-01T08:00:00",
                days("2026-11-01", "2026-11-30"),
            ),
            (Report::Monthly, "2026-11-23T08:00:00", None),
            (Report::Never, "2026-11-23T08:00:00", None),
        ] {
            assert_eq!(period(report, now.parse().unwrap()), wanted, "{report:?} {now}");
        }
    }

    #[test]
    fn numbers_are_written_as_the_language_does() {
        assert_eq!(shown(62.04, Unit::Percent, false), "62%");
        assert_eq!(shown(62.46, Unit::Percent, true), "62,5 %");
        assert_eq!(shown(150.0, Unit::Seconds, false), "2.5 min");
        assert_eq!(shown(214.0, Unit::Count, true), "214");
    }
}
