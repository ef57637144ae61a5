//! Questions about orders, answered by rules: what a visitor wants is read by [`asking`], whose the order is decided by
//! the database, and what is said has fixed words. No model is asked, and none is needed.

use std::time::Instant;

use conversations::messages::{AnswerMode, Source, SourceKind};
use crm::orders::theirs::{self, VisitorOrder, can_be_cancelled};
use kernel::ids::ConversationId;
use kernel::{Result, TenantProof};
use knowledge::language::Language;
use serde_json::{Value, json};

use super::asking::{self, Which, Wish};
use super::codes::{self, MOST_TRIES};
use super::{AskedBy, Door, Effects, Guess, NewCall, Outcome, Permission, Situation, Tool, wording};
use crate::pipeline::{self, Reply, Sink, Turn};
use crate::{Context, leads};

/// The reply to a turn of a conversation.
pub async fn answer(
    ctx: &Context,
    proof: &impl TenantProof,
    conversation: ConversationId,
    turn: &Turn,
    sink: &Sink,
) -> Result<Reply> {
    if let Some(door) = turn.door
        && let Some(wish) = asking::read(&turn.question())
        && let Some(reply) = by_rule(ctx, proof, door, turn, wish, sink).await?
    {
        return Ok(reply);
    }
    leads::answer(ctx, proof, conversation, turn, sink).await
}

/// A wish with everything by which it is granted or not.
struct Asked<'a> {
    ctx: &'a Context,
    door: Door,
    turn: &'a Turn,
    seen: Situation,
    language: Language,
    began: Instant,
}

/// None: it is answered as if there were no tools.
async fn by_rule(
    ctx: &Context,
    proof: &impl TenantProof,
    door: Door,
    turn: &Turn,
    wish: Wish,
    sink: &Sink,
) -> Result<Option<Reply>> {
    let began = Instant::now();
    let mut tx = ctx.db.tenant_read(proof).await?;
    if !theirs::has_any(&mut tx).await? {
        return Ok(None);
    }
    let Some(seen) = Situation::load(ctx, &mut tx, door).await? else {
        return Ok(None);
    };
    let asked = Asked {
        ctx,
        door,
        turn,
        seen,
        language: pipeline::language_of(turn),
        began,
    };
    let (tool, which) = match &wish {
        Wish::SendCode => return asked.send_code(&mut tx).await,
        Wish::Code(code) => return asked.check_code(&mut tx, code).await,
        Wish::Look(which) => (Tool::FindOrder, which),
        Wish::Cancel(which) => (Tool::CancelOrder, which),
    };
    if asked.seen.permissions.of(tool) == Permission::Off {
        return Ok(None);
    }
    if asked.seen.knows_visitor() {
        let order = theirs::find(&mut tx, &asked.seen.clients, which.number()).await?;
        return Ok(Some(asked.of_known(tool, which, order)));
    }
    drop(tx);
    if *which == Which::Mine {
        // perhaps the question is about orders in general: what the knowledge says comes first
        let made = leads::answer(ctx, proof, door.conversation, turn, sink).await?;
        if made.reply.mode != AnswerMode::NoAnswer {
            return Ok(Some(made));
        }
    }
    Ok(Some(asked.of_stranger(tool, which)))
}

