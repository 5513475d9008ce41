//! Contributors and three aggregators, and an honest model beside them.
#![allow(dead_code, reason = "every test binary uses some of it")]

use std::collections::{BTreeMap, BTreeSet};

use concordat_secagg::three::{
    Aggregator, Agreed, Agreeing, Contribution, Gathering, Held, Holding, Offering, Offers, Proof,
    Role, Session, Share, Signed, Step, Three, TooFew, combine, contribute, offer,
};
use concordat_secagg::{Binding, RingVec, Signature};
use concordat_terms::PartyId;

use crate::common::{
    self, Numbers, SplitMix64, binding, contribution, ledger_key, params, party, roster, sum_of,
};

/// Who runs an aggregator.
pub fn runs(role: Role) -> &'static str {
    match role {
        Role::Public => "ministry",
        Role::Private => "vendor",
        Role::Neutral => "notary",
    }
}

pub fn aggregator(name: &str) -> Aggregator {
    Aggregator { party: party(name), key: ledger_key(name).verifying_key() }
}

pub fn aggregators() -> Three<Aggregator> {
    of_each(|role| aggregator(runs(role)))
}

pub fn of_each<T>(mut make: impl FnMut(Role) -> T) -> Three<T> {
    Three::make(|role| Ok::<_, std::convert::Infallible>(make(role))).unwrap()
}

pub fn session(numbers: Numbers, bits: u32, dim: u32) -> Session {
    bound(numbers, bits, dim, &binding())
}

pub fn bound(numbers: Numbers, bits: u32, dim: u32, binding: &Binding) -> Session {
    let roster = roster(numbers.0 as usize);
    let inner = common::Session::new(params(numbers, bits, dim), roster, binding).unwrap();
    Session::new(inner, aggregators()).unwrap()
}

/// Four hospitals, of which one may drop out: m = 3.
pub fn four() -> Session {
    session((4, 3, 1, 1), 32, 6)
}

/// From what an aggregator draws its key.
pub fn draws(seed: u64, role: Role) -> SplitMix64 {
    SplitMix64(
        seed ^ match role {
            Role::Public => 0x1111,
            Role::Private => 0x2222,
            Role::Neutral => 0x3333,
        },
    )
}

pub fn offering(
    session: &Session,
    role: Role,
    seed: u64,
) -> (Offering, Signed<concordat_secagg::three::Offer>) {
    offer(session.clone(), role, ledger_key(runs(role)), &mut draws(seed, role)).unwrap()
}

pub type Uploads = BTreeMap<PartyId, (Signed<Contribution>, RingVec)>;

/// An attempt in which everybody has said what it says first.
pub struct World {
    pub session: Session,
    pub seed: u64,
    pub offers: Offers,
    /// What each contributor put in.
    pub vectors: BTreeMap<PartyId, RingVec>,
    /// What each said.
    pub uploads: Uploads,
}

impl World {
    pub fn new(session: &Session, seed: u64) -> Self {
        let offers = of_each(|role| offering(session, role, seed).1);
        let (mut vectors, mut uploads) = (BTreeMap::new(), Uploads::new());
        let mut rng = SplitMix64(seed);
        let inner = inner(session);
        for party in session.roster().parties() {
            let vector = contribution(&inner, &mut rng);
            let said = upload(session, party, &offers, &vector, &mut rng);
            vectors.insert(party.clone(), vector);
            uploads.insert(party.clone(), said);
        }
        Self { session: session.clone(), seed, offers, vectors, uploads }
    }

    /// An aggregator that has taken what `reaches` says.
    pub fn gathering(&self, role: Role, reaches: impl Fn(&PartyId) -> bool) -> Gathering {
        let (state, _) = offering(&self.session, role, self.seed);
        let mut state = state.gather(&self.offers).unwrap();
        for (party, (said, words)) in self.uploads.iter().filter(|(party, _)| reaches(party)) {
            state.receive(said.clone()).unwrap();
            if role == Role::Neutral {
                state.read(party, words).unwrap();
            }
        }
        state
    }

    pub fn said(&self, roster: &Agreed) -> BTreeMap<PartyId, Signed<Contribution>> {
        let said = |party: &PartyId| (party.clone(), self.uploads[party].0.clone());
        roster.contributions.keys().map(said).collect()
    }

    /// One aggregator takes the lists of all three.
    pub fn agree(
        &self,
        state: Holding,
        held: &Three<Signed<Held>>,
    ) -> Result<(Agreeing, Signed<Agreed>), concordat_secagg::three::Abort> {
        state.agree(held, |party| self.uploads[party].1.clone())
    }

