//! The end of a run: results that agree, and the payload that those who hold them sign.
//!
//! A result travels unsigned, so it decides nothing: only signatures under the payload count.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_partnership::act::{AbortReason, RunClose};
use concordat_partnership::{Act, key_id};
use concordat_replay::Replica;
use concordat_terms::{Digest, PartyId, Problem};
use concordat_tlog::dsse::{Signature, pae};
use concordat_tlog::{Envelope, PublicKey};
use concordat_wire::act::encode;
use concordat_wire::api::{PayloadSignature, RunResult, ToSign};

use super::basis::Basis;
use crate::sequencer::header;

/// The most results that are taken in one party's name.
const CLAIMS_MOST: usize = 4;

/// The results so far.
#[derive(Debug, Default)]
pub(crate) struct Results {
    claims: BTreeMap<PartyId, Vec<RunResult>>,
    /// Who did not sign although its result was there.
    excluded: BTreeSet<PartyId>,
}

impl Results {
    /// Takes a result in a party's name; `false` if there are too many, or it had its chance.
    pub(crate) fn claim(&mut self, result: RunResult) -> bool {
        if self.excluded.contains(&result.party) {
            return false;
        }
        let claims = self.claims.entry(result.party.clone()).or_default();
        if claims.contains(&result) {
            return true;
        }
        let fits = claims.len() < CLAIMS_MOST;
        if fits {
            claims.push(result);
        }
        fits
    }

    /// Starts over without those who did not sign.
    pub(crate) fn without(self, silent: impl IntoIterator<Item = PartyId>) -> Self {
        let mut excluded = self.excluded;
        excluded.extend(silent);
        Self { claims: BTreeMap::new(), excluded }
    }

    /// Whether nobody has said anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.claims.is_empty()
    }

    /// Whether everybody who is there has a result.
    pub(crate) fn is_complete(&self, present: &BTreeSet<PartyId>) -> bool {
        let awaited = present.difference(&self.excluded);
        !self.claims.is_empty() && awaited.into_iter().all(|p| self.claims.contains_key(p))
    }

    /// The result that most parties hold, and who they are.
    ///
    /// # Errors
    /// Fewer than `threshold` hold one result.
    pub(crate) fn agreed(
        &self,
        threshold: usize,
    ) -> Result<(RunResult, BTreeSet<PartyId>), AbortReason> {
        let mut groups: BTreeMap<Vec<u8>, (RunResult, BTreeSet<PartyId>)> = BTreeMap::new();
        for (party, claim) in
            self.claims.iter().flat_map(|(p, claims)| claims.iter().map(move |claim| (p, claim)))
        {
            let group = groups.entry(content(claim)).or_insert((claim.clone(), BTreeSet::new()));
            group.1.insert(party.clone());
        }
        let differ = groups.len() > 1;
        let largest = groups.into_values().max_by_key(|(_, parties)| parties.len());
        match largest {
            Some((result, parties)) if parties.len() >= threshold => Ok((result, parties)),
            _ if differ => Err(AbortReason::ModelsDiffer),
            _ => Err(AbortReason::ResultNotSigned),
        }
    }
}

/// What two results must have in common.
pub(crate) fn content(result: &RunResult) -> Vec<u8> {
    let roster: BTreeSet<&PartyId> = result.roster.iter().collect();
    let same = (result.model, result.rounds, result.attempts, result.transcript, roster);
    serde_json::to_vec(&same).unwrap_or_default()
}

/// A `run.close` that waits for its signatures.
#[derive(Debug)]
pub(crate) struct Closing {
    /// What all signers hold.
    result: RunResult,
    payload: Vec<u8>,
    keys: BTreeMap<PartyId, (String, PublicKey)>,
    signatures: BTreeMap<PartyId, [u8; 64]>,
}

impl Closing {
    /// Writes the payload, in the name of `signers`, in the order of their names.
    pub(crate) fn new(
        replica: &Replica,
        basis: &Basis,
        result: RunResult,
        signers: &BTreeSet<PartyId>,
    ) -> Result<Self, Problem> {
        let mut keys = BTreeMap::new();
        for party in signers {
            let founder = replica.state().genesis().and_then(|g| g.parties.get(party));
            let found = founder.and_then(|founder| {
                Some((key_id(&founder.key)?.to_string(), founder.key.parse().ok()?))
            });
            if let Some(found) = found {
                keys.insert(party.clone(), found);
            }
        }
        let seat = basis.seat.to_string();
        let named = keys.values().map(|(id, _)| (seat.clone(), id.clone())).collect();
        let act = Act::RunClose(RunClose {
            run: basis.run.clone(),
            model: result.model,
            rounds: result.rounds,
            attempts: result.attempts,
            transcript: result.transcript,
            roster: result.roster.iter().cloned().collect(),
        });
        let payload = encode(Some(&header(replica, named)?), &act).map_err(|e| {
            crate::problem::unusable("cannot-sign", e.to_string(), "look at the run's results")
        })?;
        Ok(Self { result, payload, keys, signatures: BTreeMap::new() })
    }

