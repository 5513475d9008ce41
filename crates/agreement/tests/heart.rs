//! The example agreement of a cardiac-risk partnership enters into force as it stands.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::PathBuf;

use concordat_agreement::{
    Agreement, Column, ColumnKind, RunKind, assemble, back_translation, is_module, read,
};
use concordat_terms::{ActName, Diagnostic, Severity};

#[expect(clippy::disallowed_methods, reason = "a test reads the example from its folder")]
fn heart() -> (Agreement, Vec<Diagnostic>) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/heart");
    let mut files: Vec<PathBuf> =
        folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut modules = Vec::new();
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "md")) {
        let bytes = std::fs::read(file).unwrap();
        if is_module(&bytes) {
            let name = file.file_name().unwrap().to_str().unwrap();
            let module = read(name, &bytes);
            modules.push(module.unwrap_or_else(|found| panic!("{}", told(&found))));
        }
    }
    assemble(modules).unwrap_or_else(|found| panic!("{}", told(&found)))
}

fn told(found: &[Diagnostic]) -> String {
    found.iter().map(|d| format!("{d}\n\n")).collect()
}

#[test]
fn the_example_agreement_has_nothing_to_mend() {
    let (agreement, found) = heart();
    let bad: Vec<_> = found.into_iter().filter(|d| d.severity != Severity::Note).collect();
    assert!(bad.is_empty(), "{}", told(&bad));
    assert_eq!(agreement.modules().len(), 5);
}

#[test]
fn every_act_from_the_first_place_to_the_release_has_a_permit_for_named_seats() {
    let (agreement, _) = heart();
    let nouns = ["place", "dataset", "code", "project", "run", "evidence", "release"];
    let used = |act: &&ActName| {
        let noun = act.as_str().split('.').next().unwrap_or_default();
        // Its motions are put, voted on and carried out, and nothing else is done with them.
        let motion = ["motion.propose", "motion.vote", "motion.execute"].contains(&act.as_str());
        // Nothing is taken back by it or replied to, and no place stopped or appraised; its code is
        // named in plans.
        let elsewhere = [
            "code.register",
            "project.milestone",
            "place.attest",
            "place.suspend",
            "place.resume",
            "release.rollback",
            "release.retire",
            "evidence.reply",
            "evidence.withdraw",
        ];
        motion || (nouns.contains(&noun) && !elsewhere.contains(&act.as_str()))
    };
    for act in ActName::JUDGED.iter().filter(used) {
        let permits: Vec<_> = agreement.permits(*act).collect();
        assert!(!permits.is_empty(), "{act}");
        assert!(permits.iter().all(|p| !p.terms.by.is_empty()), "{act}");
    }
}

#[test]
fn four_hospitals_hold_the_data_and_all_six_parties_sign_the_release() {
    let (agreement, _) = heart();
    let holders = agreement.parties_of(&"data-holder".parse().unwrap());
    assert_eq!(
        holders.iter().map(|p| p.as_str()).collect::<Vec<_>>(),
        ["alder", "birch", "cypress", "dogwood"]
    );
    let mut proposing = agreement.permits(ActName::RunPropose);
    let ask = proposing.next().unwrap();
    let train = proposing.next().unwrap();
    assert!(proposing.next().is_none());
    assert_eq!(ask.clause.to_string(), "data-use/ask-heart-rows");
    assert_eq!(ask.terms.kinds.iter().collect::<Vec<_>>(), [&RunKind::Query]);
    assert_eq!(train.clause.to_string(), "data-use/train-on-heart-rows");
    assert!(train.terms.kinds.contains(&RunKind::Train));
    let privacy = agreement.privacy(&"heart-rows".parse().unwrap()).unwrap();
    assert_eq!(privacy.terms.epsilon.to_string(), "1");
    let release = &agreement.modules()[&"release".parse().unwrap()];
    let signers: BTreeSet<_> = agreement.signer_parties(release);
    assert_eq!(signers.len(), 6);
}

/// N·units·2^scale·C + 12·σ·C·2^scale·√(N/h) < 2^(b−1): the sum never wraps.
#[test]
fn the_aggregation_ring_is_large_enough() {
    let (agreement, _) = heart();
    let a = agreement.aggregation().unwrap().terms.clone();
    let n = agreement.parties_of(&a.of).len() as f64;
    let h = n - f64::from(a.dropouts) - f64::from(a.colluders);
    let levels = f64::from(a.scale_bits).exp2() * a.clip_most.to_f64();
    let sum = n * f64::from(a.units_per_round) * levels;
    let noise = 12.0 * a.noise_most.to_f64() * levels * (n / h).sqrt();
    assert!(sum + noise < f64::from(a.ring_bits - 1).exp2());
    assert!(levels >= 65_536.0);
}

