//! Every code that the command line gives has its place on the page that it names.
#![allow(clippy::disallowed_methods, reason = "a test reads source and page")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn the_page_of_the_command_line_has_an_anchor_for_every_code_and_no_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut codes = BTreeSet::new();
    collect(&root.join("src"), &mut codes);
    let page = fs::read_to_string(root.join("../../docs/reference/problems.md")).unwrap();
    let anchors: BTreeSet<String> =
        page.lines().filter_map(|line| line.strip_prefix("## ").map(str::to_owned)).collect();
    assert_eq!(codes, anchors);
}

/// The first argument of every `Failure::usage`, `refused`, `fault`.
fn collect(dir: &Path, codes: &mut BTreeSet<String>) {
    for item in fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            collect(&path, codes);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for maker in ["usage(", "refused(", "fault("] {
            for of in ["Failure::", "Self::"] {
                for (at, found) in text.match_indices(&format!("{of}{maker}")) {
                    let rest = text[at + found.len()..].trim_start();
                    let code = rest.strip_prefix('"').and_then(|rest| rest.split('"').next());
                    codes.extend(code.map(str::to_owned));
                }
            }
        }
    }
}
