//! Applying: what was admitted changes the state; what was refused leaves a mark in the books.

use std::collections::{BTreeMap, BTreeSet};

use concordat_evidence::clock::Interval;
use concordat_terms::{ClauseRef, Digest, ModuleId, PartyId, Timestamp, jcs};

use crate::act::{Act, AssetImport, Signed};
use crate::agenda::Alarm;
use crate::change::Change;
use crate::deed::Hears;
use crate::duties::Heard;
use crate::people::{KeyHolder, key_id};
use crate::refusal::Refusal;
use crate::rulings::Said;
use crate::state::{
    Dataset, Event, Evidence, Happened, InForce, Model, ModelStatus, Project, ProjectAgreement,
    ProjectStatus, Proposal, Run, RunStatus, Standing, State,
};
use crate::verdict::{Actor, Admitted, Effect, Facts, Verdict};

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
        let Admitted { act, by, clause, change, detail, parties, .. } = admitted;
        let heard = self.heard(signed, by.as_ref(), &parties);
        self.remember(signed);
        let index = self.index;
        if let Some(undoable) = self.undoing(&change) {
            self.powers.undo.insert_mut(index, undoable);
        }
        let mut effects = self.change(change);
        self.note_papers(signed, by.as_ref());
        self.settled(&signed.act);
        if let Some(now) = self.time {
            for heard in &heard {
                self.hear(heard, now, &mut effects);
                self.meet_conditions(heard, now, &mut effects);
                if !self.duties.acted.contains(&heard.act) {
                    self.duties.acted.insert(heard.act);
                }
            }
            // What was due already when it was set does not wait for a tick.
            self.ring(now, &mut effects);
        }
        let touched = self.booked_by(index).map(|mut booked| {
            booked.append(&mut self.sides_of(&signed.act));
            booked.extend(heard.iter().filter_map(|heard| heard.to.clone()));
            booked
        });
        self.note_said(index, |at| Said::admitted(&signed.act, &parties, touched, &effects, at));
        let fired = if effects.is_empty() { Vec::new() } else { written_effects(&effects) };
        self.book(Some(signed.id), b"admitted", &[detail, fired].concat());
        Ok(Verdict::Admitted { act, by, clause, effects })
    }

    /// Judges an act, applies it where it is admitted, and records its refusal where it is not.
    pub fn step(&mut self, signed: &Signed, facts: &Facts) -> Verdict {
        let refusal = match self.judge(signed, facts) {
            Err(refusal) => refusal,
            Ok(admitted) => match self.apply(signed, admitted) {
                Ok(verdict) => return verdict,
                // Judged a line above, by this state: it cannot have moved on.
                Err(fault) => Refusal::Malformed { reason: fault.to_string() },
            },
        };
        self.refuse_act(signed, facts, refusal)
    }

    /// Records the refusal of bytes that never became an act with good signatures: they are nobody's,
    /// and a copy with a spoiled signature cannot burn somebody's act.
    pub fn refuse(&mut self, refusal: Refusal) -> Verdict {
        self.book(None, b"refused", refusal.code().as_bytes());
        Verdict::Refused { act: None, by: None, refusal }
    }

    /// Records the refusal of an act: it counts as judged, its party's count rises unless anybody could
    /// have sent a copy, and the text that it was judged by, if any, is kept from erasure; nothing else
    /// changes.
    fn refuse_act(&mut self, signed: &Signed, facts: &Facts, refusal: Refusal) -> Verdict {
        let by = self.actor(signed);
        if facts.has_text() {
            self.rest_on(&signed.act);
        }
        if refusal.is_charged() {
            if let Some(party) = by.as_ref().and_then(|actor| actor.party.clone()) {
                *self.refused.entry(party).or_default() += 1;
            }
            self.remember(signed);
            self.note_said(self.index, |at| Said::refused(signed, by.as_ref(), &refusal, at));
        }
        self.book(Some(signed.id), b"refused", refusal.code().as_bytes());
        Verdict::Refused { act: Some(signed.act.name()), by, refusal }
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

    /// What an act says to those who wait for acts: what a body decides is heard as well.
    fn heard(
        &self,
        signed: &Signed,
        by: Option<&Actor>,
        signed_by: &BTreeSet<PartyId>,
    ) -> Vec<Heard> {
        let Some(actor) = by.filter(|_| !self.rehearses(&signed.act)) else { return Vec::new() };
        // Who follows a party does what that party owed.
        let parties = self.agreement.all_before(signed_by);
        let decided = match &signed.act {
            Act::MotionExecute(act) => self.bodies.motions.get(&act.motion),
            _ => None,
        };
        let decided = decided.map(|motion| &*motion.proposed.decision);
        let acts = std::iter::once(&signed.act).chain(decided);
        let heard = acts.filter_map(|act| {
            let hears = act.deed().hears(self, actor);
            let Hears { to, answers, by_name, alone, spares, starts_nothing, unheard } = hears;
            let (assets, project, body) = self.touched(act, actor);
            let parties = match &actor.party {
                Some(party) if alone => self.agreement.before(party),
                _ => parties.clone(),
            };
            let (act, to) = (act.name(), to.map(|to| self.agreement.last(to).clone()));
            let spares = actor.party.clone().filter(|_| spares);
            (!unheard).then_some(Heard {
                act,
                parties,
                assets,
                project,
                body,
                to,
                answers,
                spares,
                starts_nothing,
                by_name,
            })
        });
        heard.collect()
    }

    /// Moves time on, and does what it brings on the way, each thing at its own moment.
    fn pass_time(&mut self, to: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        let longest = self.agreement.witnesses().map(|cited| cited.terms.max_gap);
        if let (Some(last), Some(longest)) = (self.time, longest)
            && last.plus(longest) < to
        {
            self.outages.push((last, to));
            self.stop_clocks(Interval { from: last, until: to }, &mut effects);
        }
        self.ring(to, &mut effects);
        self.set_time(to);
        effects
    }

    /// Does what was to be done by then, in the order of the moments.
    fn ring(&mut self, to: Timestamp, effects: &mut Vec<Effect>) {
        while let Some((at, alarm)) = self.agenda.ring(to) {
            let at = self.time.map_or(at, |now| now.max(at));
            self.time = Some(at);
            match alarm {
                Alarm::Duty(id) => self.ring_duty(&id, at, effects),
                Alarm::Recur(id) => self.recur(&id, at, effects),
                Alarm::Toll(id) => self.ring_toll(&id, at, effects),
                Alarm::LongStop(clause) => self.lapse(&clause, at, effects),
                Alarm::Motion(id) => self.ring_motion(&id, at, effects),
                Alarm::Turn(id) => self.next_turn(&id, at),
                Alarm::Meeting(id) => self.ring_meeting(&id, at, effects),
                Alarm::Mandate(id) => self.ring_mandate(&id, at, effects),
                Alarm::Approval(key) => _ = self.people.approved.remove_mut(&key),
                Alarm::Party(index) => self.ring_party(index, at, effects),
                Alarm::Processor(key) => self.ring_processor(&key, effects),
                Alarm::Clock(key) => self.ring_clock(&key, effects),
                Alarm::ClockNears(key) => self.near_clock(&key, effects),
                Alarm::Stage(id) => self.ring_stage(&id, at, effects),
                Alarm::Account(account) => self.ring_account(&account, at, effects),
                Alarm::Power(index) => self.ring_power(index, at, effects),
                Alarm::Correction(verdict) => self.ring_correction(verdict, at, effects),
                Alarm::Asset(what) => self.ring_asset(&what, effects),
                Alarm::Key(id) => self.ring_key(&id, at, effects),
            }
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
        self.forget_said(now);
    }

    #[expect(clippy::too_many_lines, reason = "one arm a change, each a line or two")]
    pub(crate) fn change(&mut self, change: Change) -> Vec<Effect> {
        let Some(now) = self.time.or(match &change {
            Change::Start { genesis, .. } => Some(genesis.time),
            _ => None,
        }) else {
            return Vec::new();
        };
        match change {
            Change::Start { log, genesis, mut cosigners } => {
                let none = &mut Vec::new();
                for (party, founder) in &genesis.parties {
                    if let Some(id) = key_id(&founder.key) {
                        let holder = KeyHolder::of(Some(party.clone()), founder.key.clone());
                        self.add_key(id.clone(), holder, none);
                        let cosigners = cosigners.remove(party).unwrap_or_default();
                        self.add_party(party.clone(), id, cosigners, none);
                    }
                }
                if let Some(id) = key_id(&genesis.sequencer) {
                    self.add_key(id, KeyHolder::of(None, genesis.sequencer.clone()), none);
                }
                self.time = Some(genesis.time);
                self.log = Some(log);
                self.founding = genesis.modules.clone();
                self.genesis = Some(*genesis);
            }
            Change::Time(time) => return self.pass_time(time),
            Change::Duty(change) => return self.change_duty(change, now),
            Change::Body(change) => return self.change_body(change, now),
            Change::People(change) => return self.change_people(change, now),
            Change::Case(change) => return self.change_case(change, now),
            Change::Account(change) => return self.change_account(change, now),
            Change::Progress(change) => return self.change_progress(change, now),
            Change::Asset(change) => return self.change_asset(change, now),
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
                let names: Vec<_> = modules.keys().cloned().collect();
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
                    let instrument = self.agreement.instrument();
                    self.rulings.within = instrument.and_then(|i| i.terms.correction_within);
                    self.limits = limits.into();
                    self.prices = Default::default();
                    self.narrow_projects();
                }
                let mut effects = vec![Effect::ModulesInForce(names)];
                self.resettle_conditions();
                self.resettle_duties(now, &mut effects);
                self.resettle_bodies(now, &mut effects);
                self.resettle_mandates(now, &mut effects);
                self.resettle_assets(now);
                return effects;
            }
            Change::Standing { module, standing } => return self.stand(module, standing, now),
            Change::Invalid(clauses) => return self.fall(clauses, now),
            Change::Power(change) => return self.change_power(change, now),
            Change::Recall(change) => return self.change_recall(change, now),
            Change::Ruling(change) => return self.change_ruling(change, now),
            Change::Edition(change) => return self.change_edition(change, now),
            Change::Erasure(change) => return self.erase(change, now),
            Change::Counted(count) => self.note_count(*count),
            Change::Granted { party, content, then, .. } => {
                self.rulings.granted.remove_mut(&(party, content));
                return self.change(*then);
            }
            Change::Relied { act, by, on, then } => {
                let mut effects = self.note_reliance(act, by.as_ref(), &on, now);
                effects.append(&mut self.change(*then));
                return effects;
            }
            Change::Testing(change) => return self.change_testing(change, now),
            Change::Signal(change) => return self.change_signal(change, now),
            Change::Condition(change) => return self.change_condition(change, now),
            Change::Audit(change) => return self.change_audit(change, now),
            Change::Place { party, place } => {
                self.places.insert((party, place.place.clone()), place);
            }
            Change::Dataset { party, dataset } => {
                self.list_version(&dataset, &party, now);
                let key = (dataset.asset.clone(), party, dataset.version);
                let dataset = Dataset { registered: dataset, at: now, withdrawn: None };
                self.datasets.insert_mut(key, dataset);
            }
            Change::Withdrawn { party, dataset } => {
                let key = (dataset.asset, party, dataset.version);
                if let Some(dataset) = self.datasets.get_mut(&key) {
                    dataset.withdrawn.get_or_insert(now);
                }
            }
            Change::Imported { party, model } => {
                self.bring_in(&model, &party, now);
                let AssetImport { asset, version, purpose, .. } = model;
                let (status, signed_by) = (ModelStatus::Imported, [party].into());
                let model = Model { asset, purpose, run: None, status, signed_by };
                self.models.insert_mut(version, model);
            }
            Change::CodeApproved { party, code } if code.trainer.is_some() => {
                self.trust_trainer(party, code);
            }
            Change::CodeApproved { party, code } => {
                self.code.insert((party, code.asset.clone(), code.code), code);
            }
            Change::CodeRevoked { party, code } => {
                self.distrust_trainer(&party, &code);
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
            Change::RunProposed { party, run, agreement, price } => {
                if let Some(price) = price {
                    self.prices.insert_mut(run.plan.priced_by(), price);
                }
                let id = run.run.clone();
                let run = Run {
                    proposed: run,
                    by: party,
                    at: now,
                    agreement,
                    opened: None,
                    approvals: BTreeMap::new(),
                    joined: BTreeSet::new(),
                    status: RunStatus::Proposed,
                };
                self.runs.insert_mut(id, run);
            }
            Change::RunApproved { party, seat, run } => {
                if let Some(run) = self.runs.get_mut(&run) {
                    run.approvals.entry(party).or_default().insert(seat);
                }
            }
            Change::RunOpened(id) => {
                if let Some(run) = self.runs.get_mut(&id) {
                    run.status = RunStatus::Open;
                    run.opened = Some(self.index);
                }
                return vec![Effect::RunOpened(id)];
            }
            Change::RunJoined { party, run, accounts, cost } => {
                self.use_trainer(&party, &run);
                if let Some(run) = self.runs.get_mut(&run) {
                    run.joined.insert(party);
                    let purpose = run.proposed.plan.purpose.clone();
                    self.charge_privacy(accounts, &purpose, &cost);
                }
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
                        self.models.insert_mut(closed.model, model);
                    }
                    run.status = RunStatus::Closed(closed.clone());
                }
                self.give_way(&closed.model);
                self.made_by_run(&closed, now);
                return vec![Effect::RunClosed(closed.run, closed.model)];
            }
            Change::RunAborted { run: id, reason } => {
                if let Some(run) = self.runs.get_mut(&id) {
                    run.status = RunStatus::Aborted(reason);
                }
                return vec![Effect::RunAborted(id)];
            }
            Change::Evidence { party, seat, evidence } => {
                let index = self.index;
                self.testing.filed.insert_mut(index, evidence.subject);
                let filed = Evidence { index, by: party, seat, at: now, evidence };
                let effects = self.hold_warranties(&filed.evidence, now);
                let subject = filed.evidence.subject;
                match self.evidence.get_mut(&subject) {
                    Some(all) => all.push(filed),
                    None => self.evidence.insert_mut(subject, vec![filed]),
                }
                return effects;
            }
            Change::ReleaseProposed { model, .. } => self.set_model(model, ModelStatus::Proposed),
            Change::Released(model) => {
                self.set_model(model, ModelStatus::Released);
                self.note_release(model);
                self.stands_released(model);
                return vec![Effect::Released(model)];
            }
        }
        Vec::new()
    }

    /// A module stands otherwise from here on.
    pub(crate) fn stand(
        &mut self,
        module: ModuleId,
        standing: Standing,
        now: Timestamp,
    ) -> Vec<Effect> {
        match standing {
            Standing::Suspended => self.agreement.suspend(module.clone()),
            Standing::InForce => self.agreement.resume(&module),
            Standing::Ended => self.agreement.end(module.clone()),
        }
        self.narrow_projects();
        self.happened(now, Happened::Stands { module: module.clone(), standing });
        let mut effects = vec![Effect::ModuleStands(module, standing)];
        self.resettle_duties(now, &mut effects);
        self.resettle_bodies(now, &mut effects);
        effects
    }

    /// Clauses fall that were found invalid.
    pub(crate) fn fall(&mut self, clauses: BTreeSet<ClauseRef>, now: Timestamp) -> Vec<Effect> {
        for clause in &clauses {
            self.happened(now, Happened::Invalid { clause: clause.clone() });
        }
        self.agreement.invalidate(clauses);
        let mut effects = Vec::new();
        self.resettle_agreement(now, &mut effects);
        effects
    }

    /// Puts everything under the agreement as clauses of it have fallen or speak again.
    pub(crate) fn resettle_agreement(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        self.narrow_projects();
        self.resettle_conditions();
        self.resettle_duties(now, effects);
        self.resettle_bodies(now, effects);
    }

    /// Puts what projects agreed under the frame as it is now.
    pub(crate) fn narrow_projects(&mut self) {
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

    pub(crate) fn set_model(&mut self, digest: Digest, status: ModelStatus) {
        if let Some(model) = self.models.get_mut(&digest) {
            model.status = status;
            self.recalls.last.insert_mut(digest, self.index);
        }
    }
}

/// What the rolling digest takes in of what followed from an act.
fn written_effects(effects: &[Effect]) -> Vec<u8> {
    jcs::to_bytes(&effects).unwrap_or_default()
}
