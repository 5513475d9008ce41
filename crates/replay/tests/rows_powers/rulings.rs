//! Determinations on verdicts, clauses and duties, and requests for correction.

use concordat_partnership::act::{
    CorrectionRequest, Determination, DutyExtend, DutyWaive, PartyWithdraw, Ruling, VerdictRuling,
};
use concordat_partnership::{Act, CorrectionStatus, Effect};

use crate::agreed::{
    carry_out, data_use, done, effects, everybody, module, owed, promote, propose, ratify,
    released, roll_back, served, stands, status, story, together, voted, ward,
};
use crate::common::{EVERYBODY, Story, digest};

fn correct(verdict: u64) -> Act {
    Act::CorrectionRequest(CorrectionRequest { verdict, reasons: digest("reasons") })
}

fn ruling(edit: impl FnOnce(&mut Determination)) -> Act {
    let mut determination = Determination::of(digest("ruling"));
    edit(&mut determination);
    Act::DeterminationEnter(determination)
}

fn on(verdict: u64, ruled: VerdictRuling) -> Act {
    ruling(|determination| _ = determination.verdicts.insert(verdict, ruled))
}

fn correction(story: &Story, verdict: u64) -> CorrectionStatus {
    story.state().corrections().find(|(index, _)| **index == verdict).unwrap().1.status
}

/// A refusal of a gate, and the entry that holds it.
fn refused() -> (Story, u64) {
    let mut story = released();
    propose(&mut story, "three");
    let index = story.state().index();
    let gate = "release/tested-and-decided";
    story.refuse("alder", "council-member", promote("three"), "needs-motion", gate);
    (story, index)
}

#[test]
fn a_refused_party_asks_for_a_correction_and_the_refusal_stands_meanwhile() {
    let (mut story, index) = refused();
    story.refuse("lab", "test-lab", correct(index), "not-affected", "");
    story.admit("alder", "council-member", correct(index));
    assert!(story.state().is_paused(index));
    assert_eq!(correction(&story, index), CorrectionStatus::Open);
    let gate = "release/tested-and-decided";
    story.refuse("alder", "council-member", promote("three"), "needs-motion", gate);
    story.refuse("alder", "council-member", correct(index), "correction-state", "");

    // What a clause asks it asks for the sake of all: who was refused does not set that aside.
    let aside = on(index, VerdictRuling::SetAside);
    story.refuse("lab", "test-lab", aside.clone(), "nothing-permits", "");
    for few in [&["alder"][..], &["alder", "birch", "cypress", "dogwood", "vendor"]] {
        let verdict = together(&mut story, few, &aside);
        assert_eq!(verdict.refusal().unwrap().code(), "nothing-permits");
    }
    // Set aside by everybody, the very act passes what clauses ask, once.
    let told = effects(everybody(&mut story, &aside));
    assert!(told.contains(&Effect::VerdictRuled(index, VerdictRuling::SetAside)));
    assert_eq!(correction(&story, index), CorrectionStatus::SetAside);
    assert!(!story.state().is_paused(index));
    story.refuse("birch", "council-member", promote("three"), "needs-motion", gate);
    story.admit("alder", "council-member", promote("three"));
    assert_eq!(served(&story), Some(digest("three")));
    propose(&mut story, "four");
    story.refuse("alder", "council-member", promote("four"), "needs-motion", gate);
}

#[test]
fn a_correction_is_asked_for_in_time_and_lapses_without_a_determination() {
    let (mut story, index) = refused();
    story.tick("2027-01-11T08:00:00Z");
    let instrument = "governance/instrument";
    story.refuse("alder", "council-member", correct(index), "correction-too-late", instrument);
    story.refuse("alder", "council-member", correct(99_999), "correction-too-late", instrument);

    let (mut story, index) = refused();
    story.admit("alder", "council-member", correct(index));
    story.tick("2027-01-12T08:00:00Z");
    assert!(matches!(correction(&story, index), CorrectionStatus::Lapsed(_)));
    let stand = on(index, VerdictRuling::Stands);
    let verdict = everybody(&mut story, &stand);
    assert_eq!(verdict.refusal().unwrap().code(), "nothing-to-rule");
}

