//! What stops a clock: force majeure, silence of the log, a suspension, an authority.

use concordat_partnership::Act;
use concordat_partnership::act::{Ground, NamedModule, NoticeServe, Ruling};

use crate::common::{Story, digest};
use crate::promises::{
    acknowledge, all_hospitals, dispute, done, due, duty, extend, is_late, notice, owed, promising,
    promising_but, resume, ruled, stands, toll, waive, was_owed,
};

const WORK: &str = r#"
id = "work"
duty = "deliver the model"
owner = "trainer"
to = ["data-holder"]
due = { after = "in-force", period = "P30D" }
discharged_by = "duty.discharge"
else = "explain"
"#;

const EXPLAIN: &str = r#"
id = "explain"
duty = "explain the delay"
owner = "trainer"
to = ["data-holder"]
due = { after = "late: work", period = "P3D" }
discharged_by = "duty.discharge"
"#;

const STATUTE: &str = r#"
id = "report-breach"
duty = "report to the authority"
owner = "trainer"
to = ["data-holder", "outside: the authority"]
due = { after = "in-force", period = "PT72H" }
discharged_by = "duty.discharge"
effect = "statutory"
laws = ["GDPR Art. 33"]
"#;

const NAME: &str = "promises/work";

/// The agreement whose instrument lets force majeure stop a clock for ten days.
fn capped() -> Story {
    promising_but(&[WORK, EXPLAIN, STATUTE], |texts| {
        let text = texts.get_mut("governance").unwrap();
        let here = "escalates_to = \"council\"\n```";
        assert!(text.contains(here));
        let with = "escalates_to = \"council\"\nforce_majeure_most = \"P10D\"\n```";
        *text = text.replacen(here, with, 1);
    })
}

#[test]
fn force_majeure_stops_a_clock_for_as_long_as_it_lasts() {
    let mut story = promising(&[WORK, EXPLAIN]);
    let id = owed(&story, NAME, "vendor");
    story.tick("2027-01-11T08:00:00Z");
    story.admit("vendor", "trainer", toll(id.clone(), Ground::ForceMajeure));
    story.refuse("vendor", "trainer", toll(id.clone(), Ground::ForceMajeure), "duty-state", "");
    story.refuse("alder", "data-holder", resume(id.clone()), "not-the-owner", "");
    story.tick("2027-03-12T08:00:00Z");
    assert_eq!(stands(&story, NAME, "vendor"), "tolled");
    story.admit("vendor", "trainer", resume(id));
    // Twenty days were left.
    assert_eq!(due(&story, NAME, "vendor"), "2027-04-01T08:00:00Z");
}

#[test]
fn force_majeure_is_capped_by_the_instrument() {
    let mut story = capped();
    let id = owed(&story, NAME, "vendor");
    story.tick("2027-01-11T08:00:00Z");
    story.admit("vendor", "trainer", toll(id.clone(), Ground::ForceMajeure));
    story.tick("2027-01-15T08:00:00Z");
    story.admit("vendor", "trainer", resume(id.clone()));
    assert_eq!(due(&story, NAME, "vendor"), "2027-02-04T08:00:00Z");
    // Of the ten days four are spent: after six more the clock runs on by itself.
    story.admit("vendor", "trainer", toll(id.clone(), Ground::ForceMajeure));
    assert_eq!(story.state().next_deadline().unwrap().to_string(), "2027-01-21T08:00:00Z");
    story.tick("2027-02-01T08:00:00Z");
    assert_eq!(due(&story, NAME, "vendor"), "2027-02-10T08:00:00Z");
    let again = toll(id.clone(), Ground::ForceMajeure);
    let cap = "governance/instrument";
    story.refuse("vendor", "trainer", again, "force-majeure-spent", cap);
    // An authority's order is another ground, and not its owner's to enter.
    let order = toll(id, Ground::Authority);
    story.refuse("vendor", "trainer", order.clone(), "own-order", NAME);
    story.admit("lab", "test-lab", order);
}

