//! Who sits in a body.

use concordat_partnership::act::{ModuleEnter, Tick, Vote};
use concordat_partnership::{Act, MotionStatus};
use concordat_terms::Timestamp;

use crate::chamber::{BOTH, MEMBER, Other, fill, motion, vacate};
use crate::common::{EVERYBODY, Story, execute, vote};

const NAMED_COUNCIL: (&str, &str) = (
    "filled_by = [\"alder\", \"birch\", \"cypress\", \"dogwood\", \"lab\"]",
    "filled_by = [\"alder\", \"birch\", \"cypress\", \"dogwood\", \"lab\"]\nnamed = true",
);

#[test]
fn row_7_acts_of_a_seat_are_blocked_until_somebody_sits_there() {
    let named = (
        "filled_by = [\"vendor\"]\n```\n\nThe Lab tests",
        "filled_by = [\"vendor\"]\nnamed = true\n```\n\nThe Lab tests",
    );
    let mut story = Other { parties: &[named], ..Other::default() }.begun();
    story.refuse("vendor", "trainer", Story::charter(), "seat-vacant", "");

    story.admit("vendor", "trainer", fill("trainer", "head-of-training"));
    let again = fill("trainer", "head-of-training");
    story.refuse("vendor", "trainer", again, "seat-filled", "");
    story.refuse("vendor", "trainer", fill(MEMBER, "somebody"), "not-your-seat", "");
    story.admit("vendor", "trainer", Story::charter());

    story.admit("vendor", "trainer", vacate("trainer", "vendor"));
    story.refuse("vendor", "trainer", Story::charter(), "seat-vacant", "");
}

#[test]
fn row_7_a_council_with_a_seat_vacant_for_too_long_decides_nothing() {
    let other =
        Other { parties: &[NAMED_COUNCIL], council: "vacancy = \"P10D\"", ..Other::default() };
    let mut story = other.chartered();
    for hospital in ["alder", "birch", "cypress", "lab"] {
        story.admit(hospital, MEMBER, fill(MEMBER, "somebody"));
    }
    // Nobody sits for Dogwood. For ten days the others decide without it.
    story.put_motion("first");
    story.refuse("dogwood", MEMBER, vote("first", Vote::For), "seat-vacant", "");
    story.pass("P10D");
    let act = Act::MotionPropose(motion("second"));
    story.refuse("alder", MEMBER, act, "not-constituted", "governance/council");
    story.in_favour("first", &["alder", "birch", "cypress"]);
    story.refuse("alder", MEMBER, execute("first"), "not-constituted", "governance/council");

    story.admit("dogwood", MEMBER, fill(MEMBER, "somebody"));
    story.in_favour("first", &["dogwood"]);
    story.executes("first");
}

#[test]
fn row_8_a_decision_counts_when_one_of_each_kind_has_voted() {
    let sponsor = "id = \"operator\"\nseat";
    let kinds = "id = \"senior-sponsor\"\nseat = \"Senior Sponsor\"\nfilled_by = [\"alder\"]\n```\n\n```clause\nid = \"compliance-lead\"\nseat = \"Compliance Lead\"\nfilled_by = [\"cypress\", \"dogwood\"]\n```\n\n```clause\nid = \"operator\"\nseat";
    let other = Other {
        parties: &[(sponsor, kinds)],
        governance: &[
            (
                "members = \"council-member\"",
                "members = [\"council-member\", \"senior-sponsor\", \"compliance-lead\"]",
            ),
            (
                "permit = \"motion.vote\"\nby = \"council-member\"",
                "permit = \"motion.vote\"\nby = [\"council-member\", \"senior-sponsor\", \"compliance-lead\"]",
            ),
        ],
        council: "at_least_one = [\"senior-sponsor\", \"compliance-lead\"]",
        ..Other::default()
    };
    let mut story = other.chartered();
    story.put_motion("open-it");
    story.in_favour("open-it", &["birch", "cypress", "dogwood"]);
    // Both sides have a majority, and the senior sponsor has not voted.
    let refused = "motion-not-succeeded";
    story.refuse("birch", MEMBER, execute("open-it"), refused, "governance/council");
    let tally = story.state().tally(&"open-it".parse().unwrap()).unwrap();
    assert_eq!(
        tally.absent.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["senior-sponsor"]
    );
    story.admit("alder", "senior-sponsor", vote("open-it", Vote::Abstain));
    story.executes("open-it");
}

