//! The aggregator: a type per step, consumed by the step that leaves it.
//!
//! ```text
//! offer → Offering → Gathering → Holding → Agreeing → done
//! ```
//!
//! A step that aborts destroys the state, and with it the attempt's secret; a restarted aggregator
//! takes no part in the attempt any more. Whoever runs one keeps the uploads' words where it likes:
//! only the neutral aggregator reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use concordat_terms::{Digest, PartyId};
use ed25519_dalek::{Signature, SigningKey};
use rand_core::CryptoRng;

use super::message::{Contributions, check_offers, listed, signature_holds};
use super::{
    Abort, Agreed, Body as _, Contribution, Held, Offer, Offers, Outgoing, Rejected, Role, Session,
    Share, Signed, Step, Three, TooFew,
};
use crate::agree::{agree, is_bad_key, public_of};
use crate::mask::{Masks, Purpose, Sign, derive};
use crate::ring::digest_of_chunks;
use crate::secret::redacted;
use crate::upload::{read_signed, take_back};
use crate::{Chunks, Params, RingVec, Secret};

/// What every state of an aggregator knows of itself.
struct Me {
    session: Session,
    role: Role,
    identity: SigningKey,
    /// Agrees the masks; of this attempt alone.
    secret: Secret,
    /// Its public half.
    key: [u8; 32],
}

impl Me {
    fn sign<B: super::Body<From = Role>>(&self, body: B) -> Signed<B> {
        Signed::new(&self.session, self.role, body, &self.identity)
    }

    /// What a state shows of whose it is.
    fn shown(&self) -> impl fmt::Display {
        self.role
    }

    fn enough(&self, step: Step, have: usize) -> Result<(), TooFew> {
        let need = self.session.params().remaining();
        if have < need { Err(TooFew { step, have, need }) } else { Ok(()) }
    }

    fn left_out(&self, step: Step) -> Abort {
        Abort::LeftOut { role: self.role, step }
    }
}

redacted!(Offering Gathering Holding Agreeing);

/// Opens an attempt: draws its key and signs the public half.
///
/// `identity` is the ledger key of the party that runs the aggregator; it stays in the state until
/// the attempt ends.
///
/// # Errors
///
/// [`Abort::NotMyKey`].
pub fn offer(
    session: Session,
    role: Role,
    identity: SigningKey,
    rng: &mut impl CryptoRng,
) -> Result<(Offering, Signed<Offer>), Abort> {
    if session.aggregators().of(role).key != identity.verifying_key() {
        return Err(Abort::NotMyKey { name: role.to_string() });
    }

    let secret = Secret::random(rng);
    let key = public_of(&secret);
    let me = Me { session, role, identity, secret, key };
    let message = me.sign(Offer { key });
    Ok((Offering { me }, message))
}

/// Waits for the other two's keys.
pub struct Offering {
    me: Me,
}

impl Offering {
    /// Takes the keys of all three, as contributors are shown them.
    ///
    /// # Errors
    ///
    /// [`Abort`], when an offer is not right, or this one's own is missing.
    pub fn gather(self, offers: &Offers) -> Result<Gathering, Abort> {
        let Self { me } = self;
        let digest = check_offers(&me.session, offers)?;
        if offers.of(me.role).body.key != me.key {
            return Err(me.left_out(Step::OfferKey));
        }
        let params = me.session.params();
        let sum = || RingVec::zeros(params.ring(), params.dimension());
        let words = (me.role == Role::Neutral).then(|| Words { sum: sum(), of: BTreeMap::new() });
        Ok(Gathering { me, offers: digest, contributions: BTreeMap::new(), words })
    }
}

/// What the neutral aggregator has of the uploads.
struct Words {
    /// Of all that were read; still masked.
    sum: RingVec,
    /// By contributor in the sum, the digest of its vector.
    of: BTreeMap<PartyId, Digest>,
}

/// Collects contributions.
pub struct Gathering {
    me: Me,
    offers: Digest,
    contributions: Contributions,
    /// The neutral aggregator's.
    words: Option<Words>,
}

impl Gathering {
    /// Takes what a contributor signed, or says why not.
    ///
    /// With that the public and the private aggregator have its share; the neutral one needs the
    /// words too: see [`Gathering::read`].
    pub fn receive(&mut self, message: Signed<Contribution>) -> Result<(), Rejected> {
        let from = message.from.clone();
        if self.me.session.point(&from).is_none() {
            return Err(Rejected::NotInRoster { from });
        }
        if self.contributions.contains_key(&from) {
            return Err(Rejected::Duplicate { from });
        }
        if !message.holds(&self.me.session) {
            return Err(Rejected::BadSignature { from });
        }
        if message.body.offers != self.offers {
            return Err(Rejected::OtherOffers { from });
        }
        if is_bad_key(&message.body.key) {
            return Err(Rejected::BadKey { from });
        }

        self.contributions.insert(from, message);
        Ok(())
    }

    /// Reads the words of a contribution: hashes and adds each chunk once. Where they turn out not
    /// to be what was signed, they are read again and taken back, and can be sent again. Where they
    /// cannot be read again, everybody's words are forgotten, and can be read once more. The other two
    /// aggregators need no words, and read none.
    pub fn read(&mut self, party: &PartyId, upload: &impl Chunks) -> Result<(), Rejected> {
        let from = party.clone();
        let Some(message) = self.contributions.get(party) else {
            return Err(Rejected::NothingSigned { from });
        };
        let Some(Words { sum, of }) = &mut self.words else { return Ok(()) };
        if of.contains_key(party) {
            return Err(Rejected::Duplicate { from });
        }
        let (params, vector) = (self.me.session.params(), message.body.vector);
        let add = |at, bytes: &[u8]| _ = sum.add_bytes_at(at, bytes);
        if let Err(added) = read_signed(params, vector, upload, add) {
            if !take_back(sum, added, upload) {
                of.clear();
                *sum = RingVec::zeros(params.ring(), params.dimension());
            }
            return Err(Rejected::OtherVector { from });
        }

        of.insert(from, vector);
        Ok(())
    }