impl Asked<'_> {
    fn reply(&self, text: String, call: NewCall) -> Reply {
        let mut made = pipeline::in_own_words(self.turn, AnswerMode::Order, text);
        made.reply.escalation_offered = self.turn.settings.escalation_enabled;
        made.reply.trace["notes"]["tools"] = json!([call.told()]);
        made.effects = Effects::of(call);
        made
    }

    fn call(&self, tool: Tool, arguments: Value, outcome: Outcome) -> NewCall {
        NewCall {
            verified_by: self.seen.verified_by.clone(),
            ms: i32::try_from(self.began.elapsed().as_millis()).unwrap_or(i32::MAX),
            ..NewCall::new(tool, arguments, AskedBy::Rules, outcome)
        }
    }

    fn offers_person(&self) -> bool {
        self.turn.settings.escalation_enabled
    }

    fn of_known(&self, tool: Tool, which: &Which, order: Option<VisitorOrder>) -> Reply {
        let arguments = json!({"order_number": which.number()});
        let Some(order) = order else {
            let call = self.call(tool, arguments, Outcome::NotFound);
            let text = wording::not_theirs(which.number(), self.offers_person(), self.language);
            let mut made = self.reply(text, call);
            // somebody is vouched for, but nobody knows which client they are: a code would tell
            if self.seen.clients.is_empty()
                && let Some(number) = which.number()
                && self.seen.has_mail
            {
                made.reply.suggestion_chips = vec![wording::code_chip(self.language)];
                made.effects.verification = Some((number.to_owned(), false));
            }
            return made;
        };
        match tool {
            Tool::CancelOrder => self.cancel(arguments, &order),
            _ => self.tell(arguments, &order),
        }
    }

    fn tell(&self, arguments: Value, order: &VisitorOrder) -> Reply {
        let must_wait = self.seen.permissions.of(Tool::FindOrder) == Permission::Ask;
        let outcome = if must_wait {
            Outcome::Pending
        } else {
            Outcome::Done
        };
        let mut call = self.call(Tool::FindOrder, arguments, outcome);
        call.order_id = Some(order.id);
        if must_wait {
            return self.reply(
                wording::asked_colleague(Tool::FindOrder, None, self.language),
                call,
            );
        }
        let mut made = self.reply(wording::order(order, self.language), call);
        made.reply.sources = vec![source(order)];
        made
    }

    fn cancel(&self, arguments: Value, order: &VisitorOrder) -> Reply {
        let mut call = self.call(Tool::CancelOrder, arguments, Outcome::Failed);
        call.order_id = Some(order.id);
        if !can_be_cancelled(order.status) {
            call.detail = Some("order_moved_on");
            let text = wording::cannot_cancel(order, self.offers_person(), self.language);
            return self.reply(text, call);
        }
        if self.seen.waiting.contains(&order.id) {
            call.detail = Some("waits_already");
            return self.reply(wording::asked_before(self.language), call);
        }
        call.outcome = Outcome::Pending;
        let text = wording::asked_colleague(Tool::CancelOrder, Some(&order.number), self.language);
        self.reply(text, call)
    }

    /// The same for everybody of whom nothing is known, whatever orders there are.
    fn of_stranger(&self, tool: Tool, which: &Which) -> Reply {
        let number = which.number().filter(|_| self.seen.has_mail);
        let call = self.call(
            tool,
            json!({"order_number": which.number()}),
            Outcome::NotVerified,
        );
        let mut made = self.reply(wording::not_verified(number.is_some(), self.language), call);
        if let Some(number) = number {
            made.reply.suggestion_chips = vec![wording::code_chip(self.language)];
            made.effects.verification = Some((number.to_owned(), false));
        }
        made
    }

    async fn send_code(&self, tx: &mut kernel::TenantTx) -> Result<Option<Reply>> {
        let Some(offered) = self.seen.offered.as_ref().filter(|one| one.is_offered(tx.now())) else {
            return Ok(None);
        };
        if !self.seen.has_mail || self.seen.permissions.of(Tool::FindOrder) == Permission::Off {
            return Ok(None);
        }
        let number = &offered.order_number;
        let call = self.call(
            Tool::FindOrder,
            json!({"order_number": number, "code": "asked_for"}),
            Outcome::NotVerified,
        );
        if !codes::has_room(tx, self.door.conversation, number).await? {
            return Ok(Some(self.reply(wording::too_many_codes(self.language), call)));
        }
        let mut made = self.reply(wording::code_on_its_way(self.language), call);
        made.effects.verification = Some((number.clone(), true));
        Ok(Some(made))
    }

    async fn check_code(&self, tx: &mut kernel::TenantTx, typed: &str) -> Result<Option<Reply>> {
        let Some(sent) = self.seen.sent.as_ref().filter(|sent| sent.verified_at.is_none()) else {
            return Ok(None);
        };
        if self.seen.permissions.of(Tool::FindOrder) == Permission::Off {
            return Ok(None);
        }
        let arguments = json!({"order_number": sent.order_number, "code": "typed"});
        if !sent.is_open(tx.now()) {
            // long after it, six digits are something else
            if sent
                .expires_at
                .is_none_or(|until| tx.now() - until > codes::TOLD_FOR)
            {
                return Ok(None);
            }
            let call = self.call(Tool::FindOrder, arguments, Outcome::NotVerified);
            return Ok(Some(self.reply(wording::code_over(self.language), call)));
        }
        let is_right = sent.is_right(&self.ctx.master_key, typed);
        let guess = Guess {
            verification: sent.id,
            is_right,
        };
        let client = sent.client_id.filter(|_| is_right);
        let mut made = match client {
            None => {
                let call = self.call(Tool::FindOrder, arguments, Outcome::NotVerified);
                let left = MOST_TRIES - sent.tries - 1;
                self.reply(wording::wrong_code(left, self.language), call)
            }
            Some(client) => {
                let order = theirs::find(tx, &[client], Some(&sent.order_number)).await?;
                self.known_by_code(arguments, order)
            }
        };
        made.effects.guess = Some(guess);
        Ok(Some(made))
    }

    fn known_by_code(&self, arguments: Value, order: Option<VisitorOrder>) -> Reply {
        let mut seen = self.seen.clone();
        seen.verified_by = Some("code".to_owned());
        let known = Asked { seen, ..*self };
        match order {
            Some(order) => known.tell(arguments, &order),
            None => {
                let call = known.call(Tool::FindOrder, arguments, Outcome::NotFound);
                known.reply(wording::code_right(known.language), call)
            }
        }
    }
}

pub fn source(order: &VisitorOrder) -> Source {
    Source {
        kind: SourceKind::Order,
        title: order.number.clone(),
        url: None,
    }
}
