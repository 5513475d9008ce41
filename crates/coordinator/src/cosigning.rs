//! What becomes of cosignatures, whoever brings them: a party that posts its own, or the coordinator
//! that has asked a witness.

use concordat_tlog::{Checkpoint, Note};

use crate::config::Clock;
use crate::problem::Refused;
use crate::sequencer::{COSIGNED, QUORUM, Sequencer};
use crate::series::note_of;
use crate::view::{ReadHandle, lock};
use crate::witnessed::{Cosigned, Counts};

/// Takes cosignatures in, and keeps what they make count.
#[derive(Clone)]
pub(crate) struct Cosigning {
    pub(crate) view: ReadHandle,
    pub(crate) sequencer: Sequencer,
    pub(crate) clock: Clock,
}

impl Cosigning {
    /// Takes the good lines on `note`, which is of `checkpoint`. Signatures are checked while nobody
    /// waits for that: the sequencer publishes by the same lock. What newly counts is on disk before it
    /// is shown, so that a restart does not take it back.
    pub(crate) async fn take(
        &self,
        note: &Note,
        checkpoint: &Checkpoint,
    ) -> Result<Cosigned, Refused> {
        let shared = &self.view.0;
        let unchecked = lock(&shared.witnessed).unchecked(note, checkpoint);
        let unchecked = match unchecked {
            Ok(unchecked) => unchecked,
            Err(cosigned) => return Ok(cosigned),
        };
        let checked = tokio::task::spawn_blocking(|| unchecked.check());
        let checked = checked.await.map_err(|_| Refused::busy())?;
        let cosigned = lock(&shared.witnessed).cosign(checkpoint.size, checked, (self.clock)());
        let Cosigned::Kept(newly) = &cosigned else { return Ok(cosigned) };
        if let Some(counts) = newly {
            self.sequencer.put_note(QUORUM.to_owned(), counts.note.to_bytes()).await?;
            let quorum = {
                let mut witnessed = lock(&shared.witnessed);
                witnessed.count(counts);
                witnessed.quorum_size()
            };
            self.keep_in_series(counts).await;
            shared.quorum.send_if_modified(|size| {
                let grows = quorum > *size;
                *size = quorum.max(*size);
                grows
            });
        }
        shared.cosigned.send_modify(|count| *count = count.wrapping_add(1));
        Ok(cosigned)
    }

    /// Keeps a checkpoint that counts among the older ones, if it is time for one. Nothing rests on it:
    /// without it, it is less exactly known later when the log had come how far.
    async fn keep_in_series(&self, Counts { size, note, at }: &Counts) {
        let (witnessed, Some(at)) = (&self.view.0.witnessed, at) else { return };
        if !lock(witnessed).series.is_due(*size, *at) {
            return;
        }
        let kept = self.sequencer.put_note(note_of(*size, *at), note.to_bytes()).await;
        let spare = match kept {
            // On disk before it is served.
            Ok(()) => lock(witnessed).series.push(*size, *at),
            Err(refused) => {
                tracing::warn!(
                    code = refused.problem.code,
                    size,
                    "an older checkpoint was not kept"
                );
                return;
            }
        };
        let Some(spare) = spare else { return };
        if let Err(refused) = self.sequencer.remove_notes(spare).await {
            tracing::warn!(code = refused.problem.code, "an older checkpoint was not removed");
        }
    }

    /// Keeps the lines of the latest checkpoint on disk whenever there are more of them, until the server
    /// stops. Many that come at once are written once.
    pub(crate) async fn keep(self) {
        let mut cosigned = self.view.0.cosigned.subscribe();
        while cosigned.changed().await.is_ok() {
            self.write().await;
        }
    }

    /// Keeps the lines of the latest checkpoint as they are.
    pub(crate) async fn write(&self) {
        let Some(note) = self.view.checkpoint() else { return };
        let kept = self.sequencer.put_note(COSIGNED.to_owned(), note.to_bytes()).await;
        if let Err(refused) = kept {
            tracing::warn!(code = refused.problem.code, "cosignatures were not kept");
        }
    }
}
