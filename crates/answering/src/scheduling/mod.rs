//! Booking in the chat with the built-in scheduler: the bot offers free times as text, reads which one suits, asks for an
//! address, and books. Moving and cancelling go the same way.
//!
//! No model, and the same on every channel: [`wish`] and [`command`] read, [`wording`] speaks. What a reply does travels with
//! it as a [`Step`] and is done in the transaction in which the reply is stored; where it cannot be done any more, the reply
//! is made again. A channel with a booking link offers that instead. Before a meeting is cancelled the bot asks.

mod command;
mod offer;
mod wish;
mod wording;

use chrono::{DateTime, Utc};
use conversations::leads::ContactInfo;
use conversations::leads::capture;
use conversations::meetings::scheduler::Plan;
use conversations::meetings::scheduler::dialogue::{self, Dialogue, Known, State, Step};
use conversations::meetings::{self, Meeting};
use conversations::messages::{AnswerMode, SenderType};
use kernel::ids::ConversationId;
use kernel::{Result, TenantProof, TenantTx};
use knowledge::language::Language;

use crate::intent::{self, Intent};
use crate::leads::reading;
use crate::pipeline::{self, Reply, Sink, Turn};
use crate::settings::LeadCapture;
use crate::{Context, bots::Bot, tools};
use command::Command;
use offer::Desk;
use wish::Wish;
use wording::{Opening, Voice};

/// The reply to a turn of a conversation.
pub async fn answer(
    ctx: &Context,
    proof: &impl TenantProof,
    bot: &Bot,
    conversation: ConversationId,
    turn: &Turn,
    sink: &Sink,
) -> Result<Reply> {
    if !bot.has_scheduler || turn.question().is_empty() {
        return tools::run::answer(ctx, proof, conversation, turn, sink).await;
    }
    let known = {
        let mut tx = ctx.db.tenant_read(proof).await?;
        dialogue::find_known(&mut tx, conversation).await?
    };
    let Some(known) = known else {
        return tools::run::answer(ctx, proof, conversation, turn, sink).await;
    };
    if let Some(heard) = listen(turn, &known) {
        let tx = ctx.db.tenant_read(proof).await?;
        return respond(tx, turn, &known, heard).await;
    }
    let made = tools::run::answer(ctx, proof, conversation, turn, sink).await?;
    if !offers_aside(turn, &known, &made) {
        return Ok(made);
    }
    let tx = ctx.db.tenant_read(proof).await?;
    let language = pipeline::language_of(turn);
    let desk = Desk::open(tx, language, None).await?;
    Ok(desk.beside(turn, made))
}

/// Where the bot cannot help it offers a meeting beside a person, once a conversation.
fn offers_aside(turn: &Turn, known: &Known, made: &Reply) -> bool {
    let is_free = known.dialogue.is_none() && known.meetings.is_empty();
    let was_unknown = made.reply.mode == AnswerMode::NoAnswer && made.reply.escalation_offered;
    let asks_already = matches!(made.lead, Some(capture::Step::Asked { .. }));
    is_free && was_unknown && !asks_already && !made.hands_over() && offers_times(turn)
}

/// Where there is no link to book with, and who speaks offers meetings.
fn offers_times(turn: &Turn) -> bool {
    let agent = turn.agent.as_ref();
    turn.settings.booking_url.is_none() && agent.is_none_or(|chosen| chosen.offers_booking)
}

/// What a visitor wants of the scheduler.
enum Heard {
    Start(Wish),
    Change(Command),
    /// Whether the meeting is to be cancelled.
    Decided {
        is_agreed: bool,
    },
    /// A time of the list, or any other exact one.
    Picked(DateTime<Utc>),
    Wished(Wish),
    Others,
    Address(Box<ContactInfo>),
    Stop,
}

