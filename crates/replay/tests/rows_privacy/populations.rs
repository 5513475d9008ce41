//! Whose account a run is charged to: that of the persons whom its rows are about.

use std::collections::BTreeSet;

use concordat_partnership::Act;
use concordat_partnership::act::{
    AssetDerive, AssetTransfer, Handed, ModuleEnter, RunPropose, Step,
};
use concordat_terms::Digest;

use crate::common::{EVERYBODY, HOSPITALS, Story, digest};
use crate::law::{
    a, account, charged, decimal, fits, joins, law_with, list, opened, price, query, ready,
    ready_under,
};

/// An account of its own for cleaned rows.
const OWN: &str = "\n```clause\nid = \"clean-budget\"\nprivacy = \"clean-rows\"\n\
    adjacency = \"add-remove\"\nepsilon = \"2\"\ndelta = \"0.0001\"\n```\n";

/// A hospital makes a version of the cleaned rows from others, and lists it.
fn clean(story: &mut Story, hospital: &str, from: &[Digest]) {
    let version = format!("{hospital} clean");
    let derive = Act::AssetDerive(AssetDerive {
        asset: a("clean-rows"),
        version: digest(&version),
        from: from.iter().copied().collect(),
        step: Step::Transform,
        place: Some(a("ward")),
        purposes: BTreeSet::new(),
        contributions: Default::default(),
        licence: None,
    });
    story.admit(hospital, "data-holder", derive);
    list(story, hospital, "clean-rows", &version);
}

fn all_clean(story: &mut Story) {
    for hospital in HOSPITALS {
        clean(story, hospital, &[digest(&format!("{hospital} all"))]);
    }
}

/// A query on the cleaned rows.
fn on_clean(
    story: &mut Story,
    name: &str,
    noise: &'static str,
) -> concordat_partnership::act::Plan {
    opened(story, name, "research", |plan| {
        query(noise)(plan);
        plan.asset = a("clean-rows");
        let version = |h: &&str| (a(h), digest(&format!("{h} clean")));
        plan.datasets = HOSPITALS.iter().map(version).collect();
    })
}

/// A clause that names several datasets is about the same persons.
#[test]
fn datasets_about_the_same_persons_share_one_account() {
    let mut story = ready("also = [\"clean-rows\"]\n");
    all_clean(&mut story);
    let plan = on_clean(&mut story, "first", "5");
    assert!(joins(&mut story, "alder", "first", &plan).is_admitted());
    assert_eq!(charged(&story, "alder", "heart-rows").total(), price(&story, &plan));
    assert_eq!(story.state().accounts().len(), 1);
    assert!(story.state().privacy_account(&account("alder", "clean-rows")).is_some());
}

/// What was made from rows is charged to the account of these rows, whatever its own has left.
#[test]
fn what_was_made_from_rows_is_charged_to_their_account() {
    let mut story = ready_under(law_with("", OWN));
    all_clean(&mut story);
    let wide = |plan: &mut concordat_partnership::act::Plan| plan.noise = decimal("4.1");
    let plan = opened(&mut story, "first", "cardiac-risk", wide);
    assert!(joins(&mut story, "alder", "first", &plan).is_admitted());

    // The cleaned rows' own account is untouched, and does not help.
    let plan = on_clean(&mut story, "second", "2.5");
    let (why, _) = fits(&joins(&mut story, "alder", "second", &plan));
    assert!(why.to_string().starts_with("the privacy budget of `alder` for `heart-rows`"), "{why}");
    // Where both have room, both are charged.
    assert!(joins(&mut story, "birch", "second", &plan).is_admitted());
    for asset in ["heart-rows", "clean-rows"] {
        assert_eq!(charged(&story, "birch", asset).total(), price(&story, &plan), "{asset}");
    }
}

/// Rows that somebody else listed are charged to that one's account, whoever computes on them.
#[test]
fn rows_of_another_holder_are_charged_to_that_holders_account() {
    // Rows that are not public are handed to nobody.
    let texts = law_with("", OWN).into_iter();
    let texts = texts.map(|text| text.replace("label = \"restricted\"", "label = \"public\""));
    let mut story = ready_under(texts.collect());
    let rows = digest("alder all");
    let copy = Act::AssetTransfer(AssetTransfer {
        version: rows,
        to: a("birch"),
        what: Handed::Copy,
        terms: digest("terms"),
        place: Some(a("ward")),
        profile: None,
    });
    let entry = story.sign(&[("alder", "data-holder"), ("birch", "data-holder")], &copy);
    let verdict = story.step(entry);
    assert!(verdict.is_admitted(), "{:?}", verdict.refusal());
    for hospital in ["alder", "cypress", "dogwood"] {
        clean(&mut story, hospital, &[digest(&format!("{hospital} all"))]);
    }
    clean(&mut story, "birch", &[rows]);
    let plan = on_clean(&mut story, "first", "5");
    assert!(joins(&mut story, "birch", "first", &plan).is_admitted());
    let price = price(&story, &plan);
    assert_eq!(charged(&story, "birch", "clean-rows").total(), price);
    assert_eq!(charged(&story, "alder", "heart-rows").total(), price);
    assert!(!story.state().accounts().contains_key(&account("birch", "heart-rows")));
}

