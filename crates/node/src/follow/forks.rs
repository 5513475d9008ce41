//! Two histories: the one thing that no waiting mends.

use std::fs;

use concordat_terms::Problem;

use super::{Follower, STOPPED};
use crate::home::{make_dir, unwritable};
use crate::problems::problem;

impl Follower {
    pub(super) fn check_stopped(&self) -> Result<(), Problem> {
        self.stopped.clone().map_or(Ok(()), Err)
    }

    /// Keeps both checkpoints, and stops for good.
    pub(super) fn two_histories(&mut self, other: &[u8]) -> Problem {
        let found = problem(
            "two-histories",
            "the sequencer signed checkpoints that cannot be of one log",
            format!(
                "stop acting; show both checkpoints in `{}` to the other parties",
                self.evidence.display()
            ),
        );
        // On a long way, what is folded is of the checkpoint at its end.
        let own = self.target.clone().or_else(|| self.checkpoint.clone()).unwrap_or_default();
        let kept = make_dir(&self.evidence).and_then(|()| {
            for (name, bytes) in [("checkpoint-ours", own.as_slice()), ("checkpoint-other", other)]
            {
                let path = self.evidence.join(name);
                fs::write(&path, bytes).map_err(|e| unwritable(&path, &e))?;
            }
            let bytes = serde_json::to_vec(&found).unwrap_or_default();
            self.store.put_note(STOPPED, &bytes).map_err(|fault| fault.problem())
        });
        if let Err(unkept) = kept {
            tracing::error!(what = %unkept.what, "evidence of two histories could not be kept");
        }
        self.stopped = Some(found.clone());
        found
    }
}
