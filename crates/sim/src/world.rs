//! Founded partnerships, made once and copied for every seed.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use concordat_agreement::{RunKind, UpdateClass};
use concordat_partnership::act::{
    AssetImport, CodeApproval, DatasetRegister, EquivocationReport, EvidenceSubmit, Founder,
    Genesis, Header, ModuleEnter, ModuleSign, MotionExecute, MotionPropose, MotionVote, OneModule,
    OneProject, OneRun, PlaceRegister, Plan, ProjectCharter, Release, RunClose, RunJoin,
    RunPropose, Seen, Shown, Signer, UpdateDeclare, Vote, WitnessPolicy,
};
use concordat_partnership::{Act, Verdict};
use concordat_replay::{RULES, Replica, plan_cost};
use concordat_terms::{Digest, PartyId, SeatId, Timestamp};
use concordat_tlog::Checkpoint;

use crate::ring::Ring;
use crate::words::Words;
use crate::workshop;

macro_rules! texts {
    ($folder:literal: $($name:literal),*) => {
        [$(include_str!(concat!("../../../examples/", $folder, "/", $name, ".md")).to_owned()),*]
    };
}

const PACKS: [&str; 2] =
    [include_str!("../../../regimes/eu-gdpr.toml"), include_str!("../../../regimes/eu-nis2.toml")];

/// Who may join later.
const NEWCOMERS: [&str; 2] = ["elm", "fir"];

/// A founded log, the keys of everybody, and what there is to say.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) name: &'static str,
    pub(crate) replica: Replica,
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) verdicts: Vec<Verdict>,
    pub(crate) ring: Ring,
    pub(crate) parties: Vec<PartyId>,
    pub(crate) words: Words,
    pub(crate) genesis: Act,
    /// Two histories that the log's own key signed.
    pub(crate) twice: Act,
    nonce: u64,
}

/// The partnership of a seed.
pub(crate) fn world(seed: u64) -> &'static World {
    static ALL: OnceLock<Vec<World>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let heart = texts!("heart": "parties", "governance", "data-use", "protocol", "release");
        let allocation = texts!("allocation": "parties", "instrument", "governance", "data-use",
            "protocol", "release", "service", "ip-liability", "incidents", "audit-exit", "notices");
        let shop = heart.iter().cloned().chain([workshop::text()]).collect::<Vec<_>>();
        let bare = World::founded("heart", &heart);
        let works = World::founded("workshop", &shop);
        let ready = works.clone().ready();
        let released = ready.clone().released();
        vec![ready, works, World::founded("allocation", &allocation), released, bare.ready()]
    });
    &all[(seed % all.len() as u64) as usize]
}

/// Every name of a party that a module text declares.
fn parties_of(texts: &[String]) -> Vec<PartyId> {
    let blocks = texts.iter().flat_map(|text| text.split("```clause\n"));
    let named = blocks.filter(|block| {
        block.lines().take_while(|line| *line != "```").any(|line| line.starts_with("party = "))
    });
    let ids = named.filter_map(|block| block.lines().next()?.strip_prefix("id = \""));
    ids.filter_map(|id| id.strip_suffix('"')?.parse().ok()).collect()
}

impl World {
    fn founded(name: &'static str, texts: &[String]) -> Self {
        let parties = parties_of(texts);
        let mut names = vec!["sequencer".to_owned()];
        for party in parties.iter().map(PartyId::as_str).chain(NEWCOMERS) {
            names.push(party.to_owned());
            names.extend((1..4).map(|more| format!("{party}/{more}")));
            names.push(format!("{party} witness"));
        }
        let ring = Ring::of(names);
        let public = |name: &str| ring.named(name).public.clone();
        let founder = |party: &PartyId| {
            let witness = public(&format!("{party} witness"));
            (party.clone(), Founder::of(public(party.as_str()), witness))
        };
        let agreed: BTreeSet<Digest> =
            texts.iter().map(|text| Digest::of(text.as_bytes())).collect();
        let (witnesses, quorum) = witnesses(texts);
        let genesis = Act::Genesis(Genesis {
            origin: format!("{name}.example/log"),
            rules: *RULES,
            time: "2027-01-01T08:00:00Z".parse().unwrap(),
            sequencer: public("sequencer"),
            parties: parties.iter().map(founder).collect(),
            policy: WitnessPolicy { witnesses, quorum },
            modules: agreed.clone(),
        });
        let signers: Vec<String> =
            parties.iter().map(ToString::to_string).chain(["sequencer".to_owned()]).collect();
        let first = ring.found(&genesis, &signers);
        let twice = twice(&ring, &format!("{name}.example/log"));
        let mut world = Self {
            name,
            replica: Replica::new(),
            entries: Vec::new(),
            verdicts: Vec::new(),
            ring,
            parties,
            words: Words::default(),
            genesis,
            twice,
            nonce: 0,
        };
        world.step(first);
        for text in texts {
            world.replica.supply(text.clone().into_bytes());
        }
        for module in &agreed {
            world.admit("signatory", None, Act::ModulePropose(OneModule { module: *module }));
            for party in world.parties.clone() {
                let sign = ModuleSign::of(*module, &agreed, Digest([7; 32]));
                world.admit("signatory", Some(&party), Act::ModuleSign(sign));
            }
        }
        world.admit("signatory", None, Act::ModuleEnter(ModuleEnter { modules: agreed }));
        world.words = world.vocabulary(texts);
        world
    }