#[test]
fn row_69_a_body_whose_sides_are_not_as_strong_as_each_other_does_not_come_into_force() {
    let other = Other {
        parties: &[(
            "filled_by = [\"alder\", \"birch\", \"cypress\", \"dogwood\", \"lab\"]",
            "filled_by = [\"alder\", \"birch\", \"cypress\", \"lab\"]",
        )],
        ..Other::default()
    };
    let mut story = Story::founded_on([].into());
    let modules = story.put_as_one(other.texts(), &EVERYBODY);
    let enter = Act::ModuleEnter(ModuleEnter { modules });
    story.refuse("alder", "signatory", enter, "modules-inconsistent", "");
}

#[test]
fn row_69_a_vacancy_lowers_no_quorum() {
    let other = Other { parties: &[NAMED_COUNCIL], governance: BOTH, ..Other::default() };
    let mut story = other.chartered();
    for hospital in ["alder", "birch", "cypress"] {
        story.admit(hospital, MEMBER, fill(MEMBER, "somebody"));
    }
    // With one of its two sitting, the private side never reaches its quorum of two.
    story.put_motion("open-it");
    story.refuse("alder", MEMBER, execute("open-it"), "motion-not-succeeded", "governance/council");
    assert_eq!(story.status("open-it").as_str(), "defeated");
}

#[test]
fn a_side_nominates_who_votes_for_it() {
    let other = Other {
        governance: &[
            (
                "have [two](#council.votes_per_side) votes",
                "have [one](#council.votes_per_side) vote",
            ),
            ("votes_per_side = 2", "votes_per_side = 1"),
        ],
        council: "voting = \"nomination\"",
        ..Other::default()
    };
    let mut story = other.chartered();
    let alone = fill(MEMBER, "somebody");
    story.refuse("alder", MEMBER, alone.clone(), "needs-nomination", "governance/council");
    let entry = story.sign(&[("alder", MEMBER), ("birch", MEMBER)], &alone);
    assert!(story.step(entry).is_admitted());
    let entry = story.sign(&[("birch", MEMBER), ("alder", MEMBER)], &alone);
    assert_eq!(story.step(entry).refusal().unwrap().code(), "side-full");
    let entry = story.sign(&[("dogwood", MEMBER), ("cypress", MEMBER)], &alone);
    assert!(story.step(entry).is_admitted());

    story.put_motion("open-it");
    story.refuse("birch", MEMBER, vote("open-it", Vote::For), "no-vote", "governance/council");
    story.in_favour("open-it", &["alder", "dogwood"]);
    story.executes("open-it");
}

/// One member of each side votes at a time, for ten days.
fn in_turns() -> Story {
    let other = Other {
        governance: &[
            (
                "have [two](#council.votes_per_side) votes",
                "have [one](#council.votes_per_side) vote",
            ),
            ("votes_per_side = 2", "votes_per_side = 1"),
        ],
        council: "voting = \"rotation\"\nturn = \"P10D\"",
        ..Other::default()
    };
    other.chartered()
}

#[test]
fn members_vote_in_turn_and_a_motion_stays_with_those_who_had_it() {
    let mut story = in_turns();
    story.put_motion("open-it");
    story.refuse("birch", MEMBER, vote("open-it", Vote::For), "no-vote", "governance/council");
    story.in_favour("open-it", &["alder"]);
    // The turn passes on; the motion was put before.
    story.pass("P10D");
    story.refuse("dogwood", MEMBER, vote("open-it", Vote::For), "no-vote", "governance/council");
    story.in_favour("open-it", &["cypress"]);
    let voters = story.state().voters(&"council".parse().unwrap());
    assert_eq!(voters.iter().map(ToString::to_string).collect::<Vec<_>>(), ["birch", "dogwood"]);
    story.executes("open-it");
}

