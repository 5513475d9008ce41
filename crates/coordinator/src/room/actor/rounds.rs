//! Steps, attempts and rounds, with those who wait for them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use concordat_partnership::act::AbortReason;
use concordat_secagg::RingVec;
use concordat_secagg::three::{Posted, Speaker};
use concordat_terms::{PartyId, RunId};
use concordat_wire::api::Again;
use concordat_wire::round::{
    Announcement, ToClient, comes_whole, decode_posted, decode_to_client, encode_posted,
    encode_to_client,
};
use tokio::task::block_in_place;
use tokio::time::Instant;

use super::{Back, Phase, Room, Session, answer};
use crate::problem::Refused;
use crate::room::basis::Basis;
use crate::room::course::{Close, Course, Done, Heard, Proven};
use crate::room::door::{not_joined, rejected};
use crate::room::ending::Results;
use crate::room::spool::{Kept, unreadable};
use crate::room::{Reply, Said, Word};
use crate::sequencer::transcripts_of;

impl Room {
    /// The course of the run as far as transcripts are kept; none if it cannot go on, which is
    /// then logged.
    pub(super) async fn restore(&self, basis: Basis) -> Option<Course> {
        let params = basis.rounds.params.clone();
        let mut course = Course::begin(basis, self.uploads.clone());
        let mut kept = match self.view.notes(transcripts_of(&self.run)).await {
            Ok(kept) => kept,
            Err(refused) => {
                tracing::error!(run = %self.run, code = refused.problem.code, "no transcripts");
                return None;
            }
        };
        // Names sort like rounds.
        kept.sort();
        let (attempts, kept): (Vec<_>, Vec<_>) =
            kept.into_iter().partition(|(name, _)| *name == attempts_of(&self.run));
        for (name, bytes) in kept {
            let round = Kept::new(&self.spool, course.round(), &params);
            let restored = sum_of(&bytes, &round).map(|(at, sum)| course.restore(at, &sum));
            match restored {
                Some(Ok(())) => {}
                Some(Err(_)) => break,
                None => {
                    tracing::error!(run = %self.run, name, "a kept transcript cannot be read");
                    break;
                }
            }
        }
        if let Some(at) = attempts.first().and_then(|(_, bytes)| opened(bytes)) {
            course.restore_attempt(at);
        }
        // Of attempts that were going on nobody has the secrets any more.
        if let Err(fault) = self.spool.keep_rounds(course.round()) {
            tracing::warn!(run = %self.run, %fault, "uploads of lost attempts are still there");
        }
        Some(course)
    }

    /// Keeps what proves a round's sum before anybody is told of it: the message that publishes
    /// it, and beside it the words that are too many for that.
    async fn keep(
        &self,
        at: (u32, u32),
        proven: Proven,
        sum: &RingVec,
    ) -> Result<Vec<u8>, Refused> {
        let keep_words = || {
            let kept = block_in_place(|| self.uploads.finish(sum));
            kept.map_err(|fault| Refused::fault(&unreadable(&fault)))
        };
        let message = match proven {
            // Every vector came in its message, or none did.
            Proven::Masks(proof, vectors) if vectors.is_empty() => {
                keep_words()?;
                encode_to_client(&ToClient::Proof(proof))
            }
            Proven::Masks(proof, vectors) => {
                encode_to_client(&ToClient::Transcript(proof.with(vectors, sum.clone())))
            }
            Proven::Three(proof) => {
                keep_words()?;
                encode_posted(&Posted::Proof(proof))
            }
        };
        let mut bytes = at.1.to_be_bytes().to_vec();
        bytes.extend(&message);
        self.sequencer.put_note(note_of(&self.run, at.0), bytes).await?;
        Ok(message)
    }
}

/// The note of a finished round: the attempt that gave its sum, then the message that published
/// it. Ten digits, so that names sort like rounds.
fn note_of(run: &RunId, round: u32) -> String {
    format!("{}{round:010}", transcripts_of(run))
}

/// The note of the attempt that was opened last: its round and its number.
fn attempts_of(run: &RunId) -> String {
    format!("{}attempt", transcripts_of(run))
}

fn opened(note: &[u8]) -> Option<(u32, u32)> {
    let (round, attempt) = note.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*round), u32::from_be_bytes(attempt.try_into().ok()?)))
}

