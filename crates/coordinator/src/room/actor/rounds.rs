//! Steps, attempts and rounds, with those who wait for them.

use std::collections::BTreeSet;

use concordat_partnership::act::AbortReason;
use concordat_secagg::{FromClient, Transcript};
use concordat_terms::PartyId;
use concordat_wire::api::Again;
use concordat_wire::round::{ToClient, decode_to_client, encode_to_client};
use tokio::time::Instant;

use super::{Phase, Room, Session, answer, notes_of};
use crate::problem::Refused;
use crate::room::basis::Basis;
use crate::room::course::{Close, Course, Heard};
use crate::room::ending::Results;
use crate::room::{Reply, Said};

impl Room {
    /// The course of the run as far as transcripts are kept; none if it cannot go on, which is
    /// then logged.
    pub(super) async fn restore(&self, basis: Basis) -> Option<Course> {
        let mut course = Course::begin(basis);
        let mut kept = match self.sequencer.notes(notes_of(&self.run)).await {
            Ok(kept) => kept,
            Err(refused) => {
                tracing::error!(run = %self.run, code = refused.problem.code, "no transcripts");
                return None;
            }
        };
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
        let name = format!("{}{round:010}", notes_of(&self.run));
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
        if matches!(self.phase, Phase::Aborting(_)) {
            return self.aside.push(reply);
        }
        if let Phase::Resuming { waiting } = &mut self.phase
            && at.0 == self.course.round()
            && self.joined.contains(message.from())
            && self.course.is_authentic(at.0, at.1, &message)
        {
            if waiting.is_empty() {
                self.deadline = Some(Instant::now() + self.room.timing.resume_window);
            }
            waiting.entry(at.1).or_default().push((message, reply));
            let back: BTreeSet<&PartyId> =
                waiting.values().flatten().map(|(m, _)| m.from()).collect();
            if back.len() == self.joined.len() {
                self.choose_attempt();
            }
            return;
        }
        self.hear(at, message, reply);
    }

    fn hear(&mut self, at: (u32, u32), message: FromClient, reply: Reply) {
        let from = message.from().clone();
        match self.course.hear(&self.joined, at, message) {
            Heard::Counted => {
                let before = self.asking.insert(from, reply);
                // An older request of the same client, whose connection is most likely gone.
                if let Some(before) = before {
                    answer(before, Said::Again(self.course.again("another request took over")));
                }
            }
            Heard::Aside => self.aside.push(reply),
            Heard::Finished(transcript) => answer(reply, Said::Encoded(transcript)),
            Heard::Again(again) => answer(reply, Said::Again(again)),
            Heard::Rejected(what) => {
                let hint = "start the next attempt with fresh keys";
                reply.send(Err(Refused::bad("message-rejected", what, hint))).ok();
            }
            Heard::NotJoined => {
                let refused = Refused::new(
                    axum::http::StatusCode::FORBIDDEN,
                    "not-joined",
                    format!("`{from}` has not joined run `{}`", self.room.run),
                    "join the run first (`run.join`)",
                );
                reply.send(Err(refused)).ok();
            }
        }
    }

    /// After a restart: the highest attempt that somebody has begun is the one to go on with.
    pub(super) fn choose_attempt(&mut self) {
        let Phase::Resuming { waiting } = &mut self.phase else { return };
        let waiting = std::mem::take(waiting);
        let left = self.course.retries_left();
        let possible = waiting.keys().copied().filter(|attempt| *attempt <= left).max();
        let chosen = match (possible, waiting.is_empty()) {
            (Some(attempt), _) => self.course.resume_at(attempt).map(|()| attempt),
            (None, true) => Err(AbortReason::CoordinatorRestarted),
            (None, false) => Err(AbortReason::RetriesSpent),
        };
        let attempt = match chosen {
            Ok(attempt) => attempt,
            Err(reason) => {
                self.aside.extend(waiting.into_values().flatten().map(|(_, reply)| reply));
                return self.abort(reason);
            }
        };
        self.start();
        let round = self.course.round();
        for (message, reply) in waiting
            .into_iter()
            .flat_map(|(at, all)| all.into_iter().map(move |one| (at, one)))
            .filter_map(|(at, (message, reply))| {
                if at == attempt {
                    return Some((message, reply));
                }
                let reason = "the coordinator was restarted".to_owned();
                answer(reply, Said::Again(Again { round, attempt, reason }));
                None
            })
        {
            self.hear((round, attempt), message, reply);
        }
    }

    /// Closes the current step, and tells everybody who waits for that.
    pub(super) async fn close_step(&mut self) {
        self.deadline = Some(Instant::now() + self.room.timing.step);
        match self.course.close(&self.joined) {
            Close::Next(answers) => {
                for (party, reply) in std::mem::take(&mut self.asking) {
                    match answers.get(&party) {
                        Some(bytes) => answer(reply, Said::Encoded(bytes.clone())),
                        None => self.aside.push(reply),
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
        if let Some(tamper) = &self.room.tamper {
            tamper(&mut transcript);
        }
        let (round, attempt) = (self.course.round(), self.course.attempt());
        if let Err(refused) = self.room.keep(round, attempt, &transcript).await {
            // Without it nobody could catch up: nobody may have it either.
            tracing::error!(run = %self.room.run, code = refused.problem.code, "not kept");
            return self.abort(AbortReason::ResultNotSigned);
        }
        match self.course.finish(&transcript) {
            Ok(encoded) => self.answer_all(&Said::Encoded(encoded)),
            Err(reason) => return self.abort(reason),
        }
        if self.course.is_finished() {
            let nobody = AbortReason::ResultNotSigned;
            let results = Results::default();
            self.phase = Phase::Results { results, asking: Vec::new(), nobody };
            self.deadline = Some(Instant::now() + self.room.timing.result);
        } else if self.course.is_hopeless(&self.joined) {
            self.abort(AbortReason::TooFewParticipants);
        }
    }

    /// Everybody who waits for the step or for the attempt.
    fn answer_all(&mut self, said: &Said) {
        let asking = std::mem::take(&mut self.asking).into_values();
        for reply in asking.chain(std::mem::take(&mut self.aside)) {
            answer(reply, said.clone());
        }
    }
}
