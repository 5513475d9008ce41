//! The server: a type per round, consumed by the step that closes it.
//!
//! It checks every message before it counts, names who sent a bad one, and goes on without it.
//! A round is closed when everybody answered or the caller's deadline passed; what comes later
//! has no value left to arrive at:
//!
//! ```compile_fail,E0382
//! # use concordat_secagg::{server::MaskedInput, Signed, Masked};
//! fn late(mut server: MaskedInput, upload: Signed<Masked>) {
//!     let next = server.close();
//!     server.receive(upload); // the round is over
//! }
//! ```

mod current;

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{Digest, PartyId};

pub use self::current::{Answer, Closed, Server};
use crate::agree::{is_weak, public_of};
use crate::message::{
    Dealt, Inbox, KeyList, Keys, Masked, Opened, Reveal, Shares, Signatures, Signed, Step,
    Survivors, Which, peers_digest,
};
use crate::shamir::combine;
use crate::transcript::{Transcript, unmask};
use crate::{Body, Ring, RingVec, Secret, Session};

/// Why one message does not count; the round goes on without it.
///
/// In [`Rejected::NotInRound`], [`Rejected::WrongStep`], [`Rejected::Duplicate`],
/// [`Rejected::Shape`] and [`Rejected::BadSignature`] the sender is only claimed: somebody else
/// may have written the message. In all others `from` signed it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The sender is not in the roster, or did not get through the round before.
    #[error("`{from}` does not take part in {step}")]
    NotInRound {
        /// The claimed sender.
        from: PartyId,
        /// The round.
        step: Step,
    },
    /// The message belongs to another round: it is late, or early.
    #[error("`{from}` sent {sent}, and the round is {step}")]
    WrongStep {
        /// The claimed sender.
        from: PartyId,
        /// What was sent.
        sent: Step,
        /// The current round.
        step: Step,
    },
    /// A message of this sender already counts.
    #[error("`{from}` already answered in {step}")]
    Duplicate {
        /// The claimed sender.
        from: PartyId,
        /// The round.
        step: Step,
    },
    /// The signature does not hold for this content in this session.
    #[error("the {step} signature of `{from}` does not hold in this session")]
    BadSignature {
        /// The claimed sender.
        from: PartyId,
        /// The round.
        step: Step,
    },
    /// A key of small order, or one that is already taken.
    #[error("`{from}` advertises a weak key or one that another key equals")]
    BadKey {
        /// The sender.
        from: PartyId,
    },
    /// Shares are dealt to other clients than those of U1.
    #[error("`{from}` deals shares to others than the advertised clients")]
    WrongHolders {
        /// The sender.
        from: PartyId,
    },
    /// The vector has another ring or length.
    #[error("`{from}` uploads {len} elements of {} bits, not {need_len} of {}", .ring.bits(), .need_ring.bits())]
    Shape {
        /// The claimed sender.
        from: PartyId,
        /// Its ring.
        ring: Ring,
        /// Its length.
        len: usize,
        /// The ring agreed.
        need_ring: Ring,
        /// D.
        need_len: usize,
    },
    /// The vector is masked for other clients or keys than those of U2.
    #[error("`{from}` masks for other clients or keys than those that shared")]
    OtherPeers {
        /// The sender.
        from: PartyId,
    },
    /// The list signed is not U3.
    #[error("`{from}` signs another list than the survivors")]
    OtherSurvivors {
        /// The sender.
        from: PartyId,
    },
    /// A revealed share is of the wrong kind, or not the one that was dealt.
    #[error("`{from}` reveals a share of `{dealer}` that is not the one asked for")]
    BadShare {
        /// The sender.
        from: PartyId,
        /// Whose secret.
        dealer: PartyId,
    },
}

/// The attempt is over, without a sum: too few clients are left.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{have} clients got through {step}, and {need} are needed")]
pub struct BelowThreshold {
    /// The round.
    pub step: Step,
    /// Clients that answered well.
    pub have: usize,
    /// m up to MaskedInput, t afterwards.
    pub need: usize,
    /// Who was in the round and did not.
    pub missing: BTreeSet<PartyId>,
}

