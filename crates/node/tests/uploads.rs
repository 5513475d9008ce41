//! Nodes whose vectors are too long for one message, and a coordinator over TLS: what crosses the
//! wire is what both sides mean.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests"
)]

#[path = "../../coordinator/tests/common/mod.rs"]
mod common;

use std::thread;

use common::participant::identity;
use common::*;
use concordat_learn::{Feature, First, Recipe, Trained, Units};
use concordat_node::client::{Client as Wire, Fault, Reader};
use concordat_node::plan::{Ready, Task};
use concordat_node::random::OperatingSystem;
use concordat_node::rounds::{Exchange, Progress, Uplink, take_part};
use concordat_node::train::{Noise, OutsideAnyPartnership, federate};
use concordat_partnership::act::Plan;
use concordat_replay::{RoundBasis, plan_cost, plan_sensitivity};
use concordat_secagg::three::{self, Posted, Speaker};
use concordat_secagg::{CHUNK, FromClient, Params};
use concordat_terms::{Digest, Timestamp};
use concordat_wire::api::{Arrived, Part};
use concordat_wire::round::{Announcement, ToClient};

/// A recipe of 70 columns with 256 levels each, of which every row counts in every round.
fn wide(recipe: &mut Recipe) {
    let levels: Vec<String> = (0..256).map(|level: i32| level.to_string()).collect();
    let column = |at| Feature::OneHot {
        column: format!("code-{at}"),
        levels: levels.clone(),
        first: First::Dropped,
        missing: None,
    };
    recipe.features = (0..70).map(column).collect();
    recipe.sampling_rate = "1".parse().unwrap();
    assert_eq!(recipe.dimension().div_ceil(CHUNK), 2);
}

/// Three persons of one hospital, who differ in every column.
fn rows(recipe: &Recipe, hospital: usize) -> Units {
    let mut header = vec![recipe.person.clone(), recipe.target.column().to_owned()];
    header.extend(recipe.features.iter().map(|feature| feature.column().to_owned()));
    let person = |at: usize| {
        let mut cells = vec![format!("{hospital}-{at}"), (at % 2).to_string()];
        cells.extend(
            (0..recipe.features.len()).map(|f| ((f + 31 * at + hospital) % 256).to_string()),
        );
        cells
    };
    Units::read(recipe, &header, &(0..3).map(person).collect::<Vec<_>>()).unwrap()
}

fn ready(world: &World, plan: &Plan, recipe: &Recipe) -> Vec<Ready> {
    let replica = world.running.as_ref().unwrap().view().replica();
    let state = replica.state();
    let task = Task {
        basis: RoundBasis::derive(state, &"first".parse().unwrap(), plan).unwrap(),
        plan: plan.clone(),
        recipe: recipe.clone(),
        sensitivity: plan_sensitivity(state.agreement(), plan).unwrap(),
        // There is no noise, since the sum is to be compared.
        variance: 1,
        units_per_round: 1_024,
        cost: plan_cost(state.agreement(), plan).unwrap(),
        trained: Trained {
            run: "first".parse().unwrap(),
            plan: Digest::of(b"plan"),
            code: plan.code,
            participants: 4,
            epsilon: "1".parse().unwrap(),
            delta: "0.0001".parse().unwrap(),
        },
    };
    let one = |(at, name): (usize, &&str)| {
        let units = rows(recipe, at);
        Ready { task: task.clone(), party: party(name), units, outside: None }
    };
    HOLDERS.iter().enumerate().map(one).collect()
}

/// One node's way to the coordinator, over connections that break after an announcement.
struct Way<'a> {
    name: &'static str,
    wire: Wire,
    log: Digest,
    params: &'a Params,
    announced: u32,
    pauses: u32,
}

