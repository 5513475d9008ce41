//! How modules come into force: complete, consistent, newer than what they replace, and signed by
//! all whom it takes.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{
    Agreement, Cited, Concern, Module, Playbook, Signatures, delegated, is_newer, signatures,
};
use concordat_terms::{BodyId, ClauseRef, Digest, ModuleId, PartyId, ProjectId};

use crate::act::{Act, ModuleEnter};
use crate::change::Change;
use crate::deed::{Deed, Hearing};
use crate::gate::Request;
use crate::judge::By;
use crate::refusal::Refusal;
use crate::state::{ProjectStatus, Proposal, Standing, State};
use crate::verdict::{Actor, Facts};

impl Deed for ModuleEnter {
    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        for digest in &self.modules {
            state.proposal(digest, out);
        }
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Change> {
        hearing.state.judge_enter(self, hearing.by, hearing.via, hearing.facts, out).1
    }
}

impl State {
    /// Modules enter together or not at all. The clause is the power that delegates the amendment,
    /// where one does.
    pub(crate) fn judge_enter(
        &self,
        act: &ModuleEnter,
        by: &By,
        via: Option<&BodyId>,
        facts: &Facts,
        out: &mut Vec<Refusal>,
    ) -> (Option<ClauseRef>, Option<Change>) {
        if by.party(out).is_none() {
            return (None, None);
        }
        if act.modules.is_empty() {
            let reason = "no module enters".to_owned();
            out.push(Refusal::Unfit { reason });
        }
        let mut entering = BTreeMap::new();
        for digest in &act.modules {
            let Some(proposal) = self.proposal(digest, out) else { return (None, None) };
            if entering.insert(proposal.module.id.clone(), *digest).is_some() {
                out.push(Refusal::TwoVersions { module: proposal.module.id.clone() });
            }
            self.check_founding(*digest, proposal, out);
            self.check_newer(proposal, out);
            if self.delegation(&proposal.module, &by.actor, via).is_none() {
                self.check_surely_signed(digest, proposal, out);
            }
        }
        let project = self.check_project_of(act, out);
        if self.founding.is_empty() && !self.in_force.is_empty() {
            let request = Request { act: &Act::ModuleEnter(act.clone()), by, via };
            self.pass_entrance(&request, out);
        }
        let proved = match facts.agreement.as_ref() {
            None => return (None, None),
            Some(Err(refusal)) => {
                out.push(refusal.clone());
                return (None, None);
            }
            Some(Ok(proved)) => proved,
        };
        let clause = self.check_signed(&entering, &proved.agreement, &by.actor, via, out);
        self.check_founders(&proved.agreement, out);
        self.check_playbook(&proved.agreement, out);
        self.check_charged(&proved.agreement, out);
        self.check_modifications(&proved.agreement, out);
        let limits = proved.limits.clone();
        (
            clause,
            Some(Change::InForce { project, modules: entering, limits, proved: proved.clone() }),
        )
    }

    /// What the founders signed in the genesis is what begins, in one step or several: until all of
    /// it is in force nothing else enters. A genesis that names no modules leaves them open.
    fn check_founding(&self, digest: Digest, proposal: &Proposal, out: &mut Vec<Refusal>) {
        if !self.founding.is_empty() && !self.founding.contains(&digest) {
            out.push(Refusal::NotAFoundingModule {
                module: proposal.module.id.clone(),
                waiting: self.founding.len(),
            });
        }
    }

    /// The project whose modules enter, which has not ended; `None`, if they are the frame's. That
    /// they are not of several is asked where they are joined.
    fn check_project_of(&self, act: &ModuleEnter, out: &mut Vec<Refusal>) -> Option<ProjectId> {
        let mut entering = act.modules.iter().filter_map(|digest| self.proposals.get(digest));
        let id = entering.find_map(|proposal| proposal.module.project.clone())?;
        let status = self.project(&id, out).map(|project| project.status);
        if status == Some(ProjectStatus::Ended) {
            let is = ProjectStatus::Ended.as_str();
            out.push(Refusal::ProjectState { project: id.clone(), is, needs: "chartered or open" });
        }
        Some(id)
    }

