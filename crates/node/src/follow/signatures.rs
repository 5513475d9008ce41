//! Whose signature a checkpoint needs before it is looked at.

use concordat_replay::{Halt, founding, log_key};
use concordat_terms::{Digest, Problem};
use concordat_tlog::note::Unlisted;
use concordat_tlog::tile::WIDTH;
use concordat_tlog::{Checkpoint, Note, Policy, Vkey, trust};

use super::Follower;
use super::fetching::piece;
use crate::client::Fault;
use crate::problems::problem;

impl Follower {
    /// The log's key: out of the genesis whose id is pinned. What `note` claims is only used to
    /// ask for a bundle that the coordinator has.
    pub(super) fn origin(&mut self, note: &[u8]) -> Result<Vkey, Fault> {
        if let Some(origin) = &self.origin {
            return Ok(origin.clone());
        }
        let claimed = Note::parse(note).ok().and_then(|n| Checkpoint::parse(n.text()).ok());
        let size = claimed.map_or(0, |checkpoint| checkpoint.size.min(u64::from(WIDTH)));
        let first = piece(&self.client, 0, size)?.into_iter().next().unwrap_or_default();
        let origin = origin_of(&first, &self.log)?;
        self.origin = Some(origin.clone());
        Ok(origin)
    }
}

/// The checkpoint in a note that the log's key signed.
pub(super) fn signed_by(origin: &Vkey, note: &[u8]) -> Result<Checkpoint, Problem> {
    let nobody = Policy::any_of(0, []).map_err(|e| bad_policy(&e.to_string()))?;
    let trusted = trust::open(note, origin, &nobody, Unlisted::Ignored).map_err(|e| {
        problem(
            "unsigned-checkpoint",
            format!("the coordinator's checkpoint does not hold: {e}"),
            "check that `coordinator` is the coordinator of this log",
        )
    })?;
    Ok(trusted.checkpoint)
}

/// The log's key, if the entry is the genesis that is pinned, with all its signatures.
pub(super) fn origin_of(entry: &[u8], log: &Digest) -> Result<Vkey, Problem> {
    let (id, genesis) = founding(entry).map_err(|halt| unfounded(&halt, log))?;
    if id != *log {
        return Err(other_log(log, ""));
    }
    log_key(&genesis).map_err(|why| other_log(log, &format!(": {why}")))
}

/// Why nothing can be folded on top of the first entry.
pub(super) fn unfounded(halt: &Halt, log: &Digest) -> Problem {
    match halt {
        Halt::NotFounded { refusal } => other_log(log, &format!(": {refusal}")),
        Halt::UnknownRules { .. } | Halt::MissingBlob { .. } => {
            problem("unknown-rules", halt.to_string(), "install the release that knows these rules")
        }
    }
}

/// `why` begins with a colon, or is empty.
pub(super) fn other_log(log: &Digest, why: &str) -> Problem {
    problem(
        "other-log",
        format!("the coordinator's log does not start with genesis `{}`{why}", log.short()),
        "check `log` and `coordinator` in `concordat.toml`",
    )
}

pub(super) fn bad_policy(why: &str) -> Problem {
    problem("bad-policy", format!("the genesis' witness policy: {why}"), "found the log anew")
}
