//! What the hospitals make of the shares that they are shown, without noise.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::channel;
use std::thread;

use concordat_learn::{Activation, Hidden, Model, Recipe, Units};
use concordat_node::client::{Client, Fault, Reader};
use concordat_node::plan::{Ready, check};
use concordat_node::random::Rehearsed;
use concordat_node::rounds::{Exchange, Outcome, Progress, Uplink, take_part};
use concordat_node::train::{Noise, OutsideAnyPartnership, federate};
use concordat_node::{now, witness};
use concordat_partnership::Act;
use concordat_partnership::act::RunJoin;
use concordat_replay::RoundBasis;
use concordat_secagg::three::{Message, Posted, Role, Speaker, Step};
use concordat_secagg::{CHUNK, FromClient};
use concordat_terms::Problem;
use concordat_wire::api::{Arrived, Part};
use concordat_wire::round::{Announcement, ToClient};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use crate::common::story::{HOSPITALS, key};
use crate::common::world::{Data, World};
use crate::common::{party, recipe, table};
use crate::{Service, THREE, identity, three_texts, world};

/// One hospital's way to the coordinator, on which something may become of a share on the way back.
struct Way {
    name: &'static str,
    client: Client,
    basis: RoundBasis,
    /// What, and in which round.
    share: Option<(Share, u32)>,
}

/// What becomes of the neutral aggregator's share.
#[derive(Clone, Copy)]
enum Share {
    /// A bit of it is another.
    Altered,
    /// The coordinator does not hand it out.
    Withheld,
}

impl Uplink for Way {
    fn announce(&mut self, round: u32, attempt: u32, one: &Announcement) -> Result<Arrived, Fault> {
        self.client.announce(&self.basis.run, (round, attempt), one)
    }

    fn bring(
        &mut self,
        round: u32,
        attempt: u32,
        at: usize,
        bytes: Vec<u8>,
    ) -> Result<Arrived, Fault> {
        let by = Speaker::Contributor(party(self.name));
        self.client.bring(&self.basis.run, (round, attempt), (&by, at), bytes)
    }

    fn pause(&mut self, _: u32) {
        thread::yield_now();
    }
}

impl Exchange for Way {
    fn send(&mut self, _: u32, _: u32, _: FromClient) -> Result<ToClient, Fault> {
        panic!("no masks between hospitals")
    }

    fn contribute(&mut self, round: u32, attempt: u32, message: &Message) -> Result<Posted, Fault> {
        let basis = &self.basis;
        self.client.exchange_three(&basis.run, (round, attempt), message, &basis.params)
    }

    fn posted(&mut self, round: u32, attempt: u32, step: Step) -> Result<Posted, Fault> {
        let key = key(self.name);
        let by = (&self.basis.params, &Reader::new(self.basis.log, &key));
        self.client.posted(&self.basis.run, (round, attempt), (step, None), by)
    }

    fn fetch(&mut self, round: u32, part: &Part) -> Result<Vec<u8>, Fault> {
        let (basis, ledger) = (&self.basis, key(self.name));
        let by = Reader::new(basis.log, &ledger);
        let fetch = |part: &Part| self.client.fetch(&basis.run, round, (part, &basis.params), &by);
        let becomes = self
            .share
            .filter(|(_, at)| *at == round && matches!(part, Part::Share(Role::Neutral, _)));
        match becomes {
            None => fetch(part),
            Some((Share::Altered, _)) => fetch(part).map(|mut bytes| {
                bytes[0] ^= 1;
                bytes
            }),
            // As it says of what it does not have.
            Some((Share::Withheld, _)) => fetch(&Part::Share(Role::Neutral, 1 << 20)),
        }
    }
}

/// The four hospitals, each with its task, joined.
fn joined(world: &mut World, run: &str) -> Vec<Ready> {
    let id = run.parse().unwrap();
    let mut all = Vec::new();
    for name in HOSPITALS {
        let home = &world.homes[name];
        let salt = home.salt(&"heart-rows".parse().unwrap()).unwrap();
        let desk = world.desks.get_mut(name).unwrap();
        desk.catch_up().unwrap();
        let recipe = desk.state().runs()[&id].proposed.plan.recipe;
        let recipe = desk.blob(&recipe).unwrap();
        let ready =
            check(desk.state(), &party(name), &id, &recipe, &(world.data.table)(name), &salt)
                .unwrap();
        let join = RunJoin { run: id.clone(), cost: ready.task.cost.clone() };
        world.does(name, "data-holder", Act::RunJoin(join));
        all.push(ready);
    }
    all
}

/// Has the hospitals cosign the log as it is now, so that an aggregator goes by it.
fn cosigned(world: &mut World) {
    let client = world.desks["alder"].client().clone();
    // Who cosigned another size, because the log's time moved on in between, does it again.
    let quorum = (0..100).find_map(|_| {
        for name in HOSPITALS {
            let desk = world.desks.get_mut(name).unwrap();
            desk.catch_up().unwrap();
            let note = witness::cosignature(desk, now()).unwrap().unwrap();
            client.cosign(&note).unwrap();
        }
        client.quorum_checkpoint().unwrap()
    });
    assert!(quorum.is_some());
}

