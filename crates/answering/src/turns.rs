//! One reply for a burst of messages, made once, watched by everyone who waits for it.
//!
//! A *turn* begins with a visitor's message and ends when the bot has replied to all that was written until then,
//! or must stay silent. In one process at most one turn runs in a conversation; between processes the checks in
//! the reply's transaction decide. Whoever posted a message follows the turn through a [`Watcher`].

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use conversations::escalations;
use conversations::inbound::{self, Inbound, Recorded};
use conversations::leads::capture;
use conversations::meetings::scheduler::dialogue;
use conversations::messages::Message;
use conversations::outbound::{self, Outcome};
use kernel::db::JobTenant;
use kernel::error::Kind;
use kernel::ids::{ConversationId, MessageId};
use kernel::{Error, Result, TenantProof};
use knowledge::gaps;
use parking_lot::Mutex;
use tokio::sync::{broadcast, mpsc, watch};

use crate::Context;
pub use crate::bots::Bot;
use crate::keywords::{self, Asked, Then};
use crate::pipeline::{self, Delta, Reply, Turn};
use crate::quota::{self, Quota};
use crate::settings::JoinMessages;
use crate::tools::{self, Door};
use crate::{agents, booking, brain, leads, scheduling};

/// What happens in a turn, for those who wait.
#[derive(Debug, Clone)]
pub enum TurnEvent {
    /// A piece of the reply to the messages up to `seq`.
    Delta {
        seq: i64,
        delta: Delta,
    },
    /// The reply to all messages up to `seq`; none if the bot stays silent.
    Done {
        seq: i64,
        message: Option<Arc<Message>>,
    },
    Failed {
        seq: i64,
        error: Arc<Error>,
    },
}

/// The turns that run in this process. Clones share them.
#[derive(Clone, Default)]
pub struct Turns(Arc<Mutex<HashMap<ConversationId, Running>>>);

struct Running {
    events: broadcast::Sender<TurnEvent>,
    /// The newest visitor message that somebody waits for. 0: only announced, not yet stored.
    newest: watch::Sender<i64>,
    /// Posts that are being stored at this moment.
    arriving: watch::Sender<usize>,
    is_working: bool,
}

/// A post on its way into the database: the turn waits for it before it replies.
pub struct Arrival {
    turns: Turns,
    conversation: ConversationId,
}

impl Drop for Arrival {
    fn drop(&mut self) {
        let mut turns = self.turns.0.lock();
        if let Some(running) = turns.get_mut(&self.conversation) {
            running
                .arriving
                .send_modify(|count| *count = count.saturating_sub(1));
            if *running.arriving.borrow() == 0 && !running.is_working {
                turns.remove(&self.conversation);
            }
        }
    }
}

impl Turns {
    /// Announces a post. Keep the result until the post is joined to a turn or has failed.
    pub fn announce(&self, conversation: ConversationId) -> Arrival {
        let mut turns = self.0.lock();
        let running = turns.entry(conversation).or_insert_with(Running::new);
        running.arriving.send_modify(|count| *count += 1);
        Arrival {
            turns: self.clone(),
            conversation,
        }
    }

    /// Takes part in the conversation's turn. The second value is true if the caller must start the work.
    fn join(&self, conversation: ConversationId, seq: i64) -> (Watcher, bool) {
        let mut turns = self.0.lock();
        let running = turns.entry(conversation).or_insert_with(Running::new);
        running.newest.send_if_modified(|newest| {
            let is_newer = seq > *newest;
            *newest = seq.max(*newest);
            is_newer
        });
        let watcher = Watcher {
            events: running.events.subscribe(),
            seq,
        };
        let starts = !std::mem::replace(&mut running.is_working, true);
        (watcher, starts)
    }

    /// Whether no reply is being made.
    pub fn is_idle(&self) -> bool {
        self.0.lock().values().all(|running| !running.is_working)
    }

    fn watch(&self, conversation: ConversationId) -> Option<Signals> {
        let turns = self.0.lock();
        let running = turns.get(&conversation)?;
        Some(Signals {
            events: running.events.clone(),
            newest: running.newest.subscribe(),
            arriving: running.arriving.subscribe(),
        })
    }

