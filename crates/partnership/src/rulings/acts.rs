//! Entering determinations, and asking for corrections.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Addressee, Duty, Force};
use concordat_terms::{ActName, CaseId, ClauseRef, Digest, PartyId, jcs};
use serde::{Deserialize, Serialize};

use super::RulingRefusal as No;
use crate::act::{Act, Determination};
use crate::cases::CaseRuling;
use crate::deed::{Deed, Hearing};
use crate::duties::{DutyId, Ruling};
use crate::judge::By;
use crate::refusal::Refusal;
use crate::state::State;

/// `correction.request`: a party that a verdict affects says that it is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorrectionRequest {
    /// The index of the entry whose verdict it is about.
    pub verdict: u64,
    /// The reasons, a blob.
    pub reasons: Digest,
}

/// What a determination says of a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictRuling {
    /// It stands.
    Stands,
    /// What it admitted is undone until something else is determined.
    Stayed,
    /// What it admitted is undone; what it refused may be brought once more, and passes what permits
    /// and gates ask.
    SetAside,
}

impl VerdictRuling {
    /// What was determined, as words: in those of a request that was decided so.
    fn as_str(self) -> &'static str {
        match self {
            Self::Stands => "kept",
            Self::Stayed => "stayed",
            Self::SetAside => "set aside",
        }
    }
}

/// What is refused because of what a permit or a gate asks. Only that is set aside: what protects
/// privacy and security, keys and accounts stands.
const ASKED_BY_CLAUSES: &[&str] = &[
    "not-permitted",
    "nothing-permits",
    "clause-silent",
    "condition-fails",
    "module-not-in-force",
    "module-state",
    "needs-motion",
    "needs-approver",
    "needs-approvals",
    "needs-evidence",
    "evidence-too-old",
    "evidence-below",
    "act-too-weak",
];

/// What these acts change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    Determined {
        invalid: BTreeSet<ClauseRef>,
        #[serde(skip_serializing_if = "BTreeSet::is_empty")]
        stayed: BTreeSet<ClauseRef>,
        #[serde(skip_serializing_if = "BTreeSet::is_empty")]
        lifted: BTreeSet<ClauseRef>,
        duties: BTreeMap<DutyId, Ruling>,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        verdicts: BTreeMap<u64, VerdictRuling>,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        cases: BTreeMap<CaseId, CaseRuling>,
    },
    Asked {
        verdict: u64,
        by: PartyId,
        reasons: Digest,
    },
}

impl From<Change> for crate::change::Change {
    fn from(change: Change) -> Self {
        Self::Ruling(change)
    }
}

impl Deed for Determination {
    fn subject(&self) -> Option<Digest> {
        Some(self.ruling)
    }

    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        state.judge_determination(self, out);
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        Some(hearing.state.judge_determination(self, out))
    }
}

impl Deed for CorrectionRequest {
    fn subject(&self) -> Option<Digest> {
        Some(self.reasons)
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let state = hearing.state;
        let by = hearing.by.party(out)?.clone();
        if state.correction_within().is_none() {
            out.push(No::NoCorrections.into());
            return None;
        }
        if let Some(asked) = state.rulings.corrections.get(&self.verdict) {
            let (verdict, is) = (self.verdict, asked.status.as_str());
            out.push(No::CorrectionState { verdict, is }.into());
        } else if let Some((_, ruled)) = state.rulings.ruled.get(&self.verdict) {
            let (verdict, is) = (self.verdict, ruled.as_str());
            out.push(No::CorrectionState { verdict, is }.into());
        }
        match state.said.get(&self.verdict) {
            None => {
                let verdict = self.verdict;
                let clause = state.agreement.instrument().map(|instrument| instrument.clause)?;
                out.push(No::CorrectionTooLate { verdict, clause }.into());
            }
            Some(said) => {
                let before = state.agreement.before(&by);
                if said.affects.as_ref().is_some_and(|affected| affected.is_disjoint(&before)) {
                    let (verdict, party) = (self.verdict, by.clone());
                    out.push(No::NotAffected { verdict, party }.into());
                }
            }
        }
        Some(Change::Asked { verdict: self.verdict, by, reasons: self.reasons }.into())
    }
}

