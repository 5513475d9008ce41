//! Versions that must rise: a module enters over another only as a newer one.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use concordat_terms::{Diagnostic, ModuleId};

use crate::Module;
use crate::source::Wrong;

/// Whether a module may take the place of another: its version is higher. What a version says of its
/// build does not count (Semantic Versioning 2.0.0, 10).
pub fn is_newer(new: &Module, old: &Module) -> bool {
    new.version.cmp_precedence(&old.version) == Ordering::Greater
}

/// The modules of `new` whose text is another than in `old` and whose version did not rise: nobody
/// can sign both, and what was signed already cannot be told from it by name and version. Each is
/// an error at the new text's version.
pub fn versions_kept<'a>(
    old: impl IntoIterator<Item = &'a Module>,
    new: impl IntoIterator<Item = &'a Module>,
) -> Vec<Diagnostic> {
    let old: BTreeMap<&ModuleId, &Module> = old.into_iter().map(|m| (&m.id, m)).collect();
    let changed = new.into_iter().filter_map(|is| {
        let was = old.get(&is.id).filter(|was| was.digest != is.digest)?;
        let how = match is.version.cmp_precedence(&was.version) {
            Ordering::Greater => return None,
            Ordering::Equal => format!("keeps version {}", is.version),
            Ordering::Less => format!("goes back from version {} to {}", was.version, is.version),
        };
        let what = format!("module `{}` differs and {how}: nobody can sign both", is.id);
        let hint = format!("raise `version` above {}", was.version);
        Some(is.about_module("version", Wrong::new("version-kept", what, hint)))
    });
    changed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(version: &str, words: &str) -> Module {
        let text = format!(
            "# Care\n\n```module\nid = \"care\"\nversion = \"{version}\"\nsigners = [\"all\"]\n```\n\n{words}\n"
        );
        crate::read("care.md", text.as_bytes()).unwrap()
    }

    #[test]
    fn a_text_that_changed_needs_a_higher_version() {
        let was = module("1.0.0", "All shall be careful.");
        for (version, words, said) in [
            ("1.0.0", "All shall be careful.", None),
            ("1.0.1", "All shall be very careful.", None),
            ("1.0.0", "All may be careless.", Some("differs and keeps version 1.0.0")),
            ("0.9.0", "All may be careless.", Some("goes back from version 1.0.0 to 0.9.0")),
        ] {
            let is = module(version, words);
            let found = versions_kept([&was], [&is]);
            assert_eq!(
                found.first().map(|d| d.what.contains(said.unwrap_or("?"))),
                said.map(|_| true)
            );
            assert!(found.iter().all(|d| d.span.line == 5), "{found:?}");
        }
        assert!(versions_kept([], [&was]).is_empty());
    }
}
