//! Numbers about single answers of the bot: how sure it was, what visitors thought of them, where they come from.

pub mod store;

use chrono::{DateTime, Utc};
use kernel::ids::{ConversationId, MessageId};
use kernel::{Result, TenantTx};
use serde::Serialize;

use super::filter::Question;
use super::metrics::{Items, Unit};
use super::report::{Chart, Row, Series, as_number};

/// An answer behind a number.
#[derive(Debug, Serialize, sqlx::FromRow, utoipa::ToSchema)]
#[schema(as = AnalyticsAnswer)]
pub struct Answer {
    /// Of the message that it is.
    pub id: MessageId,
    pub conversation_id: ConversationId,
    pub question: String,
    pub mode: String,
    pub confidence: f64,
    pub feedback: Option<String>,
    pub answered_at: DateTime<Utc>,
}

/// How many answers for each tenth of confidence.
pub async fn histogram(tx: &mut TenantTx, question: &Question) -> Result<Chart> {
    let found = store::by_confidence(tx, question).await?;
    let rows = (0..10_i32).map(|bin| {
        let count = found
            .iter()
            .find(|(place, _)| *place == bin)
            .map_or(0, |(_, count)| *count);
        Row::new(bin.to_string(), vec![Some(as_number(count))]).narrowed("bin", bin.to_string())
    });
    let series = vec![Series::new("answers")];
    let chart = Chart::new("confidence", "bin", Unit::Count, series, rows.collect());
    Ok(chart.opening("confidence", Items::Answers))
}
