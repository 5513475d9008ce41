//! The example agreement with one thing changed: what each change would do, told before anyone
//! signs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use concordat_agreement::{Agreement, Module, Protocol, Terms, assemble, back_translation, read};
use concordat_terms::{Diagnostic, Severity};

const MODULES: [(&str, &str); 5] = [
    ("parties", include_str!("../../../examples/heart/parties.md")),
    ("governance", include_str!("../../../examples/heart/governance.md")),
    ("data-use", include_str!("../../../examples/heart/data-use.md")),
    ("protocol", include_str!("../../../examples/heart/protocol.md")),
    ("release", include_str!("../../../examples/heart/release.md")),
];

/// The example with `from` replaced by `to` in one module.
fn changed(
    module: &str,
    from: &str,
    to: &str,
) -> Result<(Agreement, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut modules: Vec<Module> = Vec::new();
    let mut hits = 0;
    for (name, text) in MODULES {
        let hit = name == module && text.contains(from);
        hits += usize::from(hit);
        let text = if hit { text.replacen(from, to, 1) } else { text.to_owned() };
        let in_clause = hit && (from.contains('"') || from.contains(" = "));
        let text = if in_clause { unlinked(&text) } else { text };
        modules.push(read(&format!("{name}.md"), text.as_bytes())?);
    }
    assert_eq!(hits, 1, "`{from}` is in `{module}`");
    assemble(modules)
}

/// A text whose values are not linked: what is changed is the clause, and the prose is another matter.
fn unlinked(text: &str) -> String {
    let mut pieces = text.split("](#");
    let mut plain = pieces.next().unwrap().to_owned();
    for piece in pieces {
        plain.remove(plain.rfind('[').unwrap());
        plain.push_str(piece.split_once(')').unwrap().1);
    }
    plain
}

fn codes(found: &[Diagnostic]) -> Vec<&'static str> {
    found.iter().filter(|d| d.severity != Severity::Note).map(|d| d.code).collect()
}

#[track_caller]
fn refused(module: &str, from: &str, to: &str, wanted: &[&str]) {
    let found = changed(module, from, to).map(|(_, found)| found).expect_err("it is refused");
    assert_eq!(
        codes(&found),
        wanted,
        "{}",
        found.iter().map(|d| format!("{d}\n")).collect::<String>()
    );
}

#[test]
fn a_witness_policy_is_refused_when_one_party_stops_it_or_one_side_bends_it() {
    refused("protocol", "quorum = 4", "quorum = 5", &["one-silence-stops"]);
    refused("protocol", "quorum = 4", "quorum = 3", &["quorums-meet-in-one-side"]);
    refused("protocol", "quorum = 4", "quorum = 2", &["quorums-apart"]);
    refused("protocol", "quorum = 4", "quorum = 6", &["bad-quorum"]);
    refused("protocol", "quorum = 4", "quorum = 0", &["bad-quorum"]);
    refused(
        "protocol",
        r#""dogwood", "lab"]"#,
        r#""dogwood", "dogwood"]"#,
        &["used-twice", "one-silence-stops", "quorums-meet-in-one-side"],
    );
}

#[test]
fn parties_under_common_control_fall_silent_and_collude_together() {
    // Cypress and Dogwood in one hand: their silence leaves three of the four that must cosign.
    let owned = "side = \"private\"\njurisdictions = [\"CH\"]\ncontrol = \"meridian\"";
    let both = MODULES[0].1.replacen("side = \"private\"\njurisdictions = [\"CH\"]", owned, 1);
    refused("parties", MODULES[0].1, &both, &["aggregation-impossible", "one-silence-stops"]);
}

#[test]
fn aggregation_bounds_are_one_set_of_parameters() {
    let code = "aggregation-impossible";
    refused("protocol", "threshold = 3", "threshold = 2", &[code]);
    refused("protocol", "threshold = 3", "threshold = 4", &[code]);
    refused("protocol", "colluders = 1", "colluders = 2", &[code, code]);
    refused("protocol", "ring_bits = 32", "ring_bits = 31", &[code]);
    refused("protocol", "scale_bits = 18", "scale_bits = 32", &[code]);
}

