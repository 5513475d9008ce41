//! What a version was made from.

use concordat_agreement::Label;
use concordat_partnership::act::{CodeRegister, Handed, Step};
use concordat_partnership::{Act, Origin, Phase};
use concordat_terms::Digest;

use crate::common::{HOSPITALS, Story, cost, digest, result};
use crate::law::{a, declare, derive, hand, import, ready, rows};

fn register(story: &mut Story, hospital: &str, asset: &str, version: &str, purpose: &str) {
    let act = concordat_partnership::act::DatasetRegister {
        asset: a(asset),
        version: digest(version),
        place: a("ward"),
        rows_band: 100,
        purposes: [a(purpose)].into(),
    };
    story.admit(hospital, "data-holder", Act::DatasetRegister(act));
}

/// Who takes part knows the model before the log does.
#[test]
fn a_participant_that_lists_the_model_as_its_own_keeps_no_run_from_closing() {
    let mut story = ready("", "", "");
    story.run("first");
    for hospital in HOSPITALS {
        story.admit(hospital, "data-holder", story.join("first", cost()));
    }
    let Act::DatasetRegister(mut listed) = story.dataset("birch", "x") else { panic!("rows") };
    listed.version = digest("model");
    story.admit("birch", "data-holder", Act::DatasetRegister(listed));
    assert_eq!(story.state().version(&digest("model")).unwrap().origin, Origin::Listed);

    let seats = ["alder", "cypress", "dogwood"].map(|hospital| (hospital, "data-holder"));
    let close = story.sign(&seats, &result("model"));
    assert!(story.step(close).is_admitted());
    let model = story.state().version(&digest("model")).unwrap();
    assert_eq!(
        (model.asset.clone(), model.origin.clone()),
        (a("risk-model"), Origin::Run(a("first")))
    );
    let asset = a("heart-rows");
    let mut rows = story.state().versions_of(&asset);
    assert!(rows.all(|(version, _)| *version != digest("model")));
}

/// What t participants sign is the result, whatever it is: not so where others' rows would go for it.
#[test]
fn participants_who_call_anothers_rows_their_result_do_not_displace_them() {
    let mut story = ready("", "", "");
    story.run("first");
    for hospital in ["alder", "birch", "cypress"] {
        story.admit(hospital, "data-holder", story.join("first", cost()));
    }
    let version = digest("dogwood later");
    story.admit("dogwood", "data-holder", story.dataset("dogwood", "later"));
    let of_three = |model: &str| {
        let Act::RunClose(mut close) = result(model) else { panic!("a result") };
        close.roster.remove(&a("dogwood"));
        Act::RunClose(close)
    };
    let seats = ["alder", "birch", "cypress"].map(|hospital| (hospital, "data-holder"));
    let close = story.sign(&seats, &of_three("dogwood later"));
    assert_eq!(story.step(close).refusal().unwrap().code(), "name-taken");
    let rows = story.state().version(&version).unwrap();
    assert_eq!((rows.origin.clone(), &rows.by), (Origin::Listed, &[a("dogwood")].into()));
    // Where one of them lists the rows too, with dogwood's signature, they are dogwood's all the same.
    let act = story.dataset("dogwood", "later");
    let both = story.sign(&[("birch", "data-holder"), ("dogwood", "data-holder")], &act);
    assert!(story.step(both).is_admitted());
    let close = story.sign(&seats, &of_three("dogwood later"));
    assert_eq!(story.step(close).refusal().unwrap().code(), "name-taken");
    // The run closes with a result of its own.
    let close = story.sign(&seats, &of_three("model"));
    assert!(story.step(close).is_admitted());
}

