//! Characters of a text that its reader does not see.

use crate::{steers, unseen};

/// The characters of a text that [`steers`] or [`unseen`] tells, each with its place in bytes.
///
/// Ends of lines and tabs are not among them, and neither are joiners that a script spells with.
pub fn hidden(text: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    let mut before = None;
    text.char_indices().filter(move |(at, c)| {
        let before = before.replace(*c);
        let after = || text.get(at + c.len_utf8()..).and_then(|rest| rest.chars().next());
        let plain = matches!(c, '\n' | '\r' | '\t');
        !plain && (steers(*c) || unseen(*c)) && !joins(before, *c, after)
    })
}

/// Whether a joiner stands between letters or marks of Syriac, Arabic, Mongolian and the scripts of
/// India and its neighbours (RFC 5892, appendix A.1 and A.2, by blocks).
fn joins(before: Option<char>, c: char, after: impl FnOnce() -> Option<char>) -> bool {
    let spells = |c: char| {
        matches!(c, '\u{600}'..='\u{109f}' | '\u{1780}'..='\u{18af}' | '\u{a840}'..='\u{a87f}'
            | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
            && !unseen(c)
    };
    matches!(c, '\u{200c}' | '\u{200d}')
        && before.is_some_and(spells)
        && after().is_some_and(spells)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_words_round_or_takes_no_room_is_found_and_what_spells_is_not() {
        let found = |text: &str| hidden(text).collect::<Vec<_>>();
        assert_eq!(found("pay \u{202e}001\u{202c}\n"), [(4, '\u{202e}'), (10, '\u{202c}')]);
        assert_eq!(found("a\u{200b}b\u{1b}"), [(1, '\u{200b}'), (5, '\u{1b}')]);
        assert_eq!(found("a\tb\r\n\n"), []);
        // A joiner belongs to a Persian word, and hides in an English one.
        assert_eq!(found("\u{645}\u{6cc}\u{200c}\u{62e}"), []);
        assert_eq!(found("no\u{200d}w"), [(2, '\u{200d}')]);
    }
}
