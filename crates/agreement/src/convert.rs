//! TOML values to words of ours.

use std::str::FromStr;

use concordat_terms::{ActName, Decimal, Period, Side};
use toml::de::DeValue;

use crate::clause::{Adjacency, AssetKind, ColumnKind, Label, Majority, Protocol, RunKind};
use crate::fields::{Value, wrong_type};
use crate::nearest::suggest;
use crate::source::Wrong;

/// A text that holds something.
pub(crate) fn text(value: &Value<'_>) -> Result<String, Wrong> {
    let text = string(value)?;
    if text.trim().is_empty() {
        return Err(Wrong::new("empty-text", "the text is empty", "say what it is"));
    }
    Ok(text.to_owned())
}

/// A cell's value: any text, the empty one too, or a whole number as it is written.
pub(crate) fn level(value: &Value<'_>) -> Result<String, Wrong> {
    match value.get_ref() {
        DeValue::Integer(number) if number.radix() == 10 => Ok(number.as_str().to_owned()),
        _ => string(value).map(str::to_owned),
    }
}

/// A name.
pub(crate) fn id<T: FromStr<Err: ToString>>(value: &Value<'_>) -> Result<T, Wrong> {
    name(string(value)?)
}

/// A name, from a key.
pub(crate) fn name<T: FromStr<Err: ToString>>(text: &str) -> Result<T, Wrong> {
    text.parse().map_err(|e: T::Err| {
        let hint = match plain(text) {
            mended if mended.is_empty() => "choose a short plain name".to_owned(),
            mended => format!("write `{mended}`"),
        };
        Wrong::new("bad-name", e.to_string(), hint)
    })
}

/// What a name might have been meant to be.
fn plain(text: &str) -> String {
    let lower = text.trim().to_lowercase();
    let plain: String =
        lower.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(64).collect();
    plain.trim_matches('-').to_owned()
}

/// A whole number from 0 to 2^32−1.
pub(crate) fn count(value: &Value<'_>) -> Result<u32, Wrong> {
    let DeValue::Integer(number) = value.get_ref() else {
        return Err(wrong_type("a whole number", value.get_ref()));
    };
    u32::from_str_radix(number.as_str(), number.radix()).map_err(|_| {
        let what = format!("`{}` is not a whole number from 0 to {}", number.as_str(), u32::MAX);
        Wrong::new("bad-number", what, "write a smaller whole number, without a sign")
    })
}

/// A tier of risk, 1 to 3.
pub(crate) fn tier(value: &Value<'_>) -> Result<u8, Wrong> {
    let tier = count(value)?;
    u8::try_from(tier).ok().filter(|t| (1..=3).contains(t)).ok_or_else(|| {
        Wrong::new("bad-number", format!("there is no tier `{tier}`"), "write 1, 2 or 3")
    })
}

/// An exact decimal, written as a text or as a plain number.
pub(crate) fn decimal(value: &Value<'_>) -> Result<Decimal, Wrong> {
    let text = match value.get_ref() {
        DeValue::String(text) => text.as_ref(),
        DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
        DeValue::Float(number) => number.as_str(),
        other => return Err(wrong_type("a decimal such as `\"0.25\"`", other)),
    };
    text.parse().map_err(|e: concordat_terms::NotADecimal| {
        Wrong::new("bad-decimal", e.to_string(), "write it without exponent, like `\"0.0001\"`")
    })
}

/// An ISO 8601 period.
pub(crate) fn period(value: &Value<'_>) -> Result<Period, Wrong> {
    string(value)?.parse().map_err(|e: concordat_terms::NotATime| {
        Wrong::new("bad-period", e.to_string(), "write days as `P30D`, minutes as `PT10M`")
    })
}

/// A yes or no.
pub(crate) fn flag(value: &Value<'_>) -> Result<bool, Wrong> {
    let wrong = || wrong_type("`true` or `false`", value.get_ref());
    value.get_ref().as_bool().ok_or_else(wrong)
}

/// The name of an act.
pub(crate) fn act(value: &Value<'_>) -> Result<ActName, Wrong> {
    let text = string(value)?;
    text.parse().map_err(|e: concordat_terms::NotAnAct| {
        let hint = suggest(text, ActName::ALL.iter().map(|a| a.as_str()));
        Wrong::new("unknown-act", e.to_string(), hint)
    })
}

/// A list of closed words.
pub(crate) trait Word: Copy + 'static {
    /// Each word and its meaning.
    const WORDS: &'static [(&'static str, Self)];
}

/// One of a closed list of words.
pub(crate) fn word<T: Word>(value: &Value<'_>) -> Result<T, Wrong> {
    let text = string(value)?;
    let known = T::WORDS.iter().find(|(word, _)| *word == text);
    known.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let hint = suggest(text, T::WORDS.iter().map(|(word, _)| *word));
        Wrong::new("unknown-word", format!("`{text}` is not a word for this field"), hint)
    })
}

/// How a closed word is written.
pub(crate) fn spelling<T: Word + PartialEq>(meaning: T) -> &'static str {
    T::WORDS.iter().find(|(_, m)| *m == meaning).map_or("", |(word, _)| word)
}

macro_rules! words {
    ($($kind:ty { $($word:literal = $meaning:expr),* $(,)? })*) => {
        $(impl Word for $kind {
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, $meaning)),*];
        })*
    };
}

words! {
    Side {
        "public" = Side::Public, "private" = Side::Private, "independent" = Side::Independent,
    }
    AssetKind { "dataset" = AssetKind::Dataset, "model" = AssetKind::Model }
    Label {
        "public" = Label::Public, "internal" = Label::Internal, "restricted" = Label::Restricted,
    }
    ColumnKind {
        "number" = ColumnKind::Number, "category" = ColumnKind::Category,
        "text" = ColumnKind::Text,
    }
    RunKind {
        "train" = RunKind::Train, "query" = RunKind::Query, "evaluate" = RunKind::Evaluate,
    }
    Majority {
        "each-side" = Majority::EachSide,
        "two-thirds-of-each-side" = Majority::TwoThirdsOfEachSide,
    }
    Adjacency { "add-remove" = Adjacency::AddRemove, "replace" = Adjacency::Replace }
    Protocol { "pairwise-masks" = Protocol::PairwiseMasks }
}

fn string<'v>(value: &'v Value<'_>) -> Result<&'v str, Wrong> {
    let wrong = || wrong_type("a text in quotes", value.get_ref());
    value.get_ref().as_str().ok_or_else(wrong)
}