/// A digest stands in the log for everybody to read; rows are whose they are.
#[test]
fn nobody_lists_the_rows_of_another_as_its_own() {
    let mut story = ready("", "", "");
    let Act::DatasetRegister(mut listed) = story.dataset("alder", "first") else { panic!("rows") };
    listed.place = a("ward");
    let act = Act::DatasetRegister(listed);
    story.refuse("birch", "data-holder", act.clone(), "name-taken", "");
    assert_eq!(story.state().version(&rows("alder")).unwrap().by, [a("alder")].into());
    // With Alder's signature they are both's.
    let both = story.sign(&[("birch", "data-holder"), ("alder", "data-holder")], &act);
    assert!(story.step(both).is_admitted());
    let by = &story.state().version(&rows("alder")).unwrap().by;
    assert_eq!(*by, [a("alder"), a("birch")].into());

    story.admit("vendor", "trainer", declare("weights", "w"));
    story.refuse(
        "alder",
        "data-holder",
        import("weights", "w", None),
        "not-permitted",
        "data-use/bring-in",
    );
    story.admit("vendor", "trainer", import("weights", "w", None));
}

#[test]
fn row_48_from_a_model_one_walks_back_to_every_dataset_version_and_act() {
    let mut story = ready("", "", "");
    let code = CodeRegister {
        asset: a("training-code"),
        version: digest("code"),
        environment: digest("image"),
        licence: Some("MIT".to_owned()),
    };
    story.admit("vendor", "trainer", Act::CodeRegister(code.clone()));
    story.refuse("vendor", "trainer", Act::CodeRegister(code), "name-taken", "");
    let model = story.train();
    story.admit(
        "vendor",
        "trainer",
        derive("risk-model", "small", &[model], Step::Transform, |_| {}),
    );

    let lineage = story.state().lineage(&digest("small")).unwrap();
    let walked: Vec<Digest> = lineage.versions.iter().map(|version| version.version).collect();
    for hospital in HOSPITALS {
        assert!(walked.contains(&rows(hospital)));
    }
    assert!(walked.contains(&model) && walked.contains(&digest("code")) && walked.len() == 7);
    // Each with the entry that brought it or made it.
    let of = |digest: &Digest| lineage.versions.iter().find(|v| v.version == *digest).unwrap();
    assert_eq!(of(&model).origin, Origin::Run(a("first")));
    assert!(of(&rows("alder")).index < of(&model).index);
    let down = story.state().lineage(&rows("alder")).unwrap();
    assert_eq!(down.descendants, [model, digest("small")].into());
    assert!(story.state().lineage(&digest("nothing")).is_none());
}

#[test]
fn row_93_the_lineage_is_a_view_that_is_exported() {
    let mut story = ready("", "", "");
    let model = story.train();
    let lineage = serde_json::to_value(story.state().lineage(&model).unwrap()).unwrap();
    assert_eq!(lineage["of"], model.to_string());
    assert_eq!(lineage["versions"][0]["origin"]["run"], "first");
    assert_eq!(lineage["versions"].as_array().unwrap().len(), 5);
    assert_eq!(lineage["versions"][0]["owners"]["alder"], "0.25");
}

#[test]
fn row_47_what_is_combined_serves_the_purposes_that_all_have_in_common() {
    let mut story = ready("", "", "");
    register(&mut story, "alder", "price-rows", "prices", "insurance-pricing");
    let both = [rows("alder"), digest("prices")];
    let act = derive("findings", "both", &both, Step::Combine, |_| {});
    story.refuse("alder", "data-holder", act, "no-common-purpose", "");
    let priced = |act: &mut concordat_partnership::act::AssetDerive| {
        act.purposes = [a("insurance-pricing")].into();
    };
    let act = derive("findings", "priced", &[rows("alder")], Step::Transform, priced);
    story.refuse("alder", "data-holder", act, "purpose-beyond-sources", "");

    story.admit(
        "alder",
        "data-holder",
        derive("findings", "one", &both[..1], Step::Transform, |_| {}),
    );
    let one = story.state().version(&digest("one")).unwrap();
    assert_eq!(one.purposes, [a("cardiac-risk")].into());
    // What was made from it does not get back what was lost.
    let act = derive("findings", "two", &[digest("one")], Step::Transform, priced);
    story.refuse("alder", "data-holder", act, "purpose-beyond-sources", "");

    // Rows that were made from others are listed for no more.
    let signed = [("alder", "data-holder"), ("lab", "test-lab")];
    let act = derive("pseudonyms", "p", &both[..1], Step::Pseudonymise, |_| {});
    story.admit_by(&signed, &act);
    let listed = concordat_partnership::act::DatasetRegister {
        asset: a("price-rows"),
        version: digest("p"),
        place: a("ward"),
        rows_band: 100,
        purposes: [a("insurance-pricing")].into(),
    };
    story.refuse("alder", "data-holder", Act::DatasetRegister(listed), "name-taken", "");
}

