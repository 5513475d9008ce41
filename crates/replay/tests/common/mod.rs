//! A partnership in one thread: keys from names, time from the test, acts as sentences.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use std::collections::{BTreeMap, BTreeSet};

use concordat_partnership::act::{
    Attached, CodeApproval, DatasetRegister, Founder, Genesis, Header, ModuleEnter, ModuleSign,
    MotionExecute, MotionPropose, MotionVote, OneModule, OneProject, OneRun, PartySucceed,
    PlaceRegister, Plan, ProjectCharter, RunClose, RunJoin, RunPropose, Seen, Signer, Tick, Vote,
    WitnessPolicy,
};
use concordat_partnership::{Act, State, Verdict, key_id};
use concordat_replay::{RULES, Replica};
use concordat_terms::{Cost, Digest, PartyId, Timestamp};
use concordat_tlog::{Envelope, SigningKey};
use concordat_wire::act::encode;

pub const HOSPITALS: [&str; 4] = ["alder", "birch", "cypress", "dogwood"];

/// The texts of `examples/heart`, by module.
pub fn texts() -> BTreeMap<&'static str, String> {
    [
        ("parties", include_str!("../../../../examples/heart/parties.md")),
        ("governance", include_str!("../../../../examples/heart/governance.md")),
        ("data-use", include_str!("../../../../examples/heart/data-use.md")),
        ("protocol", include_str!("../../../../examples/heart/protocol.md")),
        ("release", include_str!("../../../../examples/heart/release.md")),
    ]
    .map(|(name, text)| (name, text.to_owned()))
    .into()
}

pub fn key(name: &str) -> SigningKey {
    SigningKey::from_seed(&Digest::of(name.as_bytes()).0)
}

pub fn public(name: &str) -> String {
    key(name).public().to_string()
}

pub fn id_of(name: &str) -> concordat_terms::KeyId {
    key_id(&public(name)).unwrap()
}

pub fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

pub fn genesis() -> Genesis {
    let parties: BTreeMap<PartyId, Founder> = HOSPITALS
        .iter()
        .chain(&["vendor", "lab"])
        .map(|p| {
            let witness = public(&format!("{p} witness"));
            (p.parse().unwrap(), Founder::of(public(p), witness))
        })
        .collect();
    let witnesses: BTreeSet<PartyId> =
        HOSPITALS.iter().chain(&["lab"]).map(|p| p.parse().unwrap()).collect();
    Genesis {
        origin: "heart.example/log".to_owned(),
        rules: *RULES,
        time: "2027-01-01T08:00:00Z".parse().unwrap(),
        sequencer: public("sequencer"),
        parties,
        policy: WitnessPolicy { witnesses, quorum: 4 },
        modules: texts().values().map(|t| digest(t)).collect(),
    }
}

/// A signature under one module of a set, in a document that all have read.
pub fn signature(module: Digest, set: &BTreeSet<Digest>) -> Act {
    Act::ModuleSign(ModuleSign::of(module, set, Digest([7; 32])))
}

/// Every party of the heart agreement.
pub const EVERYBODY: [&str; 6] = ["alder", "birch", "cypress", "dogwood", "vendor", "lab"];

/// The story's log, as every party folds it.
#[derive(Clone)]
pub struct Story {
    pub replica: Replica,
    pub entries: Vec<Vec<u8>>,
    pub now: Timestamp,
    nonce: u64,
}

impl Story {
    /// A founded log and nothing else.
    pub fn founded() -> Self {
        Self::founded_on(genesis().modules)
    }

    /// The same, whose genesis names these modules.
    pub fn founded_on(modules: BTreeSet<Digest>) -> Self {
        Self::founded_by(Genesis { modules, ..genesis() })
    }

    /// The same, begun by this genesis.
    pub fn founded_by(genesis: Genesis) -> Self {
        let now = genesis.time;
        let act = Act::Genesis(genesis);
        let payload = encode(None, &act).unwrap();
        let names = ["alder", "birch", "cypress", "dogwood", "vendor", "lab", "sequencer"];
        let keys: Vec<(String, SigningKey)> =
            names.iter().map(|n| (id_of(n).to_string(), key(n))).collect();
        let keys: Vec<(&str, &SigningKey)> = keys.iter().map(|(i, k)| (i.as_str(), k)).collect();
        let entry = Envelope::sign(&payload, &keys).unwrap().to_bytes();
        let mut story = Self { replica: Replica::new(), entries: Vec::new(), now, nonce: 0 };
        assert!(story.step(entry).is_admitted());
        for text in texts().into_values() {
            story.replica.supply(text.into_bytes());
        }
        story
    }

