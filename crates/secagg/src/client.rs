//! The client: a type per round, consumed by the step that leaves it.
//!
//! ```text
//! advertise → ShareKeys → MaskedInput → ConsistencyCheck → Unmasking → done
//! ```
//!
//! Every step takes what the server answered to the one before. A step that aborts destroys the
//! state, and with it every secret of the attempt; a retry is a new attempt with fresh keys.
//! Nothing can be asked twice:
//!
//! ```compile_fail,E0382
//! # use concordat_secagg::{client::Unmasking, Signatures};
//! fn both_shares(client: Unmasking, one_list: &Signatures, another: &Signatures) {
//!     let seeds = client.reveal(one_list);
//!     let keys = client.reveal(another); // the state is gone
//! }
//! ```
//!
//! ```compile_fail,E0382
//! # use concordat_secagg::client::ConsistencyCheck;
//! # use concordat_terms::PartyId;
//! # use std::collections::BTreeSet;
//! fn two_lists(client: ConsistencyCheck, one: &BTreeSet<PartyId>, another: &BTreeSet<PartyId>) {
//!     let signed = client.sign(one);
//!     let also = client.sign(another); // the state is gone
//! }
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use concordat_terms::PartyId;
use ed25519_dalek::SigningKey;
use rand_core::CryptoRng;
use zeroize::Zeroize as _;

use crate::agree::{Held, Route, agree, is_weak, public_of};
use crate::mask::{Masks, Purpose, Sign, derive};
use crate::message::{
    Inbox, KeyList, Keys, Masked, Reveal, Shares, Signatures, Signed, Step, Survivors,
    peers_digest, signature_holds,
};
use crate::shamir::split;
use crate::{Body as _, Ring, RingVec, Secret, Session};

/// Why a client leaves the attempt: what the server showed it cannot be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Abort {
    /// The client, or someone it was shown, is not in the roster.
    #[error("`{party}` is not in the roster")]
    NotInRoster {
        /// Who.
        party: PartyId,
    },
    /// The ledger key is not the one in the roster.
    #[error("this is not the ledger key of `{party}` in the roster")]
    NotMyKey {
        /// The client.
        party: PartyId,
    },
    /// The client's own message is missing or was replaced.
    #[error("the server's answer to {step} leaves out or alters what `{party}` sent")]
    LeftOut {
        /// The client.
        party: PartyId,
        /// The round answered.
        step: Step,
    },
    /// A signature does not hold in this session.
    #[error("the {step} signature of `{party}` does not hold in this session")]
    BadSignature {
        /// Whose.
        party: PartyId,
        /// The round.
        step: Step,
    },
    /// A key of small order, or used twice.
    #[error("`{party}` advertises a weak key or one that another key equals")]
    BadKey {
        /// Whose.
        party: PartyId,
    },
    /// Somebody is listed who was not there in the round before.
    #[error("the list after {step} names `{party}`, who was not there before")]
    Stranger {
        /// Who.
        party: PartyId,
        /// The round answered.
        step: Step,
    },
    /// Too few are left.
    #[error("{have} clients or signatures after {step} are fewer than {need}")]
    TooFew {
        /// The round answered.
        step: Step,
        /// How many there are.
        have: usize,
        /// m, or t for signatures.
        need: usize,
    },
    /// The client's own vector is not of the agreed shape.
    #[error("a vector of {len} elements of {} bits was given, not {need_len} of {}", .ring.bits(), .need_ring.bits())]
    Shape {
        /// Its ring.
        ring: Ring,
        /// Its length.
        len: usize,
        /// The ring agreed.
        need_ring: Ring,
        /// D.
        need_len: usize,
    },
}

/// What every state of a client knows of itself.
struct Me {
    session: Session,
    party: PartyId,
    point: u8,
    identity: SigningKey,
}

impl Me {
    fn point_of(&self, party: &PartyId) -> Result<u8, Abort> {
        let stranger = || Abort::NotInRoster { party: party.clone() };
        self.session.point(party).ok_or_else(stranger)
    }

