//! The course of a run's rounds: what counts, when a step can close, and what then follows.
//!
//! Knows no time and no sockets: whoever calls it decides when waiting is over.

mod attempt;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use concordat_learn::Training;
use concordat_partnership::act::AbortReason;
use concordat_secagg::server::{Answer, Rejected, Then, Unopened};
use concordat_secagg::{Announced, FromClient, KeyList, Proof, RingVec, Step};
use concordat_terms::{Digest, PartyId};
use concordat_wire::api::{Again, Arrived};
use concordat_wire::round::{comes_whole, encode_from_client};

use self::attempt::{Attempt, answers};
use super::basis::Basis;
use super::door::{self, Doorkeeper};
use super::spool::{self, Uploads};
use crate::problem::Refused;

/// The rounds of one run.
#[derive(Debug)]
pub(crate) struct Course {
    basis: Basis,
    /// Where the current round starts.
    training: Training,
    /// Knows of each round that has begun from which model.
    keeper: Doorkeeper,
    /// How many rounds gave a sum; what proves each is kept outside.
    finished: u32,
    /// Where the words of the current attempt's uploads lie.
    uploads: Uploads,
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
    /// Its round is finished: the answer is what was published then.
    Finished,
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
    Done(Box<Done>),
    /// Another attempt has begun.
    Lost(Again),
    /// No sum can be reached any more.
    Over(AbortReason),
}

/// A sum, and what proves it.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) proof: Proof,
    /// The words of uploads that came in their messages; those of others lie in the spool.
    pub(crate) vectors: BTreeMap<PartyId, RingVec>,
    pub(crate) sum: RingVec,
}

impl Course {
    /// Before the first round.
    pub(crate) fn begin(basis: Basis, uploads: Uploads) -> Self {
        let training = Training::begin(&basis.recipe);
        let keeper = Doorkeeper::new(basis.rounds.clone(), vec![training.digest()]);
        let mut course = Self {
            basis,
            training,
            keeper,
            finished: 0,
            uploads,
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
        self.finished
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
        self.now.as_ref().map(|attempt| attempt.rounds.step())
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
            let authentic = self.is_authentic(round, attempt, &message);
            return if authentic { Heard::Finished } else { not_authentic(&message) };
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
        if matches!(message, FromClient::Masked(_)) && !comes_whole(&self.basis.rounds.params) {
            let what = "a vector of more than one chunk comes before its message";
            return Heard::Rejected(what.to_owned());
        }
        let (from, digest) = (message.from().clone(), Digest::of(&encode_from_client(&message)));
        if now.heard.get(&from) == Some(&digest) {
            // Sent again because the connection broke: the new one gets the answer.
            return Heard::Counted;
        }
        let keys = if let FromClient::Keys(keys) = &message { Some(keys.clone()) } else { None };
        let refused = match now.receive(message, &self.uploads) {
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

    /// Takes the announcement of an upload in chunks, by whoever is awaited in this step.
    ///
    /// # Errors
    /// 403 `not-joined`, 409 `upload-late` or `upload-differs`, 400 `message-rejected`, 503.
    pub(crate) fn announce(
        &self,
        joined: &BTreeSet<PartyId>,
        at: (u32, u32),
        announced: &Announced,
    ) -> Result<Arrived, Refused> {
        let from = &announced.upload.from;
        if !joined.contains(from) {
            return Err(door::not_joined(from, &self.basis.rounds.run));
        }
        let message = FromClient::Upload(announced.upload.clone());
        let late = || spool::late(from);
        let now = self.now.as_ref().filter(|_| at == (self.finished, self.attempt));
        let now = now.ok_or_else(late)?;
        if !self.is_authentic(at.0, at.1, &message) {
            return Err(door::rejected(door::not_authentic(&message)));
        }
        let awaited = now.rounds.step() == Step::MaskedInput && now.rounds.awaited().contains(from);
        if !awaited || self.dropped.contains(from) {
            return Err(late());
        }
        let params = &self.basis.rounds.params;
        if comes_whole(params) {
            return Err(door::rejected("a vector of one chunk comes in its message"));
        }
        if !announced.fits(params) {
            let what = format!("`{from}` announces other chunks than those of its vector");
            return Err(door::rejected(what));
        }
        self.uploads.announce(params, announced)
    }

    /// Whether everybody who is still there has answered.
    pub(crate) fn is_complete(&self, joined: &BTreeSet<PartyId>) -> bool {
        self.awaited(joined).is_empty()
    }

    /// Those whose message of this step is still to come.
    pub(crate) fn awaited(&self, joined: &BTreeSet<PartyId>) -> BTreeSet<PartyId> {
        let Some(now) = &self.now else { return BTreeSet::new() };
        let awaited = now.rounds.awaited();
        awaited.intersection(&self.present(joined)).cloned().collect()
    }

    /// Closes the current step: whoever has not answered is dropped for the rest of the run.
    pub(crate) fn close(&mut self, joined: &BTreeSet<PartyId>) -> Close {
        let silent = self.awaited(joined);
        self.dropped.extend(silent);
        let Some(Attempt { session, rounds, vectors, .. }) = self.now.take() else {
            return Close::Over(AbortReason::ResultNotSigned);
        };
        match rounds.close() {
            Ok(Then::Next(rounds, answer)) => {
                if let Answer::Survivors(survivors) = &answer {
                    self.uploads.close(survivors);
                }
                let (keys, heard) = (KeyList::new(), BTreeMap::new());
                self.now = Some(Attempt { session, rounds, keys, heard, vectors });
                Close::Next(answers(answer))
            }
            Ok(Then::Done(proof, sum)) => {
                Close::Done(Box::new(Done { proof: *proof, vectors, sum }))
            }
            Err(lost) => {
                // Where shares were kept back, nobody can tell whether their dealer or their
                // holders are to blame. But without those holders fewer than t are left, and with
                // everybody the next attempt may fail alike: without the dealer alone it can give
                // a sum.
                if let Unopened::BadDealer { dealer } | Unopened::Withheld { dealer, .. } = &lost {
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
    pub(crate) fn finish(&mut self, sum: &RingVec) -> Result<(), AbortReason> {
        let sum = sum.to_signed();
        let step = self.training.step(&self.basis.recipe, &sum, self.basis.rounds.scale_bits);
        self.training = step.map_err(|_| AbortReason::ResultNotSigned)?;
        self.keeper.learn(self.training.digest());
        self.finished = self.finished.saturating_add(1);
        self.attempt = 0;
        self.open_attempt();
        Ok(())
    }

    /// Whether too few are there for another round.
    pub(crate) fn is_hopeless(&self, joined: &BTreeSet<PartyId>) -> bool {
        !self.is_finished() && self.present(joined).len() < self.basis.rounds.params.remaining()
    }

    /// Takes up a round that was finished before a restart, in this attempt.
    ///
    /// # Errors
    /// Why the run cannot go on.
    pub(crate) fn restore(&mut self, attempt: u32, sum: &RingVec) -> Result<(), AbortReason> {
        self.lost = self.lost.saturating_add(attempt);
        self.finish(sum)
    }

    fn open_attempt(&mut self) {
        self.uploads.begin((self.finished, self.attempt));
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
