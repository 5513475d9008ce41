//! The acts of an audit.

use std::collections::BTreeSet;

use concordat_terms::{ActName, AssetId, Digest, PartyId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Audit, AuditRefusal as No, Finding};
use crate::deed::{Deed, Hearing, Hears};
use crate::duties::{DutyId, Trigger};
use crate::gate::Matter;
use crate::refusal::Refusal;
use crate::state::State;
use crate::verdict::{Actor, Effect};

/// `audit.request`: asks a party for an audit. The duties that the agreement has start with it are
/// owed by that party alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditRequest {
    /// The party that is audited.
    pub of: PartyId,
    /// What is audited, a blob.
    pub scope: Digest,
    /// The assets whose use is audited: by a seat that the clause of each lets audit it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub on: BTreeSet<AssetId>,
}

/// `audit.answer`: what the party that is audited gives, or that it refuses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditAnswer {
    /// The index of the entry that asked.
    pub request: u64,
    /// The answer.
    pub reply: AuditReply,
}

/// An answer to a request for an audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuditReply {
    /// What was asked for, a blob.
    Given(Digest),
    /// That it is refused, with the reasons, a blob: the duty to answer is breached at once.
    Refused(Digest),
}

/// `audit.finding`: what the auditor found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditFinding {
    /// The index of the entry that asked.
    pub request: u64,
    /// The finding, a blob.
    pub finding: Digest,
}

/// What acts about audits change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    Requested { by: PartyId, request: AuditRequest },
    Answered(AuditAnswer),
    Found(AuditFinding),
}

impl From<Change> for crate::change::Change {
    fn from(change: Change) -> Self {
        Self::Audit(change)
    }
}

impl Deed for AuditRequest {
    fn subject(&self) -> Option<Digest> {
        Some(self.scope)
    }

    fn hears(&self, _: &State, _: &Actor) -> Hears<'_> {
        Hears { to: Some(&self.of), ..Hears::default() }
    }

    fn about<'a>(&'a self, _: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter.ask.assets.extend(&self.on);
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let by = hearing.by.party(out)?.clone();
        for asset in &self.on {
            let Some(cited) = hearing.state.agreement.asset(asset) else {
                out.push(Refusal::UnknownAsset { asset: asset.clone(), kind: "asset" });
                continue;
            };
            let (clause, seats) = (cited.clause, &cited.terms.audit_by);
            let seat = &hearing.by.actor.seat;
            if !seats.contains(seat) {
                let (asset, seat) = (asset.clone(), seat.clone());
                out.push(No::NoAuditor { asset, seat, clause }.into());
            }
        }
        if hearing.state.audit_duties(&self.of).next().is_none() {
            out.push(No::AuditWithoutDate { of: self.of.clone() }.into());
        }
        Some(Change::Requested { by, request: self.clone() }.into())
    }
}

impl Deed for AuditAnswer {
    fn hears(&self, _: &State, _: &Actor) -> Hears<'_> {
        let unheard = matches!(self.reply, AuditReply::Refused(_));
        let answers = Some((ActName::AuditRequest, [self.request].into()));
        Hears { answers, unheard, ..Hears::default() }
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let party = hearing.by.party(out)?;
        let before = hearing.state.agreement.before(party);
        let audit = hearing.state.audits.get(&self.request);
        let audit = audit.filter(|audit| before.contains(&audit.of));
        let Some(audit) = audit else {
            out.push(No::UnknownAudit { request: self.request, party: party.clone() }.into());
            return None;
        };
        if let Some((AuditReply::Given(_), _)) = audit.answer {
            out.push(No::AuditAnswered { request: self.request }.into());
        }
        Some(Change::Answered(self.clone()).into())
    }
}

impl Deed for AuditFinding {
    fn subject(&self) -> Option<Digest> {
        Some(self.finding)
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let party = hearing.by.party(out)?;
        let before = hearing.state.agreement.before(party);
        let audit = hearing.state.audits.get(&self.request);
        if audit.is_none_or(|audit| !before.contains(&audit.by)) {
            out.push(No::UnknownAudit { request: self.request, party: party.clone() }.into());
        }
        Some(Change::Found(self.clone()).into())
    }
}

impl State {
    pub(crate) fn change_audit(&mut self, change: Change, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        match change {
            Change::Requested { by, request: AuditRequest { of, scope, on } } => {
                let findings = Vec::new();
                let audit = Audit { by, of, scope, on, at: now, answer: None, findings };
                self.audits.insert_mut(self.index, audit);
            }
            Change::Answered(AuditAnswer { request, reply }) => {
                let Some(mut audit) = self.audits.get(&request).cloned() else { return effects };
                audit.answer = Some((reply, now));
                if let AuditReply::Refused(_) = reply {
                    // Whoever refuses does not wait until it is late.
                    let owed: Vec<DutyId> = self
                        .audit_duties(self.agreement.last(&audit.of))
                        .map(|clause| DutyId {
                            clause,
                            owner: audit.of.clone(),
                            since: request,
                            nth: 0,
                        })
                        .collect();
                    for id in owed {
                        self.breach(&id, now, &mut effects);
                    }
                }
                self.audits.insert_mut(request, audit);
            }
            Change::Found(AuditFinding { request, finding }) => {
                let Some(mut audit) = self.audits.get(&request).cloned() else { return effects };
                audit.findings.push(Finding { finding, at: now, index: self.index });
                self.audits.insert_mut(request, audit);
            }
        }
        effects
    }

    /// The clauses by which a party owes an answer to an audit by a date.
    fn audit_duties(&self, of: &PartyId) -> impl Iterator<Item = concordat_terms::ClauseRef> {
        let trigger = Trigger::Act(ActName::AuditRequest);
        let clauses = self.duties.triggers.started_by(&trigger).into_iter();
        clauses.filter(move |clause| {
            let answers = self.duty_clause(clause).is_some_and(|duty| {
                let due = &duty.terms.due;
                duty.terms.discharged_by == ActName::AuditAnswer
                    && (due.period.is_some() || due.every.is_some())
            });
            answers && self.owners(clause).contains(of)
        })
    }
}
