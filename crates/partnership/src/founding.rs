//! How a log starts, and how the text of modules comes before those who sign it.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Agreement, Module, Witnesses, amend, is_newer};
use concordat_terms::{ActName, Diagnostic, Digest, KeyId, ModuleId, PartyId, Severity};

use crate::act::{Genesis, OneModule};
use crate::change::Change;
use crate::deed::{Deed, Hearing};
use crate::judge::By;
use crate::people::Cosigner;
use crate::people::key_id;
use crate::refusal::Refusal;
use crate::state::{Proposal, State};
use crate::verdict::Facts;

impl Deed for OneModule {
    fn subject(&self) -> Option<Digest> {
        Some(self.module)
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Change> {
        match hearing.act {
            ActName::ModuleWithdraw => {
                hearing.state.judge_withdraw_signature(self, hearing.by, out)
            }
            _ => hearing.state.judge_propose(self, hearing.by, hearing.facts, out),
        }
    }
}

impl State {
    /// A log starts once, with founders whose keys differ and a policy they can meet.
    pub(crate) fn start(
        &self,
        id: Digest,
        genesis: &Genesis,
        facts: &Facts,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        if self.log.is_some() {
            out.push(Refusal::AlreadyStarted);
            return None;
        }
        let mut reasons = unsound(genesis);
        let cosigners = cosigners(genesis, facts, &mut reasons);
        for reason in reasons {
            out.push(Refusal::BadGenesis { reason });
        }
        Some(Change::Start { log: id, genesis: Box::new(genesis.clone()), cosigners })
    }

    fn judge_propose(
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

    /// What the whole agreement would be if these modules entered: those in force, with the
    /// entering ones in place of their older versions. Modules of one project are put under the
    /// frame in force.
    ///
    /// # Errors
    /// The refusal that `module.enter` would meet.
    pub fn would_be(&self, modules: &BTreeSet<Digest>) -> Result<Agreement, Refusal> {
        let mut entering: BTreeMap<ModuleId, Module> = BTreeMap::new();
        for digest in modules {
            let proposal =
                self.proposals.get(digest).ok_or(Refusal::UnknownModule { module: *digest })?;
            entering.insert(proposal.module.id.clone(), proposal.module.clone());
        }
        self.check_names(&entering)?;
        let project = entering.values().find_map(|module| module.project.clone());
        let base = project.map_or(&*self.agreement, |project| self.agreement_of(&project));
        let joined = amend(base, entering.into_values());
        joined.map(|(agreement, _)| agreement).map_err(|findings| {
            let errors: Vec<&Diagnostic> =
                findings.iter().filter(|d| d.severity == Severity::Error).collect();
            let first = errors.first().map(|first| format!("{}: {}", first.span, first.what));
            Refusal::ModulesInconsistent {
                count: errors.len(),
                first: first.unwrap_or_else(|| "there is no module".to_owned()),
            }
        })
    }

    /// The modules of the frame and of all projects have one name each, so that a verdict cites one
    /// clause.
    fn check_names(&self, entering: &BTreeMap<ModuleId, Module>) -> Result<(), Refusal> {
        for module in entering.values() {
            let others = self.narrowed.iter().filter(|(id, _)| module.project.as_ref() != Some(id));
            let mut others = others.map(|(_, other)| &other.in_force);
            let framed = module.project.is_some() && self.in_force.contains_key(&module.id);
            if framed || others.any(|other| other.contains_key(&module.id)) {
                return Err(Refusal::NameTaken { name: module.id.to_string() });
            }
        }
        Ok(())
    }

    pub(crate) fn proposal(&self, digest: &Digest, out: &mut Vec<Refusal>) -> Option<&Proposal> {
        let proposal = self.proposals.get(digest);
        if proposal.is_none() {
            out.push(Refusal::UnknownModule { module: *digest });
        }
        proposal
    }

    /// The proposed modules that could still enter into force, by digest: those newer than the
    /// version of them that is. What was superseded waits for nothing.
    pub fn waiting(&self) -> impl Iterator<Item = (&Digest, &Proposal)> {
        self.proposals.iter().filter(|(_, proposal)| {
            let module = &proposal.module;
            let in_force = self.governing(module).modules().get(&module.id);
            in_force.is_none_or(|in_force| is_newer(module, in_force))
        })
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
    let policy = &genesis.policy;
    if policy.witnesses.iter().any(|w| !genesis.parties.contains_key(w)) {
        reasons.push("a witness is no founder".to_owned());
    }
    let witnesses = policy.witnesses.len() as u64;
    let quorum = u64::from(policy.quorum);
    if quorum == 0 || quorum > witnesses || quorum * 2 <= witnesses {
        reasons.push(format!("a quorum of {quorum} out of {witnesses} lets two histories stand"));
    }
    let most = Witnesses::QUORUM_MOST;
    if policy.quorum > most {
        reasons
            .push(format!("a checkpoint has room for {most} cosignatures, and not for {quorum}"));
    }
    reasons
}

/// What cosigns for each founder. Every key of a genesis is a key of its sort, and named once.
fn cosigners(
    genesis: &Genesis,
    facts: &Facts,
    reasons: &mut Vec<String>,
) -> BTreeMap<PartyId, Vec<Cosigner>> {
    let mut known = BTreeSet::new();
    let mut once = |id: KeyId, reasons: &mut Vec<String>| {
        if !known.insert(id.clone()) {
            reasons.push(format!("key `{id}` is named twice"));
        }
    };
    let acts = genesis.parties.values().map(|founder| &founder.key).chain([&genesis.sequencer]);
    for key in acts {
        match key_id(key) {
            Some(id) => once(id, reasons),
            None => reasons.push(format!("`{key}` is not a key in hexadecimal")),
        }
    }
    let mut all = BTreeMap::new();
    for (party, founder) in &genesis.parties {
        let beside = founder.witness_pq.as_ref().map(|text| (text, true));
        let mut own = Vec::new();
        for (text, pq) in [(&founder.witness, false)].into_iter().chain(beside) {
            match facts.key(text) {
                Err(why) => reasons.push(format!("the witness key of `{party}`: {why}")),
                Ok(found) if found.pq != pq => reasons.push(format!(
                    "the witness key of `{party}`: Ed25519 stands in `witness`, ML-DSA-44 in `witness_pq`"
                )),
                Ok(found) => {
                    once(found.id.clone(), reasons);
                    own.push(Cosigner { id: found.id, public: text.clone(), pq });
                }
            }
        }
        all.insert(party.clone(), own);
    }
    all
}
