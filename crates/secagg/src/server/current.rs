//! The round that an attempt stands in, as one value.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::PartyId;

use super::{
    AdvertiseKeys, ConsistencyCheck, MaskedInput, Rejected, ShareKeys, Unmasking, Unopened,
};
use crate::{FromClient, Inbox, KeyList, Session, Signatures, Step, Transcript};

/// The current round, for whoever has to store it.
#[derive(Clone, Debug)]
pub enum Server {
    /// Collects keys.
    AdvertiseKeys(AdvertiseKeys),
    /// Collects shares.
    ShareKeys(ShareKeys),
    /// Collects vectors.
    MaskedInput(MaskedInput),
    /// Collects signatures.
    ConsistencyCheck(ConsistencyCheck),
    /// Collects revealed shares.
    Unmasking(Unmasking),
}

/// What a closed round leads to.
#[derive(Clone, Debug)]
pub enum Closed {
    /// The next round, and what its clients are to be told.
    Next(Server, Answer),
    /// The sum.
    Done(Transcript),
}

/// What the server answers when a round closes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// U1, the same for each of its members.
    Keys(KeyList),
    /// By member of U2, what was dealt to it.
    Inboxes(BTreeMap<PartyId, Inbox>),
    /// U3, the same for each of its members.
    Survivors(BTreeSet<PartyId>),
    /// The signatures under U3, the same for each signer.
    Signatures(Signatures),
}

impl Server {
    /// Opens an attempt.
    pub fn new(session: Session) -> Self {
        Self::AdvertiseKeys(AdvertiseKeys::new(session))
    }

    /// The current round.
    pub fn step(&self) -> Step {
        match self {
            Self::AdvertiseKeys(_) => Step::AdvertiseKeys,
            Self::ShareKeys(_) => Step::ShareKeys,
            Self::MaskedInput(_) => Step::MaskedInput,
            Self::ConsistencyCheck(_) => Step::ConsistencyCheck,
            Self::Unmasking(_) => Step::Unmasking,
        }
    }

    /// Clients whose answer the current round awaits.
    pub fn awaited(&self) -> BTreeSet<PartyId> {
        fn rest<'a, T>(
            expected: impl Iterator<Item = &'a PartyId>,
            answered: &BTreeMap<PartyId, T>,
        ) -> BTreeSet<PartyId> {
            expected.filter(|party| !answered.contains_key(*party)).cloned().collect()
        }
        match self {
            Self::AdvertiseKeys(s) => rest(s.session.roster().parties(), &s.keys),
            Self::ShareKeys(s) => rest(s.keys.keys(), &s.shares),
            Self::MaskedInput(s) => rest(s.keys.keys(), &s.uploads),
            Self::ConsistencyCheck(s) => rest(s.survivors.iter(), &s.signatures),
            Self::Unmasking(s) => rest(s.checked.signatures.keys(), &s.reveals),
        }
    }

    /// Counts a message in the current round, or says why not.
    ///
    /// # Errors
    ///
    /// [`Rejected::WrongStep`] for a message of another round, such as a late upload; else
    /// whatever the round's own `receive` says.
    pub fn receive(&mut self, message: FromClient) -> Result<(), Rejected> {
        match (self, message) {
            (Self::AdvertiseKeys(server), FromClient::Keys(message)) => server.receive(message),
            (Self::ShareKeys(server), FromClient::Shares(message)) => server.receive(message),
            (Self::MaskedInput(server), FromClient::Masked(message)) => server.receive(message),
            (Self::ConsistencyCheck(server), FromClient::Survivors(message)) => {
                server.receive(message)
            }
            (Self::Unmasking(server), FromClient::Reveal(message)) => server.receive(message),
            (server, message) => Err(Rejected::WrongStep {
                from: message.from().clone(),
                sent: message.step(),
                step: server.step(),
            }),
        }
    }

    /// Ends the current round.
    ///
    /// # Errors
    ///
    /// [`Unopened`] when the attempt is over without a sum.
    pub fn close(self) -> Result<Closed, Unopened> {
        Ok(match self {
            Self::AdvertiseKeys(server) => {
                let (next, list) = server.close()?;
                Closed::Next(Self::ShareKeys(next), Answer::Keys(list))
            }
            Self::ShareKeys(server) => {
                let (next, inboxes) = server.close()?;
                Closed::Next(Self::MaskedInput(next), Answer::Inboxes(inboxes))
            }
            Self::MaskedInput(server) => {
                let (next, survivors) = server.close()?;
                Closed::Next(Self::ConsistencyCheck(next), Answer::Survivors(survivors))
            }
            Self::ConsistencyCheck(server) => {
                let (next, signatures) = server.close()?;
                Closed::Next(Self::Unmasking(next), Answer::Signatures(signatures))
            }
            Self::Unmasking(server) => Closed::Done(server.finish()?),
        })
    }
}
