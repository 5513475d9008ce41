//! One seed: a whole partnership, from its founding to its end, and what must hold after every
//! entry.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use concordat_partnership::act::{
    AbortReason, DigestRecord, Header, RefusalCount, RunAbort, Seen, Signer, Tick,
};
use concordat_partnership::{Act, RunStatus, SEQUENCER, Verdict};
use concordat_replay::{Halt, Replica};
use concordat_terms::{ActName, Digest, PartyId, RuledBy, SeatId, Timestamp};

use crate::dice::Dice;
use crate::invariant::{Broken, Invariant, Seen as Sight, Watch};
use crate::party::{Character, Desk, Draft};
use crate::story::Line;
use crate::view::View;
use crate::words::Words;
use crate::world::{World, world};

/// How many parties fold for themselves.
const FOLDING: usize = 2;

/// Which of them goes on, now and then, from what was written of its state.
const RESTARTING: usize = 1;

/// At which entries it does: those whose index this divides.
const RESTARTED_EVERY: usize = 61;

/// What a test spoils, to show that somebody notices.
pub type Fault = fn(&mut Sight);

/// How a seed is played.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// No further than to the entry of this index.
    pub until: Option<u64>,
    /// What is spoilt of what the invariants see.
    pub fault: Option<Fault>,
    /// Whether the replica of the first party says something else once.
    pub liar: bool,
    /// Whether that replica is held against a state that is not its own.
    pub drifts: bool,
    /// Whether something panics in the middle.
    pub panics: bool,
    /// Whether the story is told.
    pub told: bool,
}

/// What became of a seed.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// How many entries the log has.
    pub entries: u64,
    /// How often an act of each name was tried, and how often admitted.
    pub acts: BTreeMap<ActName, (u64, u64)>,
    /// How often each refusal was given, and to which acts.
    pub refusals: BTreeMap<&'static str, BTreeMap<Option<ActName>, u64>>,
    /// What happened, if it was to be told.
    pub story: Vec<Line>,
    /// What did not hold, and after which entry.
    pub broken: Option<(u64, Broken)>,
    /// The acts of the log after its founding, for who wants to try fewer of them.
    pub(crate) script: Vec<Draft>,
}

/// Plays a seed.
pub fn play(seed: u64, options: Options) -> Outcome {
    let mut stage = Stage::new(seed, options);
    let played = catch_unwind(AssertUnwindSafe(|| stage.play()));
    if let Err(why) = played {
        let text = why.downcast_ref::<&str>().map(ToString::to_string);
        let text = text.or(why.downcast_ref::<String>().cloned()).unwrap_or_default();
        let broken = Broken { invariant: Invariant::NothingPanics, what: text };
        stage.outcome.broken = Some((stage.chain.size(), broken));
    }
    stage.outcome.entries = stage.chain.size();
    stage.outcome
}

/// A party's own fold of the log, as far as it has read it.
struct Reader {
    party: PartyId,
    character: Character,
    replica: Replica,
}

struct Stage {
    world: &'static World,
    dice: Dice,
    options: Options,
    /// The coordinator's fold, which is as long as the log.
    chain: Replica,
    entries: Vec<Vec<u8>>,
    verdicts: Vec<Verdict>,
    /// The coordinator's fold at each size since the founding.
    folds: Vec<Replica>,
    founded: usize,
    readers: Vec<Reader>,
    /// Envelopes that the coordinator has, and from which round on it lets them go.
    waiting: Vec<(u64, Vec<u8>, Option<Draft>)>,
    watch: Watch,
    view: View,
    lately: Vec<ActName>,
    /// What can be done now that something else was.
    wanted: Vec<ActName>,
    vocabulary: Words,
    nonce: u64,
    outcome: Outcome,
}

