//! Nothing leaves this node on the word of a log that only this node was shown: what it goes by
//! must have been seen by a quorum of witnesses, and lately.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use concordat_agreement::{Cited, Witnesses};
use concordat_terms::{Digest, Period, Problem, Timestamp};
use concordat_tlog::trust::Trusted;

use super::Node;
use crate::client::{Client, Fault};
use crate::follow::{Follower, advance};
use crate::now;
use crate::plan::{Ready, still_allowed};
use crate::problems::problem;

/// How long a node waits for the witnesses, once it has joined.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

impl Node {
    /// Whether a quorum of witnesses has lately seen the entry at `index`.
    ///
    /// # Errors
    /// [`Fault`]: the coordinator does not answer, or shows another history.
    pub(super) fn is_covered(&self, index: u64) -> Result<bool, Fault> {
        covered(&self.client, &self.follower, index)
    }

    /// Waits until a quorum has lately seen this node's own join, and the log it has then shown
    /// still lets this node go on: asked before the first message of every attempt.
    ///
    /// # Errors
    /// [`Fault::Own`] where nothing may be sent any more; what the coordinator answers instead of a
    /// checkpoint; [`Fault::Stopped`].
    pub(super) fn await_cover(&self, ready: &Ready, joined: u64) -> Result<(), Fault> {
        let started = Instant::now();
        loop {
            if self.is_stopping() {
                return Err(Fault::Stopped);
            }
            let covered = match self.is_covered(joined) {
                Ok(covered) => covered,
                Err(Fault::Offline(_)) => false,
                Err(fault) => return Err(fault),
            };
            self.check_still(ready)?;
            if covered {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                return Err(Fault::Own(problem(
                    "not-covered",
                    format!(
                        "no quorum of witnesses has lately seen this node's join of `{}`",
                        ready.task.basis.run
                    ),
                    "ask why witnesses do not cosign; this node takes no further part in the run",
                )));
            }
            self.pause(Duration::from_millis(50));
        }
    }

    /// Whether this node may still go on by its own replica.
    ///
    /// # Errors
    /// [`Fault::Own`]: the coordinator's verdicts are others than this node's, the run is over,
    /// something it rests on was taken back, another agreement is in force than the one that
    /// the node joined under, or a module is suspended.
    pub(super) fn check_still(&self, ready: &Ready) -> Result<(), Fault> {
        let follower = self.follower();
        follower.check_verdicts()?;
        let state = follower.state();
        let basis = &ready.task.basis;
        still_allowed(state, &ready.party, &basis.run)?;
        if let Some(stopped) = state.stopped(&basis.run, &ready.party, &basis.seat) {
            return Err(Fault::Own(stopped.problem()));
        }
        let run = state.runs().get(&basis.run);
        let now = run.map(|run| state.agreement_digest_of(&run.proposed.plan.project));
        if now == Some(basis.agreement) {
            return Ok(());
        }
        Err(Fault::Own(problem(
            "agreement-changed",
            format!("the agreement has changed since this node joined `{}`", ready.task.basis.run),
            "propose a new run under the agreement in force",
        )))
    }

    /// The index of this node's own join, once its replica has the entry.
    pub(super) fn joined_at(&self, id: &Digest) -> Option<u64> {
        self.follower().joined_at(id)
    }
}

/// Whether a quorum of witnesses has lately seen the entry at `index`, in the log that is followed.
///
/// # Errors
/// [`Fault`]: the coordinator does not answer, or shows another history.
pub(crate) fn covered(
    client: &Client,
    followed: &Mutex<Follower>,
    index: u64,
) -> Result<bool, Fault> {
    let lock = || followed.lock().unwrap_or_else(PoisonError::into_inner);
    // Asked without holding the follower: who keeps the answer back keeps nobody else waiting.
    let Some(note) = client.quorum_checkpoint()? else { return Ok(false) };
    let mut follower = lock();
    let mut trusted = follower.trusted(&note)?;
    if trusted.checkpoint.size > follower.replica().size() {
        drop(follower);
        advance(followed, &note, now(), &mut |_| {})?;
        follower = lock();
        // Who must cosign may have changed on the way there.
        trusted = follower.trusted(&note)?;
    }
    // What is not all here yet will be looked at again.
    let here = follower.confirm(&note, &trusted)?;
    Ok(here && trusted.checkpoint.size > index && is_fresh(&follower, &trusted, now())?)
}

/// Whether a quorum signed within the agreed staleness; a time that is yet to come is nobody's.
fn is_fresh(follower: &Follower, trusted: &Trusted, at: Timestamp) -> Result<bool, Problem> {
    let (staleness, skew) = (staleness(follower), follower.skew());
    let recent = |when: Timestamp| when.plus(staleness) >= at && when <= at.plus(skew);
    let by = trusted.cosigned_by.iter().filter(|(_, when)| recent(**when));
    // By the policy again, which knows who counts: a party may have signed in two schemes.
    Ok(follower.witnesses()?.satisfied(&by.map(|(name, _)| name.clone()).collect()))
}

/// How old a quorum's checkpoint may be when a round starts.
fn staleness(follower: &Follower) -> Period {
    let found = follower.state().agreement().witnesses();
    found.map_or(Witnesses::MAX_STALENESS_UNSAID, |Cited { terms, .. }| terms.max_staleness)
}
