//! What several acts about cases are asked.

use std::collections::BTreeSet;

use concordat_agreement::Stage;
use concordat_terms::{AssetId, CaseId, PartyId, Timestamp};

use super::{Case, CaseMatter, CaseRefusal as No, CaseStatus, IncidentMatter};
use crate::deed::Hearing;
use crate::duties::DutyRefusal;
use crate::gate::Matter;
use crate::refusal::Refusal;
use crate::state::State;

impl Case {
    /// Who brought it: who opened it, or whom it is for where it opened by itself.
    pub fn brought_by(&self) -> impl Iterator<Item = &PartyId> {
        self.by.iter().chain(&self.to)
    }

    /// Whether it is between this party and others.
    pub(super) fn is_party(&self, party: &PartyId) -> bool {
        self.against.contains(party) || self.brought_by().any(|own| own == party)
    }

    /// The stage at which it is, if it goes through any.
    pub fn at_stage(&self) -> Option<&Stage> {
        self.stages.get(self.stage)
    }

    pub(super) fn stage_in_words(&self) -> String {
        self.at_stage().map_or("no stage".to_owned(), |at| format!("stage `{}`", at.stage))
    }
}

impl State {
    /// A case that is open, refusing one that is not.
    pub(super) fn open_case(&self, id: &CaseId, out: &mut Vec<Refusal>) -> Option<&Case> {
        let Some(case) = self.cases.all.get(id) else {
            out.push(No::UnknownCase { case: id.clone() }.into());
            return None;
        };
        if case.status != CaseStatus::Open {
            let (id, is) = (id.clone(), case.status.as_str());
            out.push(No::CaseState { case: id, is, needs: "open" }.into());
        }
        Some(case)
    }

    pub(super) fn new_case(&self, id: &CaseId, on: &BTreeSet<AssetId>, out: &mut Vec<Refusal>) {
        if self.cases.all.contains_key(id) {
            out.push(Refusal::NameTaken { name: id.to_string() });
        }
        for asset in on.iter().filter(|asset| self.agreement.asset(asset).is_none()) {
            out.push(Refusal::UnknownAsset { asset: asset.clone(), kind: "asset" });
        }
    }

    pub(super) fn known_parties(&self, parties: &BTreeSet<PartyId>, out: &mut Vec<Refusal>) {
        for party in parties.iter().filter(|party| self.agreement.party(party).is_none()) {
            out.push(DutyRefusal::UnknownParty { party: party.clone() }.into());
        }
    }

    pub(super) fn check_incident(&self, incident: &IncidentMatter, out: &mut Vec<Refusal>) {
        if incident.kinds.is_empty() {
            out.push(No::NoKind.into());
        }
        self.check_aware(incident.aware_at, out);
    }

    pub(super) fn check_aware(&self, at: Timestamp, out: &mut Vec<Refusal>) {
        if let Some(now) = self.time.filter(|now| at > *now) {
            out.push(No::AwareAhead { at, now }.into());
        }
    }

    /// Whether a case has two sides: of those who brought it one is none of those whom it is against.
    pub(crate) fn has_two_sides(&self, case: &Case) -> bool {
        let against: BTreeSet<&PartyId> =
            case.against.iter().map(|party| self.agreement.last(party)).collect();
        let other = |party: &PartyId| !against.contains(self.agreement.last(party));
        !against.is_empty() && case.brought_by().any(other)
    }

    /// A dispute or claim is ended by all who are party to it, if it has two sides, or by who decides
    /// at its stage. Where it goes through no stages, a body ends it too, and who brought it drops it.
    pub(super) fn check_end(
        &self,
        (id, case): (&CaseId, &Case),
        owes: bool,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) {
        // Who has left and is followed by nobody has not agreed.
        let silent = |party: &&PartyId| {
            let now = self.agreement.now(party);
            now.is_none_or(|now| !hearing.by.parties.contains(&now))
        };
        let unheard = case.brought_by().filter(silent).cloned().collect::<Vec<_>>();
        let against = case.against.iter().filter(silent).cloned();
        let silent: Vec<PartyId> = unheard.iter().cloned().chain(against).collect();
        if silent.is_empty() && self.has_two_sides(case) {
            return;
        }
        // What costs nobody anything is dropped by who brought it.
        let dropped = !owes && unheard.is_empty() && case.brought_by().next().is_some();
        if case.at_stage().is_some() {
            self.check_decider(id, case, hearing, out);
        } else if hearing.via.is_none() && !dropped {
            out.push(No::PartiesSilent { case: id.clone(), silent }.into());
        }
    }

    /// Refuses who does not decide at the stage of a case; where it goes through none, clauses alone
    /// say who acts.
    pub(super) fn check_decider(
        &self,
        id: &CaseId,
        case: &Case,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) {
        let Some(stage) = case.at_stage() else { return };
        let decider = stage.by.as_str();
        // Nobody decides for a seat what it is party to.
        let now = hearing.by.actor.party.as_ref();
        let between = matches!(case.matter, CaseMatter::Dispute(_) | CaseMatter::Claim(_));
        let own = between
            && now.is_some_and(|own| {
                self.agreement.before(own).iter().any(|party| case.is_party(party))
            });
        let seat = hearing.by.actor.seat.as_str() == decider && !own;
        let body = hearing.via.is_some_and(|body| body.as_str() == decider);
        if !seat && !body {
            let (case, at, decider) = (id.clone(), case.stage_in_words(), decider.to_owned());
            out.push(No::NotTheDecider { case, at, decider }.into());
        }
    }

    pub(super) fn add_case<'a>(&'a self, matter: &mut Matter<'a>, id: &CaseId) {
        let Some(case) = self.cases.all.get(id) else { return };
        matter.ask.assets.extend(&case.on);
        let models = case.models.iter().filter_map(|model| self.models.get(model));
        matter.ask.assets.extend(models.map(|model| &model.asset));
    }
}
