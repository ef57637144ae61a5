//! Finishes what a stopped server left: conversations whose last word is the visitor's.

use access::tenants::Operator;
use chrono::TimeDelta;
use conversations::outbound::Unanswered;
use conversations::{inbound, outbound};
use futures::{StreamExt as _, stream};
use kernel::Result;
use kernel::ids::ChannelId;

use crate::Context;
use crate::turns::{self, Bot};

/// A question that is older than this and has no reply was forgotten: no turn takes so long.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::seconds(120);

/// Nobody waits for the answer to an older one. It also keeps a bot that was switched off for long from answering
/// everything that was said meanwhile.
const TOO_OLD_AFTER: TimeDelta = TimeDelta::days(1);

/// So many are answered side by side: fewer than there are connections, since visitors of now come first.
const SIDE_BY_SIDE: usize = 4;

/// Looks through all active tenants once; one that fails does not keep the others waiting. `bot_of` tells how a
/// channel's bot is set; none skips it.
///
/// When the server has just started, even the most recent questions count: whoever was working on them is gone.
/// Should it be another process after all, the check in the reply's transaction lets only one of them speak.
pub async fn answer_forgotten<F>(
    ctx: &Context,
    is_start: bool,
    bot_of: impl Fn(Operator, ChannelId) -> F,
) -> Result<usize>
where
    F: Future<Output = Result<Option<Bot>>>,
{
    let margin = if is_start {
        TimeDelta::zero()
    } else {
        FORGOTTEN_AFTER
    };
    let mut answered = 0;
    for operator in Operator::for_all_active(&ctx.db).await? {
        match answer_tenant(ctx, operator, margin, &bot_of).await {
            Ok(count) => answered += count,
            Err(error) => error.log(),
        }
    }
    Ok(answered)
}

async fn answer_tenant<F>(
    ctx: &Context,
    operator: Operator,
    margin: TimeDelta,
    bot_of: &impl Fn(Operator, ChannelId) -> F,
) -> Result<usize>
where
    F: Future<Output = Result<Option<Bot>>>,
{
    let now = ctx.db.clock.now();
    let (oldest, before) = (now - TOO_OLD_AFTER, now - margin);
    let (mut answered, mut last) = (0, None);
    loop {
        let mut tx = ctx.db.tenant_read(&operator).await?;
        let found = outbound::store::list_unanswered(&mut tx, oldest, before, last).await?;
        drop(tx);
        let is_end = found.len() < outbound::store::MOST_UNANSWERED;
        last = found.last().copied();
        let work = found
            .into_iter()
            .map(|unanswered| answer_one(ctx, operator, unanswered, bot_of));
        let done = stream::iter(work).buffer_unordered(SIDE_BY_SIDE);
        answered += done.filter(|is_done| std::future::ready(*is_done)).count().await;
        if is_end {
            return Ok(answered);
        }
    }
}

/// False: it was skipped, or could not be read.
async fn answer_one<F>(
    ctx: &Context,
    operator: Operator,
    unanswered: Unanswered,
    bot_of: &impl Fn(Operator, ChannelId) -> F,
) -> bool
where
    F: Future<Output = Result<Option<Bot>>>,
{
    let read = async {
        let bot = bot_of(operator, unanswered.channel_id).await?;
        let Some(bot) = bot.filter(|bot| bot.is_active) else {
            return Ok(None);
        };
        let mut tx = ctx.db.tenant_read(&operator).await?;
        let waiting = inbound::load_waiting(&mut tx, unanswered.conversation_id).await?;
        Ok(waiting.map(|recorded| (bot, recorded)))
    };
    match read.await {
        Ok(Some((bot, recorded))) => {
            turns::resume(ctx, &operator, bot, recorded).await;
            true
        }
        Ok(None) => false,
        Err(error) => {
            let error: kernel::Error = error;
            error.log();
            false
        }
    }
}