#[test]
fn force_majeure_is_contested_and_a_determination_ends_that() {
    for (decided, expected) in [
        (Ruling::Owed, "late"),
        (Ruling::Stands, "tolled"),
        (Ruling::NotOwed, "superseded"),
        (Ruling::Breached, "breached"),
    ] {
        let mut story = promising(&[WORK, EXPLAIN]);
        let id = owed(&story, NAME, "vendor");
        story.refuse("alder", "data-holder", dispute(id.clone()), "duty-state", "");
        story.admit("vendor", "trainer", toll(id.clone(), Ground::ForceMajeure));
        story.admit("alder", "data-holder", dispute(id.clone()));
        story.refuse("birch", "data-holder", dispute(id.clone()), "duty-state", "");
        story.tick("2027-02-15T08:00:00Z");
        assert_eq!(stands(&story, NAME, "vendor"), "tolled", "until somebody decides");
        story.admit("lab", "test-lab", ruled(&id, decided));
        assert_eq!(stands(&story, NAME, "vendor"), expected);
        let follows = was_owed(&story, "promises/explain", "vendor");
        assert_eq!(follows, usize::from(["late", "breached"].contains(&expected)));
    }
}

#[test]
fn what_was_done_late_and_does_not_count_is_late_and_nothing_follows_twice() {
    let answer = r#"
id = "answer"
duty = "answer for the breach"
owner = "trainer"
to = ["data-holder"]
due = { after = "breach: work", period = "P3D" }
discharged_by = "duty.discharge"
"#;
    for (served, expected) in [(false, "late"), (true, "breached")] {
        let mut story = promising(&[WORK, EXPLAIN, answer]);
        let id = owed(&story, NAME, "vendor");
        story.tick("2027-02-01T08:00:00Z");
        if served {
            story.admit("alder", "data-holder", notice(id.clone()));
        }
        assert_eq!(stands(&story, NAME, "vendor"), expected);
        story.admit("vendor", "trainer", done(id.clone()));
        story.admit("alder", "data-holder", dispute(id.clone()));
        story.admit("lab", "test-lab", ruled(&id, Ruling::Owed));
        assert_eq!(stands(&story, NAME, "vendor"), expected, "as it was before it was done");
        story.tick("2027-02-03T08:00:00Z");
        story.admit("vendor", "trainer", done(id.clone()));
        story.admit("lab", "test-lab", ruled(&id, Ruling::Breached));
        assert_eq!(was_owed(&story, "promises/explain", "vendor"), 1);
        assert_eq!(was_owed(&story, "promises/answer", "vendor"), 1);
    }
}

#[test]
fn a_discharge_is_contested_too() {
    let mut story = promising(&[WORK, EXPLAIN]);
    let id = owed(&story, NAME, "vendor");
    story.admit("vendor", "trainer", done(id.clone()));
    story.admit("alder", "data-holder", dispute(id.clone()));
    story.admit("lab", "test-lab", ruled(&id, Ruling::Owed));
    assert_eq!(stands(&story, NAME, "vendor"), "active");
    story.tick("2027-02-01T08:00:00Z");
    assert_eq!(stands(&story, NAME, "vendor"), "late");
    assert!(all_hospitals(&mut story, &waive(id.clone())).is_admitted());
    story.refuse("lab", "test-lab", ruled(&id, Ruling::Owed), "ruling-does-nothing", "");
}

#[test]
fn no_breach_follows_while_its_owner_disputes_a_duty() {
    let mut story = promising(&[WORK, EXPLAIN]);
    let id = owed(&story, NAME, "vendor");
    story.tick("2027-02-01T08:00:00Z");
    story.admit("vendor", "trainer", dispute(id.clone()));
    story.refuse("vendor", "trainer", dispute(id.clone()), "duty-state", "");
    story.admit("alder", "data-holder", notice(id.clone()));
    story.tick("2027-03-01T08:00:00Z");
    assert_eq!(stands(&story, NAME, "vendor"), "late");
    // Once it is settled that it is owed, the cure period that ran out has run out.
    story.admit("lab", "test-lab", ruled(&id, Ruling::Owed));
    assert_eq!(stands(&story, NAME, "vendor"), "breached");
}

