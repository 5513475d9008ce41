//! The words of a condition.

use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    Text,
    Number,
    /// `(` or `[`.
    Open,
    /// `)` or `]`.
    Close,
    /// An operator, a dot or a comma.
    Sign,
}

/// A token and its bytes.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
}

const SIGNS: &[&str] = &["&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", ".", ","];

/// Splits a condition, or tells which bytes have no place in one.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(first) = rest.chars().next() else { break };
        let run = |accept: fn(char) -> bool| rest.find(|c| !accept(c)).unwrap_or(rest.len());
        let (kind, length) = match first {
            ' ' | '\t' | '\r' | '\n' => {
                at += 1;
                continue;
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                (Kind::Name, run(|c| c.is_ascii_alphanumeric() || c == '_'))
            }
            '0'..='9' => (Kind::Number, run(|c| c.is_ascii_digit())),
            '"' => (Kind::Text, quoted(rest).ok_or(at..text.len())?),
            '(' | '[' => (Kind::Open, 1),
            ')' | ']' => (Kind::Close, 1),
            _ => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                Some(sign) => (Kind::Sign, sign.len()),
                None => return Err(at..at + first.len_utf8()),
            },
        };
        found.push(Token { kind, range: at..at + length });
        at += length;
    }
    Ok(found)
}

/// The length of the quoted text that `rest` starts with.
fn quoted(rest: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}
