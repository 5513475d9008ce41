//! A run's end: the model, the result, and the payload that this party signs only if it says what
//! this node computed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_partnership::act::{RunClose, Signed};
use concordat_partnership::{Act, LIFETIME_MOST, State};
use concordat_terms::{Digest, Problem};
use concordat_tlog::dsse::pae;
use concordat_wire::act::decode;
use concordat_wire::api::{PayloadSignature, RunResult};

use super::Node;
use crate::client::Fault;
use crate::now;
use crate::plan::Ready;
use crate::problems::problem;
use crate::rounds::Outcome;

impl Node {
    /// Keeps and publishes the model, and signs the run's result.
    pub(super) fn close(&self, ready: &Ready, outcome: &Outcome) -> Result<Digest, Problem> {
        let run = &ready.task.run;
        let bytes = outcome.model.to_bytes();
        let model = Digest::of(&bytes);
        let key = {
            let mut follower = self.follower();
            follower.store_mut().put_blob(&bytes).map_err(|fault| fault.problem())?;
            follower.keys().ledger.clone()
        };
        let mut result = RunResult {
            party: ready.party.clone(),
            model,
            rounds: outcome.rounds,
            attempts: outcome.attempts,
            transcript: outcome.transcript,
            roster: outcome.roster.iter().cloned().collect(),
            signature: String::new(),
        };
        result.signature = STANDARD.encode(key.sign(&result.message(run)));
        let mut tries = 0;
        loop {
            let closed = self.client.put_blob(&bytes, &key).and_then(|_| {
                let payload = self.client.result(run, &result)?;
                self.check_close(ready, &result, &payload).map_err(Fault::Http)?;
                let signature = PayloadSignature {
                    party: ready.party.clone(),
                    payload: Digest::of(&payload),
                    signature: STANDARD.encode(key.sign(&pae(&payload))),
                };
                self.client.signature(run, &signature)
            });
            match closed {
                Ok(receipts) => {
                    let refused = receipts.receipts.into_iter().find_map(|r| r.problem);
                    return refused.map_or(Ok(model), Err);
                }
                // Somebody else did not sign, or the coordinator was away.
                Err(Fault::Again(_) | Fault::Conflict(_) | Fault::Offline(_))
                    if tries < TRIES_MOST =>
                {
                    tries += 1;
                    self.pause(std::time::Duration::from_millis(500));
                }
                Err(fault) => {
                    // The run may have been closed while the answer was lost.
                    return if self.is_closed(ready, model) {
                        Ok(model)
                    } else {
                        Err(fault.problem())
                    };
                }
            }
        }
    }

    fn is_closed(&self, ready: &Ready, model: Digest) -> bool {
        self.follower().state().models().get(&model).is_some_and(|m| m.run == ready.task.run)
    }

    /// Whether a payload is the `run.close` of exactly this result, signed for the right seat by
    /// participants of whom this party is one.
    fn check_close(
        &self,
        ready: &Ready,
        result: &RunResult,
        payload: &[u8],
    ) -> Result<(), Problem> {
        let follower = self.follower();
        follower.check_verdicts()?;
        let own = follower.keys().ledger_id()?;
        let signed = decode(payload).map_err(|e| other(&e.to_string()))?;
        check_signed(follower.state(), ready, result, &signed)?;
        let header = signed.header.ok_or_else(|| other("it has no header"))?;
        if !header.signers.iter().any(|signer| signer.key == own) {
            return Err(other("this party is not among its signers"));
        }
        // A log this node has not reached yet is the fold's to judge.
        let seen = follower.replica().root_at(header.seen.size);
        if seen.is_some_and(|root| root != header.seen.root) {
            return Err(other("it was made in sight of another log"));
        }
        Ok(())
    }
}

/// How often a result is posted again.
const TRIES_MOST: u32 = 10;

fn check_signed(
    state: &State,
    ready: &Ready,
    result: &RunResult,
    signed: &Signed,
) -> Result<(), Problem> {
    let expected = RunClose {
        run: ready.task.run.clone(),
        model: result.model,
        rounds: result.rounds,
        attempts: result.attempts,
        transcript: result.transcript,
        roster: result.roster.iter().cloned().collect(),
    };
    if signed.act != Act::RunClose(expected) {
        return Err(other("it states another result than this node's"));
    }
    let header = signed.header.as_ref().ok_or_else(|| other("it has no header"))?;
    if Some(header.log) != state.log() {
        return Err(other("it is for another log"));
    }
    if header.expires_at > now().plus(LIFETIME_MOST) {
        return Err(other("it stays valid for too long"));
    }
    for signer in &header.signers {
        let party = state.holder(&signer.key).and_then(|holder| holder.party.as_ref());
        let takes_part = party.is_some_and(|p| ready.task.plan.datasets.contains_key(p));
        if signer.seat != ready.task.seat || !takes_part {
            return Err(other("it names a signer who is no participant"));
        }
    }
    if header.signers.len() < ready.task.params.threshold() {
        return Err(other("it names fewer signers than the agreement asks for"));
    }
    Ok(())
}

fn other(why: &str) -> Problem {
    problem(
        "other-result",
        format!("the coordinator's `run.close` is not signed: {why}"),
        "compare results with the other participants",
    )
}
