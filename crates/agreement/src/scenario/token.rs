//! The lines of a scenario as words, each with its place.

use std::ops::Range;

use crate::source::Wrong;

use super::step::Fault;

/// What divides the act from its verdict.
pub(super) const ARROW: &str = "->";

/// One word of a step, or a sign between words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) text: &'t str,
    /// Its bytes in the text of the steps.
    pub(super) range: Range<usize>,
}

/// The longest line: places are counted from its start.
const LINE_MOST: usize = 1000;

/// The most words of one step.
const WORDS_MOST: usize = 400;

/// The steps as lists of words: comments and empty lines left out, and a line that begins with
/// `->` joined to the line above.
pub(super) fn lines(text: &str) -> Vec<Result<Vec<Token<'_>>, Fault>> {
    let mut found: Vec<Result<Vec<Token<'_>>, Fault>> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let tokens = words(line, start);
        match (tokens.first(), found.last_mut()) {
            _ if line.len() > LINE_MOST => found.push(Err((start..start + 1, too_long()))),
            (None, _) => {}
            (Some(first), Some(Ok(above))) if first.text == ARROW => above.extend(tokens),
            _ => found.push(Ok(tokens)),
        }
        if let Some(step) = found.last_mut()
            && let Ok(tokens) = &step
            && tokens.len() > WORDS_MOST
        {
            *step = Err((start..start + 1, too_long()));
        }
        start += line.len();
    }
    found
}

fn too_long() -> Wrong {
    let what = format!("a line has at most {LINE_MOST} bytes, and a step {WORDS_MOST} words");
    Wrong::new("bad-step", what, "write several steps")
}

fn words(line: &str, start: usize) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = line.get(at..) {
        at += rest.len() - rest.trim_start().len();
        let rest = rest.trim_start();
        if rest.is_empty() || rest.starts_with('#') {
            break;
        }
        let length = word(rest);
        if let Some(text) = rest.get(..length) {
            found.push(Token { text, range: start + at..start + at + length });
        }
        at += length;
    }
    found
}

/// How long the first word of a text is: to the next blank, comma, colon or arrow.
fn word(text: &str) -> usize {
    if text.starts_with(ARROW) {
        return ARROW.len();
    }
    if text.starts_with([',', ':']) {
        return 1;
    }
    let end = text.find(|c: char| c.is_whitespace() || c == ',').unwrap_or(text.len());
    let end = text.find(ARROW).map_or(end, |arrow| arrow.min(end));
    let word = text.get(..end).unwrap_or_default();
    // The colon of `14:30` divides nothing.
    let digit = |at: usize| word.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let colon = word.match_indices(':').map(|(at, _)| at);
    let mut colon = colon.filter(|at| !(digit(at.saturating_sub(1)) && digit(at + 1)));
    colon.next().unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<Vec<String>> {
        let words = |line: Vec<Token<'_>>| line.iter().map(|t| t.text.to_owned()).collect();
        lines(text).into_iter().map(|line| words(line.unwrap())).collect()
    }

    #[test]
    fn signs_stand_for_themselves_and_a_comment_ends_a_line() {
        assert_eq!(
            texts("\n # all\n2027-01-11T14:30 a/b: run.open x on y,z->admitted # now\n"),
            [[
                "2027-01-11T14:30",
                "a/b",
                ":",
                "run.open",
                "x",
                "on",
                "y",
                ",",
                "z",
                "->",
                "admitted"
            ]]
        );
        assert_eq!(texts("a : b\n  -> c\nd"), [vec!["a", ":", "b", "->", "c"], vec!["d"]]);
        assert_eq!(texts(":: , #"), [[":", ":", ","]]);
        assert_eq!(texts("a:b"), [["a", ":", "b"]]);
    }

    #[test]
    fn a_line_or_a_step_without_end_is_refused() {
        assert!(lines(&"x".repeat(1001)).iter().all(Result::is_err));
        let long = "a ".repeat(300);
        assert!(lines(&format!("{long}\n-> {long}\n-> b\nc"))[0].is_err());
        assert_eq!(lines(&"# ".repeat(400)).len(), 0);
    }

    #[test]
    fn places_are_bytes_of_the_text() {
        let text = "é: x\n -> ü\n";
        for token in lines(text).into_iter().flat_map(Result::unwrap) {
            assert_eq!(&text[token.range.clone()], token.text);
        }
    }
}