/// How the rounds of a run went for a hospital, and what it was told meanwhile.
type Went = (Result<Outcome, Problem>, Vec<Progress>);

/// The four hospitals take part in a run without noise; in its last round something becomes of the
/// shares of these.
fn without_noise(
    world: &World,
    all: &[Ready],
    shares: &BTreeMap<&str, Share>,
) -> BTreeMap<&'static str, Went> {
    let last = all[0].task.recipe.rounds - 1;
    thread::scope(|scope| {
        let nodes = all.iter().zip(HOSPITALS).map(|(ready, name)| {
            let client = world.desks[name].client().clone();
            let share = shares.get(name).map(|share| (*share, last));
            scope.spawn(move || {
                let basis = ready.task.basis.clone();
                let mut way = Way { name, client, basis, share };
                let mut rng = Rehearsed(ChaCha20Rng::seed_from_u64(7));
                let mut told = Vec::new();
                let tell = &mut |progress| told.push(progress);
                let noise = Noise::Off(OutsideAnyPartnership::declare());
                let outcome = take_part(ready, &identity(name), noise, &mut way, &mut rng, tell);
                (name, (outcome, told))
            })
        });
        nodes.collect::<Vec<_>>().into_iter().map(|node| node.join().unwrap()).collect()
    })
}

/// What the same rows give in one place.
fn in_one_place(all: &[Ready]) -> Model {
    let outside = OutsideAnyPartnership::declare();
    let tables: Vec<&Units> = all.iter().map(|ready| &ready.units).collect();
    let expected = federate(&all[0].task, &tables, Noise::Off(outside), 7, outside).unwrap();
    assert!(expected.weights().iter().any(|weight| *weight != 0.0));
    expected
}

#[test]
fn the_sum_is_exact_and_whoever_is_shown_another_share_or_none_signs_no_result() {
    let mut world = world();
    let (tell, _told) = channel();
    let services = THREE.map(|name| Service::start(&world, name, &tell));
    world.open_run("first");
    let all = joined(&mut world, "first");
    cosigned(&mut world);
    let shares = [("dogwood", Share::Altered), ("birch", Share::Withheld)].into();
    let went = without_noise(&world, &all, &shares);
    services.into_iter().for_each(Service::stop);

    let expected = in_one_place(&all);
    let mut transcripts = BTreeSet::new();
    for (name, (outcome, told)) in went {
        match name {
            "dogwood" => {
                let problem = outcome.unwrap_err();
                assert_eq!(problem.code, "sum-not-proved");
                assert!(problem.what.contains("the neutral aggregator's share"), "{problem}");
            }
            // It has no sum, and takes the coordinator's word for none.
            "birch" => assert_eq!(outcome.unwrap_err().code, "not-found"),
            _ => {
                let outcome = outcome.unwrap();
                assert_eq!(outcome.model.weights(), expected.weights(), "{name}");
                assert_eq!((outcome.rounds, outcome.attempts, outcome.roster.len()), (4, 4, 4));
                let uploaded = Progress::Uploaded { round: 0, chunks: 1, of: 1 };
                assert!(told.contains(&uploaded), "{told:?}");
                transcripts.insert(outcome.transcript);
            }
        }
    }
    assert_eq!(transcripts.len(), 1);
    world.stop();
}

/// A recipe with so many hidden numbers that a vector has two chunks.
fn wide_recipe() -> Recipe {
    let mut recipe = recipe();
    let inputs = recipe.network().unwrap().inputs();
    // Each has a weight for every input, a bias, and a weight for the one output.
    let widths = vec![u32::try_from(CHUNK / (inputs + 2) + 8).unwrap()];
    let (activation, seed) = (Activation::Relu, "two chunks".to_owned());
    recipe.hidden = Some(Hidden { widths, activation, seed });
    assert_eq!(recipe.dimension().div_ceil(CHUNK), 2);
    recipe
}

#[test]
fn a_vector_of_two_chunks_is_summed_over_three_aggregators_as_in_one_place() {
    let data = Data { table, recipe: wide_recipe };
    let mut world = World::founded_over(data, three_texts(), |_| {});
    world.made_ready();
    let (tell, _told) = channel();
    let services = THREE.map(|name| Service::start(&world, name, &tell));
    world.open_run("first");
    let all = joined(&mut world, "first");
    cosigned(&mut world);
    let went = without_noise(&world, &all, &BTreeMap::new());
    services.into_iter().for_each(Service::stop);
    let expected = in_one_place(&all);
    for (name, (outcome, told)) in went {
        let outcome = outcome.unwrap();
        assert_eq!(outcome.model.weights(), expected.weights(), "{name}");
        assert!(told.contains(&Progress::Uploaded { round: 0, chunks: 2, of: 2 }), "{told:?}");
    }
    world.stop();
}
