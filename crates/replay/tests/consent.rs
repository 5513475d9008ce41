//! Whose signature an amendment takes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{EVERYBODY, HOSPITALS, Story, digest, texts};
use concordat_agreement::Level;
use concordat_partnership::Act;
use concordat_partnership::act::{Attached, Decision, ModuleEnter, ModuleSign};
use concordat_terms::Digest;

/// The heart agreement, its rules on data signed by one hospital and the vendor alone, and with a power
/// that leaves the length of runs to the council.
fn agreed() -> Vec<String> {
    let mut texts = texts();
    let data_use = texts.get_mut("data-use").unwrap();
    *data_use = data_use.replace("[\"all\"]", "[\"alder\", \"trainer\"]");
    let governance = texts.get_mut("governance").unwrap();
    governance.push_str(
        "\n## The length of runs\n\nThe Council may change how long the Trainer may train.\n\n\
         ```clause\nid = \"longer-runs\"\npower = \"module.enter\"\nholder = \"council-member\"\n\
         over = \"data-use\"\nclauses = [\"data-use/train-on-heart-rows\"]\n\
         ratified_by = \"council\"\nwithin = \"P14D\"\n```\n",
    );
    texts.into_values().collect()
}

fn text(module: &str) -> String {
    let found = agreed().into_iter().find(|t| t.contains(&format!("id = \"{module}\"\nversion")));
    found.unwrap().replace("version = \"1.0.0\"", "version = \"1.1.0\"")
}

fn enter(modules: &[Digest]) -> Act {
    Act::ModuleEnter(ModuleEnter { modules: modules.iter().copied().collect() })
}

fn longer() -> String {
    let longer = text("data-use").replace("run.rounds <= 100", "run.rounds <= 200");
    longer.replace("one hundred rounds", "two hundred rounds")
}

#[test]
fn longer_training_is_for_whose_rows_it_is_on_and_not_for_the_lab() {
    let mut story = Story::begun(agreed());
    let module = story.put(&longer(), &["vendor", "alder", "birch", "cypress"]);
    let refusal = story.act("vendor", "signatory", enter(&[module])).refusal().cloned().unwrap();
    assert_eq!(refusal.code(), "unsigned-by-affected");
    assert!(refusal.to_string().contains("`dogwood`"), "{refusal}");
    assert!(refusal.to_string().contains("others may do more of `run."), "{refusal}");
    story.sign_module("dogwood", module);
    story.admit("vendor", "signatory", enter(&[module]));
}

#[test]
fn who_loses_a_right_is_asked_even_where_it_does_not_sign() {
    // The lab signs nothing of the rules on data, and is forbidden there to file what it found.
    let against = "\n## Tests\n\nThe Lab files nothing.\n\n```clause\nid = \"no-tests\"\n\
                   forbid = \"evidence.submit\"\nby = \"test-lab\"\n```\n";
    let mut story = Story::begun(agreed());
    let signers = [&HOSPITALS[..], &["vendor"]].concat();
    let module = story.put(&(text("data-use") + against), &signers);
    let refusal = story.act("vendor", "signatory", enter(&[module])).refusal().cloned().unwrap();
    assert_eq!(refusal.code(), "unsigned-by-affected");
    let told = refusal.to_string();
    assert!(told.contains("`lab`") && told.contains("less of `evidence.submit`"), "{told}");
    story.sign_module("lab", module);
    story.admit("alder", "signatory", enter(&[module]));
}

#[test]
fn who_signs_a_module_is_asked_about_a_word_that_no_clause_enforces() {
    let mut story = Story::begun(agreed());
    let worded = text("data-use") + "\n## Courtesy\n\nThe parties write kindly to each other.\n";
    let module = story.put(&worded, &["vendor"]);
    let act = enter(&[module]);
    let refusal = story.act("vendor", "signatory", act).refusal().cloned().unwrap();
    assert_eq!(refusal.code(), "unsigned-module");
    let problem = refusal.problem();
    assert!(problem.what.contains("`alder`") && !problem.what.contains("`birch`"), "{problem}");
}

#[test]
fn a_party_that_is_dropped_from_the_signers_signs_that() {
    let mut story = Story::begun(agreed());
    let alone = text("data-use").replace("[\"alder\", \"trainer\"]", "[\"trainer\"]");
    let module = story.put(&alone, &["vendor"]);
    story.refuse("vendor", "signatory", enter(&[module]), "unsigned-module", "");
}

#[test]
fn what_was_delegated_to_a_body_enters_by_its_decision_alone() {
    let mut story = Story::begun(agreed());
    let module = story.put(&longer(), &[]);
    // Neither a member alone, nor the council without the signature of who brings it in.
    story.sign_module("alder", module);
    story.refuse("alder", "council-member", enter(&[module]), "unsigned-by-affected", "");
    story.decide("longer-runs", Decision::ModuleEnter([module].into()));
    assert_eq!(story.state().in_force()[&"data-use".parse().unwrap()].digest, module);
    let proposal = story.proposal("long", |plan| plan.rounds = 150);
    story.admit("vendor", "trainer", proposal);
}

