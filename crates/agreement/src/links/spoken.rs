//! Values as people write them: thirty days, sixty (60) days, EUR 1,000,000, 5 %, 31 January 2027.

mod number;

use std::collections::BTreeMap;

use concordat_terms::{Date, Decimal, Money, Period};

use number::{amount, is_count, whole};

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

/// What kind of value words say, by their unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
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
pub(super) struct Mention {
    pub(super) kind: Kind,
    /// As [`normal`] has it.
    pub(super) value: String,
    /// The words.
    pub(super) words: String,
    /// Which of the words that were given.
    pub(super) at: std::ops::Range<usize>,
}

/// What is counted in prose and in clauses.
pub(super) const NOUNS: [&str; 7] =
    ["round", "participant", "row", "vote", "dropout", "approval", "class"];

/// The values with a unit that words say, from the first on, the longest at each place. An empty
/// word is none, and divides. What begins with `a`, like `a year`, is passed over: it rarely counts.
pub(super) fn mentions(words: &[&str]) -> Vec<Mention> {
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
pub(super) fn kind_of(value: &str) -> Option<Kind> {
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
pub(super) fn normal(value: &str) -> Option<String> {
    match Meaning::of(unmarked(value).0) {
        Meaning::Number(number) => Some(number.to_string()),
        other => other.printed(),
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

/// Words without what stands in brackets, and with it in place of the count before it: `sixty
/// days` and `60 days` for `sixty (60) days`. Both have to be read. `None` if the brackets do not
/// match.
fn readings(words: &str) -> Option<Vec<String>> {
    if !words.contains(['(', ')']) {
        return Some(vec![words.to_owned()]);
    }
    let (mut without, mut instead) = (Vec::new(), Vec::new());
    let mut rest = words;
    while let Some((before, after)) = rest.split_once('(') {
        let (inside, after) = after.split_once(')')?;
        let before: Vec<&str> = before.split_whitespace().collect();
        let count = before.iter().rev().take_while(|word| is_count(word)).count();
        let kept = before.len() - count;
        if count == 0 && !after.trim().is_empty() {
            // In the middle, brackets hold a number again; elsewhere it is not known what.
            return None;
        }
        without.extend(before.iter().copied());
        if count > 0 {
            instead.extend(before.iter().take(kept).copied());
        } else {
            // At the end they may hold the whole value again.
            instead.clear();
        }
        instead.extend(inside.split_whitespace());
        rest = after;
    }
    if rest.contains(')') {
        return None;
    }
    without.extend(rest.split_whitespace());
    instead.extend(rest.split_whitespace());
    Some(vec![without.join(" "), instead.join(" ")])
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

/// A period in words, and which days it says that it counts.
struct SaidPeriod {
    period: Period,
    days: Days,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Days {
    Any,
    Working,
    Calendar,
}

impl Days {
    fn marked(self, printed: &str) -> String {
        match self {
            Self::Any => printed.to_owned(),
            Self::Working => format!("{printed}{WORKING}"),
            Self::Calendar => format!("{printed} calendar"),
        }
    }
}

/// `thirty days`, `1 year and six months`, `two working days`.
fn read_period(words: &str) -> Option<SaidPeriod> {
    let lower = words.to_lowercase();
    let words: Vec<&str> = lower.split([' ', '\u{a0}']).filter(|word| !word.is_empty()).collect();
    let mut period = Period::default();
    let mut days = Days::Any;
    let mut count: Vec<&str> = Vec::new();
    // Whether a part was read, and whether the last word asks for another.
    let (mut read, mut goes_on) = (false, false);
    for word in words {
        if matches!(word, "working" | "business" | "calendar") {
            let said = if word == "calendar" { Days::Calendar } else { Days::Working };
            if count.is_empty() || (days != Days::Any && days != said) {
                return None;
            }
            days = said;
            continue;
        }
        // `a six-month period` is not read; `thirty-day` is no count either.
        let Some(unit) = unit(word.trim_end_matches(',')) else {
            goes_on = count.is_empty() && word == "and" && read;
            if !goes_on {
                count.push(word);
            }
            continue;
        };
        let number = u32::try_from(whole(&count.join(" "))?).ok()?;
        count.clear();
        (read, goes_on) = (true, false);
        let (field, each) = match unit {
            Unit::Months(each) => (&mut period.months, each),
            Unit::Days(each) => (&mut period.days, each),
            Unit::Seconds(each) => (&mut period.seconds, each),
        };
        *field = field.checked_add(number.checked_mul(each)?)?;
        // Only days are working or not: `two working weeks` may mean ten of them, or fourteen.
        if days != Days::Any && !matches!(unit, Unit::Days(1)) {
            return None;
        }
    }
    (read && !goes_on && count.is_empty()).then_some(SaidPeriod { period, days })
}

enum Unit {
    Months(u32),
    Days(u32),
    Seconds(u32),
}

fn unit(word: &str) -> Option<Unit> {
    Some(match word.strip_suffix('s').unwrap_or(word) {
        "year" => Unit::Months(12),
        "month" => Unit::Months(1),
        "week" => Unit::Days(7),
        "day" => Unit::Days(1),
        "hour" => Unit::Seconds(3_600),
        "minute" => Unit::Seconds(60),
        "second" => Unit::Seconds(1),
        _ => return None,
    })
}

/// `EUR 1,000,000`, `EUR 2 million`.
fn read_money(words: &str) -> Option<Money> {
    let (currency, said) = words.split_once([' ', '\u{a0}'])?;
    if said.contains('%') || said.contains("per cent") {
        return None;
    }
    format!("{currency} {}", amount(said)?).parse().ok()
}

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

/// `31 January 2027`, `the 31st of January 2027`, `January 31, 2027`, and nothing after the year.
fn read_date(words: &str) -> Option<Date> {
    let lower = words.to_lowercase();
    let parts: Vec<&str> =
        lower.split_whitespace().filter(|w| !matches!(*w, "the" | "of")).collect();
    let [first, second, year] = parts.as_slice() else { return None };
    let month_of = |word: &str| MONTHS.iter().position(|name| *name == word.trim_end_matches(','));
    let (day, month) = match (month_of(first), month_of(second)) {
        (Some(month), None) => (second, month),
        (None, Some(month)) => (first, month),
        _ => return None,
    };
    let day = day.trim_end_matches(',');
    let day = ["st", "nd", "rd", "th"].iter().find_map(|end| day.strip_suffix(end)).unwrap_or(day);
    let day: u8 = day.parse().ok()?;
    format!("{year}-{:02}-{day:02}", month + 1).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn all(wanted: Says, pairs: &[(&str, &str)]) {
        for (words, value) in pairs {
            assert_eq!(says(words, value), wanted, "“{words}” and `{value}`");
        }
    }

    #[test]
    fn what_people_write_is_what_clauses_say() {
        let pairs = [
            ("thirty days", "P30D"),
            ("30 days", "P30D"),
            ("**two weeks**", "P14D"),
            ("one year and six months", "P18M"),
            ("one year, two months and three days", "P1Y2M3D"),
            ("twenty-one days", "P21D"),
            ("one hundred days", "P100D"),
            ("a hundred and eighty days", "P180D"),
            ("24 hours", "PT24H"),
            ("thirty calendar days", "P30D"),
            ("A month", "P1M"),
            ("three", "3"),
            ("1,000", "1000"),
            ("5 %", "0.05"),
            ("2.5 per cent", "0.025"),
            ("ninety-nine per cent", "0.99"),
            ("one hundred", "100"),
            ("EUR 1,000,000", "EUR 1000000"),
            ("EUR 2 million", "EUR 2000000"),
            ("EUR 2.5 million", "EUR 2500000"),
            ("31 January 2027", "2027-01-31"),
            ("31st January 2027", "2027-01-31"),
            ("the 31st of January 2027", "2027-01-31"),
            ("January 31, 2027", "2027-01-31"),
            ("2027-01-31", "2027-01-31"),
            ("joint-pool", "joint-pool"),
        ];
        all(Says::It, &pairs);
    }

    #[test]
    fn a_number_that_is_written_twice_is_read_twice() {
        let both = [
            ("sixty (60) days", "P60D"),
            ("60 (sixty) days", "P60D"),
            ("one (1) year and six (6) months", "P18M"),
            ("sixty days (60 days)", "P60D"),
            ("two million euro (EUR 2,000,000)", "EUR 2000000"),
            ("EUR two million (2,000,000)", "EUR 2000000"),
            ("EUR 2,000,000 (two million)", "EUR 2000000"),
            ("five (5)", "5"),
        ];
        all(Says::It, &both[..4]);
        all(Says::It, &both[5..]);
        // The euro in words is not read; that is told, and not passed over.
        all(Says::Nothing, &both[4..5]);
        let one = [
            ("sixty (30) days", "P30D"),
            ("sixty (30) days", "P60D"),
            ("sixty (60) days", "P30D"),
            ("one (1) year and six (7) months", "P18M"),
            ("sixty days (90 days)", "P60D"),
            ("EUR 2,000,000 (three million)", "EUR 2000000"),
        ];
        all(Says::Otherwise, &one);
        let none = [
            ("sixty (about) days", "P60D"),
            ("sixty days (or less)", "P60D"),
            ("sixty (60 days", "P60D"),
            ("sixty days) 60", "P60D"),
        ];
        all(Says::Nothing, &none);
    }

    #[test]
    fn nothing_after_a_value_is_passed_over() {
        let pairs = [
            ("31 January 2027 plus two years", "2027-01-31"),
            ("31 January 2027 or later", "2027-01-31"),
            ("thirty days or more", "P30D"),
            ("at least thirty days", "P30D"),
            ("thirty days and", "P30D"),
            ("days thirty", "P30D"),
            ("two two days", "P4D"),
            ("twenty eleven days", "P31D"),
            ("two two", "4"),
            ("thirty twenty", "50"),
            ("1,0", "10"),
            ("0,25", "25"),
            ("EUR 1,00", "EUR 100"),
            ("EUR 2 million or less", "EUR 2000000"),
            ("EUR", "EUR 5"),
            ("5 Smarch 2027", "2027-01-31"),
            ("as soon as possible", "P30D"),
        ];
        all(Says::Nothing, &pairs);
        let other = [
            ("thirty days", "P31D"),
            ("a month", "P30D"),
            ("4", "3"),
            ("EUR 2.5 million", "EUR 2000000"),
            ("30 January 2027", "2027-01-31"),
        ];
        all(Says::Otherwise, &other);
    }

    #[test]
    fn a_period_says_which_days_it_counts() {
        for words in ["10 working days", "ten business days", "ten (10) working days"] {
            assert_eq!(says(words, "P10D working"), Says::It, "{words}");
            assert_eq!(says(words, "P11D working"), Says::Otherwise, "{words}");
        }
        for words in ["10 days", "ten calendar days"] {
            assert_eq!(says(words, "P10D working"), Says::Otherwise, "{words}");
        }
        let said = Spoken::of("The owner has ten working days, or ten days.");
        assert_eq!(said.mention("P10D working"), Some("ten working days"));
        assert_eq!(said.mention("P10D"), Some("ten days"));
    }

    #[test]
    fn no_other_value_counts_working_days() {
        for words in ["30 working days", "thirty business days", "thirty (30) working days"] {
            assert_eq!(says(words, "P30D"), Says::Otherwise, "{words}");
        }
        assert_eq!(says("30 calendar days", "P30D"), Says::It);
        assert_eq!(says("30 days", "P30D"), Says::It);
        assert_eq!(says("two working weeks", "P14D"), Says::Nothing);
        assert_eq!(says("working thirty days", "P30D"), Says::Nothing);
    }

    #[test]
    fn numbers_with_a_unit_are_found_in_a_sentence() {
        let prose = "Up to two hundred rounds, of class 2, with 5 % or ten per cent of EUR 2 million \
                     within thirty days (from 31 January 2027); a year later, at one vote and three \
                     votes. Nothing of Class A, thirty of them or  two hundred others.";
        let words: Vec<&str> = prose.split_whitespace().collect();
        let found: Vec<(Kind, String)> =
            mentions(&words).into_iter().map(|mention| (mention.kind, mention.value)).collect();
        let expected = [
            (Kind::Count("round"), "200"),
            (Kind::Count("class"), "2"),
            (Kind::Fraction, "0.05"),
            (Kind::Fraction, "0.1"),
            (Kind::Money, "EUR 2000000"),
            (Kind::Days, "P30D"),
            (Kind::Date, "2027-01-31"),
            (Kind::Count("vote"), "3"),
        ];
        assert_eq!(found, expected.map(|(kind, value)| (kind, value.to_owned())));
    }

    #[test]
    fn a_value_in_the_prose_is_found_outside_of_links_only() {
        let prose = "The owner has thirty days, and [two weeks](#a.cure) to mend it.";
        let said = Spoken::of(prose);
        assert_eq!(said.mention("P30D"), Some("thirty days"));
        assert_eq!(said.mention("P14D"), None);
        assert_eq!(Spoken::of("three of five").mention("3"), None);
        let prose = "By 31 January 2027, or (EUR 2 million) within P3D, sixty (60) days, \
                     ten (11) days or two working days.";
        let said = Spoken::of(prose);
        assert_eq!(said.mention("2027-01-31"), Some("31 January 2027"));
        assert_eq!(said.mention("EUR 2000000"), Some("EUR 2 million"));
        assert_eq!(said.mention("P3D"), Some("P3D"));
        assert_eq!(said.mention("P60D"), Some("sixty (60) days"));
        assert_eq!(said.mention("P10D"), None);
        assert_eq!(said.mention("P2D"), None);
    }
}