    /// An amendment is newer than what it replaces; what has ended is not amended.
    fn check_newer(&self, proposal: &Proposal, out: &mut Vec<Refusal>) {
        let module = &proposal.module;
        let old = self.governing(module).modules().get(&module.id);
        if let Some(old) = old.filter(|old| !is_newer(module, old)) {
            out.push(Refusal::OlderVersion {
                module: module.id.clone(),
                old: old.version.to_string(),
                new: module.version.to_string(),
            });
        }
        if self.standing(&module.id) == Some(Standing::Ended) {
            let (module, is) = (module.id.clone(), Standing::Ended);
            let needs = &[Standing::InForce, Standing::Suspended];
            out.push(Refusal::ModuleState { module, is, needs });
        }
    }

    /// Asked before the modules are joined: what is not signed is not worth that.
    fn check_surely_signed(&self, digest: &Digest, proposal: &Proposal, out: &mut Vec<Refusal>) {
        let surely = self.surely_signs(proposal);
        let missing: Vec<PartyId> =
            self.yet_to_sign(digest).into_iter().filter(|party| surely.contains(party)).collect();
        if !missing.is_empty() {
            out.push(Refusal::UnsignedModule { module: proposal.module.id.clone(), missing });
        }
    }

    fn check_signed(
        &self,
        entering: &BTreeMap<ModuleId, Digest>,
        agreement: &Agreement,
        actor: &Actor,
        via: Option<&BodyId>,
        out: &mut Vec<Refusal>,
    ) -> Option<ClauseRef> {
        let (signers, clause) = self.signers(entering.values(), agreement, actor, via);
        for (module, parties) in signers {
            let digest = entering.get(&module);
            let Some(proposal) = digest.and_then(|d| self.proposals.get(d)) else { continue };
            // Asked already, unless a power left the amendment to whoever brings it in.
            let surely = match self.delegation(&proposal.module, actor, via) {
                Some(_) => BTreeSet::new(),
                None => self.surely_signs(proposal),
            };
            let mut missing = Vec::new();
            let mut read: BTreeMap<Digest, BTreeSet<PartyId>> = BTreeMap::new();
            let with = self.set_of(entering.values().copied());
            let with: BTreeSet<Digest> = with.into_iter().filter(|d| Some(d) != digest).collect();
            let mut others_signed: BTreeMap<&BTreeSet<Digest>, Vec<PartyId>> = BTreeMap::new();
            // A weaker demand is made at the strength of the one that it replaces.
            let was = self.governing(&proposal.module).modules().get(&module).map(|was| was.level);
            let needs = proposal.module.level.max(was.unwrap_or(proposal.module.level));
            for (party, why) in parties {
                if let Some(signature) = self.signature(proposal, &party) {
                    read.entry(signature.document).or_default().insert(party.clone());
                    if signature.with != with {
                        let set = others_signed.entry(&signature.with).or_default();
                        set.push(party.clone());
                    }
                    let is = signature.level;
                    if is < needs {
                        let module = module.clone();
                        out.push(Refusal::SignatureTooWeak { module, party, is, needs });
                    }
                    continue;
                }
                if surely.contains(&party) {
                    continue;
                }
                match why.into_iter().next() {
                    None | Some(Concern::Signs(_)) => missing.push(party),
                    Some(concern) => {
                        let (module, because) = (module.clone(), concern.to_string());
                        out.push(Refusal::UnsignedByAffected { module, party, because });
                    }
                }
            }
            if !missing.is_empty() {
                out.push(Refusal::UnsignedModule { module: module.clone(), missing });
            }
            for (signed, parties) in others_signed {
                let (signed, enters) = (self.names_of(signed), self.names_of(&with));
                let module = module.clone();
                out.push(Refusal::SetsDiffer { module, parties, signed, enters });
            }
            // What most have read is the document; who read another is named.
            let most = read.iter().max_by_key(|(_, who)| who.len()).map(|(digest, _)| *digest);
            let others: BTreeSet<PartyId> =
                read.into_iter().filter(|(d, _)| Some(*d) != most).flat_map(|(_, p)| p).collect();
            if !others.is_empty() {
                let others = others.into_iter().collect();
                out.push(Refusal::DocumentsDiffer { module, others });
            }
        }
        clause
    }

    /// Whether the modules that the genesis names have not all entered yet.
    fn is_beginning(&self) -> bool {
        !self.founding.is_empty() || self.in_force.is_empty()
    }

