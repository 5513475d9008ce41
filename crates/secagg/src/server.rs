//! The server: a type per round, consumed by the step that closes it.
//!
//! It checks every message before it counts, names who sent a bad one, and goes on without it.
//! A round is closed when everybody answered or the caller's deadline passed; what comes later
//! has no value left to arrive at:
//!
//! ```compile_fail,E0382
//! # use concordat_secagg::{server::MaskedInput, RingVec, Signed, Upload};
//! fn late(mut server: MaskedInput, upload: Signed<Upload>, words: &RingVec) {
//!     let next = server.close();
//!     server.receive(upload, words); // the round is over
//! }
//! ```
//!
//! Whoever holds the rounds needs memory for one vector, the sum: an upload lies where its chunks
//! arrived, say in a file, and is read once when it counts: [`Rounds`]. [`Server`] is for models
//! that fit into memory: it keeps every upload, and hands all of them out with the sum.

mod current;
mod rejected;

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{Digest, PartyId};

pub use self::current::{Answer, Closed, Rounds, Server, Then};
pub use self::rejected::{BelowThreshold, Rejected, Unopened};
use crate::agree::{is_bad_key, public_of};
use crate::message::{
    Dealt, Inbox, KeyList, Keys, Masked, Opened, Reveal, Shares, Signatures, Signed, Step,
    Survivors, Which, peers_digest,
};
use crate::proof::{Proof, unmask};
use crate::shamir::combine;
use crate::upload::{Chunks, Upload, read_signed, take_back};
use crate::{Body, RingVec, Secret, Session};

/// What every round checks first: in the round, not yet answered, signed.
fn admit<B: Body, T>(
    session: &Session,
    message: &Signed<B>,
    in_round: bool,
    answered: &BTreeMap<PartyId, T>,
) -> Result<(), Rejected> {
    awaited(B::STEP, &message.from, in_round, answered)?;
    if !message.holds(session) {
        return Err(Rejected::BadSignature { from: message.from.clone(), step: B::STEP });
    }
    Ok(())
}

/// That the claimed sender takes part and has not answered.
fn awaited<T>(
    step: Step,
    from: &PartyId,
    in_round: bool,
    answered: &BTreeMap<PartyId, T>,
) -> Result<(), Rejected> {
    if !in_round {
        return Err(Rejected::NotInRound { from: from.clone(), step });
    }
    if answered.contains_key(from) {
        return Err(Rejected::Duplicate { from: from.clone(), step });
    }
    Ok(())
}

/// That `need` of those `expected` have answered.
fn enough<'a, T>(
    step: Step,
    need: usize,
    answered: &BTreeMap<PartyId, T>,
    expected: impl Iterator<Item = &'a PartyId>,
) -> Result<(), BelowThreshold> {
    let have = answered.len();
    if have >= need {
        return Ok(());
    }
    let missing = expected.filter(|party| !answered.contains_key(*party)).cloned().collect();
    Err(BelowThreshold { step, have, need, missing })
}

/// Collects signed keys.
#[derive(Clone, Debug)]
pub struct AdvertiseKeys {
    session: Session,
    keys: KeyList,
}

impl AdvertiseKeys {
    /// Opens an attempt.
    pub fn new(session: Session) -> Self {
        Self { session, keys: BTreeMap::new() }
    }

    /// Counts a client's keys, or says why not.
    pub fn receive(&mut self, message: Signed<Keys>) -> Result<(), Rejected> {
        let in_roster = self.session.roster().key(&message.from).is_some();
        admit(&self.session, &message, in_roster, &self.keys)?;
        let Keys { cipher_key, mask_key, .. } = message.body;
        let taken =
            |key| self.keys.values().any(|k| key == k.body.cipher_key || key == k.body.mask_key);
        let bad = |key| is_bad_key(&key) || taken(key);
        if cipher_key == mask_key || bad(cipher_key) || bad(mask_key) {
            return Err(Rejected::BadKey { from: message.from });
        }

        self.keys.insert(message.from.clone(), message);
        Ok(())
    }

