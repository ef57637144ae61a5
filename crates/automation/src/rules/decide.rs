//! Which rules an event sets off: asked when it happens, and when a rule is tried on what has happened.

use kernel::Result;
use kernel::error::internal;

use super::{Rule, RuleEvent};

/// So many rules in a row may set each other off.
pub const LONGEST_CHAIN: usize = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Fires,
    /// It would, but its own action led here, or the chain has become too long.
    IsLoop,
}

/// Those whose conditions hold, in their order. `rules` are the active ones.
pub fn decide<'a>(rules: &'a [Rule], event: &RuleEvent) -> Vec<(&'a Rule, Verdict)> {
    let mut set_off = Vec::new();
    for rule in rules {
        let is_meant = rule.draft.event == event.event && event.rule_id.is_none_or(|meant| meant == rule.id);
        if !is_meant || !rule.draft.conditions.hold(event.event, &event.facts) {
            continue;
        }
        if event.chain.contains(&rule.id) || event.chain.len() >= LONGEST_CHAIN {
            set_off.push((rule, Verdict::IsLoop));
            continue;
        }
        set_off.push((rule, Verdict::Fires));
        if rule.draft.stop_after {
            break;
        }
    }
    set_off
}

/// The same beside everything else, for patterns may take their time. Gives the event back.
pub async fn decide_beside(rules: Vec<Rule>, event: RuleEvent) -> Result<(Vec<(Rule, Verdict)>, RuleEvent)> {
    let look = move || {
        let set_off = decide(&rules, &event).into_iter();
        let set_off = set_off.map(|(rule, verdict)| (rule.clone(), verdict)).collect();
        (set_off, event)
    };
    tokio::task::spawn_blocking(look).await.map_err(internal)
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use chrono::DateTime;
    use conversations::inbox::Status;
    use kernel::ids::{RuleEventId, RuleId};
    use serde_json::json;

    use super::*;
    use crate::rules::actions::RuleAction;
    use crate::rules::{EventKind, RuleDraft};

    /// Numbers that look like chance and are the same each time.
    struct Chance(u64);

    impl Chance {
        fn below(&mut self, end: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from((self.0 >> 33) % end as u64).unwrap()
        }
    }

    const KINDS: [EventKind; 3] = [
        EventKind::MessageCreated,
        EventKind::EscalationCreated,
        EventKind::ConversationResolved,
    ];

    fn rule(chance: &mut Chance, position: i32) -> Rule {
        let actions = (0..=chance.below(3)).map(|_| match chance.below(3) {
            0 => RuleAction::Escalate,
            1 => RuleAction::SetStatus {
                status: Status::Resolved,
            },
            _ => RuleAction::PauseAi,
        });
        let actions = actions.collect();
        Rule {
            id: RuleId::new(),
            draft: RuleDraft {
                name: format!("Rule {position}"),
                event: KINDS[chance.below(KINDS.len())],
                after_minutes: None,
                conditions: serde_json::from_value(json!({})).unwrap(),
                actions,
                is_active: true,
                stop_after: chance.below(4) == 0,
            },
            position,
            created_by: None,
            created_at: DateTime::UNIX_EPOCH,
            fired_count: 0,
            last_fired_at: None,
        }
    }

    fn event(event: EventKind, chain: Vec<RuleId>) -> RuleEvent {
        RuleEvent {
            id: RuleEventId::new(),
            event,
            subject_id: uuid::Uuid::nil(),
            conversation_id: None,
            facts: json!({}),
            chain,
            caused_by: None,
            created_at: DateTime::UNIX_EPOCH,
            rule_id: None,
            seq: 0,
        }
    }

    /// What an action makes happen, at its worst: each time.
    fn sets_off(action: &RuleAction) -> Option<EventKind> {
        match action {
            RuleAction::Escalate => Some(EventKind::EscalationCreated),
            RuleAction::SetStatus { .. } => Some(EventKind::ConversationResolved),
            _ => None,
        }
    }

    #[test]
    fn whatever_rules_there_are_they_come_to_an_end() {
        let mut cut = 0;
        for seed in 0..500 {
            let mut chance = Chance(seed);
            let count = 1 + chance.below(5);
            let rules: Vec<Rule> = (0..count)
                .map(|position| rule(&mut chance, position as i32))
                .collect();
            let mut waiting: VecDeque<RuleEvent> = KINDS.map(|kind| event(kind, Vec::new())).into();
            let mut fired = 0_usize;
            while let Some(next) = waiting.pop_front() {
                assert!(next.chain.len() <= LONGEST_CHAIN, "{seed}");
                for (rule, verdict) in decide(&rules, &next) {
                    if verdict == Verdict::IsLoop {
                        cut += 1;
                        continue;
                    }
                    fired += 1;
                    let chain: Vec<RuleId> = next.chain.iter().copied().chain([rule.id]).collect();
                    let made = rule.draft.actions.iter().filter_map(sets_off);
                    waiting.extend(made.map(|kind| event(kind, chain.clone())));
                }
                // five rules of three actions each, for three events
                assert!(fired <= 3 * 5 * (1 + 12 * (1 + 9 * (1 + 6 * (1 + 3)))), "{seed}");
            }
        }
        assert!(cut > 0, "these sets do run in circles");
    }
}
