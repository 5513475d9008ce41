//! The round that an attempt stands in, as one value.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::PartyId;

use super::{
    AdvertiseKeys, ConsistencyCheck, MaskedInput, Rejected, ShareKeys, Unmasking, Unopened,
};
use crate::{FromClient, Inbox, KeyList, RingVec, Session, Signatures, Step, Transcript};

/// The current round, for whoever has to store it, and every upload in memory.
#[derive(Clone, Debug)]
pub struct Server {
    round: Box<Round>,
    /// The words of the uploads that count.
    vectors: BTreeMap<PartyId, RingVec>,
}

#[derive(Clone, Debug)]
enum Round {
    AdvertiseKeys(AdvertiseKeys),
    ShareKeys(ShareKeys),
    MaskedInput(MaskedInput),
    ConsistencyCheck(ConsistencyCheck),
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
        let round = Round::AdvertiseKeys(AdvertiseKeys::new(session));
        Self { round: Box::new(round), vectors: BTreeMap::new() }
    }

    /// The current round.
    pub fn step(&self) -> Step {
        match &*self.round {
            Round::AdvertiseKeys(_) => Step::AdvertiseKeys,
            Round::ShareKeys(_) => Step::ShareKeys,
            Round::MaskedInput(_) => Step::MaskedInput,
            Round::ConsistencyCheck(_) => Step::ConsistencyCheck,
            Round::Unmasking(_) => Step::Unmasking,
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
        match &*self.round {
            Round::AdvertiseKeys(s) => rest(s.session.roster().parties(), &s.keys),
            Round::ShareKeys(s) => rest(s.keys.keys(), &s.shares),
            Round::MaskedInput(s) => rest(s.keys.keys(), &s.uploads),
            Round::ConsistencyCheck(s) => rest(s.survivors.iter(), &s.signatures),
            Round::Unmasking(s) => rest(s.checked.signatures.keys(), &s.reveals),
        }
    }

    /// Counts a message in the current round, or says why not.
    ///
    /// # Errors
    ///
    /// [`Rejected::WrongStep`] for a message of another round, such as a late upload; else
    /// whatever the round's own `receive` says.
    pub fn receive(&mut self, message: FromClient) -> Result<(), Rejected> {
        match (&mut *self.round, message) {
            (Round::AdvertiseKeys(round), FromClient::Keys(message)) => round.receive(message),
            (Round::ShareKeys(round), FromClient::Shares(message)) => round.receive(message),
            (Round::MaskedInput(round), FromClient::Masked(message)) => {
                round.receive_whole(&message)?;
                self.vectors.insert(message.from, message.body.vector);
                Ok(())
            }
            (Round::ConsistencyCheck(round), FromClient::Survivors(message)) => {
                round.receive(message)
            }
            (Round::Unmasking(round), FromClient::Reveal(message)) => round.receive(message),
            (_, message) => Err(Rejected::WrongStep {
                from: message.from().clone(),
                sent: message.step(),
                step: self.step(),
            }),
        }
    }

    /// Ends the current round.
    ///
    /// # Errors
    ///
    /// [`Unopened`] when the attempt is over without a sum.
    pub fn close(self) -> Result<Closed, Unopened> {
        let Self { round, vectors } = self;
        let (round, answer) = match *round {
            Round::AdvertiseKeys(round) => {
                let (next, list) = round.close()?;
                (Round::ShareKeys(next), Answer::Keys(list))
            }
            Round::ShareKeys(round) => {
                let (next, inboxes) = round.close()?;
                (Round::MaskedInput(next), Answer::Inboxes(inboxes))
            }
            Round::MaskedInput(round) => {
                let (next, survivors) = round.close()?;
                (Round::ConsistencyCheck(next), Answer::Survivors(survivors))
            }
            Round::ConsistencyCheck(round) => {
                let (next, signatures) = round.close()?;
                (Round::Unmasking(next), Answer::Signatures(signatures))
            }
            Round::Unmasking(round) => {
                let (proof, sum) = round.finish()?;
                return Ok(Closed::Done(proof.with(vectors, sum)));
            }
        };
        Ok(Closed::Next(Self { round: Box::new(round), vectors }, answer))
    }
}