    fn sign<B: crate::Body>(&self, body: B) -> Signed<B> {
        Signed::new(&self.session, &self.party, body, &self.identity)
    }

    /// That a list answers `step` with enough clients, and with this one.
    fn check_list<'a>(
        &self,
        step: Step,
        listed: impl Iterator<Item = &'a PartyId>,
        before: impl Fn(&PartyId) -> bool,
    ) -> Result<(), Abort> {
        let (mut have, mut own) = (0, false);
        for party in listed {
            if !before(party) {
                return Err(Abort::Stranger { party: party.clone(), step });
            }
            own |= *party == self.party;
            have += 1;
        }
        if !own {
            return Err(Abort::LeftOut { party: self.party.clone(), step });
        }
        let need = self.session.params().remaining();
        if have < need {
            return Err(Abort::TooFew { step, have, need });
        }
        Ok(())
    }
}

macro_rules! redacted {
    ($($state:ident)*) => {$(
        /// Shows whose state it is, since all else is secret.
        impl fmt::Debug for $state {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}(`{}`, redacted)", stringify!($state), self.me.party)
            }
        }
    )*};
}

redacted!(ShareKeys MaskedInput ConsistencyCheck Unmasking);

/// The private halves of an attempt.
struct Secrets {
    /// c_sk: opens shares.
    cipher: Secret,
    /// s_sk: agrees pair masks.
    mask: Secret,
    /// b: the seed of the self-mask.
    seed: Secret,
}

/// AdvertiseKeys: draws the attempt's keys and signs the public halves.
///
/// `identity` is the ledger key of `party`; it stays in the state until the attempt ends.
///
/// # Errors
///
/// [`Abort::NotInRoster`] or [`Abort::NotMyKey`].
pub fn advertise(
    session: Session,
    party: PartyId,
    identity: SigningKey,
    rng: &mut impl CryptoRng,
) -> Result<(ShareKeys, Signed<Keys>), Abort> {
    let Some((point, key)) = session.point(&party).zip(session.roster().key(&party)) else {
        return Err(Abort::NotInRoster { party });
    };
    if *key != identity.verifying_key() {
        return Err(Abort::NotMyKey { party });
    }

    let secrets = Secrets {
        cipher: Secret::random(rng),
        mask: Secret::random(rng),
        seed: Secret::random(rng),
    };
    let own = Keys {
        cipher_key: public_of(&secrets.cipher),
        mask_key: public_of(&secrets.mask),
        seed_commitment: Keys::commit(&session, &party, &secrets.seed),
    };
    let me = Me { session, party, point, identity };
    let message = me.sign(own.clone());
    Ok((ShareKeys { me, secrets, own }, message))
}

/// Waits for everyone's keys.
pub struct ShareKeys {
    me: Me,
    secrets: Secrets,
    own: Keys,
}

impl ShareKeys {
    /// ShareKeys: splits both secrets among U1 and seals each holder's shares to it.
    ///
    /// The client's own shares are dealt like all others, sealed to itself.
    ///
    /// # Errors
    ///
    /// [`Abort`], when `list` has fewer than m clients, leaves this one out, or holds a signature,
    /// key or party that is not right.
    pub fn share(
        self,
        list: &KeyList,
        rng: &mut impl CryptoRng,
    ) -> Result<(MaskedInput, Signed<Shares>), Abort> {
        let Self { me, secrets, own } = self;
        check_keys(&me, list)?;
        if list.get(&me.party).is_none_or(|signed| signed.body != own) {
            return Err(Abort::LeftOut { party: me.party, step: Step::AdvertiseKeys });
        }

        let points: Vec<u8> =
            list.keys().map(|party| me.point_of(party)).collect::<Result<_, _>>()?;
        let threshold = me.session.params().threshold();
        let key_shares = split(&secrets.mask, threshold, &points, rng);
        let seed_shares = split(&secrets.seed, threshold, &points, rng);
        let shares = key_shares.into_iter().zip(seed_shares);
        let mut dealt = BTreeMap::new();
        for (((party, signed), point), (key, seed)) in list.iter().zip(points).zip(shares) {
            let route = Route { dealer: (&me.party, me.point), holder: (party, point) };
            let sealed = agree(&secrets.cipher, &signed.body.cipher_key)
                .and_then(|shared| route.seal(&me.session, &shared, &Held { key, seed }))
                .ok_or_else(|| Abort::BadKey { party: party.clone() })?;
            dealt.insert(party.clone(), sealed);
        }
        let message = me.sign(Shares { dealt });
        let keys = list.iter().map(|(party, s)| (party.clone(), s.body.clone())).collect();
        Ok((MaskedInput { me, secrets, keys }, message))
    }
}