    /// With the named modules proposed, signed by all and in force.
    pub fn with_modules(names: &[&str]) -> Self {
        let mut story = Self::founded();
        story.enter(names);
        story
    }

    /// With the whole agreement in force.
    pub fn in_force() -> Self {
        Self::with_modules(&["parties", "governance", "data-use", "protocol", "release"])
    }

    /// With data registered, code approved and a project open.
    pub fn ready() -> Self {
        let mut story = Self::in_force();
        for hospital in HOSPITALS {
            story.register(hospital, "first", 2);
        }
        story.open_project();
        story
    }

    /// With a trained model: four joined, three signed.
    pub fn trained() -> Self {
        let mut story = Self::ready();
        story.run("first");
        for hospital in HOSPITALS {
            story.admit(hospital, "data-holder", story.join("first", cost()));
        }
        let seats = ["alder", "birch", "dogwood"].map(|h| (h, "data-holder"));
        let entry = story.sign(&seats, &result("model"));
        assert!(story.step(entry).is_admitted());
        story
    }

    /// With these texts in force instead, in a log whose genesis names none, and everything ready.
    pub fn begun(texts: impl IntoIterator<Item = String>) -> Self {
        let mut story = Self::begun_but_for_the_project(texts);
        story.open_project();
        story
    }

    /// With these texts in force, entered as one.
    pub fn entered(texts: impl IntoIterator<Item = String>) -> Self {
        let mut story = Self::founded_on([].into());
        let modules = story.put_as_one(texts, &EVERYBODY);
        story.admit("alder", "signatory", Act::ModuleEnter(ModuleEnter { modules }));
        story
    }

    /// The same, before a project.
    pub fn begun_but_for_the_project(texts: impl IntoIterator<Item = String>) -> Self {
        let mut story = Self::entered(texts);
        for hospital in HOSPITALS {
            story.register(hospital, "first", 2);
        }
        story
    }

    /// Proposes a text and has these parties sign it.
    pub fn put(&mut self, text: &str, signers: &[&str]) -> Digest {
        let module = self.replica.supply(text.as_bytes().to_vec());
        self.admit("vendor", "signatory", Act::ModulePropose(OneModule { module }));
        for party in signers {
            self.sign_module(party, module);
        }
        module
    }

    /// Proposes texts and has these parties sign them as one.
    pub fn put_as_one(
        &mut self,
        texts: impl IntoIterator<Item = String>,
        signers: &[&str],
    ) -> BTreeSet<Digest> {
        let modules: BTreeSet<Digest> =
            texts.into_iter().map(|text| self.put(&text, &[])).collect();
        for party in signers {
            self.sign_as_one(party, &modules);
        }
        modules
    }

    pub fn enter(&mut self, names: &[&str]) {
        let texts = texts();
        let modules: BTreeSet<Digest> = names.iter().map(|n| digest(&texts[n])).collect();
        for module in modules.iter().copied() {
            self.admit("vendor", "signatory", Act::ModulePropose(OneModule { module }));
        }
        for party in EVERYBODY {
            self.sign_as_one(party, &modules);
        }
        self.admit("alder", "signatory", Act::ModuleEnter(ModuleEnter { modules }));
    }

    /// Everybody signs amendments of modules of the heart agreement, which then enter together.
    pub fn amend(&mut self, amended: &[String]) {
        let newer = |text: &String| text.replace("version = \"1.0.0\"", "version = \"1.1.0\"");
        let modules = self.put_as_one(amended.iter().map(newer), &EVERYBODY);
        self.admit("vendor", "signatory", Act::ModuleEnter(ModuleEnter { modules }));
    }

    /// Everybody signs an amendment, which could then enter.
    pub fn sign_amendment(&mut self, text: &str) -> Digest {
        let text = text.replace("version = \"1.0.0\"", "version = \"1.1.0\"");
        self.put(&text, &EVERYBODY)
    }

    pub fn register(&mut self, hospital: &str, version: &str, class: u8) {
        let place = PlaceRegister {
            place: "ward".parse().unwrap(),
            class,
            jurisdiction: "CH".parse().unwrap(),
        };
        self.admit(hospital, "data-holder", Act::PlaceRegister(place));
        self.admit(hospital, "data-holder", self.dataset(hospital, version));
        let code = CodeApproval::of(digest("code"), "heart-rows".parse().unwrap());
        self.admit(hospital, "data-holder", Act::CodeApprove(code));
    }

    pub fn dataset(&self, hospital: &str, version: &str) -> Act {
        Act::DatasetRegister(DatasetRegister {
            asset: "heart-rows".parse().unwrap(),
            version: digest(&format!("{hospital} {version}")),
            place: "ward".parse().unwrap(),
            rows_band: 100,
            purposes: ["cardiac-risk".parse().unwrap()].into(),
        })
    }

