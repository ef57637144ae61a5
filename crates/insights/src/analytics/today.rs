//! The overview's numbers of today and yesterday, for the home page. They are the figures of analytics, not others like them.

use kernel::{Result, TenantTx};

use super::filter::{Filter, Question};
use super::range::{Days, Grain};
use super::{conversations, counting, gaps};

/// What became of the conversations that began on a day.
pub struct Day {
    pub conversations: i64,
    /// Those of them that the bot solved alone.
    pub automated: i64,
    /// In per cent; none: there were no conversations.
    pub automation_rate: Option<f64>,
}

pub struct Today {
    pub today: Day,
    /// As a whole.
    pub yesterday: Day,
    pub open_gaps: i64,
}

/// Of what is counted already: see [`counting::catch_up`].
pub async fn read(tx: &mut TenantTx) -> Result<Today> {
    let workspace = counting::store::workspace(tx).await?;
    let date = workspace.today;
    let today = Days { from: date, to: date };
    let date = date.pred_opt().unwrap_or(date);
    let yesterday = Days { from: date, to: date };
    let question = Question {
        days: today,
        compare: None,
        previous: None,
        grain: Grain::Day,
        zone: workspace.time_zone,
        currency: workspace.currency,
        filter: Filter::default(),
    };
    let open_gaps = gaps::store::count(tx, &question, today, "open_gaps").await?;
    Ok(Today {
        today: day(tx, &question, today).await?,
        yesterday: day(tx, &question, yesterday).await?,
        open_gaps: open_gaps.unwrap_or_default(),
    })
}

async fn day(tx: &mut TenantTx, question: &Question, days: Days) -> Result<Day> {
    let rate = conversations::automated(tx, question, days).await?;
    let count = |number: Option<f64>| number.unwrap_or_default() as i64;
    Ok(Day {
        conversations: count(rate.whole),
        automated: count(rate.part),
        automation_rate: rate.value,
    })
}
