//! Places in a text, and findings about them.

use std::fmt;

use serde::Serialize;

/// A place in one file: line and column count from 1, in characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Span {
    /// The file as the user named it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// How many characters to underline, at least 1.
    pub length: u32,
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The agreement cannot enter into force.
    Error,
    /// It can, and somebody should look.
    Warning,
    /// For information.
    Note,
}

/// One finding about a text: where, what is wrong, how to mend it. However long the line and the
/// words, a finding is small: [`Diagnostic::new`] keeps what is shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Diagnostic {
    /// Where.
    pub span: Span,
    /// How much it weighs.
    pub severity: Severity,
    /// Stable kebab-case name.
    pub code: &'static str,
    /// The offending line of the text, shown above the underline; of a line of more than 160
    /// characters those around the place, with `…` where it goes on.
    pub text: String,
    /// The column of the line at which `text` begins, from 1.
    pub text_column: u32,
    /// What is wrong.
    pub what: String,
    /// How to mend it, in the imperative.
    pub hint: String,
}

/// How many characters of a line are shown.
const EXCERPT_MOST: usize = 160;

/// How many characters of what is wrong, and of how to mend it, are kept.
const WORDS_MOST: usize = 1_000;

impl Diagnostic {
    /// A finding about a place in `line`.
    pub fn new(
        span: Span,
        severity: Severity,
        code: &'static str,
        line: &str,
        what: &str,
        hint: &str,
    ) -> Self {
        let (text, text_column) = excerpt(line, &span);
        let (what, hint) = (cut(what), cut(hint));
        Self { span, severity, code, text, text_column, what, hint }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let number = self.span.line.to_string();
        let gutter = " ".repeat(number.len());
        let text: Vec<char> = self.text.chars().map(seen).collect();
        let before = self.span.column.saturating_sub(self.text_column) as usize;
        let lead = text.iter().chain(std::iter::repeat(&' ')).take(before);
        let lead: String = lead.map(|c| if *c == '\t' { '\t' } else { ' ' }).collect();
        let room = if text.len() > EXCERPT_MOST {
            let shown = EXCERPT_MOST + usize::from(text.first() == Some(&'…'));
            shown.saturating_sub(before).max(1)
        } else {
            usize::MAX
        };
        let marks = "^".repeat((self.span.length.max(1) as usize).min(room));
        writeln!(f, "{word}: {}", self.what)?;
        writeln!(f, "{gutter}--> {}", self.span)?;
        writeln!(f, "{number} | {}", text.iter().collect::<String>())?;
        writeln!(f, "{gutter} | {lead}{marks}")?;
        writeln!(f, "hint: {}", self.hint)?;
        write!(f, "see: docs/reference/diagnostics.md#{}", self.code)
    }
}

/// What is shown of a line, and the column at which it begins: the line itself if it is short,
/// else what stands around the place. A `…` stands for the character beside it.
fn excerpt(line: &str, span: &Span) -> (String, u32) {
    let length = line.chars().count();
    if length <= EXCERPT_MOST {
        return (line.to_owned(), 1);
    }
    // Room before the place for what leads to it; the rest is for what follows.
    let column = span.column.saturating_sub(1) as usize;
    let start = column.saturating_sub(EXCERPT_MOST / 2).min(length - EXCERPT_MOST);
    let before = if start > 0 { "…" } else { "" };
    let after = if start + EXCERPT_MOST < length { "…" } else { "" };
    let shown: String = line.chars().skip(start).take(EXCERPT_MOST).collect();
    let from = start + 1 - usize::from(start > 0);
    (format!("{before}{shown}{after}"), u32::try_from(from).unwrap_or(u32::MAX))
}

fn cut(words: &str) -> String {
    match words.char_indices().nth(WORDS_MOST) {
        Some((at, _)) => format!("{}…", words.get(..at).unwrap_or_default()),
        None => words.to_owned(),
    }
}

/// One visible character for one character, so that the marks stand below what they are about.
fn seen(c: char) -> char {
    match c {
        '\t' => c,
        '\0'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        _ if steers(c) => '\u{fffd}',
        _ => c,
    }
}

