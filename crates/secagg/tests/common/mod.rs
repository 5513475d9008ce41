//! A small world for the stories: parties with ledger keys, and an honest model beside them.
#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
#![allow(unreachable_pub)]

#[path = "../../src/testing.rs"]
mod testing;

use std::collections::{BTreeMap, BTreeSet};

pub use concordat_secagg::Session;
use concordat_secagg::server::{Answer, Closed, Server, Unopened};
use concordat_secagg::{
    Binding, FromClient, KeyList, Params, Proposal, RingVec, Roster, SigningKey, Step, Transcript,
    client,
};
use concordat_terms::{Digest, PartyId};
use rand_core::Rng as _;
pub(crate) use testing::SplitMix64;

pub const NAMES: [&str; 20] = [
    "alder", "aspen", "beech", "birch", "cedar", "cherry", "elder", "elm", "fir", "hazel", "holly",
    "juniper", "larch", "lime", "maple", "oak", "pine", "rowan", "spruce", "willow",
];

pub fn party(name: &str) -> PartyId {
    name.parse().unwrap()
}

pub fn ledger_key(name: &str) -> SigningKey {
    SigningKey::from_bytes(Digest::of(name.as_bytes()).as_bytes())
}

/// N, t, c, d.
pub type Numbers = (u32, u32, u32, u32);

pub fn params((clients, threshold, colluders, dropouts): Numbers, bits: u32, dim: u32) -> Params {
    Params::prove(Proposal {
        clients,
        threshold,
        colluders,
        dropouts,
        ring_bits: bits,
        dimension: dim,
        units_per_round: 10,
        levels: 1 << 16,
        noise: 1 << 10,
    })
    .unwrap()
}

/// So many parties; the first twenty are [`NAMES`].
pub fn roster(count: usize) -> Roster {
    let more = (NAMES.len()..count).map(|place| format!("yew-{place}"));
    let names = NAMES.iter().take(count).map(|name| (*name).to_owned()).chain(more);
    let key = |name: String| (party(&name), ledger_key(&name).verifying_key());
    Roster::new(names.map(key).collect()).unwrap()
}

pub fn binding() -> Binding {
    Binding {
        agreed: Digest::of(b"agreement"),
        run: "triage".parse().unwrap(),
        round: 3,
        attempt: 0,
        model: Digest::of(b"model"),
        quantiser: Digest::of(b"quantiser"),
    }
}

pub fn session(numbers: Numbers, bits: u32, dim: u32) -> Session {
    Session::new(params(numbers, bits, dim), roster(numbers.0 as usize), &binding()).unwrap()
}

/// A contribution of small signed values.
pub fn contribution(session: &Session, rng: &mut SplitMix64) -> RingVec {
    let params = session.params();
    let value = |_| i64::from(rng.next_u32() % 200_000) - 100_000;
    RingVec::from_signed(params.ring(), (0..params.dimension()).map(value))
}

pub fn sum_of<'a>(session: &Session, vectors: impl Iterator<Item = &'a RingVec>) -> RingVec {
    let mut sum = RingVec::zeros(session.params().ring(), session.params().dimension());
    vectors.for_each(|vector| assert!(sum.add(vector)));
    sum
}

/// A client wherever it stands.
pub enum Client {
    ShareKeys(client::ShareKeys),
    MaskedInput(client::MaskedInput),
    ConsistencyCheck(client::ConsistencyCheck),
    Unmasking(client::Unmasking),
    Done,
}

/// The clients of one attempt, each with its contribution.
pub struct World {
    pub session: Session,
    pub rng: SplitMix64,
    pub clients: BTreeMap<PartyId, Client>,
    pub vectors: BTreeMap<PartyId, RingVec>,
}

impl World {
    pub fn new(session: &Session, seed: u64) -> Self {
        let mut rng = SplitMix64(seed);
        let vectors = session
            .roster()
            .parties()
            .map(|party| (party.clone(), contribution(session, &mut rng)))
            .collect();
        Self { session: session.clone(), rng, clients: BTreeMap::new(), vectors }
    }

    /// What every client says first.
    pub fn advertise(&mut self) -> Vec<FromClient> {
        let parties: Vec<PartyId> = self.session.roster().parties().cloned().collect();
        let mut messages = Vec::new();
        for party in parties {
            let key = ledger_key(party.as_str());
            let (state, message) =
                client::advertise(self.session.clone(), party.clone(), key, &mut self.rng).unwrap();
            self.clients.insert(party, Client::ShareKeys(state));
            messages.push(FromClient::Keys(message));
        }
        messages
    }

