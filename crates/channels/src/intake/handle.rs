//! What an inbound event means: who wrote, where it belongs, and who answers.

use answering::bots::{self, Bot, Which};
use answering::turns;
use chrono::{DateTime, TimeDelta, Utc};
use connectors::Event;
use connectors::inbound::{self as vendor, HandOver};
use conversations::deliveries::{self, About, News};
use conversations::inbound::{self, Inbound, Platform, Recorded};
use conversations::inbox::Status;
use conversations::inbox::changes::{self, ConversationPatch};
use conversations::messages::{self, Extras, Location};
use conversations::outbound::{self, Elsewhere};
use conversations::people::{self, Person};
use conversations::timeline::Actor;
use kernel::ids::{AssetId, ContactId, ConversationId};
use kernel::{Reason, Result, TenantProof as _};

use super::loops;
use super::media::{self, Kept};
use super::store::{End, Waiting};
use crate::Context;
use crate::connections::{Connection, store as connection_store};
use crate::{delivery, signals};

/// What became of an attempt.
#[derive(Debug)]
pub enum Outcome {
    Done(End),
    /// It is kept for somebody to look at.
    Strange(Reason),
    /// Something that it is about is not there yet.
    NotYet(Reason),
}

impl End {
    pub fn note(note: Reason) -> Self {
        Self {
            note: Some(note),
            ..Self::default()
        }
    }
}

fn done(note: Reason) -> Outcome {
    Outcome::Done(End::note(note))
}

/// How long to wait for the message that a status refers to; it may not be stored yet.
const PATIENCE: TimeDelta = TimeDelta::seconds(60);

pub async fn handle(ctx: &Context, connection: &Connection, waiting: &Waiting) -> Result<Outcome> {
    let event = match connection.connector.read(&connection.account, &waiting.body) {
        Ok(event) => event,
        Err(why) => {
            let reason = Reason::new("unreadable", "This is not what the vendor's notes say.");
            return Ok(Outcome::Strange(reason.quoting(why)));
        }
    };
    match event {
        Event::Message(message) => {
            if let Some(id) = &message.reply_to
                && is_too_early(ctx, connection, waiting, &message.thread, id).await?
            {
                return Ok(Outcome::NotYet(Reason::new(
                    "being_sent",
                    "Something is being sent: this may be about it.",
                )));
            }
            record_message(ctx, connection, &message, waiting.attempts).await
        }
        Event::Status(status) => hear_status(ctx, connection, waiting, &status).await,
        Event::Echo(echo) => hear_echo(ctx, connection, waiting, &echo).await,
        Event::Reaction {
            thread,
            message_id,
            emoji,
        } => {
            if is_too_early(ctx, connection, waiting, &thread, &message_id).await? {
                return Ok(Outcome::NotYet(Reason::new(
                    "being_sent",
                    "Something is being sent: this may be about it.",
                )));
            }
            change_message(ctx, connection, &message_id, |extras, _| {
                extras.reaction = emoji;
            })
            .await
        }
        Event::Edited { message_id, text, .. } => {
            change_message(ctx, connection, &message_id, |extras, content| {
                extras.is_edited = true;
                *content = Some(text);
            })
            .await
        }
        Event::Deleted { message_id, .. } => {
            change_message(ctx, connection, &message_id, |extras, content| {
                *extras = Extras {
                    is_deleted: true,
                    ..Extras::default()
                };
                *content = Some(String::new());
            })
            .await
        }
        Event::Blocked { is_blocked: true, .. } => Ok(done(Reason::new(
            "person_left",
            "The person does not want to hear from us any more.",
        ))),
        Event::Blocked { .. } => Ok(done(Reason::new(
            "person_back",
            "The person takes messages again.",
        ))),
        Event::HandOver { thread, to } => hand_over(ctx, connection, &thread, to).await,
        Event::Moved { from, to } => {
            let mut tx = ctx.db.tenant(connection).await?;
            let is_known = people::add_ids(&mut tx, connection.channel_id, &from, &person(&to)).await?;
            tx.commit().await?;
            Ok(done(match is_known {
                true => Reason::new("address_noted", "The person's new address was noted."),
                false => Reason::new("address_unknown", "Nobody here has the old address."),
            }))
        }
        Event::Account { is_broken, text } => {
            let mut tx = ctx.db.tenant(connection).await?;
            let now = tx.now();
            let said = Reason::said(text);
            connection_store::note_error(&mut tx, connection.channel_id, &said, is_broken, now).await?;
            tx.commit().await?;
            Ok(done(said))
        }
        Event::Ignored { why } => Ok(done(
            Reason::new("not_needed", "There is nothing to do about this.").quoting(why),
        )),
        Event::Unknown { what } => Ok(Outcome::Strange(
            Reason::new("unknown_kind", "Nothing is known of such events.").quoting(what),
        )),
    }
}