    /// The power that leaves an amendment to who brings it in: never while the log begins, and never
    /// of a project's modules.
    fn delegation(
        &self,
        module: &Module,
        actor: &Actor,
        via: Option<&BodyId>,
    ) -> Option<ClauseRef> {
        if self.is_beginning() || module.project.is_some() {
            return None;
        }
        delegated(&self.agreement, module, actor.party.as_ref(), via)
    }

    /// Who must sign modules before they enter, and why, and the power that delegates them to
    /// `actor`, acting for a body or not.
    ///
    /// Until the founding modules are in force that is every founder. From then on it is, for each
    /// module, who signs it, as it is and as it would be, and whom the whole amendment affects
    /// ([`signatures`]). An amendment that an earlier clause delegated takes the signature of who
    /// brings it in, and nobody else's. Modules of a project are an amendment of what its acts are
    /// judged under: words take everybody, fields whom their clauses concern.
    pub fn signers<'a>(
        &self,
        entering: impl IntoIterator<Item = &'a Digest>,
        agreement: &Agreement,
        actor: &Actor,
        via: Option<&BodyId>,
    ) -> (Signatures, Option<ClauseRef>) {
        let proposals: Vec<&Proposal> =
            entering.into_iter().filter_map(|digest| self.proposals.get(digest)).collect();
        let project = proposals.iter().find_map(|proposal| proposal.module.project.as_ref());
        let beginning = self.is_beginning();
        let mut signers = Signatures::new();
        let mut base = project.map_or(&*self.agreement, |id| self.agreement_of(id)).clone();
        let mut clause = None;
        let mut rest = Vec::new();
        for proposal in proposals {
            let module = &proposal.module;
            if let Some(power) = self.delegation(module, actor, via) {
                clause = Some(power);
                base = base.with(module.clone());
                let own = actor.party.clone().map(|party| (party, BTreeSet::new()));
                signers.insert(module.id.clone(), own.into_iter().collect());
            } else {
                rest.push(module);
            }
        }
        if beginning {
            for module in rest {
                let own = agreement.signer_parties(module).into_iter();
                let founders = self.genesis.iter().flat_map(|g| g.parties.keys().cloned());
                let all = own.chain(founders).map(|party| (party, BTreeSet::new()));
                signers.insert(module.id.clone(), all.collect());
            }
        } else if !rest.is_empty() {
            signers.extend(signatures(&base, agreement));
        }
        (signers, clause)
    }

    /// A playbook that an amendment names is a version that a body has decided something about. While
    /// the log begins there is no body that could have.
    fn check_playbook(&self, agreement: &Agreement, out: &mut Vec<Refusal>) {
        let named = |agreement: &Agreement| {
            let instrument = agreement.instrument()?;
            Some((instrument.terms.playbook.clone()?, instrument.clause))
        };
        let Some((playbook, clause)) = named(agreement) else { return };
        let same = named(&self.agreement).is_some_and(|(was, _)| was == playbook);
        if same || self.is_beginning() {
            return;
        }
        let Playbook { asset, version } = playbook;
        let listed = self.version(&version).is_some_and(|own| own.asset == asset);
        let decided = self.bodies.motions.values().any(|motion| {
            motion.executed.is_some() && motion.proposed.decision.subject() == Some(version)
        });
        if !listed || !decided {
            out.push(Refusal::PlaybookNotVoted { asset, version, clause });
        }
    }

    /// The agreement's parties have keys here, and its witnesses are the genesis's.
    fn check_founders(&self, agreement: &Agreement, out: &mut Vec<Refusal>) {
        let Some(genesis) = &self.genesis else { return };
        for party in agreement.parties().filter_map(|cited| cited.id::<PartyId>()) {
            // Who has left needs none.
            let keyed = self.people.parties.contains_key(&party);
            if !keyed && !agreement.has_left(&party) {
                out.push(Refusal::PartyWithoutKey { party });
            }
        }
        if let Some(Cited { clause, terms }) = agreement.witnesses() {
            let named: BTreeSet<PartyId> = terms.witnesses.iter().cloned().collect();
            let policy = self.policy().unwrap_or(&genesis.policy);
            if named != policy.witnesses || terms.quorum != policy.quorum {
                out.push(Refusal::WitnessesDiffer { clause });
            }
        }
    }
}