    /// Tells the end of a turn and ends the work, unless somebody has come who waits for more than `seq`. Both happen
    /// under one lock: who joins before hears the end, who joins after begins a turn of their own.
    fn finish(&self, conversation: ConversationId, seq: i64, end: TurnEvent) -> bool {
        let mut turns = self.0.lock();
        let Some(running) = turns.get_mut(&conversation) else {
            return true;
        };
        let _ = running.events.send(end);
        if *running.newest.borrow() > seq {
            return false;
        }
        running.is_working = false;
        if *running.arriving.borrow() == 0 {
            turns.remove(&conversation);
        }
        true
    }
}

impl Running {
    fn new() -> Self {
        let (events, _) = broadcast::channel(128);
        Self {
            events,
            newest: watch::Sender::new(0),
            arriving: watch::Sender::new(0),
            is_working: false,
        }
    }
}

struct Signals {
    events: broadcast::Sender<TurnEvent>,
    newest: watch::Receiver<i64>,
    arriving: watch::Receiver<usize>,
}

/// Follows the turn that answers one posted message.
pub struct Watcher {
    events: broadcast::Receiver<TurnEvent>,
    seq: i64,
}

/// What a poster gets to see.
#[derive(Debug)]
pub enum Progress {
    Delta(Delta),
    /// The end: the reply, or none because the bot is silent.
    Done(Option<Arc<Message>>),
    Failed(Arc<Error>),
}

impl Watcher {
    /// The next thing to show; none when the turn has ended without a word for this post.
    pub async fn next(&mut self) -> Option<Progress> {
        loop {
            match self.events.recv().await {
                Ok(TurnEvent::Delta { seq, delta }) if seq >= self.seq => {
                    return Some(Progress::Delta(delta));
                }
                Ok(TurnEvent::Done { seq, message }) if seq >= self.seq => {
                    return Some(Progress::Done(message));
                }
                Ok(TurnEvent::Failed { seq, error }) if seq >= self.seq => {
                    return Some(Progress::Failed(error));
                }
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

/// What became of a post.
pub enum Posted {
    /// Follow the turn.
    Watching(Recorded, Watcher),
    /// It had been answered before, or the bot is silent: this is all there is.
    Settled(Recorded, Option<Arc<Message>>),
}

/// Stores a visitor's message and sees to its reply, even if the caller goes away meanwhile: a visitor who closes the
/// page has still asked.
pub async fn post<P>(ctx: &Context, proof: Arc<P>, bot: Bot, inbound: Inbound) -> Result<Posted>
where
    P: TenantProof + Send + Sync + 'static,
{
    let ctx = ctx.clone();
    let work = tokio::spawn(async move { store_and_join(&ctx, proof.as_ref(), bot, inbound).await });
    work.await.map_err(kernel::error::internal)?
}

async fn store_and_join(
    ctx: &Context,
    proof: &impl TenantProof,
    bot: Bot,
    inbound: Inbound,
) -> Result<Posted> {
    let arrival = ctx.turns.announce(inbound.conversation_id);
    let recorded = inbound::record(&ctx.db, proof, inbound).await?;
    let posted = answer(ctx, proof, bot, recorded).await;
    drop(arrival);
    posted
}

/// Sees to the reply to a message that was stored, unless the bot is silent or has replied.
pub async fn answer(
    ctx: &Context,
    proof: &impl TenantProof,
    bot: Bot,
    mut recorded: Recorded,
) -> Result<Posted> {
    let conversation = recorded.conversation.id;
    if !recorded.is_new
        && let Some(message) = find_reply(ctx, proof, conversation, recorded.seq).await?
    {
        return Ok(Posted::Settled(recorded, Some(Arc::new(message))));
    }
    let may_return = recorded.conversation.ai_paused && recorded.conversation.ai_enabled && bot.is_active;
    if may_return && keywords::calls_back(ctx, proof, bot.channel_id, &recorded).await? {
        recorded.conversation.ai_paused = false;
    }
    if recorded.conversation.ai_paused || !recorded.conversation.ai_enabled || !bot.is_active {
        return Ok(Posted::Settled(recorded, None));
    }
    let (watcher, starts) = ctx.turns.join(conversation, recorded.seq);
    if starts {
        let work = Work {
            ctx: ctx.clone(),
            proof: JobTenant::of(proof),
            conversation,
            bot,
        };
        tokio::spawn(work.run(recorded.clone()));
    }
    Ok(Posted::Watching(recorded, watcher))
}

/// Answers what a stopped server left unanswered.
pub async fn resume(ctx: &Context, proof: &impl TenantProof, bot: Bot, recorded: Recorded) {
    let (_, starts) = ctx.turns.join(recorded.conversation.id, recorded.seq);
    if starts {
        let work = Work {
            ctx: ctx.clone(),
            proof: JobTenant::of(proof),
            conversation: recorded.conversation.id,
            bot,
        };
        // a task of its own: a question that makes it panic must not take the sweep along
        if let Err(error) = tokio::spawn(work.run(recorded)).await {
            tracing::error!(%error, "a question that was left behind could not be answered");
        }
    }
}

async fn find_reply(
    ctx: &Context,
    proof: &impl TenantProof,
    conversation: ConversationId,
    seq: i64,
) -> Result<Option<Message>> {
    let mut tx = ctx.db.tenant_read(proof).await?;
    conversations::messages::store::find_reply_to(&mut tx, conversation, seq).await
}

/// A turn that panics must not leave its conversation without a voice: whoever waits is told, the next post begins
/// anew.
struct Release<'a> {
    turns: &'a Turns,
    conversation: ConversationId,
}

impl Drop for Release<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.turns.0.lock().remove(&self.conversation);
        }
    }
}

