//! The older checkpoints that the coordinator keeps, each compared with the log as it was followed.

use std::collections::BTreeMap;

use concordat_tlog::Checkpoint;
use concordat_wire::api::OLDER_CHECKPOINTS_MOST;

use super::{Compared, Follower};
use crate::client::Fault;

/// What the coordinator keeps of a log's older checkpoints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Older {
    /// By their sizes, as signed. Who cosigned them was not looked at.
    pub kept: BTreeMap<u64, Vec<u8>>,
    /// From which size on something else came than what was asked for.
    pub ended: Option<u64>,
}

impl Follower {
    /// Those of fewer than `size` entries. Nothing is believed of them; but one that the log's key has
    /// signed and that is not of this log's beginning convicts whoever holds the key.
    ///
    /// # Errors
    /// [`Fault`]; [`Fault::Own`] with the code `two-histories`, for good: the evidence is kept.
    pub fn older_checkpoints(&mut self, size: u64) -> Result<Older, Fault> {
        let (mut older, mut from) = (Older::default(), 1);
        while older.kept.len() < OLDER_CHECKPOINTS_MOST {
            let Some(bytes) = self.client.older_checkpoint(from)? else { break };
            self.compare(&bytes)?;
            match Checkpoint::stated_size(&bytes).filter(|stated| *stated >= from) {
                Some(stated) if stated >= size => break,
                Some(stated) => {
                    older.kept.insert(stated, bytes);
                    from = stated + 1;
                }
                None => {
                    older.ended = Some(from);
                    break;
                }
            }
        }
        Ok(older)
    }

    /// Whether a checkpoint is a beginning of the log as it was followed, or all of it.
    ///
    /// # Errors
    /// As [`Follower::compare`].
    pub fn covers(&mut self, note: &[u8]) -> Result<bool, Fault> {
        Ok(self.compare(note)? == Compared::Same)
    }
}