impl Exchange for Way<'_> {
    fn send(&mut self, round: u32, attempt: u32, message: FromClient) -> Result<ToClient, Fault> {
        self.wire.exchange(&"first".parse().unwrap(), round, attempt, &message, self.params)
    }

    fn contribute(&mut self, _: u32, _: u32, _: &three::Message) -> Result<Posted, Fault> {
        panic!("nobody agreed on aggregators")
    }

    fn posted(&mut self, _: u32, _: u32, _: three::Step) -> Result<Posted, Fault> {
        panic!("nobody agreed on aggregators")
    }

    fn fetch(&mut self, round: u32, part: &Part) -> Result<Vec<u8>, Fault> {
        let run = "first".parse().unwrap();
        // The coordinator of these tests has a clock of its own, which stands still.
        let now = || Timestamp::from_seconds(START).unwrap();
        let by = Reader { log: self.log, key: &key(self.name), now };
        self.wire.fetch(&run, round, (part, self.params), &by)
    }
}

impl Uplink for Way<'_> {
    fn announce(
        &mut self,
        round: u32,
        attempt: u32,
        announced: &Announcement,
    ) -> Result<Arrived, Fault> {
        let arrived = self.wire.announce(&"first".parse().unwrap(), (round, attempt), announced)?;
        self.announced += 1;
        if self.announced == 1 {
            return Err(Fault::Offline("the connection broke".to_owned()));
        }
        Ok(arrived)
    }

    fn bring(
        &mut self,
        round: u32,
        attempt: u32,
        chunk: usize,
        piece: Vec<u8>,
    ) -> Result<Arrived, Fault> {
        let by = Speaker::Contributor(party(self.name));
        self.wire.bring(&"first".parse().unwrap(), (round, attempt), (&by, chunk), piece)
    }

    fn pause(&mut self, _: u32) {
        self.pauses += 1;
    }
}

#[test]
fn four_nodes_train_a_wide_model_to_the_bit_and_their_vectors_go_on_where_they_were_cut_off() {
    let world = World::in_force();
    let (plan, recipe) = world.open_run_of("first", 2, 1, wide);
    HOLDERS.iter().for_each(|name| world.join(name, "first", &plan));
    let ready = ready(&world, &plan, &recipe);
    let running = world.running.as_ref().unwrap();
    let base = format!("https://127.0.0.1:{}", running.addr.port());
    let wire = Wire::new(&base, running.certificate_pem.as_bytes()).unwrap();
    let outside = OutsideAnyPartnership::declare();

    let outcomes: Vec<_> = thread::scope(|scope| {
        let nodes = HOLDERS.iter().zip(&ready).map(|(name, ready)| {
            let wire = wire.clone();
            scope.spawn(move || {
                let params = &ready.task.basis.params;
                let log = ready.task.basis.log;
                let mut way = Way { name, wire, log, params, announced: 0, pauses: 0 };
                let mut told = Vec::new();
                let outcome = take_part(
                    ready,
                    &identity(name),
                    Noise::Off(outside),
                    &mut way,
                    &mut OperatingSystem,
                    &mut |progress| told.push(progress),
                );
                (outcome.unwrap(), told, way.pauses)
            })
        });
        let nodes: Vec<_> = nodes.collect();
        nodes.into_iter().map(|node| node.join().unwrap()).collect()
    });

    let tables: Vec<&Units> = ready.iter().map(|ready| &ready.units).collect();
    let expected = federate(&ready[0].task, &tables, Noise::Off(outside), 7, outside).unwrap();
    assert!(expected.weights().iter().any(|weight| *weight != 0.0));
    for (outcome, told, pauses) in outcomes {
        assert_eq!(outcome.model.weights(), expected.weights());
        assert_eq!((outcome.rounds, outcome.attempts, outcome.roster.len()), (2, 2, 4));
        let uploaded = |round| Progress::Uploaded { round, chunks: 2, of: 2 };
        let rounds = [1, 2].map(|round| Progress::Round { round, rounds: 2 });
        let [first, second] = rounds;
        assert_eq!(told, [uploaded(0), first, uploaded(1), second]);
        assert_eq!(pauses, 1, "after the connection broke, and never else");
    }
}
