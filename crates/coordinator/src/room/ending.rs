//! The end of a run: results that agree, and the payload that those who hold them sign.
//!
//! A result is signed, so nobody claims one in another's name; what counts in the log are the
//! signatures under the payload alone.

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

/// The results so far.
#[derive(Debug, Default)]
pub(crate) struct Results {
    /// The one result of each party, for as long as the room is open.
    claims: BTreeMap<PartyId, RunResult>,
    /// Whose result is here for the set of signers that is being found now.
    here: BTreeSet<PartyId>,
    /// Who did not sign although its result was there.
    excluded: BTreeSet<PartyId>,
}

/// What becomes of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// It counts; `first` if nobody's did before it.
    Counts {
        /// Whether it is the first one.
        first: bool,
    },
    /// Its party had its chance to sign.
    Excluded,
    /// Its party posted another one.
    Differs,
}

impl Results {
    /// Takes a result whose signature was checked: one a party, for good.
    pub(crate) fn claim(&mut self, result: &RunResult) -> Claim {
        let party = &result.party;
        let claimed = self.claims.entry(party.clone()).or_insert_with(|| result.clone());
        if claimed.content() != result.content() {
            return Claim::Differs;
        }
        if self.excluded.contains(party) {
            return Claim::Excluded;
        }
        let first = self.here.is_empty();
        self.here.insert(party.clone());
        Claim::Counts { first }
    }

    /// What a party claims.
    pub(crate) fn of(&self, party: &PartyId) -> Option<&RunResult> {
        self.claims.get(party)
    }

    /// The signers are found; should there be need of others, results are posted again.
    pub(crate) fn adjourn(&mut self) {
        self.here.clear();
    }

    /// Starts over without those who did not sign.
    pub(crate) fn exclude(&mut self, silent: impl IntoIterator<Item = PartyId>) {
        self.excluded.extend(silent);
        self.adjourn();
    }

    /// Of those who are there, who keeps the run from a result that enough hold: whoever was silent,
    /// or had its chance to sign, or holds another result than the most do. Where no result is held
    /// by the most, nobody can tell who of them is wrong.
    pub(crate) fn against(&self, present: &BTreeSet<PartyId>) -> BTreeSet<PartyId> {
        let mut groups: BTreeMap<Digest, BTreeSet<PartyId>> = BTreeMap::new();
        for (party, claim) in &self.claims {
            groups.entry(claim.content()).or_default().insert(party.clone());
        }
        let most = groups.values().map(BTreeSet::len).max().unwrap_or(0);
        let mut groups: Vec<_> = groups.into_values().collect();
        groups.sort_by_key(BTreeSet::len);
        groups.pop();
        let alone = groups.iter().all(|group| group.len() < most);
        let others = groups.into_iter().filter(|_| alone).flatten();
        let silent = present.iter().filter(|party| !self.claims.contains_key(*party)).cloned();
        silent.chain(self.excluded.iter().cloned()).chain(others).collect()
    }