    /// The agreement's words, the keys that there are, and the blobs that everybody has.
    fn vocabulary(&mut self, texts: &[String]) -> Words {
        let mut words = Words::of(self.replica.state().agreement());
        for key in self.ring.all() {
            words.push(crate::words::Kind::PublicKey, &key.public);
        }
        for party in NEWCOMERS {
            words.push(crate::words::Kind::Party, party);
        }
        let amended = texts.iter().map(|text| {
            let newer = text.replacen("version = \"1.0.0\"", "version = \"1.0.1\"", 1);
            self.replica.supply(format!("{newer}\nNoted once more.\n").into_bytes())
        });
        let amended: Vec<Digest> = amended.collect();
        words.blobs("module", &amended);
        let packs = PACKS.map(|pack| self.replica.supply(pack.as_bytes().to_vec()));
        words.blobs("pack", &packs);
        words
    }

    /// With rows listed, code approved, a project open, and a run that can be joined: for the heart
    /// agreement.
    fn ready(mut self) -> Self {
        let hospitals: Vec<PartyId> =
            ["alder", "birch", "cypress", "dogwood"].map(|party| party.parse().unwrap()).into();
        let asset = || "heart-rows".parse().unwrap();
        for party in &hospitals {
            let place = PlaceRegister {
                place: "ward".parse().unwrap(),
                class: 2,
                jurisdiction: "CH".parse().unwrap(),
            };
            let rows = DatasetRegister {
                asset: asset(),
                version: Digest::of(format!("{party} first").as_bytes()),
                place: "ward".parse().unwrap(),
                rows_band: 100,
                purposes: ["cardiac-risk".parse().unwrap()].into(),
            };
            let code = CodeApproval::of(Digest::of(b"code"), asset());
            self.admit("data-holder", Some(party), Act::PlaceRegister(place));
            self.admit("data-holder", Some(party), Act::DatasetRegister(rows));
            self.admit("data-holder", Some(party), Act::CodeApprove(code));
        }
        let charter = ProjectCharter {
            project: "risk".parse().unwrap(),
            charter: Digest::of(b"charter"),
            objective: "governance/better-risk-estimates".parse().unwrap(),
            assets: [asset(), "risk-model".parse().unwrap()].into(),
            purposes: ["cardiac-risk".parse().unwrap()].into(),
        };
        let vendor: PartyId = "vendor".parse().unwrap();
        self.admit("trainer", Some(&vendor), Act::ProjectCharter(charter));
        let open = Act::ProjectOpen(OneProject { project: "risk".parse().unwrap() });
        self.decide("open-risk", open);
        let version = |party: &PartyId| Digest::of(format!("{party} first").as_bytes());
        let plan = Plan {
            project: "risk".parse().unwrap(),
            kind: RunKind::Train,
            purpose: "cardiac-risk".parse().unwrap(),
            asset: asset(),
            datasets: hospitals.iter().map(|party| (party.clone(), version(party))).collect(),
            model: Some("risk-model".parse().unwrap()),
            recipe: Digest::of(b"recipe"),
            code: Digest::of(b"code"),
            rounds: 100,
            retries: 2,
            sampling_rate: "0.2".parse().unwrap(),
            noise: "7.26".parse().unwrap(),
            clip: "1".parse().unwrap(),
            dimension: 14,
            local_steps: None,
            trainer: None,
        };
        let run = || OneRun { run: "first".parse().unwrap() };
        let proposed = RunPropose { run: run().run, plan };
        self.admit("trainer", Some(&vendor), Act::RunPropose(proposed));
        for party in &hospitals[..3] {
            self.admit("data-holder", Some(party), Act::RunApprove(run()));
        }
        self.admit("trainer", Some(&vendor), Act::RunOpen(run()));
        self
    }

