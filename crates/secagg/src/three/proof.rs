//! What ties a sum to the roster and to the three that opened it.

use std::collections::BTreeMap;

use concordat_terms::{Digest, PartyId};
use ed25519_dalek::Signature;

use super::message::{check_offers, listed, signature_holds};
use super::{
    Agreed, Body, Contribution, Mismatch, Offers, Session, Share, Signed, Step, Three, TooFew,
};
use crate::upload::read_signed;
use crate::{Chunks, RingVec, Sum};

/// All that was signed on the way to one sum; it holds no secret, and does not grow with the vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The aggregators' keys.
    pub offers: Offers,
    /// The roster's contributions.
    pub contributions: BTreeMap<PartyId, Signed<Contribution>>,
    /// The signatures under the roster.
    pub rosters: Three<Signature>,
    /// What each aggregator opened.
    pub shares: Three<Signed<Share>>,
}

impl Proof {
    /// The roster.
    pub fn roster(&self) -> Agreed {
        Agreed { contributions: listed(&self.contributions) }
    }

    /// The digest over session, signed messages and sum: for the log. `sum` is the digest of the
    /// sum, [`RingVec::digest`].
    pub fn digest(&self, session: &Session, sum: Digest) -> Digest {
        let roster = self.roster().digest();
        let signed = |digest: Digest, signature: &Signature| {
            Digest::of_parts(&[digest.as_bytes(), &signature.to_bytes()]).0
        };
        let offers = self.offers.iter().map(|(_, m)| signed(m.body.digest(), &m.signature));
        let contributions = self.contributions.iter().map(|(party, m)| {
            let signed = signed(m.body.digest(), &m.signature);
            Digest::of_parts(&[party.as_str().as_bytes(), &signed]).0
        });
        let rosters = self.rosters.iter().map(|(_, signature)| signed(roster, signature));
        let shares = self.shares.iter().map(|(_, m)| signed(m.body.digest(), &m.signature));
        let of = |list: Vec<[u8; 32]>| {
            let parts: Vec<&[u8]> = list.iter().map(<[u8; 32]>::as_slice).collect();
            Digest::of_parts(&parts)
        };
        Digest::of_parts(&[
            b"concordat-secagg/v1/three/transcript",
            session.id().as_bytes(),
            of(offers.collect()).as_bytes(),
            of(contributions.collect()).as_bytes(),
            of(rosters.collect()).as_bytes(),
            of(shares.collect()).as_bytes(),
            sum.as_bytes(),
        ])
    }

    /// Checks everything but the words of the shares.
    fn check(&self, session: &Session) -> Result<(), Mismatch> {
        let offers = check_offers(session, &self.offers)?;
        for (party, said) in &self.contributions {
            let fits = said.from == *party && said.body.offers == offers && said.holds(session);
            if !fits {
                return Err(Mismatch::OtherContribution { party: party.clone() });
            }
        }
        let (have, need) = (self.contributions.len(), session.params().remaining());
        if have < need {
            return Err(TooFew { step: Step::Agree, have, need }.into());
        }
        let roster = self.roster().digest();
        for (role, signature) in self.rosters.iter() {
            if !signature_holds::<Agreed>(session, &role, roster, signature) {
                return Err(Mismatch::BadSignature { role, step: Step::Agree });
            }
        }
        for (role, share) in self.shares.iter() {
            if share.from != role || !share.holds(session) {
                return Err(Mismatch::BadSignature { role, step: Step::Open });
            }
            if share.body.roster != roster {
                return Err(Mismatch::OtherRoster { role });
            }
        }
        Ok(())
    }
}

/// Adds the three signed shares up: what every participant does before it signs a result.
///
/// Needs what one knows of the session, and nothing of one's own; each share is read once. It
/// shows that the sum is what these three opened for this roster. That none of them shifted its
/// share, and that each contributor kept to its range, it does not show, unless the sum is beyond
/// what the contributors may add up to; and then not who it was.
///
/// # Errors
///
/// [`Mismatch`], the first thing that does not fit.
pub fn combine<W: Chunks>(
    session: &Session,
    proof: &Proof,
    shares: &Three<W>,
) -> Result<Sum, Mismatch> {
    proof.check(session)?;
    let params = session.params();
    let mut vector = RingVec::zeros(params.ring(), params.dimension());
    for (role, words) in shares.iter() {
        let signed = proof.shares.of(role).body.vector;
        read_signed(params, signed, words, |at, part| _ = vector.add_bytes_at(at, part))
            .map_err(|_| Mismatch::OtherShare { role })?;
    }
    let contributors = proof.contributions.len();
    let most = contributors as u128 * u128::from(params.contribution_most());
    if let Some((first, count)) = vector.beyond(most) {
        return Err(Mismatch::OutOfRange { count, first, contributors });
    }
    Ok(Sum { survivors: proof.contributions.keys().cloned().collect(), vector })
}