fn listen(turn: &Turn, known: &Known) -> Option<Heard> {
    let text = turn.question();
    if let Some(is_agreed) = decides(turn, &text, known.dialogue.as_ref()) {
        return Some(Heard::Decided { is_agreed });
    }
    let is_about_own = || !known.meetings.is_empty() || command::is_about_own(&text);
    if let Some(command) = command::read(&text).filter(|_| is_about_own()) {
        return Some(Heard::Change(command));
    }
    if let Some(dialogue) = &known.dialogue
        && let Some(heard) = listen_in(turn, &text, dialogue)
    {
        return Some(heard);
    }
    let wants_booking = intent::detect(&text) == Intent::Booking && offers_times(turn);
    wants_booking.then(|| Heard::Start(wish::read(&text)))
}

/// "Yes" or "No" right behind the question whether the meeting is to be cancelled; whatever else is said there, it is kept.
fn decides(turn: &Turn, text: &str, dialogue: Option<&Dialogue>) -> Option<bool> {
    let dialogue = dialogue.filter(|dialogue| dialogue.state == State::Cancelling)?;
    if turn.last_said_seq() != Some(dialogue.asked_seq) {
        return None;
    }
    let is_agreed = command::agrees(text);
    let is_refused = || reading::is_refusal(text) || command::denies(text);
    (is_agreed || is_refused()).then_some(is_agreed)
}

/// What it means beside what was offered. A number means something right behind the list only.
fn listen_in(turn: &Turn, text: &str, dialogue: &Dialogue) -> Option<Heard> {
    if let Some(at) = offer::find_label(dialogue, text) {
        return Some(Heard::Picked(at));
    }
    if turn.last_said_seq() != Some(dialogue.asked_seq) || dialogue.state == State::Cancelling {
        return None;
    }
    if dialogue.state == State::AskingEmail
        && let Some(info) = read_address(turn)
    {
        return Some(Heard::Address(Box::new(info)));
    }
    if let Some(number) = wish::number(text, dialogue.offered.len())
        && let Some(at) = dialogue.offered.get(number - 1)
    {
        return Some(Heard::Picked(*at));
    }
    if wish::wants_others(text) {
        return Some(Heard::Others);
    }
    if wish::is_stop(text) || reading::is_refusal(text) {
        return Some(Heard::Stop);
    }
    let wish = wish::read(text);
    (!wish.is_empty() && wish::is_nothing_else(text)).then_some(Heard::Wished(wish))
}

fn read_address(turn: &Turn) -> Option<ContactInfo> {
    let mut info = ContactInfo::default();
    for utterance in turn.waiting() {
        if utterance.sender_type == SenderType::User {
            info = info.or(&reading::read(&utterance.text, true).info);
        }
    }
    info.email.is_some().then_some(info)
}

async fn respond(mut tx: TenantTx, turn: &Turn, known: &Known, heard: Heard) -> Result<Reply> {
    let language = match (&heard, &known.dialogue) {
        // the list's own language: a number has none
        (Heard::Start(_) | Heard::Change(_), _) | (_, None) => pipeline::language_of(turn),
        (_, Some(dialogue)) => Language::from_code(&dialogue.language),
    };
    match heard {
        Heard::Change(command) => return change(tx, turn, known, language, command).await,
        Heard::Decided { is_agreed } => return decided(tx, turn, known, language, is_agreed).await,
        _ => {}
    }
    let dialogue = known.dialogue.as_ref();
    let moving = dialogue.filter(|dialogue| dialogue.state != State::Cancelling);
    let moved = moving.and_then(|dialogue| dialogue.meeting);
    let moved = moved.filter(|_| !matches!(heard, Heard::Start(_)));
    if moved.is_some_and(|meeting| !known.meetings.contains(&meeting)) {
        // it was cancelled or is over since it was to be moved
        let text = voice(&mut tx, language).await?.none_ahead().to_owned();
        return Ok(say(turn, language, text, Some(Step::Stopped)));
    }
    let desk = Desk::open(tx, language, moved).await?;
    if desk.meeting.is_none() && known.meetings.len() >= offer::MOST_AHEAD {
        return Ok(say(turn, language, desk.voice.has_enough().to_owned(), None));
    }
    Ok(match heard {
        Heard::Start(wish) | Heard::Wished(wish) => wished(&desk, turn, known, &wish),
        Heard::Picked(at) => pick(&desk, turn, known, at),
        Heard::Others => desk.offer_after(turn, known.dialogue.as_ref()),
        Heard::Address(info) => addressed(&desk, turn, known, *info),
        Heard::Stop | Heard::Change(_) | Heard::Decided { .. } => {
            let text = desk.voice.stopped().to_owned();
            say(turn, language, text, Some(Step::Stopped))
        }
    })
}

