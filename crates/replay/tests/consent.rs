//! Whose signature an amendment takes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{EVERYBODY, HOSPITALS, Story, digest, signature, texts};
use concordat_agreement::Level;
use concordat_partnership::Act;
use concordat_partnership::act::{Attached, ModuleEnter, ModuleSign, NamedModule};
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
    found.unwrap().replace("version = \"1.0.0\"", "version = \"1.0.1\"")
}

fn enter(modules: &[Digest]) -> Act {
    Act::ModuleEnter(ModuleEnter { modules: modules.iter().copied().collect() })
}

fn longer() -> String {
    text("data-use").replace("run.rounds <= 100", "run.rounds <= 200")
}

/// What somebody who must sign and has not is told to be asked for.
fn refused(story: &mut Story, module: Digest) -> (String, String) {
    let verdict = story.act("vendor", "signatory", enter(&[module]));
    let refusal = verdict.refusal().unwrap();
    (refusal.code().to_owned(), refusal.to_string())
}

#[test]
fn longer_training_is_for_whose_rows_it_is_on_and_not_for_the_lab() {
    let mut story = Story::begun(agreed());
    let module = story.put(&longer(), &["vendor", "alder", "birch", "cypress"]);
    let (code, told) = refused(&mut story, module);
    assert_eq!(code, "unsigned-by-affected");
    assert!(told.contains("`dogwood`"), "{told}");
    assert!(told.contains("`data-use/train-on-heart-rows` concerns it"), "{told}");
    story.sign_module("dogwood", module);
    story.admit("vendor", "signatory", enter(&[module]));
}

#[test]
fn who_loses_a_right_is_asked_even_where_it_does_not_sign() {
    let mut texts = agreed();
    for text in &mut texts {
        *text = text.replace("[\"data-holder\", \"trainer\", \"test-lab\"]", "[\"trainer\"]");
    }
    let mut story = Story::begun(texts.clone());
    let release = texts.iter().find(|t| t.contains("id = \"release\"\nversion")).unwrap();
    let narrower = release.replace("version = \"1.0.0\"", "version = \"1.1.0\"").replace(
        "permit = \"evidence.submit\"\nby = \"test-lab\"",
        "permit = \"evidence.submit\"\nby = \"test-lab\"\npurposes = [\"cardiac-risk\"]",
    );
    let signers = [&HOSPITALS[..], &["vendor"]].concat();
    let module = story.put(&narrower, &signers);
    let (code, told) = refused(&mut story, module);
    assert_eq!(code, "unsigned-by-affected");
    assert!(told.contains("`lab`") && told.contains("`release/file-evidence`"), "{told}");
    story.sign_module("lab", module);
    story.admit("alder", "signatory", enter(&[module]));
}

#[test]
fn a_value_that_is_linked_counts_with_its_clause_and_any_other_word_is_everybodys() {
    // Ninety days become sixty, in the clause and in the words that are linked to it.
    let linked = |text: &str| {
        text.replace("version = \"1.0.0\"", "version = \"1.1.0\"")
            .replace(
                "[ninety days](#tested-and-decided.evidence.max_age)",
                "[sixty days](#tested-and-decided.evidence.max_age)",
            )
            .replace("max_age = \"P90D\"", "max_age = \"P60D\"")
    };
    let texts = agreed();
    let release = texts.iter().find(|t| t.contains("id = \"release\"\nversion")).unwrap();
    for (amended, code) in [
        (linked(release), "unsigned-module"),
        (linked(release).replace("# Test and release", "# Release"), "unsigned-module"),
    ] {
        let mut story = Story::begun(texts.clone());
        let module = story.put(&amended, &["vendor"]);
        assert_eq!(refused(&mut story, module).0, code);
        for party in ["alder", "birch", "cypress", "dogwood", "lab"] {
            story.sign_module(party, module);
        }
        story.admit("vendor", "signatory", enter(&[module]));
    }
}

#[test]
fn words_concern_everybody_wherever_they_stand_and_whoever_signs_the_module() {
    let base = || text("data-use");
    let bloated = "\n## Side letter\n\nThe hospitals assign every result to the Vendor.\n";
    let clause = "\n## Results\n\nResults are the Vendor's.\n\n```clause\nid = \"results\"\n\
                  ip = \"private-retained\"\nshares = { trainer = \"1\" }\n```\n";
    let cases = [
        base() + bloated,
        base() + clause,
        // A heading, a remark in a block, what a module needs, who signs it, and how.
        base().replacen("# Data use", "# The use of data", 1),
        base()
            .replace("id = \"train-on-heart-rows\"", "# not binding\nid = \"train-on-heart-rows\""),
        base().replace("version = \"1.0.1\"", "version = \"1.0.1\" # the hospitals owe a million"),
        base().replace("governance = \"^1.0\"", "governance = \"=1.0.0\""),
        base().replace("[\"alder\", \"trainer\"]", "[\"alder\"]"),
        base().replace("[\"alder\", \"trainer\"]", "[\"alder\", \"trainer\"]\nlevel = \"simple\""),
        // A clause that falls with another, or survives.
        base().replace("run.rounds <= 100\"", "run.rounds <= 100\"\nsurvives = true"),
        // A module that nobody had, whoever it says signs it.
        "# Side letter\n\n```module\nid = \"side-letter\"\nversion = \"1.0.0\"\n\
         signers = [\"vendor\"]\n```\n\nThe hospitals owe the Vendor five million euros.\n"
            .to_owned(),
    ];
    for amended in cases {
        let mut story = Story::begun(agreed());
        let signers = [&HOSPITALS[..], &["vendor"]].concat();
        let module = story.put(&amended, &signers);
        let (code, told) = refused(&mut story, module);
        assert_eq!(code, "unsigned-by-affected", "{told}\n{amended}");
        assert!(told.contains("`lab`"), "{told}");
        story.sign_module("lab", module);
        story.admit("vendor", "signatory", enter(&[module]));
    }
}

