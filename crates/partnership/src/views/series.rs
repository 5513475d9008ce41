//! Series that the record itself gives, window by window: how good the data are, how reliable the
//! models, how often something was broken, how far the parties do what they owe, and how often they
//! were refused.
//!
//! Nobody types them in: whoever folds the log has the same ones. A share is counted, not rounded.

use std::collections::BTreeSet;

use concordat_agreement::{AssetKind, CaseKind, Terms};
use concordat_terms::{ClauseRef, Decimal, Digest, MetricId, PartyId, Period, Timestamp};
use serde::Serialize;

use crate::act::{Act, EvidenceSubmit};
use crate::assets::Phase;
use crate::cases::CaseStatus;
use crate::duties::{DutyId, DutyStatus};
use crate::state::State;
use crate::verdict::{Effect, Verdict};

/// The most windows that are kept.
pub const WINDOWS_MOST: usize = 1_000;

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// How many were good.
    pub good: u64,
    /// Of how many.
    pub of: u64,
}

impl Share {
    fn count(&mut self, good: bool) {
        self.of = self.of.saturating_add(1);
        self.good = self.good.saturating_add(u64::from(good));
    }

    /// The part that was good in thousandths, rounded down; none, if there was nothing to be counted.
    pub fn thousandths(self) -> Option<u64> {
        self.good.saturating_mul(1_000).checked_div(self.of)
    }
}

/// What was broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// Duties that were breached.
    pub duties: u64,
    /// Warranties that stopped to hold.
    pub warranties: u64,
    /// Incidents that were opened, drills apart.
    pub incidents: u64,
}

impl Broken {
    /// All of it.
    pub fn total(self) -> u64 {
        self.duties.saturating_add(self.warranties).saturating_add(self.incidents)
    }
}

/// The series in one window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Window {
    /// When it began.
    pub from: Timestamp,
    /// When it ended, or ends.
    pub until: Timestamp,
    /// Of the dataset versions in use when it ended, those that may be worked with: their entry lacks
    /// nothing, everybody consents to their use, and their last test met what was asked.
    pub quality: Share,
    /// Of the tests on models that met or missed what a gate or a warranty asks, those that met it; a
    /// release that was rolled back counts as one that missed it.
    pub reliability: Share,
    /// What was broken.
    pub breaches: Broken,
    /// Of the duties whose time came, those that were done in time.
    pub trust: Share,
    /// How many acts were refused whose author is known.
    pub refused: u64,
}

/// The series of a log, while it is folded.
#[derive(Debug)]
pub struct Series {
    period: Period,
    party: Option<PartyId>,
    done: Vec<Window>,
    now: Option<Window>,
    /// Duties that were late, and are counted.
    late: BTreeSet<DutyId>,
    /// Dataset versions whose last test missed what was asked.
    failed: BTreeSet<Digest>,
}

impl Series {
    /// Series of windows of this length, about all parties or about one.
    pub fn of(period: Period, party: Option<PartyId>) -> Self {
        let (done, late, failed) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        Self { period, party, done, now: None, late, failed }
    }

    /// Whether the log is longer than as many windows as are kept.
    pub fn is_full(&self) -> bool {
        self.done.len() >= WINDOWS_MOST
    }

    /// Takes in what an entry did, and how it left the state.
    pub fn see(&mut self, act: Option<&Act>, verdict: &Verdict, state: &State) {
        let Some(time) = state.time() else { return };
        while let Some(window) = self.now.take_if(|window| window.until <= time) {
            if self.is_full() {
                return;
            }
            self.now = Some(window_from(window.until, self.period));
            self.done.push(Window { quality: self.quality(state), ..window });
        }
        if self.now.is_none() && !self.is_full() {
            self.now = Some(window_from(time, self.period));
        }
        let effects = match verdict {
            Verdict::Admitted { effects, .. } => effects,
            Verdict::Refused { by, .. } => {
                let by = by.as_ref().and_then(|by| by.party.as_ref());
                let own = by.is_some_and(|by| self.party.as_ref().is_none_or(|own| own == by));
                if let Some(now) = &mut self.now {
                    now.refused += u64::from(own);
                }
                return;
            }
        };
        if let Some(Act::EvidenceSubmit(evidence)) = act {
            self.tested(evidence, state);
        }
        effects.iter().for_each(|effect| self.took_place(effect, state));
    }

    /// The windows, the last one as far as it has come.
    pub fn end(mut self, state: &State) -> Vec<Window> {
        if let Some(window) = self.now.take() {
            let quality = self.quality(state);
            self.done.push(Window { quality, ..window });
        }
        self.done
    }

