//! The matrix of responsibilities: each duty and each act, and what it has to do with each party.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{ActName, ClauseRef, PartyId};
use serde::Serialize;

use crate::state::State;

/// Who answers for what, and who has a say in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// The parties, in the order of their names.
    pub parties: Vec<PartyId>,
    /// Duties in the order of their clauses, then acts in the order of the vocabulary.
    pub lines: Vec<MatrixLine>,
}

/// A duty or an act, and what it has to do with whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MatrixLine {
    /// The duty in its clause's words, or the act's name.
    pub what: String,
    /// The clause of a duty.
    pub clause: Option<ClauseRef>,
    /// The act.
    pub act: Option<ActName>,
    /// By party.
    pub parts: BTreeMap<PartyId, BTreeSet<Part>>,
    /// How many occurrences of a duty are owed now.
    pub open: u32,
    /// How many of those are late or breached.
    pub overdue: u32,
}

/// What somebody has to do with a duty or an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Owes it, or may do it.
    Responsible,
    /// Has to approve or decide it.
    Accountable,
    /// Is asked for evidence.
    Consulted,
    /// Is owed it.
    Informed,
}

impl Part {
    /// Its letter in a table.
    pub fn letter(self) -> char {
        match self {
            Self::Responsible => 'R',
            Self::Accountable => 'A',
            Self::Consulted => 'C',
            Self::Informed => 'I',
        }
    }
}

impl State {
    /// The matrix of responsibilities of the agreement in force.
    pub fn matrix(&self) -> Matrix {
        let parties = self.parties_now();
        let duties = self.responsibilities().into_iter().map(|duty| {
            let mut line = MatrixLine {
                what: duty.what.to_owned(),
                clause: Some(duty.clause),
                act: None,
                parts: BTreeMap::new(),
                open: duty.open,
                overdue: duty.overdue,
            };
            line.add(&duty.responsible, Part::Responsible);
            let told = parties.iter().filter(|p| duty.informed.iter().any(|to| to == p.as_str()));
            line.add(told, Part::Informed);
            line
        });
        let acts = ActName::JUDGED.iter().filter_map(|act| self.act_line(*act));
        let lines = duties.chain(acts).collect();
        Matrix { parties, lines }
    }

    /// An act that some clause speaks of.
    fn act_line(&self, act: ActName) -> Option<MatrixLine> {
        let law = &self.agreement;
        let (what, open) = (act.to_string(), 0);
        let mut line = MatrixLine {
            what,
            clause: None,
            act: Some(act),
            parts: BTreeMap::new(),
            open,
            overdue: 0,
        };
        for permit in law.permits(act) {
            for seat in &permit.terms.by {
                line.add(law.parties_of(seat), Part::Responsible);
            }
        }
        for power in law.powers(act) {
            line.add(law.parties_of(&power.terms.holder), Part::Responsible);
            let body = power.terms.ratified_by.iter();
            body.for_each(|body| line.add(&self.voters(body), Part::Accountable));
        }
        for gate in law.gates(act) {
            for approval in &gate.terms.approvals {
                line.add(law.parties_of(&approval.seat), Part::Accountable);
            }
            if let Some(body) = &gate.terms.motion {
                line.add(&self.voters(body), Part::Accountable);
            }
            for need in &gate.terms.evidence {
                line.add(law.parties_of(&need.by), Part::Consulted);
            }
        }
        (!line.parts.is_empty()).then_some(line)
    }
}

impl MatrixLine {
    fn add<'a>(&mut self, parties: impl IntoIterator<Item = &'a PartyId>, part: Part) {
        for party in parties {
            self.parts.entry(party.clone()).or_default().insert(part);
        }
    }
}