#[test]
fn every_clause_stands_below_the_sentence_it_enforces() {
    let (agreement, _) = heart();
    for (module, clause) in agreement.clauses() {
        assert!(!clause.prose.is_empty(), "{}/{}", module.id, clause.id);
        let said = back_translation(clause);
        assert!(said.ends_with('.') && said.len() > 20, "{said}");
    }
}

/// What a lawyer compares with the prose above the clause.
#[test]
fn clauses_are_said_back_in_english() {
    let (agreement, _) = heart();
    for (clause, wanted) in [
        (
            "data-use/train-on-heart-rows",
            "`trainer` may do `run.propose` (train) on `heart-rows` or `risk-model` for \
             `cardiac-risk` where `run.participants >= 3 && run.rounds <= 100`.",
        ),
        (
            "data-use/no-insurance-runs",
            "Nobody may do `run.propose` for `insurance-pricing`, whatever a permit says.",
        ),
        (
            "release/tested-and-decided",
            "`release.promote` is of tier 3 and is admitted only when `governance` and `data-use` \
             are in force, evidence by `test-lab`, by the method `pooled-holdout-accuracy`, is at \
             most 90 days old and shows `accuracy` of at least 0.7 and a motion of `council` has \
             succeeded and carries it out, with two thirds of the votes cast on each side.",
        ),
        (
            "protocol/heart-budget",
            "Each holder of `heart-rows` may spend at most ε = 1 at δ = 0.0001, for ever, where \
             neighbours differ by one person more or less. A query whose figures noise is expected to \
             put off by more than 0.1 is asked with a warning, and by more than 0.25 not at all. No \
             query tells figures of single holders.",
        ),
        (
            "protocol/three-approvals",
            "`run.open` is of tier 2 and is admitted only when `governance` and `data-use` are in \
             force and at least 3 parties of `data-holder` have approved.",
        ),
    ] {
        let found = agreement.clause(&clause.parse().unwrap()).unwrap();
        assert_eq!(back_translation(found), wanted);
    }
}

#[test]
fn what_no_clause_enforces_is_listed() {
    let (agreement, _) = heart();
    let governance = &agreement.modules()[&"governance".parse().unwrap()];
    assert_eq!(governance.title, "Governance");
    assert_eq!(governance.not_executable.len(), 2, "{:?}", governance.not_executable);
}

/// Whether a cell is one that the schema lets a holder bring.
fn fits(column: &Column, cell: &str) -> bool {
    if cell.is_empty() {
        return column.optional;
    }
    match column.kind {
        ColumnKind::Text => true,
        ColumnKind::Category => column.levels.iter().any(|level| level.as_str() == cell),
        ColumnKind::Number => {
            cell.parse().is_ok_and(|value| column.min <= Some(value) && Some(value) <= column.max)
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads the example from its folder")]
fn every_table_in_the_example_is_of_the_schema_the_parties_signed() {
    let (agreement, _) = heart();
    let columns = &agreement.asset(&"heart-rows".parse().unwrap()).unwrap().terms.columns;
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/heart/data");
    for holder in agreement.parties_of(&"data-holder".parse().unwrap()) {
        let table = std::fs::read_to_string(folder.join(format!("{holder}.csv"))).unwrap();
        let mut lines = table.lines();
        let header: Vec<&str> = lines.next().unwrap().split(',').collect();
        let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(header, names, "{holder}");
        for line in lines {
            let cells: Vec<&str> = line.split(',').collect();
            assert_eq!(cells.len(), columns.len(), "{line}");
            for (column, cell) in columns.iter().zip(cells) {
                assert!(fits(column, cell), "{holder}: `{cell}` in `{}`", column.name);
            }
        }
    }
}

#[test]
fn a_file_that_is_almost_a_module_is_taken_for_one() {
    for text in
        ["```Module\nid = \"m\"\n```\n", "# T\r\r```clause\rid = \"a\"\r```\r", "- ~~~ clauses\n"]
    {
        assert!(is_module(text.as_bytes()), "{text:?}");
        assert!(read("m.md", text.as_bytes()).is_err(), "{text:?}");
    }
    assert!(!is_module(b"# Attribution\n\n```rust\nfn main() {}\n```\n"));
}
