//! Values with their units, wherever a sentence says one.

use super::meaning::Meaning;
use super::number::{amount, whole};
use super::{QUOTES, WORD_BYTES_MOST, WORDS_MOST, WORKING, may_begin, phrase, read, unmarked};

/// What kind of value words say, by their unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::links) enum Kind {
    /// By the longest unit in it: thirty days are seldom meant where a clause says a year.
    Months,
    Days,
    Seconds,
    Money,
    Date,
    /// A number of per cent, as the fraction that it is.
    Fraction,
    /// So many of something, by its word.
    Count(&'static str),
}

/// A value that words say, with its unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::links) struct Mention {
    pub(in crate::links) kind: Kind,
    /// As [`normal`] has it.
    pub(in crate::links) value: String,
    /// The words.
    pub(in crate::links) words: String,
    /// Which of the words that were given.
    pub(in crate::links) at: std::ops::Range<usize>,
}

/// What is counted in prose and in clauses.
const NOUNS: [&str; 7] = ["round", "participant", "row", "vote", "dropout", "approval", "class"];

/// The values with a unit that words say, from the first on, the longest at each place. An empty
/// word is none, and divides. What begins with `a`, like `a year`, is passed over: it rarely counts.
pub(in crate::links) fn mentions(words: &[&str]) -> Vec<Mention> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let longest = (1..=WORDS_MOST + 1).rev().find_map(|length| {
            let window = words.get(at..at + length)?;
            let class = window.first().is_some_and(|word| word.eq_ignore_ascii_case("class"));
            let long = window.iter().any(|word| word.is_empty() || word.len() > WORD_BYTES_MOST);
            if long || !(class || may_begin(window)) {
                return None;
            }
            let joined = window.join(" ");
            let phrase = phrase(&joined).trim_matches(QUOTES);
            let (kind, value) = unit_of(window, phrase)?;
            Some(Mention { kind, value, words: phrase.to_owned(), at: at..at + length })
        });
        at = longest.as_ref().map_or(at + 1, |mention| mention.at.end);
        found.extend(longest);
    }
    found
}

fn unit_of(window: &[&str], phrase: &str) -> Option<(Kind, String)> {
    let first = window.first()?.to_lowercase();
    if let ["class", number] = phrase.to_lowercase().split(' ').collect::<Vec<_>>().as_slice() {
        // Class A is a name.
        let number = Some(*number).filter(|number| *number != "a");
        return Some((Kind::Count("class"), whole(number?)?.to_string()));
    }
    if matches!(first.as_str(), "class" | "a" | "an") {
        return None;
    }
    if let Some(value) = read(phrase) {
        // Which days are counted is not compared here.
        let value = value.split(' ').take(2).collect::<Vec<_>>().join(" ");
        let value = value.trim_end_matches(WORKING).trim_end_matches(" calendar");
        return Some((kind_of(value)?, value.to_owned()));
    }
    if phrase.ends_with('%') || phrase.ends_with("per cent") || phrase.ends_with("percent") {
        return Some((Kind::Fraction, normal(&amount(phrase)?.to_string())?));
    }
    let (number, noun) = phrase.rsplit_once(' ')?;
    let noun = noun.to_lowercase();
    let noun = noun.strip_suffix('s').unwrap_or(&noun);
    let known = NOUNS.into_iter().find(|known| *known == noun && *known != "class")?;
    // One round, vote or row is mostly said of each.
    let count = whole(number).filter(|count| *count > 1)?;
    Some((Kind::Count(known), count.to_string()))
}

/// The kind of a value of a clause that is a period, an amount or a date.
pub(in crate::links) fn kind_of(value: &str) -> Option<Kind> {
    match Meaning::of(unmarked(value).0) {
        Meaning::Period(period) if period.months > 0 => Some(Kind::Months),
        Meaning::Period(period) if period.days > 0 => Some(Kind::Days),
        Meaning::Period(_) => Some(Kind::Seconds),
        Meaning::Money(_) => Some(Kind::Money),
        Meaning::Date(_) => Some(Kind::Date),
        Meaning::Number(_) | Meaning::Text => None,
    }
}

/// A value of a clause in one spelling, so that equal ones are alike.
pub(in crate::links) fn normal(value: &str) -> Option<String> {
    match Meaning::of(unmarked(value).0) {
        Meaning::Number(number) => Some(number.to_string()),
        other => other.printed(),
    }
}