/// That every listed client is of the roster and signed keys that are strong and its own.
fn check_keys(me: &Me, list: &KeyList) -> Result<(), Abort> {
    let in_roster = |party: &PartyId| me.session.roster().key(party).is_some();
    me.check_list(Step::AdvertiseKeys, list.keys(), in_roster)?;
    let mut seen = BTreeSet::new();
    for (party, signed) in list {
        if signed.from != *party || !signed.holds(&me.session) {
            return Err(Abort::BadSignature { party: party.clone(), step: Step::AdvertiseKeys });
        }
        for key in [signed.body.cipher_key, signed.body.mask_key] {
            if is_weak(&key) || !seen.insert(key) {
                return Err(Abort::BadKey { party: party.clone() });
            }
        }
    }
    Ok(())
}

/// Waits for the shares that the others dealt, and for the vector.
pub struct MaskedInput {
    me: Me,
    secrets: Secrets,
    keys: BTreeMap<PartyId, Keys>,
}

impl MaskedInput {
    /// MaskedInput: masks `vector` for the clients of U2, the dealers in `inbox`.
    ///
    /// `vector` is the quantised contribution with its noise, `dimension` elements of the agreed
    /// ring. Shares that do not open are kept as complaints: see
    /// [`ConsistencyCheck::complaints`].
    ///
    /// # Errors
    ///
    /// [`Abort`], when the vector has another shape, or `inbox` holds fewer than m dealers,
    /// strangers, or not this client's own shares.
    pub fn mask(
        self,
        inbox: &Inbox,
        mut vector: RingVec,
    ) -> Result<(ConsistencyCheck, Signed<Masked>), Abort> {
        let outcome = self.masks(inbox, &vector);
        let (me, held, masks, peers) = match outcome {
            Ok(ready) => ready,
            Err(abort) => {
                vector.zeroize();
                return Err(abort);
            }
        };

        masks.apply(&mut vector);
        let message = me.sign(Masked { peers, vector });
        Ok((ConsistencyCheck { me, held }, message))
    }

    #[expect(clippy::type_complexity, reason = "the pieces of the next state, named at the caller")]
    fn masks(
        self,
        inbox: &Inbox,
        vector: &RingVec,
    ) -> Result<(Me, BTreeMap<PartyId, Option<Held>>, Masks, concordat_terms::Digest), Abort> {
        let Self { me, secrets, keys } = self;
        let (need_ring, need_len) = (me.session.params().ring(), me.session.params().dimension());
        if (vector.ring(), vector.len()) != (need_ring, need_len) {
            return Err(Abort::Shape {
                ring: vector.ring(),
                len: vector.len(),
                need_ring,
                need_len,
            });
        }
        me.check_list(Step::ShareKeys, inbox.keys(), |party| keys.contains_key(party))?;

        let held = open_shares(&me, &secrets, &keys, inbox)?;
        let session = me.session.id();
        let mut masks = Masks::default();
        let own = Purpose::SelfMask { of: me.point };
        masks.push(Sign::Add, &derive(session, secrets.seed.as_bytes(), own));
        let peers = || keys.iter().filter(|(party, _)| inbox.contains_key(*party));
        for (party, theirs) in peers().filter(|(party, _)| **party != me.party) {
            let bad = || Abort::BadKey { party: party.clone() };
            let shared = agree(&secrets.mask, &theirs.mask_key).ok_or_else(bad)?;
            let (sign, purpose) = pair(me.point, me.point_of(party)?);
            masks.push(sign, &derive(session, &shared, purpose));
        }
        let digest = peers_digest(peers());
        Ok((me, held, masks, digest))
    }
}

