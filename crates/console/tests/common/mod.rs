//! The heart partnership, folded act by act without bytes or signatures, for pages to be about.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(missing_docs, unreachable_pub)]

use std::collections::{BTreeMap, BTreeSet};

use concordat_console::{Entry, Source, Tally};
use concordat_partnership::act::{
    CodeApproval, DatasetRegister, EvidenceSubmit, Founder, Genesis, Header, ModuleEnter,
    ModuleSign, MotionExecute, MotionPropose, MotionVote, OneModule, OneProject, OneRun,
    PlaceRegister, Plan, ProjectCharter, Release, RunClose, RunJoin, RunPropose, Seen, Signed,
    Signer, Tick, Vote, WitnessPolicy,
};
use concordat_partnership::{Act, Bounds, Facts, Proved, State, key_id};
use concordat_terms::{AssetId, Cost, Decimal, Digest, ORDERS, PartyId, RunId, Timestamp};
use concordat_wire::api::Progress;

pub const FOUNDERS: [&str; 6] = ["alder", "birch", "cypress", "dogwood", "lab", "vendor"];
pub const HOLDERS: [&str; 4] = ["alder", "birch", "cypress", "dogwood"];

pub const MODULES: [&str; 5] = [
    include_str!("../../../../examples/heart/parties.md"),
    include_str!("../../../../examples/heart/governance.md"),
    include_str!("../../../../examples/heart/data-use.md"),
    include_str!("../../../../examples/heart/protocol.md"),
    include_str!("../../../../examples/heart/release.md"),
];

/// A partnership, its log, and what a server would know beside it.
#[derive(Default)]
pub struct Story {
    pub state: State,
    pub log: Vec<Entry>,
    pub tally: Tally,
    pub spent: BTreeMap<(PartyId, AssetId), Decimal>,
    pub progress: BTreeMap<RunId, Progress>,
    pub banner: Option<String>,
}

