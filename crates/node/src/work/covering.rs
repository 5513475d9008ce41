//! Whether a node may still go on with a run: covered by witnesses, and by its own replica.

use concordat_terms::Digest;

use super::Node;
use crate::client::Fault;
use crate::plan::{Member, check_keys, still_allowed};
use crate::problems::problem;

impl Node {
    /// Waits until a quorum has lately seen this node's own join, and the log it has then shown
    /// still lets this node go on: asked before the first message of every attempt.
    ///
    /// # Errors
    /// [`Fault::Own`] where nothing may be sent any more; what the coordinator answers instead of a
    /// checkpoint; [`Fault::Stopped`].
    pub(super) fn await_cover(&self, member: Member<'_>, joined: u64) -> Result<(), Fault> {
        if self.log.await_cover(joined, || self.check_still(member))? {
            return Ok(());
        }
        let run = &member.basis.run;
        Err(Fault::Own(problem(
            "not-covered",
            format!("no quorum of witnesses has lately seen this node's join of `{run}`"),
            "ask why witnesses do not cosign; this node takes no further part in the run",
        )))
    }

    /// Whether this node may still go on by its own replica.
    ///
    /// # Errors
    /// [`Fault::Own`]: the coordinator's verdicts are others than this node's, the run is over,
    /// something it rests on was taken back, a key that signs in it has ended, another agreement is in force than the one that
    /// the node joined under, or a module is suspended.
    pub(super) fn check_still(&self, member: Member<'_>) -> Result<(), Fault> {
        let follower = self.log.follower();
        follower.check_verdicts()?;
        let state = follower.state();
        let basis = member.basis;
        still_allowed(state, member.party, &basis.run)?;
        if let Some(stopped) = state.stopped(&basis.run, member.party, &basis.seat) {
            return Err(Fault::Own(stopped.problem()));
        }
        check_keys(state, basis)?;
        let run = state.runs().get(&basis.run);
        let now = run.map(|run| state.agreement_digest_of(&run.proposed.plan.project));
        if now == Some(basis.agreement) {
            return Ok(());
        }
        Err(Fault::Own(problem(
            "agreement-changed",
            format!("the agreement has changed since this node joined `{}`", basis.run),
            "propose a new run under the agreement in force",
        )))
    }

    /// The index of this node's own join, once its replica has the entry.
    pub(super) fn joined_at(&self, id: &Digest) -> Option<u64> {
        self.log.follower().joined_at(id)
    }
}