/// The work on one conversation, until nobody waits any more.
struct Work {
    ctx: Context,
    proof: JobTenant,
    conversation: ConversationId,
    bot: Bot,
}

/// A turn that lost the database begins again after this pause, so many times; then it is left to the sweep.
const DATABASE_PAUSE: Duration = Duration::from_secs(1);
const ATTEMPTS_WITHOUT_DATABASE: u32 = 60;
/// A reply that cannot be stored though nobody has written more is made again so often.
const MOST_ATTEMPTS: u32 = 5;

/// The visitor's last message of a turn.
type Question = (MessageId, i64);

impl Work {
    async fn run(self, recorded: Recorded) {
        let Some(mut signals) = self.ctx.turns.watch(self.conversation) else {
            return;
        };
        let _unless_it_panics = Release {
            turns: &self.ctx.turns,
            conversation: self.conversation,
        };
        let (mut first, mut attempts_left) = (Some(recorded), ATTEMPTS_WITHOUT_DATABASE);
        let (mut tried, mut tries) = (0_i64, 0_u32);
        loop {
            // who comes after this line is looked after in the next round
            let announced = *signals.newest.borrow();
            let mut quota = Quota::default();
            let made = Box::pin(self.turn(first.take(), announced, &mut signals, &mut quota)).await;
            quota.settle(&self.ctx.db, &self.proof).await;
            let (seq, end) = match made {
                Ok(Some((seq, message))) => (seq, TurnEvent::Done { seq, message }),
                // the visitor wrote more meanwhile, or what was offered is gone: once again, with everything
                Ok(None) => {
                    tries = if tried == announced { tries + 1 } else { 1 };
                    tried = announced;
                    if tries < MOST_ATTEMPTS {
                        continue;
                    }
                    let error = kernel::error::internal(format!("a reply could not be stored {tries} times"));
                    error.log();
                    let error = Arc::new(error);
                    (
                        announced,
                        TurnEvent::Failed {
                            seq: announced,
                            error,
                        },
                    )
                }
                Err(error) => {
                    error.log();
                    let is_passing = matches!(error.kind, Kind::Unavailable) && attempts_left > 0;
                    let (seq, error) = (announced, Arc::new(error));
                    let failed = TurnEvent::Failed { seq, error };
                    if is_passing {
                        // who waits is told at once; the question stays ours, for nobody may ask again
                        let _ = signals.events.send(failed);
                        attempts_left -= 1;
                        tokio::time::sleep(DATABASE_PAUSE).await;
                        continue;
                    }
                    (seq, failed)
                }
            };
            if self.ctx.turns.finish(self.conversation, seq, end) {
                return;
            }
        }
    }

