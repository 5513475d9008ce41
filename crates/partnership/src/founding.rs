//! How a log starts, and how modules come into force.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Agreement, Cited, Module, assemble};
use concordat_terms::{Diagnostic, Digest, ModuleId, PartyId, Severity};

use crate::act::{Genesis, ModuleEnter, OneModule};
use crate::change::Change;
use crate::judge::By;
use crate::refusal::Refusal;
use crate::state::{Proposal, State, key_id};
use crate::verdict::Facts;

impl State {
    /// A log starts once, with founders whose keys differ and a policy they can meet.
    pub(crate) fn start(
        &self,
        id: Digest,
        genesis: &Genesis,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        if self.log.is_some() {
            out.push(Refusal::AlreadyStarted);
            return None;
        }
        for reason in unsound(genesis) {
            out.push(Refusal::BadGenesis { reason });
        }
        Some(Change::Start { log: id, genesis: Box::new(genesis.clone()) })
    }

    pub(crate) fn judge_propose(
        &self,
        act: &OneModule,
        by: &By,
        facts: &Facts,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        by.party(out)?;
        if self.proposals.contains_key(&act.module) {
            out.push(Refusal::AlreadyProposed { module: act.module });
        }
        match facts.module.as_ref()? {
            Ok(module) => Some(Change::Proposed { digest: act.module, module: module.clone() }),
            Err((count, first)) => {
                out.push(Refusal::ModuleUnreadable {
                    module: act.module,
                    count: *count,
                    first: first.clone(),
                });
                None
            }
        }
    }

    pub(crate) fn judge_sign(
        &self,
        act: &OneModule,
        by: &By,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        let party = by.party(out)?;
        let proposal = self.proposal(&act.module, out)?;
        if proposal.signed.contains(party) {
            out.push(Refusal::AlreadySigned {
                module: proposal.module.id.clone(),
                party: party.clone(),
            });
        }
        Some(Change::ModuleSigned { digest: act.module, party: party.clone() })
    }

    /// Modules enter together, complete, signed and consistent, or not at all.
    pub(crate) fn judge_enter(
        &self,
        act: &ModuleEnter,
        by: &By,
        facts: &Facts,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        by.party(out)?;
        let mut entering = BTreeMap::new();
        for digest in &act.modules {
            let proposal = self.proposal(digest, out)?;
            if entering.insert(proposal.module.id.clone(), *digest).is_some() {
                out.push(Refusal::TwoVersions { module: proposal.module.id.clone() });
            }
            self.check_founding(*digest, proposal, out);
            self.check_newer(proposal, out);
            self.check_signed(digest, proposal, out);
        }
        let proved = match facts.agreement.as_ref()? {
            Ok(proved) => proved,
            Err(refusal) => {
                out.push(refusal.clone());
                return None;
            }
        };
        self.check_founders(&proved.agreement, out);
        self.check_neighbours(&proved.agreement, out);
        Some(Change::InForce {
            modules: entering,
            limits: proved.limits.clone(),
            proved: proved.clone(),
        })
    }

    /// What the whole agreement would be if these modules entered: those in force, with the
    /// entering ones in place of their older versions.
    ///
    /// # Errors
    /// The refusal that `module.enter` would meet.
    pub fn would_be(&self, modules: &BTreeSet<Digest>) -> Result<Agreement, Refusal> {
        let mut together: BTreeMap<ModuleId, Module> = self.agreement.modules().clone();
        for digest in modules {
            let proposal =
                self.proposals.get(digest).ok_or(Refusal::UnknownModule { module: *digest })?;
            together.insert(proposal.module.id.clone(), proposal.module.clone());
        }
        assemble(together.into_values()).map(|(agreement, _)| agreement).map_err(|findings| {
            let errors: Vec<&Diagnostic> =
                findings.iter().filter(|d| d.severity == Severity::Error).collect();
            let first = errors.first().map(|first| format!("{}: {}", first.span, first.what));
            Refusal::ModulesInconsistent {
                count: errors.len(),
                first: first.unwrap_or_else(|| "there is no module".to_owned()),
            }
        })
    }

