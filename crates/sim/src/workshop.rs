//! The agreement of the workshop: the heart agreement, and a module that lets every seat do every
//! act of the vocabulary, so that every room is entered. The permits are made from the vocabulary.

use std::fmt::Write as _;

use concordat_terms::{ActName, RuledBy};

/// What there is to act about.
const THINGS: &str = include_str!("../agreements/workshop.md");

/// Every seat of it.
const SEATS: &str = r#"["data-holder", "trainer", "test-lab", "council-member", "operator"]"#;

/// The text of the module `workshop`.
pub(crate) fn text() -> String {
    let mut text = THINGS.to_owned();
    for act in ActName::JUDGED.iter().filter(|act| act.ruled_by() == RuledBy::Clauses) {
        let id = act.as_str().replace('.', "-");
        // What is trained on has to have a privacy account.
        let on = match act {
            ActName::RunPropose => "on = [\"heart-rows\", \"risk-model\"]\n",
            _ => "",
        };
        let _ = write!(
            text,
            "\nEvery seat may do what is called `{act}`.\n\n```clause\nid = \"may-{id}\"\npermit = \
             \"{act}\"\nby = {SEATS}\n{on}```\n"
        );
    }
    text
}
