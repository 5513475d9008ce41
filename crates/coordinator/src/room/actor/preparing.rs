//! What a room waits for before any round can be held.

use std::collections::BTreeSet;
use std::sync::Arc;

use concordat_partnership::act::AbortReason;
use concordat_terms::RunId;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::{RETRY, Room};
use crate::problem::Refused;
use crate::room::Knock;
use crate::room::basis::Basis;
use crate::room::course::Course;
use crate::view::Snapshot;

impl Room {
    /// Waits for the recipe, and takes up the rounds that are finished already. None if the run
    /// ends before that: a run whose rounds cannot be held is aborted. Nobody is kept waiting, for
    /// nobody can be known yet.
    pub(super) async fn prepare(
        &self,
        knocks: &mut mpsc::Receiver<Knock>,
        snapshots: &mut watch::Receiver<Arc<Snapshot>>,
    ) -> Option<Course> {
        let patience = Instant::now() + self.timing.join_wait;
        loop {
            let replica = snapshots.borrow_and_update().replica.clone();
            let plan = &replica.state().runs().get(&self.run)?.proposed.plan;
            if !self.is_open(&replica) {
                return None;
            }
            let why = match self.view.blob(plan.recipe).await {
                Ok(Some(recipe)) => match Basis::derive(replica.state(), &self.run, &recipe) {
                    Ok(basis) => return self.restore(basis).await,
                    Err(why) => why,
                },
                Ok(None) => "its recipe is not here".to_owned(),
                Err(refused) => refused.problem.what,
            };
            // A recipe may still come; one that does not fit stays so, but can wait as well.
            if self.dead_end().is_some() || Instant::now() >= patience {
                tracing::warn!(run = %self.run, why, "no round can be held");
                self.log_abort(AbortReason::PlanUnusable, BTreeSet::new()).await;
            }
            tokio::select! {
                knock = knocks.recv() => drop(knock?.reply.send(Err(unfit(&self.run)))),
                changed = snapshots.changed() => changed.ok()?,
                () = tokio::time::sleep(RETRY) => {}
            }
        }
    }
}

fn unfit(run: &RunId) -> Refused {
    let what = format!("no round of `{run}` can be held: its recipe is not here or does not fit");
    Refused::bad("plan-unusable", what, "propose another plan, and put its recipe here first")
}
