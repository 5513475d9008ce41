//! Which powers may be used that wait for an event: as long as what they wait for stands.

use std::collections::BTreeSet;

use concordat_agreement::Event;
use concordat_terms::{ActName, ClauseRef};

use super::Trigger;
use crate::state::State;

impl State {
    /// The powers over an act whose event has come: an act was admitted, a duty is late or
    /// breached, a warranty is breached, a signal is across its threshold, a body was deadlocked,
    /// decided in a hurry or met.
    pub(crate) fn awake(&self, act: ActName) -> BTreeSet<ClauseRef> {
        let powers = self.agreement.powers(act);
        let awake = powers.filter(|power| {
            let own = &power.clause.module;
            power.terms.after.as_ref().is_some_and(|event| match event {
                Event::InForce => true,
                Event::Act(act) => self.duties.acted.contains(act),
                Event::Late(name) => self.overdue(&name.cited(own)).late > 0,
                Event::Breach(name) => {
                    let clause = name.cited(own);
                    self.overdue(&clause).breached > 0 || self.signals.is_breached(&clause)
                }
                Event::Signal(name) => self.is_across(&name.cited(own), None),
                Event::Deadlock(name) => self.struck(Trigger::Deadlock(name.cited(own))),
                Event::Fast(name) => self.struck(Trigger::Fast(name.cited(own))),
                Event::Meeting(name) => self.struck(Trigger::Meeting(name.cited(own))),
                Event::Alert(name) => self.is_warned(&name.cited(own)),
                Event::Used(name) => self.struck(Trigger::Used(name.cited(own))),
            })
        });
        awake.map(|power| power.clause).collect()
    }

    fn struck(&self, trigger: Trigger) -> bool {
        self.duties.struck.contains(&trigger)
    }

    fn overdue(&self, clause: &ClauseRef) -> super::Overdue {
        self.duties.overdue.get(clause).copied().unwrap_or_default()
    }
}
