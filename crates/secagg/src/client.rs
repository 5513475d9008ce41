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

mod abort;
mod masking;

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::PartyId;
use ed25519_dalek::SigningKey;
use rand_core::CryptoRng;

pub use self::abort::Abort;
pub use self::masking::MaskedInput;
use crate::agree::{Held, Route, agree, is_bad_key, public_of};
use crate::message::{
    KeyList, Keys, Reveal, Shares, Signatures, Signed, Step, Survivors, signature_holds,
};
use crate::secret::redacted;
use crate::shamir::split;
use crate::{Body as _, Secret, Session};

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

    /// What a state shows of whose it is.
    fn shown(&self) -> impl std::fmt::Display {
        format!("`{}`", self.party)
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

redacted!(ShareKeys ConsistencyCheck Unmasking);

/// What the masks are made of.
struct MaskSecrets {
    /// s_sk: agrees pair masks.
    key: Secret,
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

    let cipher = Secret::random(rng);
    let secrets = MaskSecrets { key: Secret::random(rng), seed: Secret::random(rng) };
    let own = Keys {
        cipher_key: public_of(&cipher),
        mask_key: public_of(&secrets.key),
        seed_commitment: Keys::commit(&session, &party, &secrets.seed),
    };
    let me = Me { session, party, point, identity };
    let message = me.sign(own.clone());
    Ok((ShareKeys { me, cipher, secrets, own }, message))
}

/// Waits for everyone's keys.
pub struct ShareKeys {
    me: Me,
    /// c_sk: agrees the keys under which shares travel.
    cipher: Secret,
    secrets: MaskSecrets,
    own: Keys,
}

impl ShareKeys {
    /// ShareKeys: splits both secrets among U1 and seals each holder's shares to it.
    ///
    /// The client's own shares are dealt like all others, sealed to itself. Its pair masks are agreed
    /// here, while nobody waits for a vector, and its mask key is wiped.
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
        let Self { me, cipher, secrets, own } = self;
        check_keys(&me, list)?;
        if list.get(&me.party).is_none_or(|signed| signed.body != own) {
            return Err(Abort::LeftOut { party: me.party, step: Step::AdvertiseKeys });
        }

        let points: Vec<u8> =
            list.keys().map(|party| me.point_of(party)).collect::<Result<_, _>>()?;
        let threshold = me.session.params().threshold();
        let key_shares = split(&secrets.key, threshold, &points, rng);
        let seed_shares = split(&secrets.seed, threshold, &points, rng);
        let shares = key_shares.into_iter().zip(seed_shares);
        let (mut dealt, mut channels) = (BTreeMap::new(), BTreeMap::new());
        let mut pairs = BTreeMap::new();
        for (((party, signed), point), (key, seed)) in list.iter().zip(points).zip(shares) {
            let route = Route {
                dealer: (&me.party, (me.point, &own.cipher_key)),
                holder: (party, (point, &signed.body.cipher_key)),
            };
            let bad = || Abort::BadKey { party: party.clone() };
            let shared = agree(&cipher, &signed.body.cipher_key).ok_or_else(bad)?;
            let sealed = route.seal(&me.session, &shared, &Held { key, seed }).ok_or_else(bad)?;
            dealt.insert(party.clone(), sealed);
            channels.insert(party.clone(), shared);
            if *party != me.party {
                let agreed = agree(&secrets.key, &signed.body.mask_key).ok_or_else(bad)?;
                pairs.insert(party.clone(), agreed);
            }
        }
        let message = me.sign(Shares { dealt });
        let keys = list.iter().map(|(party, s)| (party.clone(), s.body.clone())).collect();
        Ok((MaskedInput { me, seed: secrets.seed, pairs, keys, channels }, message))
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
            if is_bad_key(&key) || !seen.insert(key) {
                return Err(Abort::BadKey { party: party.clone() });
            }
        }
    }
    Ok(())
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
