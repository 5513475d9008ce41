//! Steps, attempts and rounds, with those who wait for them.

use concordat_partnership::act::AbortReason;
use concordat_secagg::{FromClient, Transcript};
use concordat_terms::PartyId;
use concordat_wire::api::Again;
use concordat_wire::round::{ToClient, decode_to_client, encode_to_client};
use tokio::time::Instant;

use super::{Back, Phase, Room, Session, answer};
use crate::problem::Refused;
use crate::room::basis::Basis;
use crate::room::course::{Close, Course, Heard};
use crate::room::door::{not_joined, rejected};
use crate::room::ending::Results;
use crate::room::{Reply, Said};
use crate::sequencer::transcripts_of;

impl Room {
    /// The course of the run as far as transcripts are kept; none if it cannot go on, which is
    /// then logged.
    pub(super) async fn restore(&self, basis: Basis) -> Option<Course> {
        let mut course = Course::begin(basis);
        let mut kept = match self.sequencer.notes(transcripts_of(&self.run)).await {
            Ok(kept) => kept,
            Err(refused) => {
                tracing::error!(run = %self.run, code = refused.problem.code, "no transcripts");
                return None;
            }
        };
        // Names sort like rounds.
        kept.sort();
        for (name, bytes) in kept {
            let Some((attempt, transcript)) = decode(&bytes) else {
                tracing::error!(run = %self.run, name, "a kept transcript cannot be read");
                return Some(course);
            };
            if course.restore(attempt, &transcript).is_err() {
                return Some(course);
            }
        }
        Some(course)
    }

    /// Keeps the transcript of a round before anybody is told of it.
    async fn keep(&self, round: u32, attempt: u32, transcript: &Transcript) -> Result<(), Refused> {
        // Ten digits, so that names sort like rounds.
        let name = format!("{}{round:010}", transcripts_of(&self.run));
        let mut bytes = attempt.to_be_bytes().to_vec();
        bytes.extend(encode_to_client(&ToClient::Transcript(transcript.clone())));
        self.sequencer.put_note(name, bytes).await
    }
}

/// A kept transcript: the attempt that gave it, then the message that published it.
fn decode(bytes: &[u8]) -> Option<(u32, Transcript)> {
    let (attempt, message) = bytes.split_first_chunk::<4>()?;
    match decode_to_client(message).ok()? {
        ToClient::Transcript(transcript) => Some((u32::from_be_bytes(*attempt), transcript)),
        _ => None,
    }
}

impl Session {
    pub(super) fn message(&mut self, at: (u32, u32), message: FromClient, reply: Reply) {
        let knows = matches!(self.phase, Phase::Aborting(_))
            || matches!(self.phase, Phase::Resuming { .. }) && at.0 == self.course.round();
        if !knows {
            return self.hear(at, message, reply);
        }
        // What is held without being counted is held for participants alone.
        match self.course.check(&self.joined, at, &message) {
            Err(heard) => self.told(message.from().clone(), heard, reply),
            Ok(()) => match &self.phase {
                Phase::Resuming { .. } => self.come_back(at.1, message, reply),
                _ => self.hold_aside(message.from().clone(), reply),
            },
        }
    }

    fn hear(&mut self, at: (u32, u32), message: FromClient, reply: Reply) {
        let from = message.from().clone();
        let heard = self.course.hear(&self.joined, at, message);
        self.told(from, heard, reply);
    }

    fn told(&mut self, from: PartyId, heard: Heard, reply: Reply) {
        match heard {
            Heard::Counted => self.hold(from, reply),
            Heard::Aside => self.hold_aside(from, reply),
            Heard::Finished(transcript) => answer(reply, Said::Encoded(transcript)),
            Heard::Again(again) => answer(reply, Said::Again(again)),
            Heard::Rejected(what) => drop(reply.send(Err(rejected(what)))),
            Heard::NotJoined => drop(reply.send(Err(not_joined(&from, &self.room.run)))),
        }
    }

    /// After a restart: somebody is back, with the attempt that it wants to make.
    fn come_back(&mut self, attempt: u32, message: FromClient, reply: Reply) {
        let Phase::Resuming { back } = &mut self.phase else { return };
        let from = message.from().clone();
        if let Some(before) = back.insert(from, Back { attempt, message, reply }) {
            let again = self.course.again("another request took over");
            return answer(before.reply, Said::Again(again));
        }
        let enough = self.course.basis().rounds.params.remaining();
        if back.len() == self.joined.len() {
            self.choose_attempt();
        } else if back.len() == enough {
            // The others have a moment more; before that, an attempt would only lose them.
            self.deadline = Some(Instant::now() + self.room.timing.resume_window);
        }
    }

    /// After a restart: the highest attempt that somebody has begun is the one to go on with.
    pub(super) fn choose_attempt(&mut self) {
        let Phase::Resuming { back } = &mut self.phase else { return };
        let left = self.course.retries_left();
        let possible = back.values().map(|one| one.attempt).filter(|at| *at <= left).max();
        let chosen = match (possible, back.is_empty()) {
            (Some(attempt), _) => self.course.resume_at(attempt).map(|()| attempt),
            (None, true) => Err(AbortReason::CoordinatorRestarted),
            (None, false) => Err(AbortReason::RetriesSpent),
        };
        let attempt = match chosen {
            Ok(attempt) => attempt,
            Err(reason) => return self.abort(reason),
        };
        let back = std::mem::take(back);
        self.start();
        let round = self.course.round();
        for one in back.into_values() {
            if one.attempt == attempt {
                self.hear((round, attempt), one.message, one.reply);
            } else {
                let reason = "the coordinator was restarted".to_owned();
                answer(one.reply, Said::Again(Again { round, attempt, reason }));
            }
        }
    }

    /// Closes the current step, and tells everybody who waits for that.
    pub(super) async fn close_step(&mut self) {
        self.deadline = Some(Instant::now() + self.room.timing.step);
        match self.course.close(&self.joined) {
            Close::Next(answers) => {
                for (party, reply) in self.asking.take() {
                    match answers.get(&party) {
                        Some(bytes) => answer(reply, Said::Encoded(bytes.clone())),
                        None => self.hold_aside(party, reply),
                    }
                }
            }
            Close::Lost(again) => {
                tracing::info!(run = %self.room.run, again.round, again.attempt, again.reason, "an attempt is lost");
                self.answer_all(&Said::Again(again));
            }
            Close::Over(reason) => self.abort(reason),
            Close::Done(transcript) => self.close_round(*transcript).await,
        }
    }

    async fn close_round(&mut self, mut transcript: Transcript) {
        if let Some(tamper) = &self.room.for_tests.tamper {
            tamper(&mut transcript);
        }
        let (round, attempt) = (self.course.round(), self.course.attempt());
        if let Err(refused) = self.room.keep(round, attempt, &transcript).await {
            // Without it nobody could catch up: nobody may have it either.
            tracing::error!(run = %self.room.run, code = refused.problem.code, "not kept");
            return self.abort(AbortReason::ResultNotSigned);
        }
        match self.course.finish(&transcript) {
            Ok(encoded) => {
                // Before anybody can know of the next round.
                self.tell_the_door();
                self.answer_all(&Said::Encoded(encoded));
            }
            Err(reason) => return self.abort(reason),
        }
        if self.course.is_finished() {
            let nobody = AbortReason::ResultNotSigned;
            self.phase = Phase::Results { results: Results::default(), nobody };
            self.deadline = Some(Instant::now() + self.room.timing.result);
        } else if self.course.is_hopeless(&self.joined) {
            self.abort(AbortReason::TooFewParticipants);
        }
    }
}
