//! What stops, delays and moves a decision.

use concordat_partnership::act::{MotionPropose, NamedModule, PartySucceed, Vote};
use concordat_partnership::{Act, MotionStatus};

use crate::chamber::{BOTH, MEMBER, Other, delegate, motion, open, recuse, veto, withdraw};
use crate::common::{EVERYBODY, HOSPITALS, execute, vote};

#[test]
fn a_quorum_at_the_last_moment_prolongs_voting_once() {
    let other = Other { council: "late_guard = \"P3D\"", ..Other::default() };
    let mut story = other.chartered();
    story.put_motion("open-it");
    story.in_favour("open-it", &["alder"]);
    story.pass("P13D");
    let ends = |story: &crate::common::Story| {
        story.state().motions().get(&"open-it".parse().unwrap()).unwrap().open_until
    };
    let before = ends(&story);
    story.in_favour("open-it", &["cypress"]);
    assert_eq!(ends(&story), story.now.plus("P3D".parse().unwrap()));
    assert!(ends(&story) > before);
    // The others answer in the time that they got, and nobody gets more.
    story.pass("P2D");
    let prolonged = ends(&story);
    story.votes("open-it", &[("dogwood", Vote::Against)]);
    assert_eq!(ends(&story), prolonged);
    assert_eq!(story.status("open-it"), MotionStatus::Defeated);
}

#[test]
fn what_may_be_vetoed_waits_and_a_veto_ends_it() {
    let council = "veto = [{ by = \"trainer\", acts = [\"project.open\"], within = \"P5D\" }]";
    let mut story = Other { council, ..Other::default() }.chartered();
    story.put_motion("open-it");
    story.in_favour("open-it", &HOSPITALS);
    story.refuse("alder", MEMBER, execute("open-it"), "veto-runs", "governance/council");
    story.refuse("alder", MEMBER, veto("open-it"), "no-veto", "governance/council");
    story.admit("vendor", "trainer", veto("open-it"));
    assert_eq!(story.status("open-it"), MotionStatus::Vetoed);
    story.refuse("alder", MEMBER, execute("open-it"), "motion-state", "");

    // A veto that is not used in time is gone.
    story.put_motion("again");
    story.in_favour("again", &HOSPITALS);
    story.pass("P5D");
    story.refuse("vendor", "trainer", veto("again"), "no-veto", "governance/council");
    story.executes("again");
    story.refuse("vendor", "trainer", veto("again"), "motion-state", "");
}

#[test]
fn a_guardian_stops_a_decision_until_it_is_carried_out() {
    let mut story =
        Other { council: "veto = [{ by = \"trainer\" }]", ..Other::default() }.chartered();
    story.put_motion("open-it");
    story.in_favour("open-it", &HOSPITALS);
    story.pass("P20D");
    story.admit("vendor", "trainer", veto("open-it"));
    assert_eq!(story.status("open-it"), MotionStatus::Vetoed);
}

#[test]
fn who_has_a_conflict_counts_neither_for_the_quorum_nor_as_a_vote() {
    let mut story = Other::default().chartered();
    story.put_motion("open-it");
    story.votes("open-it", &[("dogwood", Vote::Abstain)]);
    story.admit("dogwood", MEMBER, recuse("open-it"));
    story.refuse("dogwood", MEMBER, vote("open-it", Vote::For), "recused", "");
    story.refuse("dogwood", MEMBER, recuse("open-it"), "recused", "");
    story.in_favour("open-it", &["alder", "birch", "cypress"]);
    let tally = story.state().tally(&"open-it".parse().unwrap()).unwrap();
    assert_eq!((tally.private.abstained, tally.private.silent), (0, 0));
    story.executes("open-it");
}

#[test]
fn where_recusals_leave_a_side_without_a_quorum_the_matter_goes_further_at_once() {
    // A member of neither side fills no gap in one.
    for independents in ["", "\nindependents = true"] {
        let council = format!("escalates_to = \"trainer\"{independents}");
        let other = Other { governance: BOTH, council: &council, ..Other::default() };
        let mut story = other.chartered();
        story.put_motion("open-it");
        story.admit("dogwood", MEMBER, recuse("open-it"));
        assert_eq!(story.status("open-it"), MotionStatus::Defeated);
        let again = Act::MotionPropose(motion("again"));
        story.refuse("alder", MEMBER, again, "matter-escalated", "governance/council");
    }
}