/// Opens what each dealer dealt to this client; nothing where it does not open.
fn open_shares(
    me: &Me,
    secrets: &Secrets,
    keys: &BTreeMap<PartyId, Keys>,
    inbox: &Inbox,
) -> Result<BTreeMap<PartyId, Option<Held>>, Abort> {
    let mut held = BTreeMap::new();
    for (dealer, dealt) in inbox {
        let route = Route { dealer: (dealer, me.point_of(dealer)?), holder: (&me.party, me.point) };
        let opened = keys
            .get(dealer)
            .and_then(|theirs| agree(&secrets.cipher, &theirs.cipher_key))
            .and_then(|shared| route.open(&me.session, &shared, dealt));
        if *dealer == me.party && opened.is_none() {
            return Err(Abort::LeftOut { party: me.party.clone(), step: Step::ShareKeys });
        }
        held.insert(dealer.clone(), opened);
    }
    Ok(held)
}

/// How the client at `own` applies the mask that it shares with the client at `other`.
pub(crate) fn pair(own: u8, other: u8) -> (Sign, Purpose) {
    let sign = if own < other { Sign::Add } else { Sign::Subtract };
    (sign, Purpose::PairMask { lower: own.min(other), higher: own.max(other) })
}

/// Waits for the list of those whose vector arrived.
pub struct ConsistencyCheck {
    me: Me,
    held: BTreeMap<PartyId, Option<Held>>,
}

impl ConsistencyCheck {
    /// Dealers whose shares did not open or were not what their digests name.
    ///
    /// The client reveals nothing about them and goes on.
    pub fn complaints(&self) -> impl Iterator<Item = &PartyId> {
        self.held.iter().filter(|(_, held)| held.is_none()).map(|(dealer, _)| dealer)
    }

    /// ConsistencyCheck: signs U3, once.
    ///
    /// # Errors
    ///
    /// [`Abort`], when fewer than m survive, this client is left out, or somebody was not in U2.
    pub fn sign(
        self,
        survivors: &BTreeSet<PartyId>,
    ) -> Result<(Unmasking, Signed<Survivors>), Abort> {
        let Self { me, held } = self;
        me.check_list(Step::MaskedInput, survivors.iter(), |party| held.contains_key(party))?;

        let list = Survivors { parties: survivors.clone() };
        let message = me.sign(list.clone());
        Ok((Unmasking { me, held, list }, message))
    }
}

/// Waits for the others' signatures under the same list.
pub struct Unmasking {
    me: Me,
    held: BTreeMap<PartyId, Option<Held>>,
    list: Survivors,
}

impl Unmasking {
    /// Unmasking: reveals one share per dealer, against t signatures over the very list that
    /// this client signed; afterwards nothing of the attempt is left.
    ///
    /// # Errors
    ///
    /// [`Abort`], when there are fewer than t signatures, or one that is not by a survivor or
    /// does not hold for this list.
    pub fn reveal(self, signatures: &Signatures) -> Result<Signed<Reveal>, Abort> {
        let Self { me, held, list } = self;
        let (step, digest) = (Step::ConsistencyCheck, list.digest());
        for (party, signature) in signatures {
            if !list.parties.contains(party) {
                return Err(Abort::Stranger { party: party.clone(), step });
            }
            if !signature_holds::<Survivors>(&me.session, party, digest, signature) {
                return Err(Abort::BadSignature { party: party.clone(), step });
            }
        }
        let (have, need) = (signatures.len(), me.session.params().threshold());
        if have < need {
            return Err(Abort::TooFew { step, have, need });
        }

        let shares = held
            .into_iter()
            .filter_map(|(dealer, held)| {
                let opened = held?.open(list.parties.contains(&dealer));
                Some((dealer, opened))
            })
            .collect();
        Ok(me.sign(Reveal { shares }))
    }
}
