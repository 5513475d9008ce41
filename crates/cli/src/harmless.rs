//! Texts of others, made harmless for a terminal: characters that move the cursor, ring, colour,
//! reorder or vanish are shown as their numbers.

use std::fmt::Write as _;

use concordat_terms::steers;

/// A text of several lines: line feeds and tabs stay, whatever else steers is shown.
pub(crate) fn lines(text: &str) -> String {
    shown(text, |c| c == '\n' || c == '\t')
}

/// A text that is to stay one line.
pub(crate) fn line(text: &str) -> String {
    shown(text, |_| false)
}

fn shown(text: &str, stays: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            _ if stays(c) || !steers(c) => out.push(c),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            _ => {
                let _infallible = write!(out, "\\u{{{:x}}}", c as u32);
            }
        }
    }
    out
}

/// JSON with the same characters in its own notation: outside of strings it has none of them.
pub(crate) fn in_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if steers(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _infallible = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_gets_through() {
        let hostile = "a\u{1b}[2J\u{7}\u{9b}31m\u{202e}txt\u{2066}\u{200b}\u{e0041}\r\nb\tc é 数";
        let told = lines(hostile);
        assert!(told.chars().all(|c| c == '\n' || c == '\t' || !steers(c)), "{told:?}");
        assert!(told.starts_with(r"a\u{1b}[2J\u{7}\u{9b}31m\u{202e}txt\u{2066}"), "{told}");
        assert!(told.ends_with("\\u{d}\nb\tc é 数"), "{told}");
        assert!(line(hostile).ends_with(r"\u{d}\nb\tc é 数"));
    }

    #[test]
    fn json_says_the_same_with_other_characters() {
        let hostile = "\u{1b}\u{9b}\u{202e}\u{e0041}\"\\é";
        let json = in_json(&serde_json::to_string(hostile).unwrap());
        assert!(!json.chars().any(steers), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), hostile);
    }
}
