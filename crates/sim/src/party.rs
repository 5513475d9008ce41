//! Parties: each knows the log as far as it has folded it, wants something, and is as reliable as
//! it is.

use std::collections::BTreeSet;

use concordat_agreement::RunKind;
use concordat_partnership::act::{
    Header, KeyBind, KeyCommit, KeyCompromise, KeyRecover, KeyRevoke, KeyRotate, MotionExecute,
    MotionPropose, MotionVote, OneProject, Plan, RunClose, RunJoin, RunPropose, Seen, Signed,
    Signer, Vote,
};
use concordat_partnership::{
    Act, KeyHolder, KeyUse, MotionStatus, ProjectStatus, Refusal, Run, RunStatus, SIGNATORY, State,
    commitment,
};
use concordat_replay::{Replica, plan_cost};
use concordat_terms::{ActName, AssetId, Digest, KeyId, PartyId, RuledBy, SeatId, Timestamp};
use serde_json::Value;

use crate::dice::{Dice, Tape};
use crate::dream::Lexicon;
use crate::goal::before;
use crate::ring::{Key, Ring};
use crate::words::Words;

/// How a party is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Character {
    /// How often it does what it is asked to, of a hundred times.
    pub(crate) diligence: usize,
    /// How often it tries what it may not, of a hundred times.
    pub(crate) mischief: usize,
}

/// An act that somebody is about to sign.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) act: Act,
    pub(crate) signers: Vec<Signer>,
    /// Whether nothing stood in its way, as far as its party knew.
    pub(crate) hopeful: bool,
    /// What it is done for: somebody tries that next, once this is admitted.
    pub(crate) towards: Option<ActName>,
}

/// A party with what it knows.
pub(crate) struct Desk<'a> {
    pub(crate) party: &'a PartyId,
    pub(crate) character: Character,
    pub(crate) replica: &'a Replica,
    pub(crate) ring: &'a Ring,
    pub(crate) words: &'a Words,
    /// What others did lately.
    pub(crate) lately: &'a [ActName],
    /// The act whose turn it is to be tried.
    pub(crate) turn: ActName,
    /// Whether somebody has done something so that it can be.
    pub(crate) wanted: bool,
    pub(crate) twice: &'a Act,
}

/// Acts after which less can happen.
const ENDING: &[ActName] = &[
    ActName::PartyWithdraw,
    ActName::PartyExpel,
    ActName::PartyNovate,
    ActName::PartySucceed,
    ActName::PartyAssign,
    ActName::PartyControlChange,
    ActName::KeyCompromise,
    ActName::KeyRevoke,
    ActName::KeyRecover,
    ActName::ModuleTerminate,
    ActName::RulesAdopt,
    ActName::DeterminationEnter,
];

/// How many others a party that looks for a way tries.
const TRIES: usize = 15;

