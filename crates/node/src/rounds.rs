//! All rounds of a run from one participant's side, over any exchange of messages.
//!
//! Models and round secrets live in this function's memory alone: whoever is restarted abstains
//! from the run. A lost attempt is never resent; the next one draws new keys, batch and noise.

mod asking;
mod checking;
mod fetching;
mod masks;
mod three;
mod uploading;

use std::collections::{BTreeMap, BTreeSet};

use concordat_learn::{Control, Model, Training};
use concordat_replay::Way;
use concordat_secagg::three::Posted;
use concordat_secagg::{FromClient, RingVec, Session, SigningKey, client, three as of_three};
use concordat_terms::{Digest, PartyId, Problem};
use concordat_wire::api::{Arrived, Part};
use concordat_wire::round::{Announcement, ToClient};
use rand_core::CryptoRng;

pub use self::asking::{Answered, answer};
pub(crate) use self::fetching::{Fetching, Line};
pub(crate) use self::uploading::upload;
use crate::client::Fault;
use crate::plan::{Member, Ready, ReadyQuery, no_basis};
use crate::problems::problem;
use crate::random::Randomness;
use crate::train::{Contribution, Noise, apply_sum, contribution, counted};
use crate::trainers;

/// How the words of a vector reach the coordinator.
pub trait Uplink {
    /// Says what will be uploaded in chunks; again at any time, to learn how far it came.
    ///
    /// # Errors
    /// [`Fault`].
    fn announce(
        &mut self,
        round: u32,
        attempt: u32,
        announced: &Announcement,
    ) -> Result<Arrived, Fault>;

    /// Brings some whole chunks of what was announced, the first of them `chunk`, as little-endian
    /// bytes.
    ///
    /// # Errors
    /// [`Fault`].
    fn bring(
        &mut self,
        round: u32,
        attempt: u32,
        chunk: usize,
        piece: Vec<u8>,
    ) -> Result<Arrived, Fault>;

    /// Waits a little before try number `tries`, counted from 1, after nothing came back.
    fn pause(&mut self, tries: u32);
}

/// How a participant's messages reach the coordinator, and its answers come back.
pub trait Exchange: Uplink {
    /// Sends one message of an attempt under pairwise masks, and waits until its step closes.
    ///
    /// # Errors
    /// [`Fault`].
    fn send(&mut self, round: u32, attempt: u32, message: FromClient) -> Result<ToClient, Fault>;

    /// Sends what this participant contributes with three aggregators, and waits until its step
    /// closes.
    ///
    /// # Errors
    /// [`Fault`].
    fn contribute(
        &mut self,
        round: u32,
        attempt: u32,
        message: &of_three::Message,
    ) -> Result<Posted, Fault>;

    /// Waits until a step with three aggregators closes, for what it gives.
    ///
    /// # Errors
    /// [`Fault`].
    fn posted(&mut self, round: u32, attempt: u32, step: of_three::Step) -> Result<Posted, Fault>;

    /// Fetches a part of what is kept of a finished round.
    ///
    /// # Errors
    /// [`Fault`].
    fn fetch(&mut self, round: u32, part: &Part) -> Result<Vec<u8>, Fault>;
}

/// What a participant ends up with.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The model.
    pub model: Model,
    /// Rounds that gave a sum: all.
    pub rounds: u32,
    /// Attempts that were charged: of each round all up to the one that gave its sum.
    pub attempts: u32,
    /// The digest over the transcripts' digests, in the order of the rounds.
    pub transcript: Digest,
    /// Who contributed to the last round.
    pub roster: BTreeSet<PartyId>,
}

/// What happens in the rounds, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A round gave a sum; `round` counts from 1.
    Round {
        /// Which.
        round: u32,
        /// Of how many.
        rounds: u32,
    },
    /// A part of this participant's vector has arrived.
    Uploaded {
        /// The round, from 0.
        round: u32,
        /// Chunks that are there.
        chunks: usize,
        /// Of so many.
        of: usize,
    },
    /// What another participant dealt to this one did not open, or is not what it signed: this one
    /// reveals nothing of it. Who spoiled it, the dealer or the coordinator, it cannot tell.
    Unopened {
        /// The round, from 0.
        round: u32,
        /// The attempt, from 0.
        attempt: u32,
        /// Who dealt it.
        dealer: PartyId,
    },
    /// An attempt ended without one.
    Dropped {
        /// The round, from 0.
        round: u32,
        /// The attempt, from 0.
        attempt: u32,
        /// Why.
        reason: String,
    },
}