impl Stage {
    fn new(seed: u64, options: Options) -> Self {
        let world = world(seed);
        let mut dice = Dice::new(seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1));
        let readers = world.parties.iter().map(|party| Reader {
            party: party.clone(),
            character: Character {
                diligence: [20, 60, 80, 95][dice.below(4)],
                mischief: [0, 5, 10, 30][dice.below(4)],
            },
            replica: world.replica.clone(),
        });
        let readers = readers.collect();
        let mut stage = Self {
            world,
            dice,
            options,
            chain: world.replica.clone(),
            entries: world.entries.clone(),
            verdicts: world.verdicts.clone(),
            folds: vec![world.replica.clone()],
            founded: world.entries.len(),
            readers,
            waiting: Vec::new(),
            watch: Watch::new(),
            view: View::of(world.replica.state()),
            lately: Vec::new(),
            wanted: Vec::new(),
            vocabulary: world.words.clone(),
            nonce: seed.wrapping_mul(1_000_000),
            outcome: Outcome::default(),
        };
        for verdict in &world.verdicts {
            stage.note(verdict);
        }
        stage.watch.begun(world);
        stage
    }

    fn play(&mut self) {
        let length = 60 + self.dice.below(60) as u64;
        let last = self.founded as u64 + length;
        let until = self.options.until.map_or(last, |until| last.min(until + 1));
        let first_turn = self.dice.below(ActName::JUDGED.len());
        let mut round = 0;
        while self.chain.size() < until && round < 4 * length {
            round += 1;
            let turn = (first_turn + round as usize * 7) % ActName::JUDGED.len();
            match self.dice.below(100) {
                0..62 => self.somebody_acts(round, ActName::JUDGED[turn]),
                62..80 => self.time_passes(),
                80..84 => self.sequencer_acts(round),
                84..94 => self.somebody_reads(),
                _ => {}
            }
            if self.deliver(round).is_err() || self.outcome.broken.is_some() {
                return;
            }
        }
        for reader in 0..self.readers.len() {
            if let Err(broken) = self.read(reader, usize::MAX) {
                self.breaks(broken);
            }
        }
    }

    /// A party looks at what there is, and signs something.
    fn somebody_acts(&mut self, round: u64, mut turn: ActName) {
        let wanted = !self.wanted.is_empty() && self.dice.percent(60);
        if wanted {
            turn = self.wanted.remove(self.dice.below(self.wanted.len()));
        }
        let at = self.somebody(turn);
        // Most act on what they have just read; some on what they read long ago.
        if self.dice.percent(85)
            && let Err(broken) = self.read(at, usize::MAX)
        {
            return self.breaks(broken);
        }
        let reader = &self.readers[at];
        let words = self.vocabulary.with(reader.replica.state());
        let desk = Desk {
            party: &reader.party,
            character: reader.character,
            replica: &reader.replica,
            ring: &self.world.ring,
            words: &words,
            lately: &self.lately,
            turn,
            wanted,
            twice: &self.world.twice,
        };
        let Some(draft) = desk.acts(&mut self.dice) else { return };
        let replica = reader.replica.clone();
        self.submit(round, &replica, draft);
    }

    /// A party; mostly one with a seat that may do such an act.
    fn somebody(&mut self, turn: ActName) -> usize {
        let agreement = self.chain.state().agreement();
        let seats: BTreeSet<&SeatId> =
            agreement.permits(turn).flat_map(|permit| &permit.terms.by).collect();
        let fit =
            |reader: &Reader| agreement.seats_of(&reader.party).iter().any(|s| seats.contains(s));
        let fit: Vec<usize> =
            (0..self.readers.len()).filter(|at| fit(&self.readers[*at])).collect();
        match self.dice.pick(&fit).copied() {
            Some(at) if self.dice.percent(80) => at,
            _ => self.dice.below(self.readers.len()),
        }
    }

    /// The envelope goes to the coordinator, which keeps it for a while, or lets it go twice.
    fn submit(&mut self, round: u64, seen: &Replica, draft: Draft) {
        self.nonce += 1;
        let state = seen.state();
        let now = state.time().unwrap_or(Timestamp::EPOCH);
        let lifetime = match self.dice.below(30) {
            0 => "P60D",
            1 => "PT1S",
            _ => "P9D",
        };
        let mut sight = Seen { size: seen.size(), root: seen.root() };
        if self.dice.percent(2) {
            sight.root = Digest([9; 32]);
        }
        let header = Header {
            log: if self.dice.percent(1) { Digest([3; 32]) } else { state.log().unwrap() },
            signers: draft.signers.clone(),
            nonce: format!("{:032x}", self.nonce),
            seen: sight,
            expires_at: now.plus(lifetime.parse().unwrap()),
            attached: None,
        };
        let entry = match &draft.act {
            Act::Genesis(_) => {
                let names = self.world.parties.iter().map(ToString::to_string);
                let names: Vec<String> = names.chain(["sequencer".to_owned()]).collect();
                Some(self.world.ring.found(&self.world.genesis, &names))
            }
            act => self.world.ring.seal(&header, act),
        };
        let Some(mut entry) = entry else { return };
        if self.dice.percent(1) {
            let at = self.dice.below(entry.len());
            entry[at] ^= 1;
        }
        let delay = match self.dice.below(20) {
            0..13 => 0,
            13..18 => 1 + self.dice.below(6) as u64,
            _ => 10 + self.dice.below(30) as u64,
        };
        if self.dice.percent(6) {
            let again = round + self.dice.below(12) as u64;
            self.waiting.push((again, entry.clone(), None));
        }
        self.waiting.push((round + delay, entry, Some(draft)));
    }

    /// What the coordinator lets go enters the log, in an order of its own.
    fn deliver(&mut self, round: u64) -> Result<(), Halt> {
        loop {
            let due: Vec<usize> =
                (0..self.waiting.len()).filter(|at| self.waiting[*at].0 <= round).collect();
            let Some(at) = self.dice.pick(&due).copied() else { return Ok(()) };
            let (_, entry, draft) = self.waiting.remove(at);
            match self.append(entry, draft) {
                // What depends on a text that nobody has is turned away, as a coordinator does.
                Ok(()) | Err(Halt::MissingBlob { .. }) => {}
                Err(halt) => return Err(halt),
            }
            if self.outcome.broken.is_some() {
                return Ok(());
            }
        }
    }

    /// Time moves on: a little, to a deadline, just before it, or far.
    fn time_passes(&mut self) {
        let state = self.chain.state();
        let now = state.time().unwrap_or(Timestamp::EPOCH);
        let by = |span: &str| now.plus(span.parse().unwrap());
        let next = state.next_deadline().filter(|next| *next > now && *next < by("P2Y"));
        let time = match self.dice.below(20) {
            0..9 => by(["PT1S", "PT7M", "PT1H", "PT5H"][self.dice.below(4)]),
            9..12 => by(["P1D", "P2D", "P4D"][self.dice.below(3)]),
            12..16 => next.unwrap_or(by("P1D")),
            16 => next.map_or(by("P1D"), |next| earlier(next, 1).max(by("PT1S"))),
            17 => by("P31D"),
            18 if self.dice.percent(30) => by("P300D"),
            // It stands still, or would run backwards.
            _ => [now, earlier(now, 60)][self.dice.below(2)],
        };
        self.by_sequencer(Act::Tick(Tick { time }));
    }

    fn sequencer_acts(&mut self, round: u64) {
        let state = self.chain.state();
        let open = state.runs().iter().find(|(_, run)| run.status == RunStatus::Open);
        let (index, rolling) = (state.index(), state.rolling());
        let parties: Vec<_> = state.members().keys().cloned().collect();
        let now = state.time().unwrap_or(Timestamp::EPOCH);
        let act = match (self.dice.below(7), open) {
            (0, Some((run, _))) => {
                let (reason, named) = (AbortReason::RetriesSpent, BTreeSet::new());
                Act::RunAbort(RunAbort { run: run.clone(), reason, named })
            }
            (1, _) => Act::DigestRecord(DigestRecord { index, rolling: Digest([2; 32]) }),
            (2, _) => {
                self.submit_bytes(round);
                return;
            }
            (3, _) => self.world.genesis.clone(),
            (4, _) if !parties.is_empty() => {
                let party = parties[self.dice.below(parties.len())].clone();
                // What was counted already, or is not over, is refused.
                let until = [now, earlier(now, 60)][self.dice.below(2)];
                let turned_away = self.dice.below(9) as u64;
                let acts = Digest::of(b"turned away");
                Act::RefusalCount(RefusalCount { party, from: until, until, turned_away, acts })
            }
            _ => Act::DigestRecord(DigestRecord { index, rolling }),
        };
        self.by_sequencer(act);
    }

    /// Bytes that are no act at all.
    fn submit_bytes(&mut self, round: u64) {
        let bytes = match self.entries.last() {
            Some(last) if self.dice.percent(50) => last[..last.len() / 2].to_vec(),
            _ => b"{}".to_vec(),
        };
        self.waiting.push((round, bytes, None));
    }

    fn by_sequencer(&mut self, act: Act) {
        let key = self.world.ring.named("sequencer").id.clone();
        let signers = vec![Signer { seat: SEQUENCER.parse().unwrap(), key }];
        let draft = Draft { act, signers, hopeful: true, towards: None };
        let replica = self.chain.clone();
        let at = self.waiting.len();
        self.submit(0, &replica, draft);
        // Its own it does not hold back.
        for (round, ..) in self.waiting.iter_mut().skip(at) {
            *round = 0;
        }
    }

    /// Somebody folds some of what it has not folded yet.
    fn somebody_reads(&mut self) {
        let (at, some) = (self.dice.below(self.readers.len()), 1 + self.dice.below(9));
        if let Err(broken) = self.read(at, some) {
            self.breaks(broken);
        }
    }

    /// Goes on to the next entries, so many at most. The first two parties fold each from its bytes,
    /// signatures and all, and compare; the others take over the fold that they are held against.
    fn read(&mut self, at: usize, most: usize) -> Result<(), Broken> {
        let differs = |what: String| Err(Broken { invariant: Invariant::ReplicasAgree, what });
        let reader = &mut self.readers[at];
        let from = reader.replica.size() as usize;
        let to = self.entries.len().min(from.saturating_add(most));
        if at >= FOLDING {
            reader.replica = self.folds[to - self.founded].clone();
            return Ok(());
        }
        for index in from..to {
            let told = reader.replica.step(&self.entries[index]);
            if told.as_ref() != Ok(&self.verdicts[index]) || self.options.liar {
                let what = format!("`{}` has another verdict on entry {index}", reader.party);
                return differs(what);
            }
            // A restart now and then, from what was written of the state.
            if at == RESTARTING && index.is_multiple_of(RESTARTED_EVERY) {
                match reader.replica.reread() {
                    Ok(replica) => reader.replica = replica,
                    Err(why) => {
                        return differs(format!("`{}` cannot restart: {why}", reader.party));
                    }
                }
            }
            let back = usize::from(self.options.drifts);
            if reader.replica.state() != self.folds[index + 1 - self.founded - back].state() {
                let what = format!("`{}` has another state after entry {index}", reader.party);
                return differs(what);
            }
        }
        Ok(())
    }

    /// The next entry of the log.
    fn append(&mut self, entry: Vec<u8>, draft: Option<Draft>) -> Result<(), Halt> {
        let index = self.chain.size();
        if self.options.until.is_some_and(|until| index > until) {
            return Ok(());
        }
        let before = self.chain.state().clone();
        let opened = self.chain.open(&entry);
        let signed = opened.signed().cloned();
        let verdict = self.chain.step_opened(&opened)?;
        if self.options.panics && index > self.founded as u64 + 20 {
            panic!("something is wrong");
        }
        let after = View::of(self.chain.state());
        let mut seen = Sight {
            index,
            signed,
            verdict: verdict.clone(),
            before: std::mem::replace(&mut self.view, after.clone()),
            after,
            books_only: self.chain.state().equals_but_for_books(&before),
        };
        if let Some(fault) = self.options.fault {
            fault(&mut seen);
        }
        if self.options.told {
            self.outcome.story.push(Line::of(&seen));
        }
        self.note(&verdict);
        // What a body decided is done by who carries it out.
        if verdict.is_admitted()
            && let Some(Act::MotionExecute(execute)) =
                seen.signed.as_ref().map(|signed| &signed.act)
            && let Some(motion) = self.chain.state().motions().get(&execute.motion)
        {
            let count = self.outcome.acts.entry(motion.proposed.decision.name()).or_default();
            *count = (count.0 + 1, count.1 + 1);
        }
        if verdict.is_admitted()
            && let Some(next) = draft.as_ref().and_then(|draft| draft.towards)
        {
            self.wanted.extend([next; 3]);
        }
        if let Verdict::Admitted { act, .. } = &verdict
            && act.ruled_by() != RuledBy::Founding
        {
            self.lately.push(*act);
            let from = self.lately.len().saturating_sub(12);
            self.lately.drain(..from);
        }
        self.outcome.script.extend(draft);
        self.entries.push(entry);
        self.verdicts.push(verdict);
        self.folds.push(self.chain.clone());
        if let Err(broken) = self.watch.see(&seen, &before) {
            self.breaks(broken);
        }
        Ok(())
    }

    fn note(&mut self, verdict: &Verdict) {
        let (act, admitted) = match verdict {
            Verdict::Admitted { act, .. } => (Some(*act), 1),
            Verdict::Refused { act, refusal, .. } => {
                let of = self.outcome.refusals.entry(refusal.code()).or_default();
                *of.entry(*act).or_default() += 1;
                (*act, 0)
            }
        };
        if let Some(act) = act {
            let count = self.outcome.acts.entry(act).or_default();
            *count = (count.0 + 1, count.1 + admitted);
        }
    }

    fn breaks(&mut self, broken: Broken) {
        let index = self.chain.size().saturating_sub(1);
        self.outcome.broken.get_or_insert((index, broken));
    }
}

/// So many seconds before.
fn earlier(time: Timestamp, by: u64) -> Timestamp {
    Timestamp::from_seconds(time.seconds().saturating_sub(by)).unwrap_or(time)
}