/// Noise is for one kind of neighbours, and every account that it is charged to counts these.
#[test]
fn accounts_that_count_other_neighbours_take_no_run_on_what_was_made_from_their_rows() {
    let replace = OWN.replace("add-remove", "replace");
    // Neighbours that replace a person move a sum twice as far.
    let texts = law_with("", &replace).into_iter();
    let texts = texts.map(|text| text.replace("units_per_round = 1024", "units_per_round = 256"));
    let mut story = ready_under(texts.collect());
    all_clean(&mut story);
    let proposal = story.proposal("first", |plan| {
        query("5")(plan);
        (plan.purpose, plan.asset) = (a("research"), a("clean-rows"));
        let version = |h: &&str| (a(h), digest(&format!("{h} clean")));
        plan.datasets = HOSPITALS.iter().map(version).collect();
    });
    assert!(matches!(&proposal, Act::RunPropose(RunPropose { .. })));
    story.refuse("vendor", "trainer", proposal, "other-neighbours", "protocol/clean-budget");
}

/// No amendment takes a dataset away from the account that its persons' spending stands on.
#[test]
fn an_amendment_divides_no_account_that_was_charged() {
    let shared = "also = [\"clean-rows\"]\n";
    let mut story = ready(shared);
    let plan = opened(&mut story, "first", "research", |plan| plan.noise = decimal("15"));
    let newer = |text: &String| text.replace("version = \"1.0.0\"", "version = \"1.1.0\"");
    let divided = law_with("", OWN).into_iter().find(|text| text.contains("clean-budget")).unwrap();
    let modules = story.put_as_one([newer(&divided)], &EVERYBODY);
    // Nothing was charged yet: who is about whom can still be said otherwise.
    let before = story.replica.clone();
    story.admit("vendor", "signatory", Act::ModuleEnter(ModuleEnter { modules: modules.clone() }));
    story.replica = before;
    assert!(joins(&mut story, "alder", "first", &plan).is_admitted());
    let enter = Act::ModuleEnter(ModuleEnter { modules });
    story.refuse("vendor", "signatory", enter, "account-divided", "protocol/clean-budget");
}

/// Nor does an account come back with other neighbours after its clause was gone for a while.
#[test]
fn a_clause_that_comes_back_counts_the_neighbours_that_were_charged() {
    let mut story = ready_under(law_with("", OWN));
    all_clean(&mut story);
    let plan = on_clean(&mut story, "first", "5");
    assert!(joins(&mut story, "alder", "first", &plan).is_admitted());
    let enter = |story: &mut Story, more: &str, version: &str| {
        let text =
            law_with("", more).into_iter().find(|text| text.contains("heart-budget\"\nprivacy"));
        let text = text.unwrap().replace("units_per_round = 1024", "units_per_round = 256");
        let newer = text.replace("version = \"1.0.0\"", &format!("version = \"{version}\""));
        Act::ModuleEnter(ModuleEnter { modules: story.put_as_one([newer], &EVERYBODY) })
    };
    let gone = enter(&mut story, "", "1.1.0");
    story.admit("vendor", "signatory", gone);
    assert!(story.state().privacy_account(&account("alder", "clean-rows")).is_none());
    let other = enter(&mut story, &OWN.replace("add-remove", "replace"), "1.2.0");
    story.refuse("vendor", "signatory", other, "neighbours-changed", "protocol/clean-budget");
    let same = enter(&mut story, OWN, "1.3.0");
    story.admit("vendor", "signatory", same);
    assert_eq!(charged(&story, "alder", "clean-rows").total(), price(&story, &plan));
}

/// A party that follows another has spent what that one had.
#[test]
fn who_follows_a_holder_has_spent_what_it_had() {
    let mut story = ready("");
    let plan = opened(&mut story, "first", "research", |plan| plan.noise = decimal("8"));
    for hospital in ["alder", "birch"] {
        assert!(joins(&mut story, hospital, "first", &plan).is_admitted());
    }
    let price = price(&story, &plan);
    story.followed("alder", "birch");
    assert_eq!(charged(&story, "birch", "heart-rows").total(), price.times(2));
    assert!(!story.state().accounts().contains_key(&account("alder", "heart-rows")));
}
