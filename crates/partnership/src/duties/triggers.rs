//! What starts a clock, and what discharges a duty: by what was heard, without asking every clause.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Agreement, Duty, Event, Module, Warranty};
use concordat_terms::{
    ActName, AssetId, BodyId, ClauseRef, MethodId, ModuleId, PartyId, ProjectId,
};
use serde::{Deserialize, Serialize};

use crate::state::State;

/// What starts the clock of a duty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Trigger {
    /// An act.
    Act(ActName),
    /// A duty that turned late.
    Late(ClauseRef),
    /// A duty or a warranty that was breached.
    Breach(ClauseRef),
    /// A signal that crossed its threshold.
    Signal(ClauseRef),
    /// A body that could not decide a matter.
    Deadlock(ClauseRef),
    /// A body whose decision in a hurry was carried out.
    Fast(ClauseRef),
    /// A body whose meeting is held.
    Meeting(ClauseRef),
    /// An account of which so much is spent that its holders are warned.
    Alert(ClauseRef),
    /// A power that is used.
    Used(ClauseRef),
}

impl Trigger {
    /// Whether a power that waits for it may be used from then on: of a body and a power, what
    /// happened once has happened.
    pub(crate) fn is_remembered(&self) -> bool {
        matches!(self, Self::Deadlock(_) | Self::Fast(_) | Self::Meeting(_) | Self::Used(_))
    }
}

/// An admitted act, as far as duties listen.
pub(crate) struct Heard {
    pub(crate) act: ActName,
    /// Every party that signed.
    pub(crate) parties: BTreeSet<PartyId>,
    /// What it was about.
    pub(crate) assets: BTreeSet<AssetId>,
    /// The project that it belongs to.
    pub(crate) project: Option<ProjectId>,
    /// The body that it was about, where it was about one.
    pub(crate) body: Option<BodyId>,
    /// The party that it is addressed to: of the duties whose clocks it starts, it owes those alone.
    pub(crate) to: Option<PartyId>,
    /// The entries of that act which it answers: of what such acts open it discharges what these did,
    /// and nothing else.
    pub(crate) answers: Option<(ActName, BTreeSet<u64>)>,
    /// The party that owes nothing of what it starts.
    pub(crate) spares: Option<PartyId>,
    /// Whether it starts nothing.
    pub(crate) starts_nothing: bool,
    /// Whether it has discharged the duty that it names, and no other.
    pub(crate) by_name: bool,
}

/// The clauses of the agreement in force that wait for something, by what they wait for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Triggers {
    starts: BTreeMap<Trigger, Vec<ClauseRef>>,
    /// Those whose clocks start with entry into force, or on a day.
    by_itself: Vec<ClauseRef>,
    /// Warranties by the method that measures them.
    pub(crate) measured: BTreeMap<MethodId, Vec<ClauseRef>>,
    /// Warranties by the signal that breaches them.
    pub(crate) tied: BTreeMap<ClauseRef, Vec<ClauseRef>>,
    /// Conditions by the act that meets them.
    pub(crate) met_by: BTreeMap<ActName, Vec<ClauseRef>>,
    /// Duties to delete that `retention` of assets makes, by the asset's clause.
    pub(super) retained: BTreeMap<ClauseRef, Duty>,
    /// The project of each module of a project.
    homes: BTreeMap<ModuleId, ProjectId>,
}

impl Triggers {
    /// Reads them off what is in force.
    pub(crate) fn of(state: &State) -> Self {
        let mut triggers = Self::default();
        triggers.read(state.agreement(), |module| module.project.is_none());
        for (project, own) in state.project_agreements() {
            let agreement = &own.agreement;
            triggers.read(agreement, |module| module.project.is_some());
            let own = agreement.modules().values().filter(|module| module.project.is_some());
            triggers.homes.extend(own.map(|module| (module.id.clone(), project.clone())));
        }
        for (clause, duty) in super::retention::duties(state.agreement()) {
            triggers.start(Trigger::Act(ActName::ProjectEnd), &clause);
            triggers.retained.insert(clause, duty);
        }
        for condition in state.agreement().conditions() {
            triggers.met_by.entry(condition.terms.met_by).or_default().push(condition.clause);
        }
        triggers
    }

