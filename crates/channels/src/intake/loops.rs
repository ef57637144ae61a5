//! Another program that answers us, and so on without end: seen by its pace, by how much was said, or by its words.

use chrono::TimeDelta;
use conversations::inbound::{Replies, Utterance};
use conversations::messages::SenderType::{Ai, User};

/// So many replies of ours may be answered faster than a person can.
const MOST_QUICK_ANSWERS: usize = 4;
/// Nobody reads an answer and writes another in less.
const QUICK: TimeDelta = TimeDelta::seconds(3);
/// Who needs more replies than this needs a person.
pub const MOST_LATELY: i64 = 20;
const MOST_TODAY: i64 = 60;
/// So often the same may be said to us.
const MOST_REPEATED: usize = 4;

/// Whether a person should have a look before the newest of these messages is answered.
pub fn is_loop(recent: &[Utterance], replies: Replies) -> bool {
    let is_much = replies.lately >= MOST_LATELY || replies.today >= MOST_TODAY;
    is_much || is_quick(recent) || repeats_itself(recent)
}

/// Each of our last replies was followed within seconds.
fn is_quick(recent: &[Utterance]) -> bool {
    let pairs = recent.windows(2).rev();
    let follows = pairs.filter(|pair| matches!((pair[0].sender_type, pair[1].sender_type), (Ai, User)));
    let quick = follows.take_while(|pair| pair[1].sent_at - pair[0].sent_at < QUICK);
    quick.count() >= MOST_QUICK_ANSWERS
}

/// The same words each time, whatever number or time stands among them.
fn repeats_itself(recent: &[Utterance]) -> bool {
    let said = recent.iter().rev().filter(|one| one.sender_type == User);
    let mut said = said.map(|one| letters(&one.text));
    let Some(last) = said.next().filter(|last| !last.is_empty()) else {
        return false;
    };
    said.take_while(|before| *before == last).count() >= MOST_REPEATED
}

fn letters(text: &str) -> String {
    let letters = text.chars().filter(|letter| letter.is_alphabetic());
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use conversations::messages::SenderType;
    use kernel::ids::MessageId;

    use super::*;

    /// A message each `pause`, ours and theirs in turn, theirs last.
    fn talk(texts: &[&str], pause: TimeDelta) -> Vec<Utterance> {
        let mut at: DateTime<Utc> = DateTime::UNIX_EPOCH;
        let mut said = Vec::new();
        for text in texts {
            for (sender_type, text) in [(Ai, "How can I help?"), (User, *text)] {
                at += pause;
                said.push(Utterance {
                    message_id: MessageId::new(),
                    seq: said.len() as i64 + 1,
                    sender_type,
                    text: text.to_owned(),
                    sent_at: at,
                });
            }
        }
        said
    }

    const VARIED: [&str; 6] = ["one", "two", "three", "four", "five", "six"];

    #[test]
    fn a_pace_that_no_person_has_is_a_loop() {
        let none = Replies::default();
        assert!(is_loop(&talk(&VARIED, TimeDelta::seconds(2)), none));
        assert!(!is_loop(&talk(&VARIED[..3], TimeDelta::seconds(2)), none));
        assert!(!is_loop(&talk(&VARIED, TimeDelta::seconds(3)), none));
    }

    #[test]
    fn at_any_pace_there_is_a_most() {
        let slow = talk(&VARIED, TimeDelta::seconds(20));
        for (lately, today, is_too_much) in [(19, 59, false), (20, 20, true), (0, 60, true)] {
            assert_eq!(
                is_loop(&slow, Replies { lately, today }),
                is_too_much,
                "{lately} {today}"
            );
        }
    }

    #[test]
    fn the_same_words_again_and_again_are_a_loop() {
        let minute = TimeDelta::minutes(1);
        let none = Replies::default();
        let numbered = [
            "Ticket 1: thanks!",
            "Ticket 2: thanks!",
            "Ticket 3: Thanks",
            "Ticket 4: thanks!",
            "ticket 5: thanks!",
        ];
        assert!(is_loop(&talk(&numbered, minute), none));
        assert!(!is_loop(&talk(&numbered[..4], minute), none));
        let broken = ["Thanks", "Thanks", "And now?", "Thanks", "Thanks", "Thanks"];
        assert!(!is_loop(&talk(&broken, minute), none));
        // who picks from a menu says nothing but numbers
        assert!(!is_loop(&talk(&["1", "1", "1", "1", "1", "1"], minute), none));
    }

    /// Messages with the milliseconds that passed since the one before.
    fn timed(messages: &[(SenderType, i64)]) -> Vec<Utterance> {
        let mut sent_at = DateTime::UNIX_EPOCH;
        let utterance = |(seq, (sender_type, millis)): (i64, &(SenderType, i64))| {
            sent_at += TimeDelta::milliseconds(*millis);
            Utterance {
                message_id: MessageId::new(),
                seq,
                sender_type: *sender_type,
                text: String::new(),
                sent_at,
            }
        };
        (1..).zip(messages).map(utterance).collect()
    }

    #[test]
    fn four_answers_in_a_row_that_no_person_could_have_written_are_a_loop() {
        let quick = [(Ai, 500), (User, 2_999)];
        let slow = [(Ai, 500), (User, 3_000)];
        let begins = [(User, 0)];
        let four = [&begins[..], &quick, &quick, &quick, &quick].concat();
        assert!(is_quick(&timed(&four)));
        assert!(!is_quick(&timed(&four[..7])), "three");
        let breath = [&begins[..], &quick, &quick, &slow, &quick, &quick].concat();
        assert!(!is_quick(&timed(&breath)), "somebody took a breath");
        let later = [&begins[..], &slow, &quick, &quick, &quick, &quick].concat();
        assert!(is_quick(&timed(&later)));
        let burst: Vec<_> = (0..9).map(|_| (User, 100)).collect();
        assert!(!is_quick(&timed(&burst)), "nothing of ours is answered");
    }
}