/// Asks whether the visitor's next meeting is to be cancelled, or offers other times for it.
async fn change(
    mut tx: TenantTx,
    turn: &Turn,
    known: &Known,
    language: Language,
    command: Command,
) -> Result<Reply> {
    let voice = voice(&mut tx, language).await?;
    let Some(meeting) = ahead(&mut tx, known).await?.into_iter().next() else {
        return Ok(say(turn, language, voice.none_ahead().to_owned(), None));
    };
    if meeting.source.is_vendors() {
        let text = voice.booked_elsewhere(meeting.scheduled_at);
        return Ok(say(turn, language, text, None));
    }
    match command {
        Command::Cancel => Ok(ask_whether(turn, voice, &meeting)),
        Command::Move => {
            let desk = Desk::open(tx, language, Some(meeting.id)).await?;
            Ok(desk.offer(turn, Opening::Moving(meeting.scheduled_at), desk.handful(None)))
        }
    }
}

async fn voice(tx: &mut TenantTx, language: Language) -> Result<Voice> {
    let zone = Plan::load(tx).await?.zone;
    Ok(Voice { language, zone })
}

/// What the visitor has ahead, the next first.
async fn ahead(tx: &mut TenantTx, known: &Known) -> Result<Vec<Meeting>> {
    let mut ahead = Vec::new();
    for id in &known.meetings {
        ahead.extend(meetings::store::find(tx, *id).await?);
    }
    Ok(ahead)
}

fn ask_whether(turn: &Turn, voice: Voice, meeting: &Meeting) -> Reply {
    let step = offer::asked(Dialogue {
        asked_seq: 0,
        state: State::Cancelling,
        language: offer::code(voice.language).to_owned(),
        zone: voice.zone.name().to_owned(),
        offered: Vec::new(),
        chosen: Some(meeting.scheduled_at),
        question: None,
        meeting: Some(meeting.id),
    });
    let text = voice.ask_whether(meeting.scheduled_at);
    let mut made = say(turn, voice.language, text, Some(step));
    made.reply.suggestion_chips = voice.yes_and_no();
    made
}

/// The visitor has answered whether the meeting is to be cancelled.
async fn decided(
    mut tx: TenantTx,
    turn: &Turn,
    known: &Known,
    language: Language,
    is_agreed: bool,
) -> Result<Reply> {
    let voice = voice(&mut tx, language).await?;
    let dialogue = known.dialogue.as_ref();
    let ahead = ahead(&mut tx, known).await?;
    let mut meetings = ahead.iter();
    let asked =
        meetings.find(|meeting| dialogue.is_some_and(|dialogue| dialogue.meeting == Some(meeting.id)));
    let Some(meeting) = asked else {
        let text = voice.none_ahead().to_owned();
        return Ok(say(turn, language, text, Some(Step::Stopped)));
    };
    if !is_agreed {
        let text = voice.kept(meeting.scheduled_at);
        return Ok(say(turn, language, text, Some(Step::Stopped)));
    }
    // somebody has moved it meanwhile: that is not the time that was agreed to
    if dialogue.and_then(|dialogue| dialogue.chosen) != Some(meeting.scheduled_at) {
        return Ok(ask_whether(turn, voice, meeting));
    }
    let mut others = ahead.iter().filter(|other| other.id != meeting.id);
    let next = others.next().map(|next| next.scheduled_at);
    let step = Step::Cancelled {
        meeting: meeting.id,
        reason: voice.reason().to_owned(),
    };
    let text = voice.cancelled(meeting.scheduled_at, next);
    Ok(say(turn, language, text, Some(step)))
}