    fn read(&mut self, agreement: &Agreement, of: fn(&Module) -> bool) {
        let here = |clause: &ClauseRef| agreement.modules().get(&clause.module).is_some_and(of);
        for duty in agreement.duties().filter(|duty| here(&duty.clause)) {
            let own = &duty.clause.module;
            let due = &duty.terms.due;
            let trigger = match &due.after {
                None | Some(Event::InForce) => {
                    self.by_itself.push(duty.clause.clone());
                    None
                }
                Some(Event::Act(act)) => Some(Trigger::Act(*act)),
                Some(Event::Late(name)) => Some(Trigger::Late(name.cited(own))),
                Some(Event::Breach(name)) => Some(Trigger::Breach(name.cited(own))),
                Some(Event::Signal(name)) => Some(Trigger::Signal(name.cited(own))),
                Some(Event::Deadlock(name)) => Some(Trigger::Deadlock(name.cited(own))),
                Some(Event::Fast(name)) => Some(Trigger::Fast(name.cited(own))),
                Some(Event::Meeting(name)) => Some(Trigger::Meeting(name.cited(own))),
                Some(Event::Alert(name)) => Some(Trigger::Alert(name.cited(own))),
                Some(Event::Used(name)) => Some(Trigger::Used(name.cited(own))),
            };
            if let Some(trigger) = trigger {
                self.start(trigger, &duty.clause);
            }
            // What follows a late duty, where that is a duty; a breach is late before.
            let follows = duty.terms.consequence.as_ref().map(|name| name.cited(own));
            if let Some(next) = follows.filter(|next| agreement.duty(next).is_some()) {
                self.start(Trigger::Late(duty.clause.clone()), &next);
            }
        }
        for signal in agreement.signals().filter(|signal| here(&signal.clause)) {
            let opens = signal.terms.opens.as_ref().map(|name| name.cited(&signal.clause.module));
            if let Some(duty) = opens.filter(|duty| agreement.duty(duty).is_some()) {
                self.start(Trigger::Signal(signal.clause.clone()), &duty);
            }
        }
        for warranty in agreement.warranties().filter(|warranty| here(&warranty.clause)) {
            let Warranty { method, measured_by, remedy, .. } = warranty.terms;
            let own = &warranty.clause.module;
            if let Some(method) = method {
                let measured = self.measured.entry(method.clone()).or_default();
                measured.push(warranty.clause.clone());
            }
            if let Some(signal) = measured_by {
                let tied = self.tied.entry(signal.cited(own)).or_default();
                tied.push(warranty.clause.clone());
            }
            let remedy = remedy.as_ref().map(|name| name.cited(own));
            if let Some(duty) = remedy.filter(|duty| agreement.duty(duty).is_some()) {
                self.start(Trigger::Breach(warranty.clause.clone()), &duty);
            }
        }
    }

    fn start(&mut self, trigger: Trigger, clause: &ClauseRef) {
        let clauses = self.starts.entry(trigger).or_default();
        if !clauses.contains(clause) {
            clauses.push(clause.clone());
        }
    }

    /// The clauses whose clocks a trigger starts.
    pub(crate) fn started_by(&self, trigger: &Trigger) -> Vec<ClauseRef> {
        self.starts.get(trigger).cloned().unwrap_or_default()
    }

    /// The clauses whose clocks start with entry into force, or on a day.
    pub(crate) fn by_itself(&self) -> &[ClauseRef] {
        &self.by_itself
    }

    /// The project whose module this is.
    pub(crate) fn home(&self, module: &ModuleId) -> Option<&ProjectId> {
        self.homes.get(module)
    }
}