impl State {
    /// A ruling names clauses of the agreement in force, duties and verdicts about which something
    /// can still be ruled.
    fn judge_determination(
        &self,
        act: &Determination,
        out: &mut Vec<Refusal>,
    ) -> crate::change::Change {
        let Determination { invalid, stayed, lifted, duties, verdicts, cases, .. } = act;
        let nothing = invalid.is_empty() && stayed.is_empty() && lifted.is_empty();
        if nothing && duties.is_empty() && verdicts.is_empty() && cases.is_empty() {
            let reason = format!("`{}` finds no clause invalid", ActName::DeterminationEnter);
            out.push(Refusal::Unfit { reason });
        }
        for clause in invalid.iter().chain(stayed).chain(lifted) {
            if self.agreement.clause(clause).is_none() {
                out.push(Refusal::UnknownClause { clause: clause.clone() });
            }
        }
        for clause in lifted.iter().filter(|clause| !self.agreement.stayed().contains(*clause)) {
            out.push(No::NotStayed { clause: clause.clone() }.into());
        }
        self.ruled(duties, out);
        for (verdict, ruling) in verdicts {
            self.check_verdict_ruling(*verdict, *ruling, out);
        }
        for (case, ruling) in cases {
            self.check_case_ruling(case, ruling, out);
        }
        let more = !duties.is_empty() || !cases.is_empty();
        if nothing || more || !stayed.is_empty() || !lifted.is_empty() {
            let (invalid, stayed) = (invalid.clone(), stayed.clone());
            let (lifted, duties, verdicts) = (lifted.clone(), duties.clone(), verdicts.clone());
            let cases = cases.clone();
            return Change::Determined { invalid, stayed, lifted, duties, verdicts, cases }.into();
        }
        match verdicts.is_empty() {
            true => crate::change::Change::Invalid(invalid.clone()),
            false => {
                let (invalid, verdicts) = (invalid.clone(), verdicts.clone());
                let (stayed, lifted, duties) = Default::default();
                let cases = BTreeMap::new();
                Change::Determined { invalid, stayed, lifted, duties, verdicts, cases }.into()
            }
        }
    }

    fn check_verdict_ruling(&self, verdict: u64, ruling: VerdictRuling, out: &mut Vec<Refusal>) {
        let correction = self.rulings.corrections.get(&verdict);
        let said = self.said.get(&verdict).or(correction.map(|asked| &asked.verdict));
        let undoable = self.powers.undo.get(&verdict);
        let refused = said.and_then(|said| said.refused.as_ref());
        match ruling {
            VerdictRuling::Stands => {
                if !self.is_paused(verdict)
                    && undoable.is_none_or(|undoable| undoable.stayed.is_none())
                {
                    out.push(No::NothingToRule { verdict }.into());
                }
            }
            VerdictRuling::Stayed | VerdictRuling::SetAside => match (refused, undoable) {
                (Some((code, _)), _) => {
                    let aside = ruling == VerdictRuling::SetAside;
                    if !aside || !ASKED_BY_CLAUSES.contains(&&**code) {
                        let code = code.to_string();
                        out.push(No::RefusalStands { verdict, code }.into());
                    }
                }
                (None, None) if !self.can_be_reversed(verdict) => {
                    out.push(No::CannotBeUndone { verdict }.into())
                }
                (None, _) => {}
            },
        }
    }

    /// Whether everybody whom a determination affects has signed it: such a one no clause has to
    /// permit.
    pub(crate) fn all_affected_sign(&self, act: &Determination, by: &By) -> bool {
        let everybody = || self.agreement.everybody();
        // Who has left and is followed by nobody is affected all the same, and cannot sign.
        let now = |party: &PartyId| self.agreement.now(party).unwrap_or_else(|| party.clone());
        let mut affected = BTreeSet::new();
        if !(act.invalid.is_empty() && act.stayed.is_empty() && act.lifted.is_empty()) {
            affected.extend(everybody());
        }
        for id in act.duties.keys() {
            let owner = now(&id.owner);
            affected.insert(owner.clone());
            let Some(clause) = self.duty_clause(&id.clause) else { continue };
            // What the law asks, and what is owed to who does not sign, nobody here can let go.
            if self.force_of(&id.clause) == Force::Statutory || owed_outside(clause.terms) {
                return false;
            }
            // Where nobody else is there to whom it is owed, nobody can let it go.
            let mut others = self.addressees(&clause);
            others.remove(&owner);
            if others.is_empty() {
                return false;
            }
            affected.extend(others);
        }
        for case in act.cases.keys().filter_map(|id| self.cases.all.get(id)) {
            affected.extend(case.brought_by().chain(&case.against).map(now));
            // A case that has one side alone is everybody's.
            if !self.has_two_sides(case) {
                affected.extend(everybody());
            }
        }
        for (verdict, ruling) in &act.verdicts {
            let asked = self.rulings.corrections.get(verdict);
            let said = self.said.get(verdict).or(asked.map(|asked| &asked.verdict));
            // What a clause asks of one it asks for the sake of all.
            let let_past = *ruling == VerdictRuling::SetAside
                && said.is_some_and(|said| said.refused.is_some());
            match said.and_then(|said| said.affects.clone()).filter(|_| !let_past) {
                Some(parties) => affected.extend(parties.iter().map(now)),
                None => affected.extend(everybody()),
            }
            affected.extend(asked.map(|asked| now(&asked.by)));
        }
        !affected.is_empty() && affected.is_subset(&by.parties)
    }

    /// The digest of what an act says, whoever signs it and when.
    pub(crate) fn content(act: &Act) -> Option<Digest> {
        jcs::to_bytes(act).ok().map(|bytes| Digest::of(&bytes))
    }
}

/// Whether a duty is owed to somebody who does not sign.
fn owed_outside(clause: &Duty) -> bool {
    clause.to.iter().any(|to| matches!(to, Addressee::Outside(_)))
}
