//! The course of a run's rounds: what counts, when a step can close, and what then follows.
//!
//! Knows no time and no sockets: whoever calls it decides when waiting is over.

mod attempt;

use std::collections::BTreeSet;
use std::sync::Arc;

use concordat_partnership::act::AbortReason;
use concordat_replay::Way;
use concordat_secagg::RingVec;
use concordat_secagg::three::Speaker;
use concordat_terms::PartyId;
use concordat_wire::api::{self, Again, Arrived};
use concordat_wire::round::{Announcement, comes_whole};

use self::attempt::{After, Attempt, Counts};
pub(crate) use self::attempt::{Answers, Loss, Proven};
use super::Word;
use super::basis::Basis;
use super::door::{self, Doorkeeper};
use super::spool::{self, Outline, Uploads};
use super::subject::Standing;
use crate::config::Wait;
use crate::problem::Refused;

/// The rounds of one run.
#[derive(Debug)]
pub(crate) struct Course {
    basis: Basis,
    /// Where the current round starts.
    standing: Standing,
    /// Knows of each round that has begun from which model.
    keeper: Doorkeeper,
    /// How many rounds gave a sum; what proves each is kept outside.
    finished: u32,
    /// Where the words of the current attempt's uploads lie.
    uploads: Uploads,
    attempt: u32,
    /// The latest attempt at the current round that was opened before a restart: it was kept before
    /// anybody heard of it.
    opened: u32,
    /// Attempts that ended without a sum, over all rounds.
    lost: u32,
    /// Why the attempt before this one did, for those who come late.
    why: Option<String>,
    /// How the attempt ended that was lost last.
    loss: Option<Loss>,
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
    /// What it asks for is here.
    Posted(Arc<Vec<u8>>),
    /// Its attempt is not the current one.
    Again(Again),
    /// It ends the attempt, in this way.
    Spoilt(Loss),
    /// It is not what it should be.
    Rejected(String),
    /// Its sender has not joined the run.
    NotJoined,
}

/// What follows when a step closes.
#[derive(Debug)]
pub(crate) enum Close {
    /// The next step, and what is told of this one.
    Next(Answers),
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
    pub(crate) proven: Proven,
    pub(crate) sum: RingVec,
}