    /// One attempt. None: there is more to read, begin again.
    async fn turn(
        &self,
        first: Option<Recorded>,
        announced: i64,
        signals: &mut Signals,
        quota: &mut Quota,
    ) -> Result<Option<(i64, Option<Arc<Message>>)>> {
        let (turn, question) = match first.filter(|recorded| recorded.is_new) {
            Some(recorded) => self.turn_of(recorded),
            None => match self.load().await? {
                Some(loaded) => loaded,
                // nothing waits: the bot must be silent, or another process has replied
                None => {
                    let reply = find_reply(&self.ctx, &self.proof, self.conversation, announced).await?;
                    return Ok(Some((announced, reply.map(Arc::new))));
                }
            },
        };
        let seq = question.1;
        if self.bot.settings.join_messages == JoinMessages::Always && self.more_came(signals, seq).await {
            return Ok(None);
        }
        let asked = keywords::find(
            &self.ctx,
            &self.proof,
            self.bot.channel_id,
            self.conversation,
            &turn,
        )
        .await?;
        quota.take(&self.ctx.db, &self.proof).await?;
        let (reply, with_it) = match asked.as_ref().map(|asked| (asked, asked.then(&turn))) {
            Some((asked, Then::Silence)) => return self.fall_silent(question, asked).await,
            _ if quota.is_refused() => (Some(quota::hand_over(&turn)), None),
            Some((asked, Then::Say(reply))) => (Some(*reply), Some(asked)),
            Some((asked, Then::GoOn)) => (self.compose(&turn, Some(asked), signals, seq).await?, None),
            None => (self.compose(&turn, None, signals, seq).await?, None),
        };
        let Some(reply) = reply else {
            let said_later = find_reply(&self.ctx, &self.proof, self.conversation, seq).await?;
            quota.keep_if(said_later.is_some());
            return Ok(None);
        };
        if reply.is_unsure
            && self.bot.settings.join_messages == JoinMessages::WhenUnsure
            && self.more_came(signals, seq).await
        {
            return Ok(None);
        }
        let _ = signals.arriving.wait_for(|count| *count == 0).await;
        if *signals.newest.borrow_and_update() > seq {
            return Ok(None);
        }
        let outcome = self.store(question, &reply, with_it).await?;
        quota.keep_if(matches!(outcome, Outcome::Stored(_)));
        match outcome {
            Outcome::Stored(message) => Ok(Some((seq, Some(Arc::from(message))))),
            Outcome::Silenced => Ok(Some((seq, None))),
            Outcome::Stale => Ok(None),
            Outcome::AnsweredElsewhere => {
                let message = find_reply(&self.ctx, &self.proof, self.conversation, seq).await?;
                Ok(Some((seq, message.map(Arc::new))))
            }
        }
    }

    /// The reply from what is known; what a keyword asks for beside it is done first.
    async fn compose(
        &self,
        turn: &Turn,
        asked: Option<&Asked>,
        signals: &Signals,
        seq: i64,
    ) -> Result<Option<Reply>> {
        if let Some(asked) = asked {
            keywords::perform(&self.ctx, &self.proof, self.conversation, &asked.action).await?;
        }
        let (sink, pieces) = mpsc::unbounded_channel();
        let relay = relay(pieces, signals.events.clone(), seq);
        let (reply, ()) = tokio::join!(self.make(turn, sink), relay);
        let mut reply = reply?;
        if let (Some(made), Some(asked)) = (&mut reply, asked) {
            asked.note(made);
        }
        Ok(reply)
    }

    /// A keyword silences the bot, unless the visitor has written more meanwhile.
    async fn fall_silent(
        &self,
        question: Question,
        asked: &Asked,
    ) -> Result<Option<(i64, Option<Arc<Message>>)>> {
        let mut tx = self.ctx.db.tenant(&self.proof).await?;
        let gate = outbound::store::lock(&mut tx, self.conversation).await?;
        if gate.is_some_and(|gate| !gate.ai_paused) {
            let since = outbound::store::since(&mut tx, self.conversation, question).await?;
            if since.visitor_wrote {
                return Ok(None);
            }
            automation::keywords::perform(&mut tx, self.conversation, &asked.action).await?;
            tx.commit().await?;
        }
        Ok(Some((question.1, None)))
    }

