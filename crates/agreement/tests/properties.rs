//! No file, however odd, brings the reader down; what is read is what was written.
#![allow(clippy::unwrap_used, clippy::panic)]

use concordat_agreement::{When, assemble, back_translation, read};
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
        Some(Ok((_, found)) | Err(found)) => found,
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
            let facts = std::collections::BTreeMap::new();
            let _ = when.holds(&facts);
        }
    }
}
