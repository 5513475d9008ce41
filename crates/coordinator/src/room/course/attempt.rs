//! One attempt at a round, and what its steps answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use concordat_secagg::server::{Answer, Rejected, Rounds};
use concordat_secagg::{FromClient, KeyList, RingVec, Session, Step};
use concordat_terms::{Digest, PartyId};
use concordat_wire::round::{ToClient, encode_to_client};

use crate::room::spool::Uploads;

/// The attempt that is going on; none once all rounds are finished.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) session: Session,
    pub(super) rounds: Rounds,
    /// While keys are collected.
    pub(super) keys: KeyList,
    /// Who was heard in this step, and the digest of what it said.
    pub(super) heard: BTreeMap<PartyId, Digest>,
    /// The words of the uploads that count and came in their messages: a chunk each, at most.
    pub(super) vectors: BTreeMap<PartyId, RingVec>,
}

impl Attempt {
    pub(super) fn new(session: Session) -> Self {
        let rounds = Rounds::new(session.clone());
        let (heard, vectors) = (BTreeMap::new(), BTreeMap::new());
        Self { session, rounds, keys: KeyList::new(), heard, vectors }
    }

    /// Counts a message, with the words that came before it where it is an upload without them.
    ///
    /// # Errors
    /// [`Rejected`].
    pub(super) fn receive(
        &mut self,
        message: FromClient,
        uploads: &Uploads,
    ) -> Result<(), Rejected> {
        match message {
            FromClient::Upload(upload) if self.rounds.step() == Step::MaskedInput => {
                let missing = || Rejected::OtherVector { from: upload.from.clone() };
                let words = uploads.words(&upload).ok_or_else(missing)?;
                self.rounds.receive_upload(&upload, &words)
            }
            FromClient::Masked(masked) => {
                let message = FromClient::Masked(masked);
                self.rounds.receive(&message)?;
                if let FromClient::Masked(masked) = message {
                    self.vectors.insert(masked.from, masked.body.vector);
                }
                Ok(())
            }
            other => self.rounds.receive(&other),
        }
    }

    /// Collects the keys from the start, after one party replaced its own.
    pub(super) fn collect_again(&mut self) {
        let mut rounds = Rounds::new(self.session.clone());
        for keys in self.keys.values() {
            // Each was good before; a new key that equals another's is left out.
            rounds.receive(&FromClient::Keys(keys.clone())).ok();
        }
        self.rounds = rounds;
    }
}

/// What each client is told, encoded once where all are told the same.
pub(super) fn answers(answer: Answer) -> BTreeMap<PartyId, Arc<Vec<u8>>> {
    let encoded = |message: ToClient| Arc::new(encode_to_client(&message));
    let all = |to: Vec<PartyId>, message: ToClient| {
        let bytes = encoded(message);
        to.into_iter().map(|party| (party, bytes.clone())).collect()
    };
    match answer {
        Answer::Keys(list) => all(list.keys().cloned().collect(), ToClient::Keys(list)),
        Answer::Inboxes(inboxes) => inboxes
            .into_iter()
            .map(|(party, inbox)| (party, encoded(ToClient::Inbox(inbox))))
            .collect(),
        Answer::Survivors(list) => all(list.iter().cloned().collect(), ToClient::Survivors(list)),
        Answer::Signatures(list) => all(list.keys().cloned().collect(), ToClient::Signatures(list)),
    }
}