#[test]
fn a_determination_may_let_a_verdict_stand() {
    let (mut story, index) = refused();
    story.admit("alder", "council-member", correct(index));
    effects(together(&mut story, &["alder"], &on(index, VerdictRuling::Stands)));
    assert_eq!(correction(&story, index), CorrectionStatus::Kept);
}

#[test]
fn what_protects_privacy_and_security_is_never_set_aside() {
    let mut story = released();
    let index = story.state().index();
    let long = story.proposal("first", |plan| plan.clip = "900".parse().unwrap());
    let verdict = story.act("vendor", "trainer", long);
    let code = verdict.refusal().unwrap().code();
    assert_eq!(code, "beyond-terms");
    story.admit("vendor", "trainer", correct(index));
    let verdict = everybody(&mut story, &on(index, VerdictRuling::SetAside));
    assert_eq!(verdict.refusal().unwrap().code(), "refusal-stands");
    let verdict = together(&mut story, &["vendor"], &on(index, VerdictRuling::Stayed));
    assert_eq!(verdict.refusal().unwrap().code(), "refusal-stands");
}

#[test]
fn an_admitted_act_is_stayed_and_then_set_aside_by_compensating_changes() {
    let mut story = released();
    let index = story.state().index();
    story.admit("lab", "test-lab", roll_back("two"));
    story.admit("vendor", "trainer", correct(index));
    // It concerns everybody, so that everybody signs.
    let stay = on(index, VerdictRuling::Stayed);
    let some = together(&mut story, &["vendor", "lab"], &stay);
    assert_eq!(some.refusal().unwrap().code(), "nothing-permits");
    effects(everybody(&mut story, &stay));
    assert_eq!((served(&story), status(&story, "two")), (Some(digest("two")), "released"));
    assert_eq!(correction(&story, index), CorrectionStatus::Stayed);
    effects(everybody(&mut story, &on(index, VerdictRuling::Stands)));
    assert_eq!(served(&story), Some(digest("one")));

    // Undone for good, history stays as it was: the entry is there, and so is what undid it.
    let mut story = released();
    let index = story.state().index();
    story.admit("lab", "test-lab", roll_back("two"));
    effects(everybody(&mut story, &on(index, VerdictRuling::SetAside)));
    assert_eq!(served(&story), Some(digest("two")));
    let (ruled, _) = story.state().rulings().next().unwrap();
    assert_eq!(*ruled, index);
    assert_eq!(story.state().recalled().count(), 1);
    let again = everybody(&mut story, &on(index, VerdictRuling::SetAside));
    assert_eq!(again.refusal().unwrap().code(), "cannot-be-undone");
}

#[test]
fn a_clause_is_stayed_and_speaks_again_when_that_is_lifted() {
    let mut story = story();
    let clause = "data-use/train-on-heart-rows";
    let stay = ruling(|d| _ = d.stayed.insert(clause.parse().unwrap()));
    let lift = ruling(|d| _ = d.lifted.insert(clause.parse().unwrap()));
    let early = everybody(&mut story, &lift);
    assert_eq!(early.refusal().unwrap().code(), "not-stayed");
    effects(everybody(&mut story, &stay));
    story.refuse("vendor", "trainer", story.proposal("first", |_| {}), "clause-silent", clause);
    effects(everybody(&mut story, &lift));
    story.admit("vendor", "trainer", story.proposal("first", |_| {}));
}

#[test]
fn a_stayed_duty_stands_still_and_goes_on() {
    let mut story = story();
    let duty = owed(&story, "powers/report");
    let stay = ruling(|d| _ = d.duties.insert(duty, Ruling::Stayed));
    // The owner and those to whom it is owed are all whom it affects.
    let affected = ["alder", "birch", "cypress", "dogwood", "vendor"];
    let few = together(&mut story, &affected[1..], &stay);
    assert_eq!(few.refusal().unwrap().code(), "nothing-permits");
    effects(together(&mut story, &affected, &stay));
    story.tick("2027-03-01T08:00:00Z");
    assert_eq!(stands(&story, "powers/report"), "tolled");
}