    fn proposal(&self, digest: &Digest, out: &mut Vec<Refusal>) -> Option<&Proposal> {
        let proposal = self.proposals.get(digest);
        if proposal.is_none() {
            out.push(Refusal::UnknownModule { module: *digest });
        }
        proposal
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

    fn check_newer(&self, proposal: &Proposal, out: &mut Vec<Refusal>) {
        let module = &proposal.module;
        let old = self.agreement.modules().get(&module.id);
        if let Some(old) = old.filter(|old| old.version >= module.version) {
            out.push(Refusal::OlderVersion {
                module: module.id.clone(),
                old: old.version.to_string(),
                new: module.version.to_string(),
            });
        }
    }

    /// The proposed modules that could still enter into force, by digest: those newer than the
    /// version of them that is. What was superseded waits for nothing.
    pub fn waiting(&self) -> impl Iterator<Item = (&Digest, &Proposal)> {
        self.proposals.iter().filter(|(_, proposal)| {
            let module = &proposal.module;
            let in_force = self.agreement.modules().get(&module.id);
            in_force.is_none_or(|in_force| in_force.version < module.version)
        })
    }

    /// Who has yet to sign a proposed module before it can enter into force, in the order of their
    /// names; nobody, where there is no such proposal.
    ///
    /// A module's own list of signers cannot be what keeps others out of changing it: until the
    /// fold computes whose rights a change touches, every founder signs. The parties of an
    /// agreement are founders, so its signers are among them.
    pub fn unsigned(&self, module: &Digest) -> Vec<PartyId> {
        let Some(proposal) = self.proposals.get(module) else { return Vec::new() };
        let founders = self.genesis.iter().flat_map(|genesis| genesis.parties.keys());
        founders.filter(|party| !proposal.signed.contains(*party)).cloned().collect()
    }

    /// Asked before the modules are joined: what is not signed is not worth that.
    fn check_signed(&self, digest: &Digest, proposal: &Proposal, out: &mut Vec<Refusal>) {
        let missing = self.unsigned(digest);
        if !missing.is_empty() {
            out.push(Refusal::UnsignedModule { module: proposal.module.id.clone(), missing });
        }
    }

    /// What was charged to an account was priced for its neighbours, and stays charged: between
    /// others it could be too little.
    fn check_neighbours(&self, agreement: &Agreement, out: &mut Vec<Refusal>) {
        for Cited { clause, terms } in agreement.privacies() {
            let before = self.agreement.privacy(&terms.privacy);
            let other = before.is_some_and(|before| before.terms.adjacency != terms.adjacency);
            let mut accounts = self.accounts.iter();
            if other && accounts.any(|((_, asset), _)| *asset == terms.privacy) {
                out.push(Refusal::NeighboursChanged { asset: terms.privacy.clone(), clause });
            }
        }
    }

    /// The agreement's parties have keys here, and its witnesses are the genesis's.
    fn check_founders(&self, agreement: &Agreement, out: &mut Vec<Refusal>) {
        let Some(genesis) = &self.genesis else { return };
        for party in agreement.parties().filter_map(|cited| cited.id::<PartyId>()) {
            if !genesis.parties.contains_key(&party) {
                out.push(Refusal::PartyWithoutKey { party });
            }
        }
        if let Some(Cited { clause, terms }) = agreement.witnesses() {
            let named: BTreeSet<PartyId> = terms.witnesses.iter().cloned().collect();
            if named != genesis.policy.witnesses || terms.quorum != genesis.policy.quorum {
                out.push(Refusal::WitnessesDiffer { clause });
            }
        }
    }
}

/// What makes a genesis unable to start a log.
fn unsound(genesis: &Genesis) -> Vec<String> {
    let mut reasons = Vec::new();
    if genesis.parties.len() < 2 {
        reasons.push("it takes at least two founders".to_owned());
    }
    let origin = &genesis.origin;
    if origin.is_empty()
        || origin.len() > 128
        || origin.contains(|c: char| !c.is_ascii_graphic())
        || origin.contains('+')
    {
        reasons.push(format!("`{origin}` is not an origin: 1 to 128 visible characters, no `+`"));
    }
    let founders = genesis.parties.values();
    let keys = founders.flat_map(|f| [&f.key, &f.witness]).chain([&genesis.sequencer]);
    let mut known = BTreeSet::new();
    for key in keys {
        match key_id(key) {
            None => reasons.push(format!("`{key}` is not a key in hexadecimal")),
            Some(id) if !known.insert(id.clone()) => {
                reasons.push(format!("key `{id}` is named twice"))
            }
            Some(_) => {}
        }
    }
    let policy = &genesis.policy;
    if policy.witnesses.iter().any(|w| !genesis.parties.contains_key(w)) {
        reasons.push("a witness is no founder".to_owned());
    }
    let witnesses = policy.witnesses.len() as u64;
    let quorum = u64::from(policy.quorum);
    if quorum == 0 || quorum > witnesses || quorum * 2 <= witnesses {
        reasons.push(format!("a quorum of {quorum} out of {witnesses} lets two histories stand"));
    }
    reasons
}