#[test]
fn row_52_a_version_is_its_digest_and_the_same_for_everybody() {
    let mut story = ready("", "", "");
    let act = |from: &[Digest]| derive("findings", "f", from, Step::Transform, |_| {});
    story.refuse("alder", "data-holder", act(&[]), "made-from-nothing", "");
    story.refuse("alder", "data-holder", act(&[digest("x")]), "unknown-version", "");
    story.refuse("birch", "data-holder", act(&[rows("alder")]), "not-the-holder", "");
    story.admit("alder", "data-holder", act(&[rows("alder")]));
    story.refuse("alder", "data-holder", act(&[rows("alder")]), "name-taken", "");
    // Who is given a copy holds the same digest, and works on from there.
    let f = digest("f");
    story.admit("alder", "data-holder", hand(f, "birch", Handed::Copy, None, None));
    let holders = &story.state().version(&f).unwrap().holders;
    assert_eq!(holders.keys().map(|p| p.as_str()).collect::<Vec<_>>(), ["alder", "birch"]);
    story.admit("birch", "data-holder", derive("findings", "g", &[f], Step::Transform, |_| {}));
    // The digest of one asset is no version of another.
    story.admit("vendor", "trainer", import("weights", "w", None));
    story.refuse("vendor", "trainer", import("risk-model", "w", None), "name-taken", "");
}

#[test]
fn row_55_pseudonyms_are_made_beside_who_keeps_their_key() {
    let mut story = ready("", "", "");
    let make = derive("pseudonyms", "p", &[rows("alder")], Step::Pseudonymise, |_| {});
    story.refuse("alder", "data-holder", make.clone(), "custodian-silent", "");
    story.admit_by(&[("alder", "data-holder"), ("lab", "test-lab")], &make);
    let version = story.state().version(&digest("p")).unwrap();
    assert_eq!(version.origin, Origin::Derived(Step::Pseudonymise));
    assert_eq!((version.label, version.parents.len()), (Label::Restricted, 1));
    // Nobody keeps the key of what has no custodian.
    let act = derive("findings", "q", &[rows("alder")], Step::Pseudonymise, |_| {});
    story.refuse("alder", "data-holder", act, "custodian-silent", "");
}

#[test]
fn row_46_an_entry_without_schema_or_standard_is_not_shared() {
    let mut story = ready("", "", "");
    register(&mut story, "alder", "bare-rows", "bare", "cardiac-risk");
    let clause = "data-use/bare-rows";
    let act = derive("findings", "f", &[digest("bare")], Step::Transform, |_| {});
    story.refuse("alder", "data-holder", act, "not-shareable", clause);
    let act = hand(digest("bare"), "birch", Handed::Copy, None, None);
    story.refuse("alder", "data-holder", act, "not-shareable", clause);
    let entries = story.state().catalogue();
    let entry = |name: &str| entries.iter().find(|entry| entry.asset.as_str() == name).unwrap();
    assert_eq!(entry("bare-rows").lacks, Some("the schema (`columns`)"));
    assert_eq!(entry("heart-rows").lacks, None);
}

#[test]
fn row_51_the_catalogue_says_what_exists_for_what_and_from_what() {
    let mut story = ready("", "", "");
    let model = story.train();
    let entries = story.state().catalogue();
    let rows_of = entries.iter().find(|entry| entry.asset.as_str() == "heart-rows").unwrap();
    assert_eq!(rows_of.versions.len(), 4);
    assert!(rows_of.versions.iter().all(|version| version.phase == Phase::Collected));
    let models = entries.iter().find(|entry| entry.asset.as_str() == "risk-model").unwrap();
    assert_eq!((models.versions[0].version, models.versions[0].phase), (model, Phase::Made));
    assert_eq!(models.versions[0].parents.len(), 4);
    let json = serde_json::to_value(&entries).unwrap();
    assert!(json.as_array().unwrap().len() >= 7);
}