#[test]
fn what_the_law_asks_or_somebody_outside_is_owed_no_parties_let_each_other_off() {
    let mut story = story();
    for clause in ["powers/tell-authority", "powers/tell-outside"] {
        let duty = owed(&story, clause);
        for ruled in [Ruling::NotOwed, Ruling::Stayed] {
            let ruled = ruling(|d| _ = d.duties.insert(duty.clone(), ruled));
            for few in [&["vendor"][..], &EVERYBODY] {
                let verdict = together(&mut story, few, &ruled);
                assert_eq!(verdict.refusal().unwrap().code(), "nothing-permits", "{clause}");
            }
        }
        assert_eq!(stands(&story, clause), "active");
    }
}

#[test]
fn a_stayed_clause_stops_the_clock_of_its_duty() {
    let mut story = story();
    let clause = "powers/report";
    effects(everybody(&mut story, &ruling(|d| _ = d.stayed.insert(clause.parse().unwrap()))));
    assert_eq!(stands(&story, clause), "suspended");
    effects(everybody(&mut story, &ruling(|d| _ = d.lifted.insert(clause.parse().unwrap()))));
    assert_eq!(stands(&story, clause), "active");
}

#[test]
fn without_a_time_for_corrections_nobody_asks_for_one() {
    let mut story = Story::in_force();
    story.refuse("alder", "data-holder", correct(3), "no-corrections", "");
}

#[test]
fn what_a_court_has_set_aside_is_not_ratified_any_more() {
    let mut story = story();
    for ruled in [VerdictRuling::Stayed, VerdictRuling::SetAside] {
        let used = story.state().index();
        story.admit("lab", "test-lab", Act::ModuleTerminate(data_use()));
        assert_eq!(module(&story), "suspended", "until the council ratifies it");
        let motion = format!("ratify-{used}");
        voted(&mut story, &motion, ratify(used));
        effects(everybody(&mut story, &on(used, ruled)));
        assert_eq!(module(&story), "in force");
        story.refuse("alder", "council-member", carry_out(&motion), "use-state", "");
        assert_eq!(module(&story), "in force");
    }
}

#[test]
fn what_cannot_be_undone_is_not_set_aside() {
    let mut story = story();
    let verdict = everybody(&mut story, &on(1, VerdictRuling::SetAside));
    assert_eq!(verdict.refusal().unwrap().code(), "cannot-be-undone");
    story.admit("alder", "council-member", Act::ModuleSuspend(data_use()));
    assert_eq!(module(&story), "suspended");
}

#[test]
fn time_that_was_given_is_not_taken_back_by_who_gave_it() {
    let mut story = story();
    story.tick("2027-01-18T08:00:00Z");
    let (duty, index) = (owed(&story, "powers/report"), story.state().index());
    let by = "P10D".parse().unwrap();
    story.admit("lab", "test-lab", Act::DutyExtend(DutyExtend { duty, by }));
    story.tick("2027-01-22T08:00:00Z");
    // It affects who owes it and to whom it is owed.
    for few in [&["lab"][..], &["lab", "vendor"], &["lab", "alder", "birch", "cypress", "dogwood"]]
    {
        for ruled in [VerdictRuling::Stayed, VerdictRuling::SetAside] {
            let verdict = together(&mut story, few, &on(index, ruled));
            assert_eq!(verdict.refusal().unwrap().code(), "nothing-permits");
        }
    }
    assert_eq!(stands(&story, "powers/report"), "active");
    story.admit("vendor", "trainer", correct(index));
    effects(everybody(&mut story, &on(index, VerdictRuling::SetAside)));
    story.tick("2027-01-22T08:00:01Z");
    assert_eq!(stands(&story, "powers/report"), "late");
}

#[test]
fn what_a_body_decided_affects_everybody() {
    let mut story = story();
    story.decide("stop-birch", Act::PlaceSuspend(ward("birch")));
    let index = story.state().index() - 1;
    let aside = on(index, VerdictRuling::SetAside);
    let but_one = ["alder", "birch", "cypress", "dogwood", "lab"];
    for few in [&["alder", "birch"][..], &but_one] {
        let verdict = together(&mut story, few, &aside);
        assert_eq!(verdict.refusal().unwrap().code(), "nothing-permits");
    }
    assert_eq!(story.state().stopped_places().len(), 1);
    story.admit("vendor", "trainer", correct(index));
    effects(everybody(&mut story, &aside));
    assert!(story.state().stopped_places().is_empty());
}