    /// Of whom this aggregator has a share so far.
    pub fn held(&self) -> impl Iterator<Item = &PartyId> {
        let read = |party: &PartyId| self.words.as_ref().is_none_or(|w| w.of.contains_key(party));
        self.contributions.keys().filter(move |party| read(party))
    }

    /// Takes no more, and says of whom it has a share.
    ///
    /// # Errors
    ///
    /// [`TooFew`] with fewer than m.
    pub fn close(self) -> Result<(Holding, Signed<Held>), TooFew> {
        let held: BTreeSet<PartyId> = self.held().cloned().collect();
        let Self { me, mut contributions, words, .. } = self;
        me.enough(Step::Contribute, held.len())?;
        contributions.retain(|party, _| held.contains(party));
        let message = me.sign(Held { contributions: listed(&contributions) });
        Ok((Holding { me, contributions, words }, message))
    }
}

/// Waits for what the other two have.
pub struct Holding {
    me: Me,
    contributions: Contributions,
    words: Option<Words>,
}

impl Holding {
    /// Signs the one roster of this attempt: the contributions that all three have.
    ///
    /// The neutral aggregator takes what it has read of others off its sum again, chunk by chunk:
    /// `upload` says where the words of one are, and is asked for one after the other. The other
    /// two aggregators ask for none.
    ///
    /// # Errors
    ///
    /// [`Abort`], when a list is not signed, this one's own was replaced, fewer than m are left, or
    /// such words are missing or others than were signed.
    pub fn agree<W: Chunks>(
        self,
        held: &Three<Signed<Held>>,
        upload: impl FnMut(&PartyId) -> W,
    ) -> Result<(Agreeing, Signed<Agreed>), Abort> {
        let Self { me, mut contributions, words } = self;
        for (role, list) in held.iter() {
            if list.from != role || !list.holds(&me.session) {
                return Err(Abort::BadSignature { role, step: Step::Hold });
            }
        }
        if held.of(me.role).body.contributions != listed(&contributions) {
            return Err(me.left_out(Step::Hold));
        }
        contributions.retain(|party, said| {
            let digest = said.body.digest();
            held.iter().all(|(_, list)| list.body.contributions.get(party) == Some(&digest))
        });
        me.enough(Step::Hold, contributions.len())?;
        let params = me.session.params();
        let sum = match words {
            Some(words) => words.of_roster(params, &contributions, upload)?,
            None => RingVec::zeros(params.ring(), params.dimension()),
        };

        let message = me.sign(Agreed { contributions: listed(&contributions) });
        let roster = message.body.digest();
        Ok((Agreeing { me, contributions, sum, roster }, message))
    }
}

/// Waits for the other two's signatures under the same roster.
pub struct Agreeing {
    me: Me,
    contributions: Contributions,
    /// Of the roster's uploads, still masked, at the neutral aggregator; zeros at the others.
    sum: RingVec,
    /// The digest of the roster that this one signed.
    roster: Digest,
}

impl Agreeing {
    /// Opens this aggregator's share of the sum over the roster that it signed, against the
    /// signatures of all three under that very roster; afterwards nothing of the attempt is left.
    ///
    /// # Errors
    ///
    /// [`Abort`], when a signature does not hold for this roster.
    pub fn open(self, rosters: &Three<Signature>) -> Result<Outgoing<Share>, Abort> {
        let Self { me, contributions, sum: mut share, roster } = self;
        for (role, signature) in rosters.iter() {
            if !signature_holds::<Agreed>(&me.session, &role, roster, signature) {
                return Err(Abort::BadSignature { role, step: Step::Agree });
            }
        }

        masks(&me, &contributions)?.apply(&mut share);
        let chunks = share.chunk_digests();
        let vector = digest_of_chunks(share.ring(), share.len(), &chunks);
        Ok(Outgoing { message: me.sign(Share { roster, vector }), chunks, words: share })
    }
}

impl Words {
    /// The masked sum of the roster's uploads alone.
    fn of_roster<W: Chunks>(
        self,
        params: &Params,
        roster: &Contributions,
        mut upload: impl FnMut(&PartyId) -> W,
    ) -> Result<RingVec, Abort> {
        let Self { mut sum, of } = self;
        for (party, vector) in of.into_iter().filter(|(party, _)| !roster.contains_key(party)) {
            let subtract = |at, bytes: &[u8]| sum.subtract_bytes_at(at, bytes);
            read_signed(params, vector, &upload(&party), subtract)
                .map_err(|_| Abort::OtherVector { party })?;
        }
        Ok(sum)
    }
}

/// The masks that this aggregator agreed with each of the roster, to be taken off.
fn masks(me: &Me, contributions: &Contributions) -> Result<Masks, Abort> {
    let mut masks = Masks::default();
    for (party, said) in contributions {
        let theirs = &said.body.key;
        let agreed = me.session.point(party).zip(agree(&me.secret, theirs));
        let (point, shared) = agreed.ok_or_else(|| Abort::BadKey { party: party.clone() })?;
        let purpose = Purpose::AggregatorMask {
            client: (point, theirs),
            aggregator: (me.role.number(), &me.key),
        };
        masks.push(Sign::Subtract, &derive(me.session.id(), shared.as_bytes(), purpose));
    }
    Ok(masks)
}
