//! What holds of every file and every set of files, however odd. A panic is a finding.

use concordat_agreement::effect::effect;
use concordat_agreement::{Agreement, Module, assemble, back_translation, read};
use concordat_terms::{Diagnostic, Digest};

/// The line between two files of one input.
pub const BETWEEN: &[u8] = b"\n%%%\n";

/// The most files that one input is cut into.
pub const FILES_MAX: usize = 12;

/// Reads one file; whether it is a module.
pub fn module(bytes: &[u8]) -> bool {
    let module = one("m.md", bytes);
    module.iter().for_each(reprinted);
    module.is_some()
}

/// Reads several files and asks what can be asked of them together; whether they are an agreement.
pub fn agreement(bytes: &[u8]) -> bool {
    let mut modules = Vec::new();
    for (index, file) in files(bytes).iter().enumerate() {
        let Some(module) = one(&format!("{index}.md"), file) else { return false };
        modules.push(module);
    }
    let Some(whole) = together(modules.clone(), bytes.len()) else { return false };
    assert!(effect(&whole, &whole).is_empty(), "an agreement differs from itself");
    // Without one of its clauses it is another agreement, or none.
    if let Some(last) = modules.last_mut()
        && let Some(clause) = last.clauses.keys().next_back().cloned()
    {
        last.clauses.remove(&clause);
        if let Some(less) = together(modules, bytes.len()) {
            let (gone, back) = (effect(&whole, &less), effect(&less, &whole));
            assert_eq!(gone.is_empty(), back.is_empty(), "a change is one both ways");
        }
    }
    true
}

/// An input as files.
pub fn files(bytes: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while found.len() + 1 < FILES_MAX
        && let Some(at) = rest.windows(BETWEEN.len()).position(|window| window == BETWEEN)
    {
        found.push(&rest[..=at]);
        rest = &rest[at + BETWEEN.len()..];
    }
    found.push(rest);
    found
}

fn one(name: &str, bytes: &[u8]) -> Option<Module> {
    match read(name, bytes) {
        Ok(module) => {
            assert_eq!(module.digest, Digest::of(bytes));
            assert!(module.clauses.values().all(|clause| back_translation(clause).len() > 1));
            placed(&module.notes, bytes.len());
            Some(module)
        }
        Err(found) => {
            assert!(!found.is_empty(), "a file is refused for a reason");
            placed(&found, bytes.len());
            None
        }
    }
}

fn together(modules: Vec<Module>, bytes: usize) -> Option<Agreement> {
    match assemble(modules) {
        Ok((agreement, found)) => {
            placed(&found, bytes);
            Some(agreement)
        }
        Err(found) => {
            placed(&found, bytes);
            None
        }
    }
}

/// Every finding is somewhere in the file, and can be shown.
fn placed(found: &[Diagnostic], bytes: usize) {
    for finding in found {
        assert!(finding.span.line as usize <= bytes + 1, "{finding}");
        let shown = finding.text_column as usize + finding.text.chars().count();
        assert!(finding.span.column as usize <= shown, "{finding}");
        assert!(!finding.what.is_empty() && !finding.hint.is_empty(), "{finding}");
    }
}

/// Clauses that are printed and read again say the same.
fn reprinted(module: &Module) {
    let mut text =
        "```module\nid = \"m\"\nversion = \"1.0.0\"\nsigners = [\"all\"]\n```\n".to_owned();
    for clause in module.clauses.values() {
        text.push_str(&format!("\n```clause\n{}```\n", clause.print()));
    }
    let again = match read("m.md", text.as_bytes()) {
        Ok(again) => again,
        Err(found) if found.iter().all(|finding| finding.code == "too-long") => return,
        Err(found) => panic!("{text}\n{}", found[0]),
    };
    assert_eq!(again.clauses.len(), module.clauses.len(), "{text}");
    for (id, clause) in &module.clauses {
        let same = again.clauses.get(id);
        assert_eq!(same.map(|same| &same.terms), Some(&clause.terms), "{text}");
        assert_eq!(same.map(|same| &same.standing), Some(&clause.standing), "{text}");
    }
}