#[test]
fn a_statutory_clock_stands_still_for_an_authority_alone_and_not_by_its_owners_word() {
    let mut story = capped();
    let (id, clause) = (owed(&story, "promises/report-breach", "vendor"), "promises/report-breach");
    for line in story.state().responsibilities() {
        assert_eq!(line.statutory, line.clause.to_string() == clause, "{}", line.clause);
    }
    for ground in [Ground::ForceMajeure, Ground::Unavailable] {
        let code = story.act("vendor", "trainer", toll(id.clone(), ground));
        let code = code.refusal().unwrap().code();
        assert!(["statutory-clock", "no-outage"].contains(&code), "{code}");
    }
    let force = toll(id.clone(), Ground::ForceMajeure);
    story.refuse("vendor", "trainer", force, "statutory-clock", clause);
    let verdict = all_hospitals(&mut story, &waive(id.clone()));
    assert_eq!(verdict.refusal().unwrap().code(), "statutory-clock");
    let verdict = all_hospitals(&mut story, &extend(id.clone(), "P1D"));
    assert_eq!(verdict.refusal().unwrap().code(), "statutory-clock");
    let order = toll(id.clone(), Ground::Authority);
    story.refuse("vendor", "trainer", order.clone(), "own-order", clause);
    story.admit("lab", "test-lab", order);
    assert_eq!(stands(&story, clause, "vendor"), "tolled");
    // Who was told of the order says that it is over.
    story.tick("2027-01-03T08:00:00Z");
    story.admit("lab", "test-lab", resume(id));
    assert_eq!(due(&story, clause, "vendor"), "2027-01-06T08:00:00Z");
}

#[test]
fn an_authoritys_order_is_contested_and_a_determination_ends_it() {
    let mut story = promising(&[WORK, EXPLAIN, STATUTE]);
    let (id, clause) = (owed(&story, "promises/report-breach", "vendor"), "promises/report-breach");
    story.admit("lab", "test-lab", toll(id.clone(), Ground::Authority));
    story.admit("alder", "data-holder", dispute(id.clone()));
    story.tick("2027-02-15T08:00:00Z");
    assert_eq!(stands(&story, clause, "vendor"), "tolled");
    // There was no such order: the statute's time has run all along.
    story.admit("birch", "data-holder", ruled(&id, Ruling::Owed));
    assert_eq!(stands(&story, clause, "vendor"), "late");
    assert_eq!(due(&story, clause, "vendor"), "2027-01-04T08:00:00Z");
}

#[test]
fn time_in_which_nobody_could_act_is_counted_out_and_what_followed_falls() {
    let mut story = promising(&[WORK, EXPLAIN]);
    let id = owed(&story, NAME, "vendor");
    story.tick("2027-01-02T07:00:00Z");
    let none = toll(id.clone(), Ground::Unavailable);
    story.refuse("vendor", "trainer", none.clone(), "no-outage", "");
    // The log is silent from 2 January on for longer than a day, until after the due date.
    story.tick("2027-02-02T07:00:00Z");
    assert_eq!(stands(&story, NAME, "vendor"), "late");
    assert_eq!(stands(&story, "promises/explain", "vendor"), "active");
    story.admit("vendor", "trainer", none);
    assert_eq!(stands(&story, NAME, "vendor"), "active");
    assert_eq!(due(&story, NAME, "vendor"), "2027-03-03T08:00:00Z");
    assert_eq!(stands(&story, "promises/explain", "vendor"), "superseded");
}

