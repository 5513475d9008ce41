//! The course of a run's rounds: what counts, when a step can close, and what then follows.
//!
//! Knows no time and no sockets: whoever calls it decides when waiting is over.

mod attempt;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use concordat_learn::Training;
use concordat_partnership::act::AbortReason;
use concordat_secagg::server::{Closed, Rejected, Unopened};
use concordat_secagg::{FromClient, KeyList, Step, Transcript};
use concordat_terms::{Digest, PartyId};
use concordat_wire::api::Again;
use concordat_wire::round::{ToClient, encode_from_client, encode_to_client};

use self::attempt::{Attempt, answers};
use super::basis::Basis;
use super::door::{self, Doorkeeper};

/// The rounds of one run.
#[derive(Debug)]
pub(crate) struct Course {
    basis: Basis,
    /// Where the current round starts.
    training: Training,
    /// Knows of each round that has begun from which model.
    keeper: Doorkeeper,
    /// By finished round, its transcript as it was published.
    transcripts: Vec<Arc<Vec<u8>>>,
    attempt: u32,
    /// Attempts that ended without a sum, over all rounds.
    lost: u32,
    /// Who missed a step.
    dropped: BTreeSet<PartyId>,
    now: Option<Attempt>,
}

/// What becomes of a message.
#[derive(Debug)]
pub(crate) enum Heard {
    /// It counts: the answer comes when the step closes.
    Counted,
    /// It cannot count any more: the answer is how the attempt ends.
    Aside,
    /// Its round is finished.
    Finished(Arc<Vec<u8>>),
    /// Its attempt is not the current one.
    Again(Again),
    /// It is not what it should be.
    Rejected(String),
    /// Its sender has not joined the run.
    NotJoined,
}

/// What follows when a step closes.
#[derive(Debug)]
pub(crate) enum Close {
    /// The next step, and what each client of this one is told.
    Next(BTreeMap<PartyId, Arc<Vec<u8>>>),
    /// The sum; to be kept, and then handed to [`Course::finish`].
    Done(Box<Transcript>),
    /// Another attempt has begun.
    Lost(Again),
    /// No sum can be reached any more.
    Over(AbortReason),
}

impl Course {
    /// Before the first round.
    pub(crate) fn begin(basis: Basis) -> Self {
        let training = Training::begin(&basis.recipe);
        let keeper = Doorkeeper::new(basis.rounds.clone(), vec![training.digest()]);
        let mut course = Self {
            basis,
            training,
            keeper,
            transcripts: Vec::new(),
            attempt: 0,
            lost: 0,
            dropped: BTreeSet::new(),
            now: None,
        };
        course.open_attempt();
        course
    }

    pub(crate) fn basis(&self) -> &Basis {
        &self.basis
    }

    /// Who is to stand at the room's door.
    pub(crate) fn keeper(&self) -> &Doorkeeper {
        &self.keeper
    }