fn person(from: &vendor::Person) -> Person {
    let ids = std::iter::once(&from.id).chain(&from.other_ids);
    Person {
        ids: ids.filter(|id| !id.is_empty()).cloned().collect(),
        name: from.name.clone().or_else(|| from.username.clone()),
        username: from.username.clone(),
        phone: from.phone.as_deref().and_then(connectors::phone::canonical),
        // longer ones do not exist, and no index holds them
        email: from.email.clone().filter(|address| address.len() <= 320),
        is_verified: from.is_verified,
        language: from.language.clone(),
        avatar_url: from.avatar_url.clone(),
    }
}

/// Where a message belongs, looked up before its files are fetched.
struct Place {
    contact: ContactId,
    conversation: ConversationId,
    bot: Bot,
    reply_to: Option<kernel::ids::MessageId>,
}

async fn find_place(ctx: &Context, connection: &Connection, message: &vendor::Message) -> Result<Place> {
    let channel = connection.channel_id;
    let mut tx = ctx.db.tenant(connection).await?;
    let contact = people::find_or_create(&mut tx, channel, &person(&message.from)).await?;
    let known = people::find_conversation(&mut tx, contact, channel).await?;
    let bot = bots::get(&mut tx, Which::Channel(channel)).await?;
    let reply_to = match &message.reply_to {
        Some(id) => people::find_message(&mut tx, channel, id).await?,
        None => None,
    };
    let is_nameless = people::is_nameless(&mut tx, contact).await?;
    tx.commit().await?;
    if is_nameless {
        ask_name(ctx, connection, contact, &message.from.id);
    }
    Ok(Place {
        contact,
        conversation: known.unwrap_or_else(ConversationId::new),
        bot,
        reply_to: reply_to.map(|found| found.message_id),
    })
}

/// Some vendors tell a person's name only when they are asked. Nothing waits for it.
fn ask_name(ctx: &Context, connection: &Connection, contact: ContactId, id: &str) {
    let Ok(place) = ctx.courtesies.take(connection.tenant_id()) else {
        return;
    };
    let (ctx, connection, id) = (ctx.clone(), connection.clone(), id.to_owned());
    tokio::spawn(async move {
        let _place = place;
        let asking = connection.connector.profile(&ctx.http, &connection.account, &id);
        let Some(asking) = asking else { return };
        let Some(told) = asking.await else { return };
        let written = async {
            let mut tx = ctx.db.tenant(&connection).await?;
            people::complete(&mut tx, contact, &person(&told)).await?;
            tx.commit().await
        };
        if let Err(error) = written.await {
            error.log();
        }
    });
}

async fn record_message(
    ctx: &Context,
    connection: &Connection,
    message: &vendor::Message,
    attempts: i32,
) -> Result<Outcome> {
    let place = find_place(ctx, connection, message).await?;
    let files = keep_files(ctx, connection, place.contact, &message.media, attempts).await?;
    let _arrival = ctx.answering.turns.announce(place.conversation);
    let mut last = None;
    for (index, file) in at_least_one(files).into_iter().enumerate() {
        let inbound = inbound_of(connection, message, &place, index, file);
        match inbound::record(&ctx.db, connection, inbound).await {
            Ok(recorded) => last = Some(recorded),
            Err(error) if error.code == "blocked" => {
                return Ok(done(Reason::new(
                    "person_blocked",
                    "The team has blocked this person.",
                )));
            }
            Err(error) => return Err(error),
        }
    }
    let Some(recorded) = last else {
        return Ok(done(Reason::new("nothing_in_it", "There was nothing in it.")));
    };
    let end = End {
        note: None,
        conversation: Some(recorded.conversation.id),
        message: Some(recorded.message_id),
    };
    if !message.is_standby && !message.is_automatic {
        answer(ctx, connection, place.bot, message, recorded).await?;
    }
    Ok(Outcome::Done(end))
}