#[test]
fn a_delegation_covers_exactly_what_it_names() {
    for (from, to) in [
        // Another clause, the prose that no clause enforces, who signs.
        ("to price, limit or refuse insurance", "to price or limit insurance"),
        ("# Data use", "# The use of data"),
        ("[\"alder\", \"trainer\"]", "[\"trainer\"]"),
    ] {
        let mut story = Story::begun(agreed());
        let amended = longer();
        assert!(amended.contains(from), "{from}");
        let module = story.put(&amended.replacen(from, to, 1), &["alder"]);
        let decision = Decision::ModuleEnter([module].into());
        let verdict = story.try_decide("longer-runs", decision);
        let code = verdict.refusal().unwrap().code();
        assert!(["unsigned-module", "unsigned-by-affected"].contains(&code), "{code}");
    }
}

#[test]
fn a_gate_before_amendments_is_asked_once_the_agreement_is_in_force() {
    let mut texts = agreed();
    for text in &mut texts {
        if text.contains("id = \"governance\"\nversion") {
            text.push_str(
                "\n## Amendments\n\nThe Council decides on every amendment.\n\n```clause\n\
                 id = \"council-amends\"\ngate = \"module.enter\"\nmotion = \"council\"\n```\n",
            );
        }
    }
    let mut story = Story::begun(texts);
    let module = story.put(&longer(), &EVERYBODY);
    let clause = "governance/council-amends";
    story.refuse("vendor", "signatory", enter(&[module]), "needs-motion", clause);
    story.decide("amend", Decision::ModuleEnter([module].into()));
    assert_eq!(story.state().in_force()[&"data-use".parse().unwrap()].version, "1.1.0");
}

#[test]
fn all_read_the_same_document_or_sign_again() {
    let mut story = Story::begun(agreed());
    let module = story.put(&longer(), &["vendor", "alder", "birch", "cypress"]);
    let sign = |document| Act::ModuleSign(ModuleSign { module, document });
    story.admit("dogwood", "signatory", sign(digest("another document")));
    let refusal = story.act("vendor", "signatory", enter(&[module])).refusal().cloned().unwrap();
    assert_eq!(refusal.code(), "documents-differ");
    assert!(refusal.to_string().contains("`dogwood`"), "{refusal}");
    story.admit("dogwood", "signatory", sign(Digest([7; 32])));
    story.refuse("dogwood", "signatory", sign(Digest([7; 32])), "already-signed", "");
    story.admit("vendor", "signatory", enter(&[module]));
}

#[test]
fn below_the_level_that_a_module_demands_it_does_not_enter() {
    let mut story = Story::begun(agreed());
    let text = text("data-use").replace("signers = [", "level = \"qualified\"\nsigners = [");
    let module = story.put(&text, &EVERYBODY);
    let act = || enter(&[module]);
    let refusal = story.act("vendor", "signatory", act()).refusal().cloned().unwrap();
    assert_eq!(refusal.code(), "signature-too-weak");

    let sign = Act::ModuleSign(ModuleSign { module, document: Digest([7; 32]) });
    for party in EVERYBODY {
        for (level, code) in
            [(Level::Advanced, Some("signature-too-weak")), (Level::Qualified, None)]
        {
            let (signed, report) = (digest("signed.pdf"), digest("report.xml"));
            let attached = Attached { level, signed, report };
            let entry = story.sign_attached(&[(party, "signatory")], &sign, Some(attached));
            assert!(story.step(entry).is_admitted());
            if let (Some(code), "alder") = (code, party) {
                assert_eq!(story.act("vendor", "signatory", act()).refusal().unwrap().code(), code);
            }
        }
    }
    story.admit("vendor", "signatory", act());
}

#[test]
fn a_gate_can_demand_a_stronger_signature_under_an_act() {
    let mut texts = agreed();
    for text in &mut texts {
        if text.contains("id = \"governance\"\nversion") {
            text.push_str(
                "\n## By hand\n\nA charter is signed by hand.\n\n```clause\n\
                 id = \"by-hand\"\ngate = \"project.charter\"\nlevel = \"handwritten\"\n```\n",
            );
        }
    }
    let mut story = Story::begun_but_for_the_project(texts);
    let charter = Story::charter();
    story.refuse("vendor", "trainer", charter.clone(), "act-too-weak", "governance/by-hand");
    let (signed, report) = (digest("scan.pdf"), digest("report.txt"));
    let attached = Attached { level: Level::Handwritten, signed, report };
    let entry = story.sign_attached(&[("vendor", "trainer")], &charter, Some(attached));
    assert!(story.step(entry).is_admitted());
}
