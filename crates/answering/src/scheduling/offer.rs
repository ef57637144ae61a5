//! The times that are offered: a handful of the free ones, spread over days, or those that fit what somebody has named.

use chrono::{DateTime, NaiveDate, Timelike as _, Utc};
use conversations::leads::ContactInfo;
use conversations::meetings::scheduler::dialogue::{Dialogue, State, Step};
use conversations::meetings::scheduler::{Plan, find_free};
use conversations::settings::hours::{Tz, find_zone};
use kernel::ids::MeetingId;
use kernel::{Result, TenantTx};
use knowledge::language::Language;

use super::say;
use super::wish::Wish;
use super::wording::{Opening, Voice};
use crate::intent::plain;
use crate::pipeline::{Reply, Turn};

/// So many times are offered at once.
const MOST: usize = 5;
/// Beside an answer.
const MOST_ASIDE: usize = 3;
/// So many meetings one visitor has ahead, at most.
pub const MOST_AHEAD: usize = 3;

/// What is free now, and the words for it.
pub struct Desk {
    pub plan: Plan,
    pub voice: Voice,
    /// The meeting that is to be moved.
    pub meeting: Option<MeetingId>,
    /// Everything that is free, the nearest first.
    free: Vec<DateTime<Utc>>,
    now: DateTime<Utc>,
}

impl Desk {
    pub async fn open(mut tx: TenantTx, language: Language, meeting: Option<MeetingId>) -> Result<Self> {
        let (plan, now) = (Plan::load(&mut tx).await?, tx.now());
        let window = plan.all(now);
        let slots = find_free(tx, &plan, plan.measure(), &plan.hosts, window, meeting).await?;
        Ok(Self {
            voice: Voice {
                language,
                zone: plan.zone,
            },
            free: slots.into_iter().map(|slot| slot.starts_at).collect(),
            plan,
            meeting,
            now,
        })
    }

    pub fn is_free(&self, at: DateTime<Utc>) -> bool {
        self.free.contains(&at)
    }

    /// A handful after that time, at most two a day: one in the morning, one in the afternoon.
    pub fn handful(&self, after: Option<DateTime<Utc>>) -> Vec<DateTime<Utc>> {
        let later = self.free.iter().filter(|at| after.is_none_or(|last| **at > last));
        spread(later.copied(), self.plan.zone, MOST)
    }

    /// The first one that is what was named, in every part. Hours that may be in the afternoon are read so where the
    /// morning has none.
    pub fn exactly(&self, wish: &Wish) -> Option<DateTime<Utc>> {
        let find = |is_late| {
            let mut free = self.free.iter();
            free.find(|at| {
                wish.fits(**at, self.plan.zone, self.now, is_late) && !wish.is_over_at(**at, self.now)
            })
        };
        find(false).or_else(|| find(true)).copied()
    }

    /// Those that fit a day, or a half of it.
    pub fn fitting(&self, wish: &Wish) -> Vec<DateTime<Utc>> {
        let fits = |at: &&DateTime<Utc>| wish.fits(**at, self.plan.zone, self.now, false);
        let all: Vec<DateTime<Utc>> = self.free.iter().filter(fits).copied().collect();
        let first = all.first().map(|at| self.date(*at));
        let is_one_day = all.iter().all(|at| Some(self.date(*at)) == first);
        if is_one_day {
            return every_nth(&all, MOST);
        }
        spread(all.into_iter(), self.plan.zone, MOST)
    }

    /// Those on the day that was named, else any.
    pub fn nearest(&self, wish: &Wish) -> Vec<DateTime<Utc>> {
        let same_day = self.free.iter();
        let same_day: Vec<DateTime<Utc>> = same_day
            .filter(|at| wish.fits_day(**at, self.plan.zone, self.now))
            .copied()
            .collect();
        match same_day.is_empty() {
            true => self.handful(None),
            false => every_nth(&same_day, MOST),
        }
    }

