//! Crashes, retries and copies at every step: an account never counts less than was released.

use std::collections::{BTreeMap, BTreeSet};

use concordat_dp::{Event, cost};
use concordat_partnership::Act;
use concordat_partnership::act::{Plan, RunJoin};
use concordat_replay::Replica;
use concordat_terms::Cost;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use crate::common::Story;
use crate::law::{PARTS, a, abort, account, charged, decimal, opened, price, query, ready};

const HOLDERS: [&str; 2] = ["alder", "birch"];
const PURPOSES: [&str; 3] = ["cardiac-risk", "research", "watch"];

/// What may happen next; holders and runs by their place among those that are there.
#[derive(Clone, Debug)]
enum Move {
    /// A run is proposed, approved and opened.
    Open { purpose: usize, noise: u8 },
    /// A node reserves, and hears of the verdict or dies before.
    Join { holder: usize, run: usize, dies: bool },
    /// Somebody sends the last reservation of a node once more, the very same bytes.
    Copy { holder: usize },
    /// A node that knows it has reserved releases a part of a round.
    Release { holder: usize, run: usize },
    /// A node dies, and knows from the log alone what it has reserved.
    Restart { holder: usize },
    /// A run is given up.
    Abort { run: usize },
    /// Time passes, beyond the end of a year perhaps.
    Wait { days: u32 },
}

fn any_move() -> impl Strategy<Value = Move> {
    let (holder, run) = (0..HOLDERS.len(), 0..4_usize);
    prop_oneof![
        2 => (0..PURPOSES.len(), any::<u8>()).prop_map(|(purpose, noise)| Move::Open { purpose, noise }),
        5 => (holder.clone(), run.clone(), any::<bool>())
            .prop_map(|(holder, run, dies)| Move::Join { holder, run, dies }),
        2 => holder.clone().prop_map(|holder| Move::Copy { holder }),
        6 => (holder.clone(), run.clone()).prop_map(|(holder, run)| Move::Release { holder, run }),
        2 => holder.prop_map(|holder| Move::Restart { holder }),
        1 => run.prop_map(|run| Move::Abort { run }),
        1 => (1..400_u32).prop_map(|days| Move::Wait { days }),
    ]
}

/// A node: what it remembers, and what has left it, which no crash takes back.
#[derive(Default)]
struct Node {
    /// Runs of which it knows that its reservation is in the log.
    knows: BTreeSet<String>,
    /// The bytes of its last reservation.
    sent: Option<Vec<u8>>,
    /// Attempts that were released.
    released: BTreeMap<String, u32>,
}

struct World {
    story: Story,
    plans: Vec<(String, Plan)>,
    nodes: [Node; 2],
}

impl World {
    fn make(&mut self, next: &Move) -> TestCaseResult {
        match next {
            Move::Open { purpose, noise } => {
                let name = format!("run-{}", self.plans.len());
                let sigma = decimal(&format!("{}", 4 + noise % 12));
                let watch = PURPOSES[*purpose] == "watch";
                let plan = opened(&mut self.story, &name, PURPOSES[*purpose], |plan| {
                    if watch {
                        query("15")(plan);
                    } else {
                        (plan.rounds, plan.retries, plan.noise) = (30, 2, sigma);
                    }
                });
                self.plans.push((name, plan));
            }
            Move::Join { holder, run, dies } => {
                let Some((name, plan)) = self.run(*run) else { return Ok(()) };
                let cost = price(&self.story, &plan);
                let join = Act::RunJoin(RunJoin { run: a(&name), cost });
                let entry = self.story.sign(&[(HOLDERS[*holder], "data-holder")], &join);
                let admitted = self.story.step(entry.clone()).is_admitted();
                let node = &mut self.nodes[*holder];
                node.sent = Some(entry);
                if admitted && !dies {
                    node.knows.insert(name);
                }
            }
            Move::Copy { holder } => {
                let before = self.story.state().accounts().clone();
                if let Some(entry) = self.nodes[*holder].sent.clone() {
                    prop_assert!(!self.story.step(entry).is_admitted(), "a copy was admitted");
                }
                prop_assert_eq!(self.story.state().accounts(), &before);
            }
            Move::Release { holder, run } => {
                let Some((name, plan)) = self.run(*run) else { return Ok(()) };
                let node = &mut self.nodes[*holder];
                let attempts = node.released.entry(name.clone()).or_default();
                // The node's rule: no release without a reservation, none beyond what it is for.
                if node.knows.contains(&name) && *attempts < plan.rounds + plan.retries {
                    *attempts += 1;
                }
            }
            Move::Restart { holder } => {
                // From the entries alone, by somebody who has seen none of them.
                let mut again = Replica::new();
                for blob in crate::law::law(PARTS) {
                    again.supply(blob.into_bytes());
                }
                for entry in &self.story.entries {
                    again.step(entry).unwrap();
                }
                prop_assert_eq!(again.state(), self.story.state());
                let party = a(HOLDERS[*holder]);
                let runs = again.state().runs();
                let joined = runs.iter().filter(|(_, run)| run.joined.contains(&party));
                self.nodes[*holder].knows = joined.map(|(name, _)| name.to_string()).collect();
            }
            Move::Abort { run } => {
                let Some((name, _)) = self.run(*run) else { return Ok(()) };
                if self.story.state().runs()[&a(&name)].status.as_str() == "open" {
                    abort(&mut self.story, &name);
                }
            }
            Move::Wait { days } => {
                let until = self.story.now.plus(a(&format!("P{days}D")));
                self.story.tick(&until.to_string());
            }
        }
        self.counts()
    }

    fn run(&self, place: usize) -> Option<(String, Plan)> {
        self.plans.get(place % self.plans.len().max(1)).cloned()
    }

    /// Every account covers what was really released, and none is beyond what its clause allows.
    fn counts(&self) -> TestCaseResult {
        for (holder, node) in HOLDERS.iter().zip(&self.nodes) {
            let mut truth = Cost::zero();
            for (name, attempts) in &node.released {
                let (_, plan) = self.plans.iter().find(|(own, _)| own == name).unwrap();
                let event = Event { sigma: plan.noise, q: plan.sampling_rate, count: *attempts };
                truth = truth.plus(&cost(&[event]).unwrap());
            }
            let own = charged(&self.story, holder, "heart-rows");
            prop_assert!(own.total().covers(&truth), "{} has released more than it paid", holder);
            let state = self.story.state();
            let account = state.privacy_account(&account(holder, "heart-rows")).unwrap();
            for purpose in PURPOSES {
                let over = account.lacks(&a(purpose), &Cost::zero());
                prop_assert!(over.is_none(), "{}: {:?}", holder, over);
            }
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24.try_into().unwrap(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_fails_an_account_counts_no_less_than_was_released(
        moves in prop::collection::vec(any_move(), 1..40),
    ) {
        let nodes = Default::default();
        let mut world = World { story: ready(PARTS), plans: Vec::new(), nodes };
        for next in &moves {
            world.make(next)?;
        }
    }
}