    fn took_place(&mut self, effect: &Effect, state: &State) {
        let concerns = |party: &PartyId| self.party.as_ref().is_none_or(|own| own == party);
        let Some(now) = &mut self.now else { return };
        match effect {
            Effect::DutyStands(id, status) if concerns(&id.owner) => {
                match status {
                    DutyStatus::Late | DutyStatus::Breached if self.late.insert(id.clone()) => {
                        now.trust.count(false);
                    }
                    DutyStatus::Discharged { late: false, .. } => now.trust.count(true),
                    _ => {}
                }
                now.breaches.duties += u64::from(*status == DutyStatus::Breached);
            }
            Effect::WarrantyBroken(clause) => {
                let own = state.warrants(clause, self.party.as_ref());
                now.breaches.warranties += u64::from(own);
            }
            Effect::CaseStands(id, CaseStatus::Open) => {
                let own = state.case(id).is_some_and(|case| {
                    let against = self.party.as_ref().is_none_or(|own| case.against.contains(own));
                    let incident = case.kind == CaseKind::Incident;
                    incident && case.drill.is_none() && against
                });
                now.breaches.incidents += u64::from(own);
            }
            Effect::RolledBack(model, _) if state.signed_model(model, self.party.as_ref()) => {
                now.reliability.count(false);
            }
            _ => {}
        }
    }

    fn tested(&mut self, evidence: &EvidenceSubmit, state: &State) {
        let asked = state.asked_of(evidence);
        if asked.is_empty() {
            return;
        }
        let met = asked.iter().all(|(metric, least)| {
            evidence.results.get(metric).is_some_and(|value| value >= least)
        });
        if state.models().contains_key(&evidence.subject) {
            if let Some(now) = &mut self.now
                && state.signed_model(&evidence.subject, self.party.as_ref())
            {
                now.reliability.count(met);
            }
        } else if met {
            self.failed.remove(&evidence.subject);
        } else {
            self.failed.insert(evidence.subject);
        }
    }

    fn quality(&self, state: &State) -> Share {
        let mut share = Share::default();
        let all = state.catalogue();
        for entry in all.iter().filter(|entry| entry.kind == AssetKind::Dataset) {
            for own in &entry.versions {
                let held = |party| own.holders.contains_key(party);
                let used = !matches!(own.phase, Phase::Withdrawn | Phase::Deleted);
                if used && self.party.as_ref().is_none_or(held) {
                    let failed = self.failed.contains(&own.version);
                    let free = own.withdrawn_slice.is_none();
                    share.count(entry.lacks.is_none() && free && !failed);
                }
            }
        }
        share
    }
}

fn window_from(from: Timestamp, period: Period) -> Window {
    let (quality, reliability, trust) = (Share::default(), Share::default(), Share::default());
    let until = from.plus(period);
    Window { from, until, quality, reliability, breaches: Broken::default(), trust, refused: 0 }
}

impl State {
    /// What gates and warranties ask of a test's results, by metric.
    fn asked_of(&self, evidence: &EvidenceSubmit) -> Vec<(MetricId, Decimal)> {
        let mut asked = Vec::new();
        for (_, clause) in self.agreement.clauses() {
            match &clause.terms {
                Terms::Gate(gate) => {
                    let needs = gate.evidence.iter().filter(|need| need.method == evidence.method);
                    asked.extend(needs.filter_map(|need| need.metric.clone().zip(need.at_least)));
                }
                Terms::Warranty(own) if own.method.as_ref() == Some(&evidence.method) => {
                    asked.extend(own.metric.clone().zip(own.at_least));
                }
                _ => {}
            }
        }
        asked
    }

    /// Whether a party is one that signed for a model; of nobody in particular, whether it is there.
    fn signed_model(&self, model: &Digest, party: Option<&PartyId>) -> bool {
        let found = self.models.get(model);
        found.is_some_and(|found| party.is_none_or(|party| found.signed_by.contains(party)))
    }

    /// Whether a party warrants what a clause says; or anybody.
    fn warrants(&self, clause: &ClauseRef, party: Option<&PartyId>) -> bool {
        let law = self.law_of(clause);
        let seat = law.clause(clause).and_then(|found| match &found.terms {
            Terms::Warranty(own) => Some(&own.by),
            _ => None,
        });
        party.is_none_or(|party| seat.is_some_and(|seat| law.parties_of(seat).contains(party)))
    }
}