#[test]
fn three_aggregators_are_a_public_a_private_and_an_independent_party_in_three_hands() {
    let masks = "aggregation = \"pairwise-masks\"";
    let three =
        |parties: &str| format!("aggregation = \"three-aggregators\"\naggregators = [{parties}]");
    let (agreement, found) =
        changed("protocol", masks, &three(r#""lab", "alder", "cypress""#)).expect("they fit");
    assert_eq!(codes(&found), [""; 0]);
    let clause = agreement.aggregation().unwrap();
    assert_eq!(clause.terms.aggregation, Protocol::ThreeAggregators);
    let (_, said) = agreement.clauses().find(|(_, c)| c.id.as_str() == "masked-sums").unwrap();
    let said = back_translation(said);
    let wanted = "are summed by three-aggregators, run by `lab`, `alder` and `cypress`, with";
    assert!(said.contains(wanted), "{said}");

    let apart = "aggregators-not-apart";
    for (parties, codes) in [
        // Two of one side: one side has too many, another none.
        (r#""alder", "birch", "lab""#, &[apart, apart][..]),
        (r#""cypress", "vendor", "lab""#, &[apart, apart]),
        (r#""alder", "cypress", "birch""#, &[apart, apart]),
        // One party twice.
        (r#""alder", "cypress", "cypress""#, &[apart, apart, "used-twice"]),
        // Too few, and too many.
        (r#""alder", "lab""#, &[apart]),
        (r#""alder", "birch", "cypress", "lab""#, &[apart]),
        (r#""alder", "cypress", "nobody""#, &["unknown-reference"]),
    ] {
        refused("protocol", masks, &three(parties), codes);
    }
    let without = "aggregation = \"three-aggregators\"";
    refused("protocol", masks, without, &[apart]);
    let unasked = format!("{masks}\naggregators = [\"lab\", \"alder\", \"cypress\"]");
    refused("protocol", masks, &unasked, &[apart]);

    // The lab in the hand that has Dogwood: neither side's no longer.
    let lab = "side = \"independent\"";
    let owned = format!("{lab}\ncontrol = \"meridian\"");
    let parties = MODULES[0].1.replacen(lab, &owned, 1);
    assert_ne!(parties, MODULES[0].1);
    let mut modules: Vec<Module> = Vec::new();
    for (name, text) in MODULES {
        let text = match name {
            "parties" => parties.clone(),
            "protocol" => unlinked(text).replacen(masks, &three(r#""lab", "alder", "cypress""#), 1),
            _ => text.to_owned(),
        };
        modules.push(read(&format!("{name}.md"), text.as_bytes()).unwrap());
    }
    let found = assemble(modules).map(|(_, found)| found).expect_err("it is refused");
    assert!(codes(&found).contains(&apart), "{:?}", codes(&found));
}

#[test]
fn training_needs_an_account_and_a_unit() {
    refused(
        "protocol",
        "privacy = \"heart-rows\"",
        "privacy = \"risk-model\"",
        &["training-unbounded", "not-a-dataset"],
    );
    refused("data-use", "rows_per_person = 1\n", "", &["no-privacy-unit"]);
    refused("data-use", "person = \"person\"", "person = \"patient\"", &["unknown-reference"]);
    refused("protocol", "delta = \"0.0001\"", "delta = \"1.5\"", &["bad-privacy"]);
}

/// The account of the heart rows in parts: each of them could be, and what is said back says all of it.
#[test]
fn an_account_has_parts_that_could_fit() {
    let delta = "delta = \"0.0001\"";
    let with = |more: &str| format!("{delta}\n{more}");
    let watch = |figures: &str| {
        with(&format!("monitoring = {{ purposes = [\"cardiac-risk\"], {figures} }}"))
    };
    let (_, protocol) = MODULES.iter().find(|(name, _)| *name == "protocol").unwrap();
    let text = protocol.replace(delta, &with(concat!(
        "at_most = { insurance-pricing = \"0.5\" }\n",
        "monitoring = { purposes = [\"cardiac-risk\"], epsilon = \"0.1\", from = 2027, until = 2030 }",
    )));
    let module = read("protocol.md", text.as_bytes()).unwrap();
    let said = module.clauses.values().find(|clause| matches!(clause.terms, Terms::Privacy(_)));
    assert_eq!(
        back_translation(said.unwrap()),
        "Each holder of `heart-rows` may spend at most ε = 1 at δ = 0.0001, for ever, where \
         neighbours differ by one person more or less. Of that, at most ε = 0.5 for \
         `insurance-pricing`. For each of the years 2027 to 2030 ε = 0.1 is kept back for queries and \
         evaluations for `cardiac-risk`; what they do not spend stays for them in later years. A query \
         whose figures noise is expected to put off by more than 0.1 is asked with a warning, and by \
         more than 0.25 not at all. No query tells figures of single holders."
    );
    for parts in [
        with("at_most = { cardiac-risk = \"1.1\" }"),
        with("at_most = { cardiac-risk = \"0\" }"),
        watch("epsilon = \"1\", from = 2027, until = 2030"),
        watch("epsilon = \"0.1\", from = 2027, until = 2026"),
        watch("epsilon = \"0.1\", from = 2027, until = 2127"),
        format!(
            "{}\nat_most = {{ cardiac-risk = \"0.5\" }}",
            watch("epsilon = \"0.1\", from = 2027, until = 2030")
        ),
    ] {
        refused("protocol", delta, &parts, &["bad-privacy"]);
    }
    refused("protocol", delta, &with("at_most = { nothing = \"0.5\" }"), &["unknown-reference"]);
    refused("protocol", delta, &with("also = [\"heart-rows\"]"), &["two-of-a-kind"]);
    refused("protocol", delta, &with("also = [\"risk-model\"]"), &["not-a-dataset"]);
}

#[test]
fn a_gate_that_nobody_opens_is_refused() {
    refused("protocol", "at_least = 3", "at_least = 5", &["gate-never-opens"]);
    refused(
        "protocol",
        "permit = \"run.approve\"",
        "permit = \"run.abort\"",
        &["gate-never-opens"],
    );
    refused(
        "release",
        "permit = \"evidence.submit\"",
        "permit = \"release.propose\"",
        &["gate-never-opens"],
    );
    refused(
        "governance",
        "permit = \"motion.vote\"",
        "permit = \"motion.propose\"",
        &["mute-body"],
    );
}

#[test]
fn the_council_has_as_many_votes_of_each_side() {
    let seats = r#"filled_by = ["alder", "birch", "cypress", "dogwood", "lab"]"#;
    let more = r#"filled_by = ["alder", "birch", "cypress", "dogwood", "vendor"]"#;
    refused("parties", seats, more, &["unequal-sides"]);
    refused("governance", "quorum_per_side = 1", "quorum_per_side = 3", &["bad-quorum"]);
}

#[test]
fn a_module_that_does_not_fit_keeps_the_set_out() {
    refused("governance", "version = \"1.0.0\"", "version = \"2.0.0\"", &["version-outside"; 3]);
    refused("release", "\"test-lab\"]\n", "\"labs\"]\n", &["unknown-signer"]);
    refused("governance", "objective = ", "term = ", &["no-objective"]);
    refused("parties", "id = \"operator\"", "id = \"vendor\"", &["used-twice"]);
}

#[test]
fn a_permit_that_a_forbid_swallows_is_pointed_out_and_stands() {
    let (_, found) = changed(
        "data-use",
        "forbid = \"release.propose\"\npurposes = [\"insurance-pricing\"]",
        "forbid = \"release.propose\"",
    )
    .unwrap();
    assert_eq!(codes(&found), ["dead-permit"]);
}

#[test]
fn one_changed_byte_of_prose_is_another_module() {
    let (as_signed, _) = changed("governance", "Objective", "Objective").unwrap();
    let (edited, _) = changed("governance", "cast on each", "given on each").unwrap();
    let id = "governance".parse().unwrap();
    let (a, b) = (&as_signed.modules()[&id], &edited.modules()[&id]);
    assert_ne!(a.digest, b.digest);
    assert_eq!(a.clauses.len(), b.clauses.len());
}

#[test]
fn a_clause_carries_the_paragraphs_above_it() {
    let (agreement, _) = changed("governance", "Objective", "Objective").unwrap();
    let clause = |name: &str| agreement.clause(&name.parse().unwrap()).unwrap().clone();
    let council = clause("governance/council");
    assert!(council.prose.starts_with("The Council is made up of"), "{}", council.prose);
    assert!(
        council.prose.ends_with("for [fourteen days](#council.open_for)."),
        "{}",
        council.prose
    );
    assert!(matches!(council.terms, Terms::Body(_)));
    // Blocks that follow each other share their paragraph.
    assert_eq!(clause("governance/vote").prose, clause("governance/propose-motion").prose);
}

#[test]
fn nothing_assembles_to_no_agreement() {
    assert_eq!(assemble([]), Err(vec![]));
}

#[test]
fn a_value_in_the_prose_is_the_value_of_the_clause_or_nobody_signs() {
    refused("governance", "[fourteen days]", "[ten days]", &["prose-differs"]);
    refused("governance", "#council.open_for", "#council.open", &["link-to-nothing"]);
    refused("governance", "#council.open_for", "#data-use/council.open_for", &["link-to-nothing"]);
}

#[test]
fn common_legal_wording_is_read_as_a_whole() {
    let said = |words: &str| {
        let found = changed("governance", "[fourteen days]", words);
        codes(&found.map_or_else(|found| found, |(_, found)| found))
    };
    for words in ["[fourteen (14) days]", "[14 (fourteen) calendar days]", "[two weeks]"] {
        assert_eq!(said(words), Vec::<&str>::new(), "{words}");
    }
    for words in ["[fourteen (40) days]", "[forty (14) days]", "[fourteen working days]"] {
        assert_eq!(said(words), ["prose-differs"], "{words}");
    }
    for words in ["[ten four days]", "[fourteen days or more]", "[no less than fourteen days]"] {
        assert_eq!(said(words), ["prose-unreadable"], "{words}");
        assert!(changed("governance", "[fourteen days]", words).is_err(), "{words} is signed");
    }
}

#[test]
fn a_link_without_a_dot_leads_to_a_clause_or_a_heading() {
    let title = "# Governance\n";
    assert!(MODULES[1].1.starts_with(title));
    let with = |to: &str| format!("{title}\nSee [it](#{to}).\n");
    for to in ["governance", "council", "governance/council", "data-use/train-on-heart-rows"] {
        let (_, found) = changed("governance", title, &with(to)).unwrap();
        assert_eq!(codes(&found), Vec::<&str>::new(), "{to}");
    }
    for to in ["no-such-clause", "Governance", "data-use/council", "nowhere/council", ""] {
        refused("governance", title, &with(to), &["link-to-nothing"]);
    }
}

#[test]
fn the_words_of_a_link_may_run_over_a_line() {
    let (_, found) = changed("governance", "[fourteen days]", "[fourteen\ndays]").unwrap();
    assert_eq!(codes(&found), Vec::<&str>::new());
}

#[test]
fn row_21_terms_of_data_use_that_lack_one_of_five_are_told() {
    for (line, lacks) in [
        ("derived_owner = [\"data-holder\"]\n", "who owns what is derived from it"),
        (
            "anonymisation = \"differential privacy, as the module Protocol bounds it\"\n",
            "by which standard it is anonymised",
        ),
        ("audit_by = [\"data-holder\", \"test-lab\"]\n", "who may audit its use"),
    ] {
        let (_, found) = changed("data-use", line, "").unwrap();
        let told = found.iter().find(|finding| finding.code == "data-use-incomplete").unwrap();
        assert!(told.what.contains(lacks), "{told}");
    }
    // What for is asked of every asset, before anything else.
    refused("data-use", "purposes = [\"cardiac-risk\"]\n", "", &["missing-field"]);
}