#[test]
fn a_power_for_when_a_duty_is_breached_sleeps_until_then_and_after_it_was_mended() {
    let curable = format!("{WORK}cure = \"P5D\"\n");
    let stop = r#"
id = "stop"
power = "module.suspend"
holder = "test-lab"
over = "data-use"
after = "breach: work"
"#;
    let mut story = promising(&[&curable, EXPLAIN, stop]);
    let module = NamedModule { module: "data-use".parse().unwrap() };
    let suspend = || Act::ModuleSuspend(module.clone());
    story.tick("2027-02-01T08:00:00Z");
    assert_eq!(stands(&story, NAME, "vendor"), "late");
    story.refuse("lab", "test-lab", suspend(), "not-permitted", "promises/stop");
    story.admit("alder", "data-holder", notice(owed(&story, NAME, "vendor")));
    story.tick("2027-02-06T08:00:00Z");
    assert_eq!(stands(&story, NAME, "vendor"), "breached");
    story.admit("lab", "test-lab", suspend());
}

#[test]
fn who_is_served_a_notice_owes_the_answer_and_no_outage_before_it_gives_more_time() {
    let answer = r#"
id = "answer"
duty = "answer the notice"
owner = "data-holder"
to = ["trainer"]
due = { after = "notice.serve", period = "P10D" }
discharged_by = "duty.discharge"
"#;
    let mut story = promising(&[WORK, EXPLAIN, answer]);
    story.tick("2027-01-02T07:00:00Z");
    // The log is silent for a month; at its end a notice goes to one of four.
    story.tick("2027-02-02T07:00:00Z");
    let notice = NoticeServe {
        to: "alder".parse().unwrap(),
        duty: None,
        clause: None,
        channel: None,
        text: digest("a question"),
    };
    story.admit("vendor", "trainer", Act::NoticeServe(notice));
    let asked = crate::common::HOSPITALS.map(|h| was_owed(&story, "promises/answer", h));
    assert_eq!(asked, [1, 0, 0, 0]);
    let id = owed(&story, "promises/answer", "alder");
    story.refuse("alder", "data-holder", toll(id, Ground::Unavailable), "no-outage", "");
    assert_eq!(due(&story, "promises/answer", "alder"), "2027-02-12T07:00:00Z");
}

#[test]
fn a_notice_of_what_was_not_late_after_all_starts_no_cure_period() {
    let curable = format!("{WORK}cure = \"P5D\"\n");
    let mut story = promising(&[&curable, EXPLAIN]);
    let id = owed(&story, NAME, "vendor");
    story.tick("2027-01-02T07:00:00Z");
    // The log is silent for a month, over the due date.
    story.tick("2027-02-02T07:00:00Z");
    let served = story.state().index();
    story.admit("alder", "data-holder", notice(id.clone()));
    story.admit("vendor", "trainer", toll(id.clone(), Ground::Unavailable));
    assert_eq!(due(&story, NAME, "vendor"), "2027-03-03T08:00:00Z");
    story.admit("vendor", "trainer", acknowledge(served));
    // At its new date it is late, and breached only after a new notice and the time to cure it.
    story.tick("2027-03-03T08:00:00Z");
    assert_eq!(stands(&story, NAME, "vendor"), "late");
    story.admit("alder", "data-holder", notice(id));
    story.tick("2027-03-08T07:59:59Z");
    assert_eq!(stands(&story, NAME, "vendor"), "late");
    story.tick("2027-03-08T08:00:00Z");
    assert_eq!(stands(&story, NAME, "vendor"), "breached");
}

#[test]
fn what_was_late_when_its_clock_stopped_is_late_when_it_runs_on() {
    let curable = format!("{WORK}cure = \"P10D\"\n");
    let mut story = promising(&[&curable, EXPLAIN]);
    let id = owed(&story, NAME, "vendor");
    story.tick("2027-02-01T08:00:00Z");
    story.admit("alder", "data-holder", notice(id.clone()));
    let cure = |story: &Story| duty(story, NAME, "vendor").notice.unwrap().cure_until.to_string();
    assert_eq!(cure(&story), "2027-02-11T08:00:00Z");

    story.tick("2027-02-06T08:00:00Z");
    story.admit("lab", "test-lab", ruled(&id, Ruling::Stayed));
    story.tick("2027-03-06T08:00:00Z");
    assert_eq!(stands(&story, NAME, "vendor"), "tolled");
    story.admit("vendor", "trainer", resume(id.clone()));
    assert_eq!(stands(&story, NAME, "vendor"), "late");
    // It was late once, and five days were left to cure it.
    assert_eq!(was_owed(&story, "promises/explain", "vendor"), 1);
    assert_eq!(cure(&story), "2027-03-11T08:00:00Z");
    story.tick("2027-03-11T08:00:00Z");
    assert_eq!(stands(&story, NAME, "vendor"), "breached");
}

