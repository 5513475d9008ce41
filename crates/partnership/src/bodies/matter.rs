//! Matters that a body fails to decide: how often, and before whom they come then.

use concordat_agreement::Decider;
use concordat_terms::{Aspect, BodyId, Digest, Timestamp, jcs};

use super::Matter;
use crate::act::Act;
use crate::duties::Trigger;
use crate::judge::By;
use crate::state::State;
use crate::verdict::Effect;

/// After so many failed motions on it a matter goes further.
const FAILURES: u32 = 2;

/// What stands for a matter: the act that would be done.
fn name(decision: &Act) -> Option<Digest> {
    jcs::to_bytes(decision).ok().map(|bytes| Digest::of(&bytes))
}

impl State {
    /// A motion of a body on this failed.
    pub(super) fn failed(
        &mut self,
        decision: &Act,
        body: &BodyId,
        stuck: bool,
        at: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let (Some(name), Some(cited)) = (name(decision), self.agreement.body(body)) else {
            return;
        };
        let (clause, further) = (cited.clause.clone(), cited.terms.escalates_to.clone());
        let key = (name, body.clone());
        let mut matter = self.bodies.matters.get(&key).cloned().unwrap_or_default();
        matter.failed = matter.failed.saturating_add(1);
        match further {
            Some(to) if stuck || matter.failed >= FAILURES => {
                matter.escalated = Some(to.clone());
                self.bodies.matters.insert_mut(key, matter);
                effects.push(Effect::Deadlock(body.clone(), to));
                self.start_clocks(&Trigger::Deadlock(clause), None, at, effects);
            }
            Some(_) => self.bodies.matters.insert_mut(key, matter),
            // The last to be asked has said no: whoever sent it on may begin anew.
            None => self.settled(decision),
        }
    }

    /// A matter is decided, whoever did that: it stands before nobody any more.
    pub(crate) fn settled(&mut self, decision: &Act) {
        if self.bodies.matters.is_empty() || !decision.name().about().contains(&Aspect::Decision) {
            return;
        }
        let Some(name) = name(decision) else { return };
        let of = self.bodies.matters.keys().filter(|(matter, _)| *matter == name);
        for key in of.cloned().collect::<Vec<_>>() {
            self.bodies.matters.remove_mut(&key);
        }
    }

    /// Before whom a matter of a body's is since it could not decide it.
    pub(crate) fn escalated(&self, decision: &Act, body: &BodyId) -> Option<&Decider> {
        if self.bodies.matters.is_empty() {
            return None;
        }
        let matter: &Matter = self.bodies.matters.get(&(name(decision)?, body.clone()))?;
        matter.escalated.as_ref()
    }

    /// Whether the one to whom a matter of `body` went decides it: a seat by acting, a body by its
    /// motion; and so on, where that could not decide it either.
    pub(crate) fn decided_further(
        &self,
        decision: &Act,
        by: &By,
        via: Option<&BodyId>,
        body: &BodyId,
    ) -> bool {
        let mut asked = vec![body.clone()];
        while let Some(to) = asked.last().and_then(|body| self.escalated(decision, body)) {
            let acts = by.actor.seat.as_str() == to.as_str() && by.actor.party.is_some();
            if acts || via.is_some_and(|via| via.as_str() == to.as_str()) {
                return true;
            }
            let Ok(next) = to.as_str().parse::<BodyId>() else { return false };
            if asked.contains(&next) {
                return false;
            }
            asked.push(next);
        }
        false
    }
}
