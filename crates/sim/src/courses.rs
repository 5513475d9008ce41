//! Duties, followed from effect to effect: which arrow leads where and by which acts, and how often
//! time does to one what it does once. The fold is not asked.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Agreement, Duty, Event, Silence};
use concordat_partnership::{DutyId, DutyStatus as D, Effect, Verdict};
use concordat_terms::{ActName, ClauseRef, PartyId};

use crate::invariant::{Broken, Invariant, Seen, does};
use crate::view::View;

/// Where every duty stands by what was told of it, and what happened to it already.
#[derive(Clone, Debug, Default)]
pub(crate) struct Courses {
    stood: BTreeMap<DutyId, D>,
    late: BTreeSet<DutyId>,
    breached: BTreeSet<DutyId>,
}

/// What opens what: a clause, its owner and the entry that started the clock of what was late.
type Opened = (ClauseRef, PartyId, u64);

/// How often something may be opened by an entry, and how often it must be.
#[derive(Default)]
struct Count {
    most: u32,
    least: u32,
}

fn broken(invariant: Invariant, what: String) -> Result<(), Broken> {
    Err(Broken { invariant, what })
}

impl Courses {
    /// Of a log that was founded before anybody looked.
    pub(crate) fn begun(&mut self, view: &View) {
        self.stood = view.duties.iter().map(|(id, duty)| (id.clone(), duty.status)).collect();
    }

    /// Takes in an entry. `agreement` is that before it.
    pub(crate) fn hear(&mut self, seen: &Seen, agreement: &Agreement) -> Result<(), Broken> {
        let Verdict::Admitted { effects, .. } = &seen.verdict else { return Ok(()) };
        let mut due: BTreeMap<Opened, Count> = BTreeMap::new();
        for effect in effects {
            let Effect::DutyStands(id, now) = effect else { continue };
            let was = self.stood.insert(id.clone(), *now);
            if was == Some(*now) {
                let what = format!("duty `{id}` came to be {} twice", now.as_str());
                return broken(Invariant::DeadlinesOnce, what);
            }
            if !leads(was, *now, seen) {
                let was = was.map_or("owed by nobody", D::as_str);
                let what = format!("duty `{id}` was {was} and is {}", now.as_str());
                return broken(Invariant::DutiesStay, what);
            }
            self.fires(id, was, *now, agreement, &mut due)?;
        }
        for (id, duty) in &seen.after.duties {
            let told = self.stood.get(id).copied();
            if told != Some(duty.status) {
                let told = told.map_or("owed by nobody", D::as_str);
                let what = format!("duty `{id}` was {told} and is {}", duty.status.as_str());
                return broken(Invariant::DutiesStay, what);
            }
        }
        follow(seen, agreement, &due)
    }

