//! Results, and the signatures under the one that agrees.

use axum::http::StatusCode;
use concordat_partnership::act::AbortReason;
use concordat_wire::api::{PayloadSignature, RunResult};
use tokio::time::Instant;

use super::{Phase, Session, answer};
use crate::problem::Refused;
use crate::room::ending::Closing;
use crate::room::{Reply, Said};

impl Session {
    pub(super) async fn result(&mut self, result: RunResult, reply: Reply) {
        if !self.joined.contains(&result.party) {
            reply.send(Err(other("not-joined", "the party has not joined the run"))).ok();
            return;
        }
        let present = self.course.present(&self.joined);
        match &mut self.phase {
            Phase::Results { results, asking, .. } => {
                if !results.claim(result.clone()) {
                    reply
                        .send(Err(other("result-differs", "no result of the party is awaited")))
                        .ok();
                    return;
                }
                asking.push((result, reply));
                let complete = results.is_complete(&present);
                // After a restart the wait was for anybody: now it is for the others.
                if asking.len() == 1 {
                    self.deadline = Some(Instant::now() + self.room.timing.result);
                }
                if complete {
                    self.close_results();
                    self.go_on().await;
                }
            }
            Phase::Closing { closing, .. } => match closing.to_sign(&result) {
                Some(to_sign) => answer(reply, Said::ToSign(to_sign)),
                None => drop(reply.send(Err(other("result-differs", "another result is signed")))),
            },
            Phase::Aborting(_) => self.aside.push(reply),
            Phase::Gathering { .. } | Phase::Resuming { .. } | Phase::Rounds => {
                let again = self.course.again("the rounds are not over");
                answer(reply, Said::Again(again));
            }
        }
    }

    /// No more results are awaited: those who agree are given the payload to sign.
    pub(super) fn close_results(&mut self) {
        self.deadline = None;
        let Phase::Results { results, asking, nobody } = &mut self.phase else { return };
        let (results, asking) = (std::mem::take(results), std::mem::take(asking));
        let nobody = *nobody;
        let threshold = self.course.basis().params.threshold();
        let agreed = if results.is_empty() { Err(nobody) } else { results.agreed(threshold) };
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
            Err(reason) => {
                self.aside.extend(asking.into_iter().map(|(_, reply)| reply));
                return self.abort(reason);
            }
        };
        for (result, reply) in asking {
            match closing.to_sign(&result) {
                Some(to_sign) => answer(reply, Said::ToSign(to_sign)),
                None => drop(reply.send(Err(other("result-differs", "most hold another result")))),
            }
        }
        self.phase = Phase::Closing { results, closing: Box::new(closing), asking: Vec::new() };
        self.deadline = Some(Instant::now() + self.room.timing.result);
    }

    pub(super) async fn signature(&mut self, signed: &PayloadSignature, reply: Reply) {
        let Phase::Closing { closing, asking, .. } = &mut self.phase else {
            reply.send(Err(other("nothing-to-sign", "no payload waits for signatures"))).ok();
            return;
        };
        if let Err(what) = closing.sign(signed) {
            let hint = "post the result again, check the payload and sign it";
            reply.send(Err(Refused::bad("bad-signature", what, hint))).ok();
            return;
        }
        asking.push((signed.party.clone(), reply));
        let Some(envelope) = closing.envelope() else { return };
        let asking = std::mem::take(asking);
        let appended = self.room.sequencer.submit(vec![envelope]).await;
        match &appended {
            Ok(receipts) if receipts.iter().all(|receipt| receipt.admitted) => {}
            _ => self.abort(AbortReason::ResultNotSigned),
        }
        for (_, reply) in asking {
            reply.send(appended.clone().map(Said::Receipts)).ok();
        }
        self.go_on().await;
    }

    /// Somebody named in the payload is silent: the others start over without it, if they suffice.
    pub(super) fn close_signatures(&mut self) {
        let Phase::Closing { results, closing, asking } = &mut self.phase else { return };
        let (silent, signed) = (closing.silent(), closing.signed());
        let (results, asking) = (std::mem::take(results), std::mem::take(asking));
        if signed < self.course.basis().params.threshold() {
            self.aside.extend(asking.into_iter().map(|(_, reply)| reply));
            return self.abort(AbortReason::ResultNotSigned);
        }
        let results = results.without(silent);
        let nobody = AbortReason::ResultNotSigned;
        self.phase = Phase::Results { results, asking: Vec::new(), nobody };
        self.deadline = Some(Instant::now() + self.room.timing.result);
        for (_, reply) in asking {
            let again = self.course.again("a signer is silent: post the result again");
            answer(reply, Said::Again(again));
        }
    }
}

fn other(code: &str, what: &str) -> Refused {
    let hint = "compare the transcripts' digest with the other participants'";
    Refused::new(StatusCode::CONFLICT, code, what, hint)
}
