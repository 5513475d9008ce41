//! Results, and the signatures under the one that agrees.
//!
//! 409 says that the set of those who sign has changed or may still change: post the result again.
//! Whoever holds the agreed result and does not sign it waits for how the run ends.

use axum::http::StatusCode;
use concordat_partnership::act::AbortReason;
use concordat_secagg::three::Speaker;
use concordat_wire::api::{PayloadSignature, RunResult};
use tokio::time::Instant;

use super::{Phase, Session, answer};
use crate::problem::Refused;
use crate::room::door::not_joined;
use crate::room::ending::{Claim, Closing, NotSigned};
use crate::room::{Reply, Said};

impl Session {
    pub(super) fn result(&mut self, result: &RunResult, reply: Reply) {
        if let Err(refused) = self.check_result(result) {
            reply.send(Err(refused)).ok();
            return;
        }
        let by = Speaker::Contributor(result.party.clone());
        let present = self.course.present(&self.joined);
        match &mut self.phase {
            Phase::Results { results, .. } => match results.claim(result) {
                Claim::Counts { first } => {
                    let complete = results.is_complete(&present);
                    // After a restart the wait was for anybody: now it is for the others.
                    if first {
                        self.deadline = Some(Instant::now() + self.room.timing.result);
                    }
                    self.hold(by, reply);
                    if complete {
                        self.close_results();
                    }
                }
                Claim::Excluded => self.hold_aside(by, reply),
                Claim::Differs => drop(reply.send(Err(changed_its_mind()))),
            },
            Phase::Closing { results, closing } => {
                match (results.claim(result), closing.to_sign(result)) {
                    (Claim::Differs, _) => drop(reply.send(Err(changed_its_mind()))),
                    (_, Some(to_sign)) => answer(reply, Said::ToSign(to_sign)),
                    (_, None) if closing.agrees(result) => self.hold_aside(by, reply),
                    (_, None) => drop(reply.send(Err(outvoted()))),
                }
            }
            Phase::Aborting(_) => self.hold_aside(by, reply),
            Phase::Gathering { .. } | Phase::Resuming { .. } | Phase::Rounds => {
                let again = self.course.again("the rounds are not over");
                answer(reply, Said::Again(again));
            }
        }
    }

    /// A result counts only in the name of whoever signed it, and only if that party joined.
    fn check_result(&self, result: &RunResult) -> Result<(), Refused> {
        if !self.joined.contains(&result.party) {
            let by = Speaker::Contributor(result.party.clone());
            return Err(not_joined(&by, &self.room.run));
        }
        self.course.basis().check_result(result).map_err(|what| {
            let hint =
                "sign `concordat-result/v1`, log, run and content with the party's ledger key";
            Refused::new(StatusCode::FORBIDDEN, "result-not-signed", what, hint)
        })
    }

    /// No more results are awaited: those who agree are given the payload to sign.
    pub(super) fn close_results(&mut self) {
        self.deadline = None;
        let Phase::Results { results, nobody } = &mut self.phase else { return };
        let (mut results, nobody) = (std::mem::take(results), *nobody);
        let threshold = self.course.basis().rounds.params.threshold();
        let agreed = if results.is_empty() { Err(nobody) } else { results.agreed(threshold) };
        if agreed.is_err() && nobody != AbortReason::CoordinatorRestarted {
            self.against = results.against(&self.course.present(&self.joined));
        }
        let closing = agreed.and_then(|(result, signers)| {
            let replica = self.room.view.replica();
            let closing = Closing::new(&replica, self.course.basis(), result, &signers);
            closing.map_err(|fault| {
                tracing::error!(run = %self.room.run, code = fault.code, "no payload to sign");
                AbortReason::ResultNotSigned
            })
        });
        let closing = match closing {
            Ok(closing) => closing,
            // Those who wait are told once the abort is in the log.
            Err(reason) => return self.abort(reason),
        };
        for (by, reply) in self.asking.take() {
            // No aggregator waits for the payload.
            let Speaker::Contributor(party) = by else { continue };
            match results.of(&party).and_then(|result| closing.to_sign(result)) {
                Some(to_sign) => answer(reply, Said::ToSign(to_sign)),
                None => drop(reply.send(Err(outvoted()))),
            }
        }
        results.adjourn();
        self.phase = Phase::Closing { results, closing: Box::new(closing) };
        self.deadline = Some(Instant::now() + self.room.timing.result);
    }

    pub(super) async fn signature(&mut self, signed: &PayloadSignature, reply: Reply) {
        let Phase::Closing { closing, .. } = &mut self.phase else {
            let what = "no payload waits for signatures";
            let hint = "post the result again: the answer is what is to be signed now";
            let refused = Refused::new(StatusCode::CONFLICT, "nothing-to-sign", what, hint);
            reply.send(Err(refused)).ok();
            return;
        };
        match closing.sign(signed) {
            Ok(()) => {}
            Err(NotSigned::OtherSet(what)) => {
                let again = self.course.again(format!("{what}: post the result again"));
                return answer(reply, Said::Again(again));
            }
            Err(NotSigned::Bad(what)) => {
                let hint = "post the result again, check the payload and sign it";
                reply.send(Err(Refused::bad("bad-signature", what, hint))).ok();
                return;
            }
        }
        let envelope = closing.envelope();
        self.hold(Speaker::Contributor(signed.party.clone()), reply);
        let Some(envelope) = envelope else { return };
        let asking = self.asking.take();
        let opened = self.room.view.replica().open(envelope);
        let appended = self.room.sequencer.submit(vec![opened]).await;
        match &appended {
            Ok(told) if told.iter().all(|told| told.receipt.admitted) => {}
            _ => self.abort(AbortReason::ResultNotSigned),
        }
        for reply in asking.into_values() {
            reply.send(appended.clone().map(Said::Receipts)).ok();
        }
    }

    /// Somebody named in the payload is silent: the others start over without it, if they suffice.
    pub(super) fn close_signatures(&mut self) {
        let Phase::Closing { results, closing } = &mut self.phase else { return };
        let (silent, signed) = (closing.silent(), closing.signed());
        let mut results = std::mem::take(results);
        results.exclude(silent);
        if signed < self.course.basis().rounds.params.threshold() {
            self.against = results.against(&self.course.present(&self.joined));
            return self.abort(AbortReason::ResultNotSigned);
        }
        self.phase = Phase::Results { results, nobody: AbortReason::ResultNotSigned };
        self.deadline = Some(Instant::now() + self.room.timing.result);
        let again = self.course.again("a signer is silent: post the result again");
        self.answer_all(&Said::Again(again));
    }
}

fn changed_its_mind() -> Refused {
    conflict("the party posted another result of this run before")
}

fn outvoted() -> Refused {
    conflict("most participants hold another result")
}

fn conflict(what: &str) -> Refused {
    let hint = "compare the transcripts' digest with the other participants'";
    Refused::new(StatusCode::CONFLICT, "result-differs", what, hint)
}