    /// A duty turns late once, unless an outage was counted out since, and is breached once.
    fn fires(
        &mut self,
        id: &DutyId,
        was: Option<D>,
        now: D,
        agreement: &Agreement,
        due: &mut BTreeMap<Opened, Count>,
    ) -> Result<(), Broken> {
        match (was, now) {
            (Some(D::Late), D::Active) => _ = self.late.remove(id),
            (Some(D::Active), D::Late) => {
                if !self.late.insert(id.clone()) {
                    let what = format!("duty `{id}` turned late twice");
                    return broken(Invariant::DeadlinesOnce, what);
                }
                opens(id, false, (1, 1), agreement, due);
            }
            // What stood so before it was stopped, waived or done stands so again.
            (Some(D::Tolled | D::Waived(_) | D::Discharged { .. }), D::Breached)
                if self.breached.contains(id) => {}
            (_, D::Breached) => {
                if !self.breached.insert(id.clone()) {
                    let what = format!("duty `{id}` was breached twice");
                    return broken(Invariant::DeadlinesOnce, what);
                }
                opens(id, true, (1, 1), agreement, due);
                // What was not late before is late with it.
                if self.late.insert(id.clone()) {
                    opens(id, false, (1, 1), agreement, due);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// What the lateness or the breach of a duty opens, by the clauses.
fn opens(
    id: &DutyId,
    breach: bool,
    (most, least): (u32, u32),
    agreement: &Agreement,
    due: &mut BTreeMap<Opened, Count>,
) {
    for next in agreement.duties() {
        let waits = waits_for(&next.clause, next.terms);
        if waits == Some((id.clause.clone(), breach)) {
            let speaks = matches!(agreement.silence(&next.clause), None | Some(Silence::Suspended));
            for owner in agreement.parties_of(&next.terms.owner) {
                let key = (next.clause.clone(), owner.clone(), id.since);
                let count = due.entry(key).or_default();
                count.most += most;
                count.least += if speaks { least } else { 0 };
            }
        }
    }
}

/// The clause whose lateness or breach starts the clock of a duty.
fn waits_for(clause: &ClauseRef, duty: &Duty) -> Option<(ClauseRef, bool)> {
    match duty.due.after.as_ref()? {
        Event::Late(name) => Some((name.cited(&clause.module), false)),
        Event::Breach(name) => Some((name.cited(&clause.module), true)),
        _ => None,
    }
}

/// What waits for a late or breached duty is opened as often as one became so, and no more.
fn follow(seen: &Seen, agreement: &Agreement, due: &BTreeMap<Opened, Count>) -> Result<(), Broken> {
    let new = seen.after.duties.keys().filter(|id| !seen.before.duties.contains_key(*id));
    let mut opened: BTreeMap<Opened, u32> = BTreeMap::new();
    for id in new {
        let Some(duty) = agreement.duty(&id.clause) else { continue };
        let Some((before, _)) = waits_for(&id.clause, duty.terms) else { continue };
        // A warranty is breached as well, and what comes round is opened by time.
        if agreement.duty(&before).is_some() && duty.terms.due.every.is_none() {
            *opened.entry((id.clause.clone(), id.owner.clone(), id.since)).or_default() += 1;
        }
    }
    for (key, times) in &opened {
        let most = due.get(key).map_or(0, |count| count.most);
        if *times > most {
            let what = format!("`{}` was opened {times} times for {most} duties", key.0);
            return broken(Invariant::DeadlinesOnce, what);
        }
    }
    if disturbed(seen) {
        return Ok(());
    }
    for (key, count) in due {
        let times = opened.get(key).copied().unwrap_or_default();
        let recurs = agreement.duty(&key.0).is_some_and(|duty| duty.terms.due.every.is_some());
        if times < count.least && !recurs {
            let what = format!("`{}` was opened {times} times for {} duties", key.0, count.least);
            return broken(Invariant::DeadlinesOnce, what);
        }
    }
    Ok(())
}

/// Whether who owes what, or whether clauses speak, changed with this entry.
fn disturbed(seen: &Seen) -> bool {
    let Verdict::Admitted { effects, .. } = &seen.verdict else { return false };
    effects.iter().any(|effect| {
        matches!(
            effect,
            Effect::PartyStands(..)
                | Effect::ModulesInForce(_)
                | Effect::ModuleStands(..)
                | Effect::ClauseStayed(..)
                | Effect::ConditionStands(..)
        )
    }) || does(seen, ActName::PartyAssign)
        || does(seen, ActName::DeterminationEnter)
}

/// Whether an arrow leads from one status to the other, by this act or by time.
fn leads(was: Option<D>, now: D, seen: &Seen) -> bool {
    let ruled = does(seen, ActName::DeterminationEnter);
    let ticks = does(seen, ActName::Tick);
    let Some(was) = was else { return now == D::Active };
    match (was, now) {
        (D::Superseded(_), _) => false,
        // What was done is owed again, or was not owed, by a determination alone.
        (D::Discharged { .. }, D::Active | D::Late | D::Breached | D::Superseded(_)) => ruled,
        (D::Discharged { .. }, _) => false,
        // A waiver lapses with time, or falls with a determination.
        (D::Waived(_), D::Active | D::Tolled | D::Suspended | D::Late | D::Breached) => {
            ruled || ticks
        }
        (D::Waived(_), _) => false,
        // By somebody's act, never by itself.
        (_, D::Discharged { .. }) => !ticks,
        (_, D::Waived(_)) => ruled || does(seen, ActName::DutyWaive),
        (_, D::Superseded(_)) => true,
        // An outage is counted out.
        (D::Late, D::Active) => does(seen, ActName::DutyToll),
        (D::Late, D::Tolled | D::Breached) => true,
        (D::Late, D::Suspended | D::Late) => false,
        // The correction of a verdict stops what is to be paid, breached or not.
        (D::Breached, D::Tolled) => true,
        (D::Breached, D::Active | D::Late | D::Suspended | D::Breached) => false,
        (D::Active, D::Late | D::Tolled | D::Suspended) => true,
        (D::Active, D::Active) => false,
        (D::Tolled, D::Active | D::Late | D::Suspended | D::Breached) => true,
        (D::Tolled, D::Tolled) => false,
        (D::Suspended, D::Active | D::Tolled) => true,
        (D::Suspended, D::Late | D::Suspended) => false,
        // Who refuses what an audit asks for is in breach at once.
        (D::Active | D::Suspended, D::Breached) => ruled || does(seen, ActName::AuditAnswer),
    }
}
