//! Runs: from the first registered row to the log's word on how it ended.

use concordat_agreement::RunKind;
use concordat_learn::Recipe;
use concordat_partnership::act::*;
use concordat_partnership::{Act, RunStatus};
use concordat_terms::{Cost, Digest, MotionId, jcs};

use super::{HOLDERS, World, key, party};

impl World {
    /// Everything up to an open run of `rounds` rounds: registered rows, approved code, an open
    /// project.
    pub fn open_run(&self, run: &str, rounds: u32, retries: u32) -> (Plan, Recipe) {
        self.open_run_of(run, rounds, retries, |_| {})
    }

    /// The same, of a recipe that is changed.
    pub fn open_run_of(
        &self,
        run: &str,
        rounds: u32,
        retries: u32,
        change: impl FnOnce(&mut Recipe),
    ) -> (Plan, Recipe) {
        let code = Digest::of(b"code");
        let version = |name: &str| Digest::of(format!("rows of {name}").as_bytes());
        for name in HOLDERS {
            self.does(
                name,
                "data-holder",
                Act::PlaceRegister(PlaceRegister {
                    place: "ward".parse().unwrap(),
                    class: 2,
                    jurisdiction: "CH".parse().unwrap(),
                }),
            );
            self.does(
                name,
                "data-holder",
                Act::DatasetRegister(DatasetRegister {
                    asset: "heart-rows".parse().unwrap(),
                    version: version(name),
                    place: "ward".parse().unwrap(),
                    rows_band: 200,
                    purposes: ["cardiac-risk".parse().unwrap()].into(),
                }),
            );
            let approval = CodeApproval::of(code, "heart-rows".parse().unwrap());
            self.does(name, "data-holder", Act::CodeApprove(approval));
        }
        self.open_project();

        let mut recipe: Recipe =
            serde_json::from_str(include_str!("../../../../examples/heart/recipe.json")).unwrap();
        (recipe.rounds, recipe.average_last) = (rounds, 1);
        change(&mut recipe);
        let bytes = jcs::to_bytes(&recipe).unwrap();
        assert_eq!(self.client.put_blob(&bytes, &key("vendor")).status, 204);
        let plan = Plan {
            project: "risk".parse().unwrap(),
            kind: RunKind::Train,
            purpose: "cardiac-risk".parse().unwrap(),
            asset: "heart-rows".parse().unwrap(),
            datasets: HOLDERS.iter().map(|name| (party(name), version(name))).collect(),
            model: Some("risk-model".parse().unwrap()),
            recipe: recipe.digest(),
            code,
            rounds,
            retries,
            sampling_rate: recipe.sampling_rate,
            noise: "8".parse().unwrap(),
            clip: recipe.clip,
            dimension: u32::try_from(recipe.dimension()).unwrap(),
            local_steps: None,
            trainer: None,
        };
        self.propose_and_open(run, plan.clone());
        (plan, recipe)
    }

    /// A run of this plan, approved and opened.
    pub fn propose_and_open(&self, run: &str, plan: Plan) {
        let propose = RunPropose { run: run.parse().unwrap(), plan };
        self.does("vendor", "trainer", Act::RunPropose(propose));
        let one = OneRun { run: run.parse().unwrap() };
        for name in &HOLDERS[..3] {
            self.does(name, "data-holder", Act::RunApprove(one.clone()));
        }
        self.does("vendor", "trainer", Act::RunOpen(one));
    }

    fn open_project(&self) {
        self.does(
            "vendor",
            "trainer",
            Act::ProjectCharter(ProjectCharter {
                project: "risk".parse().unwrap(),
                charter: Digest::of(b"charter"),
                objective: "governance/better-risk-estimates".parse().unwrap(),
                assets: ["heart-rows", "risk-model"].map(|a| a.parse().unwrap()).into(),
                purposes: ["cardiac-risk".parse().unwrap()].into(),
            }),
        );
        self.decides(
            "open-risk",
            Act::ProjectOpen(OneProject { project: "risk".parse().unwrap() }),
        );
    }

    /// The council decides, and what it decided is done.
    pub fn decides(&self, motion: &str, decision: Act) {
        let motion: MotionId = motion.parse().unwrap();
        let body = "council".parse().unwrap();
        let propose = MotionPropose::of(motion.clone(), body, decision);
        self.does("alder", "council-member", Act::MotionPropose(propose));
        for name in HOLDERS {
            let vote = MotionVote { motion: motion.clone(), vote: Vote::For };
            self.does(name, "council-member", Act::MotionVote(vote));
        }
        self.does("alder", "council-member", Act::MotionExecute(MotionExecute { motion }));
    }

    pub fn join(&self, name: &str, run: &str, plan: &Plan) {
        let event = concordat_dp::Event {
            sigma: plan.noise,
            q: plan.sampling_rate,
            count: plan.rounds + plan.retries,
        };
        let cost: Cost = concordat_dp::cost(&[event]).unwrap();
        let join = RunJoin { run: run.parse().unwrap(), cost };
        self.does(name, "data-holder", Act::RunJoin(join));
    }

    pub fn run_status(&self, run: &str) -> RunStatus {
        let replica = self.running.as_ref().unwrap().view().replica();
        replica.state().runs()[&run.parse().unwrap()].status.clone()
    }

    /// Waits for the log to say how the run ended.
    pub fn ended(&self, run: &str) -> RunStatus {
        loop {
            let size = self.client.checkpoint().0.size;
            let status = self.run_status(run);
            if status != RunStatus::Open {
                return status;
            }
            self.client.get(&format!("/v1/checkpoint?after={size}&wait=5"));
        }
    }
}
