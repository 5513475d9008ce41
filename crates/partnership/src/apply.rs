//! Applying: what was admitted changes the state; what was refused leaves a mark in the books.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{Cost, Digest, Timestamp};

use crate::act::{AssetImport, Signed};
use crate::change::Change;
use crate::refusal::Refusal;
use crate::state::{
    Dataset, Event, Evidence, Happened, InForce, KeyHolder, Model, ModelStatus, Motion, Project,
    ProjectAgreement, ProjectStatus, Proposal, Run, RunStatus, Standing, State, key_id,
};
use crate::verdict::{Admitted, Effect, Verdict};

/// An admission that belongs to another moment of the log: a fault of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the act was judged at index {judged} and is applied at index {now}")]
pub struct OutOfOrder {
    /// The index at which it was judged.
    pub judged: u64,
    /// The index at which it was applied.
    pub now: u64,
}

impl State {
    /// Applies what was just admitted and says what the world should do about it.
    ///
    /// # Errors
    /// [`OutOfOrder`] if the state has moved on since the act was judged; nothing changes then.
    pub fn apply(&mut self, signed: &Signed, admitted: Admitted) -> Result<Verdict, OutOfOrder> {
        if admitted.index != self.index {
            return Err(OutOfOrder { judged: admitted.index, now: self.index });
        }
        let Admitted { act, by, clause, change, detail, .. } = admitted;
        self.remember(signed);
        let effects = self.change(change);
        self.book(Some(signed.id), b"admitted", &detail);
        Ok(Verdict::Admitted { act, by, clause, effects })
    }

    /// Records a refusal: the act counts as judged, its party's count rises unless anybody could
    /// have sent a copy, nothing else changes.
    ///
    /// `signed` is `None` where the bytes never became an act with good signatures: then a copy
    /// with a spoiled signature cannot burn somebody's act.
    pub fn refuse(&mut self, signed: Option<&Signed>, refusal: Refusal) -> Verdict {
        let by = signed.and_then(|s| self.actor(s));
        if let Some(signed) = signed.filter(|_| refusal.is_charged()) {
            if let Some(party) = by.as_ref().and_then(|actor| actor.party.clone()) {
                *self.refused.entry(party).or_default() += 1;
            }
            self.remember(signed);
        }
        self.book(signed.map(|s| s.id), b"refused", refusal.code().as_bytes());
        Verdict::Refused { act: signed.map(|s| s.act.name()), by, refusal }
    }

    fn book(&mut self, id: Option<Digest>, verdict: &[u8], detail: &[u8]) {
        let name = id.unwrap_or(Digest([0; 32]));
        self.rolling.0 =
            Digest::of_parts(&[self.rolling.0.as_bytes(), name.as_bytes(), verdict, detail]);
        self.index += 1;
    }

    /// The act counts as judged for as long as it has not expired; from then on it is refused for
    /// that. A genesis has no expiry, and a log that has started takes no second one.
    fn remember(&mut self, signed: &Signed) {
        if let Some(header) = &signed.header {
            self.judged.insert_mut((header.expires_at, signed.id), self.index);
        }
    }

