//! What becomes of uses of powers: ratified, or lapsed and undone.

use concordat_terms::Timestamp;

use super::{Change, UseStatus, Used};
use crate::act::Act;
use crate::agenda::Alarm;
use crate::duties::Trigger;
use crate::state::{Standing, State};
use crate::verdict::Effect;

impl State {
    pub(crate) fn change_power(&mut self, change: Change, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        match change {
            Change::Used { clause, act, by, body, lapses_at, past, then } => {
                let index = self.index;
                let status =
                    if lapses_at.is_some() { UseStatus::Awaiting } else { UseStatus::Stands };
                effects.push(Effect::PowerStands(index, clause.clone(), status));
                let glass = self.power(&clause).is_some_and(|power| power.break_glass.is_some());
                if glass {
                    effects.push(Effect::GlassBroken(clause.clone(), past.clone()));
                    self.powers.glass.insert_mut(clause.clone(), index);
                }
                effects.extend(self.change(*then));
                if let Some(at) = lapses_at {
                    self.agenda.set(Alarm::Power(index), at);
                }
                let trigger = Trigger::Used(clause.clone());
                let used = Used { clause, act, by, at: now, body, lapses_at, past, status };
                self.powers.used.insert_mut(index, used);
                self.start_clocks(&trigger, None, now, &mut effects);
            }
            Change::Ratified(index) => {
                let status = UseStatus::Ratified { at: now, index: self.index };
                self.stand_use(index, status, &mut effects);
                self.agenda.cancel(&Alarm::Power(index));
                self.end_ratified(index, now, &mut effects);
            }
        }
        effects
    }

    /// Nobody ratified it in time: what it did is undone.
    pub(crate) fn ring_power(&mut self, index: u64, at: Timestamp, effects: &mut Vec<Effect>) {
        let waits = |used: &Used| used.status == UseStatus::Awaiting;
        if self.powers.used.get(&index).is_some_and(waits) {
            self.stand_use(index, UseStatus::Lapsed(at), effects);
            self.undo(index, at, effects);
        }
    }

    fn stand_use(&mut self, index: u64, status: UseStatus, effects: &mut Vec<Effect>) {
        let Some(mut used) = self.powers.used.get(&index).cloned() else { return };
        used.status = status;
        effects.push(Effect::PowerStands(index, used.clause.clone(), status));
        self.powers.used.insert_mut(index, used);
    }

    /// What was suspended so as to end ends.
    fn end_ratified(&mut self, index: u64, now: Timestamp, effects: &mut Vec<Effect>) {
        let Some(used) = self.powers.used.get(&index) else { return };
        let Act::ModuleTerminate(act) = &*used.act else { return };
        let module = act.module.clone();
        if self.standing(&module).is_some_and(|standing| standing != Standing::Ended) {
            effects.extend(self.stand(module, Standing::Ended, now));
        }
    }
}