/// Takes part in every round of a run.
///
/// Nothing is uploaded beyond the plan's rounds and retries, whatever the coordinator asks for,
/// and never twice under one attempt. Every sum is recomputed from the signed messages before it
/// is used. Every contribution, and the keys of every attempt, are drawn from a generator of their
/// own. A participant that missed a round catches up with the transcript that the others made.
///
/// # Errors
/// A [`Problem`]: the run is over, its retries are spent, the node is stopping, or the coordinator
/// does not answer any more.
pub fn take_part(
    ready: &Ready,
    identity: &SigningKey,
    noise: Noise,
    exchange: &mut impl Exchange,
    random: &mut impl Randomness,
    tell: &mut dyn FnMut(Progress),
) -> Result<Outcome, Problem> {
    let task = &ready.task;
    let rounds = task.recipe.rounds;
    let mut training = Training::begin(&task.recipe);
    let (mut digests, mut roster) = (Vec::new(), BTreeSet::new());
    let mut own = Own::default();
    while training.round() < rounds {
        let round = training.round();
        let draws = Draws::Training(ready, &training);
        let (member, start) = (ready.member(), training.digest());
        let mut one = Round { member, draws, identity, noise, round, start, own: &mut own };
        let finished = one.play(exchange, random, tell)?;
        training = apply_sum(task, &training, &finished.sum)?;
        own.lost += finished.attempt;
        roster = finished.survivors;
        digests.push(finished.digest);
        tell(Progress::Round { round: round + 1, rounds });
    }
    let model = training
        .finish(&task.recipe, Some(&task.trained))
        .map_err(|e| problem("training-failed", e.to_string(), "propose another plan"))?;
    let transcript = all_of(&digests);
    Ok(Outcome { model, rounds, attempts: rounds + own.lost, transcript, roster })
}

/// The digest over the transcripts' digests, in the order of the rounds.
fn all_of(digests: &[Digest]) -> Digest {
    let mut parts: Vec<&[u8]> = vec![b"concordat/transcripts/v1"];
    parts.extend(digests.iter().map(|digest| digest.as_bytes().as_slice()));
    Digest::of_parts(&parts)
}

/// How often nothing may come back in a row before a participant gives up.
const SILENCE_MOST: u32 = 30;

/// How often the coordinator may send a participant to another place without it getting anywhere.
const ASTRAY_MOST: u32 = 100;

struct Round<'a> {
    member: Member<'a>,
    draws: Draws<'a>,
    identity: &'a SigningKey,
    noise: Noise,
    round: u32,
    /// The digest of what it starts from.
    start: Digest,
    own: &'a mut Own,
}

/// What a contribution is drawn from.
#[derive(Clone, Copy)]
enum Draws<'a> {
    Training(&'a Ready, &'a Training),
    Query(&'a ReadyQuery),
}

/// What one participant carries from round to round: in memory alone.
#[derive(Default)]
struct Own {
    /// Its control variate: as of the last round whose sum it is in.
    control: Control,
    /// Attempts lost in earlier rounds, as the transcripts tell.
    lost: u32,
    /// What this participant itself has uploaded over the run, whatever transcripts tell: each
    /// upload may have become a readable sum.
    uploads: u32,
}

struct Finished {
    attempt: u32,
    sum: RingVec,
    survivors: BTreeSet<PartyId>,
    digest: Digest,
}

/// What is remembered over the attempts at a round.
#[derive(Default)]
struct Tries {
    /// Attempts for which this participant has drawn a contribution, and what its control variate
    /// is if that is the one that counts.
    uploaded: BTreeMap<u32, Control>,
    /// Whether anybody has answered in the present one: it can be made again as it is, if not.
    begun: bool,
}

/// Why an attempt gave this participant no sum.
enum Lost {
    /// The exchange says so.
    Fault(Fault),
    /// What the coordinator showed cannot be right.
    Abort(String),
    /// Nothing can help.
    Hopeless(Problem),
}

