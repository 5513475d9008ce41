//! One attempt at a round, and what its steps answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use concordat_secagg::server::{Answer, Server};
use concordat_secagg::{FromClient, KeyList, Session};
use concordat_terms::{Digest, PartyId};
use concordat_wire::round::{ToClient, encode_to_client};

/// The attempt that is going on; none once all rounds are finished.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) session: Session,
    pub(super) server: Server,
    /// While keys are collected.
    pub(super) keys: KeyList,
    /// Who was heard in this step, and the digest of what it said.
    pub(super) heard: BTreeMap<PartyId, Digest>,
}

impl Attempt {
    pub(super) fn new(session: Session) -> Self {
        let server = Server::new(session.clone());
        Self { session, server, keys: KeyList::new(), heard: BTreeMap::new() }
    }

    /// Collects the keys from the start, after one party replaced its own.
    pub(super) fn collect_again(&mut self) {
        let mut server = Server::new(self.session.clone());
        for keys in self.keys.values() {
            // Each was good before; a new key that equals another's is left out.
            server.receive(FromClient::Keys(keys.clone())).ok();
        }
        self.server = server;
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
