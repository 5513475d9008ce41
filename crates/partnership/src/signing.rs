//! Signatures under proposed modules: for which set of modules, until when, and taken back.

use std::collections::BTreeSet;

use concordat_agreement::limits::MODULES_MAX;
use concordat_terms::{ActName, Digest, PartyId};

use crate::act::{Genesis, ModuleSign, OneModule};
use crate::change::Change;
use crate::deed::{Deed, Hearing};
use crate::judge::By;
use crate::refusal::Refusal;
use crate::state::{Proposal, Signature, State};

impl Deed for ModuleSign {
    fn subject(&self) -> Option<Digest> {
        Some(self.module)
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Change> {
        hearing.state.judge_sign(self, hearing.by, out)
    }
}

impl State {
    pub(crate) fn judge_sign(
        &self,
        act: &ModuleSign,
        by: &By,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        let party = by.party(out)?;
        let proposal = self.proposal(&act.module, out)?;
        // While a log begins, who has not signed a module of a later step still can.
        if proposal.entered || self.binds(proposal) && proposal.signed.contains_key(party) {
            let module = proposal.module.id.clone();
            out.push(Refusal::AlreadyEntered { module });
        }
        if act.with.contains(&act.module) || act.with.len() >= MODULES_MAX {
            let sign = ActName::ModuleSign;
            let reason = format!("`with` of `{sign}` names up to {} others", MODULES_MAX - 1);
            out.push(Refusal::Unfit { reason });
        }
        if let Some((until, now)) = act.until.zip(self.time).filter(|(until, now)| until <= now) {
            out.push(Refusal::UntilPassed { until, now });
        }
        // Who means another set, read it in another document, signs more strongly or for another
        // time, signs again.
        let before = self.signature(proposal, party);
        if before.is_some_and(|before| before.says(act) && before.level >= by.level) {
            let module = proposal.module.id.clone();
            out.push(Refusal::AlreadySigned { module, party: party.clone() });
        }
        let ModuleSign { module, with, document, until } = act.clone();
        let under = self.amended_by(proposal);
        let signature = Signature { with, document, level: by.level, until, under };
        Some(Change::ModuleSigned { digest: module, party: party.clone(), signature })
    }

    /// A party takes its own signature back, as long as nothing has come of it.
    pub(crate) fn judge_withdraw_signature(
        &self,
        act: &OneModule,
        by: &By,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        let party = by.party(out)?;
        let proposal = self.proposal(&act.module, out)?;
        let module = &proposal.module.id;
        if self.binds(proposal) {
            out.push(Refusal::AlreadyEntered { module: module.clone() });
        } else if !proposal.signed.contains_key(party) {
            out.push(Refusal::NotSigned { module: module.clone(), party: party.clone() });
        }
        Some(Change::SignatureWithdrawn { digest: act.module, party: party.clone() })
    }

    /// The set that a signature names for these modules to enter: exactly these, or while a log
    /// begins all that its genesis names, which may enter in steps.
    pub fn set_of(&self, entering: impl IntoIterator<Item = Digest>) -> BTreeSet<Digest> {
        match &self.genesis {
            Some(genesis) if !self.founding.is_empty() => genesis.modules.clone(),
            _ => entering.into_iter().collect(),
        }
    }

    /// Whether something has come of the signatures under a module: it has entered, or with it signed
    /// as one, while the log begins, another has.
    fn binds(&self, proposal: &Proposal) -> bool {
        let founds = |genesis: &Genesis| genesis.modules.contains(&proposal.module.digest);
        let begun = !self.in_force.is_empty() && self.genesis.as_ref().is_some_and(founds);
        proposal.entered || begun
    }

    /// What a proposed module would amend: what is read with it belongs to what is signed.
    fn amended_by(&self, proposal: &Proposal) -> Digest {
        match &proposal.module.project {
            Some(project) => self.agreement_digest_of(project),
            None => self.agreement_digest(),
        }
    }

    /// A party's signature under a proposed module, if it counts: it was not taken back, the time that
    /// it was given for has not passed, and the rest of the agreement is what it was.
    pub fn signature<'a>(&self, proposal: &'a Proposal, party: &PartyId) -> Option<&'a Signature> {
        let signature = proposal.signed.get(party)?;
        let passed = signature.until.zip(self.time).is_some_and(|(until, now)| until <= now);
        let counts = || !passed && signature.under == self.amended_by(proposal);
        (self.binds(proposal) || counts()).then_some(signature)
    }

    /// Whose signatures under a proposed module count, in the order of their names.
    pub fn signed_by<'a>(&self, proposal: &'a Proposal) -> impl Iterator<Item = &'a PartyId> {
        proposal.signed.keys().filter(|party| self.signature(proposal, party).is_some())
    }

    /// The modules of a set by name, for messages; what was not proposed by its digest.
    pub(crate) fn names_of(&self, set: &BTreeSet<Digest>) -> Vec<String> {
        let name = |digest: &Digest| match self.proposals.get(digest) {
            Some(proposal) => proposal.module.id.to_string(),
            None => digest.short(),
        };
        set.iter().map(name).collect()
    }

    /// Who signs a proposed module whatever the whole would be: until the founding modules are in
    /// force every founder, from then on who signs it as it is.
    pub(crate) fn surely_signs(&self, proposal: &Proposal) -> BTreeSet<PartyId> {
        if !self.founding.is_empty() || self.in_force.is_empty() {
            return self.genesis.iter().flat_map(|g| g.parties.keys().cloned()).collect();
        }
        let was = self.governing(&proposal.module).modules().get(&proposal.module.id);
        was.map(|was| self.agreement.signer_parties(was)).unwrap_or_default()
    }

    /// Who has yet to sign a proposed module, in the order of their names, as far as it can be told
    /// without the whole: until the founding modules are in force every founder, from then on who
    /// signs it, as it is and as it would be. Whom the amendment affects besides,
    /// [`State::signers`] tells. Nobody, where there is no such proposal.
    pub fn yet_to_sign(&self, module: &Digest) -> Vec<PartyId> {
        let Some(proposal) = self.proposals.get(module) else { return Vec::new() };
        let mut signers = self.surely_signs(proposal);
        signers.extend(self.agreement.signer_parties(&proposal.module));
        signers.into_iter().filter(|party| self.signature(proposal, party).is_none()).collect()
    }
}
