//! Blobs that an entry has erased: destroyed once the entry is durable, and again at every start, so that
//! neither a death between the two nor a restored folder keeps any.

use axum::http::StatusCode;
use concordat_partnership::State;
use concordat_terms::{Digest, Problem};

use super::Ledger;
use crate::problem::Refused;

impl Ledger {
    /// Destroys every blob that was erased, at the start.
    pub(super) fn destroy_all_erased(&mut self) -> Result<(), Problem> {
        let replica = self.folded.replica.clone();
        for (digest, _) in replica.state().all_erased() {
            self.store.destroy_blob(digest).map_err(|e| e.problem())?;
            self.destroyed.insert(*digest);
        }
        self.obeyed = replica.state().last_erasure();
        Ok(())
    }

    /// Destroys what the last batch erased. The entry is in the log: what the disk refuses now is done
    /// after a later batch, or at the next start.
    pub(super) fn destroy_erased(&mut self) {
        let replica = self.folded.replica.clone();
        let last = replica.state().last_erasure();
        if last == self.obeyed {
            return;
        }
        let mut whole = true;
        for (digest, _) in replica.state().all_erased() {
            if self.destroyed.contains(digest) {
                continue;
            }
            match self.store.destroy_blob(digest) {
                Ok(_) => _ = self.destroyed.insert(*digest),
                Err(fault) => {
                    whole = false;
                    tracing::error!(blob = %digest, %fault, "an erased blob stays for now");
                }
            }
        }
        if whole {
            self.obeyed = last;
        }
    }

    /// That a blob was erased: nobody reads it or leaves it any more.
    pub(super) fn check_erased(&self, digest: &Digest) -> Result<(), Refused> {
        not_erased(self.folded.replica.state(), digest)
    }
}

/// That a blob was erased, by this state: nobody reads it or leaves it any more.
pub(crate) fn not_erased(state: &State, digest: &Digest) -> Result<(), Refused> {
    match state.erased(digest) {
        None => Ok(()),
        Some(erased) => Err(Refused::new(
            StatusCode::GONE,
            "blob-erased",
            format!("blob `{digest}` was erased by entry {}", erased.index),
            "leave it: no entry may name it any more",
        )),
    }
}
