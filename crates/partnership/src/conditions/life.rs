//! What becomes of conditions, and of the modules that wait for them or end with them.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Condition, ConditionKind};
use concordat_terms::{ActName, ClauseRef, Date, ModuleId, Timestamp};

use super::{Change, ConditionStatus};
use crate::agenda::Alarm;
use crate::duties::Heard;
use crate::state::{Standing, State};
use crate::verdict::Effect;

impl State {
    pub(crate) fn change_condition(&mut self, change: Change, now: Timestamp) -> Vec<Effect> {
        let Change::Waived(clause) = change;
        let mut effects = Vec::new();
        let status = ConditionStatus::Waived { at: now, index: self.index };
        self.settle_condition(&clause, status, now, &mut effects);
        effects
    }

    /// The conditions that an admitted act meets.
    pub(crate) fn meet_conditions(
        &mut self,
        heard: &Heard,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let waiting = self.duties.triggers.met_by.get(&heard.act).cloned().unwrap_or_default();
        for clause in waiting {
            let open = self.conditions.get(&clause) == Some(&ConditionStatus::Open);
            let Some(condition) = self.condition(&clause).filter(|_| open) else { continue };
            let by = self.agreement.parties_of(&condition.by);
            if heard.parties.iter().any(|party| by.contains(party)) {
                let status = ConditionStatus::Met { at: now, index: self.index };
                self.settle_condition(&clause, status, now, effects);
            }
        }
    }

    /// The last day is over on which a condition could be met: what waited for it ends.
    pub(crate) fn lapse(&mut self, clause: &ClauseRef, at: Timestamp, effects: &mut Vec<Effect>) {
        if self.conditions.get(clause) == Some(&ConditionStatus::Open) {
            self.settle_condition(clause, ConditionStatus::Lapsed(at), at, effects);
        }
    }

    fn settle_condition(
        &mut self,
        clause: &ClauseRef,
        status: ConditionStatus,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(condition) = self.condition(clause).cloned() else { return };
        self.conditions.insert_mut(clause.clone(), status);
        self.agenda.cancel(&Alarm::LongStop(clause.clone()));
        effects.push(Effect::ConditionStands(clause.clone(), status));
        let Condition { kind, modules, .. } = condition;
        let ends = matches!(
            (kind, status),
            (ConditionKind::Precedent, ConditionStatus::Lapsed(_))
                | (ConditionKind::Subsequent, ConditionStatus::Met { .. })
        );
        if ends {
            for module in modules {
                if self.standing(&module).is_some_and(|standing| standing != Standing::Ended) {
                    effects.extend(self.stand(module, Standing::Ended, now));
                }
            }
        }
        self.have_modules_wait();
        self.resettle_duties(now, effects);
    }

    /// Takes up the conditions of the agreement as it is now.
    pub(crate) fn resettle_conditions(&mut self) {
        let conditions: Vec<(ClauseRef, Option<Date>)> =
            self.agreement.conditions().map(|c| (c.clause, c.terms.long_stop)).collect();
        for (clause, long_stop) in conditions {
            let status = self.conditions.get(&clause).copied();
            if status.is_none() {
                self.conditions.insert_mut(clause.clone(), ConditionStatus::Open);
            }
            let alarm = Alarm::LongStop(clause);
            match long_stop.filter(|_| status.is_none_or(|s| s == ConditionStatus::Open)) {
                Some(day) => self.agenda.set(alarm, day.plus_days(1).start()),
                None => self.agenda.cancel(&alarm),
            }
        }
        self.have_modules_wait();
    }

    fn have_modules_wait(&mut self) {
        let mut waiting: BTreeMap<ModuleId, BTreeSet<ActName>> = BTreeMap::new();
        for condition in self.agreement.conditions() {
            let open = self.conditions.get(&condition.clause) == Some(&ConditionStatus::Open);
            let precedent = condition.terms.kind == ConditionKind::Precedent;
            // A condition that was found invalid keeps nothing waiting.
            if open && precedent && self.agreement.silence(&condition.clause).is_none() {
                for module in &condition.terms.modules {
                    let acts = waiting.entry(module.clone()).or_default();
                    acts.extend([condition.terms.met_by, ActName::ConditionWaive]);
                }
            }
        }
        if *self.agreement.waiting() != waiting {
            self.agreement.wait(waiting);
            self.narrow_projects();
        }
    }
}
