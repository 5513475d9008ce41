//! Stories of acts that are turned away, because too many of their party's were refused: how they are
//! counted, over real HTTPS, over restarts and a disk that fails.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]

mod common;
#[path = "../../store/tests/world/plan.rs"]
mod plan;

use std::sync::Arc;

use common::*;
use concordat_partnership::Act;
use concordat_partnership::act::*;
use concordat_store::Store;
use concordat_terms::{Digest, Timestamp};
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::word::Spent;
use concordat_tlog::{Envelope, Tree};
use concordat_wire::act::decode;
use plan::{How, Plan};

fn place(name: &str) -> Act {
    Act::PlaceRegister(PlaceRegister {
        place: name.parse().unwrap(),
        class: 2,
        jurisdiction: "CH".parse().unwrap(),
    })
}

/// A log in which so many acts of alder were refused that it takes no more today.
fn spent() -> World {
    let world = World::founded();
    let acts: Vec<Vec<u8>> =
        (0..1_001).map(|_| world.envelope("alder", "data-holder", &place("ward"))).collect();
    for chunk in acts.chunks(334) {
        assert_eq!(world.client.submit(chunk).status, 200);
    }
    world
}

fn another(world: &World) -> Vec<u8> {
    world.envelope("alder", "data-holder", &place("ward"))
}

fn id(envelope: &[u8]) -> Digest {
    Digest::of(Envelope::parse(envelope).unwrap().payload())
}

/// What the log's key says of an act that it turns away; a disk that failed is asked again.
fn turned_away(world: &World, envelope: &[u8]) -> Spent {
    let answer = loop {
        let answer = world.client.submit(&[envelope.to_vec()]);
        if answer.status != 500 {
            break answer;
        }
    };
    assert_eq!(answer.status, 429);
    let said = Spent::open(&answer.word.unwrap(), &world.log_key()).unwrap();
    assert_eq!((said.act, said.party.as_str()), (id(envelope), "alder"));
    said
}

/// Whoever acts next finds what is due told.
fn somebody_acts(world: &World) {
    let envelope = world.envelope("birch", "data-holder", &place("ward"));
    while world.client.submit(std::slice::from_ref(&envelope)).status == 500 {}
}

/// Every count in the log, refused or not.
fn told(world: &World) -> Vec<RefusalCount> {
    let view = world.running.as_ref().unwrap().view();
    let entries = (0..view.snapshot().size).map(|at| view.entry(at).unwrap());
    let acts = entries.map(|entry| decode(Envelope::parse(&entry).unwrap().payload()).unwrap().act);
    let counts: Vec<_> = acts
        .filter_map(|act| match act {
            Act::RefusalCount(count) => Some(count),
            _ => None,
        })
        .collect();
    let admitted: Vec<_> = view.replica().state().counts().map(|own| own.count.clone()).collect();
    assert_eq!(admitted, counts);
    counts
}

fn root(acts: &[Vec<u8>]) -> Digest {
    Tree::of(acts.iter().map(|act| leaf_hash(id(act).as_bytes()))).root()
}

fn size(world: &World) -> u64 {
    world.client.checkpoint().0.size
}

#[test]
fn different_acts_are_counted_once_and_told_when_the_party_falls_silent() {
    let mut world = spent();
    let (before, since) = (size(&world), world.now());
    let mut acts = vec![another(&world), another(&world)];
    assert_eq!(turned_away(&world, &acts[0]).nth, 1);
    world.pass(9);
    assert_eq!(turned_away(&world, &acts[1]).nth, 2);
    // A copy, whoever sends it, has the place that it had.
    assert_eq!(turned_away(&world, &acts[0]).nth, 1);

    // A restart forgets nothing of what was answered.
    world.restart();
    acts.push(another(&world));
    let said = turned_away(&world, &acts[2]);
    assert_eq!((said.nth, said.since), (3, since));
    assert_eq!(size(&world), before, "the log does not grow by it, not even by a tick");

    let last = world.now();
    world.pass(3_599);
    somebody_acts(&world);
    assert_eq!(told(&world), []);
    world.pass(1);
    somebody_acts(&world);
    let count = RefusalCount {
        party: party("alder"),
        from: since,
        // By the log's time, which stood still while nothing was logged.
        until: told(&world)[0].until,
        turned_away: 3,
        acts: root(&acts),
    };
    assert_eq!(told(&world), std::slice::from_ref(&count));
    assert!(since <= count.until && count.until <= last);

    // Told once, also after another restart and another hour; what comes then is another count.
    world.restart();
    world.pass(3_600);
    somebody_acts(&world);
    assert_eq!(told(&world).len(), 1);
    let next = another(&world);
    let said = turned_away(&world, &next);
    assert!(said.nth == 1 && said.since > count.until);
    world.pass(3_600);
    somebody_acts(&world);
    let all = told(&world);
    assert_eq!((all.len(), all[1].turned_away, all[1].acts), (2, 1, root(&[next])));
}

#[test]
fn what_is_turned_away_before_midnight_is_told_for_its_day() {
    let world = spent();
    world.pass(24 * 3_600 - 5);
    somebody_acts(&world);
    let act = another(&world);
    turned_away(&world, &act);
    world.pass(5);
    somebody_acts(&world);
    let [count] = &told(&world)[..] else { panic!("{:?}", told(&world)) };
    let midnight = Timestamp::from_seconds(START + 24 * 3_600).unwrap();
    assert!(count.until < midnight && count.turned_away == 1);
}

#[test]
fn whichever_write_fails_nothing_is_counted_twice_and_nothing_that_was_answered_is_lost() {
    let mut world = spent();
    let mut all = 0;
    let mut round = |world: &mut World, plan: Arc<Plan>| {
        let planned = plan.clone();
        world.restart_with(move |config| {
            config.for_tests.wrap = Some(Arc::new(move |store: Store| {
                store.wrapped(|journal| planned.before_log(journal), |blobs| blobs)
            }));
        });
        for _ in 0..2 {
            let act = another(world);
            turned_away(world, &act);
        }
        world.pass(3_600);
        somebody_acts(world);
        somebody_acts(world);
        all += 2;
        world.restart();
        let counts = told(world);
        assert_eq!(counts.iter().map(|count| count.turned_away).sum::<u64>(), all);
        assert_eq!(counts.last().unwrap().turned_away, 2);
    };
    let plan = Plan::none();
    round(&mut world, plan.clone());
    let writes = plan.writes();
    assert!(writes >= 3, "{writes}");
    for at in 0..writes {
        for how in [How::Refused, How::Unanswered] {
            round(&mut world, Plan::new(at, how));
        }
    }
}
