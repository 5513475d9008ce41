//! What a body decides, and what is kept of it.

use concordat_partnership::act::{
    Cause, MeetingCall, MeetingMinute, MotionPropose, NamedModule, Vote,
};
use concordat_partnership::{Act, DutyStatus, MotionStatus, Refusal};

use crate::chamber::{BOTH, MEMBER, Other, motion, open};
use crate::common::{HOSPITALS, Story, digest, execute};

/// Each duty of a clause and how it stands.
fn duties(story: &Story, clause: &str) -> Vec<&'static str> {
    let all = story.state().duties().filter(|(id, _)| id.clause.to_string() == clause);
    all.map(|(_, duty)| duty.status.as_str()).collect()
}

#[test]
fn row_34_a_decision_in_a_hurry_opens_its_review() {
    let other = Other {
        governance: BOTH,
        council: "fast = { acts = [\"project.open\"], quorum_per_side = 1, open_for = \"P2D\", review = \"review\" }",
        clauses: "\n```clause\nid = \"review\"\nduty = \"review what was decided in a hurry\"\nowner = \"council-member\"\nto = \"trainer\"\nof = \"council\"\ndue = { after = \"fast: council\", period = \"P7D\" }\ndischarged_by = \"duty.discharge\"\n```\n",
        ..Other::default()
    };
    let mut story = other.chartered();
    let fast = Act::MotionPropose(MotionPropose { fast: true, ..motion("now") });
    story.admit("alder", MEMBER, fast);
    story.in_favour("now", &["alder", "cypress"]);
    // At the end of two days one of each side was enough.
    assert_eq!(story.status("now"), MotionStatus::Open);
    story.pass("P2D");
    assert_eq!(story.status("now"), MotionStatus::Succeeded);
    assert!(duties(&story, "governance/review").is_empty());
    story.executes("now");
    assert_eq!(duties(&story, "governance/review"), ["active"; 5]);
    story.pass("P7D");
    assert_eq!(duties(&story, "governance/review"), ["late"; 5]);

    let end = Act::ProjectEnd(concordat_partnership::act::OneProject {
        project: "risk".parse().unwrap(),
    });
    let slow = MotionPropose { fast: true, decision: Box::new(end), ..motion("slow") };
    story.refuse("alder", MEMBER, Act::MotionPropose(slow), "no-fast-track", "governance/council");
}

#[test]
fn row_70_a_project_opens_by_decision_of_the_body_alone() {
    let mut story = Other::default().chartered();
    story.refuse("alder", MEMBER, open(), "needs-motion", "governance/open-by-motion");
    story.decide("open-it", open());
    story.refuse("alder", MEMBER, execute("open-it"), "motion-state", "");
}

#[test]
fn row_72_a_suspension_by_the_body_stops_what_a_module_permits_at_once() {
    let clauses = "\n```clause\nid = \"suspend\"\npermit = \"module.suspend\"\nby = \"council-member\"\n```\n\n```clause\nid = \"suspend-by-motion\"\ngate = \"module.suspend\"\nmotion = \"council\"\n```\n";
    let mut story = Other { clauses, ..Other::default() }.chartered();
    story.decide("open-it", open());
    let stop = Act::ModuleSuspend(NamedModule { module: "data-use".parse().unwrap() });
    story.refuse("alder", MEMBER, stop.clone(), "needs-motion", "governance/suspend-by-motion");
    story.decide("stop", stop);
    let run = story.proposal("first", |_| {});
    story.refuse("vendor", "trainer", run, "clause-silent", "data-use/train-on-heart-rows");
}

#[test]
fn row_74_each_decision_names_the_rules_of_procedure_that_it_was_put_under() {
    let other = Other {
        council: "procedure = \"procedure\"",
        clauses: "\n```clause\nid = \"procedure\"\nasset = \"Rules of Procedure\"\nkind = \"report\"\nholder = \"council-member\"\nlabel = \"internal\"\npurposes = [\"cardiac-risk\"]\n```\n",
        ..Other::default()
    };
    let mut story = other.chartered();
    let without = Act::MotionPropose(motion("without"));
    story.refuse("alder", MEMBER, without, "needs-procedure", "governance/council");
    let procedure = Some(digest("procedure 3"));
    story.admit("alder", MEMBER, Act::MotionPropose(MotionPropose { procedure, ..motion("with") }));
    assert_eq!(story.state().decisions()[0].procedure, procedure);
}

fn call(story: &Story, name: &str, days: &str) -> Act {
    Act::MeetingCall(MeetingCall {
        meeting: name.parse().unwrap(),
        body: "council".parse().unwrap(),
        at: story.now.plus(days.parse().unwrap()),
        agenda: digest("agenda"),
    })
}

fn minutes(name: &str, present: &str) -> Act {
    Act::MeetingMinute(MeetingMinute {
        meeting: name.parse().unwrap(),
        present: [present.parse().unwrap()].into(),
        minutes: digest("minutes"),
        published: Some(digest("minutes, redacted")),
    })
}

