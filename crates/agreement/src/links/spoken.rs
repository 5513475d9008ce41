//! Values as people write them: thirty days, sixty (60) days, EUR 1,000,000, 5 %, 31 January 2027.

mod date;
mod meaning;
mod mention;
mod number;
mod period;
#[cfg(test)]
mod tests;
mod twice;

use std::collections::BTreeMap;

use date::read_date;
use meaning::{Meaning, read_money};
pub(super) use mention::{Kind, Mention, kind_of, mentions, normal};
use number::{amount, is_count};
use period::{Days, read_period};
use twice::readings;

/// How words of the prose stand to a value of a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// They say it.
    It,
    /// They say something else, or two things.
    Otherwise,
    /// They are no value of its kind.
    Nothing,
}

/// What words say of a value of a clause. Every day counts, and a calendar moves only the last: no
/// value says how many days people work.
///
/// A number that is written twice, as in `sixty (60) days`, says the value only if both do.
pub(super) fn says(words: &str, value: &str) -> Says {
    let words = words.trim_matches(QUOTES);
    if words.eq_ignore_ascii_case(value) {
        return Says::It;
    }
    let Some(readings) = readings(words) else { return Says::Nothing };
    let each = readings.iter().map(|words| says_once(words, value));
    // Whatever says something else says so; what says nothing is not passed over.
    each.reduce(|a, b| match (a, b) {
        (Says::Otherwise, _) | (_, Says::Otherwise) => Says::Otherwise,
        (Says::Nothing, _) | (_, Says::Nothing) => Says::Nothing,
        _ => Says::It,
    })
    .unwrap_or(Says::Nothing)
}

/// What a period is marked with that counts working days alone.
pub(super) const WORKING: &str = " working";

/// A value without its mark, and whether it has one.
fn unmarked(value: &str) -> (&str, bool) {
    let plain = value.strip_suffix(WORKING);
    (plain.unwrap_or(value), plain.is_some())
}

fn says_once(words: &str, value: &str) -> Says {
    let (value, working) = unmarked(value);
    let same = match Meaning::of(value) {
        Meaning::Period(period) => read_period(words)
            .map(|said| said.period == period && (said.days == Days::Working) == working),
        Meaning::Number(number) => amount(words).map(|said| said == number),
        Meaning::Money(money) => read_money(words).map(|said| said == money),
        Meaning::Date(date) => read_date(words).map(|said| said == date),
        Meaning::Text => Some(words.eq_ignore_ascii_case(value)),
    };
    match same {
        Some(true) => Says::It,
        Some(false) => Says::Otherwise,
        None => Says::Nothing,
    }
}

/// Whether words speak of days on which people work.
pub(super) fn of_working_days(words: &str) -> bool {
    words
        .split_whitespace()
        .any(|word| matches!(word.to_lowercase().as_str(), "working" | "business"))
}

/// Whether a value is a period, an amount or a date: what people write in words of its own kind.
pub(super) fn is_spoken(value: &str) -> bool {
    Meaning::of(unmarked(value).0).printed().is_some()
}

/// The periods, amounts and dates that a prose says outside of its links, each in the words that
/// come first. A bare number is none of them, since it may be anything.
pub(super) struct Spoken(BTreeMap<String, String>);

/// A value is said in so many words at most, none of them longer than this.
const WORDS_MOST: usize = 5;
const WORD_BYTES_MOST: usize = 40;

impl Spoken {
    pub(super) fn of(prose: &str) -> Self {
        let words: Vec<&str> = prose.split_whitespace().collect();
        let mut said: BTreeMap<String, String> = BTreeMap::new();
        for length in 1..=WORDS_MOST {
            for window in words.windows(length).filter(|window| may_begin(window)) {
                let joined = window.join(" ");
                let phrase = phrase(&joined);
                if !phrase.contains(['[', ']'])
                    && let Some(value) = read(phrase)
                {
                    said.entry(value).or_insert_with(|| phrase.to_owned());
                }
            }
        }
        Self(said)
    }

    /// The words that say this value.
    pub(super) fn mention(&self, value: &str) -> Option<&str> {
        let (value, working) = unmarked(value);
        let printed = Meaning::of(value).printed()?;
        if working {
            return self.0.get(&Days::Working.marked(&printed)).map(String::as_str);
        }
        let plain = self.0.get(&printed).or_else(|| self.0.get(&Days::Calendar.marked(&printed)));
        plain.map(String::as_str)
    }
}

/// Words without what ends a sentence, and without the brackets that they stand in.
fn phrase(joined: &str) -> &str {
    let phrase = joined.trim_end_matches(['.', ',', ';', ':']);
    if phrase.contains('(') && !phrase.starts_with('(') {
        phrase
    } else {
        phrase.trim_end_matches(['.', ',', ';', ':', ')']).trim_start_matches('(')
    }
}

/// Whether these words may say a value: all but a few do not begin like one.
fn may_begin(words: &[&str]) -> bool {
    let first = words.first().copied().unwrap_or_default();
    let first = first.trim_start_matches(QUOTES).trim_start_matches('(');
    let first = first.trim_start_matches(QUOTES);
    words.iter().all(|word| word.len() <= WORD_BYTES_MOST)
        && (first.starts_with(|c: char| c.is_ascii_digit() || c.is_ascii_uppercase())
            || first.split('-').next().is_some_and(is_count))
}

/// What stands around a value without being a part of it.
const QUOTES: [char; 7] = ['*', '_', '`', '"', '“', '”', ' '];

/// The period, amount or date that words say, as it is printed, marked if it counts days of one
/// kind alone.
fn read(words: &str) -> Option<String> {
    let words = words.trim_matches(QUOTES);
    let mut all = readings(words)?.into_iter().map(|words| read_once(&words));
    let first = all.next()??;
    all.all(|other| other.as_ref() == Some(&first)).then_some(first)
}

fn read_once(words: &str) -> Option<String> {
    let said = match Meaning::of(words) {
        Meaning::Text | Meaning::Number(_) => match read_period(words) {
            Some(said) => return Some(said.days.marked(&Meaning::Period(said.period).printed()?)),
            None => read_money(words)
                .map(Meaning::Money)
                .or_else(|| read_date(words).map(Meaning::Date))?,
        },
        written => written,
    };
    said.printed()
}