    /// Ends the round; the list, U1, goes to each of its members.
    ///
    /// # Errors
    ///
    /// [`BelowThreshold`] with fewer than m clients.
    pub fn close(self) -> Result<(ShareKeys, KeyList), BelowThreshold> {
        let Self { session, keys } = self;
        let need = session.params().remaining();
        enough(Step::AdvertiseKeys, need, &keys, session.roster().parties())?;
        let list = keys.clone();
        Ok((ShareKeys { session, keys, shares: BTreeMap::new() }, list))
    }
}

/// Collects sealed shares.
#[derive(Clone, Debug)]
pub struct ShareKeys {
    session: Session,
    keys: KeyList,
    shares: BTreeMap<PartyId, BTreeMap<PartyId, Dealt>>,
}

impl ShareKeys {
    /// Counts a client's shares, or says why not.
    pub fn receive(&mut self, message: Signed<Shares>) -> Result<(), Rejected> {
        let in_round = self.keys.contains_key(&message.from);
        admit(&self.session, &message, in_round, &self.shares)?;
        if !message.body.dealt.keys().eq(self.keys.keys()) {
            return Err(Rejected::WrongHolders { from: message.from });
        }

        self.shares.insert(message.from, message.body.dealt);
        Ok(())
    }

    /// Ends the round; each client of U2 gets its own inbox.
    ///
    /// # Errors
    ///
    /// [`BelowThreshold`] with fewer than m clients.
    pub fn close(self) -> Result<(MaskedInput, BTreeMap<PartyId, Inbox>), BelowThreshold> {
        let Self { session, mut keys, shares } = self;
        let need = session.params().remaining();
        enough(Step::ShareKeys, need, &shares, keys.keys())?;

        keys.retain(|party, _| shares.contains_key(party));
        let inbox = |holder: &PartyId| {
            let to_holder = |(dealer, dealt): (&PartyId, &BTreeMap<PartyId, Dealt>)| {
                Some((dealer.clone(), dealt.get(holder)?.clone()))
            };
            shares.iter().filter_map(to_holder).collect()
        };
        let inboxes = keys.keys().map(|holder| (holder.clone(), inbox(holder))).collect();
        let peers = peers_digest(keys.iter().map(|(party, signed)| (party, &signed.body)));
        let sum = RingVec::zeros(session.params().ring(), session.params().dimension());
        let uploads = BTreeMap::new();
        Ok((MaskedInput { session, keys, shares, peers, uploads, sum }, inboxes))
    }
}

/// Collects masked vectors and adds them up.
#[derive(Clone, Debug)]
pub struct MaskedInput {
    session: Session,
    /// Of U2.
    keys: KeyList,
    shares: BTreeMap<PartyId, BTreeMap<PartyId, Dealt>>,
    peers: Digest,
    uploads: BTreeMap<PartyId, Signed<Upload>>,
    /// Of the uploads; still masked.
    sum: RingVec,
}

impl MaskedInput {
    /// Counts a client's upload, or says why not; `words` are all its chunks.
    ///
    /// The signature is checked first. Each chunk is read, hashed and added once; where the whole
    /// turns out not to be what was signed, it is read again and taken back. Where it cannot be read
    /// again, everybody's upload is forgotten, and can be taken in once more.
    ///
    /// # Errors
    ///
    /// [`Rejected`]; the sum is as before.
    pub fn receive(
        &mut self,
        message: Signed<Upload>,
        words: &impl Chunks,
    ) -> Result<(), Rejected> {
        self.admit(&message)?;
        let params = self.session.params();
        let add = |at, bytes: &[u8]| _ = self.sum.add_bytes_at(at, bytes);
        if let Err(added) = read_signed(params, message.body.vector, words, add) {
            if !take_back(&mut self.sum, added, words) {
                // Whoever keeps the words has lost some: nobody has uploaded anything.
                self.uploads.clear();
                self.sum = RingVec::zeros(params.ring(), params.dimension());
            }
            return Err(Rejected::OtherVector { from: message.from });
        }

        self.uploads.insert(message.from.clone(), message);
        Ok(())
    }

