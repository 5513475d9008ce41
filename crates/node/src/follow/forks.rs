//! Two histories: the one thing that no waiting mends.
//!
//! ```text
//! evidence/checkpoint-ours     what this party has folded, as signed
//! evidence/checkpoint-other    what it was shown, as signed
//! evidence/proof               that they cannot be of one log (`tlog::fork::Fork`)
//! evidence/report.json         what `equivocation.report` takes, where there is that proof
//! ```

use concordat_partnership::act::{Between, EquivocationReport, Shown};
use concordat_terms::Problem;
use concordat_tlog::fork::Fork;
use concordat_tlog::{Checkpoint, Note, Tree};

use super::signatures::signed_by;
use super::{Follower, STOPPED};
use crate::client::Fault;
use crate::home::{make_dir, write_whole};
use crate::problems::problem;

/// The file of what this party has folded.
pub(super) const OURS: &str = "checkpoint-ours";
/// The file of what it was shown.
pub(super) const OTHER: &str = "checkpoint-other";

/// The file of the proof.
pub(super) const PROOF: &str = "proof";

/// How a checkpoint that somebody else was shown stands to this party's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// It is of another log, or of none.
    Nothing,
    /// It is a beginning of the log as it was followed, or all of it.
    Same,
    /// It is of so many entries, more than were followed.
    Ahead(u64),
}

impl Follower {
    pub(super) fn check_stopped(&self) -> Result<(), Problem> {
        self.stopped.clone().map_or(Ok(()), Err)
    }

    /// Compares a checkpoint that a witness has seen with what was followed.
    ///
    /// # Errors
    /// [`Fault::Own`] with the code `two-histories`, for good: the log's key has signed both.
    pub fn compare(&mut self, note: &[u8]) -> Result<Compared, Fault> {
        self.check_stopped()?;
        let Some(origin) = &self.origin else { return Ok(Compared::Nothing) };
        // What the log's key has not signed convicts nobody.
        let Ok(Checkpoint { size, root, .. }) = signed_by(origin, note) else {
            return Ok(Compared::Nothing);
        };
        match self.replica.root_at(size) {
            None => Ok(Compared::Ahead(size)),
            Some(ours) if ours == root => Ok(Compared::Same),
            Some(_) => Err(self.two_histories(note, None).into()),
        }
    }

    /// Keeps both checkpoints with the proof, and stops for good. `larger` is the other tree, where that
    /// is larger than what was followed.
    pub(super) fn two_histories(&mut self, other: &[u8], larger: Option<&Tree>) -> Problem {
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
        let mut files = vec![(OURS, own.clone()), (OTHER, other.to_vec())];
        let fork = self.fork(&own, other, larger);
        files.extend(fork.as_ref().map(|fork| (PROOF, fork.to_string().into_bytes())));
        let report = report(&own, other, fork.as_ref());
        files.extend(report.map(|report| ("report.json", report)));
        // On disk before it is said that there is any. Whatever the disk says, nothing is cosigned from
        // here on.
        let kept = make_dir(&self.evidence).and_then(|()| {
            let write =
                |(name, bytes): &(&str, Vec<u8>)| write_whole(&self.evidence.join(name), bytes);
            files.iter().try_for_each(write)
        });
        if let Err(unkept) = kept {
            tracing::error!(what = %unkept.what, "evidence of two histories could not be kept");
        }
        let bytes = serde_json::to_vec(&found).unwrap_or_default();
        if let Err(fault) = self.store.put_note(STOPPED, &bytes) {
            tracing::error!(%fault, "that two histories were found could not be kept");
        }
        self.stopped = Some(found.clone());
        found
    }

    /// That the smaller of both is no beginning of the larger; none where this party has not got the
    /// larger whole.
    fn fork(&self, own: &[u8], other: &[u8], larger: Option<&Tree>) -> Option<Fork> {
        let (own, other) = (checkpoint(own)?, checkpoint(other)?);
        let fork = match larger {
            Some(tree) => Fork::of(tree, own.size),
            // The smaller other one has its place below the checkpoint that this party holds.
            None => {
                // What is still on its way to it is not here.
                if own.size > self.replica.size() {
                    return None;
                }
                let mut leaves = self.tree().ok()?.leaves().to_vec();
                leaves.truncate(usize::try_from(own.size).ok()?);
                Fork::of(&Tree::of(leaves), other.size)
            }
        };
        fork.ok()
    }
}

/// What is reported of two checkpoints; of different sizes, none without the proof between them.
pub(super) fn report(own: &[u8], other: &[u8], fork: Option<&Fork>) -> Option<Vec<u8>> {
    let (first, second) = (shown(own)?, shown(other)?);
    let between = if first.size == second.size {
        None
    } else {
        let Fork { root, proof } = fork?.clone();
        Some(Between { root, proof })
    };
    serde_json::to_vec_pretty(&EquivocationReport { first, second, between }).ok()
}

fn shown(note: &[u8]) -> Option<Shown> {
    let parsed = Note::parse(note).ok()?;
    let Checkpoint { origin, size, root } = Checkpoint::parse(parsed.text()).ok()?;
    let line = parsed.lines().iter().find(|line| line.name() == origin)?;
    Some(Shown { size, root, signature: hex::encode(line.signature()) })
}

fn checkpoint(note: &[u8]) -> Option<Checkpoint> {
    Checkpoint::parse(Note::parse(note).ok()?.text()).ok()
}
