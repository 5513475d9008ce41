//! What starts a clock, and what discharges a duty: by what was heard, without asking every clause.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Agreement, Event};
use concordat_terms::{ActName, AssetId, BodyId, ClauseRef, ModuleId, PartyId};

/// What starts the clock of a duty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trigger {
    /// A module came into force with it.
    InForce(ModuleId),
    /// An act.
    Act(ActName),
    /// A duty that turned late.
    Late(ClauseRef),
    /// A duty that was breached.
    Breach(ClauseRef),
    /// A signal that crossed its threshold.
    Signal(ClauseRef),
    /// A body that could not decide a matter.
    Deadlock(ClauseRef),
    /// A body whose decision in a hurry was carried out.
    Fast(ClauseRef),
    /// A body whose meeting is held.
    Meeting(ClauseRef),
}

/// An admitted act, as far as duties listen.
pub(crate) struct Heard<'a> {
    pub(crate) act: ActName,
    /// Every party that signed.
    pub(crate) parties: &'a BTreeSet<PartyId>,
    /// What it was about.
    pub(crate) assets: &'a BTreeSet<AssetId>,
    /// The body that it was about, where it was about one.
    pub(crate) body: Option<&'a BodyId>,
}

/// The duty clauses of the agreement in force, by what starts their clocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Triggers(BTreeMap<Trigger, Vec<ClauseRef>>);

impl Triggers {
    /// Reads them off an agreement.
    pub(crate) fn of(agreement: &Agreement) -> Self {
        let mut triggers: BTreeMap<Trigger, Vec<ClauseRef>> = BTreeMap::new();
        let mut starts = |trigger, clause: &ClauseRef| {
            let clauses = triggers.entry(trigger).or_default();
            if !clauses.contains(clause) {
                clauses.push(clause.clone());
            }
        };
        for duty in agreement.duties() {
            let own = &duty.clause.module;
            let due = &duty.terms.due;
            let trigger = match &due.after {
                None => due.on.map(|_| Trigger::InForce(own.clone())),
                Some(Event::InForce) => Some(Trigger::InForce(own.clone())),
                Some(Event::Act(act)) => Some(Trigger::Act(*act)),
                Some(Event::Late(name)) => Some(Trigger::Late(name.cited(own))),
                Some(Event::Breach(name)) => Some(Trigger::Breach(name.cited(own))),
                Some(Event::Signal(name)) => Some(Trigger::Signal(name.cited(own))),
                Some(Event::Deadlock(name)) => Some(Trigger::Deadlock(name.cited(own))),
                Some(Event::Fast(name)) => Some(Trigger::Fast(name.cited(own))),
                Some(Event::Meeting(name)) => Some(Trigger::Meeting(name.cited(own))),
            };
            if let Some(trigger) = trigger {
                starts(trigger, &duty.clause);
            }
            // What follows a late duty, where that is a duty; a breach is late before.
            let follows = duty.terms.consequence.as_ref().map(|name| name.cited(own));
            if let Some(next) = follows.filter(|next| agreement.duty(next).is_some()) {
                starts(Trigger::Late(duty.clause.clone()), &next);
            }
        }
        for signal in agreement.signals() {
            let opens = signal.terms.opens.as_ref().map(|name| name.cited(&signal.clause.module));
            if let Some(duty) = opens.filter(|duty| agreement.duty(duty).is_some()) {
                starts(Trigger::Signal(signal.clause.clone()), &duty);
            }
        }
        Self(triggers)
    }

    /// The clauses whose clocks a trigger starts.
    pub(crate) fn started_by(&self, trigger: &Trigger) -> Vec<ClauseRef> {
        self.0.get(trigger).cloned().unwrap_or_default()
    }
}