/// A sequencer may say any time. The log folds on, whatever the witnesses then refuse.
#[test]
fn the_turns_of_a_body_end_with_time() {
    let mut story = in_turns();
    story.act("sequencer", "sequencer", Act::Tick(Tick { time: Timestamp::LAST }));
    assert_eq!(story.state().time(), Some(Timestamp::LAST));
}

#[test]
fn votes_are_weighted_and_the_sides_are_equal_all_the_same() {
    let other = Other {
        governance: &[
            (
                "have [two](#council.votes_per_side) votes",
                "have [three](#council.votes_per_side) votes",
            ),
            ("votes_per_side = 2", "votes_per_side = 3"),
        ],
        council: "voting = \"weight\"\nweights = { alder = 2, birch = 1, cypress = 2, dogwood = 1 }",
        ..Other::default()
    };
    let mut story = other.chartered();
    story.put_motion("open-it");
    story.votes("open-it", &[("birch", Vote::Against), ("dogwood", Vote::Against)]);
    story.in_favour("open-it", &["alder", "cypress"]);
    let tally = story.state().tally(&"open-it".parse().unwrap()).unwrap();
    assert_eq!((tally.public.votes_for, tally.private.votes_against), (2, 1));
    story.executes("open-it");
}

#[test]
fn a_body_takes_a_seat_from_a_party_and_nobody_else_does() {
    let other = Other {
        parties: &[NAMED_COUNCIL],
        clauses: "\n```clause\nid = \"seats-by-motion\"\ngate = \"seat.vacate\"\nmotion = \"council\"\n```\n",
        ..Other::default()
    };
    let mut story = other.begun();
    for hospital in ["alder", "birch", "cypress", "dogwood"] {
        story.admit(hospital, MEMBER, fill(MEMBER, "somebody"));
    }
    let out = vacate(MEMBER, "dogwood");
    story.refuse("alder", MEMBER, out.clone(), "needs-motion", "governance/seats-by-motion");
    story.decide("remove", out);
    story.refuse("dogwood", MEMBER, Act::MotionPropose(motion("mine")), "seat-vacant", "");
}

#[test]
fn an_independent_member_counts_where_the_clause_says_so_and_needs_no_quorum_of_its_own() {
    for (said, stands) in [
        (Vote::For, MotionStatus::Succeeded),
        (Vote::Abstain, MotionStatus::Succeeded),
        (Vote::Against, MotionStatus::Defeated),
    ] {
        let other = Other { governance: BOTH, council: "independents = true", ..Other::default() };
        let mut story = other.chartered();
        story.put_motion("open-it");
        story.votes("open-it", &[("lab", said)]);
        story.in_favour("open-it", &["alder", "birch", "cypress", "dogwood"]);
        assert_eq!(story.status("open-it"), stands, "{said:?}");
    }
}

#[test]
fn who_has_no_weight_has_no_vote() {
    let other = Other {
        governance: &[
            (
                "have [two](#council.votes_per_side) votes",
                "have [five](#council.votes_per_side) votes",
            ),
            ("votes_per_side = 2", "votes_per_side = 5"),
        ],
        council: "voting = \"weight\"\nweights = { alder = 5, cypress = 3, dogwood = 2 }",
        ..Other::default()
    };
    let mut story = other.chartered();
    story.put_motion("open-it");
    let birch = vote("open-it", Vote::For);
    story.refuse("birch", MEMBER, birch, "no-vote", "governance/council");
    story.in_favour("open-it", &["alder", "cypress"]);
    story.executes("open-it");
}