    /// None: there is nothing to say to this any more.
    async fn make(&self, turn: &Turn, sink: pipeline::Sink) -> Result<Option<Reply>> {
        match &self.bot.brain {
            // a file without a word is ours to speak of
            Some(brain) if !turn.question().is_empty() => {
                let heard = leads::answer_to_form(&self.ctx, &self.proof, self.conversation, turn).await?;
                let (thanks, turn) = match &heard {
                    None => (None, turn),
                    Some((thanks, Some(rest))) => (Some(thanks), rest),
                    Some((thanks, None)) => return Ok(Some(thanks.clone())),
                };
                let made =
                    brain::answer(&self.ctx, &self.proof, brain, self.conversation, turn, &sink).await?;
                Ok(match (thanks.cloned(), made) {
                    (Some(thanks), Some(made)) => Some(leads::behind(thanks, made)),
                    (thanks, made) => made.or(thanks),
                })
            }
            _ => {
                let (ctx, proof, conversation) = (&self.ctx, &self.proof, self.conversation);
                let routed = agents::route(ctx, proof, &self.bot, Some(conversation), turn).await?;
                let turn = routed.as_ref().unwrap_or(turn);
                let mut made = scheduling::answer(ctx, proof, &self.bot, conversation, turn, &sink).await?;
                booking::address(&self.ctx, &self.proof, self.conversation, &mut made).await?;
                Ok(Some(made))
            }
        }
    }

    /// Where tools are used; none where no channel is meant.
    fn door(&self) -> Option<Door> {
        self.bot.channel_id.map(|channel| Door {
            conversation: self.conversation,
            channel,
        })
    }

    /// Waits for the burst window to pass without a new message. True: one came.
    async fn more_came(&self, signals: &mut Signals, seq: i64) -> bool {
        let window = Duration::from_millis(self.bot.settings.burst_window_ms.into());
        tokio::time::timeout(window, signals.newest.wait_for(|newest| *newest > seq))
            .await
            .is_ok()
    }

    fn turn_of(&self, recorded: Recorded) -> (Turn, Question) {
        let turn = Turn {
            recent: recorded.recent,
            language: recorded.conversation.language,
            knowledge_revision: recorded.knowledge_revision,
            settings: self.bot.settings.clone(),
            options: self.bot.options.clone(),
            is_explained: false,
            known_vectors: Arc::default(),
            agent: None,
            door: self.door(),
        };
        (turn, (recorded.message_id, recorded.seq))
    }

    /// What waits for a reply now, read anew.
    async fn load(&self) -> Result<Option<(Turn, Question)>> {
        let mut tx = self.ctx.db.tenant_read(&self.proof).await?;
        let Some(waiting) = inbound::load_waiting(&mut tx, self.conversation).await? else {
            return Ok(None);
        };
        Ok(Some(self.turn_of(waiting)))
    }

    /// Reply, gap, hand-over and what a keyword asks for are one transaction.
    async fn store(&self, question: Question, made: &Reply, asked: Option<&Asked>) -> Result<Outcome> {
        let mut tx = self.ctx.db.tenant(&self.proof).await?;
        let outcome = outbound::record_bot_reply(&mut tx, self.conversation, question, &made.reply).await?;
        if let Outcome::Stored(message) = &outcome {
            let language = made.reply.language.as_deref();
            tools::happen(&mut tx, self.conversation, &made.effects, language).await?;
            if let Some(step) = &made.lead {
                capture::note(&mut tx, self.conversation, message.seq, step).await?;
            }
            if let Some(step) = &made.meeting
                && !dialogue::note(&mut tx, self.conversation, message.seq, step).await?
            {
                // the time was taken meanwhile: nothing of this is kept, and the reply is made from what is free now
                return Ok(Outcome::Stale);
            }
            for gap in &made.gaps {
                let gap = gap.noted(&made.reply, self.conversation, question.0);
                gaps::record(&mut tx, &gap, self.ctx.db.clock.now()).await?;
            }
            if let Some(asked) = asked {
                automation::keywords::perform(&mut tx, self.conversation, &asked.action).await?;
            } else if let Some(reason) = quota::reason(made) {
                escalations::open(&mut tx, self.conversation, reason).await?;
            }
        }
        tx.commit().await?;
        if matches!(outcome, Outcome::Stored(_)) {
            metrics::counter!("rapport_answers_total", "mode" => made.reply.mode.as_str()).increment(1);
            metrics::histogram!("rapport_answer_confidence").record(made.reply.confidence);
        }
        Ok(outcome)
    }
}

async fn relay(mut pieces: mpsc::UnboundedReceiver<Delta>, events: broadcast::Sender<TurnEvent>, seq: i64) {
    while let Some(delta) = pieces.recv().await {
        let _ = events.send(TurnEvent::Delta { seq, delta });
    }
}
