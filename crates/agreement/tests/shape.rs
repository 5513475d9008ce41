//! What is printed reads back alike, for every kind of clause and every field.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;

use concordat_agreement::{
    Clause, ClauseKind, FieldShape, Need, clause_kinds, read, standing_fields,
};
use proptest::prelude::*;

fn module(block: &str) -> String {
    format!(
        "# T\n\n```module\nid = \"m\"\nversion = \"1.0.0\"\nsigners = [\"all\"]\n```\n\n\
         Text.\n\n```clause\n{block}```\n"
    )
}

fn only_clause(block: &str) -> Clause {
    let module = read("m.md", module(block).as_bytes())
        .unwrap_or_else(|found| panic!("{block}\n{}", found.first().unwrap()));
    Arc::unwrap_or_clone(module.clauses.into_values().next().unwrap())
}

/// A block of this kind with the fields that `choose` picks, each with one of its examples.
fn block(kind: &ClauseKind, mut choose: impl FnMut(&FieldShape) -> Option<usize>) -> String {
    let standing = standing_fields();
    let mut text = "id = \"c\"\n".to_owned();
    for (index, field) in kind.fields.iter().chain(&standing).enumerate() {
        let permit_by = kind.word == "permit" && field.name == "by";
        let must = index == 0 || field.need == Need::Always || permit_by;
        let Some(example) = choose(field).or(must.then_some(0)) else { continue };
        let example = &field.examples[example % field.examples.len()];
        text.push_str(&format!("{} = {example}\n", field.name));
    }
    text
}

fn reads_back(block: &str) {
    let clause = only_clause(block);
    let printed = clause.print();
    let again = only_clause(&printed);
    assert_eq!(again.terms, clause.terms, "{block}\n{printed}");
    assert_eq!(again.standing, clause.standing, "{block}\n{printed}");
    assert_eq!(again.print(), printed, "one clause has one print");
}

#[test]
fn every_example_of_every_field_of_every_kind_reads() {
    assert!(clause_kinds().len() >= 26);
    for kind in clause_kinds() {
        reads_back(&block(&kind, |_| None));
        for field in kind.fields.iter().chain(&standing_fields()) {
            for example in 0..field.examples.len() {
                reads_back(&block(&kind, |f| (f.name == field.name).then_some(example)));
            }
        }
    }
}

#[test]
fn a_needed_field_that_is_left_out_is_missed_by_name() {
    for kind in clause_kinds() {
        let whole = block(&kind, |_| None);
        for field in kind.fields.iter().skip(1).filter(|f| f.need == Need::Always) {
            let without: String = whole
                .lines()
                .filter(|line| !line.starts_with(&format!("{} = ", field.name)))
                .map(|line| format!("{line}\n"))
                .collect();
            let found = read("m.md", module(&without).as_bytes()).unwrap_err();
            assert_eq!(found[0].what, format!("`{}` is missing", field.name), "{without}");
        }
    }
}

proptest! {
    #[test]
    fn parsing_what_was_printed_gives_the_same_clause(
        kind in 0..clause_kinds().len(),
        picks in prop::collection::vec(prop::option::of(0..8_usize), 40),
    ) {
        let mut picks = picks.into_iter();
        reads_back(&block(&clause_kinds()[kind], |_| picks.next().flatten()));
    }
}
