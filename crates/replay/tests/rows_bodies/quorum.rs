//! Whatever members do, in whatever order: no motion is carried out without a quorum of each side.

use std::cell::Cell;
use std::collections::BTreeSet;

use concordat_partnership::act::Vote;
use concordat_partnership::{Act, MotionStatus};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::chamber::{BOTH, MEMBER, Other, delegate, motion, recuse};
use crate::common::{HOSPITALS, Story, execute, vote};

const MOTIONS: [&str; 2] = ["m0", "m1"];

fn deed(story: &mut Story, (kind, who, other): (u8, usize, usize)) {
    let (party, name) = (HOSPITALS[who % 4], MOTIONS[other % 2]);
    let _ = match kind % 16 {
        0 => story.act(party, MEMBER, Act::MotionPropose(motion(name))),
        1..=7 => story.act(party, MEMBER, vote(name, Vote::For)),
        8 => story.act(party, MEMBER, vote(name, [Vote::Against, Vote::Abstain][other % 2])),
        9 => story.act(party, MEMBER, recuse(name)),
        10 | 11 => {
            let to = Some(HOSPITALS[other % 4]).filter(|_| other % 5 > 0);
            story.act(party, MEMBER, delegate(to))
        }
        12..=14 => story.act(party, MEMBER, execute(name)),
        _ => return story.pass(["PT1H", "P3D", "P14D"][other % 3]),
    };
}

/// Who of a side took part, counted afresh: by a vote, or by one that was handed on.
fn taking_part(story: &Story, name: &str, side: [&str; 2]) -> usize {
    let motion = story.state().motions().get(&name.parse().unwrap()).unwrap();
    let voted: BTreeSet<&str> = motion.votes.keys().map(|party| party.as_str()).collect();
    side.iter().filter(|party| voted.contains(*party)).count()
}

#[test]
fn no_motion_is_carried_out_without_a_quorum_of_each_side() {
    let council = "delegates = true\nlate_guard = \"P2D\"";
    let mut start = Other { governance: BOTH, council, ..Other::default() }.chartered();
    MOTIONS.iter().for_each(|name| start.put_motion(name));
    let deeds = prop::collection::vec((any::<u8>(), 0_usize..4, 0_usize..20), 10..60);
    let carried_out = Cell::new(0_u32);
    let config = ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() };
    let mut runner = TestRunner::new(config);
    let checked = runner.run(&deeds, |deeds| {
        let mut story = start.clone();
        for step in deeds {
            let before: Vec<bool> = MOTIONS.iter().map(|name| done(&story, name)).collect();
            deed(&mut story, step);
            for (name, before) in MOTIONS.iter().zip(before) {
                if done(&story, name) && !before {
                    carried_out.set(carried_out.get() + 1);
                    let tally = story.state().tally(&name.parse().unwrap()).unwrap();
                    for side in [tally.public, tally.private] {
                        prop_assert!(side.votes_for + side.votes_against + side.abstained >= 2);
                        prop_assert!(side.votes_for > side.votes_against);
                    }
                    // Of each side somebody came itself.
                    prop_assert!(taking_part(&story, name, ["alder", "birch"]) > 0);
                    prop_assert!(taking_part(&story, name, ["cypress", "dogwood"]) > 0);
                }
            }
        }
        Ok(())
    });
    checked.unwrap();
    // Of two hundred stories some must get that far, or nothing was shown.
    assert!(carried_out.get() >= 20, "{} motions got through", carried_out.get());
}

fn done(story: &Story, name: &str) -> bool {
    let motion = story.state().motions().get(&name.parse().unwrap());
    motion.is_some_and(|motion| motion.status == MotionStatus::Executed)
}