    pub fn charter() -> Act {
        Act::ProjectCharter(ProjectCharter {
            project: "risk".parse().unwrap(),
            charter: digest("charter"),
            objective: "governance/better-risk-estimates".parse().unwrap(),
            assets: ["heart-rows".parse().unwrap(), "risk-model".parse().unwrap()].into(),
            purposes: ["cardiac-risk".parse().unwrap()].into(),
        })
    }

    pub fn open_project(&mut self) {
        self.admit("vendor", "trainer", Self::charter());
        self.decide("open-risk", Act::ProjectOpen(OneProject { project: "risk".parse().unwrap() }));
    }

    /// One more signature under a text that was put, for it alone.
    pub fn sign_module(&mut self, party: &str, module: Digest) {
        let set = self.state().set_of([module]);
        self.admit(party, "signatory", signature(module, &set));
    }

    /// One more signature under each of these texts, for all of them or none.
    pub fn sign_as_one(&mut self, party: &str, modules: &BTreeSet<Digest>) {
        let set = self.state().set_of(modules.iter().copied());
        for module in modules {
            self.admit(party, "signatory", signature(*module, &set));
        }
    }

    /// Puts a motion, has all four hospitals vote for it, and says what carrying it out gives.
    pub fn try_decide(&mut self, name: &str, decision: Act) -> Verdict {
        self.propose(name, decision);
        for hospital in HOSPITALS {
            self.admit(hospital, "council-member", vote(name, Vote::For));
        }
        self.act("alder", "council-member", execute(name))
    }

    /// Puts a motion, has all four hospitals vote for it, and carries it out.
    pub fn decide(&mut self, name: &str, decision: Act) {
        self.propose(name, decision);
        for hospital in HOSPITALS {
            self.admit(hospital, "council-member", vote(name, Vote::For));
        }
        self.admit("alder", "council-member", execute(name));
    }

    /// A party is followed by another by law, as everybody but itself signs.
    pub fn followed(&mut self, party: &str, by: &str) {
        let others = EVERYBODY.iter().filter(|other| **other != party && **other != by);
        let all = std::iter::once(&by).chain(others).map(|own| (*own, "signatory"));
        let all: Vec<_> = all.collect();
        let act = Act::PartySucceed(PartySucceed {
            party: party.parse().unwrap(),
            to: by.parse().unwrap(),
            evidence: digest("register"),
            cut_off: None,
        });
        let entry = self.sign(&all, &act);
        let verdict = self.step(entry);
        assert!(verdict.is_admitted(), "{:?}", verdict.refusal());
    }

    pub fn propose(&mut self, name: &str, decision: Act) {
        let motion = MotionPropose::of(name.parse().unwrap(), "council".parse().unwrap(), decision);
        self.admit("alder", "council-member", Act::MotionPropose(motion));
    }

    /// Proposes, approves and opens a run, which every hospital joins.
    pub fn run(&mut self, name: &str) {
        self.admit("vendor", "trainer", self.proposal(name, |_| {}));
        for hospital in ["alder", "birch", "cypress"] {
            self.admit(hospital, "data-holder", Act::RunApprove(one_run(name)));
        }
        self.admit("vendor", "trainer", Act::RunOpen(one_run(name)));
    }

    pub fn proposal(&self, name: &str, edit: impl FnOnce(&mut Plan)) -> Act {
        let version = |h: &&str| (h.parse().unwrap(), digest(&format!("{h} first")));
        let mut plan = Plan {
            project: "risk".parse().unwrap(),
            kind: concordat_agreement::RunKind::Train,
            purpose: "cardiac-risk".parse().unwrap(),
            asset: "heart-rows".parse().unwrap(),
            datasets: HOSPITALS.iter().map(version).collect(),
            model: Some("risk-model".parse().unwrap()),
            recipe: digest("recipe"),
            code: digest("code"),
            rounds: 100,
            retries: 2,
            sampling_rate: "0.2".parse().unwrap(),
            noise: "7.26".parse().unwrap(),
            clip: "1".parse().unwrap(),
            dimension: 14,
            local_steps: None,
            trainer: None,
        };
        edit(&mut plan);
        Act::RunPropose(RunPropose { run: name.parse().unwrap(), plan })
    }

    pub fn join(&self, name: &str, cost: Cost) -> Act {
        Act::RunJoin(RunJoin { run: name.parse().unwrap(), cost })
    }

    pub fn state(&self) -> &State {
        self.replica.state()
    }

    /// Moves time to `moment`.
    pub fn tick(&mut self, moment: &str) {
        self.now = moment.parse().unwrap();
        let act = Act::Tick(Tick { time: self.now });
        assert!(self.act("sequencer", "sequencer", act).is_admitted());
    }

