//! Who the three aggregators are, and what one attempt with them is about.

use std::fmt;

use concordat_terms::{Digest, PartyId};
use ed25519_dalek::VerifyingKey;

use crate::{Params, Roster};

/// For whom an aggregator stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Run by the public side.
    Public,
    /// Run by the private side.
    Private,
    /// Run by a party of neither side. The words of the uploads go to this one.
    Neutral,
}

impl Role {
    /// All three, in order.
    pub const ALL: [Self; 3] = [Self::Public, Self::Private, Self::Neutral];

    /// The name in messages and errors.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Neutral => "neutral",
        }
    }

    /// The role of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// 1 to 3: the number in key derivations.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Public => 1,
            Self::Private => 2,
            Self::Neutral => 3,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One of something for each aggregator; none can be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Three<T> {
    /// The public side's.
    pub public: T,
    /// The private side's.
    pub private: T,
    /// The neutral party's.
    pub neutral: T,
}

impl<T> Three<T> {
    /// Makes one for each role, in order.
    ///
    /// # Errors
    ///
    /// The first that `make` returns.
    pub fn make<E>(mut make: impl FnMut(Role) -> Result<T, E>) -> Result<Self, E> {
        Ok(Self {
            public: make(Role::Public)?,
            private: make(Role::Private)?,
            neutral: make(Role::Neutral)?,
        })
    }

    /// The one of a role.
    pub fn of(&self, role: Role) -> &T {
        match role {
            Role::Public => &self.public,
            Role::Private => &self.private,
            Role::Neutral => &self.neutral,
        }
    }

    /// What `make` makes of each.
    pub fn map<U>(self, mut make: impl FnMut(Role, T) -> U) -> Three<U> {
        Three {
            public: make(Role::Public, self.public),
            private: make(Role::Private, self.private),
            neutral: make(Role::Neutral, self.neutral),
        }
    }

    /// Each with its role, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Role, &T)> {
        Role::ALL.into_iter().map(|role| (role, self.of(role)))
    }
}

/// A party that runs an aggregator, and the ledger key it signs with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregator {
    /// The party.
    pub party: PartyId,
    /// Its ledger key.
    pub key: VerifyingKey,
}

/// Aggregators that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAggregators {
    /// The key is of small order: anyone can sign for it.
    #[error(
        "the ledger key of `{party}`, the {role} aggregator, is weak: anyone could sign for it"
    )]
    WeakKey {
        /// Whose key.
        party: PartyId,
        /// For whom it stands.
        role: Role,
    },
    /// One party in two places: two honest aggregators would be one.
    #[error("`{party}` runs two aggregators: who runs two has two of three shares")]
    TwoRoles {
        /// Who.
        party: PartyId,
    },
    /// One key under two names.
    #[error("`{party}`, the {role} aggregator, has the ledger key of `{other}`")]
    SharedKey {
        /// The aggregator.
        party: PartyId,
        /// For whom it stands.
        role: Role,
        /// Who has the same key.
        other: PartyId,
    },
}

/// An attempt's session, its three aggregators, and the digest of them all.
///
/// Contributors and aggregators may be the same parties: an aggregator learns nothing by it that it
/// could not be told by a contributor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    session: crate::Session,
    aggregators: Three<Aggregator>,
    id: Digest,
}

impl Session {
    /// The session of one attempt with these aggregators.
    ///
    /// # Errors
    ///
    /// [`BadAggregators`]: three parties with a key each, none of them weak or another's.
    pub fn new(
        session: crate::Session,
        aggregators: Three<Aggregator>,
    ) -> Result<Self, BadAggregators> {
        check(session.roster(), &aggregators)?;
        let id = session.id();
        let mut parts: Vec<&[u8]> = vec![b"concordat-secagg/v1/three/session", id.as_bytes()];
        for (role, aggregator) in aggregators.iter() {
            parts.push(role.as_str().as_bytes());
            parts.push(aggregator.party.as_str().as_bytes());
            parts.push(aggregator.key.as_bytes());
        }
        let id = Digest::of_parts(&parts);
        Ok(Self { session, aggregators, id })
    }

    /// The digest over everything the attempt is about, the aggregators among it.
    pub fn id(&self) -> Digest {
        self.id
    }

    /// The proved parameters. The threshold opens nothing here: all three aggregators do.
    pub fn params(&self) -> &Params {
        self.session.params()
    }

    /// Who may contribute.
    pub fn roster(&self) -> &Roster {
        self.session.roster()
    }

    /// Who runs the aggregators.
    pub fn aggregators(&self) -> &Three<Aggregator> {
        &self.aggregators
    }

    /// The contributor's position in the roster plus one.
    pub(crate) fn point(&self, party: &PartyId) -> Option<u8> {
        self.session.point(party)
    }
}

fn check(roster: &Roster, aggregators: &Three<Aggregator>) -> Result<(), BadAggregators> {
    for (role, Aggregator { party, key }) in aggregators.iter() {
        if key.is_weak() {
            return Err(BadAggregators::WeakKey { party: party.clone(), role });
        }
        let shared = |other: &PartyId| {
            let (party, other) = (party.clone(), other.clone());
            Err(BadAggregators::SharedKey { party, role, other })
        };
        for (_, before) in aggregators.iter().take_while(|(other, _)| *other != role) {
            if before.party == *party {
                return Err(BadAggregators::TwoRoles { party: party.clone() });
            }
            if before.key == *key {
                return shared(&before.party);
            }
        }
        let namesake = roster.parties().find(|other| {
            let same = roster.key(other).is_some_and(|theirs| theirs == key);
            same && *other != party
        });
        if let Some(other) = namesake {
            return shared(other);
        }
    }
    Ok(())
}
