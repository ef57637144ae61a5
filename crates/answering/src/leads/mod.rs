//! The bot and leads: it answers first, then asks once how somebody who might buy can be reached, and reads what they say.
//!
//! By itself it asks only where the channel wants it (`lead_capture`), and only the built-in bot does: a workflow asks for
//! itself. A keyword may make it ask anywhere ([`form`]), and what is said to that is heard anywhere ([`hear_form`]). What a
//! reply means for leads travels with it as a [`Step`] and is noted when the reply is stored.

pub(crate) mod interest;
pub mod reading;
mod wording;

use std::sync::Arc;

use conversations::leads::ContactInfo;
use conversations::leads::capture::{self, Known, Request, Step};
use conversations::messages::{AnswerMode, SenderType};
use kernel::ids::ConversationId;
use kernel::{Result, TenantProof};

use crate::Context;
use crate::pipeline::{self, Reply, Sink, Turn};
use crate::settings::{BotSettings, LeadCapture, LeadField};

/// How the visitor can be reached, by what they have written in a turn and before it.
pub(crate) fn told(turn: &Turn) -> ContactInfo {
    let theirs = turn
        .recent
        .iter()
        .filter(|said| said.sender_type == SenderType::User);
    told_in(theirs.map(|said| said.text.as_str()))
}

/// The same by these messages; what was written last counts.
pub(crate) fn told_in<'a>(texts: impl DoubleEndedIterator<Item = &'a str>) -> ContactInfo {
    texts.rev().fold(ContactInfo::default(), |info, text| {
        info.or(&reading::read(text, false).info)
    })
}

/// The reply to a turn of a conversation.
pub async fn answer(
    ctx: &Context,
    proof: &impl TenantProof,
    conversation: ConversationId,
    turn: &Turn,
    sink: &Sink,
) -> Result<Reply> {
    if turn.settings.lead_capture == LeadCapture::Off {
        return match hear_form(ctx, proof, conversation, turn).await? {
            Heard::Refusal => Ok(refused(turn)),
            Heard::Address(heard) => noted(ctx, proof, turn, *heard, sink).await,
            Heard::Nothing => pipeline::answer(ctx, proof, turn, sink).await,
        };
    }
    if turn.question().is_empty() {
        return pipeline::answer(ctx, proof, turn, sink).await;
    }
    let Some(known) = find_known(ctx, proof, conversation).await? else {
        return pipeline::answer(ctx, proof, turn, sink).await;
    };
    match listen(turn, &known) {
        Heard::Refusal => Ok(refused(turn)),
        Heard::Address(heard) => noted(ctx, proof, turn, *heard, sink).await,
        Heard::Nothing => {
            let made = pipeline::answer(ctx, proof, turn, sink).await?;
            Ok(ask(turn, &known, made))
        }
    }
}

async fn find_known(
    ctx: &Context,
    proof: &impl TenantProof,
    conversation: ConversationId,
) -> Result<Option<Known>> {
    let mut tx = ctx.db.tenant_read(proof).await?;
    capture::find_known(&mut tx, conversation).await
}

/// What is said to a keyword's question where a workflow answers in the bot's place, and the turn without it, if anything
/// else was said. None: the turn is the workflow's.
pub async fn answer_to_form(
    ctx: &Context,
    proof: &impl TenantProof,
    conversation: ConversationId,
    turn: &Turn,
) -> Result<Option<(Reply, Option<Turn>)>> {
    let heard = hear_form(ctx, proof, conversation, turn).await?;
    Ok(match heard {
        Heard::Nothing => None,
        Heard::Refusal => Some((refused(turn), None)),
        Heard::Address(mut heard) => {
            let rest = heard.rest.take();
            Some((given(turn, *heard), rest))
        }
    })
}

/// What is said where the bot asks nobody by itself. Only words that can be an answer are worth a look at whether anybody
/// was asked.
async fn hear_form(
    ctx: &Context,
    proof: &impl TenantProof,
    conversation: ConversationId,
    turn: &Turn,
) -> Result<Heard> {
    let said = turn.waiting().iter();
    let mut said = said.filter(|said| said.sender_type == SenderType::User);
    let may_be_answer = said.any(|said| reading::read(&said.text, true).info.is_reachable())
        || reading::is_refusal(&turn.question());
    if !may_be_answer {
        return Ok(Heard::Nothing);
    }
    let known = find_known(ctx, proof, conversation).await?;
    let asks = |known: &Known| {
        known
            .request
            .as_ref()
            .is_some_and(|request| is_answer(turn, request))
    };
    let asked = known.filter(asks);
    Ok(asked.map_or(Heard::Nothing, |known| listen(turn, &known)))
}

/// Whether the visitor's messages come right after the question.
fn is_answer(turn: &Turn, request: &Request) -> bool {
    request.outcome == "waiting" && turn.last_said_seq() == Some(request.asked_seq)
}