    /// Whether nobody has said anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.here.is_empty()
    }

    /// Whether everybody who is there has a result.
    pub(crate) fn is_complete(&self, present: &BTreeSet<PartyId>) -> bool {
        !self.here.is_empty() && self.awaited(present).is_empty()
    }

    /// Who is there and has yet to post a result.
    pub(crate) fn awaited(&self, present: &BTreeSet<PartyId>) -> BTreeSet<PartyId> {
        let may = present.difference(&self.excluded);
        may.filter(|party| !self.here.contains(*party)).cloned().collect()
    }

    /// The result that most parties hold, and who they are.
    ///
    /// # Errors
    /// Fewer than `threshold` hold one result.
    pub(crate) fn agreed(
        &self,
        threshold: usize,
    ) -> Result<(RunResult, BTreeSet<PartyId>), AbortReason> {
        let mut groups: BTreeMap<Digest, (RunResult, BTreeSet<PartyId>)> = BTreeMap::new();
        for (party, claim) in self.claims.iter().filter(|(party, _)| self.here.contains(*party)) {
            let group = groups.entry(claim.content()).or_insert((claim.clone(), BTreeSet::new()));
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

/// Why a signature is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotSigned {
    /// It is for another set of signers than the one that signs now.
    OtherSet(String),
    /// It is none.
    Bad(String),
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
            let found =
                basis.keys.get(party).and_then(|key| Some((key_id(&key.to_string())?, key)));
            if let Some((id, key)) = found {
                keys.insert(party.clone(), (id.to_string(), *key));
            }
        }
        let seat = basis.rounds.seat.to_string();
        let named = keys.values().map(|(id, _)| (seat.clone(), id.clone())).collect();
        let act = Act::RunClose(RunClose {
            run: basis.rounds.run.clone(),
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
        (signs && self.agrees(result)).then(|| self.payload())
    }

    /// Whether this is the result that is signed.
    pub(crate) fn agrees(&self, result: &RunResult) -> bool {
        result.content() == self.result.content()
    }

    pub(crate) fn payload(&self) -> ToSign {
        ToSign { payload: STANDARD.encode(&self.payload) }
    }

    /// Takes a signature that verifies; else says why not.
    pub(crate) fn sign(&mut self, signed: &PayloadSignature) -> Result<(), NotSigned> {
        let party = &signed.party;
        let Some((_, key)) = self.keys.get(party) else {
            return Err(NotSigned::OtherSet(format!("`{party}` does not sign this result")));
        };
        if signed.payload != Digest::of(&self.payload) {
            return Err(NotSigned::OtherSet("another payload waits for signatures".to_owned()));
        }
        let signature = signature(&signed.signature).map_err(NotSigned::Bad)?;
        key.verify(&pae(&self.payload), &signature)
            .map_err(|_| NotSigned::Bad(format!("the signature of `{party}` does not verify")))?;
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

/// The 64 bytes of a signature in standard base64.
pub(crate) fn signature(text: &str) -> Result<[u8; 64], String> {
    let bytes = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| "the signature is not 64 bytes in base64".to_owned())
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
            signature: String::new(),
        }
    }

    fn names(names: &[&str]) -> BTreeSet<PartyId> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    fn counts(claim: Claim) -> bool {
        matches!(claim, Claim::Counts { .. })
    }

    #[test]
    fn the_result_that_most_hold_is_the_one_to_sign() {
        let mut results = Results::default();
        for party in ["alder", "birch", "cypress"] {
            assert!(counts(results.claim(&result(party, b"model"))));
        }
        assert!(counts(results.claim(&result("dogwood", b"another"))));
        let (agreed, signers) = results.agreed(3).unwrap();
        assert_eq!(
            (agreed.model, signers),
            (Digest::of(b"model"), names(&["alder", "birch", "cypress"]))
        );
        assert_eq!(results.agreed(4).unwrap_err(), AbortReason::ModelsDiffer);
    }

    #[test]
    fn a_party_has_one_result_and_may_post_it_as_often_as_it_likes() {
        let mut results = Results::default();
        assert_eq!(results.claim(&result("alder", b"model")), Claim::Counts { first: true });
        assert_eq!(results.claim(&result("alder", b"another")), Claim::Differs);
        assert_eq!(results.claim(&result("alder", b"model")), Claim::Counts { first: false });
        // The order in which the roster is written makes no other result.
        let mut reordered = result("alder", b"model");
        reordered.roster.reverse();
        assert!(counts(results.claim(&reordered)));
        // And it stays bound to it when the signers are sought anew.
        results.exclude(names(&["dogwood"]));
        assert_eq!(results.claim(&result("alder", b"another")), Claim::Differs);
    }

    #[test]
    fn who_keeps_a_run_from_its_result_can_be_told() {
        let present = names(&["alder", "birch", "cypress", "dogwood"]);
        let mut results = Results::default();
        assert_eq!(results.against(&present), present, "all are silent");
        for (party, model) in [("alder", b"model"), ("birch", b"model"), ("cypress", b"other")] {
            results.claim(&result(party, model));
        }
        assert_eq!(results.against(&present), names(&["cypress", "dogwood"]));
        results.exclude(names(&["birch"]));
        assert_eq!(results.against(&present), names(&["birch", "cypress", "dogwood"]));

        let mut split = Results::default();
        for (party, model) in [("alder", b"model"), ("birch", b"other"), ("cypress", b"third")] {
            split.claim(&result(party, model));
        }
        assert_eq!(split.against(&present), names(&["dogwood"]), "nobody holds what the most do");
    }

    #[test]
    fn whoever_did_not_sign_is_not_awaited_again() {
        let mut results = Results::default();
        results.claim(&result("dogwood", b"model"));
        results.exclude(names(&["dogwood"]));
        assert!(results.is_empty());
        assert_eq!(results.claim(&result("dogwood", b"model")), Claim::Excluded);
        results.claim(&result("alder", b"model"));
        assert!(results.is_complete(&names(&["alder", "dogwood"])));
        assert!(!results.is_complete(&names(&["alder", "birch", "dogwood"])));
        assert_eq!(results.agreed(3).unwrap_err(), AbortReason::ResultNotSigned);
    }
}
