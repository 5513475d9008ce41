//! The partnership that is measured: founded, its acts judged and applied, and nothing signed until
//! somebody asks for an act's envelope.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use concordat_agreement::assemble;
use concordat_partnership::act::{
    DigestRecord, Founder, Genesis, Header, ModuleEnter, ModuleSign, OneModule, Seen, Signed,
    Signer, Tick, WitnessPolicy,
};
use concordat_partnership::{Act, Facts, Proved, Refusal, State, Verdict, key_id};
use concordat_replay::{RULES, facts, prove};
use concordat_terms::{Digest, KeyId, PartyId, Period, Timestamp};
use concordat_tlog::merkle::empty_root;
use concordat_tlog::{Envelope, SigningKey};
use concordat_wire::act::encode;

use super::super::grown::{Amended, modules, name};
use crate::failure::Failure;
use crate::files;

/// How long an act stays valid.
const LIFETIME: Period = Period { months: 0, days: 7, seconds: 0 };

/// The key of somebody.
pub(in super::super) fn key(of: &str) -> SigningKey {
    SigningKey::from_seed(Digest::of(of.as_bytes()).as_bytes())
}

/// The public key of somebody.
pub(super) fn public(of: &str) -> String {
    key(of).public().to_string()
}

/// Who signs: the seat, and whose key.
pub(super) type Signature = (&'static str, String);

/// The state of the partnership, and what makes acts for it.
pub(in super::super) struct Office {
    pub(in super::super) state: State,
    /// What founded it, until somebody takes it away; afterwards nothing is kept of what is folded.
    founding: Option<Vec<Signed>>,
    count: u64,
    keys: BTreeMap<String, KeyId>,
    signing: BTreeMap<KeyId, SigningKey>,
}

/// What a founded partnership cannot be without.
fn wrong(what: impl Into<String>) -> Failure {
    Failure::fault("bench-wrong", what, "report this with the program's version")
}

impl Office {
    /// Founds it with the generated agreement; every module is in force.
    pub(in super::super) fn founded(parties: usize, clauses: usize) -> Result<Self, Failure> {
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
        let mut office = Self {
            state: State::default(),
            founding: Some(Vec::new()),
            count: 0,
            keys: BTreeMap::new(),
            signing: BTreeMap::new(),
        };
        for name in names.iter().map(PartyId::as_str).chain(["sequencer"]) {
            office.key_of(name)?;
        }
        let act = Act::Genesis(genesis);
        let id = Digest::of(&encode(None, &act).map_err(|e| wrong(e.to_string()))?);
        office.must(&Signed { id, header: None, act }, &Facts::default())?;
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
        self.record_if_due()?;
        let signed = self.signed(&[("signatory", name(party))], act)?;
        self.must(&signed, facts)
    }

    fn must(&mut self, signed: &Signed, facts: &Facts) -> Result<(), Failure> {
        match self.state.step(signed, facts) {
            Verdict::Admitted { .. } => {
                self.keep(signed);
                Ok(())
            }
            Verdict::Refused { refusal, .. } => {
                Err(wrong(format!("`{}` is refused: {refusal}", signed.act.name())))
            }
        }
    }

    pub(in super::super) fn now(&self) -> Timestamp {
        self.state.time().unwrap_or(Timestamp::EPOCH)
    }

    /// Every two hundred entries the sequencer says what it made of them.
    pub(super) fn record_if_due(&mut self) -> Result<(), Failure> {
        let (index, rolling) = (self.state.index(), self.state.rolling());
        if !index.is_multiple_of(200) {
            return Ok(());
        }
        let act = Act::DigestRecord(DigestRecord { index, rolling });
        let signed = self.signed(&[("sequencer", "sequencer".to_owned())], act)?;
        self.must(&signed, &Facts::default())
    }

    /// An act as if these had signed it.
    pub(super) fn signed(&mut self, signatures: &[Signature], act: Act) -> Result<Signed, Failure> {
        self.count += 1;
        let mut signers = Vec::new();
        for (seat, whose) in signatures {
            let key = self.key_of(whose)?;
            let seat = seat.parse().map_err(|_| wrong("a seat has no name"))?;
            signers.push(Signer { seat, key });
        }
        let header = Header {
            log: self.state.log().unwrap_or(Digest([0; 32])),
            signers,
            nonce: format!("{:032x}", self.count),
            seen: Seen { size: 0, root: empty_root() },
            expires_at: self.now().plus(LIFETIME),
            attached: None,
        };
        let payload = encode(Some(&header), &act).map_err(|e| wrong(e.to_string()))?;
        Ok(Signed { id: Digest::of(&payload), header: Some(header), act })
    }

    /// The id of somebody's key.
    fn key_of(&mut self, whose: &str) -> Result<KeyId, Failure> {
        if let Some(known) = self.keys.get(whose) {
            return Ok(known.clone());
        }
        let key = key(whose);
        let id = key_id(&key.public().to_string()).ok_or_else(|| wrong("no key"))?;
        self.keys.insert(whose.to_owned(), id.clone());
        self.signing.insert(id.clone(), key);
        Ok(id)
    }

    /// The envelope of an act, as the log has it: signed by those whom it names, a genesis by all
    /// founders and the sequencer.
    pub(in super::super) fn envelope(&self, signed: &Signed) -> Result<Vec<u8>, Failure> {
        let payload = encode(signed.header.as_ref(), &signed.act);
        let payload = payload.map_err(|e| wrong(e.to_string()))?;
        let ids: Vec<KeyId> = match (&signed.header, &signed.act) {
            (Some(header), _) => header.signers.iter().map(|signer| signer.key.clone()).collect(),
            (None, Act::Genesis(genesis)) => {
                let publics = genesis.parties.values().map(|founder| &founder.key);
                publics.chain([&genesis.sequencer]).filter_map(|public| key_id(public)).collect()
            }
            (None, _) => Vec::new(),
        };
        let mut keys = Vec::new();
        for id in &ids {
            let key = self.signing.get(id).ok_or_else(|| wrong("a key of nobody"))?;
            keys.push((id.as_str(), key));
        }
        let envelope = Envelope::sign(&payload, &keys).map_err(|e| wrong(e.to_string()))?;
        Ok(envelope.to_bytes())
    }

    /// Judges and applies an act; how long that took, and what was computed for it first.
    pub(in super::super) fn fold(&mut self, signed: &Signed) -> (Verdict, Duration) {
        let started = Instant::now();
        let facts = facts(&self.state, &signed.act);
        let verdict = self.state.step(signed, &facts);
        let took = started.elapsed();
        self.keep(signed);
        (verdict, took)
    }

    fn keep(&mut self, signed: &Signed) {
        if let Some(founding) = &mut self.founding {
            founding.push(signed.clone());
        }
    }

    /// Every act up to now. From here on none is kept: what is weighed is the state alone.
    pub(in super::super) fn take_founding(&mut self) -> Vec<Signed> {
        self.founding.take().unwrap_or_default()
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