const MEETINGS: &str = "
```clause
id = \"meets\"
duty = \"call a meeting of the Council\"
owner = \"trainer\"
to = \"council-member\"
of = \"council\"
due = { after = \"in-force\", period = \"P30D\", every = \"P3M\" }
discharged_by = \"meeting.call\"
```

```clause
id = \"minutes\"
duty = \"file the minutes of the meeting, with dissent\"
owner = \"trainer\"
to = \"council-member\"
of = \"council\"
due = { after = \"meeting: council\", period = \"P10D\" }
discharged_by = \"meeting.minute\"
```
";

fn meeting() -> Story {
    let by = "by = [\"council-member\", \"trainer\"]";
    let call = "permit = \"meeting.call\"\n";
    let file = "permit = \"meeting.minute\"\n";
    let old = "by = \"council-member\"";
    let swaps = [
        (format!("{call}{old}"), format!("{call}{by}")),
        (format!("{file}{old}"), format!("{file}{by}")),
    ];
    let swaps: Vec<(&str, &str)> = swaps.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    Other { governance: &swaps, clauses: MEETINGS, ..Other::default() }.begun()
}

#[test]
fn row_77_meetings_come_round_and_a_missed_one_is_late() {
    let mut story = meeting();
    assert_eq!(duties(&story, "governance/meets"), ["active"]);
    story.admit("vendor", "trainer", call(&story, "spring", "P5D"));
    assert_eq!(duties(&story, "governance/meets"), ["discharged"]);
    story.pass("P1M");
    story.pass("P1D");
    assert_eq!(duties(&story, "governance/meets"), ["discharged", "active"]);
    story.pass("P4M");
    assert_eq!(duties(&story, "governance/meets")[..2], ["discharged", "late"]);

    story.refuse("vendor", "trainer", call(&story, "spring", "P5D"), "name-taken", "");
    let past = call(&story, "summer", "PT0S");
    story.refuse("vendor", "trainer", past, "meeting-in-the-past", "");
}

#[test]
fn row_78_minutes_are_due_once_a_meeting_was_held() {
    let mut story = meeting();
    story.refuse("vendor", "trainer", minutes("spring", "alder"), "unknown-meeting", "");
    story.admit("vendor", "trainer", call(&story, "spring", "P5D"));
    story.refuse("vendor", "trainer", minutes("spring", "alder"), "meeting-to-come", "");
    assert!(duties(&story, "governance/minutes").is_empty());
    story.pass("P5D");
    assert_eq!(duties(&story, "governance/minutes"), ["active"]);
    story.refuse("vendor", "trainer", minutes("spring", "vendor"), "not-a-member", "");
    story.admit("vendor", "trainer", minutes("spring", "alder"));
    assert_eq!(duties(&story, "governance/minutes"), ["discharged"]);
    story.refuse("vendor", "trainer", minutes("spring", "alder"), "already-minuted", "");
    // What of them is published has a digest of its own.
    let meeting = story.state().meetings().get(&"spring".parse().unwrap()).unwrap();
    assert_eq!(meeting.minutes.as_ref().unwrap().published, Some(digest("minutes, redacted")));
    let duty = story.state().duties().find(|(id, _)| id.clause.clause.as_str() == "minutes");
    assert!(matches!(duty.unwrap().1.status, DutyStatus::Discharged { late: false, .. }));
}

#[test]
fn row_78_without_a_quorum_nothing_is_decided() {
    let mut story = Other { governance: BOTH, ..Other::default() }.chartered();
    story.put_motion("open-it");
    story.in_favour("open-it", &["alder", "birch", "cypress"]);
    story.refuse("alder", MEMBER, execute("open-it"), "motion-not-succeeded", "governance/council");
    story.pass("P14D");
    assert_eq!(story.status("open-it"), MotionStatus::Defeated);
}

