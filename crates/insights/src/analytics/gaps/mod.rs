//! Numbers about gaps, each question once however it is worded, as far as they are known now: one that was opened again has never
//! been closed.

pub mod store;

use chrono::{DateTime, Utc};
use kernel::ids::{ConversationId, GapId};
use kernel::{Result, TenantTx};
use serde::Serialize;

use super::filter::Question;
use super::metrics::{Items, Unit};
use super::report::{ByPart, Chart, Figure, Measured, Series, as_number, rows_over_time};

/// A gap behind a number.
#[derive(Debug, Serialize, sqlx::FromRow, utoipa::ToSchema)]
#[schema(as = AnalyticsGap)]
pub struct Gap {
    pub id: GapId,
    pub question: String,
    pub status: String,
    pub times_asked: i32,
    pub conversation_id: Option<ConversationId>,
    pub opened_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
}

/// Gaps that were open at the end of the range.
pub async fn open_gaps(tx: &mut TenantTx, question: &Question) -> Result<Figure> {
    figure(tx, question, "open_gaps").await
}

pub async fn figures(tx: &mut TenantTx, question: &Question) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for name in ["open_gaps", "gaps_opened", "gaps_closed"] {
        figures.push(figure(tx, question, name).await?);
    }
    Ok(figures)
}

async fn figure(tx: &mut TenantTx, question: &Question, name: &'static str) -> Result<Figure> {
    let now = store::count(tx, question, question.days, name)
        .await?
        .unwrap_or_default();
    let before = match question.previous {
        Some(days) => store::count(tx, question, days, name).await?,
        None => None,
    };
    Figure::of(name, Measured::count(now), before.map(Measured::count))
}

/// Opened against closed.
pub async fn over_time(tx: &mut TenantTx, question: &Question) -> Result<Chart> {
    let mut all: Vec<ByPart> = Vec::new();
    for days in [Some(question.days), question.previous].into_iter().flatten() {
        let counted = store::by_part(tx, question, days).await?;
        let rows = counted
            .into_iter()
            .map(|(key, opened, closed)| (key, vec![Some(as_number(opened)), Some(as_number(closed))]));
        all.push(rows.collect());
    }
    let empty = [Some(0.0), Some(0.0)];
    let rows = rows_over_time(question, &empty, &all[0], all.get(1));
    let series = vec![
        Series::new("opened").of("gaps_opened"),
        Series::new("closed").of("gaps_closed"),
    ];
    Ok(Chart::new("gaps", "time", Unit::Count, series, rows).opening("gaps_opened", Items::Gaps))
}