/// Of one message; more is shown as missing.
const MOST_FILES: usize = 10;
/// All files of a message together: others wait behind it.
const LONGEST_FETCH: std::time::Duration = std::time::Duration::from_secs(60);

async fn keep_files(
    ctx: &Context,
    connection: &Connection,
    contact: ContactId,
    all: &[vendor::Media],
    attempts: i32,
) -> Result<Vec<Kept>> {
    let end = tokio::time::Instant::now() + LONGEST_FETCH;
    let mut files = Vec::new();
    for media in all.iter().take(MOST_FILES) {
        let fetching = media::keep(ctx, connection, contact, media, attempts);
        let late = || Kept::Missing("The files of this message took too long to fetch.".into());
        files.push(
            tokio::time::timeout_at(end, fetching)
                .await
                .unwrap_or_else(|_| Ok(late()))?,
        );
    }
    if all.len() > MOST_FILES {
        let more = all.len() - MOST_FILES;
        files.push(Kept::Missing(format!(
            "{more} more files: a message has at most {MOST_FILES}."
        )));
    }
    Ok(files)
}

/// A message without files is one message too.
fn at_least_one(files: Vec<Kept>) -> Vec<Option<Kept>> {
    match files.is_empty() {
        true => vec![None],
        false => files.into_iter().map(Some).collect(),
    }
}

/// The longest text that is kept of a message, in characters.
const LONGEST_TEXT: usize = 20_000;

fn inbound_of(
    connection: &Connection,
    message: &vendor::Message,
    place: &Place,
    index: usize,
    file: Option<Kept>,
) -> Inbound {
    let is_first = index == 0;
    let (attachment_id, missing_file, content_type): (Option<AssetId>, _, _) = match file {
        Some(Kept::Stored { asset, content_type }) => (Some(asset), None, Some(content_type)),
        Some(Kept::Missing(why)) => (None, Some(why), None),
        None => (None, None, message.location.is_some().then_some("location")),
    };
    let location = message.location.as_ref().filter(|_| is_first);
    let text = if is_first { words(message) } else { "" };
    Inbound {
        channel_id: connection.channel_id,
        contact_id: place.contact,
        conversation_id: place.conversation,
        client_message_id: match is_first {
            true => super::stored_id(&message.id).into_owned(),
            false => format!("{}#{}", super::stored_id(&message.id), index + 1),
        },
        text: text
            .chars()
            .filter(|char| *char != '\0')
            .take(LONGEST_TEXT)
            .collect(),
        language: message.from.language.clone(),
        page_url: None,
        attachment_id,
        platform: Platform {
            thread: Some(message.thread.clone()),
            content_type,
            written_at: message.sent_at,
            extras: Extras {
                reply_to: place.reply_to,
                location: location.map(|location| Location {
                    latitude: location.latitude,
                    longitude: location.longitude,
                    name: location.name.clone(),
                    address: location.address.clone(),
                }),
                is_unsupported: message.is_unsupported,
                missing_file,
                is_automatic: message.is_automatic,
                referral: message.referral.clone().filter(|_| is_first),
                ..Extras::default()
            },
        },
    }
}

/// What the person says by pressing one of our buttons is what stood on it before it was cut to the vendor's measure.
fn words(message: &vendor::Message) -> &str {
    let cut = message.text.trim_end_matches('…').trim_end();
    match &message.choice {
        Some(choice) if choice.len() > cut.len() && !cut.is_empty() && choice.starts_with(cut) => choice,
        _ => &message.text,
    }
}

/// The bot's turn, or a person's.
async fn answer(
    ctx: &Context,
    connection: &Connection,
    bot: Bot,
    message: &vendor::Message,
    recorded: Recorded,
) -> Result<()> {
    let state = &recorded.conversation;
    if state.ai_paused || !state.ai_enabled || !bot.is_active {
        return Ok(());
    }
    if recorded.is_new && is_loop(ctx, connection, &recorded).await? {
        let mut tx = ctx.db.tenant(connection).await?;
        let reason = conversations::escalations::Reason::BotLimit;
        conversations::escalations::open(&mut tx, state.id, reason).await?;
        return tx.commit().await;
    }
    signals::typing(ctx, connection, &message.thread, &message.id);
    turns::answer(&ctx.answering, connection, bot, recorded).await?;
    Ok(())
}

