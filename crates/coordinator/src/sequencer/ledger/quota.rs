//! What each ledger key has left in the store: nobody fills the disk alone.

use axum::http::StatusCode;
use concordat_terms::Digest;
use serde::{Deserialize, Serialize};

use super::Ledger;
use crate::config::Limits;
use crate::problem::Refused;

/// What one key has left here, as its note keeps it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Left {
    blobs: u64,
    bytes: u64,
}

impl Ledger {
    /// Keeps a blob in the name of a key. One that is here already is charged to nobody.
    pub(crate) fn put_blob(
        &mut self,
        by: &str,
        bytes: &[u8],
        limits: &Limits,
    ) -> Result<Digest, Refused> {
        self.check_erased(&Digest::of(bytes))?;
        if !self.store.has_blob(&Digest::of(bytes))? {
            let name = format!("blobs/{by}");
            let left = self.store.note(&name)?;
            let left = left.and_then(|left| serde_json::from_slice(&left).ok());
            let left = charge(left.unwrap_or_default(), bytes.len() as u64, limits)?;
            // First, so that a death between the two is charged and not given away.
            self.store.put_note(&name, &serde_json::to_vec(&left).unwrap_or_default())?;
        }
        Ok(self.store.put_blob(bytes)?)
    }
}

fn charge(before: Left, length: u64, limits: &Limits) -> Result<Left, Refused> {
    let after =
        Left { blobs: before.blobs.saturating_add(1), bytes: before.bytes.saturating_add(length) };
    if after.blobs <= limits.blobs && after.bytes <= limits.blob_bytes {
        return Ok(after);
    }
    Err(Refused::new(
        StatusCode::TOO_MANY_REQUESTS,
        "blobs-spent",
        format!(
            "the key has left {} blobs of {} bytes; more than {} or {} are not taken",
            before.blobs, before.bytes, limits.blobs, limits.blob_bytes
        ),
        "ask the operator, or let another party leave the blob",
    ))
}
