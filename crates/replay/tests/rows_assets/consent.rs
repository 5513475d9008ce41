//! Consent, deletion and evidence that is kept.

use concordat_partnership::act::{ErasureRecord, RunClose, Step};
use concordat_partnership::{Act, AssetEffect, DutyStatus, Effect, Verdict};
use concordat_terms::Digest;

use crate::common::{HOSPITALS, Story, digest, result};
use crate::law::{a, delete, derive, ready, rows, withdraw_consent};

fn erase(slice: &str, residuals: &[Digest]) -> Act {
    Act::ErasureRecord(ErasureRecord {
        asset: a("heart-rows"),
        slice: digest(slice),
        residuals: residuals.iter().copied().collect(),
        evidence: digest("erasure"),
    })
}

#[test]
fn row_50_a_withdrawn_consent_stops_later_training_and_names_the_models() {
    let mut story = ready("", "", "");
    let model = story.train();
    let signed = [("alder", "data-holder"), ("lab", "test-lab")];
    let act = derive("pseudonyms", "p", &[rows("alder")], Step::Pseudonymise, |_| {});
    story.admit_by(&signed, &act);

    let others = withdraw_consent("ann", &[rows("birch")]);
    story.refuse("alder", "data-holder", others, "unknown-dataset", "");
    let act = withdraw_consent("ann", &[rows("alder")]);
    let verdict = story.act("alder", "data-holder", act.clone());
    let Verdict::Admitted { effects, .. } = verdict else { panic!("{verdict:?}") };
    let slice = digest("ann");
    let told = AssetEffect::ConsentWithdrawn { slice, models: [model].into() };
    assert!(effects.contains(&Effect::Asset(told)));
    story.refuse("alder", "data-holder", act, "name-taken", "");

    // No run on that version, and nothing made from it or from what it was made into.
    let proposal = story.proposal("second", |_| {});
    story.refuse("vendor", "trainer", proposal, "consent-withdrawn", "");
    for from in [rows("alder"), digest("p")] {
        let act = derive("findings", "f", &[from], Step::Transform, |_| {});
        story.refuse("alder", "data-holder", act, "consent-withdrawn", "");
    }

    // A new version is listed once those rows are erased; what remains is a model made with them.
    let listed = story.dataset("alder", "second");
    story.refuse("alder", "data-holder", listed.clone(), "slice-not-erased", "");
    story.refuse("alder", "data-holder", erase("bob", &[]), "unknown-slice", "");
    story.refuse("alder", "data-holder", erase("ann", &[digest("x")]), "not-in-slice", "");
    story.admit("alder", "data-holder", erase("ann", &[model]));
    story.refuse("alder", "data-holder", erase("ann", &[]), "unknown-slice", "");
    story.admit("alder", "data-holder", listed);
    let proposal = story.proposal("second", |plan| {
        plan.datasets.insert(a("alder"), digest("alder second"));
    });
    story.admit("vendor", "trainer", proposal);
}

#[test]
fn row_50_who_joins_after_a_withdrawal_is_refused() {
    let mut story = ready("", "", "");
    story.run("first");
    story.admit("alder", "data-holder", withdraw_consent("ann", &[rows("alder")]));
    let join = story.join("first", crate::common::cost());
    story.refuse("birch", "data-holder", join, "consent-withdrawn", "");
}

const DELETION: &str = r#"
```clause
id = "delete-rows"
duty = "delete the copies that were prepared for runs"
owner = "data-holder"
to = "trainer"
on = "heart-rows"
due = { after = "project.open", period = "P20D" }
discharged_by = "deletion.attest"
```
"#;

fn standing(story: &Story) -> Vec<(String, DutyStatus)> {
    let clause = a("data-use/delete-rows");
    let all = story.state().duties().filter(|(id, _)| id.clause == clause);
    all.map(|(id, duty)| (id.owner.to_string(), duty.status)).collect()
}

#[test]
fn row_49_deletion_comes_due_for_each_holder_and_each_attests_its_own() {
    let mut story = ready("", "", DELETION);
    assert_eq!(standing(&story).len(), 4);
    // That nothing was deleted discharges nobody who holds something.
    story.refuse("alder", "data-holder", delete("heart-rows", &[]), "nothing-deleted", "");
    // Who signs beside has deleted nothing of its own.
    let both = [("alder", "data-holder"), ("birch", "data-holder")];
    story.admit_by(&both, &delete("heart-rows", &[rows("alder")]));
    story.tick("2027-01-25T08:00:00Z");
    for (owner, status) in standing(&story) {
        match owner.as_str() {
            "alder" => assert!(matches!(status, DutyStatus::Discharged { late: false, .. })),
            _ => assert_eq!(status, DutyStatus::Late, "{owner}"),
        }
    }
    // Late as it is: nobody attests for another, and nothing else discharges it.
    let of_cypress = delete("heart-rows", &[rows("cypress")]);
    story.refuse("birch", "data-holder", of_cypress, "not-the-holder", "");
    story.refuse("birch", "data-holder", delete("no-rows", &[]), "unknown-asset", "");
    story.admit("birch", "data-holder", delete("heart-rows", &[rows("birch")]));
    let birch = &standing(&story)[1];
    assert!(matches!(birch.1, DutyStatus::Discharged { late: true, .. }));
}

#[test]
fn row_49_what_nobody_holds_any_more_is_deleted_for_good() {
    let mut story = ready("", "", "");
    story.admit("alder", "data-holder", delete("heart-rows", &[rows("alder")]));
    let act = derive("findings", "f", &[rows("alder")], Step::Transform, |_| {});
    story.refuse("alder", "data-holder", act, "asset-phase", "");
    let proposal = story.proposal("first", |_| {});
    story.refuse("vendor", "trainer", proposal, "dataset-withdrawn", "");
}

#[test]
fn a_run_gives_nothing_that_is_there_already_under_another_name() {
    let mut story = ready("", "", "");
    story.run("first");
    for hospital in HOSPITALS {
        story.admit(hospital, "data-holder", story.join("first", crate::common::cost()));
    }
    let before = story.state().version(&rows("birch")).unwrap().clone();
    let Act::RunClose(close) = result("model") else { panic!("a result is a close") };
    let seats = ["alder", "cypress", "dogwood"].map(|hospital| (hospital, "data-holder"));
    let taken = Act::RunClose(RunClose { model: rows("birch"), ..close });
    let entry = story.sign(&seats, &taken);
    assert_eq!(story.step(entry).refusal().unwrap().code(), "name-taken");
    assert_eq!(*story.state().version(&rows("birch")).unwrap(), before);
}