/// A day or a time that the visitor has named; nothing named: whatever is free.
fn wished(desk: &Desk, turn: &Turn, known: &Known, wish: &Wish) -> Reply {
    if wish.is_empty() {
        return desk.offer(turn, Opening::Fresh, desk.handful(None));
    }
    if let Some(at) = desk.exactly(wish).filter(|_| wish.has_time()) {
        return pick(desk, turn, known, at);
    }
    let fitting = desk.fitting(wish);
    match fitting.is_empty() || wish.has_time() {
        true => desk.offer(turn, Opening::NotFree, desk.nearest(wish)),
        false => desk.offer(turn, Opening::Fresh, fitting),
    }
}

fn pick(desk: &Desk, turn: &Turn, known: &Known, at: DateTime<Utc>) -> Reply {
    if !desk.is_free(at) {
        return desk.offer(turn, Opening::Taken(at), desk.handful(None));
    }
    let language = desk.voice.language;
    if let Some(meeting) = desk.meeting {
        let step = Step::Moved {
            meeting,
            starts_at: at,
        };
        let mut made = say(turn, language, desk.voice.moved(at), Some(step));
        made.reply.suggestion_chips = desk.voice.changes();
        return made;
    }
    match &known.contact.email {
        Some(email) => booked(desk, turn, at, email, ContactInfo::default(), None),
        None => {
            let question = desk.voice.ask_email(at, &desk.plan.settings.consent_text);
            let step = offer::asked(Dialogue {
                state: State::AskingEmail,
                chosen: Some(at),
                question: Some(question.clone()),
                ..desk.dialogue(vec![at])
            });
            say(turn, language, question, Some(step))
        }
    }
}

/// The visitor has told their address: what they chose before is booked, if it is still free.
fn addressed(desk: &Desk, turn: &Turn, known: &Known, info: ContactInfo) -> Reply {
    let dialogue = known.dialogue.as_ref();
    let chosen = dialogue.and_then(|dialogue| dialogue.chosen);
    let email = info.email.clone().unwrap_or_default();
    match chosen {
        Some(at) if desk.is_free(at) => {
            let question = dialogue.and_then(|dialogue| dialogue.question.clone());
            booked(desk, turn, at, &email, info, question)
        }
        Some(at) => {
            let mut made = desk.offer(turn, Opening::Taken(at), desk.handful(None));
            if let Some(Step::Asked { info: kept, .. }) = &mut made.meeting {
                *kept = info;
            }
            made
        }
        None => desk.offer(turn, Opening::Fresh, desk.handful(None)),
    }
}

fn booked(
    desk: &Desk,
    turn: &Turn,
    at: DateTime<Utc>,
    email: &str,
    info: ContactInfo,
    question: Option<String>,
) -> Reply {
    let voice = desk.voice;
    let step = Step::Booked {
        starts_at: at,
        title: voice.title().to_owned(),
        language: offer::code(voice.language).to_owned(),
        info: info.clone(),
        question: question.clone(),
    };
    let mut made = say(turn, voice.language, voice.booked(at, email), Some(step));
    made.reply.suggestion_chips = voice.changes();
    if turn.settings.lead_capture != LeadCapture::Off {
        let intent = "meeting".to_owned();
        made.lead = Some(match info.is_reachable() {
            true => capture::Step::Given {
                intent,
                info,
                question,
            },
            false => capture::Step::Interested { intent },
        });
    }
    made
}

fn say(turn: &Turn, language: Language, text: String, step: Option<Step>) -> Reply {
    let mut made = pipeline::in_own_words(turn, AnswerMode::Action, text);
    if !language.is_unknown() {
        made.reply.language = Some(language.code().to_owned());
    }
    made.meeting = step;
    made
}
