//! Joining a run: once for ever, whatever process tries.

use std::time::Duration;

use concordat_partnership::Act;
use concordat_partnership::act::RunJoin;
use concordat_terms::{Cost, Digest, Problem, RunId};

use super::Node;
use crate::client::Fault;
use crate::plan::Member;
use crate::problems::problem;

/// A join that was signed, and that the coordinator may have logged.
#[derive(Clone)]
pub(super) struct Pending {
    id: Digest,
    envelope: Vec<u8>,
}

impl Node {
    /// Whether this party has joined the run, or has been about to, before this process.
    pub(super) fn has_joined(&self, run: &RunId) -> Result<bool, Problem> {
        let follower = self.log.follower();
        let noted = follower.store().note(&note_of(run)).map_err(|fault| fault.problem())?;
        let found = follower.state().runs().get(run);
        let logged = found.is_some_and(|run| run.joined.contains(follower.party()));
        Ok(noted.is_some() || logged)
    }

    /// Signs the join. That it may have been sent is on disk before it can be.
    pub(super) fn sign_join(&self, member: Member<'_>, cost: &Cost) -> Result<Pending, Problem> {
        let (run, seat) = (&member.basis.run, &member.basis.seat);
        let act = Act::RunJoin(RunJoin { run: run.clone(), cost: cost.clone() });
        let mut follower = self.log.follower();
        let refusals = follower.why(seat, &act).map_err(|fault| fault.problem())?;
        if let Some(first) = refusals.first() {
            return Err(first.problem());
        }
        let (id, envelope) = follower.sign_named(seat, &act, None)?;
        let noted = follower.store_mut().put_note(&note_of(run), id.to_string().as_bytes());
        noted.map_err(|fault| fault.problem())?;
        Ok(Pending { id, envelope })
    }

    /// Has the join logged, and waits until the party's own replica has folded it: its index.
    ///
    /// # Errors
    /// [`Fault::Offline`] if nobody answers: the same envelope may be sent again. Anything else is
    /// the end of this run for this node.
    pub(super) fn join(&self, run: &RunId, pending: &Pending) -> Result<u64, Fault> {
        // The identical envelope may be sent again: it is judged once.
        let mut tries = 0;
        loop {
            let envelopes = std::slice::from_ref(&pending.envelope);
            let answered = self.log.client.submit_join(&pending.envelope);
            // A refusal has its place in the log, too.
            if let Ok(receipts) | Err(Fault::Refused(receipts)) = &answered {
                self.log.follower().keep_promises(envelopes, receipts)?;
            }
            match answered {
                Ok(_) => break,
                Err(Fault::Offline(_)) if tries < 10 => {
                    tries += 1;
                    self.log.pause(Duration::from_millis(300));
                    if self.log.is_stopping() {
                        return Err(Fault::Stopped);
                    }
                }
                Err(fault) => return Err(fault),
            }
        }
        for _ in 0..600 {
            if let Some(index) = self.joined_at(&pending.id) {
                return Ok(index);
            }
            if self.log.is_stopping() {
                return Err(Fault::Stopped);
            }
            self.log.pause(Duration::from_millis(50));
        }
        Err(Fault::Own(problem(
            "join-not-seen",
            format!("joining `{run}` was accepted, but this node's log does not show it"),
            "ask the coordinator's operator; this node takes no part in the run",
        )))
    }
}

fn note_of(run: &RunId) -> String {
    format!("joined/{run}")
}