    /// The current round, from 0; the number of rounds once all are finished.
    pub(crate) fn round(&self) -> u32 {
        u32::try_from(self.transcripts.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Whether all rounds gave a sum.
    pub(crate) fn is_finished(&self) -> bool {
        self.round() >= self.basis.plan.rounds
    }

    /// The current step's name, or none once all rounds are finished.
    pub(crate) fn step(&self) -> Option<Step> {
        self.now.as_ref().map(|attempt| attempt.server.step())
    }

    /// Who is still there, of those who joined.
    pub(crate) fn present(&self, joined: &BTreeSet<PartyId>) -> BTreeSet<PartyId> {
        joined.difference(&self.dropped).cloned().collect()
    }

    /// How many attempts can still be lost.
    pub(crate) fn retries_left(&self) -> u32 {
        self.basis.plan.retries.saturating_sub(self.lost)
    }

    /// Where participants are to go on.
    pub(crate) fn again(&self, reason: impl Into<String>) -> Again {
        Again { round: self.round(), attempt: self.attempt, reason: reason.into() }
    }

    /// Takes a message of (round, attempt), or says what else becomes of it.
    pub(crate) fn hear(
        &mut self,
        joined: &BTreeSet<PartyId>,
        (round, attempt): (u32, u32),
        message: FromClient,
    ) -> Heard {
        if !joined.contains(message.from()) {
            return Heard::NotJoined;
        }
        if round > self.round() {
            return Heard::Again(self.again("the round has not begun"));
        }
        if round < self.round() {
            let index = usize::try_from(round).unwrap_or(usize::MAX);
            return match self.transcripts.get(index) {
                Some(transcript) if self.is_authentic(round, attempt, &message) => {
                    Heard::Finished(transcript.clone())
                }
                _ => not_authentic(&message),
            };
        }
        if attempt < self.attempt {
            return Heard::Again(self.again("the attempt is over"));
        }
        // Before anything of it is copied, encoded or hashed.
        if !self.is_authentic(round, attempt, &message) {
            return not_authentic(&message);
        }
        if attempt > self.attempt || self.dropped.contains(message.from()) {
            return Heard::Aside;
        }
        self.count(message)
    }

    /// Whether a message is by a participant and for this attempt, current or not.
    ///
    /// # Errors
    /// What becomes of it otherwise.
    pub(crate) fn check(
        &self,
        joined: &BTreeSet<PartyId>,
        (round, attempt): (u32, u32),
        message: &FromClient,
    ) -> Result<(), Heard> {
        if !joined.contains(message.from()) {
            return Err(Heard::NotJoined);
        }
        if !self.is_authentic(round, attempt, message) {
            return Err(not_authentic(message));
        }
        Ok(())
    }

    /// Whether the message's sender signed it, for this attempt.
    pub(crate) fn is_authentic(&self, round: u32, attempt: u32, message: &FromClient) -> bool {
        self.keeper.holds(round, attempt, message)
    }

    /// Counts a message that is its sender's.
    fn count(&mut self, message: FromClient) -> Heard {
        let Some(now) = &mut self.now else {
            return Heard::Again(self.again("all rounds are finished"));
        };
        let (from, digest) = (message.from().clone(), Digest::of(&encode_from_client(&message)));
        if now.heard.get(&from) == Some(&digest) {
            // Sent again because the connection broke: the new one gets the answer.
            return Heard::Counted;
        }
        let keys = if let FromClient::Keys(keys) = &message { Some(keys.clone()) } else { None };
        let refused = match now.server.receive(message.clone()) {
            Ok(()) => {
                now.heard.insert(from.clone(), digest);
                now.keys.extend(keys.map(|keys| (from, keys)));
                return Heard::Counted;
            }
            Err(refused) => refused,
        };
        match (refused, keys) {
            // A client that lost the connection before any answer starts afresh.
            (Rejected::Duplicate { .. }, Some(keys)) if keys.holds(&now.session) => {
                now.keys.insert(from.clone(), keys);
                now.heard.insert(from, digest);
                now.collect_again();
                Heard::Counted
            }
            (Rejected::Duplicate { .. }, _) => Heard::Aside,
            (Rejected::WrongStep { sent, step, .. }, _) if sent < step => Heard::Aside,
            (refused, _) => Heard::Rejected(refused.to_string()),
        }
    }

    /// Whether everybody who is still there has answered.
    pub(crate) fn is_complete(&self, joined: &BTreeSet<PartyId>) -> bool {
        self.awaited(joined).is_empty()
    }

    /// Those whose message of this step is still to come.
    pub(crate) fn awaited(&self, joined: &BTreeSet<PartyId>) -> BTreeSet<PartyId> {
        let Some(now) = &self.now else { return BTreeSet::new() };
        let awaited = now.server.awaited();
        awaited.intersection(&self.present(joined)).cloned().collect()
    }

    /// Closes the current step: whoever has not answered is dropped for the rest of the run.
    pub(crate) fn close(&mut self, joined: &BTreeSet<PartyId>) -> Close {
        let silent = self.awaited(joined);
        self.dropped.extend(silent);
        let Some(Attempt { session, server, .. }) = self.now.take() else {
            return Close::Over(AbortReason::ResultNotSigned);
        };
        match server.close() {
            Ok(Closed::Next(server, answer)) => {
                let (keys, heard) = (KeyList::new(), BTreeMap::new());
                self.now = Some(Attempt { session, server, keys, heard });
                Close::Next(answers(answer))
            }
            Ok(Closed::Done(transcript)) => Close::Done(Box::new(transcript)),
            Err(lost) => {
                if let Unopened::BadDealer { dealer } = &lost {
                    self.dropped.insert(dealer.clone());
                }
                self.lose(joined, lost.to_string())
            }
        }
    }

    /// The attempt ended without a sum: the next one, or the end.
    fn lose(&mut self, joined: &BTreeSet<PartyId>, reason: String) -> Close {
        if self.present(joined).len() < self.basis.rounds.params.remaining() {
            return Close::Over(AbortReason::TooFewParticipants);
        }
        if self.retries_left() == 0 {
            return Close::Over(AbortReason::RetriesSpent);
        }
        self.lost += 1;
        self.attempt += 1;
        self.open_attempt();
        Close::Lost(self.again(reason))
    }

    /// After a restart: goes on with this attempt, the first ones being lost.
    pub(crate) fn resume_at(&mut self, attempt: u32) -> Result<(), AbortReason> {
        if attempt > self.retries_left() {
            return Err(AbortReason::RetriesSpent);
        }
        self.lost += attempt;
        self.attempt = attempt;
        self.open_attempt();
        Ok(())
    }

    /// The round has its sum, which is kept: the next round begins from it.
    ///
    /// # Errors
    /// Why the run cannot go on.
    pub(crate) fn finish(&mut self, transcript: &Transcript) -> Result<Arc<Vec<u8>>, AbortReason> {
        let sum = transcript.sum.to_signed();
        let step = self.training.step(&self.basis.recipe, &sum, self.basis.rounds.scale_bits);
        self.training = step.map_err(|_| AbortReason::ResultNotSigned)?;
        self.keeper.learn(self.training.digest());
        let encoded = Arc::new(encode_to_client(&ToClient::Transcript(transcript.clone())));
        self.transcripts.push(encoded.clone());
        self.attempt = 0;
        self.open_attempt();
        Ok(encoded)
    }

    /// Whether too few are there for another round.
    pub(crate) fn is_hopeless(&self, joined: &BTreeSet<PartyId>) -> bool {
        !self.is_finished() && self.present(joined).len() < self.basis.rounds.params.remaining()
    }

    /// Takes up a round that was finished before a restart, in this attempt.
    ///
    /// # Errors
    /// Why the run cannot go on.
    pub(crate) fn restore(
        &mut self,
        attempt: u32,
        transcript: &Transcript,
    ) -> Result<(), AbortReason> {
        self.lost = self.lost.saturating_add(attempt);
        self.finish(transcript).map(drop)
    }

    fn open_attempt(&mut self) {
        let model = self.keeper.latest().filter(|_| !self.is_finished());
        let session = model
            .and_then(|model| self.basis.rounds.session(self.round(), self.attempt, model).ok());
        self.now = session.map(Attempt::new);
    }
}

fn not_authentic(message: &FromClient) -> Heard {
    Heard::Rejected(door::not_authentic(message))
}

#[cfg(test)]
mod tests;
