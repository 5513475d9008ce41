//! MaskedInput: the vector is masked where it lies, and goes out at once or chunk by chunk.

use std::collections::BTreeMap;

use concordat_terms::{Digest, PartyId};
use zeroize::Zeroize as _;

use super::{Abort, ConsistencyCheck, Me};
use crate::agree::{Held, Route};
use crate::cover::{Cover, Covered};
use crate::mask::{Masks, Purpose, Sign, derive, pair};
use crate::message::{Inbox, Keys, Masked, Signed, Step, peers_digest};
use crate::secret::redacted;
use crate::upload::{Announced, Upload};
use crate::{RingVec, Secret};

/// Waits for the shares that the others dealt, and for the vector.
pub struct MaskedInput {
    pub(super) me: Me,
    /// b: the seed of the self-mask.
    pub(super) seed: Secret,
    /// By other client of U1, the secret of the mask with it.
    pub(super) pairs: BTreeMap<PartyId, Secret>,
    /// Of U1.
    pub(super) keys: BTreeMap<PartyId, Keys>,
    /// By client of U1, the secret under which shares travel both ways.
    pub(super) channels: BTreeMap<PartyId, Secret>,
}

impl MaskedInput {
    /// MaskedInput: masks `vector` for the clients of U2, the dealers in `inbox`.
    ///
    /// `vector` is the quantised contribution with its noise, `dimension` elements of the agreed
    /// ring, none larger than [`Params::contribution_most`](crate::Params::contribution_most).
    /// Shares that do not open are kept as complaints: see [`ConsistencyCheck::complaints`].
    ///
    /// # Errors
    ///
    /// [`Abort`], when the vector has another shape or range, or `inbox` holds fewer than m
    /// dealers, strangers, or not this client's own shares.
    pub fn mask(
        self,
        inbox: &Inbox,
        mut vector: RingVec,
    ) -> Result<(ConsistencyCheck, Signed<Masked>), Abort> {
        let (state, announced) = self.mask_in_place(inbox, &mut vector)?;
        Ok((state, announced.whole(vector)))
    }

    /// As [`MaskedInput::mask`], for a vector whose chunks are sent before the message: what
    /// announces them.
    ///
    /// # Errors
    ///
    /// As [`MaskedInput::mask`]; the vector is wiped then.
    pub fn mask_in_place(
        self,
        inbox: &Inbox,
        vector: &mut RingVec,
    ) -> Result<(ConsistencyCheck, Announced), Abort> {
        let Opened { me, held, masks, peers } =
            self.open(inbox).inspect_err(|_| vector.zeroize())?;
        let covered = Cover::new(me.session.params(), masks).whole(vector)?;
        Ok(announced(me, held, peers, covered))
    }

    fn open(self, inbox: &Inbox) -> Result<Opened, Abort> {
        let Self { me, seed, pairs, keys, channels } = self;
        me.check_list(Step::ShareKeys, inbox.keys(), |party| keys.contains_key(party))?;
        let held = open_shares(&me, &channels, &keys, inbox)?;
        let peers: BTreeMap<&PartyId, &Keys> =
            keys.iter().filter(|(party, _)| inbox.contains_key(*party)).collect();
        let masks = masks(&me, (&seed, &pairs), &peers)?;
        let peers = peers_digest(peers.into_iter());
        Ok(Opened { me, held, masks, peers })
    }
}

/// What a client has once it was shown U2.
struct Opened {
    me: Me,
    held: BTreeMap<PartyId, Option<Held>>,
    masks: Masks,
    /// The digest over U2.
    peers: Digest,
}

/// The self-mask, and the pair mask of every other client of U2.
fn masks(
    me: &Me,
    (seed, pairs): (&Secret, &BTreeMap<PartyId, Secret>),
    peers: &BTreeMap<&PartyId, &Keys>,
) -> Result<Masks, Abort> {
    let session = me.session.id();
    let mut masks = Masks::default();
    let own = Purpose::SelfMask { of: me.point };
    masks.push(Sign::Add, &derive(session, seed.as_bytes(), own));
    let bad = |party: &PartyId| Abort::BadKey { party: party.clone() };
    let mine = &peers.get(&me.party).ok_or_else(|| bad(&me.party))?.mask_key;
    for (party, theirs) in peers.iter().filter(|(party, _)| ***party != me.party) {
        let shared = pairs.get(*party).ok_or_else(|| bad(party))?;
        let ends = ((me.point, mine), (me.point_of(party)?, &theirs.mask_key));
        let (sign, purpose) = pair(ends.0, ends.1);
        masks.push(sign, &derive(session, shared.as_bytes(), purpose));
    }
    Ok(masks)
}

/// Opens what each dealer dealt to this client; nothing where it does not open.
fn open_shares(
    me: &Me,
    channels: &BTreeMap<PartyId, Secret>,
    keys: &BTreeMap<PartyId, Keys>,
    inbox: &Inbox,
) -> Result<BTreeMap<PartyId, Option<Held>>, Abort> {
    let mut held = BTreeMap::new();
    let mine = keys.get(&me.party).map(|keys| &keys.cipher_key);
    for (dealer, dealt) in inbox {
        let point = me.point_of(dealer)?;
        let theirs = keys.get(dealer).map(|keys| &keys.cipher_key);
        let opened = mine.zip(theirs).and_then(|(mine, theirs)| {
            let route =
                Route { dealer: (dealer, (point, theirs)), holder: (&me.party, (me.point, mine)) };
            route.open(&me.session, channels.get(dealer)?, dealt)
        });
        if *dealer == me.party && opened.is_none() {
            return Err(Abort::LeftOut { party: me.party.clone(), step: Step::ShareKeys });
        }
        held.insert(dealer.clone(), opened);
    }
    Ok(held)
}

/// Signs what was masked.
fn announced(
    me: Me,
    held: BTreeMap<PartyId, Option<Held>>,
    peers: Digest,
    Covered { vector, chunks }: Covered,
) -> (ConsistencyCheck, Announced) {
    let upload = me.sign(Upload { peers, vector });
    (ConsistencyCheck { me, held }, Announced { upload, chunks })
}

redacted!(MaskedInput);