async fn is_loop(ctx: &Context, connection: &Connection, recorded: &Recorded) -> Result<bool> {
    // a conversation that is shorter than that has not had so many replies
    let replies = match recorded.seq > loops::MOST_LATELY {
        true => {
            let mut tx = ctx.db.tenant_read(connection).await?;
            inbound::count_replies(&mut tx, recorded.conversation.id).await?
        }
        false => inbound::Replies::default(),
    };
    Ok(loops::is_loop(&recorded.recent, replies))
}

async fn hear_status(
    ctx: &Context,
    connection: &Connection,
    waiting: &Waiting,
    status: &vendor::Status,
) -> Result<Outcome> {
    let now = ctx.db.clock.now();
    let news = news_of(status, now);
    let mut tx = ctx.db.tenant(connection).await?;
    let channel = connection.channel_id;
    let is_known = match &status.about {
        vendor::About::Until(at) => match people::find_thread(&mut tx, channel, &status.thread).await? {
            Some(conversation) => {
                // what is being sent may be among it
                let is_sending = deliveries::store::is_sending(&mut tx, conversation).await?;
                deliveries::hear(&mut tx, channel, &About::Until(conversation, *at), &news).await?;
                !is_sending
            }
            None => false,
        },
        vendor::About::Message { id, delivery_id } => {
            let ours = delivery_id.as_deref().and_then(delivery::attempt_of);
            let by_our_id = match ours {
                Some((ours, again)) => {
                    deliveries::store::learn_platform_id(&mut tx, channel, (ours, again), id).await?;
                    deliveries::hear(&mut tx, channel, &About::Attempt(ours, again), &news).await?
                }
                None => false,
            };
            by_our_id || deliveries::hear(&mut tx, channel, &About::Platform(id), &news).await?
        }
    };
    tx.commit().await?;
    if is_known {
        return Ok(Outcome::Done(End::default()));
    }
    match now - waiting.received_at < PATIENCE {
        true => Ok(Outcome::NotYet(Reason::new(
            "not_known_yet",
            "The message that it is about is not known yet.",
        ))),
        false => Ok(done(Reason::new(
            "not_from_here",
            "It is about a message that was not sent from here.",
        ))),
    }
}

fn news_of(status: &vendor::Status, now: DateTime<Utc>) -> News {
    let (state, code, reason) = match &status.state {
        vendor::State::Sent => (deliveries::Status::Sent, None, None),
        vendor::State::Delivered => (deliveries::Status::Delivered, None, None),
        vendor::State::Read => (deliveries::Status::Read, None, None),
        vendor::State::Failed { code, reason } => (
            deliveries::Status::Failed,
            Some(code.clone()),
            Some(reason.clone()),
        ),
    };
    News {
        status: state,
        code,
        reason,
        at: status.at.unwrap_or(now),
    }
}

