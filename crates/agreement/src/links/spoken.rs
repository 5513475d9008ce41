//! Values as people write them: thirty days, EUR 1,000,000, 5 %, 31 January 2027.

use std::collections::BTreeMap;

use concordat_terms::{Date, Decimal, Money, Period};

/// Whether words say a value of a clause; `None` where they cannot be read as such a value.
pub(super) fn says(words: &str, value: &str) -> Option<bool> {
    let words = words.trim_matches(QUOTES);
    if words.eq_ignore_ascii_case(value) {
        return Some(true);
    }
    match Meaning::of(value) {
        Meaning::Period(period) => read_period(words).map(|said| said == period),
        Meaning::Number(number) => read_number(words).map(|said| said == number),
        Meaning::Money(money) => read_money(words).map(|said| said == money),
        Meaning::Date(date) => read_date(words).map(|said| said == date),
        Meaning::Text => Some(false),
    }
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
                let phrase = window.join(" ");
                let phrase =
                    phrase.trim_end_matches(['.', ',', ';', ':', ')']).trim_start_matches('(');
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
        self.0.get(&Meaning::of(value).printed()?).map(String::as_str)
    }
}

/// Whether these words may say a value: all but a few do not begin like one.
fn may_begin(words: &[&str]) -> bool {
    let first = words.first().copied().unwrap_or_default();
    let first = first.trim_start_matches(QUOTES).trim_start_matches('(');
    let first = first.trim_start_matches(QUOTES);
    words.iter().all(|word| word.len() <= WORD_BYTES_MOST)
        && (first.starts_with(|c: char| c.is_ascii_digit() || c.is_ascii_uppercase())
            || first.split('-').next().is_some_and(|word| small(word).is_some()))
}

/// What stands around a value without being a part of it.
const QUOTES: [char; 7] = ['*', '_', '`', '"', '“', '”', ' '];

/// The period, amount or date that words say, as it is printed.
fn read(words: &str) -> Option<String> {
    let words = words.trim_matches(QUOTES);
    let said = match Meaning::of(words) {
        Meaning::Text | Meaning::Number(_) => read_period(words)
            .map(Meaning::Period)
            .or_else(|| read_money(words).map(Meaning::Money))
            .or_else(|| read_date(words).map(Meaning::Date))?,
        written => written,
    };
    said.printed()
}

enum Meaning {
    Period(Period),
    Number(Decimal),
    Money(Money),
    Date(Date),
    Text,
}

impl Meaning {
    fn of(value: &str) -> Self {
        if let Ok(period) = value.parse() {
            Self::Period(period)
        } else if let Ok(number) = value.parse() {
            Self::Number(number)
        } else if let Ok(money) = value.parse() {
            Self::Money(money)
        } else if let Ok(date) = value.parse() {
            Self::Date(date)
        } else {
            Self::Text
        }
    }

    /// As it is written in a clause; `None` of what is no period, amount or date.
    fn printed(&self) -> Option<String> {
        match self {
            Self::Period(period) => Some(period.to_string()),
            Self::Money(money) => Some(money.to_string()),
            Self::Date(date) => Some(date.to_string()),
            Self::Number(_) | Self::Text => None,
        }
    }
}

/// `thirty days`, `1 year and six months`, `two working days`.
fn read_period(words: &str) -> Option<Period> {
    let lower = words.to_lowercase();
    let parts: Vec<&str> = lower
        .split([' ', ',', '-', '\u{a0}'])
        .filter(|word| !word.is_empty() && !matches!(*word, "and" | "working" | "calendar"))
        .collect();
    if parts.is_empty() {
        return None;
    }
    let mut period = Period::default();
    let mut count: Option<u32> = None;
    for part in parts {
        if let Some(number) = small(part) {
            count = Some(match count {
                // `twenty-one`, `one hundred`.
                Some(before) if number == 100 => before.checked_mul(100)?,
                Some(before) if before % 10 == 0 && number < before => {
                    before.checked_add(number)?
                }
                Some(_) => return None,
                None => number,
            });
            continue;
        }
        let number = count.take()?;
        match part.trim_end_matches('s') {
            "year" => period.months = period.months.checked_add(number.checked_mul(12)?)?,
            "month" => period.months = period.months.checked_add(number)?,
            "week" => period.days = period.days.checked_add(number.checked_mul(7)?)?,
            "day" => period.days = period.days.checked_add(number)?,
            "hour" => period.seconds = period.seconds.checked_add(number.checked_mul(3_600)?)?,
            "minute" => period.seconds = period.seconds.checked_add(number.checked_mul(60)?)?,
            "second" => period.seconds = period.seconds.checked_add(number)?,
            _ => return None,
        }
    }
    count.is_none().then_some(period)
}