/// Whether a character moves the cursor of a terminal, rings, colours, reorders or is not seen:
/// controls (C0, DEL, C1), separators of lines, notes between lines, and what is [`unseen`].
///
/// Joiners (U+200C, U+200D) are not among them: scripts need them.
pub fn steers(c: char) -> bool {
    let joiner = matches!(c, '\u{200c}' | '\u{200d}');
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}')
        || unseen(c) && !joiner
}

/// Whether a character takes no room, or is blank and no space: who reads does not know that it is
/// there.
///
/// The first are those with the property Default_Ignorable_Code_Point (Unicode 16.0,
/// DerivedCoreProperties.txt), marks of direction, joiners, variation selectors, Hangul fillers and
/// tags among them. The others are signs whose picture is empty: the braille pattern without a dot
/// (U+2800), the Khitan filler (U+16FE4) and the null notehead (U+1D159).
pub fn unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || matches!(c, '\u{2800}' | '\u{16fe4}' | '\u{1d159}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, column: u32, length: u32) -> Vec<String> {
        let span = Span { file: "a.md".to_owned(), line: 7, column, length };
        let finding = Diagnostic::new(span, Severity::Error, "unknown-kind", text, "what", "hint");
        finding.to_string().lines().skip(2).take(2).map(str::to_owned).collect()
    }

    #[test]
    fn marks_stand_below_the_place_in_short_and_in_long_lines() {
        assert_eq!(shown("\tkey = 1", 2, 3), ["7 | \tkey = 1", "  | \t^^^"]);
        for (before, after) in [(0, 5000), (5000, 0), (5000, 5000), (100, 100), (79, 90)] {
            let text = format!("{}key{}", "é".repeat(before), "-".repeat(after));
            let lines = shown(&text, before as u32 + 1, 3);
            let [line, marks] = &lines[..] else { panic!("{lines:?}") };
            assert!(line.chars().count() <= 4 + EXCERPT_MOST + 2, "{line}");
            let at = marks.chars().position(|c| c == '^').unwrap();
            let marked: String = line.chars().skip(at).take(3).collect();
            assert_eq!((marked.as_str(), marks.matches('^').count()), ("key", 3), "{lines:?}");
        }
        // A place as long as its line marks no more than is shown.
        let lines = shown(&"-".repeat(10_000), 1, 10_000);
        assert!(lines[1].chars().count() <= 4 + EXCERPT_MOST, "{lines:?}");
    }

    #[test]
    fn a_finding_about_a_line_of_a_megabyte_is_small() {
        let (line, words) = ("é".repeat(1 << 19), "ö".repeat(1 << 19));
        for column in [1, 1 << 18, 1 << 19] {
            let span = Span { file: "a.md".to_owned(), line: 1, column, length: 1 << 19 };
            let finding = Diagnostic::new(span, Severity::Error, "too-long", &line, &words, &words);
            let kept = finding.text.len() + finding.what.len() + finding.hint.len();
            assert!(kept < 5_000, "{kept}");
            assert!(finding.text_column <= column);
        }
    }

    #[test]
    fn an_excerpt_shows_each_character_that_steers_as_one_that_does_not() {
        let lines = shown("a\u{1b}[2J\u{202e}key", 7, 3);
        assert_eq!(lines, ["7 | a␛[2J\u{fffd}key", "  |       ^^^"]);
    }

    #[test]
    fn what_nobody_sees_steers_but_for_the_joiners_that_scripts_need() {
        let hidden = "\u{115f}\u{1160}\u{3164}\u{ffa0}\u{fe0f}\u{2800}\u{34f}\u{180e}\u{200b}\u{feff}\u{e0100}";
        assert!(hidden.chars().all(|c| unseen(c) && steers(c)));
        assert!("\u{200c}\u{200d}".chars().all(|c| unseen(c) && !steers(c)));
        for seen in
            "aé数ه한 \u{a0}\u{2003}\u{2801}\u{1161}\u{fffd}\u{fe10}\u{e01ef}".chars().take(12)
        {
            assert!(!unseen(seen) && !steers(seen), "{seen:?}");
        }
        // 4,174 code points have the property in Unicode 16.0, three signs are blank besides, and
        // of the former 256 × 15 and 128 are tags, their reserve and selectors in plane 14.
        let all = (0..=0x10_ffff).filter_map(char::from_u32).filter(|c| unseen(*c)).count();
        assert_eq!(all, 4_174 + 3);
    }
}
