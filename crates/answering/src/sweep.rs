//! Finishes what a stopped server left: conversations whose last word is the visitor's.

use access::tenants::Operator;
use chrono::TimeDelta;
use conversations::{inbound, outbound};
use kernel::Result;
use kernel::ids::ChannelId;

use crate::Context;
use crate::turns::{self, Bot};

/// A question that is older than this and has no reply was forgotten: no turn takes so long.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::seconds(120);

/// Looks through all active tenants once. `bot_of` tells how a channel's bot is set; none skips it.
/// When the server has just started, even recent ones count: no turn of this process can be running.
pub async fn answer_forgotten<F>(
    ctx: &Context,
    is_start: bool,
    bot_of: impl Fn(Operator, ChannelId) -> F,
) -> Result<usize>
where
    F: Future<Output = Result<Option<Bot>>>,
{
    let margin = if is_start {
        TimeDelta::seconds(2)
    } else {
        FORGOTTEN_AFTER
    };
    let mut answered = 0;
    for operator in Operator::for_all_active(&ctx.db).await? {
        let before = ctx.db.clock.now() - margin;
        let found =
            outbound::store::list_unanswered(&mut ctx.db.tenant_read(&operator).await?, before).await?;
        for unanswered in found {
            let Some(bot) = bot_of(operator, unanswered.channel_id)
                .await?
                .filter(|bot| bot.is_active)
            else {
                continue;
            };
            let waiting = inbound::load_waiting(
                &mut ctx.db.tenant_read(&operator).await?,
                unanswered.conversation_id,
            )
            .await?;
            if let Some(recorded) = waiting {
                turns::resume(ctx, &operator, bot, recorded).await;
                answered += 1;
            }
        }
    }
    Ok(answered)
}