#[test]
fn what_is_owed_to_nobody_who_is_left_its_owner_does_not_rule_away() {
    let mut story = story();
    let duty = owed(&story, "powers/tell-lab");
    let leave = PartyWithdraw { reasons: digest("reasons"), cut_off: None };
    let signers = ["lab", "alder", "birch", "cypress", "dogwood", "vendor"];
    effects(together(&mut story, &signers, &Act::PartyWithdraw(leave)));
    for ruled in [Ruling::NotOwed, Ruling::Stayed] {
        let ruled = ruling(|d| _ = d.duties.insert(duty.clone(), ruled));
        for few in [&["vendor"][..], &signers[1..]] {
            let verdict = together(&mut story, few, &ruled);
            assert_eq!(verdict.refusal().unwrap().code(), "nothing-permits");
        }
    }
    assert_eq!(stands(&story, "powers/tell-lab"), "active");
}

#[test]
fn a_stay_that_undid_nothing_does_nothing_again_when_it_ends() {
    let mut story = released();
    let promoted = story.state().index() - 1;
    story.admit("lab", "test-lab", roll_back("two"));
    effects(everybody(&mut story, &on(promoted, VerdictRuling::Stayed)));
    effects(everybody(&mut story, &on(promoted, VerdictRuling::Stands)));
    assert_eq!((served(&story), status(&story, "two")), (Some(digest("one")), "rolled back"));
}

#[test]
fn what_was_done_since_a_stay_is_not_overwritten_when_it_ends() {
    // A duty that was waived, and is discharged while that is stayed, stays discharged.
    let mut story = story();
    let (duty, index) = (owed(&story, "powers/report"), story.state().index());
    story.admit("lab", "test-lab", Act::DutyWaive(DutyWaive { duty: duty.clone() }));
    effects(everybody(&mut story, &on(index, VerdictRuling::Stayed)));
    assert_eq!(stands(&story, "powers/report"), "active");
    story.admit("vendor", "trainer", done(duty));
    effects(everybody(&mut story, &on(index, VerdictRuling::Stands)));
    assert_eq!(stands(&story, "powers/report"), "discharged");

    // A place that was stopped anew meanwhile and put back stays in use.
    let index = story.state().index();
    story.admit("lab", "test-lab", Act::PlaceSuspend(ward("birch")));
    effects(everybody(&mut story, &on(index, VerdictRuling::Stayed)));
    story.admit("lab", "test-lab", Act::PlaceSuspend(ward("birch")));
    story.admit("lab", "test-lab", Act::PlaceResume(ward("birch")));
    effects(everybody(&mut story, &on(index, VerdictRuling::Stands)));
    assert!(story.state().stopped_places().is_empty());

    // Where nothing was, it is stopped again, under the name of who has followed its party.
    let index = story.state().index();
    story.admit("lab", "test-lab", Act::PlaceSuspend(ward("birch")));
    effects(everybody(&mut story, &on(index, VerdictRuling::Stayed)));
    story.followed("birch", "vendor");
    let rest = ["alder", "cypress", "dogwood", "vendor", "lab"];
    effects(together(&mut story, &rest, &on(index, VerdictRuling::Stands)));
    let stopped: Vec<_> = story.state().stopped_places().keys().cloned().collect();
    assert_eq!(stopped, [("vendor".parse().unwrap(), "ward".parse().unwrap())]);
}

#[test]
fn who_follows_a_refused_party_asks_for_the_correction_and_brings_the_act() {
    let (mut story, index) = refused();
    story.followed("alder", "birch");
    story.refuse("cypress", "council-member", correct(index), "not-affected", "");
    story.admit("birch", "council-member", correct(index));
    let rest: Vec<&str> = EVERYBODY.into_iter().filter(|party| *party != "alder").collect();
    effects(together(&mut story, &rest, &on(index, VerdictRuling::SetAside)));
    story.admit("birch", "council-member", promote("three"));
    assert_eq!(served(&story), Some(digest("three")));
}