/// The attempt and the sum of a kept round.
fn sum_of(note: &[u8], kept: &Kept) -> Option<(u32, RingVec)> {
    let (attempt, message) = note.split_first_chunk::<4>()?;
    let sum = match (decode_to_client(message), decode_posted(message)) {
        (Ok(ToClient::Transcript(transcript)), _) => transcript.sum,
        (Ok(ToClient::Proof(_)), _) | (_, Ok(Posted::Proof(_))) => kept.sum().ok()?,
        _ => return None,
    };
    Some((u32::from_be_bytes(*attempt), sum))
}

impl Session {
    pub(super) async fn word(&mut self, at: (u32, u32), word: Word, reply: Reply) {
        let knows = matches!(self.phase, Phase::Aborting(_))
            || matches!(self.phase, Phase::Resuming { .. }) && at.0 == self.course.round();
        if !knows {
            return self.hear(at, word, reply).await;
        }
        // What is held without being counted is held for participants alone.
        match (self.course.check(&self.joined, at, &word), word.by(), &self.phase) {
            (Err(heard), by, _) => self.told(by, heard, reply),
            (Ok(()), Speaker::Contributor(party), Phase::Resuming { .. }) => {
                self.come_back(party, at.1, word, reply).await;
            }
            // It learns elsewhere which attempt is chosen.
            (Ok(()), Speaker::Aggregator(_), Phase::Resuming { .. }) => {
                answer(reply, Said::Again(self.course.again("the coordinator was restarted")));
            }
            (Ok(()), by, _) => self.hold_aside(by, reply),
        }
    }

    async fn hear(&mut self, at: (u32, u32), word: Word, reply: Reply) {
        let by = word.by();
        let heard = self.at_length(|course, joined| course.hear(joined, at, word));
        match heard {
            Heard::Finished => self.publish_again(at.0, reply),
            Heard::Spoilt(loss) => {
                self.deadline = Some(Instant::now() + self.step());
                self.times.close_step();
                let close = self.course.lose(&self.joined, loss);
                self.lost(close).await;
                answer(reply, Said::Again(self.course.again("the attempt is over")));
            }
            heard => self.told(by, heard, reply),
        }
    }

    /// Does what takes as long as the vectors are, and keeps nobody else from going on where they
    /// are long.
    fn at_length<T>(&mut self, act: impl FnOnce(&mut Course, &BTreeSet<PartyId>) -> T) -> T {
        let whole = comes_whole(&self.course.basis().rounds.params);
        let act = || act(&mut self.course, &self.joined);
        if whole { act() } else { block_in_place(act) }
    }

    /// Somebody announces an upload in chunks, or asks how far it came.
    pub(super) fn announce(&mut self, at: (u32, u32), announced: &Announcement, reply: Reply) {
        let arrived = self.at_length(|course, joined| course.announce(joined, at, announced));
        reply.send(arrived.map(Said::Arrived)).ok();
    }

    /// A round is finished: what was published then is read again, and nobody waits for that.
    fn publish_again(&self, round: u32, reply: Reply) {
        let (view, name) = (self.room.view.clone(), note_of(&self.room.run, round));
        tokio::spawn(async move {
            let notes = view.notes(name).await;
            let said = notes.and_then(|notes| {
                let (_, mut note) = notes.into_iter().next().ok_or_else(Refused::busy)?;
                Ok(Said::Encoded(Arc::new(note.split_off(note.len().min(4)))))
            });
            reply.send(said).ok();
        });
    }

    fn told(&mut self, by: Speaker, heard: Heard, reply: Reply) {
        match heard {
            Heard::Counted => {
                if let Some(party) = self.course.party_of(by.clone()) {
                    self.times.arrived(party, Instant::now());
                }
                self.hold(by, reply);
            }
            Heard::Aside => self.hold_aside(by, reply),
            Heard::Posted(bytes) => answer(reply, Said::Encoded(bytes)),
            // Answered before this.
            Heard::Finished | Heard::Spoilt(_) => {}
            Heard::Again(again) => answer(reply, Said::Again(again)),
            Heard::Rejected(what) => drop(reply.send(Err(rejected(what)))),
            Heard::NotJoined => drop(reply.send(Err(not_joined(&by, &self.room.run)))),
        }
    }

    /// After a restart: somebody is back, with the attempt that it wants to make.
    async fn come_back(&mut self, party: PartyId, attempt: u32, word: Word, reply: Reply) {
        let Phase::Resuming { back } = &mut self.phase else { return };
        // What was begun before cannot be gone on with.
        let attempt = attempt.saturating_add(u32::from(!word.begins()));
        if let Some(before) = back.insert(party, Back { attempt, word, reply }) {
            let again = self.course.again("another request took over");
            return answer(before.reply, Said::Again(again));
        }
        let enough = self.course.basis().rounds.params.remaining();
        if back.len() == self.joined.len() {
            self.choose_attempt().await;
        } else if back.len() == enough {
            // The others have a moment more; before that, an attempt would only lose them.
            self.deadline = Some(Instant::now() + self.room.timing.resume_window);
        }
    }

