//! What one attempt of one round is about, bound into every signature and every key.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{Digest, PartyId, RunId};
use ed25519_dalek::VerifyingKey;

use crate::Params;

/// The parties that may take part and the ledger keys they sign with, fixed by the agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    keys: BTreeMap<PartyId, VerifyingKey>,
}

/// A roster that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRoster {
    /// The key is of small order: anyone can sign for it.
    #[error("the ledger key of `{party}` is weak: anyone could sign for it")]
    WeakKey {
        /// Whose key.
        party: PartyId,
    },
    /// One key twice: one party in two places.
    #[error("`{party}` has the same ledger key as another party of the roster")]
    SharedKey {
        /// The second holder, in the order of names.
        party: PartyId,
    },
    /// The roster's length is not N.
    #[error("the roster names {have} parties and the parameters {need}")]
    WrongCount {
        /// Parties in the roster.
        have: usize,
        /// N.
        need: usize,
    },
}

impl Roster {
    /// The roster of these parties.
    ///
    /// # Errors
    ///
    /// A weak key, or one key for two parties.
    pub fn new(keys: BTreeMap<PartyId, VerifyingKey>) -> Result<Self, BadRoster> {
        let mut seen = BTreeSet::new();
        for (party, key) in &keys {
            if key.is_weak() {
                return Err(BadRoster::WeakKey { party: party.clone() });
            }
            if !seen.insert(key.to_bytes()) {
                return Err(BadRoster::SharedKey { party: party.clone() });
            }
        }
        Ok(Self { keys })
    }

    /// The parties, in order.
    pub fn parties(&self) -> impl Iterator<Item = &PartyId> {
        self.keys.keys()
    }

    /// How many parties.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether nobody is in it.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The ledger key of `party`.
    pub fn key(&self, party: &PartyId) -> Option<&VerifyingKey> {
        self.keys.get(party)
    }

    /// The digest over names and keys in order.
    pub fn digest(&self) -> Digest {
        let mut parts: Vec<&[u8]> = vec![b"concordat-secagg/v1/roster"];
        for (party, key) in &self.keys {
            parts.push(party.as_str().as_bytes());
            parts.push(key.as_bytes());
        }
        Digest::of_parts(&parts)
    }
}

/// What an attempt is about; every client must have been shown the same.
///
/// Clients that were shown different models or quantisers derive different keys, and their masks
/// do not cancel (against Pasquini et al., arXiv 2111.07380).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The digest of all that was agreed on before: in which log, which agreement is in force, and
    /// which plan the run follows.
    pub agreed: Digest,
    /// The run.
    pub run: RunId,
    /// The round within the run, from 0.
    pub round: u32,
    /// The attempt at this round, from 0; a retry is a new attempt with fresh keys.
    pub attempt: u32,
    /// The digest of the model that the round starts from.
    pub model: Digest,
    /// The digest of how contributions become integers.
    pub quantiser: Digest,
}

/// Parameters, roster and binding of one attempt, and the digest of them all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    params: Params,
    roster: Roster,
    id: Digest,
}

impl Session {
    /// The session of one attempt.
    ///
    /// # Errors
    ///
    /// [`BadRoster::WrongCount`] unless the roster has exactly N parties.
    pub fn new(params: Params, roster: Roster, binding: &Binding) -> Result<Self, BadRoster> {
        if roster.len() != params.clients() {
            return Err(BadRoster::WrongCount { have: roster.len(), need: params.clients() });
        }
        let id = Digest::of_parts(&[
            b"concordat-secagg/v1/session",
            binding.agreed.as_bytes(),
            binding.run.as_str().as_bytes(),
            &binding.round.to_be_bytes(),
            &binding.attempt.to_be_bytes(),
            binding.model.as_bytes(),
            binding.quantiser.as_bytes(),
            roster.digest().as_bytes(),
            params.digest().as_bytes(),
        ]);
        Ok(Self { params, roster, id })
    }

    /// The digest over everything the attempt is about.
    pub fn id(&self) -> Digest {
        self.id
    }

    /// The proved parameters.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Who may take part.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Where the party's shares lie on the polynomials: its position in the roster plus one.
    pub(crate) fn point(&self, party: &PartyId) -> Option<u8> {
        let position = self.roster.keys.keys().position(|p| p == party)?;
        u8::try_from(position + 1).ok()
    }
}