#[test]
fn row_80_the_tier_says_whether_one_approves_or_two_thirds_of_each_side() {
    // Three votes of five on each side are more than half, and less than two thirds.
    let at = |tier: u8| {
        let to = format!("gate = \"project.open\"\ntier = {tier}");
        Other {
            governance: &[
                ("gate = \"project.open\"\ntier = 2", &to),
                (
                    "have [two](#council.votes_per_side) votes",
                    "have [five](#council.votes_per_side) votes",
                ),
                ("votes_per_side = 2", "votes_per_side = 5"),
            ],
            council: "voting = \"weight\"\n\
                      weights = { alder = 3, birch = 2, cypress = 3, dogwood = 2 }",
            ..Other::default()
        }
        .chartered()
    };
    // Tier 1: another member signs too, and that is enough.
    let mut story = at(1);
    story.refuse("alder", MEMBER, open(), "needs-approver", "governance/open-by-motion");
    let entry = story.sign(&[("alder", MEMBER), ("dogwood", MEMBER)], &open());
    assert!(story.step(entry).is_admitted());

    // Tier 2: the body decides, and more than half of the votes cast are enough. Tier 3: they are not.
    for (tier, status) in [(2, MotionStatus::Succeeded), (3, MotionStatus::Defeated)] {
        let mut story = at(tier);
        story.put_motion("open-it");
        story.votes("open-it", &[("birch", Vote::Against), ("dogwood", Vote::Against)]);
        story.in_favour("open-it", &["alder", "cypress"]);
        assert_eq!(story.status("open-it"), status, "tier {tier}");
        let entry = story.sign(&[("alder", MEMBER), ("dogwood", MEMBER)], &open());
        assert_eq!(story.step(entry).refusal().unwrap().code(), "needs-motion", "tier {tier}");
        let opens = status == MotionStatus::Succeeded;
        assert_eq!(story.act("alder", MEMBER, execute("open-it")).is_admitted(), opens);
    }
}

#[test]
fn row_82_the_log_of_decisions_has_question_options_votes_dissent_and_evidence() {
    let mut story = Other::default().chartered();
    story.put_motion("other-way");
    let full = MotionPropose {
        text: Some(digest("the question")),
        alternatives: ["other-way".parse().unwrap()].into(),
        evidence: [digest("an opinion")].into(),
        ..motion("open-it")
    };
    story.admit("birch", MEMBER, Act::MotionPropose(full));
    story.votes("open-it", &[("birch", Vote::Against), ("dogwood", Vote::Abstain)]);
    story.in_favour("open-it", &["alder", "cypress"]);
    let open_it = |story: &Story| story.state().decisions().pop().unwrap();
    let entry = open_it(&story);
    assert_eq!((entry.motion.as_str(), entry.by.as_str()), ("open-it", "birch"));
    assert_eq!(entry.question, open());
    assert_eq!(entry.options.first().unwrap().as_str(), "other-way");
    assert_eq!(entry.dissent.first().unwrap().as_str(), "birch");
    assert_eq!((entry.votes.len(), entry.evidence.len()), (4, 1));
    assert_eq!(entry.status, MotionStatus::Defeated, "one for, one against is no majority");
    let tally = entry.tally.unwrap();
    assert_eq!((tally.public.votes_for, tally.private.abstained), (1, 1));
}

#[test]
fn of_alternatives_one_is_carried_out_and_the_others_are_over() {
    let mut story = Other::default().chartered();
    story.put_motion("one");
    let other = MotionPropose { alternatives: ["one".parse().unwrap()].into(), ..motion("other") };
    story.admit("alder", MEMBER, Act::MotionPropose(other));
    story.in_favour("one", &HOSPITALS);
    story.in_favour("other", &HOSPITALS);
    story.executes("other");
    assert_eq!(story.status("one"), MotionStatus::Withdrawn);
    story.refuse("alder", MEMBER, execute("one"), "motion-state", "");
    let late = MotionPropose { alternatives: ["other".parse().unwrap()].into(), ..motion("late") };
    story.admit("alder", MEMBER, Act::MotionPropose(late));
    story.in_favour("late", &HOSPITALS);
    let refused = story.act("alder", MEMBER, execute("late"));
    assert_eq!(refused.refusal().map(Refusal::code), Some("alternative-done"));
}

#[test]
fn row_86_a_motion_says_because_of_what_it_is_put() {
    let mut story = Other::default().chartered();
    for (cause, there) in [
        (Cause::Entry(3), true),
        (Cause::Entry(9_999), false),
        (Cause::Signal("governance/council".parse().unwrap()), false),
        (Cause::Duty("governance/nothing:alder:3".parse().unwrap()), false),
    ] {
        let because = [cause.clone()].into();
        let act = Act::MotionPropose(MotionPropose { because, ..motion("review-it") });
        if there {
            story.admit("alder", MEMBER, act);
            assert!(story.state().decisions()[0].because.contains(&cause));
        } else {
            let verdict = story.act("alder", MEMBER, act);
            let codes: Vec<_> = verdict.refusal().map(Refusal::code).into_iter().collect();
            assert!(["unknown-cause", "name-taken"].contains(&codes[0]), "{codes:?}");
        }
    }
    let because = [Cause::Entry(9_999)].into();
    let act = Act::MotionPropose(MotionPropose { because, ..motion("another") });
    story.refuse("alder", MEMBER, act, "unknown-cause", "");
}

#[test]
fn a_body_decides_what_bodies_decide_and_nothing_else() {
    let mut story = Other::default().chartered();
    let vote = crate::common::vote("open-it", Vote::For);
    let act = MotionPropose { decision: Box::new(vote), ..motion("vote-for-me") };
    story.refuse("alder", MEMBER, Act::MotionPropose(act), "not-decidable", "");
}