#[test]
fn what_was_late_is_not_late_again_when_it_is_ruled_a_breach() {
    let mut story = promising(&[WORK, EXPLAIN]);
    let id = owed(&story, NAME, "vendor");
    story.tick("2027-02-01T08:00:00Z");
    assert_eq!(was_owed(&story, "promises/explain", "vendor"), 1);
    story.admit("lab", "test-lab", ruled(&id, Ruling::Breached));
    assert_eq!(stands(&story, NAME, "vendor"), "breached");
    assert_eq!(was_owed(&story, "promises/explain", "vendor"), 1);
}

#[test]
fn what_was_late_is_discharged_late_though_its_clock_stands_still() {
    let mut story = promising(&[WORK, EXPLAIN]);
    let id = owed(&story, NAME, "vendor");
    story.tick("2027-02-01T08:00:00Z");
    story.admit("lab", "test-lab", ruled(&id, Ruling::Stayed));
    story.admit("vendor", "trainer", done(id));
    assert!(is_late(&story, NAME, "vendor"));
}

#[test]
fn a_stay_stops_nothing_of_what_is_done_or_breached() {
    for breached in [false, true] {
        let mut story = promising(&[WORK, EXPLAIN]);
        let id = owed(&story, NAME, "vendor");
        if breached {
            story.admit("lab", "test-lab", ruled(&id, Ruling::Breached));
        } else {
            story.admit("vendor", "trainer", done(id.clone()));
        }
        let before = duty(&story, NAME, "vendor").clone();
        story.admit("lab", "test-lab", ruled(&id, Ruling::Stayed));
        assert_eq!(*duty(&story, NAME, "vendor"), before);
    }
}

#[test]
fn notice_is_given_as_the_clause_on_notices_says() {
    let notices = r#"
id = "notices"
notice = "anything"
to = "trainer"
channels = ["log", "post"]
deemed_received = "P3D"
"#;
    let mut story = promising(&[WORK, EXPLAIN, notices]);
    story.tick("2027-02-01T08:00:00Z");
    let served = |to: &str, channel| {
        let (to, text) = (to.parse().unwrap(), digest("notice"));
        let duty = Some(owed(&story, NAME, "vendor"));
        Act::NoticeServe(NoticeServe { to, duty, clause: None, channel, text })
    };
    use concordat_agreement::Channel;
    let email = served("vendor", Some(Channel::Email));
    let (post, elm) = (served("vendor", Some(Channel::Post)), served("elm", None));
    story.refuse("alder", "data-holder", elm, "unknown-party", "");
    story.refuse("alder", "data-holder", email, "wrong-channel", "promises/notices");
    story.admit("alder", "data-holder", post);
    // No cure period: it is breached when the notice counts as received.
    story.tick("2027-02-04T07:59:59Z");
    assert_eq!(stands(&story, NAME, "vendor"), "late");
    story.tick("2027-02-04T08:00:00Z");
    assert_eq!(stands(&story, NAME, "vendor"), "breached");
}

#[test]
fn more_time_is_given_by_those_to_whom_it_is_owed_and_moves_the_due_date() {
    let mut story = promising(&[WORK, EXPLAIN]);
    let id = owed(&story, NAME, "vendor");
    assert!(all_hospitals(&mut story, &extend(id.clone(), "P10D")).is_admitted());
    assert_eq!(due(&story, NAME, "vendor"), "2027-02-10T08:00:00Z");
    story.tick("2027-03-01T08:00:00Z");
    let verdict = all_hospitals(&mut story, &extend(id, "P10D"));
    assert_eq!(verdict.refusal().unwrap().code(), "duty-state", "what is late is not extended");
}