/// What a keyword makes the bot say: the question for an address, behind words of the tenant's own. Who can be reached
/// already, or says how in the same breath, is not asked, and becomes a lead at once.
pub fn form(turn: &Turn, known: &Known, text: Option<&str>) -> Reply {
    let settings = &turn.settings;
    let language = pipeline::language_of(turn);
    let asked = turn.question();
    let intent = interest::detect(&asked).unwrap_or("other").to_owned();
    let info = reading::read(&asked, false).info;
    if info.is_reachable() {
        let question = None;
        let rest = None;
        return given(
            turn,
            Address {
                info,
                intent,
                question,
                rest,
            },
        );
    }
    let (question, step) = if is_reachable(known, settings) {
        (
            wording::reachable(language).to_owned(),
            Step::Interested { intent },
        )
    } else {
        let question = wording::ask(&settings.lead_fields, &settings.lead_consent_text, language);
        let step = Step::Asked {
            intent,
            question: question.clone(),
        };
        (question, step)
    };
    let said = match text {
        Some(text) => format!("{text}\n\n{question}"),
        None => question,
    };
    let mut made = pipeline::in_own_words(turn, AnswerMode::Action, said);
    made.lead = Some(step);
    made
}

/// What the visitor's messages say about themselves.
enum Heard {
    Nothing,
    Refusal,
    Address(Box<Address>),
}

struct Address {
    info: ContactInfo,
    intent: String,
    /// What was asked before; none if nobody asked.
    question: Option<String>,
    /// The turn without what was read; none if nothing else was said.
    rest: Option<Turn>,
}

fn listen(turn: &Turn, known: &Known) -> Heard {
    let interest = interest::detect(&turn.question());
    let request = known.request.as_ref();
    if request.is_none() && interest.is_none() {
        return Heard::Nothing;
    }
    let is_answer = request.is_some_and(|request| is_answer(turn, request));
    let mut info = ContactInfo::default();
    let mut rest = turn.clone();
    for utterance in rest.waiting_mut() {
        if utterance.sender_type == SenderType::User {
            let read = reading::read(&utterance.text, is_answer);
            info = info.or(&read.info);
            utterance.text = read.rest;
        }
    }
    if info.is_reachable() {
        let asked = request.map(|request| request.intent.clone());
        return Heard::Address(Box::new(Address {
            intent: asked
                .or(interest.map(str::to_owned))
                .unwrap_or_else(|| "other".to_owned()),
            question: request.map(|request| request.question.clone()),
            rest: Some(rest).filter(|rest| !rest.question().is_empty()),
            info,
        }));
    }
    if is_answer && reading::is_refusal(&turn.question()) {
        return Heard::Refusal;
    }
    Heard::Nothing
}

fn refused(turn: &Turn) -> Reply {
    let text = wording::refused(pipeline::language_of(turn)).to_owned();
    let mut made = pipeline::in_own_words(turn, AnswerMode::Action, text);
    made.lead = Some(Step::Refused);
    made
}

/// Thanks, and the answer to whatever else was asked.
async fn noted(
    ctx: &Context,
    proof: &impl TenantProof,
    turn: &Turn,
    mut heard: Address,
    sink: &Sink,
) -> Result<Reply> {
    let rest = heard.rest.take();
    let thanks = given(turn, heard);
    match rest {
        Some(rest) => Ok(behind(thanks, pipeline::answer(ctx, proof, &rest, sink).await?)),
        None => Ok(thanks),
    }
}

/// Thanks for an address.
fn given(turn: &Turn, heard: Address) -> Reply {
    let thanks = wording::noted(&heard.info, pipeline::language_of(turn));
    let mut made = pipeline::in_own_words(turn, AnswerMode::Action, thanks);
    made.lead = Some(Step::Given {
        intent: heard.intent,
        info: heard.info,
        question: heard.question,
    });
    made
}

/// An answer behind thanks, as one reply.
pub fn behind(thanks: Reply, mut made: Reply) -> Reply {
    made.reply.text = format!("{}\n\n{}", thanks.reply.text, made.reply.text);
    made.lead = thanks.lead;
    made
}

/// Adds the question to an answer, where there is reason to and nobody has asked before.
fn ask(turn: &Turn, known: &Known, mut made: Reply) -> Reply {
    let settings = &turn.settings;
    if made.lead.is_some() {
        return made;
    }
    let Some(interest) = interest::detect(&turn.question()).filter(|_| !made.hands_over()) else {
        return made;
    };
    if is_reachable(known, settings) {
        if !known.has_lead {
            let intent = interest.to_owned();
            made.lead = Some(Step::Interested { intent });
        }
        return made;
    }
    // who books leaves an address there
    let books = interest == "meeting" && made.offers_booking();
    if known.request.is_none() && !books {
        let question = wording::ask(
            &settings.lead_fields,
            &settings.lead_consent_text,
            pipeline::language_of(turn),
        );
        made.reply.text = format!("{}\n\n{question}", made.reply.text);
        made.lead = Some(Step::Asked {
            intent: interest.to_owned(),
            question,
        });
    }
    made
}

/// Whether one of the ways that the business wants is known.
fn is_reachable(known: &Known, settings: &Arc<BotSettings>) -> bool {
    settings.lead_fields.iter().any(|field| match field {
        LeadField::Name => false,
        LeadField::Email => known.contact.email.is_some(),
        LeadField::Phone => known.contact.phone.is_some(),
    })
}
