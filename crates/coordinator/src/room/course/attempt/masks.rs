//! An attempt under pairwise masks, and what its steps answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use concordat_secagg::server::{Answer, Rejected, Rounds, Then, Unopened};
use concordat_secagg::three::Speaker;
use concordat_secagg::{FromClient, KeyList, Keys, RingVec, Session, Signature, Signed, Step};
use concordat_terms::PartyId;
use concordat_wire::round::{ToClient, comes_whole, encode_to_client};

use super::{After, Answers, Attempt, Counts, Loss, Proven};
use crate::room::spool::Uploads;

/// An attempt at one of its steps.
#[derive(Debug)]
pub(in crate::room::course) struct Masks {
    pub(in crate::room::course) session: Session,
    rounds: Rounds,
    /// While keys are collected.
    keys: KeyList,
    /// Who was heard in this step, by the signature under what it said.
    heard: BTreeMap<PartyId, Signature>,
    /// Who was heard in the step before, and what it was told then: whoever lost that answer asks for
    /// it once more.
    told: BTreeMap<PartyId, (Signature, Arc<Vec<u8>>)>,
    /// The words of the uploads that count and came in their messages: a chunk each, at most.
    vectors: BTreeMap<PartyId, RingVec>,
}

impl Masks {
    pub(super) fn new(session: Session) -> Self {
        let rounds = Rounds::new(session.clone());
        let (heard, told, vectors) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { session, rounds, keys: KeyList::new(), heard, told, vectors }
    }

    pub(super) fn step(&self) -> Step {
        self.rounds.step()
    }

    pub(super) fn awaited(&self) -> BTreeSet<PartyId> {
        self.rounds.awaited()
    }

    pub(super) fn awaits_words(&self, message: &FromClient) -> bool {
        message.step() == Step::MaskedInput
            && self.rounds.step() == Step::MaskedInput
            && self.rounds.awaited().contains(message.from())
    }

    /// Counts a message that is its sender's.
    pub(super) fn hear(&mut self, message: FromClient, uploads: &Uploads) -> Counts {
        if matches!(message, FromClient::Masked(_)) && !comes_whole(self.session.params()) {
            let what = "a vector of more than one chunk comes before its message";
            return Counts::Rejected(what.to_owned());
        }
        // It was checked that the signature is its sender's, under this very message.
        let (from, signature) = (message.from().clone(), *message.signature());
        if self.heard.get(&from) == Some(&signature) {
            // Sent again because the connection broke, or was held for long: the new one gets the answer.
            return Counts::Yes;
        }
        if let Some((_, bytes)) = self.told.get(&from).filter(|(said, _)| *said == signature) {
            return Counts::Posted(bytes.clone());
        }
        let keys = if let FromClient::Keys(keys) = &message { Some(keys.clone()) } else { None };
        let refused = match self.receive(message, uploads) {
            Ok(()) => {
                self.heard.insert(from.clone(), signature);
                self.keys.extend(keys.map(|keys| (from, keys)));
                return Counts::Yes;
            }
            Err(refused) => refused,
        };
        match (refused, keys) {
            // A client that lost the connection before any answer starts afresh.
            (Rejected::Duplicate { .. }, Some(keys)) if keys.holds(&self.session) => {
                match self.replace(keys) {
                    Ok(()) => {
                        self.heard.insert(from, signature);
                        Counts::Yes
                    }
                    Err(refused) => Counts::Rejected(refused.to_string()),
                }
            }
            (Rejected::Duplicate { .. }, _) => Counts::Aside,
            (Rejected::WrongStep { sent, step, .. }, _) if sent < step => Counts::Aside,
            (refused, _) => Counts::Rejected(refused.to_string()),
        }
    }

    /// Counts a message, with the words that came before it where it is an upload without them.
    fn receive(&mut self, message: FromClient, uploads: &Uploads) -> Result<(), Rejected> {
        match message {
            FromClient::Upload(upload) if self.rounds.step() == Step::MaskedInput => {
                let missing = || Rejected::OtherVector { from: upload.from.clone() };
                let by = Speaker::Contributor(upload.from.clone());
                let words = uploads.words(&by, upload.body.vector).ok_or_else(missing)?;
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

    /// Collects the keys from the start, with these in place of their sender's own.
    ///
    /// # Errors
    /// They are none that count beside the others': then those that counted before stay.
    fn replace(&mut self, keys: Signed<Keys>) -> Result<(), Rejected> {
        let mut rounds = Rounds::new(self.session.clone());
        for other in self.keys.values().filter(|other| other.from != keys.from) {
            rounds.receive(&FromClient::Keys(other.clone()))?;
        }
        rounds.receive(&FromClient::Keys(keys.clone()))?;
        self.rounds = rounds;
        self.keys.insert(keys.from.clone(), keys);
        Ok(())
    }

    pub(super) fn close(self, uploads: &Uploads) -> After {
        let Self { session, rounds, vectors, heard, .. } = self;
        match rounds.close() {
            Ok(Then::Next(rounds, answer)) => {
                if let Answer::Survivors(survivors) = &answer {
                    uploads.close(
                        |by| matches!(by, Speaker::Contributor(party) if survivors.contains(party)),
                    );
                }
                let answers = answers(answer);
                let told = heard.into_iter().filter_map(|(party, signature)| {
                    let bytes = answers.get(&party)?.clone();
                    Some((party, (signature, bytes)))
                });
                let (keys, heard, told) = (KeyList::new(), BTreeMap::new(), told.collect());
                let next = Self { session, rounds, keys, heard, told, vectors };
                After::Next(Attempt::Masks(Box::new(next)), Answers::Each(answers))
            }
            Ok(Then::Done(proof, sum)) => After::Done(Proven::Masks(*proof, vectors), sum),
            Err(lost) => {
                // Where shares were kept back, nobody can tell whether their dealer or their
                // holders are to blame. But without those holders fewer than t are left, and with
                // everybody the next attempt may fail alike: without the dealer alone it can give
                // a sum.
                let without = match &lost {
                    Unopened::BadDealer { dealer } | Unopened::Withheld { dealer, .. } => {
                        Some(dealer.clone())
                    }
                    _ => None,
                };
                After::Lost(Loss { why: lost.to_string(), named: lost.named() }, without)
            }
        }
    }
}

/// What each client is told, encoded once where all are told the same.
fn answers(answer: Answer) -> BTreeMap<PartyId, Arc<Vec<u8>>> {
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
