//! Whose signatures a log's checkpoints need, out of its genesis.

use concordat_partnership::act::Genesis;
use concordat_tlog::vkey::Kind;
use concordat_tlog::{Policy, PublicKey, Vkey};

/// The log's key and its witnesses' policy; witnesses are named by their parties.
///
/// # Errors
/// What in the genesis is not a key, a name or a quorum, as a phrase.
pub(crate) fn of(genesis: &Genesis) -> Result<(Vkey, Policy), String> {
    let key: PublicKey = genesis.sequencer.parse().map_err(|e| format!("sequencer: {e}"))?;
    let log = Vkey::new(&genesis.origin, Kind::Log, key).map_err(|e| e.to_string())?;
    let mut witnesses = Vec::new();
    for party in &genesis.policy.witnesses {
        let founder = genesis.parties.get(party).ok_or(format!("witness `{party}` has no key"))?;
        let key: PublicKey = founder.witness.parse().map_err(|e| format!("`{party}`: {e}"))?;
        let name = format!("{}/{party}", genesis.origin);
        let vkey = Vkey::new(&name, Kind::Witness, key).map_err(|e| e.to_string())?;
        witnesses.push((party.to_string(), vkey));
    }
    let quorum = usize::try_from(genesis.policy.quorum).unwrap_or(usize::MAX);
    Ok((log, Policy::any_of(quorum, witnesses).map_err(|e| e.to_string())?))
}