    /// As [`MaskedInput::receive`], for a vector that came in one message.
    pub(crate) fn receive_whole(&mut self, message: &Signed<Masked>) -> Result<(), Rejected> {
        let params = self.session.params();
        let (need_ring, need_len) = (params.ring(), params.dimension());
        let (ring, len) = (message.body.vector.ring(), message.body.vector.len());
        // The shape comes before the signature, which costs a hash over the whole vector; and so
        // does whether the sender is awaited.
        if (ring, len) != (need_ring, need_len) {
            let from = message.from.clone();
            return Err(Rejected::Shape { from, ring, len, need_ring, need_len });
        }
        self.awaits(&message.from)?;
        let upload = message.upload();
        self.admit(&upload)?;

        let added = self.sum.add(&message.body.vector);
        debug_assert!(added, "the shape was checked");
        self.uploads.insert(upload.from.clone(), upload);
        Ok(())
    }

    fn awaits(&self, from: &PartyId) -> Result<(), Rejected> {
        awaited(Step::MaskedInput, from, self.keys.contains_key(from), &self.uploads)
    }

    fn admit(&self, message: &Signed<Upload>) -> Result<(), Rejected> {
        let in_round = self.keys.contains_key(&message.from);
        admit(&self.session, message, in_round, &self.uploads)?;
        if message.body.peers != self.peers {
            return Err(Rejected::OtherPeers { from: message.from.clone() });
        }
        Ok(())
    }

    /// Ends the round; the list, U3, goes to each of its members. Later uploads are dropped.
    ///
    /// # Errors
    ///
    /// [`BelowThreshold`] with fewer than m clients.
    pub fn close(self) -> Result<(ConsistencyCheck, BTreeSet<PartyId>), BelowThreshold> {
        let need = self.session.params().remaining();
        enough(Step::MaskedInput, need, &self.uploads, self.keys.keys())?;
        let survivors: BTreeSet<_> = self.uploads.keys().cloned().collect();
        let list = survivors.clone();
        Ok((ConsistencyCheck { masked: self, survivors, signatures: BTreeMap::new() }, list))
    }
}

/// Collects signatures under the list of survivors.
#[derive(Clone, Debug)]
pub struct ConsistencyCheck {
    masked: MaskedInput,
    survivors: BTreeSet<PartyId>,
    signatures: Signatures,
}

impl ConsistencyCheck {
    /// Counts a client's signature, or says why not.
    pub fn receive(&mut self, message: Signed<Survivors>) -> Result<(), Rejected> {
        let in_round = self.survivors.contains(&message.from);
        admit(&self.masked.session, &message, in_round, &self.signatures)?;
        if message.body.parties != self.survivors {
            return Err(Rejected::OtherSurvivors { from: message.from });
        }

        self.signatures.insert(message.from, message.signature);
        Ok(())
    }

    /// Ends the round; the signatures go to each of the signers, U4.
    ///
    /// # Errors
    ///
    /// [`BelowThreshold`] with fewer than t signatures.
    pub fn close(self) -> Result<(Unmasking, Signatures), BelowThreshold> {
        let need = self.masked.session.params().threshold();
        enough(Step::ConsistencyCheck, need, &self.signatures, self.survivors.iter())?;
        let signatures = self.signatures.clone();
        Ok((Unmasking { checked: self, reveals: BTreeMap::new() }, signatures))
    }
}

/// Collects the shares that open the sum.
#[derive(Clone, Debug)]
pub struct Unmasking {
    checked: ConsistencyCheck,
    reveals: BTreeMap<PartyId, BTreeMap<PartyId, Opened>>,
}

