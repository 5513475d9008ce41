//! What a placeholder stands for, and how it is written in prose and in a block.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use concordat_terms::{Date, Money};

use super::countries::named;
use crate::shape::quoted;

/// What a placeholder stands for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Any words.
    Text(String),
    /// Words of the pack's own, which may use Markdown; never in a block.
    Prose(String),
    /// A country, by its code.
    Country(String),
    /// A whole number.
    Number(u64),
    /// An amount.
    Money(Money),
    /// A day.
    Date(Date),
    /// A period in ISO 8601, and in words.
    Period { iso: String, words: String },
    /// Several.
    List(Vec<Value>),
    /// A value as TOML; never in prose.
    Toml(String),
    /// Whether something is so.
    Flag(bool),
    /// Named parts.
    Record(BTreeMap<String, Value>),
}

impl Value {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn texts<T: Into<String>>(all: impl IntoIterator<Item = T>) -> Self {
        Self::List(all.into_iter().map(Self::text).collect())
    }

    pub(super) fn count(count: usize) -> Self {
        Self::Number(count as u64)
    }

    pub(super) fn record<const N: usize>(parts: [(&str, Self); N]) -> Self {
        Self::Record(parts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// A part, by its dotted path.
    pub(super) fn part(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |value, name| match value {
            Self::Record(parts) => parts.get(name),
            _ => None,
        })
    }

    /// Whether an `if` holds: something is there.
    pub(super) fn holds(&self) -> bool {
        match self {
            Self::Flag(flag) => *flag,
            Self::Number(number) => *number > 0,
            Self::List(items) => !items.is_empty(),
            _ => true,
        }
    }

    /// In the legal text; `None` for what has no words.
    pub(super) fn in_prose(&self) -> Option<String> {
        Some(match self {
            Self::Text(text) => escaped(text),
            Self::Prose(text) => text.clone(),
            Self::Country(code) => named(code).to_owned(),
            Self::Number(number) => number.to_string(),
            Self::Money(money) => spoken(money),
            Self::Date(date) => day(*date),
            Self::Period { words, .. } => words.clone(),
            Self::List(items) => {
                let words = items.iter().map(Self::in_prose).collect::<Option<Vec<_>>>()?;
                match words.as_slice() {
                    [rest @ .., last] if !rest.is_empty() => {
                        format!("{} and {last}", rest.join(", "))
                    }
                    _ => words.concat(),
                }
            }
            Self::Toml(_) | Self::Flag(_) | Self::Record(_) => return None,
        })
    }

    /// In a block; `None` for what has no place there.
    pub(super) fn in_toml(&self) -> Option<String> {
        Some(match self {
            Self::Text(text) | Self::Country(text) => quoted(text),
            Self::Number(number) => number.to_string(),
            Self::Money(money) => quoted(&money.to_string()),
            Self::Date(date) => quoted(&date.to_string()),
            Self::Period { iso, .. } => quoted(iso),
            Self::List(items) => {
                let items = items.iter().map(Self::in_toml).collect::<Option<Vec<_>>>()?;
                format!("[{}]", items.join(", "))
            }
            Self::Toml(text) => text.clone(),
            Self::Prose(_) | Self::Flag(_) | Self::Record(_) => return None,
        })
    }
}

/// Words of others as Markdown that shows these very words.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let mut letters = text.char_indices().peekable();
    while let Some((at, c)) = letters.next() {
        let next = letters.peek().map(|(_, next)| *next);
        let marks = match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '$' => true,
            // An entity.
            '&' => next.is_some_and(|next| next.is_alphanumeric() || next == '#'),
            // What begins a list or underlines a heading, at the beginning of a line.
            '-' | '+' | '=' => at == 0,
            '.' | ')' => digits > 0 && at == digits && next.is_none_or(char::is_whitespace),
            _ => false,
        };
        if marks {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// `EUR 1,000,000.50`.
fn spoken(money: &Money) -> String {
    let amount = money.amount().to_string();
    let (whole, cents) = amount.split_once('.').map_or((amount.as_str(), ""), |parts| parts);
    let mut out = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if !cents.is_empty() {
        let _infallible = write!(out, ".{cents}");
    }
    format!("{} {out}", money.currency())
}

/// `31 December 2028`.
fn day(date: Date) -> String {
    let text = date.to_string();
    let mut parts = text.splitn(3, '-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let month =
        month.and_then(|month| Date::MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?));
    match (year, month, day) {
        (Some(year), Some(month), Some(day)) => {
            format!("{} {month} {year}", day.trim_start_matches('0'))
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_others_stay_words() {
        for (text, expected) in [
            ("Müller & Söhne GmbH", "Müller & Söhne GmbH"),
            ("A&B", r"A\&B"),
            ("[x](#a.b)", r"\[x\](\#a.b)"),
            ("1.0.0", "1.0.0"),
            ("- first", r"\- first"),
            ("3. Liga", r"3\. Liga"),
            ("a_b *c* `d` <e> $f$", r"a\_b \*c\* \`d\` \<e\> \$f\$"),
        ] {
            assert_eq!(Value::text(text).in_prose().as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_value_is_said_in_prose_and_exact_in_a_block() {
        let money = Value::Money("EUR 1500000.5".parse().unwrap());
        assert_eq!(money.in_prose().as_deref(), Some("EUR 1,500,000.5"));
        assert_eq!(money.in_toml().as_deref(), Some("\"EUR 1500000.5\""));
        let date = Value::Date("2028-02-09".parse().unwrap());
        assert_eq!(date.in_prose().as_deref(), Some("9 February 2028"));
        let names = Value::texts(["a", "b", "c"]);
        assert_eq!(names.in_prose().as_deref(), Some("a, b and c"));
        assert_eq!(names.in_toml().as_deref(), Some("[\"a\", \"b\", \"c\"]"));
    }
}