    /// With the run done, its model tested and released: for what is about models that are in use.
    fn released(mut self) -> Self {
        let parties = |names: [&str; 3]| names.map(|party| party.parse::<PartyId>().unwrap());
        let holders = parties(["alder", "birch", "cypress"]);
        let name = || "first".parse().unwrap();
        let plan = self.replica.state().runs()[&name()].proposed.plan.clone();
        let cost = plan_cost(self.replica.state().agreement(), &plan).unwrap();
        for party in &holders {
            let join = RunJoin { run: name(), cost: cost.clone() };
            self.admit("data-holder", Some(party), Act::RunJoin(join));
        }
        let model = Digest::of(b"model of the first");
        let close = RunClose {
            run: name(),
            model,
            rounds: 100,
            attempts: 100,
            transcript: Digest::of(b"transcript"),
            roster: holders.iter().cloned().collect(),
        };
        let signed = holders.iter().map(|party| ("data-holder", party)).collect::<Vec<_>>();
        self.admit_by(&signed, Act::RunClose(close));
        let evidence = EvidenceSubmit {
            subject: model,
            method: "pooled-holdout-accuracy".parse().unwrap(),
            results: [("accuracy".parse().unwrap(), "0.79".parse().unwrap())].into(),
            cases: 254.try_into().unwrap(),
            report: Digest::of(b"report"),
            record: None,
        };
        let [lab, vendor, _] = parties(["lab", "vendor", "alder"]);
        self.admit("test-lab", Some(&lab), Act::EvidenceSubmit(evidence.clone()));
        self.admit("trainer", Some(&vendor), Act::ReleasePropose(Release { model }));
        self.decide("release-it", Act::ReleasePromote(Release { model }));
        // Of another, two versions, so that there is one to go back to.
        let mut before = None;
        for version in ["one", "two"].map(|name| Digest::of(name.as_bytes())) {
            let (asset, purpose) = ("weights".parse().unwrap(), "cardiac-risk".parse().unwrap());
            let brought = AssetImport { asset, version, purpose, licence: None, from: None };
            self.admit("trainer", Some(&vendor), Act::AssetImport(brought));
            if let Some(from) = before {
                let (class, change) = (UpdateClass::Minor, Digest::of(b"change"));
                let update = UpdateDeclare { from, to: version, class, change };
                self.admit("trainer", Some(&vendor), Act::UpdateDeclare(update));
            }
            let tested = EvidenceSubmit { subject: version, ..evidence.clone() };
            self.admit("test-lab", Some(&lab), Act::EvidenceSubmit(tested));
            self.admit("trainer", Some(&vendor), Act::ReleasePropose(Release { model: version }));
            let name = if before.is_none() { "release-one" } else { "release-two" };
            self.decide(name, Act::ReleasePromote(Release { model: version }));
            before = Some(version);
        }
        self
    }

    /// The council has a motion carried out.
    fn decide(&mut self, name: &str, act: Act) {
        let hospitals =
            ["alder", "birch", "cypress", "dogwood"].map(|party| party.parse().unwrap());
        let motion = || name.parse().unwrap();
        let put = MotionPropose::of(motion(), "council".parse().unwrap(), act);
        let member = "council-member";
        self.admit(member, Some(&hospitals[0]), Act::MotionPropose(put));
        for party in &hospitals {
            let vote = MotionVote { motion: motion(), vote: Vote::For };
            self.admit(member, Some(party), Act::MotionVote(vote));
        }
        let execute = MotionExecute { motion: motion() };
        self.admit(member, Some(&hospitals[0]), Act::MotionExecute(execute));
    }

    fn admit(&mut self, seat: &str, party: Option<&PartyId>, act: Act) {
        let party = party.unwrap_or(&self.parties[0]).clone();
        self.admit_by(&[(seat, &party)], act);
    }

    fn admit_by(&mut self, signers: &[(&str, &PartyId)], act: Act) {
        self.nonce += 1;
        let state = self.replica.state();
        let signer = |(seat, party): &(&str, &PartyId)| Signer {
            seat: seat.parse::<SeatId>().unwrap(),
            key: self.ring.named(party.as_str()).id.clone(),
        };
        let header = Header {
            log: state.log().unwrap(),
            signers: signers.iter().map(signer).collect(),
            nonce: format!("{:032x}", self.nonce),
            seen: Seen { size: self.replica.size(), root: self.replica.root() },
            expires_at: state.time().unwrap_or(Timestamp::EPOCH).plus("P1D".parse().unwrap()),
            attached: None,
        };
        let entry = self.ring.seal(&header, &act).unwrap();
        self.step(entry);
    }

    fn step(&mut self, entry: Vec<u8>) {
        let verdict = self.replica.step(&entry).unwrap();
        if let Some(refusal) = verdict.refusal() {
            panic!("the {} partnership does not begin: {}", self.name, refusal.problem());
        }
        self.entries.push(entry);
        self.verdicts.push(verdict);
    }
}

/// The witnesses that the texts want, and how many: the genesis names the same.
fn witnesses(texts: &[String]) -> (BTreeSet<PartyId>, u32) {
    let lines: Vec<&str> = texts.iter().flat_map(|text| text.lines()).collect();
    let at = lines.iter().position(|line| line.starts_with("witnesses = [")).unwrap();
    let named = lines[at].split('"').skip(1).step_by(2).map(|party| party.parse().unwrap());
    let quorum = lines[at..].iter().find_map(|line| line.strip_prefix("quorum = "));
    (named.collect(), quorum.and_then(|n| n.trim().parse().ok()).unwrap())
}

/// A report of two checkpoints of one size.
fn twice(ring: &Ring, origin: &str) -> Act {
    let shown = |root: &str| {
        let root = Digest::of(root.as_bytes());
        let checkpoint = Checkpoint { origin: origin.to_owned(), size: 40, root };
        let signature = ring.signature("sequencer", checkpoint.to_text().as_bytes());
        let signature =
            signature.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        Shown { size: 40, root, signature }
    };
    Act::EquivocationReport(EquivocationReport {
        first: shown("one"),
        second: shown("other"),
        between: None,
    })
}