impl Unmasking {
    /// Counts a client's shares, or says why not.
    ///
    /// Shares may be missing, where a dealer dealt badly; none may be wrong.
    pub fn receive(&mut self, message: Signed<Reveal>) -> Result<(), Rejected> {
        let session = &self.checked.masked.session;
        let in_round = self.checked.signatures.contains_key(&message.from);
        admit(session, &message, in_round, &self.reveals)?;
        for (dealer, opened) in &message.body.shares {
            let dealt = self.checked.masked.shares.get(dealer).and_then(|d| d.get(&message.from));
            let (which, survived) = (opened.which(), self.checked.survivors.contains(dealer));
            let dealt = match (dealt, which, survived) {
                (Some(dealt), Which::Seed, true) => Some(dealt.seed_share),
                (Some(dealt), Which::Key, false) => Some(dealt.key_share),
                _ => None,
            };
            let name = Dealt::name(session, dealer, &message.from, which, opened.share());
            if dealt != Some(name) {
                return Err(Rejected::BadShare { from: message.from, dealer: dealer.clone() });
            }
        }

        self.reveals.insert(message.from, message.body.shares);
        Ok(())
    }

    /// Ends the attempt: opens the sum, and returns all that proves it but the uploads' words.
    ///
    /// # Errors
    ///
    /// [`Unopened`], with fewer than t answers or a dealer whose secret cannot be opened.
    pub fn finish(self) -> Result<(Proof, RingVec), Unopened> {
        let need = self.checked.masked.session.params().threshold();
        enough(Step::Unmasking, need, &self.reveals, self.checked.signatures.keys())?;
        let (mut seeds, mut mask_keys) = (BTreeMap::new(), BTreeMap::new());
        for (dealer, keys) in &self.checked.masked.keys {
            let secret = self.open(dealer, &keys.body)?;
            let survived = self.checked.survivors.contains(dealer);
            if survived { &mut seeds } else { &mut mask_keys }.insert(dealer.clone(), secret);
        }

        let ConsistencyCheck { masked, signatures, .. } = self.checked;
        let MaskedInput { session, keys, uploads, mut sum, .. } = masked;
        let proof = Proof { keys, uploads, signatures, seeds, mask_keys };
        unmask(&session, &proof).map_err(|dealer| Unopened::BadDealer { dealer })?.apply(&mut sum);
        Ok((proof, sum))
    }

    /// The dealer's secret from exactly t shares, if it is the one the dealer committed to.
    fn open(&self, dealer: &PartyId, keys: &Keys) -> Result<Secret, Unopened> {
        let session = &self.checked.masked.session;
        let threshold = session.params().threshold();
        let point_of = |holder| session.point(holder);
        let revealed: Vec<(u8, &Secret)> = self
            .reveals
            .iter()
            .filter_map(|(holder, shares)| Some((point_of(holder)?, shares.get(dealer)?.share())))
            .collect();
        let Some(shares) = revealed.get(..threshold) else { return Err(self.withheld(dealer)) };
        let opens = |secret: &Secret| {
            if self.checked.survivors.contains(dealer) {
                Keys::commit(session, dealer, secret) == keys.seed_commitment
            } else {
                public_of(secret) == keys.mask_key
            }
        };
        let bad = || Unopened::BadDealer { dealer: dealer.clone() };
        combine(shares).filter(opens).ok_or_else(bad)
    }

    /// Who is to blame for too few shares of a dealer, as far as anybody can tell.
    fn withheld(&self, dealer: &PartyId) -> Unopened {
        let kept = self.reveals.iter().filter(|(_, shares)| !shares.contains_key(dealer));
        let by: BTreeSet<PartyId> = kept.map(|(holder, _)| holder.clone()).collect();
        let dealer = dealer.clone();
        if by.len() > self.checked.masked.session.params().colluders() {
            return Unopened::BadDealer { dealer };
        }
        Unopened::Withheld { dealer, by }
    }
}
