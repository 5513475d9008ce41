//! Clauses that stand in the text and do not speak: those of a suspended or ended module, those
//! that were found invalid, and those that wait to take such a one's place.
//!
//! What narrows goes on: a suspension or an end stops what a module permits and empowers, never
//! what it forbids or asks for first, so that stopping a module cannot widen what others permit.
//! Only a finding that a clause is invalid takes a forbid or a gate away.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{ActName, ClauseRef, ModuleId};
use serde::{Deserialize, Serialize};

use crate::{Agreement, ClauseName, IfInvalid, Standing, Terms};

/// Why a clause in force does not speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Silence {
    /// It was found invalid, or falls with one that was.
    Invalid,
    /// It would take another's place, and that one has not been found invalid.
    Dormant,
    /// Its module has ended, and it is none of those that survive.
    Ended,
    /// Its module is suspended, or a determination has stayed it.
    Suspended,
    /// Its module waits for a condition.
    Waiting,
}

impl Silence {
    /// As it is said of a clause: `is suspended`.
    pub fn told(self) -> &'static str {
        match self {
            Self::Invalid => "was found invalid, or falls with one that was",
            Self::Dormant => "waits to take the place of another",
            Self::Ended => "has ended with its module",
            Self::Suspended => "is suspended, with its module or by a determination",
            Self::Waiting => "waits with its module for a condition",
        }
    }
}

/// What acts have stopped, and which clauses that silences.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stopped {
    suspended: BTreeSet<ModuleId>,
    ended: BTreeSet<ModuleId>,
    invalid: BTreeSet<ClauseRef>,
    /// Clauses that a determination has stayed.
    stayed: BTreeSet<ClauseRef>,
    /// Modules that wait for conditions, and the acts by which those are met.
    waiting: BTreeMap<ModuleId, BTreeSet<ActName>>,
    /// Follows from the rest and from the modules: [`Agreement::hush`].
    #[serde(skip)]
    silent: BTreeMap<ClauseRef, Silence>,
}

/// Acts that a suspension does not stop: those that could lift it, and those by which a party
/// takes something back.
const GOING_ON: &[ActName] = &[
    ActName::DatasetWithdraw,
    ActName::CodeRevoke,
    ActName::RunAbort,
    ActName::ReleaseRollback,
    ActName::ReleaseRetire,
    ActName::PlaceSuspend,
    ActName::EvidenceWithdraw,
    ActName::LabSuspend,
    ActName::RecognitionRevoke,
    ActName::ModuleResume,
    ActName::ModuleTerminate,
    ActName::DeterminationEnter,
    ActName::MotionPropose,
    ActName::MotionVote,
    ActName::MotionExecute,
];

impl Stopped {
    /// The modules that have ended.
    pub(crate) fn ended(&self) -> &BTreeSet<ModuleId> {
        &self.ended
    }
}

impl Agreement {
    /// Why a clause does not speak; `None` if it does.
    pub fn silence(&self, clause: &ClauseRef) -> Option<Silence> {
        self.stopped.silent.get(clause).copied()
    }

    /// Why a permit or power does not let an act through.
    pub(crate) fn mute(&self, clause: &ClauseRef, act: ActName) -> Option<Silence> {
        self.silence(clause).filter(|silence| match silence {
            Silence::Suspended => !GOING_ON.contains(&act) || self.stopped.stayed.contains(clause),
            // What meets the condition, or ends the wait for it, is not stopped by the wait.
            Silence::Waiting => {
                let met_by = self.stopped.waiting.get(&clause.module);
                !GOING_ON.contains(&act) && !met_by.is_some_and(|acts| acts.contains(&act))
            }
            _ => true,
        })
    }

    /// Whether a forbid or a gate still strikes.
    pub(crate) fn strikes(&self, clause: &ClauseRef) -> bool {
        !matches!(self.silence(clause), Some(Silence::Invalid | Silence::Dormant))
            && !self.stopped.stayed.contains(clause)
    }

    /// Whether a module is suspended.
    pub fn is_suspended(&self, module: &ModuleId) -> bool {
        self.stopped.suspended.contains(module)
    }

    /// Whether a module has ended.
    pub fn is_ended(&self, module: &ModuleId) -> bool {
        self.stopped.ended.contains(module)
    }

    /// The modules that wait for conditions, and the acts by which those are met.
    pub fn waiting(&self) -> &BTreeMap<ModuleId, BTreeSet<ActName>> {
        &self.stopped.waiting
    }

    /// Has these modules wait for conditions, and no others: the acts that meet those go on.
    pub fn wait(&mut self, modules: BTreeMap<ModuleId, BTreeSet<ActName>>) {
        self.stopped.waiting = modules;
        self.hush();
    }