    /// One party's act, which must be admitted.
    pub fn admit(&mut self, party: &str, seat: &str, act: Act) {
        let name = act.name();
        let verdict = self.act(party, seat, act);
        if let Some(refusal) = verdict.refusal() {
            panic!("`{name}` by {party} was refused: {}", refusal.problem());
        }
    }

    /// One party's act, which must be refused with this code, citing this clause or none.
    pub fn refuse(&mut self, party: &str, seat: &str, act: Act, code: &str, clause: &str) {
        let name = act.name();
        let before = self.state().clone();
        let verdict = self.act(party, seat, act);
        let Some(refusal) = verdict.refusal() else {
            panic!("`{name}` by {party} was admitted, and should be refused with {code}");
        };
        let cited = refusal.clause().map(ToString::to_string).unwrap_or_default();
        assert_eq!((refusal.code(), cited.as_str()), (code, clause), "{}", refusal.problem());
        assert_eq!(self.state().models(), before.models());
        assert_eq!(self.state().runs(), before.runs());
        assert_eq!(self.state().accounts(), before.accounts());
    }

    pub fn act(&mut self, party: &str, seat: &str, act: Act) -> Verdict {
        let entry = self.sign(&[(party, seat)], &act);
        self.step(entry)
    }

    /// The envelope of an act by these signers, made now.
    pub fn sign(&mut self, signers: &[(&str, &str)], act: &Act) -> Vec<u8> {
        self.sign_attached(signers, act, None)
    }

    /// The same, with a signature that was made elsewhere.
    pub fn sign_attached(
        &mut self,
        signers: &[(&str, &str)],
        act: &Act,
        attached: Option<Attached>,
    ) -> Vec<u8> {
        let header = Header { attached, ..self.header(signers) };
        let payload = encode(Some(&header), act).unwrap();
        seal(&payload, &signers.iter().map(|(p, _)| *p).collect::<Vec<_>>())
    }

    pub fn header(&mut self, signers: &[(&str, &str)]) -> Header {
        self.nonce += 1;
        Header {
            log: self.state().log().unwrap(),
            signers: signers
                .iter()
                .map(|(p, seat)| Signer { seat: seat.parse().unwrap(), key: id_of(p) })
                .collect(),
            nonce: format!("{:032x}", self.nonce),
            seen: Seen { size: self.replica.size(), root: self.replica.root() },
            expires_at: self.now.plus("P1D".parse().unwrap()),
            attached: None,
        }
    }

    /// Every third time has the state written and read: it is the same, byte by byte, and the story
    /// goes on from it.
    fn reread(&mut self) {
        if self.replica.size().is_multiple_of(3) {
            let reread = self.replica.reread().unwrap();
            assert_eq!(reread.state(), self.replica.state());
            assert_eq!(reread.state().to_bytes(), self.replica.state().to_bytes());
            self.replica = reread;
        }
    }

    pub fn step(&mut self, entry: Vec<u8>) -> Verdict {
        let verdict = self.replica.step(&entry).unwrap();
        self.reread();
        self.entries.push(entry);
        verdict
    }
}

pub fn seal(payload: &[u8], names: &[&str]) -> Vec<u8> {
    let keys: Vec<(String, SigningKey)> =
        names.iter().map(|n| (id_of(n).to_string(), key(n))).collect();
    let keys: Vec<(&str, &SigningKey)> = keys.iter().map(|(i, k)| (i.as_str(), k)).collect();
    Envelope::sign(payload, &keys).unwrap().to_bytes()
}

pub fn vote(motion: &str, vote: Vote) -> Act {
    Act::MotionVote(MotionVote { motion: motion.parse().unwrap(), vote })
}

pub fn execute(motion: &str) -> Act {
    Act::MotionExecute(MotionExecute { motion: motion.parse().unwrap() })
}

pub fn one_run(name: &str) -> OneRun {
    OneRun { run: name.parse().unwrap() }
}

/// How the run `first` closes, with this model.
pub fn result(model: &str) -> Act {
    Act::RunClose(RunClose {
        run: "first".parse().unwrap(),
        model: digest(model),
        rounds: 100,
        attempts: 101,
        transcript: digest("transcript"),
        roster: HOSPITALS.iter().map(|h| h.parse().unwrap()).collect(),
    })
}

/// What the plan of [`Story::proposal`] costs.
pub fn cost() -> Cost {
    let event = concordat_dp::Event {
        sigma: "7.26".parse().unwrap(),
        q: "0.2".parse().unwrap(),
        count: 102,
    };
    concordat_dp::cost(&[event]).unwrap()
}
