//! The style sheet of the document: on paper A4, black on white, numbered pages.

use concordat_terms::Digest;

use crate::style::hash;

const SHEET: &str = include_str!("document.css");

/// The sheet, with what stands at the head and foot of each page of paper.
pub(super) fn style(title: &str, digest: &Digest) -> String {
    let head = quoted(title);
    let foot = quoted(&format!("Texts {}…", digest.short()));
    format!(
        "{SHEET}@page {{ @top-left {{ content: {head} }} @bottom-left {{ content: {foot} }} }}\n\
         @page :first {{ @top-left {{ content: none }} @bottom-left {{ content: none }} }}\n"
    )
}

/// The policy for a page with this sheet and nothing else (CSP Level 3 §6.7.3).
pub(super) fn policy(style: &str) -> String {
    format!("default-src 'none'; style-src '{}'; base-uri 'none'; form-action 'none'", hash(style))
}

/// A text as a CSS string: every character that is no ASCII letter or digit by its number (CSS
/// Syntax Level 3 §4.3.7), so that no text ends the string or the element.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else {
            out.push_str(&format!("\\{:06x} ", c as u32));
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_end_its_string_or_the_sheet() {
        let hostile = "a\"} </style><script>\n\\";
        let shown = quoted(hostile);
        let inside = &shown[1..shown.len() - 1];
        assert!(
            inside.chars().all(|c| c.is_ascii_alphanumeric() || c == '\\' || c == ' '),
            "{shown}"
        );
        assert_eq!(quoted("Aé 1"), "\"A\\0000e9 \\000020 1\"");
        assert!(!style(hostile, &Digest::of(b"")).contains('<'));
    }
}