    /// After a restart: the highest attempt that somebody can have begun is the one to go on with.
    pub(super) async fn choose_attempt(&mut self) {
        let Phase::Resuming { back } = &mut self.phase else { return };
        if back.is_empty() {
            return self.abort(AbortReason::CoordinatorRestarted);
        }
        let attempt = self.course.attempt_of(back.values().map(|one| one.attempt));
        for (party, one) in back.iter().filter(|(_, one)| one.attempt > attempt) {
            let (run, claimed) = (&self.room.run, one.attempt);
            tracing::warn!(%run, %party, claimed, attempt, "an attempt that nobody opened");
        }
        if let Err(reason) = self.course.resume_at(attempt) {
            return self.abort(reason);
        }
        let back = std::mem::take(back);
        if !self.keep_attempt().await {
            return;
        }
        self.start();
        let round = self.course.round();
        for one in back.into_values() {
            if one.attempt == attempt && one.word.begins() {
                self.hear((round, attempt), one.word, one.reply).await;
            } else {
                let reason = "the coordinator was restarted".to_owned();
                answer(one.reply, Said::Again(Again { round, attempt, reason }));
            }
        }
    }

    /// How long a step is waited for: by as much longer as the run's trainer may take.
    fn step(&self) -> Duration {
        let seconds = self.course.basis().subject.trainer_seconds();
        self.room.timing.step + Duration::from_secs(seconds)
    }

    /// Closes the current step, and tells everybody who waits for that.
    pub(super) async fn close_step(&mut self) {
        self.deadline = Some(Instant::now() + self.step());
        self.times.close_step();
        match self.at_length(Course::close) {
            Close::Next(answers) => {
                for (by, reply) in self.asking.take() {
                    match answers.of(&by) {
                        Some(bytes) => answer(reply, Said::Encoded(bytes)),
                        None => self.hold_aside(by, reply),
                    }
                }
            }
            Close::Done(done) => self.close_round(*done).await,
            close => self.lost(close).await,
        }
    }

    /// The attempt is over without a sum.
    async fn lost(&mut self, close: Close) {
        match close {
            Close::Lost(again) => {
                if !self.keep_attempt().await {
                    return;
                }
                tracing::info!(run = %self.room.run, again.round, again.attempt, again.reason, "an attempt is lost");
                self.answer_all(&Said::Again(again));
            }
            Close::Over(reason) => self.abort(reason),
            Close::Next(_) | Close::Done(_) => {}
        }
    }

    /// Keeps which attempt is open before anybody hears of it: after a restart nobody is believed who
    /// has begun a later one. Whether it could be kept; else the run ends.
    async fn keep_attempt(&mut self) -> bool {
        let (round, attempt) = (self.course.round(), self.course.attempt());
        let bytes = [round.to_be_bytes(), attempt.to_be_bytes()].concat();
        let name = attempts_of(&self.room.run);
        let Err(refused) = self.room.sequencer.put_note(name, bytes).await else { return true };
        tracing::error!(run = %self.room.run, code = refused.problem.code, "no attempt kept");
        self.abort(AbortReason::RetriesSpent);
        false
    }

    async fn close_round(&mut self, Done { proven, mut sum }: Done) {
        if let Some(tamper) = &self.room.for_tests.tamper {
            tamper(&mut sum);
        }
        let at = (self.course.round(), self.course.attempt());
        let message = match self.room.keep(at, proven, &sum).await {
            Ok(message) => Arc::new(message),
            Err(refused) => {
                // Without it nobody could catch up: nobody may have it either.
                tracing::error!(run = %self.room.run, code = refused.problem.code, "not kept");
                return self.abort(AbortReason::ResultNotSigned);
            }
        };
        if let Err(reason) = self.at_length(|course, _| course.finish(&sum)) {
            return self.abort(reason);
        }
        self.times.close_round(Instant::now());
        // Before anybody can know of the next round.
        self.tell_the_door();
        self.answer_all(&Said::Encoded(message));
        if self.course.is_finished() {
            let nobody = AbortReason::ResultNotSigned;
            self.phase = Phase::Results { results: Results::default(), nobody };
            self.deadline = Some(Instant::now() + self.room.timing.result);
        } else if self.course.is_hopeless(&self.joined) {
            self.abort(AbortReason::TooFewParticipants);
        }
    }
}