    /// What a signer is given, if it is one and holds this result.
    pub(crate) fn to_sign(&self, result: &RunResult) -> Option<ToSign> {
        let signs = self.keys.contains_key(&result.party);
        (signs && content(result) == content(&self.result)).then(|| self.payload())
    }

    pub(crate) fn payload(&self) -> ToSign {
        ToSign { payload: STANDARD.encode(&self.payload) }
    }

    /// Takes a signature that verifies; else says why not.
    pub(crate) fn sign(&mut self, signed: &PayloadSignature) -> Result<(), String> {
        let party = &signed.party;
        let Some((_, key)) = self.keys.get(party) else {
            return Err(format!("`{party}` does not sign this result"));
        };
        if signed.payload != Digest::of(&self.payload) {
            return Err("the signature is for another payload".to_owned());
        }
        let bytes = STANDARD.decode(&signed.signature).ok().and_then(|b| b.try_into().ok());
        let signature: [u8; 64] = bytes.ok_or("the signature is not 64 bytes in base64")?;
        key.verify(&pae(&self.payload), &signature)
            .map_err(|_| format!("the signature of `{party}` does not verify"))?;
        self.signatures.insert(party.clone(), signature);
        Ok(())
    }

    /// Who has not signed yet.
    pub(crate) fn silent(&self) -> BTreeSet<PartyId> {
        self.keys.keys().filter(|p| !self.signatures.contains_key(*p)).cloned().collect()
    }

    pub(crate) fn signed(&self) -> usize {
        self.signatures.len()
    }

    /// The envelope, once everybody named has signed.
    pub(crate) fn envelope(&self) -> Option<Vec<u8>> {
        let signatures: Option<Vec<Signature>> = self
            .keys
            .iter()
            .map(|(party, (id, _))| {
                let sig = *self.signatures.get(party)?;
                Some(Signature { keyid: id.clone(), sig })
            })
            .collect();
        Some(Envelope::new(self.payload.clone(), signatures?).ok()?.to_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(party: &str, model: &[u8]) -> RunResult {
        RunResult {
            party: party.parse().unwrap(),
            model: Digest::of(model),
            rounds: 2,
            attempts: 3,
            transcript: Digest::of(b"transcript"),
            roster: vec!["alder".parse().unwrap(), "birch".parse().unwrap()],
        }
    }

    fn names(names: &[&str]) -> BTreeSet<PartyId> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn the_result_that_most_hold_is_the_one_to_sign() {
        let mut results = Results::default();
        for party in ["alder", "birch", "cypress"] {
            assert!(results.claim(result(party, b"model")));
        }
        assert!(results.claim(result("dogwood", b"another")));
        let (agreed, signers) = results.agreed(3).unwrap();
        assert_eq!(
            (agreed.model, signers),
            (Digest::of(b"model"), names(&["alder", "birch", "cypress"]))
        );
        assert_eq!(results.agreed(4).unwrap_err(), AbortReason::ModelsDiffer);
    }

    #[test]
    fn somebody_elses_false_claim_does_not_take_a_partys_place() {
        // Results are unsigned: a stranger can post in alder's name, and alder's own still counts.
        let mut results = Results::default();
        assert!(results.claim(result("alder", b"false")));
        for party in ["alder", "birch", "cypress"] {
            assert!(results.claim(result(party, b"model")));
        }
        assert_eq!(results.agreed(3).unwrap().1, names(&["alder", "birch", "cypress"]));
        for more in [b"1", b"2"] {
            assert!(results.claim(result("alder", more)));
        }
        assert!(!results.claim(result("alder", b"3")), "not without end");
    }

    #[test]
    fn whoever_did_not_sign_is_not_awaited_again() {
        let mut results = Results::default();
        results.claim(result("dogwood", b"model"));
        let mut results = results.without(names(&["dogwood"]));
        assert!(results.is_empty());
        assert!(!results.claim(result("dogwood", b"model")));
        results.claim(result("alder", b"model"));
        assert!(results.is_complete(&names(&["alder", "dogwood"])));
        assert!(!results.is_complete(&names(&["alder", "birch", "dogwood"])));
        assert_eq!(results.agreed(3).unwrap_err(), AbortReason::ResultNotSigned);
    }
}