#[test]
fn what_it_takes_is_the_same_whatever_is_suspended() {
    let mut texts = agreed();
    for text in &mut texts {
        if text.contains("id = \"governance\"\nversion") {
            text.push_str(
                "\n## Stopping\n\nThe Trainer may stop the rules on data.\n\n```clause\n\
                 id = \"stop\"\npermit = \"module.suspend\"\nby = \"trainer\"\n```\n",
            );
        }
    }
    let mut story = Story::begun(texts);
    let stop = NamedModule { module: "data-use".parse().unwrap() };
    story.admit("vendor", "trainer", Act::ModuleSuspend(stop));
    let module = story.put(&longer(), &["vendor", "alder", "birch", "cypress"]);
    let (code, told) = refused(&mut story, module);
    assert!(code == "unsigned-by-affected" && told.contains("`dogwood`"), "{told}");
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
    let unsigned =
        story.try_decide("unsigned", Act::ModuleEnter(ModuleEnter { modules: [module].into() }));
    assert_eq!(unsigned.refusal().unwrap().code(), "unsigned-module");
    story.sign_module("alder", module);
    story.refuse("alder", "council-member", enter(&[module]), "unsigned-module", "");
    story.decide("longer-runs", Act::ModuleEnter(ModuleEnter { modules: [module].into() }));
    assert_eq!(story.state().in_force()[&"data-use".parse().unwrap()].digest, module);
    let proposal = story.proposal("long", |plan| plan.rounds = 150);
    story.admit("vendor", "trainer", proposal);
}

#[test]
fn a_delegation_covers_exactly_what_it_names() {
    for (from, to) in [
        // Another clause, words, who signs, what else the clause does.
        ("to price, limit or refuse insurance\"", "to price or limit insurance\""),
        ("# Data use", "# The use of data"),
        ("[\"alder\", \"trainer\"]", "[\"trainer\"]"),
        ("run.rounds <= 200\"", "run.rounds <= 200\"\nsurvives = true"),
        // On what, and a version that keeps other amendments out.
        (
            "on = [\"heart-rows\", \"risk-model\"]\npurposes",
            "on = [\"risk-model\", \"heart-rows\"]\npurposes",
        ),
        ("version = \"1.0.1\"", "version = \"1.900.0\""),
    ] {
        let mut story = Story::begun(agreed());
        let amended = longer();
        assert!(amended.contains(from), "{from}");
        let module = story.put(&amended.replacen(from, to, 1), &["alder"]);
        let decision = Act::ModuleEnter(ModuleEnter { modules: [module].into() });
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
    story.decide("amend", Act::ModuleEnter(ModuleEnter { modules: [module].into() }));
    assert_eq!(story.state().in_force()[&"data-use".parse().unwrap()].version, "1.0.1");
}

#[test]
fn all_read_the_same_document_or_sign_again() {
    let mut story = Story::begun(agreed());
    let module = story.put(&longer(), &["vendor", "alder", "birch", "cypress"]);
    let set = [module].into();
    let sign = |document| Act::ModuleSign(ModuleSign::of(module, &set, document));
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

    let sign = signature(module, &[module].into());
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

/// The lab's power waits for a duty between the vendor and one hospital, before or behind a name.
#[test]
fn a_longer_duty_is_for_who_may_act_once_it_is_late_or_breached() {
    let duty = |after: &str, consequence: &str| {
        format!(
            "\n## Reports\n\nThe Trainer reports within [thirty days](#yearly-report.due.period).\n\n\
             ```clause\nid = \"yearly-report\"\nduty = \"file a report\"\nowner = \"trainer\"\n\
             to = \"data-holder\"\ndue = {{ after = \"in-force\", period = \"P30D\" }}\n\
             discharged_by = \"duty.discharge\"\n{consequence}```\n\n\
             ```clause\nid = \"file-report\"\npermit = \"duty.discharge\"\nby = \"trainer\"\n```\n\n\
             ```clause\nid = \"stop\"\npower = \"module.suspend\"\nholder = \"test-lab\"\n\
             over = \"data-use\"\n{after}```\n"
        )
    };
    let waits = |event: &str| duty(&format!("after = \"{event}\"\n"), "");
    let cases = [
        (waits("breach: yearly-report"), true),
        (waits("late: governance/yearly-report"), true),
        (duty("", "else = \"stop\"\n"), true),
        (duty("", ""), false),
        (waits("in-force"), false),
    ];
    for (written, asked) in cases {
        let mut texts = agreed();
        let text = texts.iter_mut().find(|t| t.contains("id = \"governance\"\nversion")).unwrap();
        text.push_str(&written);
        *text = text.replacen("signers = [\"all\"]", "signers = [\"vendor\"]", 1);
        let later = text
            .replace("version = \"1.0.0\"", "version = \"1.0.1\"")
            .replace("[thirty days](#yearly", "[sixty days](#yearly")
            .replace(
                "after = \"in-force\", period = \"P30D\"",
                "after = \"in-force\", period = \"P60D\"",
            );
        let mut story = Story::begun(texts);
        let signers = [&HOSPITALS[..], &["vendor"]].concat();
        let module = story.put(&later, &signers);
        if asked {
            let (code, told) = refused(&mut story, module);
            assert_eq!(code, "unsigned-by-affected", "{written}");
            assert!(told.contains("`lab`"), "{told}");
            story.sign_module("lab", module);
        }
        story.admit("vendor", "signatory", enter(&[module]));
    }
}
