//! Which rules an event sets off: asked when it happens, and when a rule is tried on what has happened.

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
