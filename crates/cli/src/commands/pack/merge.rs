//! Two sets of changes to one text, line by line: what both of them leave alone stays, what one
//! changes is changed, and where they touch each other somebody has to decide.

use std::ops::Range;

use similar::{DiffTag, TextDiff};

/// A text with both changes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Merged {
    /// The text; where the two clash, it has the parties' lines.
    pub(super) text: String,
    /// Where they clash.
    pub(super) clashes: Vec<Clash>,
}

/// Lines that both sides changed, and differently.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(super) struct Clash {
    /// The line of the merged text at which the parties' lines begin.
    pub(super) line: usize,
    /// As the parties have them.
    pub(super) stands: String,
    /// As the newer pack has them.
    pub(super) offered: String,
}

/// What one side puts in the place of lines of the base.
struct Hunk {
    base: Range<usize>,
    with: String,
}

/// Merges the changes from `base` to `theirs` into `ours`.
pub(super) fn merge(base: &str, ours: &str, theirs: &str) -> Merged {
    let lines: Vec<&str> = base.split_inclusive('\n').collect();
    let (mut mine, mut other) =
        (hunks(base, ours).into_iter().peekable(), hunks(base, theirs).into_iter().peekable());
    let mut merged = Merged { text: String::new(), clashes: Vec::new() };
    let mut at = 0;
    loop {
        let next = [mine.peek(), other.peek()].into_iter().flatten().map(|hunk| hunk.base.start);
        let Some(start) = next.min() else { break };
        merged.text.extend(lines.get(at..start).unwrap_or_default().iter().copied());
        // Whatever overlaps or touches is one place.
        let mut end = start;
        let (mut from_mine, mut from_other) = (Vec::new(), Vec::new());
        loop {
            let near = |hunk: &Hunk| hunk.base.start <= end;
            let taken = match (mine.next_if(near), other.next_if(near)) {
                (None, None) => break,
                (one, two) => [one.map(|h| (h, true)), two.map(|h| (h, false))],
            };
            for (hunk, is_mine) in taken.into_iter().flatten() {
                end = end.max(hunk.base.end);
                if is_mine { from_mine.push(hunk) } else { from_other.push(hunk) }
            }
        }
        let stands = applied(&lines, start..end, &from_mine);
        let offered = applied(&lines, start..end, &from_other);
        if !from_mine.is_empty() && !from_other.is_empty() && stands != offered {
            let line = merged.text.matches('\n').count() + 1;
            merged.clashes.push(Clash { line, stands: stands.clone(), offered });
            merged.text.push_str(&stands);
        } else {
            merged.text.push_str(if from_mine.is_empty() { &offered } else { &stands });
        }
        at = end;
    }
    merged.text.extend(lines.get(at..).unwrap_or_default().iter().copied());
    merged
}

fn hunks(base: &str, new: &str) -> Vec<Hunk> {
    let diff = TextDiff::from_lines(base, new);
    let lines: Vec<&str> = new.split_inclusive('\n').collect();
    let changed = diff.ops().iter().filter(|op| op.tag() != DiffTag::Equal);
    let hunk = |op: &similar::DiffOp| Hunk {
        base: op.old_range(),
        with: lines.get(op.new_range()).unwrap_or_default().concat(),
    };
    changed.map(hunk).collect()
}

/// Lines of the base with some of its hunks.
fn applied(lines: &[&str], range: Range<usize>, hunks: &[Hunk]) -> String {
    let mut text = String::new();
    let mut at = range.start;
    for hunk in hunks {
        text.push_str(&lines.get(at..hunk.base.start).unwrap_or_default().concat());
        text.push_str(&hunk.with);
        at = hunk.base.end;
    }
    text.push_str(&lines.get(at..range.end).unwrap_or_default().concat());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n";

    fn merged(ours: &str, theirs: &str) -> (String, Vec<(usize, String, String)>) {
        let Merged { text, clashes } = merge(BASE, ours, theirs);
        (text, clashes.into_iter().map(|c| (c.line, c.stands, c.offered)).collect())
    }

    #[test]
    fn changes_in_different_places_are_both_made() {
        let ours = BASE.replace("two", "2");
        let theirs = BASE.replace("six\n", "").replace("four", "4\n4a") + "eight\n";
        let both = "one\n2\nthree\n4\n4a\nfive\nseven\neight\n".to_owned();
        assert_eq!(merged(&ours, &theirs), (both.clone(), Vec::new()));
        assert_eq!(merged(&theirs, &ours).0, both);
    }

    #[test]
    fn one_side_alone_is_taken_as_it_is_and_the_same_change_once() {
        let new = BASE.replace("three", "3").replace("seven\n", "");
        for (ours, theirs) in [(BASE, &*new), (&new, BASE), (&new, &new)] {
            assert_eq!(merged(ours, theirs), (new.clone(), Vec::new()));
        }
    }

    #[test]
    fn where_both_change_the_same_lines_the_parties_lines_stay_and_the_clash_is_told() {
        let (ours, theirs) = (BASE.replace("four", "IV"), BASE.replace("four\nfive", "4\n5"));
        let clash = (4, "IV\nfive\n".to_owned(), "4\n5\n".to_owned());
        assert_eq!(merged(&ours, &theirs), (ours.clone(), vec![clash]));
    }

    #[test]
    fn a_text_without_a_last_line_end_keeps_its_end() {
        let base = "a\nb";
        assert_eq!(merge(base, "a\nb", "A\nb").text, "A\nb");
        // With a line between them the two changes do not touch.
        assert_eq!(merge("a\nx\nb", "a\nx\nb\n", "A\nx\nb").text, "A\nx\nb\n");
    }
}