const SMALL: &[(&str, u32)] = &[
    ("a", 1),
    ("an", 1),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("seventy", 70),
    ("eighty", 80),
    ("ninety", 90),
    ("hundred", 100),
];

fn small(word: &str) -> Option<u32> {
    let known = SMALL.iter().find(|(name, _)| *name == word).map(|(_, number)| *number);
    known.or_else(|| word.parse().ok())
}

/// `1,000`, `0.25`, `5 %`, `three`, `ninety-nine`, `one hundred`, `2 million`.
fn read_number(words: &str) -> Option<Decimal> {
    let lower = words.to_lowercase();
    let (text, percent) = match lower.strip_suffix('%').or_else(|| lower.strip_suffix("per cent")) {
        Some(rest) => (rest.trim(), true),
        None => (lower.trim(), false),
    };
    let (text, zeros) = match text.strip_suffix("million") {
        Some(rest) => (rest.trim(), "000000"),
        None => (text, ""),
    };
    let digits: String =
        text.chars().filter(|c| !matches!(c, ',' | ' ' | '\u{a0}' | '’')).collect();
    let number: Decimal = match format!("{digits}{zeros}").parse() {
        Ok(number) => number,
        Err(_) => Decimal::whole(counted(text)?.into())?,
    };
    if percent { number.hundredth() } else { Some(number) }
}

fn counted(text: &str) -> Option<u32> {
    let mut total = 0_u32;
    for word in text.split([' ', '-']).filter(|word| *word != "and") {
        let number = small(word)?;
        total = if number == 100 {
            total.max(1).checked_mul(100)?
        } else {
            total.checked_add(number)?
        };
    }
    (total > 0).then_some(total)
}

/// `EUR 1,000,000`, `EUR 2 million`.
fn read_money(words: &str) -> Option<Money> {
    let (currency, amount) = words.split_once([' ', '\u{a0}'])?;
    format!("{currency} {}", read_number(amount)?).parse().ok()
}

/// `31 January 2027`.
fn read_date(words: &str) -> Option<Date> {
    let mut parts = words.split_whitespace();
    let (day, month, year) = (parts.next()?, parts.next()?.to_lowercase(), parts.next()?);
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let month = MONTHS.iter().position(|name| **name == month)? + 1;
    format!("{year}-{month:02}-{:02}", day.parse::<u8>().ok()?).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_what_clauses_say() {
        for (words, value) in [
            ("thirty days", "P30D"),
            ("30 days", "P30D"),
            ("**two weeks**", "P14D"),
            ("one year and six months", "P18M"),
            ("twenty-one days", "P21D"),
            ("one hundred days", "P100D"),
            ("24 hours", "PT24H"),
            ("two working days", "P2D"),
            ("three", "3"),
            ("1,000", "1000"),
            ("5 %", "0.05"),
            ("ninety-nine per cent", "0.99"),
            ("one hundred", "100"),
            ("EUR 1,000,000", "EUR 1000000"),
            ("EUR 2 million", "EUR 2000000"),
            ("31 January 2027", "2027-01-31"),
            ("2027-01-31", "2027-01-31"),
            ("joint-pool", "joint-pool"),
        ] {
            assert_eq!(says(words, value), Some(true), "{words} and {value}");
        }
    }

    #[test]
    fn what_differs_and_what_cannot_be_read_are_not_the_same() {
        assert_eq!(says("thirty days", "P31D"), Some(false));
        assert_eq!(says("a month", "P30D"), Some(false));
        assert_eq!(says("4", "3"), Some(false));
        assert_eq!(says("as soon as possible", "P30D"), None);
        assert_eq!(says("days thirty", "P30D"), None);
        assert_eq!(says("EUR", "EUR 5"), None);
        assert_eq!(says("5 Smarch 2027", "2027-01-31"), None);
    }

    #[test]
    fn a_value_in_the_prose_is_found_outside_of_links_only() {
        let prose = "The owner has thirty days, and [two weeks](#a.cure) to mend it.";
        let said = Spoken::of(prose);
        assert_eq!(said.mention("P30D"), Some("thirty days"));
        assert_eq!(said.mention("P14D"), None);
        assert_eq!(Spoken::of("three of five").mention("3"), None);
        let prose = "By 31 January 2027, or (EUR 2 million) within P3D.";
        let said = Spoken::of(prose);
        assert_eq!(said.mention("2027-01-31"), Some("31 January 2027"));
        assert_eq!(said.mention("EUR 2000000"), Some("EUR 2 million"));
        assert_eq!(said.mention("P3D"), Some("P3D"));
    }
}
