//! What the coordinator says in the log's name beside checkpoints.

use std::sync::Arc;

use concordat_terms::Problem;
use concordat_tlog::word::Promise;
use concordat_tlog::{Receipt as Proof, SigningKey};
use concordat_wire::api::Receipts;

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

    /// The receipts with the promises that their entries stay where they are: asked for after the
    /// append.
    pub(crate) fn promised(&self, told: Vec<Told>) -> Receipts {
        let mut promises = Vec::new();
        for together in told.chunks(Promise::TOGETHER_MOST) {
            match self.promise(together) {
                Some(promise) => promises.push(promise),
                None => tracing::error!("receipts were given without a promise"),
            }
        }
        Receipts { receipts: told.into_iter().map(|told| told.receipt).collect(), promises }
    }

    fn promise(&self, together: &[Told]) -> Option<String> {
        let replica = self.view.replica();
        let state = replica.state();
        let (genesis, log) = (state.genesis()?, state.log()?);
        let promise = |Told { receipt, leaf, .. }: &Told| Promise {
            origin: genesis.origin.clone(),
            log,
            index: receipt.index,
            leaf: *leaf,
            time: receipt.time,
        };
        let promises: Vec<Promise> = together.iter().map(promise).collect();
        String::from_utf8(Promise::sign(&promises, &self.key).ok()?.to_bytes()).ok()
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
