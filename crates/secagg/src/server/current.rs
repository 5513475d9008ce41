//! The round that an attempt stands in, as one value.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::PartyId;

use super::{
    AdvertiseKeys, ConsistencyCheck, MaskedInput, Rejected, ShareKeys, Unmasking, Unopened,
};
use crate::upload::{Chunks, Upload};
use crate::{
    FromClient, Inbox, KeyList, Proof, RingVec, Session, Signatures, Signed, Step, Transcript,
};

/// The current round, for whoever has to store it. The words of uploads are the caller's to keep.
#[derive(Clone, Debug)]
pub struct Rounds(Box<Round>);

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
pub enum Then {
    /// The next round, and what its clients are to be told.
    Next(Rounds, Answer),
    /// The sum, and what proves it but the words of the uploads.
    Done(Box<Proof>, RingVec),
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

impl Rounds {
    /// Opens an attempt.
    pub fn new(session: Session) -> Self {
        Self(Box::new(Round::AdvertiseKeys(AdvertiseKeys::new(session))))
    }

    /// The current round.
    pub fn step(&self) -> Step {
        match &*self.0 {
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
        match &*self.0 {
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
    /// whatever the round's own `receive` says. An upload without its words is
    /// [`Rejected::OtherVector`].
    pub fn receive(&mut self, message: &FromClient) -> Result<(), Rejected> {
        match (&mut *self.0, message) {
            (Round::AdvertiseKeys(round), FromClient::Keys(m)) => round.receive(m.clone()),
            (Round::ShareKeys(round), FromClient::Shares(m)) => round.receive(m.clone()),
            (Round::MaskedInput(round), FromClient::Masked(m)) => round.receive_whole(m),
            (Round::MaskedInput(_), FromClient::Upload(m)) => {
                Err(Rejected::OtherVector { from: m.from.clone() })
            }
            (Round::ConsistencyCheck(round), FromClient::Survivors(m)) => round.receive(m.clone()),
            (Round::Unmasking(round), FromClient::Reveal(m)) => round.receive(m.clone()),
            (_, message) => Err(self.wrong_step(message.from(), message.step())),
        }
    }

    /// Counts an upload whose words lie elsewhere: see [`MaskedInput::receive`].
    ///
    /// # Errors
    ///
    /// [`Rejected`]; the sum is as before.
    pub fn receive_upload(
        &mut self,
        message: &Signed<Upload>,
        words: &impl Chunks,
    ) -> Result<(), Rejected> {
        match &mut *self.0 {
            Round::MaskedInput(round) => round.receive(message.clone(), words),
            _ => Err(self.wrong_step(&message.from, Step::MaskedInput)),
        }
    }

    fn wrong_step(&self, from: &PartyId, sent: Step) -> Rejected {
        Rejected::WrongStep { from: from.clone(), sent, step: self.step() }
    }

    /// Ends the current round.
    ///
    /// # Errors
    ///
    /// [`Unopened`] when the attempt is over without a sum.
    pub fn close(self) -> Result<Then, Unopened> {
        let (round, answer) = match *self.0 {
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
                return Ok(Then::Done(Box::new(proof), sum));
            }
        };
        Ok(Then::Next(Self(Box::new(round)), answer))
    }
}

/// [`Rounds`], and every upload in memory: for rehearsals, where a coordinator keeps words in files.
#[derive(Clone, Debug)]
pub struct Server {
    rounds: Rounds,
    /// The words of the uploads that count.
    vectors: BTreeMap<PartyId, RingVec>,
}

/// What a closed round of a [`Server`] leads to.
#[derive(Clone, Debug)]
pub enum Closed {
    /// The next round, and what its clients are to be told.
    Next(Server, Answer),
    /// The sum.
    Done(Transcript),
}

impl Server {
    /// Opens an attempt.
    pub fn new(session: Session) -> Self {
        Self { rounds: Rounds::new(session), vectors: BTreeMap::new() }
    }

    /// The current round.
    pub fn step(&self) -> Step {
        self.rounds.step()
    }

    /// Clients whose answer the current round awaits.
    pub fn awaited(&self) -> BTreeSet<PartyId> {
        self.rounds.awaited()
    }

    /// Counts a message in the current round, or says why not.
    ///
    /// # Errors
    ///
    /// As [`Rounds::receive`].
    pub fn receive(&mut self, message: FromClient) -> Result<(), Rejected> {
        self.rounds.receive(&message)?;
        if let FromClient::Masked(message) = message {
            self.vectors.insert(message.from, message.body.vector);
        }
        Ok(())
    }

    /// Ends the current round.
    ///
    /// # Errors
    ///
    /// [`Unopened`] when the attempt is over without a sum.
    pub fn close(self) -> Result<Closed, Unopened> {
        let Self { rounds, vectors } = self;
        Ok(match rounds.close()? {
            Then::Next(rounds, answer) => Closed::Next(Self { rounds, vectors }, answer),
            Then::Done(proof, sum) => Closed::Done(proof.with(vectors, sum)),
        })
    }
}
