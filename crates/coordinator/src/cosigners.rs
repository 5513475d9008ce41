//! The further keys of parties, as they say themselves.

use concordat_replay::Replica;
use concordat_wire::cosigner::{CosignerKeys, NotCosigners};

/// What the names of the notes start with that keep what parties have said.
pub(crate) const COSIGNERS: &str = "cosigner/";

/// What a party says, by a ledger key that is its own now.
///
/// # Errors
/// [`NotCosigners`].
pub(crate) fn opened(replica: &Replica, bytes: &[u8]) -> Result<CosignerKeys, NotCosigners> {
    let state = replica.state();
    let (Some(log), Some(genesis)) = (state.log(), state.genesis()) else {
        return Err(NotCosigners("the log has not begun".to_owned()));
    };
    CosignerKeys::open(bytes, (log, &genesis.origin), |key| {
        // A member's key speaks for the member alone.
        let holder = state.holder(key).filter(|own| own.signs() && own.member.is_none())?;
        Some((holder.party.clone()?, holder.public.parse().ok()?))
    })
}
