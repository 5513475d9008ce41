//! No file, however odd, brings the reader down; what is read is what was written.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use concordat_agreement::{
    Facts, Module, Scenario, When, assemble, back_translation, read, scenario_findings,
};
use concordat_terms::Digest;
use proptest::prelude::*;

const MODULES: [&str; 5] = [
    include_str!("../../../examples/heart/parties.md"),
    include_str!("../../../examples/heart/governance.md"),
    include_str!("../../../examples/heart/data-use.md"),
    include_str!("../../../examples/heart/protocol.md"),
    include_str!("../../../examples/heart/release.md"),
];

/// Reads, assembles and shows everything, and checks that places lie within the file.
fn exercise(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (module, found) = match read("m.md", bytes) {
        Ok(module) => {
            assert_eq!(module.digest, Digest::of(bytes));
            module.clauses.values().for_each(|clause| assert!(back_translation(clause).len() > 1));
            let found = module.notes.clone();
            (Some(module), found)
        }
        Err(found) => {
            assert!(!found.is_empty(), "a file is refused for a reason");
            (None, found)
        }
    };
    let assembled = module.map(|module| assemble([module]));
    let more = match assembled {
        Some(Ok((agreement, mut found))) => {
            found.append(&mut scenario_findings(&agreement));
            found
        }
        Some(Err(found)) => found,
        None => Vec::new(),
    };
    for diagnostic in found.iter().chain(&more) {
        assert!(diagnostic.span.line as usize <= text.lines().count() + 1, "{diagnostic}");
        let shown = (diagnostic.span.column - diagnostic.text_column) as usize;
        assert!(shown <= diagnostic.text.chars().count() + 1, "{diagnostic}");
    }
}

proptest! {
    #[test]
    fn random_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        exercise(&bytes);
    }

    #[test]
    fn random_blocks_are_read_or_refused(inner in "[a-z_]{1,9} = [\\[\\]{}\"'\\\\a-zé0-9=,.\n\r# -]{0,80}") {
        exercise(format!("# T\n\n```module\nid = \"m\"\nversion = \"1.0.0\"\nsigners = [\"all\"]\n```\n\n```clause\nid = \"c\"\n{inner}\n```\n").as_bytes());
    }

    #[test]
    fn mutated_modules_are_read_or_refused(
        which in 0..MODULES.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..8),
    ) {
        let mut bytes = MODULES[which].as_bytes().to_vec();
        for (at, byte, kind) in edits {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => { bytes.remove(at); }
                2 => bytes.insert(at, b"\"'\n`=[]{},\\"[usize::from(byte) % 11]),
                _ => { let end = (at + usize::from(byte)).min(bytes.len() - 1); bytes.drain(at..end); }
            }
        }
        exercise(&bytes);
    }

    #[test]
    fn a_condition_is_read_or_refused_and_then_answers(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "place", "party", "run", "asset", ".", "class", "jurisdiction", "jurisdictions",
                "rounds", "contains", "(", ")", "[", "]", "&&", "||", "!", "==", "<", ">=", "2",
                "\"BE\"", "has", "in", "true", ",", "\"", "\\", "}", ";", "99999999999999999999",
            ]),
            0..14,
        ),
    ) {
        let text = words.join(" ");
        if let Ok(when) = When::read(&text) {
            prop_assert_eq!(when.text(), text.as_str());
            let _ = when.holds(&Facts::default());
        }
    }

    #[test]
    fn a_step_is_read_or_refused_and_reads_again_as_it_prints(
        steps in prop::collection::vec(step(), 1..6),
    ) {
        let text = with_scenario(&format!("name = \"s\"\nsteps = \"\"\"\n{}\n\"\"\"\n", steps.join("\n")));
        exercise(text.as_bytes());
        if let Ok(module) = read("m.md", text.as_bytes()) {
            again(&module);
        }
    }
}

/// A module with one scenario, whose block this is.
fn with_scenario(block: &str) -> String {
    let module = "id = \"m\"\nversion = \"1.0.0\"\nsigners = [\"all\"]\n";
    format!("# T\n\n```module\n{module}```\n\n```scenario\n{block}```\n")
}

/// Reading what the scenarios of a module print gives the same scenarios.
fn again(module: &Module) {
    for scenario in &module.scenarios {
        let printed = scenario.print();
        let text = with_scenario(&printed);
        let read = read("m.md", text.as_bytes()).unwrap_or_else(|found| panic!("{found:#?}{text}"));
        let [again] = &read.scenarios[..] else { panic!("{text}") };
        assert_eq!(again.print(), printed);
        assert_eq!((&again.name, &again.after), (&scenario.name, &scenario.after));
        let said = |scenario: &Scenario| -> Vec<String> {
            scenario.steps.iter().map(|step| format!("{step}")).collect()
        };
        assert_eq!(said(again), said(scenario));
    }
}

/// A line that is nearly a step, or is one.
fn step() -> impl Strategy<Value = String> {
    let pick = |words: &'static [&'static str]| prop::sample::select(words);
    (
        pick(&["", "", "2027-01-11", "2027-01-11T14:30", "+P14D", "+PT3H", "2027-13-01", "#", "2"]),
        pick(&["trainer:", "data-holder/alder:", "each holder:", "a :", "2nd:", "signatory:", "a"]),
        pick(&[
            "run.propose",
            "run.open",
            "motion.propose",
            "motion.vote",
            "module.enter",
            "tick",
            "project.charter",
            "dataset.register",
            "evidence.submit",
            "run.close",
            "notice.serve",
        ]),
        pick(&[
            "",
            "",
            "first",
            "a, b",
            "open-it for",
            "m to project.open",
            "m to run.open x",
            "Ä",
        ]),
        pick(&["", "", "on rows", "on rows, model", "on rows,"]),
        pick(&["", "", "for research", "at 2 BE", "at 9 BE", "for a, b at 1 CH"]),
        pick(&[
            "",
            "",
            "with rounds 100",
            "with rounds 10, noise 2.5",
            "with signers 2",
            "with accuracy 0.7, cases 3",
            "with objective a/b",
            "with version 1.1.0",
            "with body b",
        ]),
        pick(&[
            "-> admitted",
            "-> admitted by a/b",
            "-> refused forbidden by c",
            "-> refused by c",
            "-> refused",
            "\n   -> refused run-state",
            "->",
            "",
            "-> admitted # so",
            "-> maybe",
        ]),
    )
        .prop_map(|(a, b, c, d, e, f, g, h)| [a, b, c, d, e, f, g, h].join(" "))
}

#[test]
fn the_examples_scenarios_read_again_as_they_print() {
    let mut scenarios = 0;
    for text in MODULES {
        let module = read("m.md", text.as_bytes()).unwrap();
        scenarios += module.scenarios.len();
        again(&module);
    }
    assert!(scenarios >= 8);
}

#[test]
fn a_nul_is_no_text() {
    let text =
        "# T\n\n```module\nid = \"m\"\nversion = \"1.0.0\"\nsigners = [\"all\"]\n```\n\nA\0b.\n";
    assert_eq!(read("m.md", text.as_bytes()).unwrap_err()[0].code, "no-text");
    assert!(read("m.md", text.replace('\0', "").as_bytes()).is_ok());
}
