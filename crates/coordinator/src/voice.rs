//! What the coordinator says in the log's name beside checkpoints.

use std::sync::Arc;

use concordat_terms::Problem;
use concordat_tlog::word::Promise;
use concordat_tlog::{Receipt as Proof, SigningKey};
use concordat_wire::api::Receipt;

use crate::view::{ReadHandle, Told};

/// Signs in the log's name, of what is durable. `Debug` shows the key's public half.
#[derive(Clone, Debug)]
pub(crate) struct Voice {
    key: Arc<SigningKey>,
    view: ReadHandle,
}

impl Voice {
    pub(crate) fn new(key: SigningKey, view: ReadHandle) -> Self {
        Self { key: Arc::new(key), view }
    }

    /// The receipt with the promise that its entry stays where it is: asked for after the append.
    pub(crate) fn promised(&self, told: Told) -> Receipt {
        let promise = self.promise(&told);
        if promise.is_none() {
            tracing::error!(index = told.receipt.index, "a receipt was given without a promise");
        }
        Receipt { promise, ..told.receipt }
    }

    fn promise(&self, Told { receipt, leaf, .. }: &Told) -> Option<String> {
        let replica = self.view.replica();
        let state = replica.state();
        let promise = Promise {
            origin: state.genesis()?.origin.clone(),
            log: state.log()?,
            index: receipt.index,
            leaf: *leaf,
            time: receipt.time,
        };
        String::from_utf8(promise.sign(&self.key).ok()?.to_bytes()).ok()
    }

    /// The proof of the entry at `index`, with its leaf hash: under the checkpoint that a quorum cosigned
    /// last, or, where that does not reach it yet, under the latest.
    ///
    /// # Errors
    /// A [`Problem`]: the store does not answer. It may take a read: not to be called from async code.
    pub(crate) fn proof(&self, index: u64) -> Result<Option<Proof>, Problem> {
        for note in [self.view.checkpoint_by_quorum(), self.view.checkpoint()].into_iter().flatten()
        {
            let proof = self.view.proof(index, &note)?;
            if proof.is_some() {
                return Ok(proof);
            }
        }
        Ok(None)
    }
}