impl Course {
    /// Before the first round.
    pub(crate) fn begin(basis: Basis, uploads: Uploads) -> Self {
        let standing = Standing::begin(&basis.subject, &basis.plan);
        let keeper = Doorkeeper::new(basis.rounds.clone(), vec![standing.digest()]);
        let mut course = Self {
            basis,
            standing,
            keeper,
            finished: 0,
            uploads,
            attempt: 0,
            opened: 0,
            lost: 0,
            why: None,
            loss: None,
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

    /// What the current step waits for; nothing once all rounds are finished.
    pub(crate) fn wait(&self) -> Option<Wait> {
        self.now.as_ref().map(Attempt::wait)
    }

    /// The attempt that is going on, for those who learn of it nowhere else.
    pub(crate) fn now(&self) -> Option<api::Attempt> {
        let model = self.keeper.latest().filter(|_| self.now.is_some())?;
        Some(api::Attempt { round: self.round(), attempt: self.attempt, model })
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

    /// Takes a word of (round, attempt), or says what else becomes of it.
    pub(crate) fn hear(
        &mut self,
        joined: &BTreeSet<PartyId>,
        (round, attempt): (u32, u32),
        word: Word,
    ) -> Heard {
        let by = word.by();
        if !self.may_speak(joined, &by) {
            return Heard::NotJoined;
        }
        if round > self.round() {
            return Heard::Again(self.again("the round has not begun"));
        }
        if round < self.round() {
            let authentic = self.is_authentic(round, attempt, &word);
            return if authentic { Heard::Finished } else { not_authentic(&word) };
        }
        if attempt < self.attempt {
            let why = self.why.as_deref().filter(|_| attempt + 1 == self.attempt);
            return Heard::Again(self.again(why.unwrap_or("the attempt is over")));
        }
        // Before anything of it is copied, encoded or hashed.
        if !self.is_authentic(round, attempt, &word) {
            return not_authentic(&word);
        }
        if attempt > self.attempt || self.is_dropped(&by) {
            return Heard::Aside;
        }
        let Some(now) = &mut self.now else {
            return Heard::Again(self.again("all rounds are finished"));
        };
        match now.hear(word, &self.uploads) {
            Counts::Yes => Heard::Counted,
            Counts::Aside => Heard::Aside,
            Counts::Posted(bytes) => Heard::Posted(bytes),
            Counts::Rejected(what) => Heard::Rejected(what),
            Counts::Spoilt(loss) => Heard::Spoilt(loss),
        }
    }

    /// Whether a word is by somebody of the run and for this attempt, current or not.
    ///
    /// # Errors
    /// What becomes of it otherwise.
    pub(crate) fn check(
        &self,
        joined: &BTreeSet<PartyId>,
        (round, attempt): (u32, u32),
        word: &Word,
    ) -> Result<(), Heard> {
        if !self.may_speak(joined, &word.by()) {
            return Err(Heard::NotJoined);
        }
        if !self.is_authentic(round, attempt, word) {
            return Err(not_authentic(word));
        }
        Ok(())
    }

    /// Whether this is one of those who joined, or an aggregator where there are any.
    fn may_speak(&self, joined: &BTreeSet<PartyId>, by: &Speaker) -> bool {
        match by {
            Speaker::Contributor(party) => joined.contains(party),
            Speaker::Aggregator(_) => self.basis.rounds.way != Way::PairwiseMasks,
        }
    }

    fn is_dropped(&self, by: &Speaker) -> bool {
        matches!(by, Speaker::Contributor(party) if self.dropped.contains(party))
    }

    /// Whether the word's speaker signed it, for this attempt.
    fn is_authentic(&self, round: u32, attempt: u32, word: &Word) -> bool {
        match word {
            Word::Message(message) => self.keeper.holds(round, attempt, message),
            // The request was signed.
            Word::Awaits { .. } => true,
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
        announced: &Announcement,
    ) -> Result<Arrived, Refused> {
        let message = door::announced(announced);
        let by = door::speaker(&message);
        if !self.may_speak(joined, &by) {
            return Err(door::not_joined(&by, &self.basis.rounds.run));
        }
        let late = || spool::late(&by);
        let now = self.now.as_ref().filter(|_| at == (self.finished, self.attempt));
        let now = now.ok_or_else(late)?;
        if !self.keeper.holds(at.0, at.1, &message) {
            return Err(door::rejected(door::not_authentic(&Word::Message(message))));
        }
        if !now.awaits_words(&message) || self.is_dropped(&by) {
            return Err(late());
        }
        let params = &self.basis.rounds.params;
        let (fits, vector, chunks) = match announced {
            Announcement::Masks(_) if comes_whole(params) => {
                return Err(door::rejected("a vector of one chunk comes in its message"));
            }
            Announcement::Masks(one) => {
                (one.fits(params), Some(one.upload.body.vector), &one.chunks)
            }
            Announcement::Three(one) => (one.fits(params), one.message.vector(), &one.chunks),
        };
        let Some(vector) = vector.filter(|_| fits) else {
            let what = format!("{by} announces other chunks than those of its vector");
            return Err(door::rejected(what));
        };
        self.uploads.announce(params, &by, Outline { vector, chunks: chunks.clone() })
    }

    /// Whether everybody who is still there has answered.
    pub(crate) fn is_complete(&self, joined: &BTreeSet<PartyId>) -> bool {
        self.missing(joined).is_empty()
    }

    /// Those whose message of this step is still to come, by their names.
    pub(crate) fn awaited(&self, joined: &BTreeSet<PartyId>) -> BTreeSet<PartyId> {
        self.missing(joined).into_iter().filter_map(|by| self.party_of(by)).collect()
    }

    fn missing(&self, joined: &BTreeSet<PartyId>) -> BTreeSet<Speaker> {
        let Some(now) = &self.now else { return BTreeSet::new() };
        let present = self.present(joined);
        let mut missing = now.awaited();
        missing.retain(|by| match by {
            Speaker::Contributor(party) => present.contains(party),
            Speaker::Aggregator(_) => true,
        });
        missing
    }

    /// What the run told of itself last, where its recipe says so.
    pub(crate) fn told(&self) -> Option<api::Told> {
        let (round, charged) = self.standing.told(&self.basis.subject)?;
        Some(api::Told { round, charged })
    }

    /// Who missed a step, and counts no more.
    pub(crate) fn dropped(&self) -> &BTreeSet<PartyId> {
        &self.dropped
    }

    /// The party that speaks so.
    pub(crate) fn party_of(&self, by: Speaker) -> Option<PartyId> {
        match (by, &self.basis.rounds.way) {
            (Speaker::Contributor(party), _) => Some(party),
            (Speaker::Aggregator(role), Way::ThreeAggregators(three)) => {
                Some(three.of(role).party.clone())
            }
            (Speaker::Aggregator(_), Way::PairwiseMasks) => None,
        }
    }

    /// Closes the current step: whoever of the participants has not answered is dropped for the
    /// rest of the run.
    pub(crate) fn close(&mut self, joined: &BTreeSet<PartyId>) -> Close {
        let silent = self.missing(joined).into_iter().filter_map(|by| match by {
            Speaker::Contributor(party) => Some(party),
            Speaker::Aggregator(_) => None,
        });
        self.dropped.extend(silent);
        let Some(now) = self.now.take() else {
            return Close::Over(AbortReason::ResultNotSigned);
        };
        match now.close(&self.uploads) {
            After::Next(now, answers) => {
                self.now = Some(now);
                Close::Next(answers)
            }
            After::Done(proven, sum) => Close::Done(Box::new(Done { proven, sum })),
            After::Lost(loss, without) => {
                self.dropped.extend(without);
                self.lose(joined, loss)
            }
        }
    }

    /// The attempt ended without a sum: the next one, or the end.
    pub(crate) fn lose(&mut self, joined: &BTreeSet<PartyId>, loss: Loss) -> Close {
        let reason = loss.why.clone();
        self.loss = Some(loss);
        let over = if self.present(joined).len() < self.basis.rounds.params.remaining() {
            Some(AbortReason::TooFewParticipants)
        } else if self.retries_left() == 0 {
            Some(AbortReason::RetriesSpent)
        } else {
            None
        };
        if let Some(over) = over {
            let run = &self.basis.rounds.run;
            tracing::warn!(%run, reason, "the last attempt is lost");
            self.now = None;
            return Close::Over(over);
        }
        self.lost += 1;
        self.attempt += 1;
        self.open_attempt();
        self.why = Some(reason.clone());
        Close::Lost(self.again(reason))
    }

    /// Who it is due to that the run ends for this reason, and what people are told of it: who is not
    /// there, and how the last attempt ended.
    pub(crate) fn blame(
        &self,
        joined: &BTreeSet<PartyId>,
        reason: AbortReason,
    ) -> (BTreeSet<PartyId>, Option<&str>) {
        let lost = self.loss.as_ref();
        let why = lost.map(|loss| loss.why.as_str());
        match reason {
            AbortReason::RetriesSpent => {
                (lost.map(|loss| loss.named.clone()).unwrap_or_default(), why)
            }
            AbortReason::TooFewParticipants => {
                let (present, planned) = (self.present(joined), self.basis.rounds.roster.parties());
                (planned.filter(|party| !present.contains(*party)).cloned().collect(), why)
            }
            _ => (BTreeSet::new(), None),
        }
    }

    /// Takes up what was kept of an attempt that was opened before a restart.
    pub(crate) fn restore_attempt(&mut self, (round, attempt): (u32, u32)) {
        if round == self.round() {
            self.opened = attempt;
        }
    }

    /// After a restart: the attempt to go on with, where participants want to make these. Nobody can
    /// want a later one than that after the last that was opened: whoever says so spends no retries.
    pub(crate) fn attempt_of(&self, wanted: impl Iterator<Item = u32>) -> u32 {
        let next = self.opened.saturating_add(1);
        wanted.filter(|attempt| *attempt <= next).max().unwrap_or(next).max(self.opened)
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
        let step = self.standing.step(&self.basis.subject, sum, self.basis.rounds.scale_bits);
        self.standing = step.ok_or(AbortReason::ResultNotSigned)?;
        self.keeper.learn(self.standing.digest());
        self.finished = self.finished.saturating_add(1);
        (self.attempt, self.opened, self.loss) = (0, 0, None);
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
        let at = (self.finished, self.attempt);
        self.why = None;
        self.uploads.begin(at);
        let model = self.keeper.latest().filter(|_| !self.is_finished());
        self.now = model.and_then(|model| Attempt::open(&self.basis, at, model));
    }
}

fn not_authentic(word: &Word) -> Heard {
    Heard::Rejected(door::not_authentic(word))
}

#[cfg(test)]
mod tests;