/// Why no sum came out of the last round.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unopened {
    /// Too few clients revealed.
    #[error(transparent)]
    BelowThreshold(#[from] BelowThreshold),
    /// A dealer's shares do not combine to what it committed to, or it dealt too few good ones.
    #[error("the shares of `{dealer}` do not open what it committed to")]
    BadDealer {
        /// Who is to blame.
        dealer: PartyId,
    },
}

/// What every round checks first: in the round, not yet answered, signed.
fn admit<B: Body, T>(
    session: &Session,
    message: &Signed<B>,
    in_round: bool,
    answered: &BTreeMap<PartyId, T>,
) -> Result<(), Rejected> {
    let (from, step) = (|| message.from.clone(), B::STEP);
    if !in_round {
        return Err(Rejected::NotInRound { from: from(), step });
    }
    if answered.contains_key(&message.from) {
        return Err(Rejected::Duplicate { from: from(), step });
    }
    if !message.holds(session) {
        return Err(Rejected::BadSignature { from: from(), step });
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
        let bad = |key| is_weak(&key) || taken(key);
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
    uploads: BTreeMap<PartyId, Signed<Masked>>,
    /// Of the uploads; still masked.
    sum: RingVec,
}

impl MaskedInput {
    /// Counts a client's upload, or says why not.
    pub fn receive(&mut self, message: Signed<Masked>) -> Result<(), Rejected> {
        let params = self.session.params();
        let (need_ring, need_len) = (params.ring(), params.dimension());
        let (ring, len) = (message.body.vector.ring(), message.body.vector.len());
        // The shape comes before the signature, which costs a hash over the whole vector.
        if (ring, len) != (need_ring, need_len) {
            return Err(Rejected::Shape { from: message.from, ring, len, need_ring, need_len });
        }
        let in_round = self.keys.contains_key(&message.from);
        admit(&self.session, &message, in_round, &self.uploads)?;
        if message.body.peers != self.peers {
            return Err(Rejected::OtherPeers { from: message.from });
        }

        let added = self.sum.add(&message.body.vector);
        debug_assert!(added, "the shape was checked");
        self.uploads.insert(message.from.clone(), message);
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

    /// Ends the attempt: opens the sum, and returns it with all that proves it.
    ///
    /// # Errors
    ///
    /// [`Unopened`], with fewer than t answers or a dealer whose shares open nothing.
    pub fn finish(self) -> Result<Transcript, Unopened> {
        let need = self.checked.masked.session.params().threshold();
        enough(Step::Unmasking, need, &self.reveals, self.checked.signatures.keys())?;
        let (mut seeds, mut mask_keys) = (BTreeMap::new(), BTreeMap::new());
        for (dealer, keys) in &self.checked.masked.keys {
            let secret = self
                .open(dealer, &keys.body)
                .ok_or_else(|| Unopened::BadDealer { dealer: dealer.clone() })?;
            let survived = self.checked.survivors.contains(dealer);
            if survived { &mut seeds } else { &mut mask_keys }.insert(dealer.clone(), secret);
        }

        let ConsistencyCheck { masked, signatures, .. } = self.checked;
        let MaskedInput { session, keys, uploads, mut sum, .. } = masked;
        let bodies = keys.iter().map(|(party, signed)| (party.clone(), signed.body.clone()));
        unmask(&session, &bodies.collect(), &seeds, &mask_keys)
            .map_err(|dealer| Unopened::BadDealer { dealer })?
            .apply(&mut sum);
        Ok(Transcript { keys, uploads, signatures, seeds, mask_keys, sum })
    }

    /// The dealer's secret from exactly t shares, if it is the one the dealer committed to.
    fn open(&self, dealer: &PartyId, keys: &Keys) -> Option<Secret> {
        let session = &self.checked.masked.session;
        let threshold = session.params().threshold();
        let shares: Vec<(u8, &Secret)> = self
            .reveals
            .iter()
            .filter_map(|(holder, shares)| {
                Some((session.point(holder)?, shares.get(dealer)?.share()))
            })
            .take(threshold)
            .collect();
        if shares.len() < threshold {
            return None;
        }
        let secret = combine(&shares)?;
        let opens = if self.checked.survivors.contains(dealer) {
            Keys::commit(session, dealer, &secret) == keys.seed_commitment
        } else {
            public_of(&secret) == keys.mask_key
        };
        opens.then_some(secret)
    }
}