impl From<Fault> for Lost {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<client::Abort> for Lost {
    fn from(abort: client::Abort) -> Self {
        Self::Abort(abort.to_string())
    }
}

impl From<of_three::Abort> for Lost {
    fn from(abort: of_three::Abort) -> Self {
        Self::Abort(abort.to_string())
    }
}

impl Round<'_> {
    fn play(
        &mut self,
        exchange: &mut impl Exchange,
        random: &mut impl Randomness,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Finished, Problem> {
        let wasted = self.own.uploads.saturating_sub(self.round);
        let left = self.member.plan.retries.saturating_sub(self.own.lost.max(wasted));
        let (mut attempt, mut silent, mut astray) = (0_u32, 0_u32, 0_u32);
        let mut tries = Tries::default();
        loop {
            tries.begun = false;
            let tried = self.attempt(attempt, &mut tries, exchange, random, tell);
            let begun = tries.begun;
            let (next, reason) = match tried {
                Ok(finished) => {
                    let summed = finished.survivors.contains(self.member.party);
                    let own = tries.uploaded.remove(&finished.attempt).filter(|_| summed);
                    self.own.control = own.unwrap_or_else(|| self.own.control.clone());
                    return Ok(finished);
                }
                Err(Lost::Hopeless(problem)) => return Err(problem),
                Err(Lost::Abort(reason)) => (attempt + 1, reason),
                Err(Lost::Fault(Fault::Again(again))) => {
                    astray += 1;
                    if astray > ASTRAY_MOST {
                        return Err(lost_touch("it asks for the same attempt again and again"));
                    }
                    // Another round is not this one's concern: of a finished one the transcript is
                    // served, whatever the attempt. Never back to an attempt that was made.
                    let here = again.round == self.round && again.attempt > attempt;
                    if here && again.attempt > left {
                        return Err(self.spent(Some(&again.reason)));
                    }
                    if !here {
                        exchange.pause(astray.min(SILENCE_MOST));
                    }
                    (if here { again.attempt } else { attempt + u32::from(begun) }, again.reason)
                }
                Err(Lost::Fault(Fault::Offline(reason))) => {
                    silent = if begun { 1 } else { silent + 1 };
                    if silent > SILENCE_MOST {
                        return Err(lost_touch(&reason));
                    }
                    exchange.pause(silent);
                    (attempt + u32::from(begun), reason)
                }
                Err(Lost::Fault(other)) => return Err(other.problem()),
            };
            if begun || next != attempt {
                tell(Progress::Dropped { round: self.round, attempt, reason });
            }
            // One past the last: the others may have a sum, whose transcript is served under any
            // attempt; nothing more is uploaded.
            attempt = next.min(left);
        }
    }

    /// `last` is how the last attempt ended, by the coordinator's word.
    fn spent(&self, last: Option<&str>) -> Problem {
        let retries = self.member.plan.retries;
        let last = last.map_or_else(String::new, |why| format!("; the last one ended: {why}"));
        problem(
            "retries-spent",
            format!("all {retries} retries are spent; no further attempt is uploaded{last}"),
            "propose a new run; what was reserved stays spent",
        )
    }

    /// One attempt, in the way that is agreed.
    fn attempt(
        &mut self,
        attempt: u32,
        tries: &mut Tries,
        exchange: &mut impl Exchange,
        random: &mut impl Randomness,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Finished, Lost> {
        match self.member.basis.way {
            Way::PairwiseMasks => self.masks(attempt, tries, exchange, random, tell),
            Way::ThreeAggregators(_) => self.three(attempt, tries, exchange, random, tell),
        }
    }

    /// This participant's contribution to an attempt. Batch and noise are drawn for it alone, and
    /// sent at most once.
    fn drawn(
        &mut self,
        attempt: u32,
        tries: &mut Tries,
        random: &mut impl Randomness,
    ) -> Result<RingVec, Lost> {
        let plan = self.member.plan;
        let most = plan.rounds.saturating_add(plan.retries);
        if self.own.uploads >= most || tries.uploaded.contains_key(&attempt) {
            return Err(Lost::Hopeless(self.spent(None)));
        }
        self.own.uploads += 1;
        // Before it is drawn: whatever becomes of it, there is no second one.
        tries.uploaded.insert(attempt, self.own.control.clone());
        let mut rng = fresh(random)?;
        let control = &self.own.control;
        let own = match self.draws {
            Draws::Training(Ready { task, units, outside: Some(outside), .. }, training) => {
                let update = outside.update(&task.plan, &task.recipe, training, units);
                trainers::contribution(task, update.as_ref(), self.noise, &mut rng)
            }
            Draws::Training(Ready { task, units, .. }, training) => {
                contribution(task, training, units, control, self.noise, &mut rng)
            }
            Draws::Query(ready) => counted(ready, self.noise, &mut rng)
                .map(|vector| Contribution { vector, control: control.clone() }),
        };
        let own = own.map_err(Lost::Hopeless)?;
        tries.uploaded.insert(attempt, own.control);
        Ok(own.vector)
    }

    /// Retries of the plan that earlier rounds have left.
    fn left(&self) -> u32 {
        self.member.plan.retries.saturating_sub(self.own.lost)
    }

    /// The attempt that signatures are of, and its session: the first that `holds`, of those that the
    /// plan allows.
    fn proved<S>(
        &self,
        session: impl Fn(u32) -> Result<S, Lost>,
        holds: impl Fn(&S) -> bool,
    ) -> Result<(u32, S), Lost> {
        for attempt in 0..=self.left() {
            let session = session(attempt)?;
            if holds(&session) {
                return Ok((attempt, session));
            }
        }
        Err(self.not_proved("it is of no attempt that the plan allows"))
    }

    fn not_proved(&self, mismatch: &str) -> Lost {
        let round = self.round;
        Lost::Hopeless(problem(
            "sum-not-proved",
            format!("the sum of round {round} does not follow from its messages: {mismatch}"),
            "keep the node's log and ask the other participants; do not sign this run's result",
        ))
    }

    fn session(&self, attempt: u32) -> Result<Session, Lost> {
        let session = self.member.basis.session(self.round, attempt, self.start);
        session.map_err(|why| Lost::Hopeless(no_basis(&why.into())))
    }
}

/// A generator for one purpose.
fn fresh(random: &mut impl Randomness) -> Result<impl CryptoRng, Lost> {
    random.fresh().map_err(Lost::Hopeless)
}

fn lost_touch(why: &str) -> Problem {
    problem(
        "coordinator-silent",
        format!("the coordinator does not go on with the run: {why}"),
        "ask its operator; the node abstains from this run",
    )
}