impl Desk<'_> {
    fn state(&self) -> &State {
        self.replica.state()
    }

    /// What it does now; nothing, if it has no key any more.
    pub(crate) fn acts(&self, dice: &mut Dice) -> Option<Draft> {
        if dice.percent(self.character.mischief) {
            return self.mischief(dice);
        }
        if dice.percent(45) {
            let asked = self.asked(dice);
            if asked.is_some() {
                return asked;
            }
        }
        // Who finds no way to do one thing does what comes before it, or another, or tries all the same.
        let mut name = if self.wanted && dice.percent(80) { self.turn } else { self.name(dice) };
        for _ in 0..2 {
            let found = self.seeks(name, dice);
            if found.as_ref().is_some_and(|draft| draft.hopeful) {
                return found;
            }
            if let Some(first) = dice.pick(before(name)).filter(|_| dice.clone().percent(70)) {
                let mut first = self.seeks(*first, dice)?;
                first.towards = Some(name);
                return Some(first);
            }
            if dice.percent(40) {
                return found;
            }
            name = self.name(dice);
        }
        self.seeks(name, dice)
    }

    /// Motions wait for its vote, or to be carried out.
    fn asked(&self, dice: &mut Dice) -> Option<Draft> {
        let state = self.state();
        let pending = state.motions().values().filter(|motion| motion.status.is_pending());
        let pending: Vec<_> = pending.collect();
        // What is nearest to a decision, or any.
        let ripe = pending
            .iter()
            .max_by_key(|motion| (motion.status == MotionStatus::Succeeded, motion.votes.len()));
        let motion = ripe.filter(|_| dice.percent(60)).or_else(|| dice.clone().pick(&pending))?;
        let id = motion.proposed.motion.clone();
        let act = match motion.status {
            MotionStatus::Succeeded => Act::MotionExecute(MotionExecute { motion: id }),
            MotionStatus::Open if !motion.votes.contains_key(self.party) => {
                if !dice.percent(self.character.diligence) {
                    return None;
                }
                let vote = match dice.below(10) {
                    0 => Vote::Against,
                    1 => Vote::Abstain,
                    _ => Vote::For,
                };
                Act::MotionVote(MotionVote { motion: id, vote })
            }
            _ => return None,
        };
        let draft = self.draft(act, dice)?;
        self.better(draft, dice)
    }

    /// Which act it wants to do: what it owes, what goes on from what others did, or the one whose
    /// turn it is.
    fn name(&self, dice: &mut Dice) -> ActName {
        let name = self.any_name(dice);
        // A partnership in which everybody leaves at once has no story, and what no clause permits is
        // tried seldom.
        let agreement = self.state().agreement();
        let nobody_may = name.ruled_by() == RuledBy::Clauses
            && agreement.permits(name).next().is_none()
            && agreement.powers(name).next().is_none();
        match (ENDING.contains(&name) || nobody_may) && dice.percent(80) {
            true => self.any_name(dice),
            false => name,
        }
    }

    fn any_name(&self, dice: &mut Dice) -> ActName {
        let state = self.state();
        let turn = || self.turn;
        if let Some(run) = self.open_run().filter(|_| dice.percent(20)) {
            let most = run.proposed.plan.datasets.len();
            let close = run.joined.len() + 1 >= most;
            return if close { ActName::RunClose } else { ActName::RunJoin };
        }
        match dice.below(10) {
            0..2 => {
                let (own, _) = state.duties_of(self.party);
                let acts: Vec<ActName> = own.iter().filter_map(|duty| duty.discharged_by).collect();
                let act =
                    dice.pick(&acts).filter(|_| dice.clone().percent(self.character.diligence));
                act.copied().unwrap_or(self.turn)
            }
            2..6 => {
                let Some(last) = dice.pick(self.lately) else { return self.turn };
                let noun = |act: &ActName| act.as_str().split('.').next().map(str::to_owned);
                let like = ActName::JUDGED.iter().filter(|act| noun(act) == noun(last));
                let like: Vec<ActName> = like.copied().collect();
                dice.pick(&like).copied().unwrap_or(self.turn)
            }
            6 => dice.pick(ActName::JUDGED).copied().unwrap_or_else(turn),
            _ => self.turn,
        }
    }

    /// Looks for an act of this name that nothing stands in the way of; what is nearest to one
    /// otherwise.
    fn seeks(&self, name: ActName, dice: &mut Dice) -> Option<Draft> {
        if let Some(act) = self.known(name, dice).filter(|_| dice.clone().percent(70)) {
            let draft = self.draft(act, dice)?;
            let draft = self.better(draft, dice)?;
            let why = self.why(&draft);
            return self.put(draft, &why, dice);
        }
        let lexicon = Lexicon::get();
        let mut words = self.words.clone();
        words.of_what_is = !before(name).is_empty();
        let dream = |choices: Vec<u64>, dice: &mut Dice| {
            let mut tape = Tape::new(choices, dice.roll());
            let act = lexicon.dream(name, &words, &mut tape)?;
            Some((act, tape.used()))
        };
        let (act, mut choices) = (0..9).find_map(|_| dream(Vec::new(), dice))?;
        let mut best = self.draft(act, dice)?;
        let mut why = self.why(&best);
        let tries = if self.wanted { 6 * TRIES } else { TRIES };
        for tried in 0..tries {
            if why.is_empty() {
                break;
            }
            let mut next = best.clone();
            let mut chosen = choices.clone();
            match dice.below(6) {
                // Somebody else who was asked for signs too.
                0 if self.co_sign(&mut next, &why, dice) => {}
                1 => next.signers = self.signers(&next.act, dice)?,
                // All of it anew, as long as little is tried.
                2 if tried < 8 || self.wanted && tried % 4 == 0 => {
                    let Some((act, new)) = dream(Vec::new(), dice) else { continue };
                    next = self.draft(act, dice)?;
                    chosen = new;
                }
                _ => {
                    for _ in 0..=dice.below(3) {
                        let at = dice.below(chosen.len());
                        if let Some(choice) = chosen.get_mut(at) {
                            *choice = dice.roll();
                        }
                    }
                    let Some((act, new)) = dream(chosen, dice) else { continue };
                    next.act = act;
                    self.prove_keys(&mut next);
                    chosen = new;
                }
            }
            let so = self.why(&next);
            if weight(&so) <= weight(&why) {
                (best, choices, why) = (next, chosen, so);
            }
        }
        self.put(best, &why, dice)
    }

    /// The few acts that nobody comes upon by chance: what two checkpoints prove, a plan with all that
    /// belongs to it, the result of what was joined, and what else waits for it.
    fn known(&self, name: ActName, dice: &mut Dice) -> Option<Act> {
        let state = self.state();
        let mut project = |status: ProjectStatus| {
            let all = state.projects().values().filter(|project| project.status == status);
            let all: Vec<_> = all.map(|project| project.charter.project.clone()).collect();
            Some(OneProject { project: dice.pick(&all)?.clone() })
        };
        match name {
            ActName::ProjectOpen => Some(Act::ProjectOpen(project(ProjectStatus::Chartered)?)),
            ActName::ProjectEnd => Some(Act::ProjectEnd(project(ProjectStatus::Open)?)),
            ActName::EquivocationReport => Some(self.twice.clone()),
            ActName::KeyCommit => {
                let (key, spare) = (self.key_of(self.party)?, self.spare_key(dice)?);
                Some(Act::KeyCommit(KeyCommit { key, next: commitment(&spare)? }))
            }
            ActName::KeyRotate => {
                let old = self.key_of(self.party)?;
                let next = state.holder(&old)?.next;
                let fits = |key: &&Key| next.is_none() || commitment(&key.public) == next;
                let new =
                    self.ring.all().filter(|key| state.holder(&key.id).is_none()).find(fits)?;
                Some(Act::KeyRotate(KeyRotate::of(old, new.public.clone())))
            }
            ActName::KeyRevoke | ActName::KeyBind | ActName::KeyCompromise => {
                let own = state.keys().filter(|(id, key)| {
                    key.party.as_ref() == Some(self.party)
                        && (key.used, &key.ended) == (KeyUse::Acts, &None)
                        && self.key_of(self.party).as_ref() != Some(*id)
                });
                let own: Vec<_> = own.map(|(id, key)| (id.clone(), key.since)).collect();
                let (key, since) = dice.pick(&own)?.clone();
                Some(match name {
                    ActName::KeyRevoke => Act::KeyRevoke(KeyRevoke { key }),
                    ActName::KeyCompromise => Act::KeyCompromise(KeyCompromise { key, since }),
                    _ => Act::KeyBind(KeyBind { key, member: "member-1".parse().ok()? }),
                })
            }
            ActName::KeyRecover => {
                let all: Vec<_> = state.members().iter().collect();
                let (party, member) = *dice.pick(&all)?;
                let (old, key, since) = (member.key.clone(), self.spare_key(dice)?, None);
                Some(Act::KeyRecover(KeyRecover {
                    party: party.clone(),
                    old,
                    key,
                    since,
                    next: None,
                }))
            }
            ActName::RunPropose => {
                let project =
                    state.projects().values().find(|p| p.status == ProjectStatus::Open)?;
                let asset: AssetId = "heart-rows".parse().ok()?;
                let listed = state
                    .datasets()
                    .iter()
                    .filter(|((of, ..), rows)| *of == asset && rows.withdrawn.is_none());
                let plan = Plan {
                    project: project.charter.project.clone(),
                    kind: RunKind::Train,
                    purpose: "cardiac-risk".parse().ok()?,
                    datasets: listed
                        .map(|((_, party, version), _)| (party.clone(), *version))
                        .collect(),
                    asset,
                    model: Some("risk-model".parse().ok()?),
                    recipe: Digest::of(b"recipe"),
                    code: Digest::of(b"code"),
                    rounds: 100,
                    retries: 2,
                    sampling_rate: "0.2".parse().ok()?,
                    noise: "7.26".parse().ok()?,
                    clip: "1".parse().ok()?,
                    dimension: 14,
                    local_steps: None,
                    trainer: None,
                };
                let run = format!("run-{}", state.runs().size()).parse().ok()?;
                Some(Act::RunPropose(RunPropose { run, plan }))
            }
            ActName::RunJoin => {
                let run = self.open_run()?;
                let cost = plan_cost(state.agreement(), &run.proposed.plan)?;
                Some(Act::RunJoin(RunJoin { run: run.proposed.run.clone(), cost }))
            }
            ActName::RunClose => {
                let run = self.open_run()?;
                let (name, rounds) = (run.proposed.run.clone(), run.proposed.plan.rounds);
                Some(Act::RunClose(RunClose {
                    model: Digest::of(format!("model of {name}").as_bytes()),
                    transcript: Digest::of(b"transcript"),
                    run: name,
                    rounds,
                    attempts: rounds,
                    roster: run.joined.clone(),
                }))
            }
            name => crate::aims::aim(name, state, self.party, dice),
        }
    }

    /// A key that nobody has had yet.
    fn spare_key(&self, dice: &mut Dice) -> Option<String> {
        let spare = self.ring.all().filter(|key| self.state().holder(&key.id).is_none());
        let spare: Vec<&Key> = spare.collect();
        dice.pick(&spare).map(|key| key.public.clone())
    }

    fn open_run(&self) -> Option<&Run> {
        self.state().runs().values().find(|run| run.status == RunStatus::Open)
    }

    /// Mends who signs, the act left as it is.
    fn better(&self, mut best: Draft, dice: &mut Dice) -> Option<Draft> {
        let mut why = self.why(&best);
        for _ in 0..4 {
            if why.is_empty() {
                break;
            }
            let mut next = best.clone();
            if !self.co_sign(&mut next, &why, dice) || dice.percent(40) {
                next.signers = self.signers(&next.act, dice)?;
            }
            let so = self.why(&next);
            if weight(&so) <= weight(&why) {
                (best, why) = (next, so);
            }
        }
        best.hopeful = why.is_empty();
        Some(best)
    }

    /// What a body has to decide is put to it.
    fn put(&self, mut draft: Draft, why: &[Refusal], dice: &mut Dice) -> Option<Draft> {
        draft.hopeful = why.is_empty();
        let asks = |refusal: &Refusal| {
            let told = serde_json::to_value(refusal).ok()?;
            let told = told.as_object()?.values().next()?;
            let body = told.get("body").and_then(Value::as_str).map(str::to_owned);
            body.filter(|_| refusal.code().starts_with("needs-"))
        };
        let Some(body) = why.iter().find_map(asks) else { return Some(draft) };
        let motion = format!("question-{}", dice.below(1000)).parse().ok()?;
        let mut put = MotionPropose::of(motion, body.parse().ok()?, draft.act);
        put.fast = dice.percent(10);
        let draft = self.draft(Act::MotionPropose(put), dice)?;
        self.better(draft, dice)
    }

    /// What it may not do: acts made up and not looked at, for seats of others, or with keys that
    /// do not count.
    fn mischief(&self, dice: &mut Dice) -> Option<Draft> {
        let lexicon = Lexicon::get();
        let name = match dice.below(4) {
            0 => ActName::MotionVote,
            _ => self.turn,
        };
        let act = (0..9).find_map(|_| {
            lexicon.dream(name, self.words, &mut Tape::new(Vec::new(), dice.roll()))
        })?;
        let mut draft = self.draft(act, dice)?;
        let seats: Vec<SeatId> =
            self.state().agreement().seats().filter_map(|seat| seat.id()).collect();
        if let (Some(seat), Some(first)) = (dice.pick(&seats), draft.signers.first_mut()) {
            first.seat = seat.clone();
        }
        if dice.percent(20) {
            let keys: Vec<KeyId> = self.ring.all().map(|key| key.id.clone()).collect();
            if let (Some(key), Some(first)) = (dice.pick(&keys), draft.signers.first_mut()) {
                first.key = key.clone();
            }
        }
        Some(draft)
    }

    fn draft(&self, act: Act, dice: &mut Dice) -> Option<Draft> {
        let signers = self.signers(&act, dice)?;
        let mut draft = Draft { act, signers, hopeful: false, towards: None };
        self.prove_keys(&mut draft);
        Some(draft)
    }

    /// The key by which a party is known, if it has one here.
    fn key_of(&self, party: &PartyId) -> Option<KeyId> {
        let public = self.state().ledger_key(party)?;
        Some(self.ring.by_public(public)?.id.clone())
    }

    /// Itself, for a seat of its that may do such an act.
    fn signers(&self, act: &Act, dice: &mut Dice) -> Option<Vec<Signer>> {
        // What is handed on is signed by whose mandate it is.
        if let Act::MandateDelegate(part) = act
            && let Some((_, whole)) = self.state().mandates().find(|(id, _)| **id == part.of)
        {
            let mut keys = self.state().keys();
            let own = keys.find(|(_, key)| {
                key.party.as_ref() == Some(self.party) && key.member.as_ref() == Some(&whole.member)
            });
            if let Some((key, _)) = own {
                return Some(vec![Signer { seat: whole.seat.clone(), key: key.clone() }]);
            }
        }
        let mut key = self.key_of(self.party)?;
        if dice.percent(8) {
            let signs = |key: &KeyHolder| {
                key.party.as_ref() == Some(self.party) && key.used == KeyUse::Acts
            };
            let own = self.state().keys().filter(|(_, key)| signs(key));
            let own: Vec<KeyId> = own.map(|(id, _)| id.clone()).collect();
            key = dice.pick(&own)?.clone();
        }
        let seat = self.seat(self.party, act.name(), dice);
        Some(vec![Signer { seat, key }])
    }

    fn seat(&self, party: &PartyId, act: ActName, dice: &mut Dice) -> SeatId {
        let agreement = self.state().agreement();
        let own = agreement.seats_of(party);
        let may: BTreeSet<&SeatId> = agreement
            .permits(act)
            .flat_map(|permit| &permit.terms.by)
            .chain(agreement.powers(act).map(|power| &power.terms.holder))
            .collect();
        let fit: Vec<&SeatId> = own.iter().filter(|seat| may.contains(seat)).collect();
        let own: Vec<&SeatId> = own.iter().collect();
        let seat = match (act.ruled_by(), dice.below(10)) {
            (RuledBy::Clauses, 0..9) => dice.pick(&fit),
            (_, 0..2) => dice.pick(&own),
            _ => None,
        };
        seat.map_or_else(|| SIGNATORY.parse().unwrap(), |seat| (*seat).clone())
    }

    /// Who is asked to sign too: parties that a refusal names, or all who have the seat.
    fn co_sign(&self, draft: &mut Draft, why: &[Refusal], dice: &mut Dice) -> bool {
        let mut names = BTreeSet::new();
        for refusal in why {
            if let Ok(told) = serde_json::to_value(refusal) {
                strings(&told, &mut names);
            }
        }
        let parties = self.state().members().keys();
        let mut asked: Vec<&PartyId> = parties.filter(|p| names.contains(p.as_str())).collect();
        let few = why.iter().any(|refusal| refusal.code().starts_with("too-few"));
        let first = draft.signers.first().cloned();
        let members = first
            .as_ref()
            .filter(|_| few || asked.is_empty())
            .map(|first| self.state().agreement().parties_of(&first.seat));
        asked.extend(members.into_iter().flatten());
        let before = draft.signers.len();
        for party in asked {
            let Some(key) = self.key_of(party) else { continue };
            let signs = draft.signers.iter().any(|signer| signer.key == key);
            if signs || dice.percent(15) {
                continue;
            }
            let seat = match first.as_ref().filter(|first| {
                few || self.state().agreement().parties_of(&first.seat).contains(party)
            }) {
                Some(first) => first.seat.clone(),
                None => self.seat(party, draft.act.name(), dice),
            };
            draft.signers.push(Signer { seat, key });
        }
        draft.signers.len() > before
    }

    /// A key that an act brings signs it.
    fn prove_keys(&self, draft: &mut Draft) {
        draft.signers.retain(|signer| self.state().holder(&signer.key).is_some());
        let act = match &draft.act {
            Act::MotionExecute(execute) => {
                self.state().motions().get(&execute.motion).map(|m| (*m.proposed.decision).clone())
            }
            _ => None,
        };
        let public = match act.as_ref().unwrap_or(&draft.act) {
            Act::KeyRegister(act) => &act.key,
            Act::KeyRotate(act) => &act.key,
            Act::KeyRecover(act) => &act.key,
            Act::PartyAccede(act) => &act.key,
            _ => return,
        };
        let Some(key) = self.ring.by_public(public) else { return };
        if !draft.signers.iter().any(|signer| signer.key == key.id) {
            let seat = SIGNATORY.parse().unwrap();
            draft.signers.push(Signer { seat, key: key.id.clone() });
        }
    }

    fn why(&self, draft: &Draft) -> Vec<Refusal> {
        let now = self.state().time().unwrap_or(Timestamp::EPOCH);
        let header = Header {
            log: self.state().log().unwrap_or(Digest([0; 32])),
            signers: draft.signers.clone(),
            nonce: "0".repeat(32),
            seen: Seen { size: self.replica.size(), root: self.replica.root() },
            expires_at: now.plus("P1D".parse().unwrap()),
            attached: None,
        };
        let signed = Signed { id: Digest([1; 32]), header: Some(header), act: draft.act.clone() };
        // A text that nobody has stands in the way as well.
        let missing = || vec![Refusal::NotStarted];
        self.replica.why(&signed).unwrap_or_else(|_| missing())
    }
}

/// How much stands in an act's way: what is said about who signs ends the examination early.
fn weight(why: &[Refusal]) -> usize {
    let early = why.iter().any(|refusal| {
        matches!(
            refusal.code(),
            "not-your-seat"
                | "unknown-key"
                | "key-ended"
                | "no-mandate"
                | "needs-mandate"
                | "not-started"
        )
    });
    why.len() + if early { 50 } else { 0 }
}

fn strings(value: &Value, out: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => _ = out.insert(text.clone()),
        Value::Array(all) => all.iter().for_each(|value| strings(value, out)),
        Value::Object(all) => all.values().for_each(|value| strings(value, out)),
        _ => {}
    }
}
