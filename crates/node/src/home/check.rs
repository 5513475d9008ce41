//! Whether a folder is fit to work from, before anything depends on it.

use concordat_partnership::{KeyUse, State};
use concordat_replay::witness_key;
use concordat_terms::{PartyId, Problem};
use concordat_tlog::SigningKey;

use super::{Home, Keys};
use crate::problems::problem;

/// What the log says of a party's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registered {
    /// They are the party's.
    Yes,
    /// The log does not know the ledger key, or there is no log here yet.
    NotYet,
}

impl Home {
    /// Looks at every file that the configuration names: the certificates, each table and mapping, and each
    /// salt that was drawn. Nothing is created, and no table is read.
    ///
    /// # Errors
    /// A [`Problem`] naming the first file that will not do.
    pub fn examine(&self) -> Result<(), Problem> {
        self.certificate()?;
        self.authority()?;
        self.examine_datasets()
    }

    /// Whether the folder's keys are the party's, by a fold of the log.
    ///
    /// # Errors
    /// As [`Keys::registered`].
    pub fn registered(&self, state: &State) -> Result<Registered, Problem> {
        self.keys.registered(&self.config.party, state)
    }
}

impl Keys {
    /// Whether these keys are those of `party`, by a fold of the log.
    ///
    /// # Errors
    /// A [`Problem`]: `other-party` where the log registers the ledger key for another party, or
    /// for the one that orders; `other-witness-key` where the log names another witness key
    /// for the party, or this one is its ledger key.
    pub fn registered(&self, party: &PartyId, state: &State) -> Result<Registered, Problem> {
        let genesis = state.genesis();
        let member = state.members().get(party);
        let witness = genesis.zip(member).and_then(|(genesis, member)| {
            witness_key(&genesis.origin, party, &member.witness).ok()
        });
        let is = |key: &SigningKey| {
            witness.as_ref().map(|own| own.key().as_bytes() == key.public().as_bytes())
        };
        let holder = state.holder(&self.ledger_id()?).filter(|own| own.used == KeyUse::Acts);
        let Some(holder) = holder else {
            let swapped = is(&self.ledger) == Some(true);
            return if swapped { Err(other_witness(party)) } else { Ok(Registered::NotYet) };
        };
        match &holder.party {
            Some(own) if own == party => {
                let named = is(&self.witness).unwrap_or(true);
                if named { Ok(Registered::Yes) } else { Err(other_witness(party)) }
            }
            other => {
                let whose = match other {
                    Some(other) => format!("of `{other}`"),
                    None => "that orders the log".to_owned(),
                };
                Err(problem(
                    "other-party",
                    format!("the ledger key is the one {whose}, and the folder is of `{party}`"),
                    "put the party's own keys there, or correct `party` in `concordat.toml`",
                ))
            }
        }
    }
}

fn other_witness(party: &PartyId) -> Problem {
    problem(
        "other-witness-key",
        format!("the witness key is not the one that the log names for `{party}`"),
        "restore `keys/ledger.key` and `keys/witness.key` from their backup, each as it was named",
    )
}