/// What was said in our name: our own words, which the vendor repeats, or a person's in the vendor's inbox, who thereby
/// has the floor.
async fn hear_echo(
    ctx: &Context,
    connection: &Connection,
    waiting: &Waiting,
    echo: &vendor::Echo,
) -> Result<Outcome> {
    let now = ctx.db.clock.now();
    let channel = connection.channel_id;
    let sent = News {
        status: deliveries::Status::Sent,
        code: None,
        reason: None,
        at: echo.sent_at.unwrap_or(now),
    };
    let mut tx = ctx.db.tenant(connection).await?;
    let known = people::find_thread(&mut tx, channel, &echo.thread).await?;
    // asked before the ids are looked at: what is written down in between would be in neither
    let is_sending = match known {
        Some(conversation) => deliveries::store::is_sending(&mut tx, conversation).await?,
        None => false,
    };
    let ours = echo.delivery_id.as_deref().and_then(delivery::attempt_of);
    let mut is_ours = deliveries::hear(&mut tx, channel, &About::Platform(&echo.id), &sent).await?;
    if let Some((id, again)) = ours {
        deliveries::store::learn_platform_id(&mut tx, channel, (id, again), &echo.id).await?;
        deliveries::hear(&mut tx, channel, &About::Attempt(id, again), &sent).await?;
        // whichever attempt it was
        is_ours |= deliveries::store::is_known(&mut tx, channel, id).await?;
    }
    if is_ours {
        tx.commit().await?;
        return Ok(done(Reason::new("own_words", "Our own words.")));
    }
    let thread = Person {
        ids: vec![echo.thread.clone()],
        ..Person::default()
    };
    if is_sending && now - waiting.received_at < PATIENCE {
        return Ok(Outcome::NotYet(Reason::new(
            "being_sent",
            "Something is being sent: this may be about it.",
        )));
    }
    let conversation = match known {
        Some(conversation) => conversation,
        None => {
            let contact = people::find_or_create(&mut tx, channel, &thread).await?;
            people::begin_conversation(&mut tx, contact, channel, &echo.thread).await?
        }
    };
    let said = Elsewhere {
        client_message_id: &echo.id,
        text: &echo.text,
        author: echo.author.as_deref(),
        has_files: !echo.media.is_empty(),
        pauses_bot: !echo.is_automatic,
    };
    let message = outbound::record_elsewhere(&mut tx, conversation, &said).await?;
    tx.commit().await?;
    Ok(Outcome::Done(End {
        note: Some(Reason::new("said_elsewhere", "Said in the vendor's own inbox.")),
        conversation: Some(conversation),
        message,
    }))
}

/// A person may be faster with an answer to what we send than the vendor is with its answer to our call.
async fn is_too_early(
    ctx: &Context,
    connection: &Connection,
    waiting: &Waiting,
    thread: &str,
    platform_id: &str,
) -> Result<bool> {
    let channel = connection.channel_id;
    let mut tx = ctx.db.tenant_read(connection).await?;
    if ctx.db.clock.now() - waiting.received_at > PATIENCE
        || people::find_message(&mut tx, channel, platform_id)
            .await?
            .is_some()
    {
        return Ok(false);
    }
    match people::find_thread(&mut tx, channel, thread).await? {
        Some(conversation) => deliveries::store::is_sending(&mut tx, conversation).await,
        None => Ok(false),
    }
}

/// Changes what is known of a message, theirs or ours.
async fn change_message(
    ctx: &Context,
    connection: &Connection,
    platform_id: &str,
    change: impl FnOnce(&mut Extras, &mut Option<String>),
) -> Result<Outcome> {
    let mut tx = ctx.db.tenant(connection).await?;
    let Some(found) = people::find_message(&mut tx, connection.channel_id, platform_id).await? else {
        return Ok(done(Reason::new(
            "no_such_message",
            "It is about a message that is not here.",
        )));
    };
    let (mut extras, mut text) = (found.extras, None);
    change(&mut extras, &mut text);
    messages::store::change(&mut tx, found.message_id, &extras, text.as_deref()).await?;
    tx.emit(kernel::Event::MessageChanged {
        conversation_id: found.conversation_id,
        message_id: found.message_id,
    });
    tx.commit().await?;
    Ok(Outcome::Done(End {
        note: None,
        conversation: Some(found.conversation_id),
        message: Some(found.message_id),
    }))
}

async fn hand_over(ctx: &Context, connection: &Connection, thread: &str, to: HandOver) -> Result<Outcome> {
    let mut tx = ctx.db.tenant(connection).await?;
    let found = people::find_thread(&mut tx, connection.channel_id, thread).await?;
    let Some(conversation) = found else {
        return Ok(done(Reason::new(
            "no_conversation",
            "There is no conversation with this person yet.",
        )));
    };
    let mut patch = ConversationPatch::default();
    match to {
        HandOver::Person => patch.ai_paused = Some(true),
        HandOver::Bot => patch.ai_paused = Some(false),
        HandOver::Closed => patch.status = Some(Status::Resolved),
    }
    let actor = Actor {
        name: Some(connection.connector.about().name.to_owned()),
        ..Actor::default()
    };
    changes::apply(&mut tx, conversation, &patch, &actor).await?;
    tx.commit().await?;
    Ok(Outcome::Done(End {
        note: None,
        conversation: Some(conversation),
        message: None,
    }))
}