    fn date(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.plan.zone).date_naive()
    }

    /// What is remembered of an offer.
    pub fn dialogue(&self, offered: Vec<DateTime<Utc>>) -> Dialogue {
        Dialogue {
            asked_seq: 0,
            state: State::Choosing,
            language: code(self.voice.language).to_owned(),
            zone: self.plan.zone.name().to_owned(),
            offered,
            chosen: None,
            question: None,
            meeting: self.meeting,
        }
    }

    /// The reply that offers these times.
    pub fn offer(&self, turn: &Turn, opening: Opening, times: Vec<DateTime<Utc>>) -> Reply {
        if times.is_empty() {
            let mut made = say(
                turn,
                self.voice.language,
                self.voice.nothing_free().to_owned(),
                None,
            );
            made.reply.escalation_offered = turn.settings.escalation_enabled;
            return made;
        }
        let text = format!("{}\n\n{}", self.voice.opening(&opening), self.voice.list(&times));
        let chips = self.chips(turn, &times);
        let step = asked(self.dialogue(times));
        let mut made = say(turn, self.voice.language, text, Some(step));
        made.reply.suggestion_chips = chips;
        made
    }

    /// Later ones than were offered before, and the first ones again after the last.
    pub fn offer_after(&self, turn: &Turn, dialogue: Option<&Dialogue>) -> Reply {
        let last = dialogue.and_then(|dialogue| dialogue.offered.iter().max().copied());
        let later = self.handful(last);
        match later.is_empty() {
            true => self.offer(turn, Opening::Fresh, self.handful(None)),
            false => self.offer(turn, Opening::Further, later),
        }
    }

    /// Adds a few times to an answer that could not be given.
    pub fn beside(&self, turn: &Turn, mut made: Reply) -> Reply {
        let times: Vec<DateTime<Utc>> = self.handful(None).into_iter().take(MOST_ASIDE).collect();
        if times.is_empty() {
            return made;
        }
        let offer = format!(
            "{}\n\n{}",
            self.voice.opening(&Opening::Aside),
            self.voice.list(&times)
        );
        made.reply.text = format!("{}\n\n{offer}", made.reply.text);
        made.reply.suggestion_chips = self.chips(turn, &times);
        made.meeting = Some(asked(self.dialogue(times)));
        made
    }

    /// As many as the channel shows, the last of them for other times. All times stand in the text.
    fn chips(&self, turn: &Turn, times: &[DateTime<Utc>]) -> Vec<String> {
        let most = usize::from(turn.settings.max_suggestion_chips).max(2);
        let mut chips = self.voice.chips(times);
        chips.truncate(most - 1);
        chips.push(self.voice.other_times().to_owned());
        chips
    }
}

/// What a reply that asks does.
pub fn asked(dialogue: Dialogue) -> Step {
    Step::Asked {
        dialogue,
        info: ContactInfo::default(),
    }
}

/// In which language the rest of the dialogue is led.
pub fn code(language: Language) -> &'static str {
    if language == Language::FRENCH { "fr" } else { "en" }
}

/// The time whose button has this text, whole or as a vendor has cut it.
pub fn find_label(dialogue: &Dialogue, text: &str) -> Option<DateTime<Utc>> {
    let voice = Voice {
        language: Language::from_code(&dialogue.language),
        zone: find_zone(&dialogue.zone)?,
    };
    let said = plain(text);
    let is_cut = text.trim_end().ends_with('…') && said.len() >= 8;
    let labels: Vec<String> = voice
        .chips(&dialogue.offered)
        .iter()
        .map(|label| plain(label))
        .collect();
    let fits = |label: &String| *label == said || (is_cut && label.starts_with(&said));
    let mut found = labels.iter().enumerate().filter(|(_, label)| fits(label));
    let (index, _) = found.next()?;
    let is_only = found.next().is_none();
    dialogue.offered.get(index).copied().filter(|_| is_only)
}

/// The first of each day, and the first of its afternoon, until there are enough; then whatever comes first.
fn spread(times: impl Iterator<Item = DateTime<Utc>>, zone: Tz, most: usize) -> Vec<DateTime<Utc>> {
    let all: Vec<DateTime<Utc>> = times.collect();
    let mut chosen: Vec<DateTime<Utc>> = Vec::new();
    for at in &all {
        if chosen.len() == most {
            break;
        }
        let local = at.with_timezone(&zone);
        let of_day = chosen.iter().filter(|other| {
            let other = other.with_timezone(&zone);
            other.date_naive() == local.date_naive() && (other.hour() >= 13) == (local.hour() >= 13)
        });
        if of_day.count() == 0 {
            chosen.push(*at);
        }
    }
    for at in &all {
        if chosen.len() < most && !chosen.contains(at) {
            chosen.push(*at);
        }
    }
    chosen.sort_unstable();
    chosen
}

/// Spread evenly over a day.
fn every_nth(times: &[DateTime<Utc>], most: usize) -> Vec<DateTime<Utc>> {
    let step = times.len().div_ceil(most).max(1);
    times.iter().step_by(step).copied().collect()
}
