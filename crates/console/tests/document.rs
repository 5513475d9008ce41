//! The agreement on paper: well-formed, complete, harmless, and the same bytes wherever it is made.
//!
//! Every page is also written below `target/tmp/console`, to be looked at.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::disallowed_methods, reason = "examples and goldens are files")]

mod html;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use concordat_agreement::{Agreement, assemble, back_translation, is_module, read};
use concordat_console::document::document;
use concordat_terms::{ClauseRef, steers};
use html::{balanced, harmless, write_down};

const EXAMPLES: [&str; 3] = ["allocation", "heart", "imagery"];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name)
}

/// The texts of a folder's modules.
fn texts(folder: &Path) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.extend(is_module(text.as_bytes()).then_some(text));
        }
    }
    found.sort();
    found
}

fn agreed(texts: &[String]) -> Agreement {
    let modules = texts.iter().enumerate().map(|(at, text)| {
        read(&format!("{at}.md"), text.as_bytes()).unwrap_or_else(|found| panic!("{found:?}"))
    });
    assemble(modules).unwrap_or_else(|found| panic!("{found:?}")).0
}

fn example(name: &str) -> Agreement {
    agreed(&texts(&folder(name)))
}

#[test]
fn the_document_of_every_example_is_well_formed_and_harmless() {
    for name in EXAMPLES {
        let page = document(&example(name));
        write_down(&format!("document-{name}.html"), &page);
        let elements = balanced(&page).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        harmless(name, &elements);
        let count = |tag: &str| elements.iter().filter(|e| e.tag == tag).count();
        for once in ["html", "head", "title", "style", "body", "header", "nav", "main", "h1"] {
            assert_eq!(count(once), 1, "{name}: <{once}>");
        }
        assert!(!page.contains("<script") && page.contains("default-src 'none'"), "{name}");
        let ids: BTreeSet<&str> = elements.iter().filter_map(|e| e.attribute("id")).collect();
        for element in &elements {
            if let Some(to) = element.attribute("href") {
                let inside = to.strip_prefix('#').unwrap_or_else(|| panic!("{name}: {to}"));
                assert!(ids.contains(inside), "{name}: {to} leads nowhere");
            }
            if element.tag == "th" {
                assert!(element.attribute("scope").is_some(), "{name}: a head without a scope");
            }
        }
        assert!(page.ends_with("</html>\n") && !page.chars().any(|c| c != '\n' && steers(c)));
    }
}
