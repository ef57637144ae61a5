//! Replies that the plan counts. One is taken before a model is asked, so that a thousand questions at once get no more than
//! are left, and given back if nothing came of it. A server that dies in between has counted one too many.
//!
//! When there are none left the bot says that a person will answer, and calls one; the replies to that are people's.

use access::plans;
use conversations::escalations::Reason;
use conversations::messages::{Action, AnswerMode};
use kernel::{Database, Result, TenantProof};

use crate::Context;
use crate::pipeline::{self, Reply, Sink, Turn};
use crate::wording::{Phrase, say};

/// How a hand-over is called that came because no reply was left.
const NONE_LEFT: &str = "bot_limit";

/// A reply's place among those that the plan has.
#[derive(Default)]
pub struct Quota(State);

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Open,
    Taken,
    Refused,
}

impl Quota {
    /// Takes the place; once is enough.
    pub async fn take(&mut self, db: &Database, proof: &impl TenantProof) -> Result<()> {
        let mut tx = db.tenant(proof).await?;
        let is_granted = plans::take_message(&mut tx).await?;
        tx.commit().await?;
        self.0 = if is_granted { State::Taken } else { State::Refused };
        Ok(())
    }

    pub fn is_refused(&self) -> bool {
        self.0 == State::Refused
    }

    /// The place is used if the reply is there.
    pub fn keep_if(&mut self, is_there: bool) {
        if is_there {
            self.0 = State::Open;
        }
    }

    /// Gives back a place that nothing has come of.
    pub async fn settle(&mut self, db: &Database, proof: &impl TenantProof) {
        if self.0 != State::Taken {
            return;
        }
        self.0 = State::Open;
        let give_back = async {
            let mut tx = db.tenant(proof).await?;
            plans::give_message_back(&mut tx).await?;
            tx.commit().await
        };
        // it stays counted, which is on the safe side
        if let Err(error) = give_back.await {
            error.log();
        }
    }
}

/// Answers a question that is no part of a conversation, if the plan has a reply left.
///
/// # Errors
/// 403 if it has none.
pub async fn answer(ctx: &Context, proof: &impl TenantProof, turn: &Turn, sink: &Sink) -> Result<Reply> {
    let mut quota = Quota::default();
    quota.take(&ctx.db, proof).await?;
    if quota.is_refused() {
        return Err(plans::messages_used_up());
    }
    let made = pipeline::answer(ctx, proof, turn, sink).await;
    quota.keep_if(made.is_ok());
    quota.settle(&ctx.db, proof).await;
    made
}

/// What the bot says when it may say nothing more.
pub fn hand_over(turn: &Turn) -> Reply {
    let text = say(Phrase::HandedOver, pipeline::language_of(turn)).to_owned();
    let mut made = pipeline::in_own_words(turn, AnswerMode::Action, text);
    made.reply.actions = vec![Action::HandOff {
        reason: NONE_LEFT.into(),
    }];
    made.reply.escalation_offered = true;
    made
}

/// Why a reply hands over, if it does.
pub fn reason(made: &Reply) -> Option<Reason> {
    let is_none_left = |action: &Action| matches!(action, Action::HandOff { reason } if reason == NONE_LEFT);
    match made.reply.actions.iter().any(is_none_left) {
        true => Some(Reason::BotLimit),
        false => made.hands_over().then_some(Reason::VisitorAsked),
    }
}
