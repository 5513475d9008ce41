//! The partnership that is measured: founded without signatures, its acts judged and applied.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use concordat_agreement::assemble;
use concordat_partnership::act::{
    Founder, Genesis, Header, ModuleEnter, ModuleSign, OneModule, Seen, Signed, Signer, Tick,
    WitnessPolicy,
};
use concordat_partnership::{Act, Facts, Proved, Refusal, State, Verdict, key_id};
use concordat_replay::{RULES, facts, prove};
use concordat_terms::{Digest, KeyId, PartyId, Period, Timestamp};

use super::super::grown::{Amended, modules, name};
use crate::failure::Failure;
use crate::files;

/// How long an act stays valid.
const LIFETIME: Period = Period { months: 0, days: 7, seconds: 0 };

/// The public key of somebody: nothing is ever signed with it.
pub(super) fn public(of: &str) -> String {
    Digest::of(of.as_bytes()).to_string()
}

/// Who signs: the seat, and whose key.
pub(super) type Signature = (&'static str, String);

/// The state of the partnership, and what makes acts for it.
pub(super) struct Office {
    pub(super) state: State,
    count: u64,
    keys: BTreeMap<String, KeyId>,
}

/// What a founded partnership cannot be without.
fn wrong(what: impl Into<String>) -> Failure {
    Failure::fault("bench-wrong", what, "report this with the program's version")
}

impl Office {
    /// Founds it with the generated agreement; every module is in force.
    pub(super) fn founded(parties: usize, clauses: usize) -> Result<Self, Failure> {
        let proved = agreed(parties, clauses)?;
        let mut names: Vec<PartyId> = Vec::new();
        for index in 0..parties {
            let party = name(index).parse();
            names.push(party.map_err(|_| wrong("a party has no name"))?);
        }
        let founder = |party: &PartyId| {
            let key = public(party.as_str());
            (party.clone(), Founder::of(key, public(&format!("witness {party}"))))
        };
        let policy = proved.agreement.witnesses().map(|witnesses| WitnessPolicy {
            witnesses: witnesses.terms.witnesses.iter().cloned().collect(),
            quorum: witnesses.terms.quorum,
        });
        let policy = policy.ok_or_else(|| wrong("nobody cosigns"))?;
        let time = "2027-01-01T08:00:00Z".parse().map_err(|_| wrong("no time"))?;
        let digests: BTreeSet<Digest> =
            proved.agreement.modules().values().map(|module| module.digest).collect();
        let genesis = Genesis {
            origin: "bench.example/log".to_owned(),
            rules: *RULES,
            time,
            sequencer: public("sequencer"),
            parties: names.iter().map(founder).collect(),
            policy,
            modules: digests.clone(),
        };
        let mut office = Self { state: State::default(), count: 0, keys: BTreeMap::new() };
        let id = Digest::of(b"genesis");
        office.must(&Signed { id, header: None, act: Act::Genesis(genesis) }, &Facts::default())?;
        let document = Digest::of(b"document");
        for module in proved.agreement.modules().values() {
            let read = Facts { module: Some(Ok(Box::new(module.clone()))), ..Facts::default() };
            let one = OneModule { module: module.digest };
            office.found(0, Act::ModulePropose(one), &read)?;
            for party in 0..parties {
                let sign = ModuleSign::of(module.digest, &digests, document);
                office.found(party, Act::ModuleSign(sign), &Facts::default())?;
            }
        }
        let agreed = Facts { agreement: Some(Ok(Box::new(proved))), ..Facts::default() };
        office.found(0, Act::ModuleEnter(ModuleEnter { modules: digests }), &agreed)?;
        Ok(office)
    }

    fn found(&mut self, party: usize, act: Act, facts: &Facts) -> Result<(), Failure> {
        let signed = self.signed(&[("signatory", name(party))], act)?;
        self.must(&signed, facts)
    }

    fn must(&mut self, signed: &Signed, facts: &Facts) -> Result<(), Failure> {
        match fold(&mut self.state, signed, facts) {
            Verdict::Admitted { .. } => Ok(()),
            Verdict::Refused { refusal, .. } => {
                Err(wrong(format!("`{}` is refused: {refusal}", signed.act.name())))
            }
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.state.time().unwrap_or(Timestamp::EPOCH)
    }

    /// An act as if these had signed it.
    pub(super) fn signed(&mut self, signatures: &[Signature], act: Act) -> Result<Signed, Failure> {
        self.count += 1;
        let mut signers = Vec::new();
        for (seat, whose) in signatures {
            let known = self.keys.get(whose).cloned();
            let key = known.or_else(|| key_id(&public(whose))).ok_or_else(|| wrong("no key"))?;
            self.keys.entry(whose.clone()).or_insert_with(|| key.clone());
            let seat = seat.parse().map_err(|_| wrong("a seat has no name"))?;
            signers.push(Signer { seat, key });
        }
        let header = Header {
            log: self.state.log().unwrap_or(Digest([0; 32])),
            signers,
            nonce: format!("{:032x}", self.count),
            seen: Seen { size: 0, root: Digest([0; 32]) },
            expires_at: self.now().plus(LIFETIME),
            attached: None,
        };
        let id = Digest::of_parts(&[b"act", &self.count.to_be_bytes()]);
        Ok(Signed { id, header: Some(header), act })
    }

    /// Judges and applies an act; how long that took, and what was computed for it first.
    pub(super) fn fold(&mut self, signed: &Signed) -> (Verdict, Duration) {
        let started = Instant::now();
        let facts = facts(&self.state, &signed.act);
        let verdict = fold(&mut self.state, signed, &facts);
        (verdict, started.elapsed())
    }

    /// How long it takes to say everything that stands in an act's way.
    pub(super) fn why(&self, signed: &Signed) -> Duration {
        let started = Instant::now();
        let facts = facts(&self.state, &signed.act);
        let found: Vec<Refusal> = self.state.why(signed, &facts);
        let took = started.elapsed();
        drop(found);
        took
    }

    /// A tick of the sequencer.
    pub(super) fn tick(&mut self, seconds: u64) -> Result<Signed, Failure> {
        let time = Timestamp::from_seconds(self.now().seconds() + seconds);
        let time = time.ok_or_else(|| wrong("time is over"))?;
        self.signed(&[("sequencer", "sequencer".to_owned())], Act::Tick(Tick { time }))
    }
}

fn fold(state: &mut State, signed: &Signed, facts: &Facts) -> Verdict {
    match state.judge(signed, facts) {
        Err(refusal) => state.refuse(Some(signed), refusal),
        Ok(admitted) => match state.apply(signed, admitted) {
            Ok(verdict) => verdict,
            // Judged a line above, by this state: it cannot have moved on.
            Err(fault) => {
                state.refuse(Some(signed), Refusal::Malformed { reason: fault.to_string() })
            }
        },
    }
}

/// The generated agreement, read and proved.
fn agreed(parties: usize, clauses: usize) -> Result<Proved, Failure> {
    let mut read = Vec::new();
    for (name, text) in modules(parties, clauses, Amended::No) {
        let module = files::module(Path::new(&name), text.as_bytes());
        read.push(module.map_err(|found| files::unreadable(&found))?);
    }
    let (agreement, _) = assemble(read).map_err(|found| {
        let first = found.iter().find(|found| found.severity == concordat_terms::Severity::Error);
        wrong(first.map_or_else(String::new, |first| format!("{}: {}", first.span, first.what)))
    })?;
    prove(agreement).map_err(|impossible| wrong(impossible.to_string()))
}