    /// What every client that is still there says to the server's answer.
    pub fn respond(&mut self, answer: &Answer) -> Vec<FromClient> {
        let mut messages = Vec::new();
        for (party, client) in std::mem::take(&mut self.clients) {
            let (client, message) = match (client, answer) {
                (Client::ShareKeys(state), Answer::Keys(list)) if list.contains_key(&party) => {
                    let (state, message) = state.share(list, &mut self.rng).unwrap();
                    (Client::MaskedInput(state), FromClient::Shares(message))
                }
                (Client::MaskedInput(state), Answer::Inboxes(inboxes))
                    if inboxes.contains_key(&party) =>
                {
                    let vector = self.vectors[&party].clone();
                    let (state, message) = state.mask(&inboxes[&party], vector).unwrap();
                    assert_eq!(state.complaints().count(), 0);
                    (Client::ConsistencyCheck(state), FromClient::Masked(message))
                }
                (Client::ConsistencyCheck(state), Answer::Survivors(survivors))
                    if survivors.contains(&party) =>
                {
                    let (state, message) = state.sign(survivors).unwrap();
                    (Client::Unmasking(state), FromClient::Survivors(message))
                }
                (Client::Unmasking(state), Answer::Signatures(signatures))
                    if signatures.contains_key(&party) =>
                {
                    (Client::Done, FromClient::Reveal(state.reveal(signatures).unwrap()))
                }
                _ => continue, // it dropped out
            };
            self.clients.insert(party, client);
            messages.push(message);
        }
        messages
    }

    /// Runs the protocol; `deliver` decides what of each round's messages reaches the server.
    pub fn run(
        &mut self,
        mut deliver: impl FnMut(&mut SplitMix64, &mut Server, Vec<FromClient>),
    ) -> Result<Transcript, Unopened> {
        let mut server = Server::new(self.session.clone());
        let mut messages = self.advertise();
        loop {
            deliver(&mut self.rng, &mut server, messages);
            match server.close()? {
                Closed::Done(transcript) => return Ok(transcript),
                Closed::Next(next, answer) => {
                    messages = self.respond(&answer);
                    server = next;
                }
            }
        }
    }

    /// Runs the protocol up to, and with the answers of, `until`; everything arrives.
    pub fn run_until(&mut self, until: Step) -> (Server, Answer) {
        let mut server = Server::new(self.session.clone());
        let mut messages = self.advertise();
        loop {
            for message in messages {
                server.receive(message).unwrap();
            }
            let step = server.step();
            match server.close().unwrap() {
                Closed::Next(next, answer) if step == until => return (next, answer),
                Closed::Next(next, answer) => {
                    messages = self.respond(&answer);
                    server = next;
                }
                Closed::Done(_) => panic!("ran past the end"),
            }
        }
    }

    pub fn take_share_keys(&mut self, name: &str) -> client::ShareKeys {
        match self.clients.remove(&party(name)) {
            Some(Client::ShareKeys(state)) => state,
            _ => panic!("`{name}` is elsewhere"),
        }
    }

    pub fn take_masked_input(&mut self, name: &str) -> client::MaskedInput {
        match self.clients.remove(&party(name)) {
            Some(Client::MaskedInput(state)) => state,
            _ => panic!("`{name}` is elsewhere"),
        }
    }

    pub fn take_consistency(&mut self, name: &str) -> client::ConsistencyCheck {
        match self.clients.remove(&party(name)) {
            Some(Client::ConsistencyCheck(state)) => state,
            _ => panic!("`{name}` is elsewhere"),
        }
    }

    pub fn take_unmasking(&mut self, name: &str) -> client::Unmasking {
        match self.clients.remove(&party(name)) {
            Some(Client::Unmasking(state)) => state,
            _ => panic!("`{name}` is elsewhere"),
        }
    }
}

/// The signed keys that an answer holds.
pub fn key_list(answer: &Answer) -> KeyList {
    match answer {
        Answer::Keys(list) => list.clone(),
        _ => panic!("another answer"),
    }
}

/// What an honest run gives when each party falls silent at its step, if it has one.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    Sum(BTreeSet<PartyId>, RingVec),
    Below(Step, usize),
}

pub fn expected(
    session: &Session,
    vectors: &BTreeMap<PartyId, RingVec>,
    silent: &BTreeMap<PartyId, Step>,
) -> Outcome {
    let speaks = |step: Step| -> BTreeSet<PartyId> {
        let there = |p: &&PartyId| silent.get(*p).is_none_or(|from| *from > step);
        session.roster().parties().filter(there).cloned().collect()
    };
    let params = session.params();
    for (step, need) in [
        (Step::AdvertiseKeys, params.remaining()),
        (Step::ShareKeys, params.remaining()),
        (Step::MaskedInput, params.remaining()),
        (Step::ConsistencyCheck, params.threshold()),
        (Step::Unmasking, params.threshold()),
    ] {
        if speaks(step).len() < need {
            return Outcome::Below(step, speaks(step).len());
        }
    }
    let survivors = speaks(Step::MaskedInput);
    let sum = sum_of(session, survivors.iter().map(|p| &vectors[p]));
    Outcome::Sum(survivors, sum)
}

pub fn outcome(session: &Session, result: Result<Transcript, Unopened>) -> Outcome {
    match result {
        Ok(transcript) => {
            let sum = concordat_secagg::verify_sum(session, &transcript).unwrap();
            assert_eq!(sum.vector, transcript.sum);
            Outcome::Sum(sum.survivors, sum.vector)
        }
        Err(Unopened::BelowThreshold(below)) => Outcome::Below(below.step, below.have),
        Err(other) => panic!("{other}"),
    }
}