    /// Moves time on and forgets the acts that have expired by then.
    fn set_time(&mut self, now: Timestamp) {
        self.time = Some(now);
        while let Some(first) = self.judged.first().map(|(key, _)| *key)
            && first.0 <= now
        {
            self.judged.remove_mut(&first);
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm a change, each a line or two")]
    fn change(&mut self, change: Change) -> Vec<Effect> {
        let Some(now) = self.time.or(match &change {
            Change::Start { genesis, .. } => Some(genesis.time),
            _ => None,
        }) else {
            return Vec::new();
        };
        match change {
            Change::Start { log, genesis } => {
                let sequencer = genesis.sequencer.clone();
                let founders =
                    genesis.parties.iter().map(|(p, f)| (Some(p.clone()), f.key.clone()));
                for (party, public) in founders.chain([(None, sequencer)]) {
                    if let Some(id) = key_id(&public) {
                        self.keys.insert(id, KeyHolder { party, public });
                    }
                }
                self.time = Some(genesis.time);
                self.log = Some(log);
                self.founding = genesis.modules.clone();
                self.genesis = Some(*genesis);
            }
            Change::Time(time) => self.set_time(time),
            Change::Nothing => {}
            Change::Proposed { digest, module } => {
                let proposal =
                    Proposal { module: *module, signed: BTreeMap::new(), entered: false };
                self.proposals.insert(digest, proposal);
            }
            Change::ModuleSigned { digest, party, signature } => {
                if let Some(proposal) = self.proposals.get_mut(&digest) {
                    proposal.signed.insert(party, signature);
                }
            }
            Change::SignatureWithdrawn { digest, party } => {
                if let Some(proposal) = self.proposals.get_mut(&digest) {
                    proposal.signed.remove(&party);
                }
            }
            Change::InForce { project, modules, limits, proved } => {
                let names = modules.keys().cloned().collect();
                let mut agreement = proved.agreement;
                let mut entries = BTreeMap::new();
                for (id, digest) in modules {
                    self.founding.remove(&digest);
                    if let Some(proposal) = self.proposals.get_mut(&digest) {
                        proposal.entered = true;
                    }
                    let version = agreement.modules().get(&id);
                    let version = version.map(|m| m.version.to_string()).unwrap_or_default();
                    let (module, entered) = (id.clone(), version.clone());
                    self.happened(now, Happened::Entered { module, version: entered, digest });
                    entries.insert(id, InForce { digest, version, since: now, index: self.index });
                }
                if let Some(project) = project {
                    let before = self.narrowed.remove(&project);
                    let mut in_force = before.map(|own| own.in_force).unwrap_or_default();
                    in_force.extend(entries);
                    self.narrowed.insert(project, ProjectAgreement { in_force, agreement });
                } else {
                    agreement.carry(&self.agreement);
                    self.in_force.extend(entries);
                    self.agreement = agreement.into();
                    self.limits = limits.into();
                    self.narrow_projects();
                }
                return vec![Effect::ModulesInForce(names)];
            }
            Change::Standing { module, standing } => {
                match standing {
                    Standing::Suspended => self.agreement.suspend(module.clone()),
                    Standing::InForce => self.agreement.resume(&module),
                    Standing::Ended => self.agreement.end(module.clone()),
                }
                self.narrow_projects();
                self.happened(now, Happened::Stands { module: module.clone(), standing });
                return vec![Effect::ModuleStands(module, standing)];
            }
            Change::Invalid(clauses) => {
                for clause in &clauses {
                    self.happened(now, Happened::Invalid { clause: clause.clone() });
                }
                self.agreement.invalidate(clauses);
                self.narrow_projects();
            }
            Change::Place { party, place } => {
                self.places.insert((party, place.place.clone()), place);
            }
            Change::Dataset { party, dataset } => {
                let key = (dataset.asset.clone(), party, dataset.version);
                self.datasets
                    .insert(key, Dataset { registered: dataset, at: now, withdrawn: None });
            }
            Change::Withdrawn { party, dataset } => {
                let key = (dataset.asset, party, dataset.version);
                if let Some(dataset) = self.datasets.get_mut(&key) {
                    dataset.withdrawn.get_or_insert(now);
                }
            }
            Change::Imported { party, model } => {
                let AssetImport { asset, version, purpose } = model;
                let (status, signed_by) = (ModelStatus::Imported, [party].into());
                self.models.insert(version, Model { asset, purpose, run: None, status, signed_by });
            }
            Change::CodeApproved { party, code } => {
                self.code.insert((party, code.asset, code.code));
            }
            Change::CodeRevoked { party, code } => {
                self.code.remove(&(party, code.asset, code.code));
            }
            Change::Chartered { party, charter } => {
                let id = charter.project.clone();
                let status = ProjectStatus::Chartered;
                self.projects.insert(id, Project { charter, by: party, status });
            }
            Change::ProjectOpened(id) => {
                if let Some(project) = self.projects.get_mut(&id) {
                    project.status = ProjectStatus::Open;
                }
            }
            Change::ProjectEnded(id) => {
                if let Some(project) = self.projects.get_mut(&id) {
                    project.status = ProjectStatus::Ended;
                }
            }
            Change::Motion { party, motion } => {
                let open_for =
                    self.agreement.body(&motion.body).map(|b| b.terms.open_for).unwrap_or_default();
                let id = motion.motion.clone();
                let motion = Motion {
                    proposed: motion,
                    by: party,
                    open_until: now.plus(open_for),
                    lapses_at: now.plus(open_for).plus(open_for),
                    votes: BTreeMap::new(),
                    executed: None,
                };
                self.motions.insert(id, motion);
            }
            Change::Voted { party, motion, vote } => {
                if let Some(motion) = self.motions.get_mut(&motion) {
                    motion.votes.insert(party, vote);
                }
            }
            Change::Executed { motion, then, .. } => {
                if let Some(motion) = self.motions.get_mut(&motion) {
                    motion.executed = Some(now);
                }
                return self.change(*then);
            }
            Change::RunProposed { party, run, agreement } => {
                let id = run.run.clone();
                let run = Run {
                    proposed: run,
                    by: party,
                    at: now,
                    agreement,
                    approvals: BTreeMap::new(),
                    joined: BTreeSet::new(),
                    status: RunStatus::Proposed,
                };
                self.runs.insert(id, run);
            }
            Change::RunApproved { party, seat, run } => {
                if let Some(run) = self.runs.get_mut(&run) {
                    run.approvals.entry(party).or_default().insert(seat);
                }
            }
            Change::RunOpened(id) => {
                if let Some(run) = self.runs.get_mut(&id) {
                    run.status = RunStatus::Open;
                }
                return vec![Effect::RunOpened(id)];
            }
            Change::RunJoined { party, run, asset, cost } => {
                if let Some(run) = self.runs.get_mut(&run) {
                    run.joined.insert(party.clone());
                }
                let account = self.accounts.entry((party, asset)).or_insert_with(Cost::zero);
                *account = account.plus(&cost);
            }
            Change::RunClosed { run: closed, signed_by } => {
                if let Some(run) = self.runs.get_mut(&closed.run) {
                    let plan = &run.proposed.plan;
                    if let Some(asset) = plan.model.clone() {
                        let model = Model {
                            asset,
                            purpose: plan.purpose.clone(),
                            run: Some(closed.run.clone()),
                            status: ModelStatus::Trained,
                            signed_by,
                        };
                        self.models.insert(closed.model, model);
                    }
                    run.status = RunStatus::Closed(closed.clone());
                }
                return vec![Effect::RunClosed(closed.run, closed.model)];
            }
            Change::RunAborted { run: id, reason } => {
                if let Some(run) = self.runs.get_mut(&id) {
                    run.status = RunStatus::Aborted(reason);
                }
                return vec![Effect::RunAborted(id)];
            }
            Change::Evidence { party, seat, evidence } => {
                let filed = Evidence { by: party, seat, at: now, evidence };
                self.evidence.entry(filed.evidence.subject).or_default().push(filed);
            }
            Change::ReleaseProposed { model, .. } => self.set_model(model, ModelStatus::Proposed),
            Change::Released(model) => {
                self.set_model(model, ModelStatus::Released);
                return vec![Effect::Released(model)];
            }
        }
        Vec::new()
    }

    /// Puts what projects agreed under the frame as it is now.
    fn narrow_projects(&mut self) {
        let projects: Vec<_> = self.narrowed.keys().cloned().collect();
        for project in projects {
            let own = self.agreement_of(&project).modules().values();
            let own: Vec<_> = own.filter(|module| module.project.is_some()).cloned().collect();
            let agreement = self.agreement.narrowed(own);
            if let Some(project) = self.narrowed.get_mut(&project) {
                project.agreement = agreement;
            }
        }
    }

    fn happened(&mut self, at: Timestamp, what: Happened) {
        let index = self.index;
        self.history.push(Event { index, at, what });
    }

    fn set_model(&mut self, digest: Digest, status: ModelStatus) {
        if let Some(model) = self.models.get_mut(&digest) {
            model.status = status;
        }
    }
}