const OVERSEERS: &str = "
```clause
id = \"board\"
body = \"Board\"
members = \"council-member\"
votes_per_side = 2
quorum_per_side = 2
majority = \"two-thirds-of-each-side\"
open_for = \"P7D\"
```

```clause
id = \"mediate\"
duty = \"name a mediator\"
owner = \"trainer\"
to = \"council-member\"
due = { after = \"deadlock: council\", period = \"P14D\" }
discharged_by = \"meeting.call\"
```
";

#[test]
fn after_two_failed_motions_a_matter_goes_further_and_a_clock_starts() {
    let call = "permit = \"meeting.call\"\nby = \"council-member\"";
    let other = Other {
        governance: &[(call, "permit = \"meeting.call\"\nby = [\"council-member\", \"trainer\"]")],
        council: "escalates_to = \"board\"",
        clauses: OVERSEERS,
        ..Other::default()
    };
    let mut story = other.chartered();
    for name in ["first", "second"] {
        assert_eq!(story.state().duties().count(), 0);
        story.put_motion(name);
        story.votes(name, &[("alder", Vote::Against), ("birch", Vote::Against)]);
        assert_eq!(story.status(name), MotionStatus::Defeated);
    }
    assert_eq!(story.state().duties().count(), 1, "the clock of `mediate` runs");
    let third = Act::MotionPropose(motion("third"));
    story.refuse("alder", MEMBER, third, "matter-escalated", "governance/council");

    // The board decides in the council's place, and the gate takes that.
    let before = MotionPropose::of("above".parse().unwrap(), "board".parse().unwrap(), open());
    story.admit("alder", MEMBER, Act::MotionPropose(before));
    story.in_favour("above", &HOSPITALS);
    story.executes("above");
    // The matter is settled.
    let fresh = motion("fresh");
    story.admit("alder", MEMBER, Act::MotionPropose(fresh));
}

const STEP_IN: &str = "
```clause
id = \"step-in\"
power = \"module.suspend\"
holder = \"trainer\"
over = \"data-use\"
after = \"deadlock: council\"
```
";

#[test]
fn a_power_for_when_a_body_is_deadlocked_may_be_used_from_then_on() {
    let other =
        Other { council: "escalates_to = \"trainer\"", clauses: STEP_IN, ..Other::default() };
    let mut story = other.chartered();
    let module = NamedModule { module: "data-use".parse().unwrap() };
    let suspend = || Act::ModuleSuspend(module.clone());
    for name in ["first", "second"] {
        story.refuse("vendor", "trainer", suspend(), "not-permitted", "governance/step-in");
        story.put_motion(name);
        story.votes(name, &[("alder", Vote::Against), ("birch", Vote::Against)]);
        assert_eq!(story.status(name), MotionStatus::Defeated);
    }
    story.admit("vendor", "trainer", suspend());
}

#[test]
fn a_seat_to_which_a_matter_went_decides_it_by_acting() {
    let open_by = "permit = \"project.open\"\nby = \"council-member\"";
    let other = Other {
        governance: &[(
            open_by,
            "permit = \"project.open\"\nby = [\"council-member\", \"trainer\"]",
        )],
        council: "escalates_to = \"trainer\"",
        ..Other::default()
    };
    let mut story = other.chartered();
    story.refuse("vendor", "trainer", open(), "needs-motion", "governance/open-by-motion");
    for name in ["first", "second"] {
        story.put_motion(name);
        story.votes(name, &[("cypress", Vote::Against), ("dogwood", Vote::Against)]);
    }
    story.refuse("alder", MEMBER, open(), "needs-motion", "governance/open-by-motion");
    story.admit("vendor", "trainer", open());
}

