//! One agreement in several languages: the clauses are the same, and one language prevails.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use concordat_agreement::{Agreement, Module, assemble, read};
use concordat_terms::{Diagnostic, Severity};
use proptest::prelude::*;

const HEAD: &str = "# Beds\n\n```module\nid = \"beds\"\nversion = \"1.0.0\"\nsigners = [\"all\"]\n```\n\n\
## Who\n\n```clause\nid = \"goal\"\nobjective = \"beds are there when they are needed\"\n```\n\n\
```clause\nid = \"alder\"\nparty = \"Alder (example)\"\nside = \"public\"\njurisdictions = [\"BE\"]\n```\n\n\
```clause\nid = \"holder\"\nseat = \"Holder\"\nfilled_by = [\"alder\"]\n```\n\n\
```clause\nid = \"report-it\"\npermit = \"objective.report\"\nby = \"holder\"\n```\n\n";

const CLAUSES: &str = "```clause\nid = \"report\"\nduty = \"report\"\nowner = \"holder\"\nto = \"holder\"\n\
due = { after = \"in-force\", period = \"P30D\" }\ndischarged_by = \"objective.report\"\n```\n\n\
```clause\nid = \"bed\"\nterm = \"bed\"\n```\n\n";

const INSTRUMENT: &str = "## Instrument\n\n```clause\nid = \"instrument\"\ninstrument = \"Beds\"\n\
governing_law = \"none\"\nforum = \"none\"\nlanguage = \"en\"\nlanguages = [\"fr\", \"nl\"]\n```\n";

fn module(prose: &str) -> Module {
    let text = format!("{HEAD}## Reports\n\n{prose}\n{CLAUSES}{INSTRUMENT}");
    read("beds.md", text.as_bytes()).unwrap_or_else(|found| panic!("{found:#?}\n{text}"))
}

fn agreed(prose: &str) -> (Agreement, Vec<Diagnostic>) {
    assemble([module(prose)]).unwrap_or_else(|found| panic!("{found:#?}"))
}

fn weighty(found: &[Diagnostic]) -> Vec<&'static str> {
    let found = found.iter().filter(|finding| finding.severity != Severity::Note);
    found.map(|finding| finding.code).collect()
}

const ENGLISH: &str = "The Holder reports within [30 days](#report.due.period).\n";
const FRENCH: &str =
    "\n```prose fr\nLe Détenteur rend compte dans les [30 jours](#report.due.period).\n```\n";
const DUTCH: &str =
    "\n```prose nl\nDe Houder brengt binnen [30 dagen](#report.due.period) verslag uit.\n```\n";

#[test]
fn row_31_prose_stands_in_several_languages_above_the_same_clauses() {
    let (agreement, found) = agreed(&format!("{ENGLISH}{FRENCH}{DUTCH}"));
    assert_eq!(weighty(&found), Vec::<&str>::new(), "{found:#?}");
    let module = &agreement.modules()[&"beds".parse().unwrap()];
    let clause = |id: &str| &module.clauses[&id.parse().unwrap()];
    // Clauses that share the paragraphs share what they are in other languages.
    for id in ["report", "bed"] {
        let clause = clause(id);
        assert_eq!(&*clause.prose, ENGLISH.trim());
        let languages: Vec<&String> = clause.translations.keys().collect();
        assert_eq!(languages, ["fr", "nl"]);
        assert!(clause.translations["fr"].starts_with("Le Détenteur"));
    }
    assert!(clause("instrument").translations.is_empty());
    // One core: what is enforced is what it was in one language.
    let (plain, _) = agreed(ENGLISH);
    let terms = |agreement: &Agreement| -> Vec<String> {
        agreement.clauses().map(|(_, clause)| clause.print()).collect()
    };
    assert_eq!(terms(&agreement), terms(&plain));
    assert_eq!(agreement.instrument().unwrap().terms.language, "en");
}

#[test]
fn row_31_what_is_not_there_in_a_language_that_is_named_is_told() {
    let (_, found) = agreed(&format!("{ENGLISH}{FRENCH}"));
    // Nothing is in Dutch: the text may stand outside.
    assert_eq!(weighty(&found), Vec::<&str>::new(), "{found:#?}");
    let second = "## More\n\nBeds are counted daily.\n\n```clause\nid = \"daily\"\nterm = \"daily\"\n```\n\n";
    let text = format!("{HEAD}## Reports\n\n{ENGLISH}{FRENCH}\n{CLAUSES}{second}{INSTRUMENT}");
    let (_, found) = assemble([read("beds.md", text.as_bytes()).unwrap()]).unwrap();
    assert_eq!(weighty(&found), ["language-missing"], "{found:#?}");
}

#[test]
fn row_31_a_number_that_another_language_says_otherwise_is_told() {
    let (_, found) = agreed(&format!("{ENGLISH}{}", FRENCH.replace("30 jours", "60 jours")));
    assert_eq!(weighty(&found), ["languages-differ"], "{found:#?}");
}

#[test]
fn another_language_changes_no_paragraph_that_prevails() {
    let both = module(&format!("{ENGLISH}{FRENCH}\nSo it is.\n\n- a list\n"));
    let one = module(&format!("{ENGLISH}\nSo it is.\n\n- a list\n"));
    let prose = |module: &Module| module.clauses[&"bed".parse().unwrap()].prose.to_string();
    assert_eq!(prose(&both), prose(&one));
    assert_eq!(both.not_executable.len(), one.not_executable.len());
    // A block of ours within it is none of ours.
    let quoted = "\n````prose fr\nAvant.\n\n```clause\nid = \"goal\"\n```\n````\n";
    assert_eq!(module(&format!("{ENGLISH}{quoted}")).clauses.len(), one.clauses.len());
}

proptest! {
    /// Whatever prose stands in another language is read as it was written, and reads again alike.
    #[test]
    fn prose_in_another_language_is_read_as_it_was_written(
        lines in prop::collection::vec("[ -_a-~é]{0,30}", 1..6),
    ) {
        let said = lines.join("\n");
        prop_assume!(!said.trim().is_empty() && !said.contains("~~~~") && !said.contains("]("));
        let read = module(&format!("{ENGLISH}\n~~~~prose fr\n{said}\n~~~~\n"));
        let clause = &read.clauses[&"report".parse().unwrap()];
        prop_assert_eq!(clause.translations["fr"].as_str(), said.trim());
        let again = module(&format!("{ENGLISH}\n~~~~prose fr\n{}\n~~~~\n", clause.translations["fr"]));
        let own = &again.clauses[&"report".parse().unwrap()];
        prop_assert_eq!(&own.translations, &clause.translations);
        prop_assert_eq!(own.print(), clause.print());
    }
}
