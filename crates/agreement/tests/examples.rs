//! Every agreement among the examples could be signed as it stands.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "a test reads the examples from their folders")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use concordat_agreement::{Agreement, assemble, back_translation, clause_kinds, is_module, read};
use concordat_terms::Severity;

/// The examples by the names of their folders.
fn examples() -> Vec<(String, Agreement)> {
    let all = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut found = Vec::new();
    for folder in all.read_dir().unwrap() {
        let folder = folder.unwrap().path();
        let mut modules = Vec::new();
        for file in folder.read_dir().unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "md") {
                continue;
            }
            let (bytes, name) = (std::fs::read(&path).unwrap(), path.display().to_string());
            if is_module(&bytes) {
                modules.push(read(&name, &bytes).unwrap_or_else(|found| panic!("{found:#?}")));
            }
        }
        // Mappings of tables are no agreement.
        if modules.is_empty() {
            continue;
        }
        let (agreement, said) = assemble(modules).unwrap_or_else(|found| panic!("{found:#?}"));
        let bad: Vec<_> = said.into_iter().filter(|d| d.severity != Severity::Note).collect();
        assert!(bad.is_empty(), "{bad:#?}");
        found.push((folder.display().to_string(), agreement));
    }
    found
}

#[test]
fn no_example_has_anything_to_mend_and_together_they_use_every_kind_of_clause() {
    let examples = examples();
    assert!(examples.len() >= 3);
    let used: BTreeSet<&str> = examples
        .iter()
        .flat_map(|(_, a)| a.clauses().map(|(_, clause)| clause.terms.kind()))
        .collect();
    let all: BTreeSet<&str> = clause_kinds().into_iter().map(|kind| kind.word).collect();
    assert_eq!(used, all);
}

#[test]
fn every_clause_of_an_example_is_said_back_in_a_sentence() {
    for (name, agreement) in examples() {
        for (module, clause) in agreement.clauses() {
            let said = back_translation(clause);
            let at = format!("{name}: {}/{}: {said}", module.id, clause.id);
            assert!(said.ends_with('.') && !said.contains("  "), "{at}");
        }
    }
}