    /// Clauses that were found invalid themselves.
    pub fn invalid(&self) -> &BTreeSet<ClauseRef> {
        &self.stopped.invalid
    }

    /// Stops what a module permits, until it is resumed.
    pub fn suspend(&mut self, module: ModuleId) {
        self.stopped.suspended.insert(module);
        self.hush();
    }

    /// Lifts a suspension.
    pub fn resume(&mut self, module: &ModuleId) {
        self.stopped.suspended.remove(module);
        self.hush();
    }

    /// Ends a module: its clauses stop to permit, except those that survive.
    pub fn end(&mut self, module: ModuleId) {
        self.stopped.suspended.remove(&module);
        self.stopped.ended.insert(module);
        self.hush();
    }

    /// Takes clauses away that were found invalid, with those that fall with them; what is to
    /// take the place of one speaks from now on.
    pub fn invalidate(&mut self, clauses: impl IntoIterator<Item = ClauseRef>) {
        self.stopped.invalid.extend(clauses);
        self.hush();
    }

    /// Has clauses say nothing for a time, forbids and gates too, and others speak again.
    pub fn stay(
        &mut self,
        stayed: impl IntoIterator<Item = ClauseRef>,
        lifted: &BTreeSet<ClauseRef>,
    ) {
        self.stopped.stayed.retain(|clause| !lifted.contains(clause));
        self.stopped.stayed.extend(stayed);
        self.hush();
    }

    /// Clauses that a determination has stayed.
    pub fn stayed(&self) -> &BTreeSet<ClauseRef> {
        &self.stopped.stayed
    }

    /// Takes over what was stopped under an earlier text: a module stays suspended or ended, and a
    /// clause invalid, unless it now says something else. Who has left or follows whom stays.
    pub fn carry(&mut self, earlier: &Self) {
        self.moved.clone_from(&earlier.moved);
        self.reindex();
        self.stopped.suspended.extend(earlier.stopped.suspended.iter().cloned());
        self.stopped.ended.extend(earlier.stopped.ended.iter().cloned());
        self.stopped.waiting.clone_from(&earlier.stopped.waiting);
        let still = earlier.stopped.invalid.iter().filter(|clause| {
            let terms = |agreement: &Self| agreement.clause(clause).map(|c| c.terms.clone());
            terms(self).is_some_and(|now| Some(now) == terms(earlier))
        });
        let still: Vec<ClauseRef> = still.cloned().collect();
        self.stopped.stayed.clone_from(&earlier.stopped.stayed);
        self.invalidate(still);
    }

    /// Clauses that fall when these are found invalid: their dependants, and theirs.
    pub fn falling(&self, invalid: &BTreeSet<ClauseRef>) -> BTreeSet<ClauseRef> {
        let mut fallen = BTreeSet::new();
        let mut next: Vec<ClauseRef> = invalid.iter().cloned().collect();
        while let Some(clause) = next.pop() {
            if !fallen.insert(clause.clone()) {
                continue;
            }
            let dependants = self.clause(&clause).map(|found| found.standing.dependants.iter());
            next.extend(dependants.into_iter().flatten().map(|name| name.cited(&clause.module)));
        }
        fallen
    }

    /// Works out which clauses are silent.
    pub(crate) fn hush(&mut self) {
        let fallen = self.falling(&self.stopped.invalid);
        let mut silent = BTreeMap::new();
        let mut awake = BTreeSet::new();
        let mut dormant = BTreeSet::new();
        // A project's clauses are as they stand: they silence nothing, and only narrow.
        let frame = self.clauses().filter(|(module, _)| module.project.is_none());
        for (module, clause) in frame {
            let name = ClauseRef::new(&module.id, &clause.id);
            if let Some(other) = replacement(&clause.standing) {
                let other = other.cited(&module.id);
                if fallen.contains(&name) {
                    awake.insert(other)
                } else {
                    dormant.insert(other)
                };
            }
            if self.stopped.ended.contains(&module.id) && !clause.standing.survives {
                silent.insert(name, Silence::Ended);
            } else if self.stopped.suspended.contains(&module.id)
                || self.stopped.stayed.contains(&name)
            {
                silent.insert(name, Silence::Suspended);
            } else if self.stopped.waiting.contains_key(&module.id)
                && !matches!(clause.terms, Terms::Condition(_))
            {
                silent.insert(name, Silence::Waiting);
            }
        }
        silent.extend(dormant.difference(&awake).map(|name| (name.clone(), Silence::Dormant)));
        silent.extend(fallen.into_iter().map(|name| (name, Silence::Invalid)));
        self.stopped.silent = silent;
    }
}

/// The clause that takes this one's place if it is found invalid.
fn replacement(standing: &Standing) -> Option<&ClauseName> {
    standing.replaced_by.as_ref().filter(|_| standing.if_invalid == Some(IfInvalid::Replace))
}