impl Story {
    pub fn source(&self) -> Source<'_> {
        Source {
            state: &self.state,
            tally: &self.tally,
            log: &self.log,
            spent: &self.spent,
            progress: &self.progress,
            banner: self.banner.as_deref(),
        }
    }

    /// One act by one party for a seat; whether it was admitted.
    pub fn act(&mut self, who: &str, seat: &str, act: Act) -> bool {
        self.fold(&[who], seat, act, Facts { cost: Some(flat(400)), ..Facts::default() })
    }

    fn fold(&mut self, who: &[&str], seat: &str, act: Act, facts: Facts) -> bool {
        let size = self.log.len() as u64;
        let header = self.state.log().map(|log| Header {
            log,
            signers: who
                .iter()
                .map(|w| Signer { seat: id(seat), key: key_id(&public(w, "ledger")).unwrap() })
                .collect(),
            nonce: format!("{size:032x}"),
            seen: Seen { size: 0, root: digest("empty") },
            expires_at: self.state.time().unwrap().plus("P7D".parse().unwrap()),
            attached: None,
        });
        let id = digest(&format!("act {size}"));
        let signed = Signed { id, header, act };
        let verdict = self.state.step(&signed, &facts);
        // Shown when a test fails that expected something else.
        if let Some(refusal) = verdict.refusal() {
            eprintln!("refused at {size}: {refusal}");
        }
        let admitted = verdict.is_admitted();
        self.tally.hear(&verdict);
        self.log.push(Entry::of(size, self.state.time(), &verdict));
        admitted
    }

    pub fn tick(&mut self, time: &str) {
        let tick = Act::Tick(Tick { time: time.parse().unwrap() });
        assert!(self.act("sequencer", "sequencer", tick));
    }

    /// Genesis alone.
    pub fn founded() -> Self {
        let mut story = Self::default();
        let founder = |name: &&str| {
            let keys = Founder::of(public(name, "ledger"), public(name, "witness"));
            (id(name), keys)
        };
        let genesis = Genesis {
            origin: "heart.example/log".to_owned(),
            rules: digest("rules"),
            time: "2027-01-04T08:00:00Z".parse().unwrap(),
            sequencer: public("sequencer", "ledger"),
            parties: FOUNDERS.iter().map(founder).collect(),
            policy: WitnessPolicy {
                witnesses: ["alder", "birch", "cypress", "dogwood", "lab"].map(id).into(),
                quorum: 4,
            },
            modules: MODULES.iter().map(|text| Digest::of(text.as_bytes())).collect(),
        };
        assert!(story.act("", "", Act::Genesis(genesis)));
        story
    }

    /// Founded, and all five modules signed and in force.
    pub fn agreed() -> Self {
        let mut story = Self::founded();
        let modules = MODULES.iter().map(|text| Digest::of(text.as_bytes())).collect();
        for text in MODULES {
            let module = story.propose_module(text);
            for who in FOUNDERS {
                assert!(story.sign_as_one(who, module, &modules));
            }
        }
        assert!(story.enter(modules));
        story
    }

    pub fn propose_module(&mut self, text: &str) -> Digest {
        let module = Box::new(concordat_agreement::read("m.md", text.as_bytes()).unwrap());
        let digest = module.digest;
        let facts = Facts { module: Some(Ok(module)), ..Facts::default() };
        let propose = Act::ModulePropose(OneModule { module: digest });
        assert!(self.fold(&["vendor"], "signatory", propose, facts));
        digest
    }

    pub fn sign_module(&mut self, who: &str, module: Digest) -> bool {
        self.sign_as_one(who, module, &[module].into())
    }

    pub fn sign_as_one(&mut self, who: &str, module: Digest, set: &BTreeSet<Digest>) -> bool {
        let sign = ModuleSign::of(module, set, Digest([7; 32]));
        self.act(who, "signatory", Act::ModuleSign(sign))
    }

    pub fn enter(&mut self, modules: BTreeSet<Digest>) -> bool {
        let agreement = self.state.would_be(&modules).unwrap();
        let bounds = Bounds { whole: flat(1_000), at_most: BTreeMap::new(), year: None };
        let limits = [(id("heart-rows"), bounds)].into();
        let proved = Box::new(Proved { agreement, limits });
        let facts = Facts { agreement: Some(Ok(proved)), ..Facts::default() };
        self.fold(&["vendor"], "signatory", Act::ModuleEnter(ModuleEnter { modules }), facts)
    }

    /// A project decided with one vote against, data listed, a run proposed and approved twice,
    /// some acts refused.
    pub fn proposed() -> Self {
        let mut story = Self::agreed();
        story.tick("2027-01-05T09:30:00Z");
        for who in HOLDERS {
            let place =
                PlaceRegister { place: id("ward"), class: 2, jurisdiction: "US".parse().unwrap() };
            assert!(story.act(who, "data-holder", Act::PlaceRegister(place)));
            assert!(story.act(who, "data-holder", Act::DatasetRegister(dataset(who))));
        }
        // A run before there is a project, and one for what the parties have ruled out.
        assert!(!story.act("vendor", "trainer", Act::RunPropose(run("too-early", "cardiac-risk"))));
        let pricing = run("pricing", "insurance-pricing");
        assert!(!story.act("vendor", "trainer", Act::RunPropose(pricing)));
        let charter = ProjectCharter {
            project: id("heart-risk"),
            charter: digest("charter"),
            objective: "governance/better-risk-estimates".parse().unwrap(),
            assets: ["heart-rows", "risk-model"].map(id).into(),
            purposes: [id("cardiac-risk")].into(),
        };
        assert!(story.act("vendor", "trainer", Act::ProjectCharter(charter)));
        let open = Act::ProjectOpen(OneProject { project: id("heart-risk") });
        let votes = [
            ("alder", Vote::For),
            ("birch", Vote::Abstain),
            ("cypress", Vote::For),
            ("dogwood", Vote::For),
        ];
        story.motion("open-heart-risk", open, &votes);
        assert!(story.execute("open-heart-risk"));

        story.tick("2027-01-06T10:00:00Z");
        for who in HOLDERS {
            let approval = CodeApproval::of(digest("code"), id("heart-rows"));
            assert!(story.act(who, "data-holder", Act::CodeApprove(approval)));
        }
        let propose = Act::RunPropose(run("winter", "cardiac-risk"));
        assert!(story.act("vendor", "trainer", propose));
        for who in ["alder", "cypress"] {
            let one = OneRun { run: id("winter") };
            assert!(story.act(who, "data-holder", Act::RunApprove(one)));
        }
        // Opened too early; approved for a seat that is not its own.
        let one = OneRun { run: id("winter") };
        assert!(!story.act("vendor", "trainer", Act::RunOpen(one.clone())));
        assert!(!story.act("vendor", "data-holder", Act::RunApprove(one)));
        story
    }

    /// The run is open and in its eighth round.
    pub fn running() -> Self {
        let mut story = Self::proposed();
        let one = OneRun { run: id("winter") };
        assert!(story.act("birch", "data-holder", Act::RunApprove(one.clone())));
        assert!(story.act("vendor", "trainer", Act::RunOpen(one)));
        story.join("winter", &HOLDERS, 400);
        let progress = Progress {
            round: 7,
            attempt: 1,
            rounds: 20,
            step: "masked-input".to_owned(),
            present: HOLDERS.map(id).into(),
            ..Progress::default()
        };
        story.progress.insert(id("winter"), progress);
        for (who, epsilon) in HOLDERS.iter().zip(["0.412", "0.412", "0.412", "0.93"]) {
            story.spent.insert((id(who), id("heart-rows")), epsilon.parse().unwrap());
        }
        story
    }

    /// The run gave a model, the lab tested it, the council is about to release it; another run
    /// was stopped, a third is proposed.
    pub fn late() -> Self {
        let mut story = Self::running();
        story.tick("2027-01-07T16:20:11Z");
        story.progress.clear();
        let close = RunClose {
            run: id("winter"),
            model: digest("weights"),
            rounds: 20,
            attempts: 21,
            transcript: digest("transcript"),
            roster: HOLDERS.map(id).into(),
        };
        let signers = ["alder", "birch", "cypress"];
        assert!(story.fold(&signers, "data-holder", Act::RunClose(close), Facts::default()));
        let release = Release { model: digest("weights") };
        assert!(story.act("vendor", "trainer", Act::ReleasePropose(release.clone())));
        assert!(!story.act("alder", "council-member", Act::ReleasePromote(release)));
        assert!(story.act("lab", "test-lab", evidence("0.804")));
        let end = Act::ProjectEnd(OneProject { project: id("heart-risk") });
        story.motion("end-heart-risk", end, &[("dogwood", Vote::For), ("cypress", Vote::Against)]);
        let votes = [("alder", Vote::For), ("cypress", Vote::For)];
        story.motion(
            "release-winter",
            Act::ReleasePromote(Release { model: digest("weights") }),
            &votes,
        );
        assert!(!story.execute("release-winter"));
        assert!(story.act("vendor", "trainer", Act::RunPropose(run("spring", "cardiac-risk"))));
        story.banner = Some("Public research data, no hospital took part, one machine.".to_owned());
        story
    }

    pub fn motion(&mut self, motion: &str, decision: Act, votes: &[(&str, Vote)]) {
        let propose = MotionPropose::of(id(motion), id("council"), decision);
        assert!(self.act("alder", "council-member", Act::MotionPropose(propose)));
        for (who, vote) in votes {
            let vote = MotionVote { motion: id(motion), vote: *vote };
            assert!(self.act(who, "council-member", Act::MotionVote(vote)));
        }
    }

    pub fn execute(&mut self, motion: &str) -> bool {
        let execute = MotionExecute { motion: id(motion) };
        self.act("alder", "council-member", Act::MotionExecute(execute))
    }

    pub fn join(&mut self, run: &str, who: &[&str], micronats: u64) {
        for who in who {
            let cost = flat(micronats);
            let join = Act::RunJoin(RunJoin { run: id(run), cost: cost.clone() });
            let facts = Facts { cost: Some(cost), ..Facts::default() };
            assert!(self.fold(&[who], "data-holder", join, facts));
        }
    }
}