    /// From the lists of all three on, everybody honest.
    pub fn finish(
        &self,
        states: Three<Holding>,
        held: &Three<Signed<Held>>,
    ) -> Result<(Proof, Three<RingVec>), concordat_secagg::three::Abort> {
        let (states, signed) = split(all(states.map(|_, state| self.agree(state, held)))?);
        self.open(states, &signed)
    }

    /// From the signed rosters on, everybody honest.
    pub fn open(
        &self,
        states: Three<Agreeing>,
        signed: &Three<Signed<Agreed>>,
    ) -> Result<(Proof, Three<RingVec>), concordat_secagg::three::Abort> {
        let rosters: Three<Signature> = of_each(|role| signed.of(role).signature);
        let opened =
            states.map(|_, state| state.open(&rosters).map(|own| (own.message, own.words)));
        let (shares, vectors): (Three<Signed<Share>>, _) = split(all(opened)?);
        let contributions = self.said(&signed.public.body);
        Ok((Proof { offers: self.offers.clone(), contributions, rosters, shares }, vectors))
    }

    /// The whole attempt, in which contributions reach the aggregators that `reaches` says.
    pub fn run(&self, reaches: impl Fn(&PartyId, Role) -> bool) -> Outcome {
        let closed = of_each(|role| self.gathering(role, |party| reaches(party, role)).close());
        let (states, held) = match all(closed) {
            Ok(closed) => split(closed),
            Err(TooFew { step, have, .. }) => return Outcome::Below(step, have),
        };
        match self.finish(states, &held) {
            Ok((proof, shares)) => {
                let sum = combine(&self.session, &proof, &shares).unwrap();
                Outcome::Sum(sum.survivors, sum.vector)
            }
            Err(concordat_secagg::three::Abort::TooFew(few)) => Outcome::Below(few.step, few.have),
            Err(other) => panic!("{other}"),
        }
    }

    /// What an honest model says of the same.
    pub fn expected(&self, reaches: impl Fn(&PartyId, Role) -> bool) -> Outcome {
        let need = self.session.params().remaining();
        let parties = || self.session.roster().parties();
        for role in Role::ALL {
            let have = parties().filter(|party| reaches(party, role)).count();
            if have < need {
                return Outcome::Below(Step::Contribute, have);
            }
        }
        let everywhere = |party: &&PartyId| Role::ALL.iter().all(|role| reaches(party, *role));
        let roster: BTreeSet<PartyId> = parties().filter(everywhere).cloned().collect();
        if roster.len() < need {
            return Outcome::Below(Step::Hold, roster.len());
        }
        let sum = sum_of(&inner(&self.session), roster.iter().map(|p| &self.vectors[p]));
        Outcome::Sum(roster, sum)
    }

    /// An attempt that went well, up to what participants are shown.
    pub fn finished(&self) -> (Proof, Three<RingVec>) {
        let closed = of_each(|role| self.gathering(role, |_| true).close().unwrap());
        let (states, held) = split(closed);
        self.finish(states, &held).unwrap()
    }
}

#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    Sum(BTreeSet<PartyId>, RingVec),
    Below(Step, usize),
}

/// What one contributor says.
pub fn upload(
    session: &Session,
    party: &PartyId,
    offers: &Offers,
    vector: &RingVec,
    rng: &mut SplitMix64,
) -> (Signed<Contribution>, RingVec) {
    let key = ledger_key(party.as_str());
    let own = contribute(session, party, &key, offers, vector.clone(), rng).unwrap();
    // Whoever announces it need not hash it again.
    assert_eq!(own.chunks, own.words.chunk_digests());
    (own.message, own.words)
}

/// A session of the same parties and parameters without aggregators, for the honest model.
pub fn inner(session: &Session) -> common::Session {
    let (params, roster) = (session.params().clone(), session.roster().clone());
    common::Session::new(params, roster, &binding()).unwrap()
}

/// All three, or the first that is none.
pub fn all<T, E>(three: Three<Result<T, E>>) -> Result<Three<T>, E> {
    let Three { public, private, neutral } = three;
    Ok(Three { public: public?, private: private?, neutral: neutral? })
}

pub fn split<A, B>(three: Three<(A, B)>) -> (Three<A>, Three<B>) {
    let Three { public, private, neutral } = three;
    (
        Three { public: public.0, private: private.0, neutral: neutral.0 },
        Three { public: public.1, private: private.1, neutral: neutral.1 },
    )
}
