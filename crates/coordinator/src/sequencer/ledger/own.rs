//! Acts of the sequencer's own: ticks, digest records, runs that nobody can finish.

use concordat_partnership::act::{Header, Seen, Signer};
use concordat_partnership::{Act, SEQUENCER};
use concordat_replay::Replica;
use concordat_terms::{Period, Problem};
use concordat_tlog::{Envelope, Frontier, SigningKey};
use concordat_wire::act::encode;

use super::Ledger;
use crate::problem::unusable;

/// How long such an act is valid.
pub(crate) const LIFETIME: Period = Period { months: 0, days: 1, seconds: 0 };

/// The id that the sequencer's signatures carry.
pub(super) fn key_id(key: &SigningKey) -> Result<String, Problem> {
    let id = concordat_partnership::key_id(&key.public().to_string());
    id.map(|id| id.to_string()).ok_or_else(|| fault("the sequencer's key has no id"))
}

impl Ledger {
    /// The envelope of `act`, as of the fold at `replica` and the log as it is stored.
    pub(super) fn sign_own(
        &self,
        replica: &Replica,
        stored: &Frontier,
        act: &Act,
    ) -> Result<Vec<u8>, Problem> {
        let signers = vec![(SEQUENCER.to_owned(), self.key_id.clone())];
        let mut header = header(replica, signers)?;
        // The log that everybody sees, whatever the judge made of it.
        header.seen = Seen { size: stored.size(), root: stored.root() };
        let payload = encode(Some(&header), act).map_err(|e| fault(e.to_string()))?;
        let envelope = Envelope::sign(&payload, &[(&self.key_id, &self.key)]);
        Ok(envelope.map_err(|e| fault(e.to_string()))?.to_bytes())
    }
}

/// A header for these signers (seat, key id), which has seen all of `replica`.
pub(crate) fn header(replica: &Replica, signers: Vec<(String, String)>) -> Result<Header, Problem> {
    let state = replica.state();
    let (Some(log), Some(time)) = (state.log(), state.time()) else {
        return Err(fault("the log has not begun"));
    };
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).map_err(|e| fault(e.to_string()))?;
    let signers = signers
        .into_iter()
        .map(|(seat, key)| {
            let seat = seat.parse().map_err(|e: concordat_terms::NotAnId| fault(e.to_string()))?;
            let key = key.parse().map_err(|e: concordat_terms::NotAnId| fault(e.to_string()))?;
            Ok(Signer { seat, key })
        })
        .collect::<Result<_, Problem>>()?;
    Ok(Header {
        log,
        signers,
        nonce: hex::encode(nonce),
        seen: Seen { size: replica.size(), root: replica.root() },
        expires_at: time.plus(LIFETIME),
        attached: None,
    })
}

fn fault(what: impl Into<String>) -> Problem {
    unusable("cannot-sign", what, "look at the genesis and the sequencer's key")
}