pub fn run(name: &str, purpose: &str) -> RunPropose {
    RunPropose {
        run: id(name),
        plan: Plan {
            project: id("heart-risk"),
            kind: concordat_agreement::RunKind::Train,
            purpose: id(purpose),
            asset: id("heart-rows"),
            datasets: HOLDERS.iter().map(|who| (id(who), dataset(who).version)).collect(),
            model: Some(id("risk-model")),
            recipe: digest("recipe"),
            code: digest("code"),
            rounds: 20,
            retries: 2,
            sampling_rate: "0.5".parse().unwrap(),
            noise: "8".parse().unwrap(),
            clip: "1".parse().unwrap(),
            dimension: 28,
            local_steps: None,
            trainer: None,
        },
    }
}

/// The lab's test of the model.
pub fn evidence(accuracy: &str) -> Act {
    Act::EvidenceSubmit(EvidenceSubmit {
        subject: digest("weights"),
        method: "pooled-holdout-accuracy".parse().unwrap(),
        results: BTreeMap::from([
            ("accuracy".parse().unwrap(), accuracy.parse().unwrap()),
            ("brier".parse().unwrap(), "0.151".parse().unwrap()),
        ]),
        cases: 184.try_into().unwrap(),
        report: digest("report"),
        record: None,
    })
}

fn dataset(who: &str) -> DatasetRegister {
    DatasetRegister {
        asset: id("heart-rows"),
        version: digest(who),
        place: id("ward"),
        rows_band: 150,
        purposes: [id("cardiac-risk")].into(),
    }
}

pub fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().unwrap()
}

pub fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn public(who: &str, use_: &str) -> String {
    digest(&format!("{who} {use_}")).to_string()
}

fn flat(micronats: u64) -> Cost {
    Cost::from_micronats(vec![micronats; ORDERS]).unwrap()
}
