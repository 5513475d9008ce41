//! The process of a coordinator is killed under load, again and again, each time at a moment that
//! something happens at: every receipt that a client holds is in the log afterwards, once, and nothing
//! is half there.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod common;
mod killing;
#[path = "../../store/tests/world/load.rs"]
mod load;
mod stopped;

use common::World;
use killing::{Alone, Load, Moment, acts, all_there, kills, seed, sent_again, serve};
use load::Rng;

#[test]
fn a_coordinator_that_is_killed_at_any_moment_keeps_every_receipt_that_it_gave() {
    let mut rng = Rng(seed(11));
    let mut world = World::in_force();
    let (mut all, mut nth, mut begun) = (Vec::new(), 0, 0);
    for round in 0..kills(24) {
        if world.running.as_ref().unwrap().view().snapshot().size > 1_000 {
            // To look at all of it is what takes time in a long log.
            (world, all) = (World::in_force(), Vec::new());
        }
        world.pass(7);
        let envelopes = acts(&world, nth, 40);
        nth += 40;
        world.running.take().unwrap().stop();

        let moment = match round % 3 {
            0 => Moment::before_write(1 + rng.below(8)),
            1 => Moment::after_write(1 + rng.below(8)),
            _ => Moment::AfterReceipts(1 + usize::try_from(rng.below(30)).unwrap()),
        };
        let what = format!("round {round}, {moment:?}");
        let mut coordinator = Alone::started(&world, moment);
        let load = Load::of(&coordinator.client, &envelopes);
        let mut held = coordinator.until(moment, &load);
        if let Moment::AfterReceipts(count) = moment {
            assert!(held.len() >= count, "{what}");
        }
        coordinator.killed();
        held.extend(load.ended());
        begun += usize::from(!held.is_empty());
        all.extend(held);
        world.start();
        all_there(&world, &all, &what);

        all.extend(sent_again(&world.client, &envelopes[..4]));
        all_there(&world, &all, &what);
    }
    assert!(begun > 0, "no client held a receipt before a kill");
}

/// Not a test by itself: what the test above starts and kills.
#[test]
fn the_child_serves_until_it_is_killed() {
    serve();
}