#[test]
fn a_vote_is_handed_on_within_a_side_and_taken_back() {
    let mut story =
        Other { council: "delegates = true", governance: BOTH, ..Other::default() }.chartered();
    story.refuse(
        "dogwood",
        MEMBER,
        delegate(Some("alder")),
        "not-of-your-side",
        "governance/council",
    );
    story.refuse("dogwood", MEMBER, delegate(None), "no-delegation", "governance/council");
    story.admit("dogwood", MEMBER, delegate(Some("cypress")));
    story.admit("birch", MEMBER, delegate(Some("alder")));
    story.put_motion("open-it");
    story.in_favour("open-it", &["alder"]);
    // Taken back before it was used, a vote is its member's own again.
    story.admit("dogwood", MEMBER, delegate(None));
    story.in_favour("open-it", &["cypress"]);
    story.refuse("alder", MEMBER, execute("open-it"), "motion-not-succeeded", "governance/council");
    story.admit("dogwood", MEMBER, delegate(Some("cypress")));
    story.executes("open-it");
}

#[test]
fn a_vote_that_was_handed_on_stays_so_when_another_follows_its_party() {
    let mut story =
        Other { council: "delegates = true", governance: BOTH, ..Other::default() }.chartered();
    story.admit("dogwood", MEMBER, delegate(Some("cypress")));
    let rest = EVERYBODY.iter().filter(|party| **party != "dogwood");
    let signers: Vec<(&str, &str)> = rest.map(|party| (*party, "signatory")).collect();
    let (party, to) = ("dogwood".parse().unwrap(), "vendor".parse().unwrap());
    let evidence = crate::common::digest("register");
    let follows = Act::PartySucceed(PartySucceed { party, to, evidence, cut_off: None });
    let entry = story.sign(&signers, &follows);
    let verdict = story.step(entry);
    assert!(verdict.is_admitted(), "{}", verdict.in_words());
    story.put_motion("open-it");
    // Cypress votes for itself and for who has followed Dogwood.
    story.in_favour("open-it", &["alder", "birch", "cypress"]);
    let tally = story.state().tally(&"open-it".parse().unwrap()).unwrap();
    assert_eq!((tally.private.votes_for, tally.private.silent), (2, 0));
}

#[test]
fn without_a_word_in_the_clause_no_vote_is_handed_on() {
    let mut story = Other::default().chartered();
    let act = delegate(Some("cypress"));
    story.refuse("dogwood", MEMBER, act, "no-delegation", "governance/council");
}

#[test]
fn a_reserved_matter_takes_the_vote_of_everybody_to_whom_it_is_reserved() {
    let reserved = "reserved = [{ acts = [\"project.open\"], to = [\"sponsor\"] }]";
    let sponsor = "id = \"sponsor\"\nseat = \"Sponsor\"\nfilled_by = [\"dogwood\"]\n```\n\n```clause\nid = \"operator\"\nseat";
    let other = Other {
        parties: &[("id = \"operator\"\nseat", sponsor)],
        governance: &[("The Council Members may do", "The Council Members and the Sponsor may do")],
        council: reserved,
        ..Other::default()
    };
    let mut story = other.chartered();
    story.put_motion("open-it");
    story.in_favour("open-it", &["alder", "birch", "cypress"]);
    assert_eq!(story.status("open-it"), MotionStatus::Open, "Dogwood has not agreed");
    story.votes("open-it", &[("dogwood", Vote::Abstain)]);
    assert_eq!(story.status("open-it"), MotionStatus::Defeated);
}

#[test]
fn a_motion_is_before_the_members_until_voting_opens_and_its_proposer_takes_it_back() {
    let mut story = Other { council: "lead = \"P3D\"", ..Other::default() }.chartered();
    story.put_motion("open-it");
    assert_eq!(story.status("open-it"), MotionStatus::Proposed);
    let early = vote("open-it", Vote::For);
    story.refuse("birch", MEMBER, early, "voting-not-open", "governance/council");
    story.pass("P3D");
    story.in_favour("open-it", &["birch"]);
    story.refuse("birch", MEMBER, withdraw("open-it"), "not-the-proposer", "");
    let mut followed = story.clone();
    followed.followed("alder", "birch");
    followed.refuse("cypress", MEMBER, withdraw("open-it"), "not-the-proposer", "");
    followed.admit("birch", MEMBER, withdraw("open-it"));
    story.admit("alder", MEMBER, withdraw("open-it"));
    assert_eq!(story.status("open-it"), MotionStatus::Withdrawn);
    story.refuse("cypress", MEMBER, vote("open-it", Vote::For), "motion-state", "");
    story.refuse("alder", MEMBER, withdraw("open-it"), "motion-state", "");
    story.refuse("alder", MEMBER, execute("open-it"), "motion-state", "");
}
